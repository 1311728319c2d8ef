package store

import (
	"context"

	"countersign/internal/recovery"
)

const approvalColumns = `a.id, a.ticket, a.revision, a.asked_by, a.reason, a.asked, a.ends, a.needed, a.state, a.decided FROM approvals a`

func scanApproval(s scanner) (recovery.Approval, error) {
	var a recovery.Approval
	err := s.Scan(&a.ID, &a.Ticket, &a.Revision, &a.AskedBy, &a.Reason, &a.Asked, &a.Ends, &a.Needed, &a.State, &a.Decided)
	return a, err
}

// Approval reads a request.
func (v View) Approval(ctx context.Context, id string) (recovery.Approval, error) {
	return get(ctx, v, "read an approval", scanApproval, `SELECT `+approvalColumns+` WHERE a.id = $1`, id)
}

// ApprovalsOf lists the requests of a ticket, oldest first.
func (v View) ApprovalsOf(ctx context.Context, ticket string) ([]recovery.Approval, error) {
	return list(ctx, v, "list a ticket's approvals", scanApproval, `SELECT `+approvalColumns+` WHERE a.ticket = $1 ORDER BY a.asked, a.id`, ticket)
}

// WaitingApprovals lists what waits, first to expire first.
func (v View) WaitingApprovals(ctx context.Context, limit int64) ([]recovery.Approval, error) {
	return list(ctx, v, "list waiting approvals", scanApproval, `SELECT `+approvalColumns+` WHERE a.state = 'waiting' ORDER BY a.ends, a.id LIMIT $1`, limit)
}

// DecidedApprovals lists what is decided, newest first, behind a cursor (0 = newest).
func (v View) DecidedApprovals(ctx context.Context, before, limit int64) ([]recovery.Approval, error) {
	if before == 0 {
		before = 1 << 62
	}
	return list(ctx, v, "list decided approvals", scanApproval, `
		SELECT `+approvalColumns+` WHERE a.decided > 0 AND a.decided < $1 ORDER BY a.decided DESC, a.id DESC LIMIT $2`, before, limit)
}

// AddApproval writes a request.
func (t *Tx) AddApproval(ctx context.Context, a recovery.Approval) error {
	return t.insert(ctx, "add an approval", `
		INSERT INTO approvals (id, ticket, revision, asked_by, reason, asked, ends, needed, state, decided)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`, a.ID, a.Ticket, a.Revision, a.AskedBy, a.Reason, a.Asked, a.Ends, a.Needed, a.State)
}

// SettleApproval ends a waiting request.
func (t *Tx) SettleApproval(ctx context.Context, id string, state recovery.ApprovalState) error {
	return t.guarded(ctx, "settle an approval", `UPDATE approvals SET state = $2, decided = $3 WHERE id = $1 AND state = 'waiting'`, id, state, t.now)
}

// VoidApprovals voids what waits on a ticket; it answers how many.
func (t *Tx) VoidApprovals(ctx context.Context, ticket string) (int64, error) {
	return t.exec(ctx, "void approvals", `UPDATE approvals SET state = 'void', decided = $2 WHERE ticket = $1 AND state IN ('waiting', 'approved')`, ticket, t.now)
}

const signatureColumns = `id, approval, ticket, person, key_id, decision, statement, nonce, client_data, auth_data, signature, credential_id, at, entry FROM signatures`

func scanSignature(s scanner) (recovery.Signature, error) {
	var g recovery.Signature
	err := s.Scan(&g.ID, &g.Approval, &g.Ticket, &g.Person, &g.Key, &g.Decision, &g.Statement, &g.Nonce, &g.ClientData, &g.AuthData, &g.Signature, &g.CredentialID, &g.At, &g.Entry)
	return g, err
}

// Signatures lists the signed decisions on a request, oldest first.
func (v View) Signatures(ctx context.Context, approval string) ([]recovery.Signature, error) {
	return list(ctx, v, "list signatures", scanSignature, `SELECT `+signatureColumns+` WHERE approval = $1 ORDER BY at, id`, approval)
}

// SignaturesOfTicket lists all signed decisions of a ticket, oldest first.
func (v View) SignaturesOfTicket(ctx context.Context, ticket string) ([]recovery.Signature, error) {
	return list(ctx, v, "list signatures", scanSignature, `SELECT `+signatureColumns+` WHERE ticket = $1 ORDER BY at, id`, ticket)
}

// AddSignature writes a signed decision; a person signs a request once.
func (t *Tx) AddSignature(ctx context.Context, g recovery.Signature) error {
	return t.insert(ctx, "add a signature", `
		INSERT INTO signatures (id, approval, ticket, person, key_id, decision, statement, nonce, client_data, auth_data, signature, credential_id, at, entry)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		g.ID, g.Approval, g.Ticket, g.Person, g.Key, g.Decision, g.Statement, g.Nonce, g.ClientData, g.AuthData, g.Signature, g.CredentialID, g.At, g.Entry)
}

// DeniedBy lists who denied a request for the account since a moment.
func (v View) DeniedBy(ctx context.Context, account string, since int64) ([]string, error) {
	return list(ctx, v, "list deniers", one[string], `
		SELECT DISTINCT g.person FROM signatures g JOIN tickets t ON t.id = g.ticket
		WHERE t.account = $1 AND g.decision = 'deny' AND g.at >= $2 ORDER BY g.person`, account, since)
}

// PairedBefore says whether this agent and this approver shared an executed ticket before.
func (v View) PairedBefore(ctx context.Context, agent, approver, except string) (bool, error) {
	n, err := get(ctx, v, "read pairs", one[int64], `
		SELECT count(*) FROM (SELECT 1 FROM ticket_people a JOIN ticket_people b ON b.ticket = a.ticket JOIN tickets t ON t.id = a.ticket
		WHERE a.person = $1 AND a.part = 'agent' AND b.person = $2 AND b.part = 'approver' AND t.executed > 0 AND t.id <> $3 LIMIT 1) p`, agent, approver, except)
	return n > 0, err
}
