package store

import (
	"context"

	"countersign/internal/recovery"
)

const approvalColumns = `a.id, a.ticket, a.revision, a.asked_by, a.reason, a.asked, a.ends, a.needed, a.groups_needed, a.drawn, a.reserved, a.state, a.decided FROM approvals a`

func scanApproval(s scanner) (recovery.Approval, error) {
	var a recovery.Approval
	err := s.Scan(&a.ID, &a.Ticket, &a.Revision, &a.AskedBy, &a.Reason, &a.Asked, &a.Ends, &a.Needed, &a.Groups, &a.Drawn, &a.Reserved, &a.State, &a.Decided)
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

// ApprovalRow is one line of the approvals page.
type ApprovalRow struct {
	recovery.Approval
	Reference, Account, Name string // of the ticket and its account
	Event                    recovery.EventID
	Tier                     recovery.Tier
	Holder, Requester        string // persons
	GroupFrom                string // of the ticket
	AskedByName              string
}

const approvalRow = `SELECT a.id, a.ticket, a.revision, a.asked_by, a.reason, a.asked, a.ends, a.needed, a.groups_needed, a.drawn, a.reserved, a.state, a.decided,
	t.reference, t.account, c.name, t.event, t.tier, t.holder, t.requester, t.group_from, COALESCE(p.name, '')
	FROM approvals a JOIN tickets t ON t.id = a.ticket JOIN accounts c ON c.id = t.account LEFT JOIN persons p ON p.id = a.asked_by`

func scanApprovalRow(s scanner) (ApprovalRow, error) {
	var r ApprovalRow
	a := &r.Approval
	err := s.Scan(&a.ID, &a.Ticket, &a.Revision, &a.AskedBy, &a.Reason, &a.Asked, &a.Ends, &a.Needed, &a.Groups, &a.Drawn, &a.Reserved, &a.State, &a.Decided,
		&r.Reference, &r.Account, &r.Name, &r.Event, &r.Tier, &r.Holder, &r.Requester, &r.GroupFrom, &r.AskedByName)
	return r, err
}

// WaitingApprovals lists what waits, first to expire first.
func (v View) WaitingApprovals(ctx context.Context, limit int64) ([]ApprovalRow, error) {
	return list(ctx, v, "list waiting approvals", scanApprovalRow, approvalRow+` WHERE a.state = 'waiting' ORDER BY a.ends, a.id LIMIT $1`, limit)
}

// DueApprovals lists requests that wait and whose time is over, oldest first.
func (v View) DueApprovals(ctx context.Context, now, limit int64) ([]recovery.Approval, error) {
	return list(ctx, v, "list due approvals", scanApproval, `
		SELECT `+approvalColumns+` WHERE a.state = 'waiting' AND a.ends <= $1 ORDER BY a.ends, a.id LIMIT $2`, now, limit)
}

// DecidedApprovals lists what no longer waits, newest first. The cursor (before,
// beforeID) is the last row of the page before; 0 and "" begin.
func (v View) DecidedApprovals(ctx context.Context, before int64, beforeID string, limit int64) ([]ApprovalRow, error) {
	if before == 0 {
		before = 1 << 62
	}
	return list(ctx, v, "list decided approvals", scanApprovalRow, approvalRow+`
		WHERE a.decided > 0 AND (a.decided, a.id) < ($1, $2) ORDER BY a.decided DESC, a.id DESC LIMIT $3`, before, beforeID, limit)
}

// WaitingPart is a person's part in a ticket whose approval waits.
type WaitingPart struct{ Ticket, Person, Part string }

// WaitingParts lists who took part in the tickets that wait for approval, who
// signed what waits ("signed") and who denied a request for the account since a
// moment ("denied"), in one read for the whole page.
func (v View) WaitingParts(ctx context.Context, since int64) ([]WaitingPart, error) {
	return list(ctx, v, "list parts of waiting tickets", func(s scanner) (WaitingPart, error) {
		var p WaitingPart
		err := s.Scan(&p.Ticket, &p.Person, &p.Part)
		return p, err
	}, `SELECT a.ticket, p.person, p.part FROM approvals a JOIN ticket_people p ON p.ticket = a.ticket WHERE a.state = 'waiting'
		UNION ALL SELECT a.ticket, p.person, 'supplier' FROM approvals a JOIN ticket_people p ON p.ticket = a.ticket AND p.part = 'agent'
			JOIN staff_groups g ON g.person = p.person JOIN outsourced_groups o ON o.name = g.name WHERE a.state = 'waiting'
		UNION ALL SELECT a.ticket, g.person, 'signed' FROM approvals a JOIN signatures g ON g.approval = a.id WHERE a.state = 'waiting'
		UNION ALL SELECT a.ticket, g.person, 'denied' FROM approvals a JOIN tickets t ON t.id = a.ticket JOIN tickets o ON o.account = t.account
			JOIN signatures g ON g.ticket = o.id WHERE a.state = 'waiting' AND g.decision = 'deny' AND g.at >= $1`, since)
}

// AddApproval writes a request.
func (t *Tx) AddApproval(ctx context.Context, a recovery.Approval) error {
	return t.insert(ctx, "add an approval", `
		INSERT INTO approvals (id, ticket, revision, asked_by, reason, asked, ends, needed, groups_needed, drawn, reserved, state, decided)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)`,
		a.ID, a.Ticket, a.Revision, a.AskedBy, a.Reason, a.Asked, a.Ends, a.Needed, a.Groups, a.Drawn, a.Reserved, a.State)
}

// DrawApproval notes who was drawn for the next signature, and until when
// nobody else decides.
func (t *Tx) DrawApproval(ctx context.Context, id, person string, until int64) error {
	return t.guarded(ctx, "draw an approver", `UPDATE approvals SET drawn = $2, reserved = $3 WHERE id = $1 AND state = 'waiting'`, id, person, until)
}

// SettleApproval ends a waiting request.
func (t *Tx) SettleApproval(ctx context.Context, id string, state recovery.ApprovalState) error {
	return t.guarded(ctx, "settle an approval", `UPDATE approvals SET state = $2, decided = $3 WHERE id = $1 AND state = 'waiting'`, id, state, t.now)
}

// VoidApprovals voids what waits on a ticket; it answers how many.
func (t *Tx) VoidApprovals(ctx context.Context, ticket string) (int64, error) {
	return t.exec(ctx, "void approvals", `UPDATE approvals SET state = 'void', decided = $2 WHERE ticket = $1 AND state IN ('waiting', 'approved')`, ticket, t.now)
}

const signatureColumns = `id, approval, ticket, person, key_id, decision, statement, nonce, client_data, auth_data, signature, credential_id, at, entry, hasty FROM signatures`

func scanSignature(s scanner) (recovery.Signature, error) {
	var g recovery.Signature
	err := s.Scan(&g.ID, &g.Approval, &g.Ticket, &g.Person, &g.Key, &g.Decision, &g.Statement, &g.Nonce, &g.ClientData, &g.AuthData, &g.Signature, &g.CredentialID, &g.At, &g.Entry, &g.Hasty)
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
		INSERT INTO signatures (id, approval, ticket, person, key_id, decision, statement, nonce, client_data, auth_data, signature, credential_id, at, entry, hasty)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		g.ID, g.Approval, g.Ticket, g.Person, g.Key, g.Decision, g.Statement, g.Nonce, g.ClientData, g.AuthData, g.Signature, g.CredentialID, g.At, g.Entry, g.Hasty)
}

