package store

import (
	"context"

	"countersign/internal/recovery"
)

const setColumns = `id, account, ticket, made, confirmed, custody, ends, asleep, suspended, retired, why, codes_left, codes_total, kept FROM code_sets`

func scanSet(s scanner) (recovery.CodeSet, error) {
	var c recovery.CodeSet
	err := s.Scan(&c.ID, &c.Account, &c.Ticket, &c.Made, &c.Confirmed, &c.Custody, &c.Ends, &c.Asleep, &c.Suspended, &c.Retired, &c.Why, &c.Left, &c.Total, &c.Kept)
	return c, err
}

// CodeSet reads a set.
func (v View) CodeSet(ctx context.Context, id string) (recovery.CodeSet, error) {
	return get(ctx, v, "read a code set", scanSet, `SELECT `+setColumns+` WHERE id = $1`, id)
}

// CodeSets lists the sets of an account, newest first.
func (v View) CodeSets(ctx context.Context, account string) ([]recovery.CodeSet, error) {
	return list(ctx, v, "list code sets", scanSet, `SELECT `+setColumns+` WHERE account = $1 ORDER BY made DESC, id DESC`, account)
}

// LiveCodeSet reads the confirmed set that is not retired.
func (v View) LiveCodeSet(ctx context.Context, account string) (recovery.CodeSet, error) {
	return get(ctx, v, "read the live code set", scanSet, `SELECT `+setColumns+` WHERE account = $1 AND retired = 0 AND confirmed > 0`, account)
}

// AddCodeSet writes a pending set with its hashes.
func (t *Tx) AddCodeSet(ctx context.Context, c recovery.CodeSet, hashes, ids []string) error {
	if err := t.insert(ctx, "add a code set", `
		INSERT INTO code_sets (id, account, ticket, made, confirmed, custody, ends, asleep, suspended, retired, why, codes_left, codes_total)
		VALUES ($1, $2, $3, $4, 0, '', $5, $6, 0, 0, '', $7, $7)`, c.ID, c.Account, c.Ticket, c.Made, c.Ends, c.Asleep, int64(len(hashes))); err != nil {
		return err
	}
	for i, h := range hashes {
		if err := t.insert(ctx, "add a code", `
			INSERT INTO codes (id, set_id, account, hash, spent, spent_ticket) VALUES ($1, $2, $3, $4, 0, '')`, ids[i], c.ID, c.Account, h); err != nil {
			return err
		}
	}
	return nil
}

// ConfirmCodeSet makes a pending set live with the owner's word on custody.
// Retire the set before it first: one set is live per account.
func (t *Tx) ConfirmCodeSet(ctx context.Context, id string, custody recovery.Custody) error {
	return t.guarded(ctx, "confirm a code set", `
		UPDATE code_sets SET confirmed = $2, custody = $3 WHERE id = $1 AND confirmed = 0 AND retired = 0`, id, t.now, custody)
}

// KeepCodeSet notes the owner's further word on custody of a confirmed set.
func (t *Tx) KeepCodeSet(ctx context.Context, id string, custody recovery.Custody) error {
	return t.guarded(ctx, "keep a code set", `UPDATE code_sets SET kept = $2, custody = $3 WHERE id = $1 AND confirmed > 0 AND retired = 0`, id, t.now, custody)
}

// HalfwaySets lists confirmed sets whose time is half over and whose owners were
// not asked again yet, oldest first, at most limit.
func (v View) HalfwaySets(ctx context.Context, now, limit int64) ([]recovery.CodeSet, error) {
	return list(ctx, v, "list half-way code sets", scanSet, `SELECT `+setColumns+`
		WHERE retired = 0 AND confirmed > 0 AND reminded = 0 AND kept = 0 AND made + (ends - made) / 2 <= $1 ORDER BY made, id LIMIT $2`, now, limit)
}

// RemindCodeSet notes that the owner was asked, once.
func (t *Tx) RemindCodeSet(ctx context.Context, id string) error {
	return t.guarded(ctx, "remind of a code set", `UPDATE code_sets SET reminded = $2 WHERE id = $1 AND reminded = 0 AND retired = 0`, id, t.now)
}

