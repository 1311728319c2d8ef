package desk

import (
	"context"
	"encoding/json"
	"fmt"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// purposeThreat is what a challenge of BeginThreat is for.
const purposeThreat = "threat"

// BeginThreat freezes the statement that switches raised-threat mode on and asks
// for a key. Refused: who is not of the group security, and a mode that is on.
func (d *Desk) BeginThreat(ctx context.Context, actor Actor, reason string) (Touch, error) {
	var text string
	err := d.Store.Snapshot(ctx, func(v store.View) (err error) {
		if reason, err = recovery.CheckText("reason", reason); err != nil {
			return err
		}
		staff, err := d.mayRaise(ctx, v, actor, d.now())
		if err != nil {
			return err
		}
		text, err = d.threatText(ctx, v, staff.Person, reason, d.now())
		return err
	})
	if err != nil {
		return Touch{}, d.refuse(ctx, actor, recovery.ThreatRefused, recovery.Ticket{}, err)
	}
	touch, err := d.beginTouch(ctx, actor, ask{purpose: purposeThreat, subject: "on", statement: text, data: reason, decides: true})
	if err != nil {
		return Touch{}, d.refuse(ctx, actor, recovery.ThreatRefused, recovery.Ticket{}, err)
	}
	return touch, nil
}

// RaiseThreat switches raised-threat mode on, at once and for the hours that one
// person may (R25): rows become stricter in open tickets too, no Pass is issued,
// and everybody at the desk is told. Refused like BeginThreat, and when the policy
// changed between reading and signing.
func (d *Desk) RaiseThreat(ctx context.Context, actor Actor, answer Answer) (recovery.Threat, error) {
	t := &touched{purpose: purposeThreat, subject: "on", answer: answer}
	var on recovery.Threat
	err := d.change(ctx, actor, recovery.ThreatRefused, t.spend, func(ctx context.Context, c *Change) error {
		staff, err := d.mayRaise(ctx, c.Tx.View, actor, c.Now)
		if err != nil {
			return err
		}
		if _, _, err := c.finishDecision(ctx, t); err != nil {
			return err
		}
		text, err := d.threatText(ctx, c.Tx.View, staff.Person, t.spent.Data, c.Now)
		if err != nil {
			return err
		}
		if text != t.spent.Statement {
			return recovery.Refuse("request-changed", "What you signed is no longer what would be switched on.", "Read the page again.")
		}
		on, err = c.raiseThreat(ctx, t.spent.Data)
		return err
	})
	return on, err
}

func (c *Change) raiseThreat(ctx context.Context, reason string) (recovery.Threat, error) {
	if err := c.endThreatIfOver(ctx); err != nil {
		return recovery.Threat{}, err
	}
	rules, err := c.desk.rules(ctx, c.Tx.View, c.Now)
	if err != nil {
		return recovery.Threat{}, err
	}
	on := recovery.Threat{ID: c.desk.newID(), By: c.Actor.Person, Reason: reason, Began: c.Now, Ends: rules.Threat.Alone.After(c.Now)}
	if err := c.Tx.AddThreat(ctx, on); err != nil {
		return on, err
	}
	c.at("/threat")
	return on, c.record(ctx, recovery.Event{Kind: recovery.ThreatRaised, Object: on.ID, Until: on.Ends, Detail: reason,
		What: append([]string{"Raised-threat mode is on."}, recovery.ThreatEffects...), Data: map[string]string{"threat": on.ID, "ends": fmt.Sprint(on.Ends)}})
}

// endThreatIfOver ends a mode whose last hour has passed and that no sweep ended.
func (c *Change) endThreatIfOver(ctx context.Context) error {
	old, err := c.Tx.Threat(ctx)
	if err != nil || old.ID == "" || old.On(c.Now) {
		return err
	}
	return c.endThreat(ctx, old)
}

func (c *Change) endThreat(ctx context.Context, on recovery.Threat) error {
	off := on
	off.Ended = c.Now
	if err := c.Tx.SaveThreat(ctx, on, off); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ThreatOver, Object: on.ID, What: []string{"Raised-threat mode has ended by itself. The ordinary rows apply again; open tickets keep what they were asked."},
		Data: map[string]string{"threat": on.ID}})
}

