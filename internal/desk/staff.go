package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// EndRole takes one role from a person, at once; the person's sessions end and
// the person is told. By another administrator with a fresh touch. Refused: the
// own role ("own-standing"), and what would leave fewer than two administrators
// ("last-administrators").
func (d *Desk) EndRole(ctx context.Context, actor Actor, person string, role recovery.Role) error {
	return d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		before, err := c.mayTakeAway(ctx, person, role == recovery.Administrator)
		if err != nil {
			return err
		}
		if err := c.Tx.EndRole(ctx, person, role, c.Now); err != nil {
			return err
		}
		after, err := c.Tx.Staff(ctx, person)
		if err != nil {
			return err
		}
		if _, err := c.Tx.EndSessionsOf(ctx, person, "", "role-ended", c.Now); err != nil {
			return err
		}
		c.at("/staff/" + person)
		return c.record(ctx, recovery.Event{Kind: recovery.StaffRoleEnded, Object: person, What: []string{"The role " + string(role) + " ended"},
			Data: map[string]string{"person": person, "role": string(role), "before": join(before.Held()), "after": join(after.Held())}})
	})
}

// DisableStaff ends a person's standing at once: sessions, roles, keys and open
// invitations. The person can be invited again and then starts over. Refused
// like EndRole.
func (d *Desk) DisableStaff(ctx context.Context, actor Actor, person string) error {
	return d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		before, err := c.mayTakeAway(ctx, person, true)
		if err != nil {
			return err
		}
		if err := c.Tx.DisableStaff(ctx, person, actor.Person, c.Now); err != nil {
			return err
		}
		keys, err := c.endStanding(ctx, before)
		if err != nil {
			return err
		}
		c.at("/staff/" + person)
		return c.record(ctx, recovery.Event{Kind: recovery.StaffDisabled, Object: person, What: []string{"All your roles and keys ended"},
			Data: map[string]string{"person": person, "before": join(before.Held()), "after": "", "keys": strconv.Itoa(keys)}})
	})
}

// mayTakeAway reads whom it is about and applies the rules of both acts above.
func (c *Change) mayTakeAway(ctx context.Context, person string, admin bool) (recovery.Staff, error) {
	if _, err := c.staffer(ctx, recovery.Administrator); err != nil {
		return recovery.Staff{}, err
	}
	if err := c.fresh(ctx); err != nil {
		return recovery.Staff{}, err
	}
	target, err := c.Tx.Staff(ctx, person)
	if err != nil {
		return target, err
	}
	counting, err := c.Tx.CountingStaff(ctx, recovery.Administrator, c.Now)
	if err != nil {
		return target, err
	}
	return target, recovery.MayTakeAway(c.Actor.Person, target, admin, counting)
}

// endStanding ends what a disabled person had; it answers how many keys.
func (c *Change) endStanding(ctx context.Context, s recovery.Staff) (keys int, err error) {
	for _, r := range s.Held() {
		if err := c.Tx.EndRole(ctx, s.Person.ID, r, c.Now); err != nil {
			return 0, err
		}
	}
	all, err := c.Tx.Keys(ctx, s.Person.ID)
	if err != nil {
		return 0, err
	}
	for _, k := range all {
		if !k.Live() {
			continue
		}
		if err := c.Tx.SuspendKey(ctx, k.ID, "its owner was disabled", c.Now); err != nil {
			return 0, err
		}
		keys++
	}
	if _, err := c.Tx.EndSessionsOf(ctx, s.Person.ID, "", "disabled", c.Now); err != nil {
		return 0, err
	}
	return keys, c.voidInvites(ctx, s.Person.ID, "disabled")
}

// Member is one person on the Staff page.
type Member struct {
	recovery.Staff
	Keys    []recovery.Key
	Inviter map[string]string // by key id: who sent the invitation, "" for the machine
}

// StaffList is what the Staff page shows.
type StaffList struct {
	People   []Member
	Invites  []store.Invite        // not used yet; without the links, which nobody has
	Founding bool                  // fewer than two administrators count, and nothing is signed
	House    Founding              // where the founding roster stands
	Glass    []recovery.GlassBreak // uses that the reader may acknowledge
	Admin    bool                  // the reader may invite, confirm and end
	Fresh    bool                  // the reader touched a key in the last five minutes
	NewKey   recovery.Duration     // before a confirmed key or role counts
}

// StaffPage lists the people of the desk. For everyone whose role counts, and
// for administrators who wait to be founded.
func (d *Desk) StaffPage(ctx context.Context, actor Actor) (StaffList, error) {
	var l StaffList
	err := d.Store.Snapshot(ctx, func(v store.View) (err error) {
		if l, err = d.readHouse(ctx, v, actor, d.now()); err != nil {
			return err
		}
		ids, err := v.StaffIDs(ctx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			m, err := readMember(ctx, v, id)
			if err != nil {
				return err
			}
			l.People = append(l.People, m)
		}
		if l.Glass, err = d.glassFor(ctx, v, actor); err != nil {
			return err
		}
		if l.House, err = d.founding(ctx, v, d.now()); err != nil {
			return err
		}
		if l.Invites, err = v.OpenInvites(ctx, staffInvite); err != nil {
			return err
		}
		rules, err := d.rules(ctx, v, d.now())
		if err != nil {
			return err
		}
		l.NewKey = rules.House.NewKey
		l.Fresh, err = isFresh(ctx, v, actor, d.now())
		return err
	})
	return l, d.report(err)
}

