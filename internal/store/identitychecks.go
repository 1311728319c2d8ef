package store

import (
	"context"

	"countersign/internal/recovery"
)

const checkColumns = `id, ticket, run, step, method, account, agent, made, ends, result, at FROM identity_checks`

func scanCheck(s scanner) (recovery.IdentityCheck, error) {
	var k recovery.IdentityCheck
	err := s.Scan(&k.ID, &k.Ticket, &k.Run, &k.Step, &k.Method, &k.Account, &k.Agent, &k.Made, &k.Ends, &k.Result, &k.At)
	return k, err
}

// Check reads a request to the external identity check.
func (v View) Check(ctx context.Context, id string) (recovery.IdentityCheck, error) {
	return get(ctx, v, "read an identity check", scanCheck, `SELECT `+checkColumns+` WHERE id = $1`, id)
}

// Checks lists the requests of a ticket, oldest first.
func (v View) Checks(ctx context.Context, ticket string) ([]recovery.IdentityCheck, error) {
	return list(ctx, v, "list identity checks", scanCheck, `SELECT `+checkColumns+` WHERE ticket = $1 ORDER BY made, id`, ticket)
}

// AddCheck writes a request that is about to be made.
func (t *Tx) AddCheck(ctx context.Context, k recovery.IdentityCheck) error {
	return t.insert(ctx, "add an identity check", `
		INSERT INTO identity_checks (id, ticket, run, step, method, account, agent, made, ends, result, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0)`, k.ID, k.Ticket, k.Run, k.Step, k.Method, k.Account, k.Agent, k.Made, k.Ends)
}

// SaveCheck keeps the one result of a request.
func (t *Tx) SaveCheck(ctx context.Context, id, result string) error {
	return t.guarded(ctx, "keep an identity check's result", `
		UPDATE identity_checks SET result = $2, at = $3 WHERE id = $1 AND result = '' AND ends > $3`, id, result, t.now)
}
