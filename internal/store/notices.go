package store

import (
	"context"

	"countersign/internal/recovery"
)

// NoticeRow is one message to one address, and what became of it.
type NoticeRow struct {
	ID, Ticket, Account, Kind string
	Address                   string // address id, "" for staff
	SentTo                    string
	Queued                    int64
	Held                      int64 // waits for the ticket's first proof
	Accepted, Failed, Tries   int64
	Problem                   string
}

const noticeColumns = `id, ticket, account, kind, address, sent_to, queued, held, accepted, failed, tries, problem FROM notices`

func scanNotice(s scanner) (NoticeRow, error) {
	var n NoticeRow
	err := s.Scan(&n.ID, &n.Ticket, &n.Account, &n.Kind, &n.Address, &n.SentTo, &n.Queued, &n.Held, &n.Accepted, &n.Failed, &n.Tries, &n.Problem)
	return n, err
}

// AddNotice writes a message that is to be sent.
func (t *Tx) AddNotice(ctx context.Context, n NoticeRow) error {
	return t.insert(ctx, "add a notice", `
		INSERT INTO notices (id, ticket, account, kind, address, sent_to, queued, held, accepted, failed, tries, problem)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, '')`, n.ID, n.Ticket, n.Account, n.Kind, n.Address, n.SentTo, n.Queued, n.Held)
}

// Notice reads one message.
func (v View) Notice(ctx context.Context, id string) (NoticeRow, error) {
	return get(ctx, v, "read a notice", scanNotice, `SELECT `+noticeColumns+` WHERE id = $1`, id)
}

// NoticesOf lists the messages of a ticket, in order.
func (v View) NoticesOf(ctx context.Context, ticket string) ([]NoticeRow, error) {
	return list(ctx, v, "list notices", scanNotice, `SELECT `+noticeColumns+` WHERE ticket = $1 ORDER BY queued, id`, ticket)
}

// NoticedSince counts the tickets of an account of which it was sent a notice of this kind since a moment, up to a limit.
func (v View) NoticedSince(ctx context.Context, account, kind string, since, limit int64) (int64, error) {
	return get(ctx, v, "read notices", one[int64], `
		SELECT count(*) FROM (SELECT DISTINCT ticket FROM notices WHERE account = $1 AND kind = $2 AND queued >= $3 AND held = 0 LIMIT $4) n`, account, kind, since, limit)
}

// HeldOpening counts an account's tickets whose opening notice is held back.
type HeldOpening struct {
	Account string
	Tickets int64
}

// HeldOpenings lists accounts with held-back opening notices queued between two
// moments, the most first, at most limit.
func (v View) HeldOpenings(ctx context.Context, from, to, limit int64) ([]HeldOpening, error) {
	return list(ctx, v, "list held openings", func(s scanner) (HeldOpening, error) {
		var h HeldOpening
		err := s.Scan(&h.Account, &h.Tickets)
		return h, err
	}, `SELECT account, count(DISTINCT ticket) AS n FROM notices WHERE held > 0 AND queued >= $1 AND queued < $2
		GROUP BY account ORDER BY n DESC, account LIMIT $3`, from, to, limit)
}

// AcceptNotice notes that the next hop took the message.
func (t *Tx) AcceptNotice(ctx context.Context, id string) error {
	return t.guarded(ctx, "accept a notice", `UPDATE notices SET accepted = $2 WHERE id = $1 AND accepted = 0`, id, t.now)
}

// FailNotice notes that a message was given up.
func (t *Tx) FailNotice(ctx context.Context, id, problem string) error {
	return t.guarded(ctx, "fail a notice", `UPDATE notices SET failed = $2, problem = $3 WHERE id = $1 AND accepted = 0 AND failed = 0`, id, t.now, problem)
}

// ReleaseNotice lets a held-back message go.
func (t *Tx) ReleaseNotice(ctx context.Context, id string) error {
	return t.guarded(ctx, "release a notice", `UPDATE notices SET held = 0, queued = $2 WHERE id = $1 AND held > 0`, id, t.now)
}

