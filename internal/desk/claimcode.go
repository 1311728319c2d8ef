package desk

import (
	"context"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// EnterBackupCode takes a backup code that the holder typed in the browser that
// holds the ticket; it is spent, once. A typing mistake (code-malformed,
// code-typo) costs no try. Five wrong codes fail the run, and each counts for the
// account like a try on the public pages; the holder's browser waits for nobody
// else's failures (R39).
func (d *Desk) EnterBackupCode(ctx context.Context, actor Actor, secret, typed string) error {
	code, err := parseCode(typed)
	if err != nil {
		return err
	}
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.claimed(ctx, secret)
		if err != nil {
			return err
		}
		id, method, err := c.typedStep(ctx, t, recovery.ByBackupCode)
		if err != nil {
			return err
		}
		if err := c.mayBackup(ctx, t); err != nil {
			return err
		}
		by := try{method: tryCode, subject: t.Account, account: t.Account, prefix: recovery.Prefix(actor.IP), browser: t.ClaimHash}
		if shut, err := c.closed(ctx, by); err != nil || shut {
			return closedAs(recovery.Refuse("throttled", "Too many wrong codes were entered.", "Wait a few minutes, then try again. This did not count as a try.").On("code"), err)
		}
		row, err := c.backupCode(ctx, codes.Hash(c.desk.Keys.Pepper, t.Account, code))
		if errors.Is(err, store.ErrNotFound) {
			c.stay(func(ctx context.Context, c *Change) error { return c.failed(ctx, by) })
			return c.wrongEntry(ctx, t, method.Slot(), overFor(t, id, method))
		}
		if err != nil {
			return err
		}
		return c.spendBackup(ctx, t, row, by, recovery.Evidence{Step: id, Method: method, Channel: row.Set})
	})
}

// mayBackup refuses a backup code as the first proof where the policy takes it as
// a further one only: by the row, or since nobody confirmed its custody half-way.
func (c *Change) mayBackup(ctx context.Context, t recovery.Ticket) error {
	r, err := c.rulesFor(ctx, t)
	if err != nil {
		return err
	}
	set, err := c.Tx.LiveCodeSet(ctx, t.Account)
	if err != nil && !missing(err) {
		return err
	}
	if !r.Populations[t.Population].SecondOnly && !r.Codes.AsksAgain(set, c.Now) {
		return nil
	}
	all, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Counts(t.Run) {
			return nil
		}
	}
	return recovery.Refuse("codes-second-only", "For this account a backup code counts as a further proof only.", "Pass another step first, or ask your help desk for another way.").On("code")
}

// backupCode finds a code that is alive; every other one is ErrNotFound.
func (c *Change) backupCode(ctx context.Context, hash string) (store.Code, error) {
	row, err := c.Tx.CodeByHash(ctx, hash)
	if err != nil {
		return row, err
	}
	why, err := c.codeDead(ctx, row)
	if err == nil && why != "" {
		err = store.ErrNotFound
	}
	return row, err
}

func (c *Change) spendBackup(ctx context.Context, t recovery.Ticket, row store.Code, by try, e recovery.Evidence) error {
	if err := c.Tx.SpendCode(ctx, row, t.ID); err != nil {
		return err
	}
	if err := c.cleared(ctx, by); err != nil {
		return err
	}
	if err := c.record(ctx, recovery.Event{Kind: recovery.BackupRedeemed, Ticket: t.ID, Account: t.Account, Object: row.ID,
		Data: map[string]string{"set": row.Set}}); err != nil {
		return err
	}
	return c.passed(ctx, t, e)
}
