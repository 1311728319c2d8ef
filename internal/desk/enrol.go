package desk

import (
	"context"
	"errors"
	"strconv"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// Recoverer is the actor of a recovery session: it may enrol a new passkey on
// its own ticket and nothing else (R10).
const Recoverer ActorKind = "recovery"

// purposeEnrol is the ceremony of a recovery session.
const purposeEnrol = "recovery-enrol"

// EnrolPage is what /recover/enrol shows.
type EnrolPage struct {
	Ticket  recovery.Ticket
	Name    string            // of the account
	Waiting bool              // the pair is complete, the opening notice not accepted yet (R26)
	Ready   bool              // a POST starts the recovery session
	Session recovery.Duration // how long that one lasts
	Open    bool              // the recovery session runs: register a passkey
	Sets    bool              // with a password, which is chosen here
	Told    []string          // masked addresses that notices go to
	Ends    int64             // until when this stage works
	ReEnrol int64             // by when a method of the asked strength is due, 0 for no such duty
}

// WaitPage is the page of a browser whose pair is complete. Refusal attempt-over
// for every other browser.
func (d *Desk) WaitPage(ctx context.Context, secret string) (EnrolPage, error) {
	v := d.view()
	a, t, err := attemptOf(ctx, v, secret)
	if err != nil {
		return EnrolPage{}, d.report(err)
	}
	p, err := d.enrolPage(ctx, v, t)
	if err != nil {
		return p, d.report(err)
	}
	err = a.MayStart(t, d.now())
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) && refusal.Code == "notice-pending" {
		p.Waiting = true
		return p, nil
	}
	p.Ready = err == nil
	return p, d.report(err)
}

// AttemptPage is the page that asks for the password: until when it works.
func (d *Desk) AttemptPage(ctx context.Context, secret string) (ends int64, err error) {
	a, t, err := attemptOf(ctx, d.view(), secret)
	if err == nil {
		err = a.MayTry(t, d.now())
	}
	return min(a.Ends, t.Due), d.report(err)
}

// EnrolPage is the page of a running recovery session.
func (d *Desk) EnrolPage(ctx context.Context, session store.Session) (EnrolPage, error) {
	v := d.view()
	t, err := v.Ticket(ctx, session.Ticket)
	if err == nil {
		err = recovery.MayEnrol(t, d.now())
	}
	if err != nil {
		return EnrolPage{}, d.report(err)
	}
	p, err := d.enrolPage(ctx, v, t)
	if r, owed, err := openDuty(ctx, v, t.ID); err != nil {
		return p, d.report(err)
	} else if owed {
		p.ReEnrol = r.Due
	}
	p.Open, p.Ends = true, min(session.Ends, t.Due)
	return p, d.report(err)
}

func (d *Desk) enrolPage(ctx context.Context, v store.View, t recovery.Ticket) (EnrolPage, error) {
	p := EnrolPage{Ticket: t, Ends: t.Due}
	account, err := v.Account(ctx, t.Account)
	if err != nil {
		return p, err
	}
	p.Name = account.Name
	if p.Sets, err = setsPassword(ctx, v, t); err != nil {
		return p, err
	}
	if p.Session, err = d.session(ctx, v, t, d.now()); err != nil {
		return p, err
	}
	p.Told, err = d.told(ctx, v, t.Account)
	return p, err
}

// told lists, masked, the mail addresses that notices of an account go to.
func (d *Desk) told(ctx context.Context, v store.View, account string) ([]string, error) {
	now := d.now()
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return nil, err
	}
	all, err := v.Addresses(ctx, account)
	var out []string
	for _, a := range all {
		if a.Kind == recovery.Mail && rules.Channels.Noticed(a, now) {
			out = append(out, recovery.Mask(a))
		}
	}
	return out, err
}

// BeginEnrol asks the browser for a new passkey. Only a recovery session gets
// here; the challenge belongs to it. A password is looked at only where the ticket
// sets one; refused are then those that MayUsePassword refuses.
func (d *Desk) BeginEnrol(ctx context.Context, session store.Session, password string) (Touch, error) {
	p, err := d.EnrolPage(ctx, session)
	if err != nil {
		return Touch{}, err
	}
	with, err := d.choose(ctx, d.view(), p.Ticket, password)
	if err != nil {
		return Touch{}, d.report(err)
	}
	user := stepup.User{Handle: []byte(session.Account), Name: session.Account, DisplayName: p.Name}
	rules, err := d.rulesFor(ctx, d.view(), p.Ticket, d.now())
	if err != nil {
		return Touch{}, d.report(err)
	}
	options, data, err := d.RP.BeginRegistration(kindOf(rules, p.Ticket), user, nil)
	if err != nil {
		return Touch{}, d.report(err)
	}
	return d.keepChallenge(ctx, options, store.Challenge{Purpose: purposeEnrol, Subject: session.Ticket, Owner: session.ID, Session: string(data), Data: with})
}

