package store

import "context"

// Session is a signed-in browser: kind "staff", "holder" or "recovery". Only
// the hash of the secret in the cookie is stored.
type Session struct {
	ID, TokenHash, Kind, Person, Account, Ticket, Factor string
	Began                                                int64
	Proved                                               int64 // last fresh authentication
	Ends                                                 int64
	Ended                                                int64
	EndedWhy                                             string
	Seen                                                 int64 // scratch: for the idle limit
}

const sessionColumns = `s.id, s.token_hash, s.kind, s.person, s.account, s.ticket, s.factor, s.began, s.proved, s.ends, s.ended, s.ended_why,
	COALESCE(x.seen, s.began) FROM sessions s LEFT JOIN session_seen x ON x.session = s.id`

func scanSession(r scanner) (Session, error) {
	var s Session
	err := r.Scan(&s.ID, &s.TokenHash, &s.Kind, &s.Person, &s.Account, &s.Ticket, &s.Factor, &s.Began, &s.Proved, &s.Ends, &s.Ended, &s.EndedWhy, &s.Seen)
	return s, err
}

// SessionByToken finds a session by the hash of its secret, ended or not.
func (v View) SessionByToken(ctx context.Context, hash string) (Session, error) {
	return get(ctx, v, "find a session", scanSession, `SELECT `+sessionColumns+` WHERE s.token_hash = $1`, hash)
}

// Session reads a session by id.
func (v View) Session(ctx context.Context, id string) (Session, error) {
	return get(ctx, v, "read a session", scanSession, `SELECT `+sessionColumns+` WHERE s.id = $1`, id)
}

// SignedIn lists the staff whose session is neither ended nor left idle since a
// moment.
func (v View) SignedIn(ctx context.Context, now, seenSince int64) ([]string, error) {
	return list(ctx, v, "list who is signed in", one[string], `
		SELECT DISTINCT s.person FROM sessions s LEFT JOIN session_seen x ON x.session = s.id
		WHERE s.person <> '' AND s.kind = 'staff' AND s.ended = 0 AND s.ends > $1 AND COALESCE(x.seen, s.began) > $2`, now, seenSince)
}

// AddSession writes a new session.
func (t *Tx) AddSession(ctx context.Context, s Session) error {
	return t.insert(ctx, "add a session", `
		INSERT INTO sessions (id, token_hash, kind, person, account, ticket, factor, began, proved, ends, ended, ended_why)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '')`,
		s.ID, s.TokenHash, s.Kind, s.Person, s.Account, s.Ticket, s.Factor, s.Began, s.Proved, s.Ends)
}

// ProveSession notes a fresh authentication inside a live session.
func (t *Tx) ProveSession(ctx context.Context, id string, at int64) error {
	return t.guarded(ctx, "prove a session", `UPDATE sessions SET proved = $2 WHERE id = $1 AND ended = 0`, id, at)
}

// EndSession ends one live session.
func (t *Tx) EndSession(ctx context.Context, id, why string, at int64) error {
	return t.guarded(ctx, "end a session", `UPDATE sessions SET ended = $3, ended_why = $2 WHERE id = $1 AND ended = 0`, id, why, at)
}

// EndSessionsOf ends every live session of a person (staff) or an account
// (holder, recovery); the other argument is "". It answers how many.
func (t *Tx) EndSessionsOf(ctx context.Context, person, account, why string, at int64) (int64, error) {
	if person != "" {
		return t.exec(ctx, "end sessions", `UPDATE sessions SET ended = $3, ended_why = $2 WHERE person = $1 AND kind = 'staff' AND ended = 0`, person, why, at)
	}
	return t.exec(ctx, "end sessions", `UPDATE sessions SET ended = $3, ended_why = $2 WHERE account = $1 AND kind <> 'staff' AND ended = 0`, account, why, at)
}

// SawSession notes activity, for the idle limit.
func (s *Scratch) SawSession(ctx context.Context, id string) error {
	_, err := s.exec(ctx, "see a session", `
		INSERT INTO session_seen (session, seen) VALUES ($1, $2) ON CONFLICT (session) DO UPDATE SET seen = $2`, id, s.now)
	return err
}

// KnowBrowser notes that a browser signed in as an account (R41).
func (t *Tx) KnowBrowser(ctx context.Context, hash, account string, at int64) error {
	_, err := t.exec(ctx, "know a browser", `
		INSERT INTO browsers (token_hash, account, seen) VALUES ($1, $2, $3) ON CONFLICT (token_hash, account) DO UPDATE SET seen = $3`, hash, account, at)
	return err
}

