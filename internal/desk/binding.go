package desk

import (
	"context"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// NewBinding is what a signed-in holder fills in to set up another device.
type NewBinding struct {
	Way    string // id of the policy's way; "" is the first at /me
	Old    string // passkey that the new one replaces
	Reason string // what the new device is, in the holder's words
}

// freshTouch is holderAct for what must be asserted at this moment: a sign-in of the
// last minutes is not enough, lest somebody sits down at an open screen.
func (d *Desk) freshTouch(ctx context.Context, actor Actor, answer Answer, fn step) error {
	t := &touched{purpose: purposeHolderTouch, subject: actor.Account, answer: answer}
	return d.change(ctx, actor, recovery.BindingRefused, t.keep(), func(ctx context.Context, c *Change) error {
		c.concern("", actor.Account)
		if answer.Challenge == "" {
			return recovery.Refuse("touch-first", "This needs your passkey at this moment.", "Use your passkey on this page.")
		}
		if err := c.freshHolder(ctx, t); err != nil {
			return err
		}
		return fn(ctx, c)
	})
}

// OpenBinding begins to bind a new device beside a working one: the holder asserts a
// passkey at this moment (P0), every address is told, and where the row asks for an
// approver the request is filed at once, in the holder's name. Refused: what the row
// does not offer, and those of recovery.MayBind.
func (d *Desk) OpenBinding(ctx context.Context, actor Actor, in NewBinding, answer Answer) (recovery.Ticket, error) {
	var t recovery.Ticket
	err := d.freshTouch(ctx, actor, answer, func(ctx context.Context, c *Change) error {
		reason, err := recovery.CheckText("reason", in.Reason)
		if err != nil {
			return err
		}
		a, err := c.Tx.Account(ctx, actor.Account)
		if err != nil {
			return err
		}
		ruling, err := d.bindingRuling(ctx, c.Tx.View, a, in.Way, c.Now)
		if err == nil && ruling.Refusal != nil {
			err = ruling.Refusal
		}
		if err != nil {
			return err
		}
		if err := c.mayBind(ctx, a, in.Old); err != nil {
			return err
		}
		if t, err = c.bindingTicket(a, ruling, reason); err != nil {
			return err
		}
		c.at("/me/device")
		return c.addBinding(ctx, t, in.Old)
	})
	return t, err
}

// bindingRuling is what the policy says about another device of an account.
func (d *Desk) bindingRuling(ctx context.Context, v store.View, a recovery.Account, way string, now int64) (recovery.Ruling, error) {
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return recovery.Ruling{}, err
	}
	t := recovery.Ticket{Account: a.ID, Event: recovery.DeviceReplacement, Population: a.Row(), Way: way, Artefact: recovery.Binding}
	kase, err := d.caseOf(ctx, v, a, t, now)
	if err != nil {
		return recovery.Ruling{}, err
	}
	r := rules.Decide(kase)
	if r.Refusal == nil {
		r.Refusal = r.Way.Artefact.Unissued()
	}
	return r, nil
}

func (c *Change) mayBind(ctx context.Context, a recovery.Account, old string) error {
	if err := c.desk.founded(ctx, c.Tx.View, c.Now); err != nil {
		return err
	}
	factors, err := c.Tx.Factors(ctx, a.ID)
	if err != nil {
		return err
	}
	earlier, err := earlierOf(ctx, c.Tx.View, a.ID, "")
	if err != nil {
		return err
	}
	return recovery.MayBind(a, old, factors, earlier, c.Now)
}

func (c *Change) bindingTicket(a recovery.Account, r recovery.Ruling, reason string) (recovery.Ticket, error) {
	ref, err := codes.NewReference(c.desk.Rand)
	return recovery.Ticket{ID: c.desk.newID(), Reference: ref, Account: a.ID, Holder: a.Person, Revision: 1, Event: recovery.DeviceReplacement, Population: a.Row(), Tier: r.Tier(),
		Intake: recovery.BySelf, Requester: a.Person, Reason: reason, PolicyVersion: c.Rules.Version, WorkflowVersion: recovery.OwnKey().Version, Level: r.Way.Proof,
		Way: r.Way.ID, Artefact: r.Way.Artefact, GroupsNeeded: r.Groups, GroupFrom: r.From, ApprovalsNeeded: r.Approvers,
		State: recovery.Proofing, StateSince: c.Now, Opened: c.Now, Due: c.Rules.Fresh.NoticeWait.After(c.Now), DueWhat: dueNotice, Run: 1}, err
}

