package store

import (
	"context"
	"errors"

	"countersign/internal/recovery"
)

// VoidInvitesOf ends the account's unused invitations; it answers how many.
func (t *Tx) VoidInvitesOf(ctx context.Context, account string) (int64, error) {
	return t.exec(ctx, "void invitations", `UPDATE invites SET void = $2 WHERE kind = 'holder' AND account = $1 AND used = 0 AND void = 0`, account, t.now)
}

// EverHadFactor says whether the account has or had any way to sign in, erased
// ones too.
func (v View) EverHadFactor(ctx context.Context, account string) (bool, error) {
	return v.HadFactorBeside(ctx, account, "")
}

// HadFactorBeside is EverHadFactor but for what was enrolled in a ticket; "" is none.
func (v View) HadFactorBeside(ctx context.Context, account, ticket string) (bool, error) {
	n, err := get(ctx, v, "look for factors", one[int64], `
		SELECT count(*) FROM (SELECT 1 FROM factors WHERE account = $1 AND (ticket = '' OR ticket <> $2) LIMIT 1) n`, account, ticket)
	return n > 0, err
}

// EnrolmentLevel is the level at which the account was proofed when it was
// enrolled for the first time, "" where no ticket did that.
func (v View) EnrolmentLevel(ctx context.Context, account string) (recovery.Level, error) {
	level, err := get(ctx, v, "read the level of an enrolment", one[string], `
		SELECT level FROM tickets WHERE account = $1 AND event = 'first-enrolment' AND completed > 0 ORDER BY completed DESC LIMIT 1`, account)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return recovery.Level(level), err
}

// PersonLeft says whether a person has left: there were own accounts, and all of
// them have ended.
func (v View) PersonLeft(ctx context.Context, person string) (bool, error) {
	n, err := get(ctx, v, "look for a person's accounts", one[int64], `
		SELECT CASE WHEN EXISTS (SELECT 1 FROM accounts WHERE person = $1 AND population <> 'service' AND ended > 0)
			AND NOT EXISTS (SELECT 1 FROM accounts WHERE person = $1 AND population <> 'service' AND ended = 0) THEN 1 ELSE 0 END`, person)
	return n == 1, err
}
