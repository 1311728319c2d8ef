package store

import (
	"context"

	"countersign/internal/recovery"
)

const vouchingColumns = `id, ticket, run, step, person, account, relation, agent, token_hash, made, ends, decided, word, how, note, factor,
	statement, nonce, client_data, auth_data, signature, credential_id FROM vouchings`

func scanVouching(s scanner) (recovery.Vouching, error) {
	var v recovery.Vouching
	g := &v.Signature
	err := s.Scan(&v.ID, &v.Ticket, &v.Run, &v.Step, &v.Person, &v.Account, &v.Relation, &v.Agent, &v.TokenHash, &v.Made, &v.Ends, &v.Decided, &v.Word,
		&v.How, &v.Note, &g.Key, &g.Statement, &g.Nonce, &g.ClientData, &g.AuthData, &g.Signature, &g.CredentialID)
	g.Person, g.Ticket, g.At = v.Person, v.Ticket, v.Decided
	return v, err
}

// VouchingByToken finds an invitation by the hash of its link token, live or not.
func (v View) VouchingByToken(ctx context.Context, hash string) (recovery.Vouching, error) {
	return get(ctx, v, "find an invitation to vouch", scanVouching, `SELECT `+vouchingColumns+` WHERE token_hash = $1`, hash)
}

// Vouchings lists the invitations of a ticket, oldest first.
func (v View) Vouchings(ctx context.Context, ticket string) ([]recovery.Vouching, error) {
	return list(ctx, v, "list invitations to vouch", scanVouching, `SELECT `+vouchingColumns+` WHERE ticket = $1 ORDER BY made, id`, ticket)
}

// VouchedSince counts how often a person vouched since a moment.
func (v View) VouchedSince(ctx context.Context, person string, since int64) (int64, error) {
	return get(ctx, v, "count vouchings", one[int64], `
		SELECT count(*) FROM vouchings WHERE person = $1 AND decided >= $2 AND word = 'vouch'`, person, since)
}

// AddVouching writes an invitation. Replace the open one first: a ticket has one.
func (t *Tx) AddVouching(ctx context.Context, v recovery.Vouching) error {
	return t.insert(ctx, "add an invitation to vouch", `
		INSERT INTO vouchings (id, ticket, run, step, person, account, relation, agent, token_hash, made, ends, decided, word, how, note, factor,
			statement, nonce, client_data, auth_data, signature, credential_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', '', '', '', '', '', '', '', '', '')`,
		v.ID, v.Ticket, v.Run, v.Step, v.Person, v.Account, v.Relation, v.Agent, v.TokenHash, v.Made, v.Ends)
}

// ReplaceVouching ends the open invitation of a ticket, if there is one.
func (t *Tx) ReplaceVouching(ctx context.Context, ticket string) error {
	_, err := t.exec(ctx, "replace an invitation to vouch", `UPDATE vouchings SET decided = $2 WHERE ticket = $1 AND decided = 0`, ticket, t.now)
	return err
}

// SaveWord keeps the signed word of a voucher, once and only before the end.
func (t *Tx) SaveWord(ctx context.Context, v recovery.Vouching) error {
	g := v.Signature
	return t.guarded(ctx, "keep a voucher's word", `
		UPDATE vouchings SET decided = $2, word = $3, how = $4, note = $5, factor = $6, statement = $7, nonce = $8, client_data = $9, auth_data = $10,
			signature = $11, credential_id = $12
		WHERE id = $1 AND decided = 0 AND ends > $2`,
		v.ID, t.now, v.Word, v.How, v.Note, g.Key, g.Statement, g.Nonce, g.ClientData, g.AuthData, g.Signature, g.CredentialID)
}

// Colleagues lists the persons of the same manager who have an account, by
// name, at most limit.
func (v View) Colleagues(ctx context.Context, manager, except string, limit int64) ([]string, error) {
	return list(ctx, v, "list colleagues", one[string], `
		SELECT a.person FROM accounts a WHERE a.manager = $1 AND a.manager <> '' AND a.person <> $2 AND a.ended = 0 ORDER BY a.name, a.id LIMIT $3`, manager, except, limit)
}

// AccountsOf lists the live accounts of a person, oldest first.
func (v View) AccountsOf(ctx context.Context, person string) ([]recovery.Account, error) {
	return list(ctx, v, "list a person's accounts", scanAccount, `SELECT `+accountColumns+` WHERE a.person = $1 AND a.ended = 0 ORDER BY a.created, a.id`, person)
}

// RecoveredApprovers lists the approvers one of whose own accounts was recovered
// since a moment.
func (v View) RecoveredApprovers(ctx context.Context, since int64) ([]string, error) {
	return list(ctx, v, "list approvers who were recovered", one[string], `
		SELECT DISTINCT r.person FROM staff_roles r JOIN accounts a ON a.person = r.person JOIN tickets t ON t.account = a.id
		WHERE r.role = 'approver' AND r.ended = 0 AND t.completed > $1 ORDER BY r.person`, max(0, since))
}

// LastRecovered is when a recovery of an account was last completed, 0 for never.
func (v View) LastRecovered(ctx context.Context, account string) (int64, error) {
	return get(ctx, v, "read the last recovery", one[int64], `SELECT COALESCE(MAX(completed), 0) FROM tickets WHERE account = $1`, account)
}
