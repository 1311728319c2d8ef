package desk

import (
	"context"
	"encoding/json"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// holderInvite is the kind of an invitation to set up an account.
const holderInvite = "holder"

// errDemoOnly sends everybody else to the policy's row: a link proves nothing
// about who opens it (R8, R10).
var errDemoOnly = recovery.Refuse("demo-only", "Accounts are not set up by a link.", "The help desk opens a ticket of the event first-enrolment.")

// InviteHolder gives the demo a link that sets up one of its made-up
// accounts which never had a way to sign in: one use, 24 hours; older unused links
// of the account die. Everywhere else the first enrolment is a ticket, and this
// refuses, like everything below.
//
// Refused: data that is not a demo's, anybody but the machine, an unknown
// account, a service account, one that signs in or once did.
func (d *Desk) InviteHolder(ctx context.Context, actor Actor, account string) (string, error) {
	token, err := codes.NewToken(d.Rand)
	if err != nil {
		return "", d.report(err)
	}
	err = d.change(ctx, actor, recovery.HolderRefused, nil, func(ctx context.Context, c *Change) error {
		switch {
		case !d.Settings.Demo:
			return errDemoOnly
		case actor.Kind != Machine:
			return recovery.NeedRole(recovery.Administrator)
		}
		a, err := c.invitable(ctx, account)
		if err != nil {
			return err
		}
		return c.inviteHolder(ctx, a, token)
	})
	if err != nil {
		return "", err
	}
	return d.link("/welcome/" + token), nil
}

// invitable finds the account.
func (c *Change) invitable(ctx context.Context, account string) (recovery.Account, error) {
	a, err := c.Tx.Account(ctx, account)
	if errors.Is(err, store.ErrNotFound) {
		return a, errAccountUnknown
	}
	if err != nil {
		return a, err
	}
	c.concern("", a.ID)
	return a, c.bare(ctx, a)
}

// bare refuses an account that is not a person's without any past.
func (c *Change) bare(ctx context.Context, a recovery.Account) error {
	had, err := c.Tx.EverHadFactor(ctx, a.ID)
	switch {
	case err != nil:
		return err
	case a.Ended != 0:
		return recovery.Refuse("account-ended", "This account has ended.", "")
	case a.Population == recovery.Service:
		return recovery.Refuse("population-not-offered", "A service account has nobody who signs in.", "Its owner does, with an account of the own.")
	case had:
		return recovery.Refuse("had-factor", "This account has, or once had, a way to sign in.", "Open a ticket.")
	}
	return nil
}

// inviteHolder writes the invitation in place of older ones.
func (c *Change) inviteHolder(ctx context.Context, a recovery.Account, token string) error {
	if _, err := c.Tx.VoidInvitesOf(ctx, a.ID); err != nil {
		return err
	}
	i := store.Invite{ID: c.desk.newID(), Kind: holderInvite, Person: a.Person, Account: a.ID, Made: c.Now, Ends: c.Now + recovery.InviteLife,
		TokenHash: codes.HashToken("welcome", token), Printed: c.Now}
	if err := c.Tx.AddInvite(ctx, i); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.HolderInvited, Account: a.ID, Object: i.ID})
}

// Welcome is what somebody with a live link may know before setting up the account.
type Welcome struct {
	Account recovery.Account
	Ends    int64
}

// Welcome shows a live invitation and changes nothing. Refusal "link-ended" or
// "link-used" for every other link.
func (d *Desk) Welcome(ctx context.Context, token string) (Welcome, error) {
	i, a, err := d.liveWelcome(ctx, d.view(), token, d.now())
	return Welcome{Account: a, Ends: i.Ends}, d.report(err)
}

func (d *Desk) liveWelcome(ctx context.Context, v store.View, token string, now int64) (store.Invite, recovery.Account, error) {
	const next = "Ask your help desk for a new one."
	gone := recovery.Refuse("link-ended", "This link does not work, or no longer works.", next)
	if !d.Settings.Demo {
		return store.Invite{}, recovery.Account{}, gone
	}
	token, err := codes.ParseToken(token)
	if err != nil {
		return store.Invite{}, recovery.Account{}, gone
	}
	i, err := v.InviteByToken(ctx, codes.HashToken("welcome", token))
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && i.Kind != holderInvite:
		return i, recovery.Account{}, gone
	case err != nil:
		return i, recovery.Account{}, err
	case i.Used != 0:
		return i, recovery.Account{}, recovery.Refuse("link-used", "This link has been used.", next)
	case i.Void != 0 || now >= i.Ends:
		return i, recovery.Account{}, gone
	}
	a, err := v.Account(ctx, i.Account)
	if err == nil && a.Ended != 0 {
		err = gone
	}
	return i, a, err
}

