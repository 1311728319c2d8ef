package desk

import (
	"context"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// BindingPage is what /me/device shows on the old device.
type BindingPage struct {
	Account  recovery.Account
	Passkeys []recovery.Factor // live: one of them is replaced
	Ruling   recovery.Ruling   // of a new one
	Open     bool              // one is under way
	Ticket   recovery.Ticket   // the newest one
	Binding  recovery.DeviceBinding
	Show     *recovery.Refusal // why no code is shown now
	Told     []string          // masked addresses that hear of it
	Fresh    bool              // a passkey was used within five minutes
}

// BindingPage reads how the signed-in holder's new device stands.
func (d *Desk) BindingPage(ctx context.Context, actor Actor) (BindingPage, error) {
	var p BindingPage
	if actor.Kind != Holder {
		return p, errSession
	}
	err := d.Store.Snapshot(ctx, func(v store.View) (err error) {
		if p.Account, err = v.Account(ctx, actor.Account); err != nil {
			return err
		}
		if p.Ruling, err = d.bindingRuling(ctx, v, p.Account, "", d.now()); err != nil {
			return err
		}
		all, err := v.Factors(ctx, actor.Account)
		if err != nil {
			return err
		}
		p.Passkeys = recovery.GoneWith(all)
		if p.Told, err = d.told(ctx, v, actor.Account); err != nil {
			return err
		}
		s, err := v.Session(ctx, actor.Session)
		if err != nil {
			return err
		}
		p.Fresh = d.now()-s.Proved < recovery.StepUpFresh
		return d.bindingStands(ctx, v, &p)
	})
	return p, d.report(err)
}

func (d *Desk) bindingStands(ctx context.Context, v store.View, p *BindingPage) (err error) {
	p.Ticket, p.Binding, err = bindingOf(ctx, v, p.Account.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Open = bindingOpen(p.Ticket)
	rules, err := d.rules(ctx, v, d.now())
	if err != nil {
		return err
	}
	errors.As(p.Binding.MayShow(p.Ticket, rules.Fresh, d.now()), &p.Show)
	return nil
}

// BoundDevice is what the new device shows while its number is typed on the old one.
type BoundDevice struct {
	Number string
	Ready  bool // the number came back: it may enrol
	Ends   int64
}

// BoundDevice reads how a binding stands for the device of this session secret.
// Refusals: signed-out, recovery-over.
func (d *Desk) BoundDevice(ctx context.Context, token string) (BoundDevice, error) {
	s, err := d.Session(ctx, RecoverySession, token)
	if err != nil {
		return BoundDevice{}, err
	}
	t, err := d.view().Ticket(ctx, s.Ticket)
	if err == nil && !t.Binds() {
		err = errSession
	}
	if err != nil {
		return BoundDevice{}, d.report(err)
	}
	p := BoundDevice{Number: codes.BindingNumber(d.Keys.Pepper, token), Ends: t.Due}
	err = recovery.MayEnrol(t, d.now())
	if refusedAs(err, "number-first") {
		return p, nil
	}
	p.Ready = err == nil
	return p, d.report(err)
}