// isFresh says whether the actor's session had a touch in the last five minutes.
func isFresh(ctx context.Context, v store.View, actor Actor, now int64) (bool, error) {
	if actor.Session == "" {
		return false, nil
	}
	s, err := v.Session(ctx, actor.Session)
	return err == nil && provedSession(s, actor, now) == nil, err
}

// readHouse refuses a reader without standing and says what the reader may do.
func (d *Desk) readHouse(ctx context.Context, v store.View, actor Actor, now int64) (StaffList, error) {
	var l StaffList
	if actor.Kind != StaffAct {
		return l, recovery.NeedRole(recovery.Administrator)
	}
	me, err := staffOf(ctx, v, actor)
	if err != nil {
		return l, err
	}
	if l.Founding, err = d.isFounding(ctx, v, now); err != nil {
		return l, err
	}
	l.Admin = me.Has(recovery.Administrator, now) || l.Founding && me.Holds(recovery.Administrator)
	if l.Admin {
		return l, nil
	}
	return l, errors.Join(me.InHouse(), mayAct(me, now, recovery.Roles...))
}

func readMember(ctx context.Context, v store.View, person string) (Member, error) {
	s, err := v.Staff(ctx, person)
	if err != nil {
		return Member{}, err
	}
	keys, err := v.Keys(ctx, person)
	if err != nil {
		return Member{}, err
	}
	m := Member{Staff: s, Keys: keys, Inviter: map[string]string{}}
	for _, k := range keys {
		if k.Invite == "" {
			continue
		}
		i, err := v.Invite(ctx, k.Invite)
		if err != nil {
			return m, err
		}
		m.Inviter[k.ID] = i.MadeBy
	}
	return m, nil
}

// PersonView is one person's page.
type PersonView struct {
	Member
	Founding bool
	Admin    bool              // the reader may confirm and end
	Self     bool              // the reader's own page
	Fresh    bool              // the reader touched a key in the last five minutes
	NewKey   recovery.Duration // before a confirmed key or role counts
	// NotPossible is how many steps the person called not possible as an agent.
	NotPossible int64
	Training    recovery.Training
	Losses      map[string]Loss // by key id: reported lost
	Duty        recovery.Duty
}

// PersonPage shows one person: everyone sees the own page, whatever counts.
func (d *Desk) PersonPage(ctx context.Context, actor Actor, person string) (PersonView, error) {
	var p PersonView
	err := d.Store.Snapshot(ctx, func(v store.View) error {
		l, err := d.readHouse(ctx, v, actor, d.now())
		if p.Self = actor.Kind == StaffAct && actor.Person == person; err != nil && !p.Self {
			return err
		}
		p.Founding, p.Admin = l.Founding, l.Admin
		if p.Member, err = readMember(ctx, v, person); err != nil {
			return err
		}
		if p.Training, err = v.Training(ctx, person); err != nil {
			return err
		}
		if p.NotPossible, err = v.Counter(ctx, notPossibleOf(person)); err != nil {
			return err
		}
		if p.Losses, err = lossesOf(ctx, v, p.Keys); err != nil {
			return err
		}
		if p.Duty, err = v.DutyOf(ctx, person); err != nil {
			return err
		}
		rules, err := d.rules(ctx, v, d.now())
		if err != nil {
			return err
		}
		p.NewKey = rules.House.NewKey
		p.Fresh, err = isFresh(ctx, v, actor, d.now())
		return err
	})
	return p, d.report(err)
}

// Missing says in words what a person still lacks before the roles count, in
// the order in which it can be had.
func (m Member) Missing(founding bool, now int64) []string {
	if m.Disabled != 0 {
		return []string{"Disabled. An administrator can invite the person again."}
	}
	live := slices.DeleteFunc(slices.Clone(m.Keys), func(k recovery.Key) bool { return !k.Live() })
	switch {
	case len(live) == 0:
		return []string{"A security key in use. An administrator sends a new invitation."}
	case len(m.Held()) == 0:
		return []string{"A role. An administrator sends an invitation that names one."}
	}
	var out []string
	if !slices.ContainsFunc(live, func(k recovery.Key) bool { return k.Counted != 0 }) {
		out = append(out, "A second administrator compares the key's fingerprint and confirms it.")
	}
	for _, g := range m.Roles {
		switch {
		case g.Ended != 0 || g.Counts != 0 && g.Counts <= now:
		case g.Counts != 0:
			out = append(out, "The role "+string(g.Role)+" counts from "+recovery.UTC(g.Counts)+".")
		case founding && g.Role == recovery.Administrator:
			out = append(out, "Both founding administrators must confirm each other's keys.")
		case len(out) == 0:
			out = append(out, "The role "+string(g.Role)+" waits for the confirmation of a new key.")
		}
	}
	return out
}