// enrolling is what waits with the challenge of an enrolment: never the password.
type enrolling struct{ Secret, Name string }

// BeginHolderPasskey checks the chosen password, keeps its hash with the
// challenge, and asks for a new passkey. Refused: a link that is not live, a
// password that MayUsePassword refuses.
func (d *Desk) BeginHolderPasskey(ctx context.Context, token, password, name string) (Touch, error) {
	i, a, err := d.liveWelcome(ctx, d.view(), token, d.now())
	if err != nil {
		return Touch{}, d.report(err)
	}
	addresses, err := d.view().Addresses(ctx, a.ID)
	if err != nil {
		return Touch{}, d.report(err)
	}
	if err := recovery.MayUsePassword(password, a, values(addresses)); err != nil {
		return Touch{}, err
	}
	secret, err := d.Directory.HashPassword(ctx, password)
	if err != nil {
		return Touch{}, d.report(err)
	}
	data, err := json.Marshal(enrolling{Secret: secret, Name: name})
	if err != nil {
		return Touch{}, d.report(err)
	}
	options, session, err := d.RP.BeginRegistration(stepup.Holder, stepup.User{Handle: []byte(a.ID), Name: a.ID, DisplayName: a.Name}, nil)
	if err != nil {
		return Touch{}, d.report(err)
	}
	return d.keepChallenge(ctx, options, store.Challenge{Purpose: purposeHolderEnrol, Subject: i.ID, Session: string(session), Data: string(data)})
}

// EnrolHolder spends the link, sets the password and registers the passkey in
// one act. The account is marked "not proofed" until it is.
// Refused: a link that is not live, an account that meanwhile has a way to sign
// in, an answer that does not fit.
func (d *Desk) EnrolHolder(ctx context.Context, actor Actor, token string, answer Answer) (recovery.Account, error) {
	actor = Actor{Kind: Stranger, IP: actor.IP, Browser: actor.Browser}
	t := &touched{purpose: purposeHolderEnrol, answer: answer}
	var invite store.Invite
	var a recovery.Account
	keep := func(ctx context.Context, c *Change) (err error) {
		if invite, a, err = d.liveWelcome(ctx, c.Tx.View, token, c.Now); err != nil {
			return err
		}
		c.concern("", a.ID)
		t.subject = invite.ID
		return t.spend(ctx, c)
	}
	err := d.change(ctx, actor, recovery.HolderRefused, keep, func(ctx context.Context, c *Change) error {
		if err := c.bare(ctx, a); err != nil {
			return c.presented(ctx, invite.TokenHash, err)
		}
		return c.presented(ctx, invite.TokenHash, c.enrol(ctx, t, invite, a))
	})
	return a, err
}

// enrol writes password and passkey and records both.
func (c *Change) enrol(ctx context.Context, t *touched, invite store.Invite, a recovery.Account) error {
	if c.Now >= t.spent.Ends {
		return errTouchLate
	}
	var chosen enrolling
	if err := json.Unmarshal([]byte(t.spent.Data), &chosen); err != nil {
		return err
	}
	cred, err := c.desk.RP.FinishRegistration(stepup.Holder, []byte(t.spent.Session), t.answer.Response)
	if err != nil {
		return refusePasskey(err)
	}
	if err := c.Tx.UseInvite(ctx, invite.ID, c.Now); err != nil {
		return err
	}
	password := recovery.Factor{ID: c.desk.newID(), Account: a.ID, Kind: recovery.Password, Name: "Password", Secret: chosen.Secret, Added: c.Now}
	passkey := passkeyFactor(c.desk.newID(), a.ID, chosen.Name, "", cred, c.Now)
	for _, f := range []recovery.Factor{password, passkey} {
		if err := c.Tx.AddFactor(ctx, f); err != nil {
			return err
		}
	}
	if err := c.Tx.SetAccountMarks(ctx, a.ID, c.Now, a.Hold, a.ContactBlock); err != nil {
		return err
	}
	if err := c.record(ctx, recovery.Event{Kind: recovery.HolderEnrolled, Account: a.ID, Object: invite.ID, Data: map[string]string{"by": "demo-link"}}); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.FactorAdded, Account: a.ID, Object: passkey.ID, What: []string{"a password", "the passkey " + passkey.Name},
		Data: map[string]string{"kind": string(recovery.Passkey), "key": stepup.Digest(cred.PublicKey)}})
}