// RenewBrowser gives a known browser a new secret, for every account it signed
// in as: an old copy of the cookie is worth nothing from then on.
func (t *Tx) RenewBrowser(ctx context.Context, old, new string) error {
	_, err := t.exec(ctx, "renew a browser", `UPDATE browsers SET token_hash = $2 WHERE token_hash = $1`, old, new)
	return err
}

// ForgetBrowsers makes every browser a stranger to the account again.
func (t *Tx) ForgetBrowsers(ctx context.Context, account string) error {
	_, err := t.exec(ctx, "forget browsers", `DELETE FROM browsers WHERE account = $1`, account)
	return err
}

// BrowserKnown says whether this browser signed in as the account before.
func (v View) BrowserKnown(ctx context.Context, hash, account string) (bool, error) {
	n, err := get(ctx, v, "read a browser", one[int64], `SELECT count(*) FROM browsers WHERE token_hash = $1 AND account = $2`, hash, account)
	return n > 0, err
}

// FormResult reads where an earlier form with this request id led.
func (v View) FormResult(ctx context.Context, actor, request string) (string, error) {
	return get(ctx, v, "read a form result", one[string], `SELECT location FROM form_results WHERE actor = $1 AND request = $2`, actor, request)
}

// SaveFormResult keeps where a form led, in the act's own transaction. It does
// not count as a change: it grants nothing.
func (t *Tx) SaveFormResult(ctx context.Context, actor, request, location string) error {
	_, err := exec(ctx, t.tx, "save a form result", `
		INSERT INTO form_results (actor, request, location, at) VALUES ($1, $2, $3, $4)`, actor, request, location, t.now)
	return err
}

// Challenge is a ceremony that was begun: it is spent, by DELETE … RETURNING,
// before anything is verified.
type Challenge struct {
	ID, Purpose, Subject, Owner string // what for, about what, for whom
	Session                     string // WebAuthn session data, JSON
	Nonce, Statement, Data      string
	Made, Ends                  int64
	// Origin is where a ceremony of a stranger comes from, to bound them; "" for
	// those with an owner.
	Origin string
}

// AddChallenge keeps a begun ceremony.
func (s *Scratch) AddChallenge(ctx context.Context, c Challenge) error {
	_, err := s.exec(ctx, "add a challenge", `
		INSERT INTO challenges (id, purpose, subject, owner, session_data, nonce, statement, data, made, ends, origin)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		c.ID, c.Purpose, c.Subject, c.Owner, c.Session, c.Nonce, c.Statement, c.Data, c.Made, c.Ends, c.Origin)
	return err
}

// OpenChallenges counts what strangers began and have not answered: from one
// origin, and in all. It counts to the limits and no further.
func (v View) OpenChallenges(ctx context.Context, origin string, now, mostOf, mostAll int64) (of, all int64, err error) {
	of, err = get(ctx, v, "count challenges of an origin", one[int64], `
		SELECT count(*) FROM (SELECT 1 FROM challenges WHERE origin = $1 AND ends > $2 LIMIT $3) c`, origin, now, mostOf)
	if err != nil {
		return 0, 0, err
	}
	all, err = get(ctx, v, "count challenges of strangers", one[int64], `
		SELECT count(*) FROM (SELECT 1 FROM challenges WHERE origin <> '' AND ends > $1 LIMIT $2) c`, now, mostAll)
	return of, all, err
}

// SpendChallenge takes a challenge away, live or not: ErrNotFound when it is
// unknown, spent, or for another purpose, subject or owner. The caller compares
// Ends. It is a keep: it stays spent whatever follows.
func (t *Tx) SpendChallenge(ctx context.Context, id, purpose, subject, owner string) (Challenge, error) {
	c, err := get(ctx, t.View, "spend a challenge", func(r scanner) (Challenge, error) {
		var c Challenge
		err := r.Scan(&c.ID, &c.Purpose, &c.Subject, &c.Owner, &c.Session, &c.Nonce, &c.Statement, &c.Data, &c.Made, &c.Ends)
		return c, err
	}, `DELETE FROM challenges WHERE id = $1 AND purpose = $2 AND subject = $3 AND owner = $4
		RETURNING id, purpose, subject, owner, session_data, nonce, statement, data, made, ends`, id, purpose, subject, owner)
	return c, err
}
