package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// confirmation is everything the confirmation of a key rests on, read from the
// rows as they are at one moment.
type confirmation struct {
	key              recovery.Key
	owner, confirmer recovery.Staff
	founding         bool     // fewer than two administrators count
	complete         bool     // the second of the founding pair
	groups           []string // that the owner's invitations named, and that come with it
}

// BeginConfirmKey freezes the statement about a key for an administrator who
// has compared its fingerprint with the owner. A refused try is on record, like
// that of ConfirmKey (R28).
func (d *Desk) BeginConfirmKey(ctx context.Context, actor Actor, keyID string) (Touch, error) {
	n, err := d.readConfirmation(ctx, d.view(), actor, keyID, d.now())
	if err != nil {
		return Touch{}, d.refuse(ctx, actor, recovery.StaffRefused, recovery.Ticket{}, err)
	}
	return d.beginTouch(ctx, actor, ask{purpose: purposeConfirmKey, subject: keyID, statement: d.keyStatement(n), decides: !n.founding})
}

// ConfirmKey is the second hand that makes a key its owner's (R28): an
// administrator signs the statement about it. The key decides and the owner's
// waiting roles count 72 hours later; the two founding administrators, who
// confirm each other, count at once, from the second confirmation on.
//
// Refused: anyone but an administrator whose role and key count; the owner and
// the inviter; a key that is confirmed or suspended already; a statement that no
// longer says what the rows say.
func (d *Desk) ConfirmKey(ctx context.Context, actor Actor, keyID string, answer Answer) error {
	t := &touched{purpose: purposeConfirmKey, subject: keyID, answer: answer}
	return d.change(ctx, actor, recovery.StaffRefused, t.spend, func(ctx context.Context, c *Change) error {
		n, err := d.readConfirmation(ctx, c.Tx.View, actor, keyID, c.Now)
		if err != nil {
			return err
		}
		with, err := c.touchFor(ctx, t, n.founding)
		if err != nil {
			return err
		}
		if t.spent.Statement != d.keyStatement(n) {
			return recovery.Refuse("request-changed", "The key or its person's roles changed after you read the statement.", "Open the page again and read it anew.")
		}
		c.at("/staff/" + n.owner.Person.ID)
		return c.countKey(ctx, n, with, t.spent.Statement, false)
	})
}

// touchFor is finishDecision, except for founding administrators, whose own
// keys cannot count yet.
func (c *Change) touchFor(ctx context.Context, t *touched, founding bool) (recovery.Key, error) {
	finish := c.finishDecision
	if founding {
		finish = c.finishTouch
	}
	key, _, err := finish(ctx, t)
	return key, err
}

// readConfirmation reads and judges: may this actor confirm this key now?
func (d *Desk) readConfirmation(ctx context.Context, v store.View, actor Actor, keyID string, now int64) (confirmation, error) {
	var n confirmation
	if actor.Kind != StaffAct {
		return n, recovery.NeedRole(recovery.Administrator)
	}
	var err error
	if n.founding, err = d.isFounding(ctx, v, now); err != nil {
		return n, err
	}
	if n.confirmer, err = staffOf(ctx, v, actor); err != nil {
		return n, err
	}
	if !n.founding {
		if err := mayAct(n.confirmer, now, recovery.Administrator); err != nil {
			return n, err
		}
	}
	if n.key, err = v.Key(ctx, keyID); err != nil {
		return n, err
	}
	if n.owner, err = v.Staff(ctx, n.key.Person); err != nil {
		return n, err
	}
	groups, by, err := waitingGroups(ctx, v, n.owner)
	if err != nil {
		return n, err
	}
	n.groups = groups
	if err := mayConfirm(ctx, v, n, by); err != nil {
		return n, err
	}
	if n.founding {
		counted, err := v.CountedKeys(ctx)
		if err != nil {
			return n, err
		}
		n.complete, err = recovery.MayFound(n.confirmer, n.owner, counted)
		return n, err
	}
	return n, nil
}

// mayConfirm refuses the own key, the own invitee and a key that has no use for
// it. by are those who invited the owner to the groups that come with it.
func mayConfirm(ctx context.Context, v store.View, n confirmation, by []string) error {
	inviter := ""
	if n.key.Invite != "" {
		i, err := v.Invite(ctx, n.key.Invite)
		if err != nil {
			return err
		}
		inviter = i.MadeBy
	}
	if slices.Contains(by, n.confirmer.Person.ID) {
		inviter = n.confirmer.Person.ID
	}
	if err := recovery.MayConfirmKey(n.confirmer.Person.ID, n.owner, inviter); err != nil {
		return err
	}
	switch {
	case n.owner.Disabled != 0 || n.key.Suspended != 0:
		return recovery.Refuse("key-suspended", "This key is out of use, so it cannot be confirmed.", "Invite the person again.")
	case n.key.Counted != 0:
		return recovery.Refuse("already-decided", "This key is confirmed already.", "The Staff page shows since when it counts.")
	}
	return nil
}

func (d *Desk) keyStatement(n confirmation) string {
	owner := n.owner
	owner.Groups = slices.Concat(owner.Groups, n.groups)
	return recovery.KeyStatement{RPID: d.RP.ID, Demo: d.Settings.Demo, Founding: n.founding, Key: n.key, Owner: owner, Confirmer: n.confirmer.Person}.Text()
}