// ReleaseHeldMail lets the job of a held-back message run now.
func (t *Tx) ReleaseHeldMail(ctx context.Context, notice string) error {
	return t.guarded(ctx, "release a mail", `UPDATE jobs SET run_at = $2 WHERE kind = 'mail' AND object = $1 AND done = 0 AND failed = 0`, notice, t.now)
}

// Stop is what a message holds for "this was not me": a link and a code to type.
// Only hashes are stored; whichever is used, both are spent.
type Stop struct {
	TokenHash, CodeHash, Ticket, Account, Address string
	Made, Ends, Used                              int64
}

const stopColumns = `token_hash, code_hash, ticket, account, address, made, ends, used FROM stops`

func scanStop(s scanner) (Stop, error) {
	var x Stop
	err := s.Scan(&x.TokenHash, &x.CodeHash, &x.Ticket, &x.Account, &x.Address, &x.Made, &x.Ends, &x.Used)
	return x, err
}

// AddStop writes a stop link with its code.
func (t *Tx) AddStop(ctx context.Context, s Stop) error {
	return t.insert(ctx, "add a stop link", `
		INSERT INTO stops (token_hash, code_hash, ticket, account, address, made, ends, used) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`,
		s.TokenHash, s.CodeHash, s.Ticket, s.Account, s.Address, s.Made, s.Ends)
}

// StopByToken finds a stop link, used or not.
func (v View) StopByToken(ctx context.Context, hash string) (Stop, error) {
	return get(ctx, v, "find a stop link", scanStop, `SELECT `+stopColumns+` WHERE token_hash = $1`, hash)
}

// StopByCode finds what a stop code belongs to, used or not.
func (v View) StopByCode(ctx context.Context, hash string) (Stop, error) {
	return get(ctx, v, "find a stop code", scanStop, `SELECT `+stopColumns+` WHERE code_hash = $1 AND code_hash <> ''`, hash)
}

// UseStop spends a stop link, once.
func (t *Tx) UseStop(ctx context.Context, hash string) error {
	return t.guarded(ctx, "use a stop link", `UPDATE stops SET used = $2 WHERE token_hash = $1 AND used = 0`, hash, t.now)
}

const letterColumns = `id, ticket, account, kind, made, done, done_by FROM letters`

func scanLetter(s scanner) (recovery.Letter, error) {
	var l recovery.Letter
	err := s.Scan(&l.ID, &l.Ticket, &l.Account, &l.Kind, &l.Made, &l.Done, &l.DoneBy)
	return l, err
}

// AddLetter opens a letter task; one of a kind per ticket.
func (t *Tx) AddLetter(ctx context.Context, l recovery.Letter) error {
	_, err := t.exec(ctx, "open a letter task", `
		INSERT INTO letters (id, ticket, account, kind, made, done, done_by) VALUES ($1, $2, $3, $4, $5, 0, '') ON CONFLICT (ticket, kind) DO NOTHING`,
		l.ID, l.Ticket, l.Account, l.Kind, l.Made)
	return err
}

// Letters lists the letter tasks of a ticket.
func (v View) Letters(ctx context.Context, ticket string) ([]recovery.Letter, error) {
	return list(ctx, v, "list letter tasks", scanLetter, `SELECT `+letterColumns+` WHERE ticket = $1 ORDER BY made, id`, ticket)
}

// Letter reads a letter task.
func (v View) Letter(ctx context.Context, id string) (recovery.Letter, error) {
	return get(ctx, v, "read a letter task", scanLetter, `SELECT `+letterColumns+` WHERE id = $1`, id)
}

// ReopenLetter opens the letter task of a ticket again that was ticked off at a
// moment; it says whether there was one. The ledger keeps who ticked it off.
func (t *Tx) ReopenLetter(ctx context.Context, ticket, kind string, done int64) (bool, error) {
	n, err := t.exec(ctx, "open a letter task again", `UPDATE letters SET done = 0, done_by = '' WHERE ticket = $1 AND kind = $2 AND done = $3 AND done <> 0`, ticket, kind, done)
	return n > 0, err
}

// TickLetter notes who posted it, once.
func (t *Tx) TickLetter(ctx context.Context, id, person string) error {
	return t.guarded(ctx, "tick a letter task", `UPDATE letters SET done = $2, done_by = $3 WHERE id = $1 AND done = 0`, id, t.now, person)
}