// RetireCodeSets ends every set of an account but one, at once; it answers how many.
func (t *Tx) RetireCodeSets(ctx context.Context, account, except, why string) (int64, error) {
	return t.exec(ctx, "retire code sets", `
		UPDATE code_sets SET retired = $3, why = $4 WHERE account = $1 AND id <> $2 AND retired = 0`, account, except, t.now, why)
}

// DropPendingSets ends the account's sets that were shown and never confirmed,
// those made up to a moment; it answers how many.
func (t *Tx) DropPendingSets(ctx context.Context, account, why string, madeUntil int64) (int64, error) {
	return t.exec(ctx, "drop pending code sets", `
		UPDATE code_sets SET retired = $3, why = $4 WHERE account = $1 AND confirmed = 0 AND retired = 0 AND made <= $2`, account, madeUntil, t.now, why)
}

// EndCodeSets retires the account's confirmed set when its time is over; it answers how many.
func (t *Tx) EndCodeSets(ctx context.Context, account, why string) (int64, error) {
	return t.exec(ctx, "end code sets", `
		UPDATE code_sets SET retired = $2, why = $3 WHERE account = $1 AND confirmed > 0 AND retired = 0 AND ends <= $2`, account, t.now, why)
}

// OverdueCodeSets lists accounts with a set that waited too long for its
// owner's word (made up to madeUntil) or whose time is over, at most limit.
func (v View) OverdueCodeSets(ctx context.Context, madeUntil, now, limit int64) ([]string, error) {
	return list(ctx, v, "list overdue code sets", one[string], `
		SELECT DISTINCT account FROM code_sets WHERE retired = 0 AND ((confirmed = 0 AND made <= $1) OR ends <= $2) ORDER BY account LIMIT $3`, madeUntil, now, limit)
}

// SuspendCodeSets closes the live set of an account after too many failures. One
// that waits for its owner's word was not guessed at.
func (t *Tx) SuspendCodeSets(ctx context.Context, account string) (int64, error) {
	return t.exec(ctx, "suspend code sets", `UPDATE code_sets SET suspended = $2 WHERE account = $1 AND suspended = 0 AND retired = 0 AND confirmed > 0`, account, t.now)
}

// Code is one backup code's row.
type Code struct {
	ID, Set, Account, Hash string
	Spent                  int64
}

// CodeByHash finds a code by its keyed hash, which is bound to its account.
func (v View) CodeByHash(ctx context.Context, hash string) (Code, error) {
	return get(ctx, v, "find a code", func(s scanner) (Code, error) {
		var c Code
		err := s.Scan(&c.ID, &c.Set, &c.Account, &c.Hash, &c.Spent)
		return c, err
	}, `SELECT id, set_id, account, hash, spent FROM codes WHERE hash = $1`, hash)
}

// SpendCode spends a code, once: the guard is in the statement (I1).
func (t *Tx) SpendCode(ctx context.Context, c Code, ticket string) error {
	if err := t.guarded(ctx, "spend a code", `
		UPDATE codes SET spent = $2, spent_ticket = $3 WHERE id = $1 AND account = $4 AND spent = 0`, c.ID, t.now, ticket, c.Account); err != nil {
		return err
	}
	return t.guarded(ctx, "count a spent code", `UPDATE code_sets SET codes_left = codes_left - 1 WHERE id = $1 AND codes_left > 0`, c.Set)
}

// WakeCodeSets lets the account's sleeping sets be accepted from now on, but for
// those that sleep because of a report of loss.
func (t *Tx) WakeCodeSets(ctx context.Context, account string) error {
	_, err := t.exec(ctx, "wake code sets", `UPDATE code_sets SET asleep = 0 WHERE account = $1 AND retired = 0 AND asleep > $2 AND asleep < $3`, account, t.now, recovery.AsleepUntilLifted)
	return err
}