// addBinding writes the ticket with the proof that was just given, and files the
// request or goes on to the notice.
func (c *Change) addBinding(ctx context.Context, t recovery.Ticket, old string) error {
	s, err := c.Tx.Session(ctx, c.Actor.Session)
	if err != nil {
		return err
	}
	if err := c.Tx.AddTicket(ctx, t); err != nil {
		return err
	}
	if err := c.Tx.AddBinding(ctx, recovery.DeviceBinding{Ticket: t.ID, Account: t.Account, Old: old}); err != nil {
		return err
	}
	e := recovery.Evidence{ID: c.desk.newID(), Ticket: t.ID, Run: t.Run, Step: recovery.StepOwnKey, Method: recovery.ByAuthenticator, Result: recovery.Passed,
		Group: recovery.ByAuthenticator.Group(), Channel: s.Factor, At: c.Now}
	if err := c.Tx.AddEvidence(ctx, e); err != nil {
		return err
	}
	c.concern(t.ID, t.Account)
	if err := c.record(ctx, recovery.Event{Kind: recovery.TicketOpened, Ticket: t.ID, Account: t.Account, Detail: t.Reason, Data: map[string]string{
		"event": string(t.Event), "tier": string(t.Tier), "level": string(t.Level), "intake": string(t.Intake), "policy": t.PolicyVersion, "way": t.Way, "artefact": string(t.Artefact),
		"workflow": t.WorkflowVersion, "reference": t.Reference, "old": old, "proved": "yes"}}); err != nil {
		return err
	}
	if t.ApprovalsNeeded > 0 {
		_, err := c.ask(ctx, t, t.Reason)
		return err
	}
	next := t
	next.State = recovery.Collecting
	return c.move(ctx, t, next)
}

// openBinding is the signed-in holder's binding that is under way.
func (c *Change) openBinding(ctx context.Context) (recovery.Ticket, recovery.DeviceBinding, error) {
	t, b, err := bindingOf(ctx, c.Tx.View, c.Actor.Account)
	if err == nil && !bindingOpen(t) {
		err = store.ErrNotFound
	}
	if errors.Is(err, store.ErrNotFound) {
		return t, b, recovery.Refuse("binding-none", "No new device is being set up.", "Begin on this page.")
	}
	c.concern(t.ID, t.Account)
	return t, b, err
}

func bindingOf(ctx context.Context, v store.View, account string) (recovery.Ticket, recovery.DeviceBinding, error) {
	t, err := v.BindingTicket(ctx, account)
	if err != nil {
		return t, recovery.DeviceBinding{}, err
	}
	b, err := v.Binding(ctx, t.ID)
	return t, b, err
}

// bindingOpen says whether something can still come of it.
func bindingOpen(t recovery.Ticket) bool {
	switch t.State {
	case recovery.Proofing, recovery.WaitingApproval, recovery.Approved, recovery.Executing, recovery.Collecting:
		return true
	}
	return false
}

// ShownBinding is a binding code on the old device's screen: the only time it exists
// as text.
type ShownBinding struct {
	Code string // 7 groups of 4
	Link string // the same code in the address that the QR image holds
	Ends int64
}

// ShowBinding makes the code for the new device: 135 bits, ten minutes at most, once
// used it is dead, and an earlier one is dead now. Refused: no passkey within five
// minutes, and those of recovery.DeviceBinding.MayShow.
func (d *Desk) ShowBinding(ctx context.Context, actor Actor, answer Answer) (ShownBinding, error) {
	code, err := codes.NewBinding(d.Rand)
	if err != nil {
		return ShownBinding{}, d.report(err)
	}
	out := ShownBinding{Code: codes.GroupedBinding(code), Link: d.link("/bind/" + code)}
	t := &touched{purpose: purposeHolderTouch, subject: actor.Account, answer: answer}
	err = d.change(ctx, actor, recovery.BindingRefused, t.keep(), func(ctx context.Context, c *Change) error {
		c.concern("", actor.Account)
		if err := c.freshHolder(ctx, t); err != nil {
			return err
		}
		k, b, err := c.openBinding(ctx)
		if err != nil {
			return err
		}
		if err := b.MayShow(k, c.Rules.Fresh, c.Now); err != nil {
			return err
		}
		ruling, err := d.ruling(ctx, c.Tx.View, k, c.Now)
		if err != nil {
			return err
		}
		out.Ends = ruling.Way.Life.After(c.Now)
		if err := c.Tx.ShowBinding(ctx, k.ID, codes.HashBinding(d.Keys.Pepper, code), out.Ends); err != nil {
			return err
		}
		next := k
		next.Due, next.DueWhat = out.Ends, recovery.DueBinding
		if err := c.Tx.SaveTicket(ctx, k, next); err != nil {
			return err
		}
		c.at("/me/device") // the same form again shows no code twice
		return c.record(ctx, recovery.Event{Kind: recovery.BindingShown, Ticket: k.ID, Account: k.Account, Data: map[string]string{"ends": recovery.UTC(out.Ends)}})
	})
	if err != nil {
		return ShownBinding{}, err
	}
	return out, nil
}