// kindOf is by which rules a ticket's new key is registered.
func kindOf(rules Rules, t recovery.Ticket) stepup.Kind {
	if recovery.Attested(rules.Populations[t.Population].NewFactor) {
		return stepup.StrongHolder
	}
	return stepup.Holder
}

// Enrolled is what a finished recovery tells the holder.
type Enrolled struct {
	Reference string
	Suspended int      // old passkeys that this recovery has suspended
	Told      []string // masked addresses
	First     bool     // it was the first way to sign in
	Hold      int64    // lower assurance until, 0 for none (R41)
	Block     int64    // no address changes before
	Binds     bool     // a new device beside the old one: nothing was recovered
}

// Enrol registers the new passkey and completes the recovery, all at once: the
// old passkeys are suspended, every session of the account ends, this one too,
// no browser is known any more, the whole code set is retired, addresses are frozen
// for a day, and the holder is told (R10, R12, R35, R41). The holder then signs in with the new passkey.
// Refusals: recovery-over, touch-spent, and what the ceremony refuses.
func (d *Desk) Enrol(ctx context.Context, session store.Session, ip, name string, answer Answer) (Enrolled, error) {
	var out Enrolled
	actor := Actor{Kind: Recoverer, Account: session.Account, Session: session.ID, IP: ip}
	t := &touched{purpose: purposeEnrol, subject: session.Ticket, answer: answer}
	keep := func(ctx context.Context, c *Change) error { return t.spendOf(ctx, c, session.ID) }
	err := d.change(ctx, actor, recovery.RecoveryRefused, keep, func(ctx context.Context, c *Change) error {
		k, err := c.enrolling(ctx, session.ID)
		if err != nil {
			return err
		}
		f, err := c.newPasskey(ctx, t, k, name)
		if err != nil {
			return err
		}
		if err := c.addChosen(ctx, k, t.spent.Data); err != nil {
			return err
		}
		out, err = c.complete(ctx, k, f)
		return err
	})
	return out, err
}

// enrolling re-reads session and ticket: ended, over or another's enrols nothing.
func (c *Change) enrolling(ctx context.Context, session string) (recovery.Ticket, error) {
	s, err := c.Tx.Session(ctx, session)
	if err != nil {
		return recovery.Ticket{}, err
	}
	c.concern(s.Ticket, s.Account)
	if s.Kind != RecoverySession || s.Ended != 0 || c.Now >= s.Ends {
		return recovery.Ticket{}, recovery.MayEnrol(recovery.Ticket{}, c.Now)
	}
	t, err := c.Tx.Ticket(ctx, s.Ticket)
	if err != nil {
		return t, err
	}
	if err := recovery.MayEnrol(t, c.Now); err != nil {
		return t, err
	}
	if err := c.obeys(ctx, t); err != nil {
		return t, err
	}
	return t, c.stillSelf(ctx, t)
}

func (c *Change) stillSelf(ctx context.Context, t recovery.Ticket) error {
	a, err := c.Tx.Account(ctx, t.Account)
	if err != nil {
		return err
	}
	if err := recovery.StillSelf(t, a, c.desk.Settings.InPerson); err != nil || !t.Self() {
		return err
	}
	return c.stillOffered(ctx, t)
}

// newPasskey verifies the registration. A key that is weaker than the population
// asks for is taken only where the row leaves time for a stronger one.
func (c *Change) newPasskey(ctx context.Context, t *touched, k recovery.Ticket, name string) (recovery.Factor, error) {
	if c.Now >= t.spent.Ends {
		return recovery.Factor{}, errTouchLate
	}
	kind := kindOf(c.Rules, k)
	cred, err := c.desk.RP.FinishRegistration(kind, []byte(t.spent.Session), t.answer.Response)
	if stepup.Weak(stepup.ReasonOf(err)) {
		_, owed, dutyErr := openDuty(ctx, c.Tx.View, k.ID)
		if dutyErr != nil {
			return recovery.Factor{}, dutyErr
		}
		if !owed {
			return recovery.Factor{}, recovery.Refuse("key-"+stepup.ReasonOf(err), "This account takes only a security key that cannot be copied and whose maker the house knows.", "Use such a key. Your help desk says where to get one.")
		}
		kind = stepup.Holder
		cred, err = c.desk.RP.FinishRegistration(kind, []byte(t.spent.Session), t.answer.Response)
	}
	if reason := stepup.ReasonOf(err); reason != "" {
		return recovery.Factor{}, recovery.Refuse("key-"+reason, "The passkey was not registered: the answer does not belong to this request.", "Start again on this page.")
	}
	f := passkeyFactor(c.desk.newID(), k.Account, name, k.ID, cred, c.Now)
	if kind == stepup.StrongHolder {
		f.Attestation = cred.Attestation
	}
	return f, err
}

