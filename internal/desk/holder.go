package desk

import (
	"context"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// refuseHolder is the one sentence for every sign-in at /me that fails; only
// the record tells the causes apart.
func refuseHolder(reason string, matched bool) error {
	r := recovery.Refuse("sign-in-failed", "No sign-in with that passkey.", "Use another of your passkeys. If you have none left, start a recovery.")
	r.Reason, r.Matched = reason, matched
	return r
}

// BeginHolderSignIn asks for any passkey with user verification; the answer
// says whose it is.
func (d *Desk) BeginHolderSignIn(ctx context.Context, actor Actor) (Touch, error) {
	return d.beginLogin(ctx, actor, purposeHolderSignIn)
}

// SignedIn is a holder's new session.
type SignedIn struct {
	Token   string // secret of the session cookie
	Browser string // new secret of the known-browser cookie (R41)
	Account recovery.Account
	// OfferCodes: the passkey was enrolled in a recovery and signs in for the
	// first time, so a new code set is offered at once (R10).
	OfferCodes bool
}

// HolderSignIn verifies the answer of a passkey and starts a session at /me: 8
// hours, 30 minutes without activity. browser is the secret of the cookie from
// an earlier sign-in, or "": the browser is known from now on and its secret is
// renewed (R41).
//
// Refusal "sign-in-failed" for every cause but one: while a recovery of the account
// is parked, whoever used a live passkey is told so (account-parked).
func (d *Desk) HolderSignIn(ctx context.Context, actor Actor, answer Answer, browser string) (SignedIn, error) {
	credential, _, err := stepup.PeekLogin(answer.Response)
	if err != nil {
		return SignedIn{}, refuseHolder("key-"+stepup.Malformed, false)
	}
	actor = Actor{Kind: Stranger, IP: actor.IP, Browser: actor.Browser}
	t := &touched{purpose: purposeHolderSignIn, answer: answer}
	keep := func(ctx context.Context, c *Change) error {
		err := t.spend(ctx, c)
		var refusal *recovery.Refusal
		if errors.As(err, &refusal) {
			return refuseHolder(refusal.Code, false)
		}
		return err
	}
	var in SignedIn
	err = d.change(ctx, actor, recovery.HolderRefused, keep, func(ctx context.Context, c *Change) error {
		f, err := c.signInPasskey(ctx, t, base64URL(credential))
		if err != nil {
			return err
		}
		in, err = c.startHolder(ctx, f, browser)
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// signInPasskey finds the passkey that answered and checks the answer.
func (c *Change) signInPasskey(ctx context.Context, t *touched, credential string) (recovery.Factor, error) {
	if c.Now >= t.spent.Ends {
		return recovery.Factor{}, refuseHolder(errTouchLate.Code, false)
	}
	f, err := c.Tx.FactorByCredential(ctx, credential)
	if errors.Is(err, store.ErrNotFound) {
		return f, refuseHolder("key-"+stepup.UnknownKey, false)
	}
	if err != nil {
		return f, err
	}
	c.concern("", f.Account)
	if err := c.verifyPasskey(ctx, f, t); err != nil {
		var refusal *recovery.Refusal
		if errors.As(err, &refusal) {
			return f, refuseHolder(refusal.Code, refusal.Matched)
		}
		return f, err
	}
	if !f.Live() {
		return f, refuseHolder("factor-suspended", true)
	}
	a, err := c.Tx.Account(ctx, f.Account)
	if err == nil && a.Ended != 0 {
		err = refuseHolder("account-ended", true)
	}
	if err != nil {
		return f, err
	}
	return f, c.unlocked(ctx, a.ID)
}

// verifyPasskey checks an answer against one passkey and stores its counter. A
// suspended passkey is verified too, so that its use is on record; the caller
// refuses it then.
func (c *Change) verifyPasskey(ctx context.Context, f recovery.Factor, t *touched) error {
	_, err := c.assertPasskey(ctx, f, t)
	return err
}

// assertPasskey is verifyPasskey for acts that keep the answer.
func (c *Change) assertPasskey(ctx context.Context, f recovery.Factor, t *touched) (stepup.Assertion, error) {
	cred, err := credentialOf(f)
	if err != nil {
		return stepup.Assertion{}, err
	}
	assertion, err := c.desk.RP.FinishAssertion([]byte(t.spent.Session), []stepup.Credential{cred}, []byte(f.Account), t.answer.Response)
	if err != nil {
		return assertion, refusePasskey(err)
	}
	if !f.Live() {
		return assertion, nil
	}
	return assertion, c.Tx.UsedFactor(ctx, f.ID, assertion.SignCount, c.Now)
}

// refusePasskey turns what the ceremony refused into words; each reason keeps a
// code of its own (T4).
func refusePasskey(err error) error {
	reason := stepup.ReasonOf(err)
	switch reason {
	case "":
		return err
	case stepup.Expired:
		return errTouchLate
	case stepup.UserNotVerified:
		return recovery.Refuse("key-"+reason, "The passkey did not ask for your PIN, face or fingerprint.", "Set up a screen lock on the device, then start again.")
	case stepup.CounterRegression: // found after the signature was verified
		r := recovery.Refuse("key-"+reason, "The counter of this passkey went back, as a copied one's would.", "Use another of your passkeys, or ask the help desk.")
		r.Matched = true
		return r
	}
	return recovery.Refuse("key-"+reason, "The passkey's answer does not belong to this request.", "Start again on this page.")
}

// startHolder opens the session, renews the browser's secret and makes the
// holder the actor.
func (c *Change) startHolder(ctx context.Context, f recovery.Factor, browser string) (SignedIn, error) {
	a, err := c.Tx.Account(ctx, f.Account)
	if err != nil {
		return SignedIn{}, err
	}
	token, s, err := c.startSession(ctx, store.Session{Kind: HolderSession, Person: a.Person, Account: a.ID, Factor: f.ID}, recovery.HolderSessionLife)
	if err != nil {
		return SignedIn{}, err
	}
	if err := c.replaced(ctx, f); err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{Token: token, Account: a, OfferCodes: f.Ticket != "" && f.Used == 0 && recovery.MayMakeCodes(a) == nil}
	if in.Browser, err = c.knowBrowser(ctx, browser, a.ID); err != nil {
		return in, err
	}
	c.Actor = Actor{Kind: Holder, Person: a.Person, Account: a.ID, Session: s.ID, IP: c.Actor.IP, Browser: c.Actor.Browser}
	return in, c.record(ctx, recovery.Event{Kind: recovery.HolderSignedIn, Account: a.ID, Object: f.ID})
}

// knowBrowser gives the browser a new secret each time: an old copy of the
// cookie, or one that somebody planted, is worth nothing.
func (c *Change) knowBrowser(ctx context.Context, old, account string) (string, error) {
	token, err := codes.NewToken(c.desk.Rand)
	if err != nil {
		return "", err
	}
	if old, err := codes.ParseToken(old); err == nil {
		if err := c.Tx.RenewBrowser(ctx, browserHash(old), browserHash(token)); err != nil {
			return "", err
		}
	}
	return token, c.Tx.KnowBrowser(ctx, browserHash(token), account, c.Now)
}

// browserHash is what is stored of the known-browser cookie.
func browserHash(token string) string { return codes.HashToken("browser", token) }

// BeginHolderTouch asks the signed-in holder for a fresh touch of one of the
// account's passkeys.
func (d *Desk) BeginHolderTouch(ctx context.Context, actor Actor) (Touch, error) {
	factors, err := d.view().Factors(ctx, actor.Account)
	if err != nil {
		return Touch{}, d.report(err)
	}
	creds, err := passkeys(factors)
	if err != nil {
		return Touch{}, d.report(err)
	}
	options, session, err := d.RP.BeginAssertion(creds, []byte(actor.Account), nil)
	if stepup.ReasonOf(err) == stepup.UnknownKey {
		return Touch{}, recovery.Refuse("key-none", "This account has no passkey in use.", "Start a recovery.")
	}
	if err != nil {
		return Touch{}, d.report(err)
	}
	return d.keepChallenge(ctx, options, store.Challenge{Purpose: purposeHolderTouch, Subject: actor.Account, Owner: touchOwner(actor), Session: string(session)})
}

// freshHolder refuses unless a passkey of the account signed in, or was
// touched, within the last five minutes (R33); an answered touch counts.
func (c *Change) freshHolder(ctx context.Context, t *touched) error {
	if err := c.holderLives(ctx); err != nil {
		return err
	}
	if t.answer.Challenge != "" {
		return c.finishHolderTouch(ctx, t)
	}
	s, err := c.Tx.Session(ctx, c.Actor.Session)
	if err == nil && c.Now-s.Proved >= recovery.StepUpFresh {
		err = recovery.Refuse("touch-first", "You signed in more than five minutes ago.", "Use your passkey again on this page.")
	}
	return err
}

func (c *Change) finishHolderTouch(ctx context.Context, t *touched) error {
	if c.Now >= t.spent.Ends {
		return errTouchLate
	}
	credential, _, err := stepup.PeekLogin(t.answer.Response)
	if err != nil {
		return refusePasskey(err)
	}
	f, err := c.Tx.FactorByCredential(ctx, base64URL(credential))
	if errors.Is(err, store.ErrNotFound) || err == nil && (f.Account != c.Actor.Account || !f.Live()) {
		return recovery.Refuse("key-"+stepup.UnknownKey, "This passkey is not one of this account's.", "Use another of your passkeys.")
	}
	if err != nil {
		return err
	}
	if err := c.verifyPasskey(ctx, f, t); err != nil {
		return err
	}
	return c.Tx.ProveSession(ctx, c.Actor.Session, c.Now)
}

// holderLives refuses when the session ended after the request came in, or the
// passkey that began it no longer signs in.
func (c *Change) holderLives(ctx context.Context) error {
	if c.Actor.Kind != Holder {
		return errSession
	}
	s, err := c.Tx.Session(ctx, c.Actor.Session)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errSession
	case err != nil:
		return err
	case s.Kind != HolderSession || s.Ended != 0 || c.Now >= s.Ends || s.Account != c.Actor.Account:
		return errSession
	}
	factors, err := c.Tx.Factors(ctx, s.Account)
	if err != nil {
		return err
	}
	for _, f := range factors {
		if f.ID == s.Factor && f.Live() {
			return nil
		}
	}
	return errSession
}