// UseBinding takes the code on the new device, once, and answers the secret of its
// session, which enrols nothing before the number that the device shows came back to
// the old one. Every address is told that a device used the code. Refused without
// counting: binding-typo. Refused in the same words, whatever the cause, and counted
// by address: binding-code-over.
func (d *Desk) UseBinding(ctx context.Context, actor Actor, typed string) (token string, err error) {
	code, err := codes.ParseBinding(typed)
	if err != nil {
		return "", recovery.Refuse("binding-typo", "The code has 28 letters and numbers, in 7 groups of 4.", "Check it again; this did not count as a try.").On("code")
	}
	guess := try{method: "bind", prefix: recovery.Prefix(actor.IP)}
	if shut, err := d.closed(ctx, guess); err != nil || shut {
		return "", closedAs(recovery.BindingOver(""), d.report(err))
	}
	if token, err = codes.NewToken(d.Rand); err != nil {
		return "", d.report(err)
	}
	hash := codes.HashBinding(d.Keys.Pepper, code)
	err = d.change(ctx, actor, recovery.BindingRefused, nil, func(ctx context.Context, c *Change) error {
		if shut, err := c.closed(ctx, guess); err != nil || shut {
			return closedAs(recovery.BindingOver(""), err)
		}
		b, err := c.Tx.BindingByCode(ctx, hash)
		if errors.Is(err, store.ErrNotFound) {
			return c.countedTry(guess, recovery.BindingOver(""))
		}
		if err != nil {
			return err
		}
		return c.useBinding(ctx, b, token, guess)
	})
	return ifDone(token, err)
}

func (c *Change) useBinding(ctx context.Context, b recovery.DeviceBinding, token string, guess try) error {
	t, err := c.Tx.Ticket(ctx, b.Ticket)
	if err != nil {
		return err
	}
	c.concern(t.ID, t.Account)
	var over *recovery.Refusal
	if errors.As(b.MayUse(t, c.Now), &over) {
		if err := c.matched(ctx, b.CodeHash, over); err != nil {
			return err
		}
		return c.countedTry(guess, over)
	}
	if err := c.obeys(ctx, t); err != nil {
		return err
	}
	life := c.Rules.Populations[t.Population].Session
	s, err := c.startSessionAs(ctx, token, store.Session{Kind: RecoverySession, Account: t.Account, Ticket: t.ID}, life.After(b.Ends)-c.Now)
	if err != nil {
		return err
	}
	number := codes.BindingNumber(c.desk.Keys.Pepper, token)
	if err := c.Tx.SpendBinding(ctx, b.CodeHash, s.ID, codes.HashNumber(c.desk.Keys.Pepper, t.ID, number)); err != nil {
		return err
	}
	next := t
	next.DueWhat = recovery.DueNumber
	if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.BindingUsed, Ticket: t.ID, Account: t.Account, Object: s.ID})
}

// ConfirmBinding takes the number of the new device on the old one, with a passkey at
// this moment: from now on the new device may enrol, for as long as a recovery
// session lasts. The third wrong number ends the binding. Refused: number-none,
// number-wrong, number-over.
func (d *Desk) ConfirmBinding(ctx context.Context, actor Actor, typed string, answer Answer) error {
	return d.freshTouch(ctx, actor, answer, func(ctx context.Context, c *Change) error {
		t, b, err := c.openBinding(ctx)
		if err != nil {
			return err
		}
		if err := b.MayConfirm(t, c.Now); err != nil {
			return err
		}
		number, err := codes.ParseNumber(typed)
		if err != nil {
			return recovery.Refuse("number-typo", "The number has 6 digits.", "Check it again; this did not count as a try.").On("number")
		}
		hash := codes.HashNumber(d.Keys.Pepper, t.ID, number)
		if !codes.Equal(hash, b.NumberHash) {
			return c.wrongNumber(t, b)
		}
		if err := c.Tx.ConfirmBinding(ctx, t.ID, hash); err != nil {
			return err
		}
		next := t
		next.Due, next.DueWhat = c.Rules.Populations[t.Population].Session.After(c.Now), dueEnrol
		if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
			return err
		}
		c.at("/me/device")
		return c.record(ctx, recovery.Event{Kind: recovery.BindingConfirmed, Ticket: t.ID, Account: t.Account, Object: b.Session})
	})
}

// wrongNumber counts although the act is refused; the last one ends the binding.
func (c *Change) wrongNumber(t recovery.Ticket, b recovery.DeviceBinding) error {
	c.stay(func(ctx context.Context, c *Change) error {
		n, err := c.Tx.TryNumber(ctx, t.ID)
		if err != nil || n < recovery.BindingTries {
			return err
		}
		return c.lapse(ctx, t, "number-tries")
	})
	return recovery.WrongNumber(recovery.BindingTries - b.Tries - 1)
}

// CancelBinding ends a binding that came to nothing so far: the code and the new
// device's session are dead.
func (d *Desk) CancelBinding(ctx context.Context, actor Actor) error {
	return d.change(ctx, actor, recovery.BindingRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.holderLives(ctx); err != nil {
			return err
		}
		t, _, err := c.openBinding(ctx)
		if err != nil {
			return err
		}
		c.at("/me/device")
		if t.State == recovery.Collecting {
			return c.lapse(ctx, t, "by-holder")
		}
		return c.withdraw(ctx, t, "by-holder", "")
	})
}