// complete does everything that a finished recovery means.
func (c *Change) complete(ctx context.Context, t recovery.Ticket, f recovery.Factor) (Enrolled, error) {
	account, err := c.Tx.Account(ctx, t.Account)
	if err != nil {
		return Enrolled{}, err
	}
	gone, before, err := c.replaceFactors(ctx, t, f)
	if err != nil {
		return Enrolled{}, err
	}
	if err := c.endHolderSessions(ctx, t.Account, "recovered"); err != nil {
		return Enrolled{}, err
	}
	if err := c.retireCodes(ctx, t.Account, "", WhyRecovered); err != nil {
		return Enrolled{}, err
	}
	if !t.Binds() { // whoever had a passkey all along lifts reports with it
		if err := c.settleReports(ctx, t); err != nil {
			return Enrolled{}, err
		}
		if err := c.Tx.ForgetBrowsers(ctx, t.Account); err != nil { // one may be on the device that is gone
			return Enrolled{}, err
		}
	}
	hold, block, err := c.marks(ctx, t, account)
	if err != nil {
		return Enrolled{}, err
	}
	if err := c.record(ctx, recovery.Event{Kind: recovery.RecoveryDone, Ticket: t.ID, Account: t.Account, Object: f.ID,
		Data: map[string]string{"suspended": strconv.Itoa(gone), "hold": strconv.FormatInt(hold, 10)}}); err != nil {
		return Enrolled{}, err
	}
	next := t
	next.Completed = c.Now
	if next.Executed == 0 {
		next.Executed = c.Now
	}
	if err := c.finish(ctx, t, next, f); err != nil {
		return Enrolled{}, err
	}
	c.at("/recover/done")
	to, err := c.desk.told(ctx, c.Tx.View, t.Account)
	return Enrolled{Reference: t.Reference, Suspended: before + gone, Told: to, Hold: hold, Block: block, Binds: t.Binds(), First: t.Event == recovery.FirstEnrolment}, err
}

// finish moves a completed ticket on. What was enrolled may meet duties of the
// account; one of the ticket's own that it does not meet keeps it open (R21).
func (c *Change) finish(ctx context.Context, t, next recovery.Ticket, f recovery.Factor) error {
	if err := c.meetReEnrolments(ctx, f, t.ID); err != nil {
		return err
	}
	r, owed, err := openDuty(ctx, c.Tx.View, t.ID)
	if err != nil {
		return err
	}
	if owed {
		return c.awaitReEnrolment(ctx, t, next, r)
	}
	if err := c.afterCompletion(ctx, &next); err != nil {
		return err
	}
	return c.move(ctx, t, next)
}

// replaceFactors adds the new passkey and suspends every other that lives; those
// of before were suspended when the reset was carried out.
func (c *Change) replaceFactors(ctx context.Context, t recovery.Ticket, f recovery.Factor) (gone, before int, err error) {
	all, err := c.Tx.Factors(ctx, t.Account)
	if err != nil {
		return 0, 0, err
	}
	if t.Binds() { // the one that it replaces is retired when the new one works
		all = nil
	}
	for _, old := range all {
		if old.Kind == recovery.Passkey && old.SuspendedBy == t.ID {
			before++
		}
	}
	for _, old := range recovery.GoneWith(all) {
		if err := c.Tx.SuspendFactor(ctx, old.ID, t.ID, c.Now); err != nil {
			return 0, 0, err
		}
		gone++
	}
	return gone, before, c.Tx.AddFactor(ctx, f)
}

// marks leaves on the account what follows a recovery: the hold of R41, a day
// without address changes, and, after proofing, no mailed link any more.
func (c *Change) marks(ctx context.Context, t recovery.Ticket, a recovery.Account) (hold, block int64, err error) {
	known := false
	switch {
	case t.Binds():
		known = true
	case t.Self():
		attempt, err := c.Tx.AttemptOf(ctx, t.ID)
		if err != nil {
			return 0, 0, err
		}
		known = attempt.KnownBrowser != 0
	default:
		a.MailedLink = 0
	}
	ruling, err := c.desk.ruling(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return 0, 0, err
	}
	rules, err := c.rulesFor(ctx, t)
	if err != nil {
		return 0, 0, err
	}
	hold = recovery.HoldAfter(a, ruling.Way, known, rules.After, c.Now)
	block = max(a.ContactBlock, rules.Populations[t.Population].ContactBlock.After(c.Now))
	return hold, block, c.Tx.SetAccountMarks(ctx, a.ID, a.MailedLink, hold, block)
}