// mayRaise reads whether the actor may switch the mode on.
func (d *Desk) mayRaise(ctx context.Context, v store.View, actor Actor, now int64) (recovery.Staff, error) {
	if actor.Kind != StaffAct {
		return recovery.Staff{}, recovery.NeedRole(recovery.Approver)
	}
	staff, err := staffOf(ctx, v, actor)
	if err != nil {
		return staff, err
	}
	if err := mayAct(staff, now, recovery.Roles...); err != nil {
		return staff, err
	}
	on, err := v.Threat(ctx)
	if err != nil {
		return staff, err
	}
	return staff, recovery.MayRaise(staff, on, now)
}

func (d *Desk) threatText(ctx context.Context, v store.View, p recovery.Person, reason string, now int64) (string, error) {
	rules, err := d.rules(ctx, v, now)
	return recovery.ThreatStatement{RPID: d.RP.ID, Demo: d.Settings.Demo, Person: p, For: rules.Threat.Alone, Reason: reason}.Text(), err
}

// longerThreat is the body of the proposal that lets the mode last longer.
type longerThreat struct {
	Threat string `json:"threat"`
	Hours  int64  `json:"hours"` // from its beginning
}

// ExtendThreat files that raised-threat mode lasts longer, at most the policy's
// time for two; a second person of security signs it.
func (d *Desk) ExtendThreat(ctx context.Context, actor Actor, hours int64) (recovery.Proposal, error) {
	var p recovery.Proposal
	err := d.change(ctx, actor, recovery.ThreatRefused, nil, func(ctx context.Context, c *Change) error {
		on, err := c.Tx.Threat(ctx)
		if err != nil {
			return err
		}
		body, err := json.Marshal(longerThreat{on.ID, hours})
		if err != nil {
			return err
		}
		p, err = c.propose(ctx, recovery.Proposal{Kind: recovery.ProposeThreat, Object: on.ID, Title: fmt.Sprintf("Raised-threat mode for %d hours", hours), Body: string(body),
			Lines: []string{"  raised-threat mode, on since " + recovery.UTC(on.Began), "- until " + recovery.UTC(on.Ends), "+ until " + recovery.UTC(on.Began+hours*recovery.Hour)}})
		return err
	})
	return p, err
}

// longer reads a proposal and refuses what cannot be put in force now.
func (c *Change) longer(ctx context.Context, p recovery.Proposal) (recovery.Threat, longerThreat, error) {
	var b longerThreat
	if err := json.Unmarshal([]byte(p.Body), &b); err != nil {
		return recovery.Threat{}, b, fmt.Errorf("read the proposal of a longer threat mode: %w", err)
	}
	on, err := c.Tx.Threat(ctx)
	if err != nil {
		return on, b, err
	}
	rules, err := c.desk.rules(ctx, c.Tx.View, c.Now)
	if err != nil {
		return on, b, err
	}
	if on.ID != b.Threat {
		on = recovery.Threat{}
	}
	return on, b, recovery.MayExtend(on, b.Hours, rules.Threat.Two, c.Now)
}

func checkThreat(ctx context.Context, c *Change, p recovery.Proposal) error {
	_, _, err := c.longer(ctx, p)
	return err
}

// applyThreat lengthens the mode; a warning that was given counts no more.
func applyThreat(ctx context.Context, c *Change, p recovery.Proposal) error {
	on, b, err := c.longer(ctx, p)
	if err != nil {
		return err
	}
	next := on
	next.Ends, next.Extended, next.Proposal, next.Warned = on.Began+b.Hours*recovery.Hour, c.Now, p.ID, 0
	if err := c.Tx.SaveThreat(ctx, on, next); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ThreatExtended, Object: on.ID, Until: next.Ends, What: []string{"Raised-threat mode lasts longer."},
		Data: map[string]string{"threat": on.ID, "proposal": p.ID, "ends": fmt.Sprint(next.Ends)}})
}

