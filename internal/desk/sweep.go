package desk

import (
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// sweepBatch bounds how much of one kind a sweep looks at.
const sweepBatch = 200

// Sweep does what is due by the clock alone: what has expired is said to have
// expired, each in an act of its own. Every rule also looks at the time itself,
// so a late sweep extends nothing (R7).
func (d *Desk) Sweep(ctx context.Context) error {
	var errs []error
	errs = append(errs, d.sweepTickets(ctx), d.sweepScratch(ctx))
	return errors.Join(errs...)
}

func (d *Desk) sweepTickets(ctx context.Context) error {
	return nil
}

// sweepScratch forgets rows that grant nothing any more.
func (d *Desk) sweepScratch(ctx context.Context) error {
	return d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
		return s.Sweep(ctx, s.Now()-recovery.Day)
	})
}

// JobUnknown gives up a job that no version of this program knows.
func (d *Desk) JobUnknown(ctx context.Context, j store.Job) error {
	return d.change(ctx, Actor{Kind: System}, recovery.JobFailed, nil, func(ctx context.Context, c *Change) error {
		if err := c.Tx.FailJob(ctx, j, "unknown kind"); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.JobFailed, Ticket: j.Ticket, Account: j.Account, Object: j.ID, Data: map[string]string{"kind": j.Kind}})
	})
}
