package desk

import (
	"context"
	"errors"
	"strconv"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// oweReEnrolment opens the duty that using an artefact leaves, where the row names
// a deadline (R12): it counts from the execution, after a journey from its end.
func (c *Change) oweReEnrolment(ctx context.Context, t recovery.Ticket) error {
	ruling, err := c.desk.ruling(ctx, c.Tx.View, t, c.Now)
	if err != nil || ruling.Way.ReEnrol.Zero() {
		return err
	}
	from := t.Executed
	if ruling.Way.Asks(recovery.NeedFromReturn) {
		trip, _, err := openTrip(ctx, c.Tx.View, t.Account, t.Opened)
		if err != nil {
			return err
		}
		from = max(from, trip.Ends)
	}
	r := recovery.ReEnrolment{Ticket: t.ID, Account: t.Account, Strength: c.Rules.Populations[t.Population].NewFactor, Began: c.Now, Due: ruling.Way.ReEnrol.After(from)}
	if err := c.Tx.OweReEnrolment(ctx, r); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ReEnrolOwed, Ticket: t.ID, Account: t.Account, Data: map[string]string{"until": recovery.UTC(r.Due), "strength": r.Strength}})
}

// openDuty is the duty of a ticket that still waits; false when there is none.
func openDuty(ctx context.Context, v store.View, ticket string) (recovery.ReEnrolment, bool, error) {
	r, err := v.ReEnrolment(ctx, ticket)
	if errors.Is(err, store.ErrNotFound) {
		return r, false, nil
	}
	return r, r.Open(), err
}

// meetReEnrolments ends the duties of an account that a new sign-in method is
// strong enough for, and lets the tickets go on that waited for it.
func (c *Change) meetReEnrolments(ctx context.Context, f recovery.Factor, in string) error {
	open, err := c.Tx.OpenReEnrolments(ctx, f.Account)
	if err != nil {
		return err
	}
	for _, r := range open {
		if !f.Reaches(r.Strength) {
			continue
		}
		if err := c.Tx.MeetReEnrolment(ctx, r.Ticket, f.ID); err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.ReEnrolMet, Ticket: r.Ticket, Account: f.Account, Object: f.ID, Data: map[string]string{"ticket": in}}); err != nil {
			return err
		}
		if r.Ticket == in {
			continue // whoever enrols completes its own ticket
		}
		if err := c.assured(ctx, r.Ticket); err != nil {
			return err
		}
	}
	return nil
}

// assured lets a ticket go on whose account has its strength back by another way.
func (c *Change) assured(ctx context.Context, ticket string) error {
	t, err := c.Tx.Ticket(ctx, ticket)
	if err != nil || t.State != recovery.Collecting {
		return err
	}
	if err := c.closeRecovery(ctx, t, "restored"); err != nil {
		return err
	}
	next := t
	if next.Completed == 0 {
		next.Completed = c.Now
	}
	if err := c.afterCompletion(ctx, &next); err != nil {
		return err
	}
	return c.move(ctx, t, next)
}

// passOver ends the access that a Pass gave; the ticket waits for the new sign-in
// method until the duty's own deadline. It stands in no other ticket's way.
func (c *Change) passOver(ctx context.Context, t recovery.Ticket, r recovery.ReEnrolment) error {
	if err := c.endAccess(ctx, t, "time-over"); err != nil {
		return err
	}
	if err := c.awaitReEnrolment(ctx, t, t, r); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.PassOver, Ticket: t.ID, Account: t.Account})
}

// awaitReEnrolment gives the ticket the deadline of its duty.
func (c *Change) awaitReEnrolment(ctx context.Context, t, next recovery.Ticket, r recovery.ReEnrolment) error {
	next.Due, next.DueWhat = r.Due, recovery.DueReEnrol
	next.Revision++
	return c.Tx.SaveTicket(ctx, t, next)
}

// ChaseReEnrolment tells holder and manager at half-time, and ends the access when
// the deadline has passed: the account is locked and the ticket lapses, it is not
// closed (S16). Any other duty is left alone.
func (d *Desk) ChaseReEnrolment(ctx context.Context, ticket string) error {
	return d.change(ctx, Actor{Kind: System}, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		r, open, err := openDuty(ctx, c.Tx.View, ticket)
		if err != nil || !open {
			return err
		}
		c.concern(r.Ticket, r.Account)
		switch {
		case r.Missed(c.Now):
			return c.missed(ctx, r)
		case r.Chases(c.Now):
			if err := c.Tx.ChaseReEnrolment(ctx, r.Ticket); err != nil {
				return err
			}
			return c.tellDuty(ctx, recovery.ReEnrolChased, r, "set up a new sign-in method that is "+r.Strength+"; without one the account is locked then", nil)
		}
		return nil
	})
}

// missed locks the account of a duty that nobody met.
func (c *Change) missed(ctx context.Context, r recovery.ReEnrolment) error {
	t, err := c.Tx.Ticket(ctx, r.Ticket)
	if err != nil {
		return err
	}
	gone, err := c.lock(ctx, t)
	if err != nil {
		return err
	}
	if err := c.Tx.EndReEnrolment(ctx, t.ID, recovery.ReEnrolMissed); err != nil {
		return err
	}
	if _, err := c.lapseTo(ctx, t, recovery.ReEnrolMissed); err != nil {
		return err
	}
	return c.tellDuty(ctx, recovery.ReEnrolLate, r, "no new sign-in method was set up, so the account is locked; the help desk opens a new recovery", map[string]string{"suspended": strconv.Itoa(gone)})
}

// lock takes every way in from an account: its passkeys are suspended, its sessions
// end and its codes are retired. A new recovery opens it again.
func (c *Change) lock(ctx context.Context, t recovery.Ticket) (suspended int, err error) {
	all, err := c.Tx.Factors(ctx, t.Account)
	if err != nil {
		return 0, err
	}
	gone := recovery.GoneWith(all)
	for _, f := range gone {
		if err := c.Tx.SuspendFactor(ctx, f.ID, t.ID, c.Now); err != nil {
			return 0, err
		}
	}
	if err := c.endHolderSessions(ctx, t.Account, WhyLocked); err != nil {
		return 0, err
	}
	return len(gone), c.retireCodes(ctx, t.Account, "", WhyLocked)
}

// tellDuty records what became of a duty; the holder, the manager and whoever the
// event names besides are told.
func (c *Change) tellDuty(ctx context.Context, kind recovery.EventKind, r recovery.ReEnrolment, what string, data map[string]string) error {
	a, err := c.Tx.Account(ctx, r.Account)
	if err != nil {
		return err
	}
	var people []string
	if a.Manager != "" && a.Manager != a.Person {
		if _, err := c.Tx.Person(ctx, a.Manager); err == nil {
			people = append(people, a.Manager)
		} else if !missing(err) {
			return err
		}
	}
	return c.record(ctx, recovery.Event{Kind: kind, Ticket: r.Ticket, Account: r.Account, Until: r.Due, What: []string{what}, People: people, Data: data})
}

// SweepReEnrolments does what is due by the clock about duties to enrol.
func (d *Desk) SweepReEnrolments(ctx context.Context) error {
	due, err := d.view().DueReEnrolments(ctx, d.now(), sweepBatch)
	errs := []error{d.report(err)}
	for _, r := range due {
		errs = append(errs, d.ChaseReEnrolment(ctx, r.Ticket))
	}
	return errors.Join(errs...)
}