// DeniedBy lists who denied a request for the account since a moment.
func (v View) DeniedBy(ctx context.Context, account string, since int64) ([]string, error) {
	return list(ctx, v, "list deniers", one[string], `
		SELECT DISTINCT g.person FROM signatures g JOIN tickets t ON t.id = g.ticket
		WHERE t.account = $1 AND g.decision = 'deny' AND g.at >= $2 ORDER BY g.person`, account, since)
}

// SignedInVain lists who signed for the account, since a moment, in another ticket
// that was then denied, failed (the last proof, too) or was stopped.
func (v View) SignedInVain(ctx context.Context, account, except string, since int64) ([]string, error) {
	return list(ctx, v, "list signers of what was stopped", one[string], `
		SELECT DISTINCT g.person FROM signatures g JOIN tickets t ON t.id = g.ticket
		WHERE t.account = $1 AND t.id <> $2 AND g.decision = 'approve' AND g.at >= $3
		AND (t.state IN ('denied', 'failed', 'frozen') OR t.frozen_by <> '' OR t.outcome IN ($4, $5))
		ORDER BY g.person`, account, except, since, recovery.LastProofWrong, recovery.LastCodeWrong)
}

// WorkedOnStopped lists agents and vouchers of the account's tickets that are
// frozen, or were since a moment.
func (v View) WorkedOnStopped(ctx context.Context, account, except string, since int64) ([]string, error) {
	return list(ctx, v, "list who worked on what was stopped", one[string], `
		SELECT DISTINCT p.person FROM ticket_people p JOIN tickets t ON t.id = p.ticket
		WHERE t.account = $1 AND t.id <> $2 AND p.part IN ('agent', 'voucher') AND (t.state = 'frozen' OR t.frozen_by <> '' AND t.stopped >= $3)
		ORDER BY p.person`, account, except, since)
}

// PairedBefore says whether this agent and this approver shared an executed ticket before.
func (v View) PairedBefore(ctx context.Context, agent, approver, except string) (bool, error) {
	n, err := get(ctx, v, "read pairs", one[int64], `
		SELECT count(*) FROM (SELECT 1 FROM ticket_people a JOIN ticket_people b ON b.ticket = a.ticket JOIN tickets t ON t.id = a.ticket
		WHERE a.person = $1 AND a.part = 'agent' AND b.person = $2 AND b.part = 'approver' AND t.executed > 0 AND t.id <> $3 LIMIT 1) p`, agent, approver, except)
	return n > 0, err
}

// Signature reads one signed decision.
func (v View) Signature(ctx context.Context, id string) (recovery.Signature, error) {
	return get(ctx, v, "read a signature", scanSignature, `SELECT `+signatureColumns+` WHERE id = $1`, id)
}
