package desk

import (
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// replaced retires the passkey that a new one replaces, when the new one signs in.
func (c *Change) replaced(ctx context.Context, f recovery.Factor) error {
	if f.Ticket == "" {
		return nil
	}
	b, err := c.Tx.Binding(ctx, f.Ticket)
	if errors.Is(err, store.ErrNotFound) || err == nil && b.Retired != 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return c.retireOld(ctx, b)
}

func (c *Change) retireOld(ctx context.Context, b recovery.DeviceBinding) error {
	if err := c.Tx.RetireBinding(ctx, b.Ticket); err != nil {
		return err
	}
	all, err := c.Tx.Factors(ctx, b.Account)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.ID != b.Old || !f.Live() {
			continue
		}
		if err := c.Tx.SuspendFactor(ctx, f.ID, b.Ticket, c.Now); err != nil {
			return err
		}
	}
	return c.record(ctx, recovery.Event{Kind: recovery.FactorRetired, Ticket: b.Ticket, Account: b.Account, Object: b.Old, What: []string{"The passkey that your new one replaces was retired."}})
}

// RetireOld retires what new sign-in methods replaced a week ago although nobody
// signed in with them (policy-defaults, device-replacement). One that was reported or
// stopped replaces nothing: the old one is the only way in. The sweep calls it.
func (d *Desk) RetireOld(ctx context.Context) error {
	due, err := d.view().Unretired(ctx, d.now()-recovery.OldRetiredAfter, sweepBatch)
	if err != nil || len(due) == 0 {
		return d.report(err)
	}
	return d.change(ctx, Actor{Kind: System}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		due, err := c.Tx.Unretired(ctx, c.Now-recovery.OldRetiredAfter, sweepBatch)
		if err != nil {
			return err
		}
		for _, b := range due {
			if err := c.retireOld(ctx, b); err != nil {
				return err
			}
		}
		return nil
	})
}
