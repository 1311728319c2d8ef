package desk

import (
	"context"
	"time"

	"countersign/internal/recovery"
)

// SetTraining records when a member of staff was last trained to compare people
// with documents. Refused without the role or a fresh touch, for oneself, for somebody who is no
// staff, and for a date that cannot be.
func (d *Desk) SetTraining(ctx context.Context, actor Actor, person, date string) error {
	return d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		if _, err := c.staffer(ctx, recovery.Administrator); err != nil {
			return err
		}
		if err := c.fresh(ctx); err != nil {
			return err
		}
		if err := recovery.MaySetTraining(actor.Person, person); err != nil {
			return err
		}
		if _, err := c.Tx.Staff(ctx, person); err != nil {
			return err
		}
		at, err := recovery.ParseTraining(date, c.Now)
		if err != nil {
			return err
		}
		before, err := c.Tx.Training(ctx, person)
		if err != nil {
			return err
		}
		if err := c.Tx.SetTraining(ctx, recovery.Training{Person: person, At: at, By: actor.Person}); err != nil {
			return err
		}
		c.at("/staff/" + person)
		return c.record(ctx, recovery.Event{Kind: recovery.StaffTrained, Object: person,
			Data: map[string]string{"person": person, "before": day(before.At), "after": day(at)}})
	})
}

// day is a date as the ledger holds it, "" for none.
func day(at int64) string {
	if at == 0 {
		return ""
	}
	return time.UnixMicro(at).UTC().Format(time.DateOnly)
}
