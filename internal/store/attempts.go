package store

import (
	"context"

	"countersign/internal/recovery"
)

const attemptColumns = `id, ticket, account, secret_hash, began, ends, known_browser, proved, ended FROM attempts`

func scanAttempt(s scanner) (recovery.Attempt, error) {
	var a recovery.Attempt
	err := s.Scan(&a.ID, &a.Ticket, &a.Account, &a.SecretHash, &a.Began, &a.Ends, &a.KnownBrowser, &a.Proved, &a.Ended)
	return a, err
}

// AttemptBySecret finds a browser's recovery attempt, ended or not.
func (v View) AttemptBySecret(ctx context.Context, hash string) (recovery.Attempt, error) {
	return get(ctx, v, "find an attempt", scanAttempt, `SELECT `+attemptColumns+` WHERE secret_hash = $1`, hash)
}

// AttemptOf reads the attempt of a self-service ticket.
func (v View) AttemptOf(ctx context.Context, ticket string) (recovery.Attempt, error) {
	return get(ctx, v, "read an attempt", scanAttempt, `SELECT `+attemptColumns+` WHERE ticket = $1`, ticket)
}

// AddAttempt writes a new attempt; a ticket has one.
func (t *Tx) AddAttempt(ctx context.Context, a recovery.Attempt) error {
	return t.insert(ctx, "add an attempt", `
		INSERT INTO attempts (id, ticket, account, secret_hash, began, ends, known_browser, proved, ended)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0)`, a.ID, a.Ticket, a.Account, a.SecretHash, a.Began, a.Ends, a.KnownBrowser)
}

// ProveAttempt completes the pair, once, in time.
func (t *Tx) ProveAttempt(ctx context.Context, id string) error {
	return t.guarded(ctx, "prove an attempt", `UPDATE attempts SET proved = $2 WHERE id = $1 AND proved = 0 AND ended = 0 AND ends > $2`, id, t.now)
}

// SpendAttempt ends a proved attempt, once: it opens one session.
func (t *Tx) SpendAttempt(ctx context.Context, id string) error {
	return t.guarded(ctx, "spend an attempt", `UPDATE attempts SET ended = $2 WHERE id = $1 AND proved > 0 AND ended = 0`, id, t.now)
}

// EndAttempt ends whatever attempt a ticket has.
func (t *Tx) EndAttempt(ctx context.Context, ticket string) error {
	_, err := t.exec(ctx, "end an attempt", `UPDATE attempts SET ended = $2 WHERE ticket = $1 AND ended = 0`, ticket, t.now)
	return err
}

// EndSessionsIn ends the live recovery sessions of a ticket.
func (t *Tx) EndSessionsIn(ctx context.Context, ticket, why string) error {
	_, err := t.exec(ctx, "end a recovery session", `
		UPDATE sessions SET ended = $3, ended_why = $2 WHERE ticket = $1 AND kind = 'recovery' AND ended = 0`, ticket, why, t.now)
	return err
}
