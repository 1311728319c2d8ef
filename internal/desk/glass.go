package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// BreakGlass is what two custodians ask of the machine.
type BreakGlass struct {
	Codes   []string // of both sheets, as typed
	Persons []string // one or two directory persons, to become administrators
	Lost    []string // staff whose keys are lost: they are suspended with it
}

// GlassLink is an invitation that the machine prints.
type GlassLink struct{ Person, URL string }

// OpenGlass breaks the glass: with both custodians' sheets it invites one or two
// people as administrators and prints their links; nothing is mailed to them and
// no network is needed (R57, S20). The new key needs no second administrator: the
// two sheets are the two hands. It waits its 72 hours, unless no administrator is
// left counting. The sheets are spent, everybody on the staff is told, and every
// staff page shows it until an auditor acknowledges it with a key.
//
// Refused: anywhere but on the machine, one custodian alone, the same sheet
// twice, a code that is on no live sheet; each is recorded, counted and told to
// security.
func (d *Desk) OpenGlass(ctx context.Context, actor Actor, in BreakGlass) ([]GlassLink, error) {
	var out []GlassLink
	err := d.change(ctx, actor, recovery.GlassRefused, nil, func(ctx context.Context, c *Change) error {
		out = nil
		if actor.Kind != Machine {
			return recovery.NeedRole(recovery.Administrator)
		}
		sheets, err := c.typedSheets(ctx, in.Codes)
		if err != nil {
			return err
		}
		if err := recovery.MayBreakGlass(sheets, in.Persons); err != nil {
			return err
		}
		for _, s := range sheets {
			if err := c.Tx.SpendSheet(ctx, s.ID); err != nil {
				return err
			}
		}
		g := recovery.GlassBreak{ID: d.newID(), At: c.Now, Custodians: []string{sheets[0].Person, sheets[1].Person}, Persons: in.Persons, Lost: in.Lost}
		out, err = c.breakGlass(ctx, g)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// typedSheets finds the live sheets of the typed codes. What is no code at all
// is not counted; a code of no sheet is.
func (c *Change) typedSheets(ctx context.Context, typed []string) ([]recovery.Sheet, error) {
	live, err := c.Tx.LiveSheets(ctx)
	if err != nil {
		return nil, err
	}
	var found []recovery.Sheet
	for _, text := range typed {
		code, err := codes.Parse(text)
		if err != nil {
			return nil, recovery.Refuse("code-malformed", "This is no code of a sheet: check for a symbol that was mistyped.", "Type all 25 symbols.")
		}
		n := slices.IndexFunc(live, func(s recovery.Sheet) bool { return codes.Equal(s.Hash, c.desk.sheetHash(s.Person, code)) })
		if n < 0 {
			c.stay(func(ctx context.Context, c *Change) error { return c.Tx.Count(ctx, wrongSheets, 1) })
			return nil, recovery.Refuse("sheet-wrong", "This code is on no sheet that is live.", "Take the newest sheet. Sheets work once; two administrators sign for new ones.")
		}
		found = append(found, live[n])
	}
	return found, nil
}

// wrongSheets counts codes that were on no sheet.
const wrongSheets = "break-glass.wrong"

// breakGlass suspends lost keys, judges whether an administrator is left, and
// invites.
func (c *Change) breakGlass(ctx context.Context, g recovery.GlassBreak) ([]GlassLink, error) {
	for _, id := range g.Lost {
		if err := c.suspendAll(ctx, id); err != nil {
			return nil, err
		}
	}
	left, err := c.ableAdministrators(ctx)
	if err != nil {
		return nil, err
	}
	g.AtOnce = left == 0
	if err := c.Tx.AddGlass(ctx, g); err != nil {
		return nil, err
	}
	var out []GlassLink
	for _, id := range g.Persons {
		link, err := c.glassInvite(ctx, g, id)
		if err != nil {
			return nil, err
		}
		out = append(out, link)
	}
	what := []string{g.Words()}
	for _, id := range g.Lost {
		what = append(what, "All keys of "+id+" are suspended.")
	}
	return out, c.record(ctx, recovery.Event{Kind: recovery.GlassBroken, Object: g.ID, What: what, Data: map[string]string{"break-glass": g.ID,
		"custodians": strings.Join(g.Custodians, " "), "persons": strings.Join(g.Persons, " "), "lost": strings.Join(g.Lost, " "), "at-once": yes(g.AtOnce)}})
}

// suspendAll takes every key of a member of staff out of use.
func (c *Change) suspendAll(ctx context.Context, person string) error {
	keys, err := c.Tx.Keys(ctx, person)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if !k.Live() {
			continue
		}
		if err := c.suspendKey(ctx, k, "lost, said both custodians who broke the glass"); err != nil {
			return err
		}
	}
	return nil
}

// ableAdministrators counts administrators whose role counts and who have a key
// that may decide now.
func (c *Change) ableAdministrators(ctx context.Context) (int, error) {
	ids, err := c.Tx.CountingStaff(ctx, recovery.Administrator, c.Now)
	if err != nil {
		return 0, err
	}
	able := 0
	for _, id := range ids {
		keys, err := c.Tx.Keys(ctx, id)
		if err != nil {
			return 0, err
		}
		if len(recovery.DecidingKeys(keys, c.Now)) > 0 {
			able++
		}
	}
	return able, nil
}

func (c *Change) glassInvite(ctx context.Context, g recovery.GlassBreak, person string) (GlassLink, error) {
	if _, err := c.directoryPerson(ctx, person); err != nil {
		return GlassLink{}, err
	}
	token, err := codes.NewToken(c.desk.Rand)
	if err != nil {
		return GlassLink{}, err
	}
	i := store.Invite{Person: person, Roles: administrators, Glass: g.ID}
	if _, err := c.invite(ctx, i, token, true); err != nil {
		return GlassLink{}, err
	}
	return GlassLink{person, c.desk.link("/invite/" + token)}, nil
}

// countByGlass admits the key of an invitation that both custodians made.
func (c *Change) countByGlass(ctx context.Context, k recovery.Key, glass string) error {
	g, err := c.Tx.Glass(ctx, glass)
	if err != nil {
		return err
	}
	owner, err := c.Tx.Staff(ctx, k.Person)
	if err != nil {
		return err
	}
	from := c.Rules.House.NewKey.After(c.Now)
	if g.AtOnce {
		from = c.Now
	}
	entry, err := c.recordEntry(ctx, recovery.Event{Kind: recovery.StaffKeyCounted, Object: k.Person, Detail: owner.Person.Name,
		What: []string{"Fingerprint " + k.Fingerprint, "Decides from " + recovery.UTC(from), "Admitted by break-glass"},
		Data: map[string]string{stepup.DataPerson: k.Person, stepup.DataKey: k.Digest, "break-glass": g.ID, "custodians": strings.Join(g.Custodians, " "),
			"roles": join(owner.Held()), "from": fmt.Sprint(from)}})
	if err != nil {
		return err
	}
	if err := c.Tx.CountKey(ctx, k.ID, "break-glass", c.Now, from, entry); err != nil {
		return err
	}
	return c.standingCounts(ctx, owner, from)
}

// BrokenGlass lists the uses that no auditor has acknowledged: every staff page
// shows them.
func (d *Desk) BrokenGlass(ctx context.Context) ([]recovery.GlassBreak, error) {
	all, err := d.view().OpenGlass(ctx)
	return all, d.report(err)
}

// glassFor lists those that this reader may acknowledge.
func (d *Desk) glassFor(ctx context.Context, v store.View, actor Actor) ([]recovery.GlassBreak, error) {
	all, err := v.OpenGlass(ctx)
	if err != nil {
		return nil, err
	}
	var mine []recovery.GlassBreak
	for _, g := range all {
		_, err := d.glassText(ctx, v, actor, g.ID, d.now())
		var no *recovery.Refusal
		switch {
		case err == nil:
			mine = append(mine, g)
		case !errors.As(err, &no):
			return nil, err
		}
	}
	return mine, nil
}

// purposeGlass is what a challenge of BeginSeeGlass is for.
const purposeGlass = "break-glass"

// BeginSeeGlass freezes the statement of an acknowledgement for an auditor.
func (d *Desk) BeginSeeGlass(ctx context.Context, actor Actor, id string) (Touch, error) {
	var text string
	err := d.Store.Snapshot(ctx, func(v store.View) (err error) {
		text, err = d.glassText(ctx, v, actor, id, d.now())
		return err
	})
	if err != nil {
		return Touch{}, d.report(err)
	}
	return d.beginTouch(ctx, actor, ask{purpose: purposeGlass, subject: id, statement: text, decides: true})
}

// glassText is the statement, for an auditor who may acknowledge now.
func (d *Desk) glassText(ctx context.Context, v store.View, actor Actor, id string, now int64) (string, error) {
	if actor.Kind != StaffAct {
		return "", recovery.NeedRole(recovery.Auditor)
	}
	s, err := staffOf(ctx, v, actor)
	if err != nil {
		return "", err
	}
	if err := mayAct(s, now, recovery.Auditor); err != nil {
		return "", err
	}
	g, err := v.Glass(ctx, id)
	switch {
	case err != nil:
		return "", err
	case g.Seen != 0:
		return "", recovery.Refuse("already-decided", "This use was acknowledged already.", "The audit list shows by whom.")
	case slices.Contains(g.Custodians, actor.Person) || slices.Contains(g.Persons, actor.Person):
		return "", recovery.Refuse("own-change", "You took part in this use, so another auditor acknowledges it.", "Ask another auditor.")
	}
	return recovery.GlassStatement{RPID: d.RP.ID, Demo: d.Settings.Demo, Break: g, Auditor: s.Person}.Text(), nil
}

// SeeGlass acknowledges a use with an auditor's key; the band on the staff pages
// goes. Refused to whoever took part in it.
func (d *Desk) SeeGlass(ctx context.Context, actor Actor, id string, answer Answer) error {
	t := &touched{purpose: purposeGlass, subject: id, answer: answer}
	return d.change(ctx, actor, recovery.GlassRefused, t.spend, func(ctx context.Context, c *Change) error {
		text, err := d.glassText(ctx, c.Tx.View, actor, id, c.Now)
		if err != nil {
			return err
		}
		key, _, err := c.finishDecision(ctx, t)
		if err != nil {
			return err
		}
		if text != t.spent.Statement {
			return recovery.Refuse("request-changed", "The statement changed after you read it.", "Open the page again and read it anew.")
		}
		if err := c.Tx.SeeGlass(ctx, id, actor.Person); err != nil {
			return err
		}
		c.at("/staff")
		return c.record(ctx, recovery.Event{Kind: recovery.GlassAcknowledged, Object: id, What: []string{"The use of break-glass was acknowledged by " + actor.Person},
			Data: map[string]string{"break-glass": id, stepup.DataKey: key.Digest, stepup.DataStatement: stepup.StatementDigest(text)}})
	})
}
