package desk

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// BeginStaffKey asks for the first key of an invited person.
func (d *Desk) BeginStaffKey(ctx context.Context, token string) (Touch, error) {
	i, err := liveInvite(ctx, d.view(), token, d.now())
	if err != nil {
		return Touch{}, d.report(err)
	}
	return d.beginKey(ctx, i.Person, store.Challenge{Purpose: purposeStaffKey, Subject: i.ID})
}

// beginKey asks for a new key of a person; those registered already are not
// taken twice.
func (d *Desk) beginKey(ctx context.Context, person string, c store.Challenge) (Touch, error) {
	p, err := d.view().Person(ctx, person)
	if err != nil {
		return Touch{}, d.report(err)
	}
	keys, err := d.view().Keys(ctx, person)
	if err != nil {
		return Touch{}, d.report(err)
	}
	var known [][]byte
	for _, k := range credentials(keys) {
		known = append(known, k.ID)
	}
	options, session, err := d.RP.BeginRegistration(stepup.Staff, stepup.User{Handle: StaffHandle(person), Name: p.ID, DisplayName: p.Name}, known)
	if err != nil {
		return Touch{}, d.report(err)
	}
	c.Session = string(session)
	return d.keepChallenge(ctx, options, c)
}

// AddStaffKey registers the key of an invited person and spends the invitation
// in the same act. The person is staff from then on, with roles that do not
// count until a second administrator has confirmed the key (R28); the person is
// told by mail. In the demo, the software administrator confirms the key of a
// printed invitation at once.
//
// Refused: a link that is not live ("link-ended", "link-used"), an answer that
// does not fit, a key that is not admitted.
func (d *Desk) AddStaffKey(ctx context.Context, actor Actor, token string, answer Answer, name string) (recovery.Key, error) {
	actor = Actor{Kind: Stranger, IP: actor.IP, Browser: actor.Browser}
	t := &touched{purpose: purposeStaffKey, answer: answer}
	var invite store.Invite
	keep := func(ctx context.Context, c *Change) (err error) {
		if invite, err = liveInvite(ctx, c.Tx.View, token, c.Now); err != nil {
			return c.presented(ctx, invite.TokenHash, err)
		}
		t.subject = invite.ID
		return t.spend(ctx, c)
	}
	var key recovery.Key
	err := d.change(ctx, actor, recovery.StaffRefused, keep, func(ctx context.Context, c *Change) (err error) {
		if key, err = c.newKey(ctx, t, invite.Person, name, invite.ID); err != nil {
			return c.presented(ctx, invite.TokenHash, err)
		}
		before, err := c.becomeStaff(ctx, invite)
		if err != nil {
			return err
		}
		if err := c.addKey(ctx, key, before); err != nil {
			return err
		}
		switch {
		case invite.Glass != "":
			err = c.countByGlass(ctx, key, invite.Glass)
		case invite.Printed != 0 && d.Settings.Demo && d.DemoConfirm != nil:
			err = c.demoConfirm(ctx, key)
		}
		if err != nil {
			return err
		}
		key, err = c.Tx.Key(ctx, key.ID)
		return err
	})
	return key, err
}

// presented lets the refusal of somebody who presented a live or spent secret
// be recorded; hash names the secret, "" when there is none.
func (c *Change) presented(ctx context.Context, hash string, err error) error {
	var refusal *recovery.Refusal
	if hash == "" || !errors.As(err, &refusal) {
		return err
	}
	own := *refusal
	if err := c.matched(ctx, hash, &own); err != nil {
		return err
	}
	return &own
}

// newKey verifies a registration and makes the row of the key, not yet written.
func (c *Change) newKey(ctx context.Context, t *touched, person, name, invite string) (recovery.Key, error) {
	if c.Now >= t.spent.Ends {
		return recovery.Key{}, errTouchLate
	}
	cred, err := c.desk.RP.FinishRegistration(stepup.Staff, []byte(t.spent.Session), t.answer.Response)
	if reason := stepup.ReasonOf(err); reason != "" {
		return recovery.Key{}, refuseKey(reason)
	}
	if err != nil {
		return recovery.Key{}, err
	}
	_, err = c.Tx.KeyByCredential(ctx, base64URL(cred.ID))
	if err == nil {
		return recovery.Key{}, recovery.Refuse("key-known", "This key is registered already.", "Use another key.")
	}
	if !errors.Is(err, store.ErrNotFound) {
		return recovery.Key{}, err
	}
	return recovery.Key{ID: c.desk.newID(), Person: person, Name: keyName(name), CredentialID: base64URL(cred.ID), PublicKey: base64URL(cred.PublicKey),
		AAGUID: cred.AAGUID, Attestation: cred.Attestation, Fingerprint: cred.Fingerprint, Digest: stepup.Digest(cred.PublicKey),
		Transports: strings.Join(cred.Transports, " "), SignCount: cred.SignCount, Added: c.Now, Invite: invite}, nil
}

// keyNameMax bounds a key's name, in characters.
const keyNameMax = 60

func keyName(name string) string {
	name = strings.Join(strings.Fields(strings.ToValidUTF8(name, "")), " ")
	if name == "" {
		return "Security key"
	}
	if utf8.RuneCountInString(name) > keyNameMax {
		name = string([]rune(name)[:keyNameMax])
	}
	return name
}

