package desk

import (
	"cmp"
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// Purposes of the ceremonies of staff, as their challenges name them.
const (
	purposeSignIn     = "staff-sign-in"
	purposeProve      = "staff-prove"
	purposeStaffKey   = "staff-key"
	purposeFurtherKey = "staff-further-key"
	purposeConfirmKey = "staff-confirm-key"
)

// refuseSignIn is the one sentence for every cause (ui.md 3.2); only the record
// tells them apart.
func refuseSignIn(reason string, matched bool) error {
	r := recovery.Refuse("sign-in-failed", "No sign-in with that key.", "Use another of your keys, or ask an administrator.")
	r.Reason, r.Matched = reason, matched
	return r
}

// BeginSignIn asks for any staff key with user verification; the answer says
// whose it is. Refusal "throttled" while too many of the caller's address, or of
// all strangers, are begun and not answered.
func (d *Desk) BeginSignIn(ctx context.Context, actor Actor) (Touch, error) {
	return d.beginLogin(ctx, actor, purposeSignIn)
}

// beginLogin asks a stranger for any key that was registered here.
func (d *Desk) beginLogin(ctx context.Context, actor Actor, purpose string) (Touch, error) {
	options, session, err := d.RP.BeginLogin()
	if err != nil {
		return Touch{}, d.report(err)
	}
	return d.keepChallenge(ctx, options, store.Challenge{Purpose: purpose, Origin: recovery.Prefix(actor.IP), Session: string(session)})
}

// SignIn verifies the answer and starts a staff session: 8 hours, 15 minutes
// without activity. token is the secret of the browser's cookie. A person whose
// key or roles do not count yet may sign in and sees what is missing.
//
// Refusal "sign-in-failed" for every cause. A key whose counter went back is
// suspended all the same.
func (d *Desk) SignIn(ctx context.Context, actor Actor, answer Answer) (token, person string, err error) {
	t := &touched{purpose: purposeSignIn, answer: answer}
	credential, _, err := stepup.PeekLogin(answer.Response)
	if err != nil {
		return "", "", refuseSignIn("key-"+stepup.Malformed, false)
	}
	actor = Actor{Kind: Stranger, IP: actor.IP, Browser: actor.Browser}
	lane := signInLane(actor)
	if closed, err := d.laneShut(ctx, lane); closed || err != nil {
		return "", "", cmp.Or(d.report(err), refuseSignIn("throttled", false))
	}
	err = d.change(ctx, actor, recovery.StaffRefused, t.spendSignIn, func(ctx context.Context, c *Change) error {
		key, err := c.signInKey(ctx, t, base64URL(credential))
		if err != nil {
			c.stay(func(ctx context.Context, c *Change) error { return c.countLane(ctx, lane) })
			return err
		}
		person = key.Person
		token, err = c.startStaff(ctx, key)
		return err
	})
	if err != nil {
		return "", "", err
	}
	return token, person, nil
}

// signInLane counts failed sign-ins of one address prefix, apart from those of
// the public pages: neither closes the other. A key cannot be guessed; the lane
// only bounds what a stranger can make the server do.
func signInLane(a Actor) string { return "a:staff:" + recovery.Prefix(a.IP) }

func (d *Desk) laneShut(ctx context.Context, lane string) (bool, error) {
	rows, err := d.view().Throttles(ctx, []string{lane})
	return err == nil && len(rows) == 1 && rows[0].Closed(d.now()), err
}

func (c *Change) countLane(ctx context.Context, lane string) error {
	rows, err := c.throttles(ctx, []string{lane})
	if err != nil {
		return err
	}
	return c.fail(ctx, try{}, rows[0])
}

// spendSignIn is spend with the one sentence of sign-in.
func (t *touched) spendSignIn(ctx context.Context, c *Change) error {
	err := t.spend(ctx, c)
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) {
		c.stay(func(ctx context.Context, c *Change) error { return c.countLane(ctx, signInLane(c.Actor)) })
		return refuseSignIn(refusal.Code, false)
	}
	return err
}

// signInKey finds the key that answered and checks the answer.
func (c *Change) signInKey(ctx context.Context, t *touched, credential string) (recovery.Key, error) {
	if c.Now >= t.spent.Ends {
		return recovery.Key{}, refuseSignIn(errTouchLate.Code, false)
	}
	named, err := c.Tx.KeyByCredential(ctx, credential)
	if errors.Is(err, store.ErrNotFound) {
		return named, refuseSignIn("key-"+stepup.UnknownKey, false)
	}
	if err != nil {
		return named, err
	}
	key, _, err := c.verifyKey(ctx, named.Person, t.spent.Session, t.answer.Response)
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) {
		return key, refuseSignIn(refusal.Code, refusal.Matched)
	}
	if err != nil {
		return key, err
	}
	staff, err := c.Tx.Staff(ctx, key.Person)
	if err == nil && staff.Disabled != 0 {
		err = refuseSignIn("staff-disabled", true)
	}
	return key, err
}

// startStaff opens the session; from here on the person is the actor.
func (c *Change) startStaff(ctx context.Context, key recovery.Key) (string, error) {
	token, s, err := c.startSession(ctx, store.Session{Kind: StaffSession, Person: key.Person, Factor: key.ID}, recovery.SessionLife)
	if err != nil {
		return "", err
	}
	c.Actor = Actor{Kind: StaffAct, Person: key.Person, Session: s.ID, IP: c.Actor.IP, Browser: c.Actor.Browser}
	return token, c.record(ctx, recovery.Event{Kind: recovery.StaffSignedIn, Object: key.Person, Data: map[string]string{"key": key.Digest}})
}

// BeginProve asks a signed-in member of staff for a fresh touch.
func (d *Desk) BeginProve(ctx context.Context, actor Actor) (Touch, error) {
	if actor.Kind != StaffAct {
		return Touch{}, errSession
	}
	return d.beginTouch(ctx, actor, ask{purpose: purposeProve, subject: actor.Person})
}

// Prove notes the fresh touch in the session, for what asks for one that is at
// most five minutes old (R15).
func (d *Desk) Prove(ctx context.Context, actor Actor, answer Answer) error {
	t := &touched{purpose: purposeProve, subject: actor.Person, answer: answer}
	return d.change(ctx, actor, recovery.StaffRefused, t.spend, func(ctx context.Context, c *Change) error {
		key, _, err := c.finishTouch(ctx, t)
		if err != nil {
			return err
		}
		if err := c.Tx.ProveSession(ctx, actor.Session, c.Now); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.StaffProved, Object: actor.Person, Data: map[string]string{"key": key.Digest}})
	})
}

// proved refuses when the session's last touch is older than five minutes.
func (c *Change) proved(ctx context.Context) error {
	if c.Actor.Kind != StaffAct {
		return errSession
	}
	s, err := c.Tx.Session(ctx, c.Actor.Session)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errSession
	case err != nil:
		return err
	}
	return provedSession(s, c.Actor, c.Now)
}

// fresh is proved for acts that programs of ours do as well, without a session:
// the demo's past. A request always has one.
func (c *Change) fresh(ctx context.Context) error {
	if c.Actor.Session == "" {
		return nil
	}
	return c.proved(ctx)
}

func provedSession(s store.Session, a Actor, now int64) error {
	switch {
	case s.Ended != 0 || now >= s.Ends || s.Person != a.Person:
		return errSession
	case now-s.Proved >= recovery.StepUpFresh:
		return recovery.Refuse("touch-first", "Your last touch of a key is more than five minutes old.", "Touch one of your keys on this page first.")
	}
	return nil
}
