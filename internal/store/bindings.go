package store

import (
	"context"

	"countersign/internal/recovery"
)

const bindingColumns = `b.ticket, b.account, b.old_factor, b.code_hash, b.made, b.ends, b.spent, b.session, b.number_hash, b.tries, b.confirmed, b.retired FROM bindings b`

func scanBinding(s scanner) (recovery.DeviceBinding, error) {
	var b recovery.DeviceBinding
	err := s.Scan(&b.Ticket, &b.Account, &b.Old, &b.CodeHash, &b.Made, &b.Ends, &b.Spent, &b.Session, &b.NumberHash, &b.Tries, &b.Confirmed, &b.Retired)
	return b, err
}

// Binding reads the binding of a ticket.
func (v View) Binding(ctx context.Context, ticket string) (recovery.DeviceBinding, error) {
	return get(ctx, v, "read a binding", scanBinding, `SELECT `+bindingColumns+` WHERE b.ticket = $1`, ticket)
}

// BindingByCode finds a binding by the hash of the code that was shown.
func (v View) BindingByCode(ctx context.Context, hash string) (recovery.DeviceBinding, error) {
	return get(ctx, v, "find a binding", scanBinding, `SELECT `+bindingColumns+` WHERE b.code_hash = $1 AND b.code_hash <> ''`, hash)
}

// BindingTicket is the newest ticket by which an account binds a device.
func (v View) BindingTicket(ctx context.Context, account string) (recovery.Ticket, error) {
	return get(ctx, v, "read a binding's ticket", scanTicket, `SELECT `+ticketColumns+` FROM tickets t
		WHERE t.account = $1 AND t.artefact = 'BIND' ORDER BY t.opened DESC, t.id DESC LIMIT 1`, account)
}

// Unretired lists bindings that were completed before a moment and not stopped, whose
// old factor still signs in and whose new one does, at most limit.
func (v View) Unretired(ctx context.Context, completedBefore, limit int64) ([]recovery.DeviceBinding, error) {
	return list(ctx, v, "list unretired bindings", scanBinding, `SELECT `+bindingColumns+` JOIN tickets t ON t.id = b.ticket
		WHERE b.retired = 0 AND b.confirmed > 0 AND t.completed > 0 AND t.completed <= $1 AND t.state <> 'frozen'
		AND EXISTS (SELECT 1 FROM factors f WHERE f.account = t.account AND f.ticket = t.id AND f.suspended = 0 AND f.erased = 0) ORDER BY t.completed, b.ticket LIMIT $2`, completedBefore, limit)
}

// AddBinding writes the binding of a ticket.
func (t *Tx) AddBinding(ctx context.Context, b recovery.DeviceBinding) error {
	return t.insert(ctx, "add a binding", `
		INSERT INTO bindings (ticket, account, old_factor, code_hash, made, ends, spent, session, number_hash, tries, confirmed, retired)
		VALUES ($1, $2, $3, '', 0, 0, 0, '', '', 0, 0, 0)`, b.Ticket, b.Account, b.Old)
}

// ShowBinding keeps the hash of the code that is shown; an earlier one is dead.
func (t *Tx) ShowBinding(ctx context.Context, ticket, hash string, ends int64) error {
	return t.guarded(ctx, "show a binding code", `UPDATE bindings SET code_hash = $2, made = $3, ends = $4 WHERE ticket = $1 AND spent = 0`, ticket, hash, t.now, ends)
}

// SpendBinding uses a code, once.
func (t *Tx) SpendBinding(ctx context.Context, hash, session, number string) error {
	return t.guarded(ctx, "spend a binding code", `
		UPDATE bindings SET spent = $2, session = $3, number_hash = $4 WHERE code_hash = $1 AND code_hash <> '' AND spent = 0 AND ends > $2`,
		hash, t.now, session, number)
}

// TryNumber counts a wrong number and answers how many there were.
func (t *Tx) TryNumber(ctx context.Context, ticket string) (int64, error) {
	if err := t.guarded(ctx, "count a wrong number", `UPDATE bindings SET tries = tries + 1 WHERE ticket = $1 AND confirmed = 0`, ticket); err != nil {
		return 0, err
	}
	b, err := t.Binding(ctx, ticket)
	return b.Tries, err
}

// ConfirmBinding lets the device enrol whose number came back.
func (t *Tx) ConfirmBinding(ctx context.Context, ticket, number string) error {
	return t.guarded(ctx, "confirm a binding", `UPDATE bindings SET confirmed = $2 WHERE ticket = $1 AND number_hash = $3 AND spent > 0 AND confirmed = 0`, ticket, t.now, number)
}

// RetireBinding notes that the old factor was retired.
func (t *Tx) RetireBinding(ctx context.Context, ticket string) error {
	return t.guarded(ctx, "retire a binding's old factor", `UPDATE bindings SET retired = $2 WHERE ticket = $1 AND retired = 0`, ticket, t.now)
}