// countKey records the admission, whose entry every later receipt of this key
// proves, and lets key and roles count.
func (c *Change) countKey(ctx context.Context, n confirmation, with recovery.Key, statement string, demo bool) error {
	from := c.Rules.House.NewKey.After(c.Now)
	if n.founding || demo {
		from = c.Now
	}
	data := map[string]string{stepup.DataPerson: n.key.Person, stepup.DataKey: n.key.Digest, "confirmer": n.confirmer.Person.ID, "with": with.Digest,
		stepup.DataStatement: stepup.StatementDigest(statement), "roles": join(n.owner.Held()), "groups": strings.Join(n.groups, " "), "from": fmt.Sprint(from)}
	if demo {
		data["demo"] = "yes"
	}
	if n.founding {
		data["founding"] = yes(n.complete)
	}
	entry, err := c.recordEntry(ctx, recovery.Event{Kind: recovery.StaffKeyCounted, Object: n.key.Person, Data: data, Detail: n.owner.Person.Name,
		What: []string{"Fingerprint " + n.key.Fingerprint, "Decides from " + recovery.UTC(from)}})
	if err != nil {
		return err
	}
	if err := c.Tx.CountKey(ctx, n.key.ID, n.confirmer.Person.ID, c.Now, from, entry); err != nil {
		return err
	}
	return c.countRoles(ctx, n, from)
}

// countRoles lets the waiting roles count: the owner's, or those of both
// founders once the second has been confirmed.
func (c *Change) countRoles(ctx context.Context, n confirmation, from int64) error {
	who := []recovery.Staff{n.owner}
	if n.founding {
		who = nil
		if n.complete {
			who = []recovery.Staff{n.owner, n.confirmer}
		}
	}
	for _, s := range who {
		if err := c.standingCounts(ctx, s, from); err != nil {
			return err
		}
	}
	return nil
}

// standingCounts lets a person's waiting roles count from a moment on, and puts
// the person into the groups that the used invitations named.
func (c *Change) standingCounts(ctx context.Context, s recovery.Staff, from int64) error {
	groups, _, err := waitingGroups(ctx, c.Tx.View, s)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := c.Tx.JoinGroup(ctx, s.Person.ID, g); err != nil {
			return err
		}
	}
	return c.Tx.CountRoles(ctx, s.Person.ID, from)
}

// waitingGroups are the groups of a person's used invitations that the person is
// not in yet, and who sent those.
func waitingGroups(ctx context.Context, v store.View, s recovery.Staff) (groups, by []string, err error) {
	all, err := v.UsedInvites(ctx, staffInvite, s.Person.ID)
	for _, i := range all {
		for _, g := range i.Groups {
			if !s.In(g) {
				groups, by = append(groups, g), append(by, i.MadeBy)
			}
		}
	}
	return groups, by, err
}

// demoConfirm lets the demo's software administrator sign the statement about a
// key that came through a printed invitation, in the act that registers it.
// The entry says so; nothing else of the rule is shortened.
func (c *Change) demoConfirm(ctx context.Context, k recovery.Key) error {
	d := c.desk
	by := Actor{Kind: StaffAct, Person: d.DemoConfirm.Person}
	n, err := d.readConfirmation(ctx, c.Tx.View, by, k.ID, c.Now)
	if err != nil {
		return err
	}
	if n.founding {
		return errors.New("the demo's software administrators do not count yet")
	}
	statement := d.keyStatement(n)
	with, err := c.demoSign(ctx, by, statement)
	if err != nil {
		return err
	}
	if err := c.countKey(ctx, n, with, statement, true); err != nil {
		return err
	}
	return c.demoShift(ctx, n)
}

// demoShift puts an approver of the demo on the rota for good, once: whoever
// tries the demo decides at any hour.
func (c *Change) demoShift(ctx context.Context, n confirmation) error {
	shifts, err := c.Tx.ShiftsOf(ctx, n.key.Person)
	if err != nil || len(shifts) > 0 || !n.owner.Holds(recovery.Approver) {
		return err
	}
	s := recovery.Shift{ID: c.desk.newID(), Person: n.key.Person, Site: "Demo", Zone: "UTC", Days: []int{1, 2, 3, 4, 5, 6, 7}, Made: c.Now, MadeBy: n.confirmer.Person.ID}
	if err := c.Tx.AddShift(ctx, s); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ShiftAdded, Object: s.Person, Data: map[string]string{"shift": s.ID, "person": s.Person, "demo": "yes"}})
}

// demoSign runs the whole ceremony with the software administrator's key.
func (c *Change) demoSign(ctx context.Context, by Actor, statement string) (recovery.Key, error) {
	d := c.desk
	keys, err := c.Tx.Keys(ctx, by.Person)
	if err != nil {
		return recovery.Key{}, err
	}
	if keys, err = askable(keys, true, c.Now); err != nil {
		return recovery.Key{}, err
	}
	nonce := make([]byte, stepup.NonceSize)
	if _, err := io.ReadFull(d.Rand, nonce); err != nil {
		return recovery.Key{}, fmt.Errorf("make a nonce: %w", err)
	}
	options, session, err := d.RP.BeginAssertion(credentials(slices.Clone(keys)), StaffHandle(by.Person), stepup.Challenge(nonce, statement))
	if err != nil {
		return recovery.Key{}, err
	}
	response, err := d.DemoConfirm.Sign(options)
	if err != nil {
		return recovery.Key{}, fmt.Errorf("the demo's software administrator: %w", err)
	}
	key, _, err := c.verifyKey(ctx, by.Person, string(session), response)
	return key, err
}
