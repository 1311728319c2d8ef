package store

import (
	"context"

	"countersign/internal/recovery"
)

const issuedColumns = `id, ticket, account, method, run, address, hash, made, ends, spent, void FROM issued_codes`

func scanIssued(s scanner) (recovery.IssuedCode, error) {
	var c recovery.IssuedCode
	err := s.Scan(&c.ID, &c.Ticket, &c.Account, &c.Slot, &c.Run, &c.Address, &c.Hash, &c.Made, &c.Ends, &c.Spent, &c.Void)
	return c, err
}

// IssuedCode reads the newest code of a ticket and slot that is neither spent
// nor void; the caller compares Ends. ErrNotFound when there is none.
func (v View) IssuedCode(ctx context.Context, ticket string, slot recovery.Slot) (recovery.IssuedCode, error) {
	return get(ctx, v, "read an issued code", scanIssued, `
		SELECT `+issuedColumns+` WHERE ticket = $1 AND method = $2 AND spent = 0 AND void = 0 ORDER BY made DESC, id DESC LIMIT 1`, ticket, slot)
}

// IssuedSince lists when codes were sent for an account since a moment, oldest
// first, at most limit.
func (v View) IssuedSince(ctx context.Context, account string, since, limit int64) ([]int64, error) {
	return list(ctx, v, "list issued codes", one[int64], `
		SELECT made FROM issued_codes WHERE account = $1 AND made > $2 ORDER BY made, id LIMIT $3`, account, since, limit)
}

// IssuedInTickets is IssuedSince without what strangers asked for on the public
// pages, which belongs to no ticket.
func (v View) IssuedInTickets(ctx context.Context, account string, since, limit int64) ([]int64, error) {
	return list(ctx, v, "list codes of tickets", one[int64], `
		SELECT made FROM issued_codes i WHERE account = $1 AND made > $2 AND EXISTS (SELECT 1 FROM tickets t WHERE t.id = i.ticket)
		ORDER BY made, id LIMIT $3`, account, since, limit)
}

// AddIssued writes a code that is about to be sent.
func (t *Tx) AddIssued(ctx context.Context, c recovery.IssuedCode) error {
	return t.insert(ctx, "add an issued code", `
		INSERT INTO issued_codes (id, ticket, account, method, run, address, hash, made, ends, spent, void)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)`, c.ID, c.Ticket, c.Account, c.Slot, c.Run, c.Address, c.Hash, c.Made, c.Ends)
}

// SpendIssued spends a live code, once: the guard repeats everything that makes
// it live.
func (t *Tx) SpendIssued(ctx context.Context, id string) error {
	return t.guarded(ctx, "spend an issued code", `
		UPDATE issued_codes SET spent = $2 WHERE id = $1 AND spent = 0 AND void = 0 AND ends > $2`, id, t.now)
}

// VoidIssued voids the live codes of a ticket and slot; slot "" means all.
func (t *Tx) VoidIssued(ctx context.Context, ticket string, slot recovery.Slot) error {
	_, err := t.exec(ctx, "void issued codes", `
		UPDATE issued_codes SET void = $3 WHERE ticket = $1 AND (method = $2 OR $2 = '') AND spent = 0 AND void = 0`, ticket, slot, t.now)
	return err
}

// Tries reads how many wrong entries a ticket has for a subject.
func (v View) Tries(ctx context.Context, ticket, subject string) (int64, error) {
	return get(ctx, v, "read tries", one[int64], `SELECT COALESCE(MAX(n), 0) FROM tries WHERE ticket = $1 AND subject = $2`, ticket, subject)
}

// CountTry counts one wrong entry and answers how many there are now.
func (t *Tx) CountTry(ctx context.Context, ticket, subject string) (int64, error) {
	if _, err := t.exec(ctx, "count a try", `
		INSERT INTO tries (ticket, subject, n, last) VALUES ($1, $2, 1, $3)
		ON CONFLICT (ticket, subject) DO UPDATE SET n = tries.n + 1, last = $3`, ticket, subject, t.now); err != nil {
		return 0, err
	}
	return t.Tries(ctx, ticket, subject)
}

// Cue reads what the person on the video of a run is asked to do; ErrNotFound
// while none is drawn.
func (v View) Cue(ctx context.Context, ticket string, run int64) (string, error) {
	return get(ctx, v, "read a cue", one[string], `SELECT cue FROM cues WHERE ticket = $1 AND run = $2`, ticket, run)
}

// AddCue keeps the cue of a run; a run has one.
func (t *Tx) AddCue(ctx context.Context, ticket string, run int64, cue string) error {
	return t.insert(ctx, "draw a cue", `INSERT INTO cues (ticket, run, cue, at) VALUES ($1, $2, $3, $4)`, ticket, run, cue, t.now)
}

// Note is plain text that staff wrote on a ticket.
type Note struct {
	ID, Ticket, Person, Name string
	At                       int64
	Text                     string
}

// Notes lists the notes of a ticket, oldest first.
func (v View) Notes(ctx context.Context, ticket string) ([]Note, error) {
	return list(ctx, v, "list notes", func(s scanner) (Note, error) {
		var n Note
		err := s.Scan(&n.ID, &n.Ticket, &n.Person, &n.Name, &n.At, &n.Text)
		return n, err
	}, `SELECT n.id, n.ticket, n.person, COALESCE(p.name, n.person), n.at, n.text
		FROM notes n LEFT JOIN persons p ON p.id = n.person WHERE n.ticket = $1 ORDER BY n.at, n.id`, ticket)
}

// AddNote writes a note.
func (t *Tx) AddNote(ctx context.Context, n Note) error {
	return t.insert(ctx, "add a note", `INSERT INTO notes (id, ticket, person, at, text) VALUES ($1, $2, $3, $4, $5)`,
		n.ID, n.Ticket, n.Person, n.At, n.Text)
}

// ClaimSeen reads when the claimed browser was last there, 0 when never.
func (v View) ClaimSeen(ctx context.Context, ticket string) (int64, error) {
	return get(ctx, v, "read a claim", one[int64], `SELECT COALESCE(MAX(seen), 0) FROM claim_seen WHERE ticket = $1`, ticket)
}

// SawClaim notes that the claimed browser is there, for the idle limit.
func (s *Scratch) SawClaim(ctx context.Context, ticket string) error {
	_, err := s.exec(ctx, "see a claim", `
		INSERT INTO claim_seen (ticket, seen) VALUES ($1, $2) ON CONFLICT (ticket) DO UPDATE SET seen = $2`, ticket, s.now)
	return err
}
