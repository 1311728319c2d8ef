package desk

import (
	"context"
	"slices"
	"strconv"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// undoTakeover is what the execution of a suspected takeover does beside taking
// away every way to sign in: the contacts of before the stated time come back,
// browsers that were let in are strangers again, travel windows registered since
// are cancelled, and what the holder had stopped ends here (R24, R29).
func (c *Change) undoTakeover(ctx context.Context, t recovery.Ticket) error {
	if t.Event != recovery.SuspectedTakeover || t.Facts.Since == 0 {
		return nil
	}
	if err := c.restoreContacts(ctx, t); err != nil {
		return err
	}
	if err := c.cancelTrips(ctx, t.Account, t.Facts.Since, "takeover"); err != nil {
		return err
	}
	if err := c.settleStopped(ctx, t); err != nil {
		return err
	}
	return c.Tx.ForgetBrowsers(ctx, t.Account)
}

// takeoverPeople adds who keeps out of a suspected takeover: whoever worked on, or
// vouched in, what the holder stopped (R24).
func takeoverPeople(ctx context.Context, v store.View, t recovery.Ticket, p *recovery.Parts, since int64) (err error) {
	if t.Event == recovery.SuspectedTakeover {
		p.Stopped, err = v.WorkedOnStopped(ctx, t.Account, t.ID, since)
	}
	return err
}

// restoration is what a ticket's execution would do to the contacts as they are now.
func (d *Desk) restoration(ctx context.Context, v store.View, t recovery.Ticket, now int64) (recovery.Restoration, []recovery.Address, error) {
	all, err := v.Addresses(ctx, t.Account)
	if err != nil {
		return recovery.Restoration{}, nil, err
	}
	around, err := d.around(ctx, v, t, now)
	return recovery.Restore(all, around), all, err
}

// restoreContacts puts the contacts in force that were before the stated time.
// Old and new addresses are told (R27).
func (c *Change) restoreContacts(ctx context.Context, t recovery.Ticket) error {
	r, all, err := c.desk.restoration(ctx, c.Tx.View, t, c.Now)
	if err != nil || !r.Any() {
		return err
	}
	for _, a := range r.Off {
		if err := c.Tx.EndAddress(ctx, a.ID, c.Now); err != nil {
			return err
		}
	}
	for _, a := range r.Back {
		if err := c.Tx.ReviveAddress(ctx, a.ID, c.Now); err != nil {
			return err
		}
	}
	account, err := c.Tx.Account(ctx, t.Account)
	if err != nil {
		return err
	}
	if err := c.restoreMailbox(ctx, account, r.Left(all)); err != nil {
		return err
	}
	var people []string
	if r.Phones() && account.Manager != "" {
		people = []string{account.Manager}
	}
	return c.record(ctx, recovery.Event{Kind: recovery.AddressReplaced, Ticket: t.ID, Account: t.Account, Until: c.Rules.Channels.OldNotice.After(c.Now), What: r.Lines(), People: people,
		Data: map[string]string{"added": strconv.Itoa(len(r.Back)), "ended": strconv.Itoa(len(r.Off)), "why": "takeover"}})
}

// restoreMailbox lets the person's own mailbox be one of those that are left.
func (c *Change) restoreMailbox(ctx context.Context, a recovery.Account, left []recovery.Address) error {
	p, err := c.Tx.Person(ctx, a.Person)
	if err != nil || a.Population == recovery.Service || len(left) == 0 {
		return err
	}
	if slices.ContainsFunc(left, func(x recovery.Address) bool { return x.Value == p.Email }) {
		return nil
	}
	p.Email = left[0].Value // the oldest
	return c.Tx.SavePerson(ctx, p)
}

// cancelTrips takes back the travel windows that were registered since.
func (c *Change) cancelTrips(ctx context.Context, account string, since int64, why string) error {
	trips, err := c.Tx.Trips(ctx, account, c.Now)
	if err != nil {
		return err
	}
	for _, trip := range trips {
		if trip.Registered < since {
			continue
		}
		if err := c.Tx.CancelTrip(ctx, trip.ID); err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.TravelCancelled, Account: account, Object: trip.ID,
			What: []string{"The travel window " + trip.Words() + " was cancelled."}, Data: map[string]string{"trip": trip.ID, "why": why}}); err != nil {
			return err
		}
	}
	return nil
}

// settleStopped closes the tickets of the account that the holder had stopped:
// this ticket proofed the holder anew, by other people, and undid them (R24).
func (c *Change) settleStopped(ctx context.Context, t recovery.Ticket) error {
	all, err := c.Tx.TicketsOf(ctx, t.Account, earlierMax)
	if err != nil {
		return err
	}
	for _, old := range all {
		if old.State != recovery.Frozen {
			continue
		}
		if err := c.move(ctx, old, old.Settled()); err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.TicketClosed, Ticket: old.ID, Account: t.Account, Data: map[string]string{"outcome": old.Settled().Outcome, "by": t.Reference}}); err != nil {
			return err
		}
	}
	return nil
}
