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
	return errors.Join(d.sweepTickets(ctx), d.SweepReEnrolments(ctx), d.RetireOld(ctx), d.SweepApprovals(ctx), d.SweepProposals(ctx), d.SweepCoverage(ctx), d.SweepThreat(ctx), d.sweepCodes(ctx), d.AskCustody(ctx), d.EraseFactors(ctx), d.SweepThrottles(ctx),
		d.DigestUnproved(ctx), d.sweepScratch(ctx))
}

// sweepTickets ends tickets whose time is over in states where only time decides.
func (d *Desk) sweepTickets(ctx context.Context) error {
	now := d.now()
	var errs []error
	for state, end := range map[recovery.State]func(context.Context, string) error{
		recovery.Proofing: d.ExpireTicket, recovery.Held: d.ExpireTicket, recovery.Collecting: d.CollectingLapse,
	} {
		due, err := d.view().DueTickets(ctx, state, now, sweepBatch)
		errs = append(errs, d.report(err))
		for _, t := range due {
			errs = append(errs, end(ctx, t.ID))
		}
	}
	return errors.Join(errs...)
}

// sweepCodes ends code sets that nobody confirmed and those whose time is over.
func (d *Desk) sweepCodes(ctx context.Context) error {
	for {
		n, err := d.DropPendingCodes(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
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