// refuseKey says why a key is not admitted and what to do about it.
func refuseKey(reason string) error {
	code := "key-" + reason
	switch reason {
	case stepup.BackupEligible:
		return recovery.Refuse(code, "This key can be copied to other devices, so it cannot be a staff key.", "Use a security key that keeps its secret in the device.")
	case stepup.AttestationMissing, stepup.AttestationSelf, stepup.AAGUIDZero:
		return recovery.Refuse(code, "This key does not prove who made it.", "Allow the browser to show the key's make, or use a key of an admitted make.")
	case stepup.ModelNotListed:
		return recovery.Refuse(code, "This model of key is not on the house's list.", "Ask an administrator which models are; the operator sets key-models.")
	case stepup.AttestationUntrusted, stepup.AttestationBroken:
		return recovery.Refuse(code, "The make of this key is not admitted here.", "Ask an administrator which makes are.")
	case stepup.AttestationNoRoots:
		return recovery.Refuse(code, "No key can be admitted yet: this installation knows no makers.", "The operator sets attestation-roots; countersign doctor explains it.")
	case stepup.UserNotVerified:
		return recovery.Refuse(code, "The key did not ask for its PIN or fingerprint.", "Set a PIN on the key, then start again.")
	case stepup.Expired:
		return errTouchLate
	}
	return recovery.Refuse(code, "The key's answer does not belong to this page.", "Start again on this page.")
}

// becomeStaff spends the invitation and gives what it promised: roles that do
// not count yet. Its groups wait for the confirmation too: an approver of
// security, or who raises the threat mode, is one by two hands. It answers the
// roles held before.
func (c *Change) becomeStaff(ctx context.Context, i store.Invite) ([]recovery.Role, error) {
	if err := c.Tx.UseInvite(ctx, i.ID, c.Now); err != nil {
		return nil, err
	}
	if err := c.Tx.SaveStaff(ctx, i.Person, c.Now); err != nil {
		return nil, err
	}
	staff, err := c.Tx.Staff(ctx, i.Person)
	if err != nil {
		return nil, err
	}
	for _, r := range i.Roles {
		if staff.Holds(r) {
			continue
		}
		if err := c.Tx.GrantRole(ctx, i.Person, recovery.Grant{Role: r, Granted: c.Now, By: i.MadeBy}); err != nil {
			return nil, err
		}
	}
	return staff.Held(), nil
}

// addKey writes a key that nobody has confirmed yet; before are the roles that
// its person held until now (R4).
func (c *Change) addKey(ctx context.Context, k recovery.Key, before []recovery.Role) error {
	if err := c.Tx.AddKey(ctx, k); err != nil {
		return err
	}
	staff, err := c.Tx.Staff(ctx, k.Person)
	if err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.StaffKeyAdded, Object: k.Person, Detail: k.Name, What: []string{"Fingerprint " + k.Fingerprint},
		Data: map[string]string{"person": k.Person, "key": k.Digest, "model": k.AAGUID, "invite": k.Invite, "before": join(before), "after": join(staff.Held())}})
}

// BeginFurtherKey asks a signed-in member of staff for one more key. Refusal
// "touch-first" unless a registered key was touched in the last five minutes.
func (d *Desk) BeginFurtherKey(ctx context.Context, actor Actor) (Touch, error) {
	if actor.Kind != StaffAct {
		return Touch{}, errSession
	}
	s, err := d.view().Session(ctx, actor.Session)
	if errors.Is(err, store.ErrNotFound) {
		return Touch{}, errSession
	}
	if err != nil {
		return Touch{}, d.report(err)
	}
	if err := provedSession(s, actor, d.now()); err != nil {
		return Touch{}, err
	}
	return d.beginKey(ctx, actor.Person, store.Challenge{Purpose: purposeFurtherKey, Subject: actor.Person, Owner: touchOwner(actor)})
}

// AddFurtherKey registers one more key of the actor. It decides nothing until a
// second administrator has confirmed it, like the first.
func (d *Desk) AddFurtherKey(ctx context.Context, actor Actor, answer Answer, name string) (recovery.Key, error) {
	t := &touched{purpose: purposeFurtherKey, subject: actor.Person, answer: answer}
	var key recovery.Key
	err := d.change(ctx, actor, recovery.StaffRefused, t.spend, func(ctx context.Context, c *Change) (err error) {
		if err := c.proved(ctx); err != nil {
			return err
		}
		if key, err = c.newKey(ctx, t, actor.Person, name, ""); err != nil {
			return err
		}
		staff, err := c.Tx.Staff(ctx, actor.Person)
		if err != nil {
			return err
		}
		c.at("/staff/" + actor.Person)
		return c.addKey(ctx, key, staff.Held())
	})
	return key, err
}

// Cosigner is the demo's software administrator: a member of staff like any
// other, whose key is a program. cmd/demo holds the key (internal/softkey) and
// seeds the person; serve leaves Config.DemoConfirm nil.
type Cosigner struct {
	Person string // whose administrator role and key count
	// Sign answers WebAuthn request options. It may be called again for the same
	// act and must do nothing but sign.
	Sign func(options json.RawMessage) (response []byte, err error)
}
