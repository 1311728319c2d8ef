package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// NewTrip is what a holder registers before travelling.
type NewTrip struct {
	Begins, Ends int64
	Channels     []string // ids of the account's addresses that work abroad
	Pool         string   // group of approvers, "" any
}

// TripsPage is what /me/travel shows.
type TripsPage struct {
	Account recovery.Account
	Ahead   []recovery.Trip
	Own     []recovery.Address
	Rule    recovery.TripRule
	Pools   []string
}

// TripsPage reads the signed-in holder's travel windows and what one may name.
func (d *Desk) TripsPage(ctx context.Context, actor Actor) (TripsPage, error) {
	var p TripsPage
	if actor.Kind != Holder {
		return p, errSession
	}
	err := d.Store.Snapshot(ctx, func(v store.View) error {
		rules, err := d.rules(ctx, v, d.now())
		if err != nil {
			return err
		}
		p.Rule = rules.Trips
		if p.Account, err = v.Account(ctx, actor.Account); err != nil {
			return err
		}
		if p.Ahead, err = v.Trips(ctx, actor.Account, d.now()); err != nil {
			return err
		}
		if p.Pools, err = v.ApproverGroups(ctx, d.now()); err != nil {
			return err
		}
		p.Own, err = v.Addresses(ctx, actor.Account)
		p.Own = slices.DeleteFunc(p.Own, func(a recovery.Address) bool { return a.Ended != 0 })
		return err
	})
	return p, d.report(err)
}

// RegisterTrip registers a travel window by a fresh passkey of the holder, which
// is phishing-resistant (R18): it opens 24 hours later, for two weeks at most,
// and lowers no proofing. All addresses are told. Refused: an old sign-in, an
// account at lower assurance, and what MayRegister refuses.
func (d *Desk) RegisterTrip(ctx context.Context, actor Actor, in NewTrip, answer Answer) (recovery.Trip, error) {
	t := &touched{purpose: purposeHolderTouch, subject: actor.Account, answer: answer}
	var trip recovery.Trip
	err := d.change(ctx, actor, recovery.HolderRefused, t.keep(), func(ctx context.Context, c *Change) error {
		if err := c.freshHolder(ctx, t); err != nil {
			return err
		}
		c.concern("", actor.Account)
		var err error
		trip, err = c.newTrip(ctx, in)
		if err != nil {
			return err
		}
		if err := c.Tx.AddTrip(ctx, trip); err != nil {
			return err
		}
		c.at("/me/travel?done=saved")
		return c.record(ctx, recovery.Event{Kind: recovery.TravelRegistered, Account: trip.Account, Object: trip.ID, Until: trip.Ends,
			What: []string{"A travel window was registered, " + trip.Words() + "."}, Data: map[string]string{"trip": trip.ID, "channels": strings.Join(trip.Channels, " "), "pool": trip.Pool}})
	})
	return trip, err
}

// keep spends the touch of a form that carries one; a sign-in of the last five
// minutes needs none.
func (t *touched) keep() step {
	if t.answer.Challenge == "" {
		return nil
	}
	return t.spend
}

func (c *Change) newTrip(ctx context.Context, in NewTrip) (recovery.Trip, error) {
	trip := recovery.Trip{ID: c.desk.newID(), Account: c.Actor.Account, Begins: in.Begins, Ends: in.Ends, Channels: in.Channels, Pool: in.Pool, Registered: c.Now}
	rules, err := c.desk.rules(ctx, c.Tx.View, c.Now)
	if err != nil {
		return trip, err
	}
	account, err := c.Tx.Account(ctx, trip.Account)
	if err != nil {
		return trip, err
	}
	if account.Hold > c.Now {
		return trip, recovery.Refuse("at-lower-assurance", "Your account is at lower assurance until "+recovery.UTC(account.Hold)+".", "End the hold first, then register the window.")
	}
	ahead, err := c.Tx.Trips(ctx, trip.Account, c.Now)
	if err != nil {
		return trip, err
	}
	own, err := c.Tx.Addresses(ctx, trip.Account)
	if err != nil {
		return trip, err
	}
	pools, err := c.Tx.ApproverGroups(ctx, c.Now)
	if err != nil {
		return trip, err
	}
	if trip.Pool != "" && !slices.Contains(pools, trip.Pool) {
		return trip, recovery.Refuse("travel-pool", "There is no such group of approvers.", "Choose from the list.").On("pool")
	}
	return trip, recovery.MayRegister(trip, ahead, own, rules.Channels.Least, rules.Trips, c.Now)
}

// CancelTrip takes a travel window back. All addresses are told. Refused: what
// is over, and another account's.
func (d *Desk) CancelTrip(ctx context.Context, actor Actor, id string) error {
	return d.change(ctx, actor, recovery.HolderRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.holderLives(ctx); err != nil {
			return err
		}
		c.concern("", actor.Account)
		trip, err := c.Tx.Trip(ctx, id)
		if err == nil && trip.Account != actor.Account {
			err = store.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := trip.MayCancel(c.Now); err != nil {
			return err
		}
		if err := c.Tx.CancelTrip(ctx, trip.ID); err != nil {
			return err
		}
		c.at("/me/travel?done=saved")
		return c.record(ctx, recovery.Event{Kind: recovery.TravelCancelled, Account: trip.Account, Object: trip.ID,
			What: []string{"The travel window " + trip.Words() + " was cancelled."}, Data: map[string]string{"trip": trip.ID}})
	})
}

// openTrip is the travel window of an account that is open now.
func openTrip(ctx context.Context, v store.View, account string, now int64) (recovery.Trip, bool, error) {
	all, err := v.Trips(ctx, account, now)
	i := slices.IndexFunc(all, func(t recovery.Trip) bool { return t.Open(now) })
	if err != nil || i < 0 {
		return recovery.Trip{}, false, err
	}
	return all[i], true, nil
}

// tripOf is the travel window of a travel ticket as it was when the ticket opened.
func tripOf(ctx context.Context, v store.View, t recovery.Ticket, now int64) (recovery.Trip, bool, error) {
	if t.Event != recovery.Travel {
		return recovery.Trip{}, false, nil
	}
	return openTrip(ctx, v, t.Account, cmp.Or(t.Opened, now))
}

// incidentOf reads the incident of a ticket, an empty one when it has none.
func incidentOf(ctx context.Context, v store.View, t recovery.Ticket) (recovery.Incident, error) {
	if t.Incident == "" {
		return recovery.Incident{}, nil
	}
	i, err := v.Incident(ctx, t.Incident)
	if errors.Is(err, store.ErrNotFound) {
		return recovery.Incident{}, nil
	}
	return i, err
}
