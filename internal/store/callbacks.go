package store

import (
	"context"

	"countersign/internal/recovery"
)

const callColumns = `id, ticket, run, step, address, agent, made, ends, hash, closed, outcome, match_hash, looked, matched FROM call_backs`

func scanCall(s scanner) (recovery.CallBack, error) {
	var c recovery.CallBack
	err := s.Scan(&c.ID, &c.Ticket, &c.Run, &c.Step, &c.Address, &c.Agent, &c.Made, &c.Ends, &c.Hash, &c.Closed, &c.Outcome, &c.Match, &c.Looked, &c.Matched)
	return c, err
}

// OpenCall reads the call-back of a ticket that is not closed; the caller
// compares Ends. ErrNotFound when there is none.
func (v View) OpenCall(ctx context.Context, ticket string) (recovery.CallBack, error) {
	return get(ctx, v, "read a call-back", scanCall, `SELECT `+callColumns+` WHERE ticket = $1 AND closed = 0`, ticket)
}

// Calls lists the call-backs of a ticket, oldest first.
func (v View) Calls(ctx context.Context, ticket string) ([]recovery.CallBack, error) {
	return list(ctx, v, "list call-backs", scanCall, `SELECT `+callColumns+` WHERE ticket = $1 ORDER BY made, id`, ticket)
}

// AddCall writes a call-back that begins. Close the open one first: a ticket has one.
func (t *Tx) AddCall(ctx context.Context, c recovery.CallBack) error {
	return t.insert(ctx, "add a call-back", `
		INSERT INTO call_backs (id, ticket, run, step, address, agent, made, ends, hash, closed, outcome, match_hash, looked, matched)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, '', $9, 0, 0)`, c.ID, c.Ticket, c.Run, c.Step, c.Address, c.Agent, c.Made, c.Ends, c.Match)
}

// CallByMatch reads the newest call with this hash of a match code, whether it is
// on or over. ErrNotFound when there is none.
func (v View) CallByMatch(ctx context.Context, hash string) (recovery.CallBack, error) {
	return get(ctx, v, "read a call-back", scanCall, `SELECT `+callColumns+` WHERE match_hash = $1 ORDER BY made DESC, id DESC LIMIT 1`, hash)
}

// CallLooked notes when the reverse check page first showed a call.
func (t *Tx) CallLooked(ctx context.Context, id string) error {
	return t.guarded(ctx, "note a reverse check", `UPDATE call_backs SET looked = $2 WHERE id = $1 AND looked = 0`, id, t.now)
}

// CallMatched notes when the agent typed the words of that page.
func (t *Tx) CallMatched(ctx context.Context, id string) error {
	return t.guarded(ctx, "note a reverse check's words", `UPDATE call_backs SET matched = $2 WHERE id = $1 AND looked <> 0 AND matched = 0`, id, t.now)
}

// SetWords keeps the hash of the words that the claimed page shows; those shown
// before are dead.
func (t *Tx) SetWords(ctx context.Context, id, hash string) error {
	return t.guarded(ctx, "set a call-back's words", `UPDATE call_backs SET hash = $2 WHERE id = $1 AND closed = 0 AND ends > $3`, id, hash, t.now)
}

// CloseCall ends a call-back, once.
func (t *Tx) CloseCall(ctx context.Context, id, outcome string) error {
	return t.guarded(ctx, "close a call-back", `UPDATE call_backs SET closed = $3, outcome = $2, hash = '' WHERE id = $1 AND closed = 0`, id, outcome, t.now)
}
