package desk

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// around are the circumstances of a ticket: they decide which channels may carry
// a proof (R16). On a registered journey those are the ones that the holder named
// for it: what lies at home may be in other hands.
func (d *Desk) around(ctx context.Context, v store.View, t recovery.Ticket, now int64) (recovery.Circumstances, error) {
	r, err := d.rulesFor(ctx, v, t, now)
	if err != nil {
		return recovery.Circumstances{}, err
	}
	c := t.Circumstances(r.Policy, d.Settings.AccountMail, now)
	if t.Event == recovery.FirstEnrolment { // nothing else asks how long the account is known
		a, err := v.Account(ctx, t.Account)
		c.Known = a.Created
		return c, err
	}
	trip, _, err := tripOf(ctx, v, t, now)
	c.Named = trip.Channels
	return c, err
}

// channels are all channels of a ticket's account, with what they may carry and
// why not.
func (d *Desk) channels(ctx context.Context, v store.View, t recovery.Ticket, now int64) ([]recovery.Channel, error) {
	r, err := d.rulesFor(ctx, v, t, now)
	if err != nil {
		return nil, err
	}
	around, err := d.around(ctx, v, t, now)
	if err != nil {
		return nil, err
	}
	have, err := onRecord(ctx, v, t.Account)
	return recovery.Channels(r.Policy, around, have), err
}

// onRecord reads what is known of an account's channels.
func onRecord(ctx context.Context, v store.View, account string) (have recovery.OnRecord, err error) {
	if have.Addresses, err = v.Addresses(ctx, account); err != nil {
		return have, err
	}
	if have.Factors, err = v.Factors(ctx, account); err != nil {
		return have, err
	}
	if have.Sets, err = v.CodeSets(ctx, account); err != nil {
		return have, err
	}
	a, err := v.Account(ctx, account)
	if err != nil {
		return have, err
	}
	for _, id := range slices.Compact([]string{a.Manager, a.Sponsor}) {
		if id == "" || id == a.Person {
			continue
		}
		who, err := v.Person(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return have, err
		}
		have.People = append(have.People, who)
	}
	return have, nil
}