// SweepThreat tells security an hour before the mode ends, and ends it in
// staffed hours (R25).
func (d *Desk) SweepThreat(ctx context.Context) error {
	on, err := d.view().Threat(ctx)
	if err != nil || on.ID == "" || !on.Warns(d.now()) && d.now() < on.Ends {
		return d.report(err)
	}
	return d.change(ctx, Actor{Kind: System}, recovery.ThreatRefused, nil, func(ctx context.Context, c *Change) error {
		on, err := c.Tx.Threat(ctx)
		if err != nil || on.ID == "" {
			return err
		}
		if on.Warns(c.Now) {
			next := on
			next.Warned = c.Now
			if err := c.Tx.SaveThreat(ctx, on, next); err != nil {
				return err
			}
			return c.record(ctx, recovery.Event{Kind: recovery.ThreatWarned, Object: on.ID, Until: max(on.Ends, c.Now+recovery.ThreatWarning),
				What: []string{"Raised-threat mode ends by itself when its time is over and somebody is on shift.", "A second person of security can let it last longer."},
				Data: map[string]string{"threat": on.ID}})
		}
		staffed, err := staffed(ctx, c.Tx.View, c.Now)
		if err != nil || !on.Over(c.Now, staffed) {
			return err
		}
		return c.endThreat(ctx, on)
	})
}

// ThreatPage is what /threat shows.
type ThreatPage struct {
	On       recovery.Threat // Ask it whether it is on
	Earlier  []recovery.Threat
	Names    map[string]string
	Rule     recovery.ThreatRule
	Security bool              // the reader is of security
	Passes   []recovery.Ticket // that work now
	Revokes  bool              // the reader may revoke them
	Fresh    bool              // the reader touched a key in the last five minutes
}

// ThreatPage reads how raised-threat mode stands. For everybody at the desk.
func (d *Desk) ThreatPage(ctx context.Context, actor Actor) (ThreatPage, error) {
	staff, err := d.reader(ctx, actor, recovery.Roles...)
	if err != nil {
		return ThreatPage{}, d.report(err)
	}
	p := ThreatPage{Names: map[string]string{}, Security: staff.In(recovery.SecurityGroup), Revokes: recovery.MayRevokeAs(staff, d.now()) == nil}
	err = d.Store.Snapshot(ctx, func(v store.View) error {
		rules, err := d.rules(ctx, v, d.now())
		if err != nil {
			return err
		}
		p.Rule = rules.Threat
		if p.Fresh, err = isFresh(ctx, v, actor, d.now()); err != nil {
			return err
		}
		if p.Passes, err = livePasses(ctx, v, staff, d.now()); err != nil {
			return err
		}
		if p.On, err = v.Threat(ctx); err != nil {
			return err
		}
		if p.Earlier, err = v.Threats(ctx, earlierShown); err != nil {
			return err
		}
		for _, t := range p.Earlier {
			who, err := v.Person(ctx, t.By)
			if err != nil {
				return err
			}
			p.Names[t.By] = who.Name
		}
		return nil
	})
	return p, d.report(err)
}

// ThreatOn says whether raised-threat mode is on, for the band on pages.
func (d *Desk) ThreatOn(ctx context.Context) (recovery.Threat, bool, error) {
	on, err := d.view().Threat(ctx)
	return on, on.On(d.now()), d.report(err)
}

// staffed says whether an approver is there now.
func staffed(ctx context.Context, v store.View, now int64) (bool, error) {
	ids, err := onShift(ctx, v, now)
	return len(ids) > 0, err
}
