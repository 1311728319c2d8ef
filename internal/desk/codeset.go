package desk

import (
	"context"
	"strconv"

	"countersign/internal/recovery"
)

// Why a set was retired; stable words of the ledger.
const (
	WhyReplaced  = "replaced"
	WhyDropped   = "never-confirmed"
	WhyRecovered = "recovered"
	WhyStopped   = "stopped"
)

// retireCodes ends every set of the account but one, in the caller's
// transaction, and tells the holder when there was anything to end (R35).
// exceptSet is "" when nothing stays.
func (c *Change) retireCodes(ctx context.Context, account, exceptSet, why string) error {
	n, err := c.Tx.RetireCodeSets(ctx, account, exceptSet, why)
	if err != nil || n == 0 {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.CodesRetired, Ticket: c.ticket, Account: account,
		Data: map[string]string{"why": why, "sets": strconv.FormatInt(n, 10)}})
}

// endHolderSessions ends every session at /me and every recovery session of
// the account. The caller's own entry tells of it.
func (c *Change) endHolderSessions(ctx context.Context, account, why string) error {
	_, err := c.Tx.EndSessionsOf(ctx, "", account, why, c.Now)
	return err
}
