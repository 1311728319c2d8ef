package desk

import (
	"context"
	"strconv"
	"time"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// NewShift is what an administrator fills in.
type NewShift struct {
	Person, Site, Zone string
	Days               []int
	Date               string
	Begins, Ends       int64 // minutes of the day
}

// AddShift puts somebody's shift on the rota. By an administrator. Refused:
// somebody who is no approver, and a shift that recovery.MayAddShift refuses.
func (d *Desk) AddShift(ctx context.Context, actor Actor, in NewShift) (recovery.Shift, error) {
	s := recovery.Shift{Person: in.Person, Site: in.Site, Zone: in.Zone, Days: in.Days, Date: in.Date, Begins: in.Begins, Ends: in.Ends, MadeBy: actor.Person}
	if loc, err := time.LoadLocation(in.Zone); err == nil && in.Zone != "" && in.Zone != "Local" {
		s.Location = loc
	}
	err := d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		if _, err := c.staffer(ctx, recovery.Administrator); err != nil {
			return err
		}
		if err := recovery.MayAddShift(s); err != nil {
			return err
		}
		if err := c.hasPlace(ctx, s.Person); err != nil {
			return err
		}
		s.ID, s.Made = d.newID(), c.Now
		if err := c.Tx.AddShift(ctx, s); err != nil {
			return err
		}
		c.at("/staff/rota")
		return c.record(ctx, recovery.Event{Kind: recovery.ShiftAdded, Object: s.Person, Data: map[string]string{"shift": s.ID, "person": s.Person, "when": s.Words()}, Detail: s.Site})
	})
	return s, err
}

// hasPlace refuses a shift for somebody who would not decide in it, and a rota
// without end.
func (c *Change) hasPlace(ctx context.Context, person string) error {
	all, err := c.Tx.Shifts(ctx)
	if err != nil {
		return err
	}
	if len(all) >= recovery.ShiftsMax {
		return recovery.Refuse("shifts-many", "The rota is full.", "End shifts that are over first.")
	}
	staff, err := c.Tx.Staff(ctx, person)
	if missing(err) || err == nil && !staff.Holds(recovery.Approver) {
		return recovery.Refuse("person-unknown", "Shifts are for approvers.", "Choose somebody who holds the role approver.").On("person")
	}
	return err
}

// EndShift takes a shift off the rota. By an administrator.
func (d *Desk) EndShift(ctx context.Context, actor Actor, id string) error {
	return d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		if _, err := c.staffer(ctx, recovery.Administrator); err != nil {
			return err
		}
		s, err := c.Tx.Shift(ctx, id)
		if err != nil {
			return err
		}
		if err := c.Tx.EndShift(ctx, id, actor.Person, c.Now); err != nil {
			return err
		}
		c.at("/staff/rota")
		return c.record(ctx, recovery.Event{Kind: recovery.ShiftEnded, Object: s.Person, Data: map[string]string{"shift": s.ID, "person": s.Person}})
	})
}

// GoOnShift lets an approver say "I am on shift" for some hours, and with 0
// hours end it. Refused: more than the policy takes from one person.
func (d *Desk) GoOnShift(ctx context.Context, actor Actor, hours int64) error {
	return d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		if _, err := c.staffer(ctx, recovery.Approver); err != nil {
			return err
		}
		e := recovery.Event{Kind: recovery.ShiftSwitchedOff, Object: actor.Person, Data: map[string]string{"person": actor.Person}}
		if hours != 0 {
			if err := c.Rules.House.MaySwitchOn(hours); err != nil {
				return err
			}
			e.Kind = recovery.ShiftSwitchedOn
			e.Data["until"] = strconv.FormatInt(c.Now+hours*recovery.Hour, 10)
		}
		if err := c.Tx.SetOnShift(ctx, actor.Person, c.Now+hours*recovery.Hour); err != nil {
			return err
		}
		c.at("/staff/rota")
		return c.record(ctx, e)
	})
}

// RotaLine is one approver on the rota.
type RotaLine struct {
	recovery.Staff
	Shifts []recovery.Shift
	Until  int64 // switched on until
	On     bool
	Next   int64 // when the next shift begins, 0 for none in sight
}

// Rota is what the page shows.
type Rota struct {
	Lines     []RotaLine
	Gaps      []recovery.Gap
	Ungrouped []string
	Admin     bool
	Self      bool  // the reader is an approver
	Hours     int64 // for how long one may say to be on shift
}

// RotaPage shows who is on shift when and where the next day has gaps. For
// everyone whose role counts.
func (d *Desk) RotaPage(ctx context.Context, actor Actor) (Rota, error) {
	reader, err := d.reader(ctx, actor, recovery.Administrator, recovery.Approver, recovery.Reviewer, recovery.Auditor)
	if err != nil {
		return Rota{}, d.report(err)
	}
	now := d.now()
	r := Rota{Admin: reader.Has(recovery.Administrator, now), Self: reader.Has(recovery.Approver, now)}
	err = d.Store.Snapshot(ctx, func(v store.View) error {
		rules, err := d.rules(ctx, v, now)
		if err != nil {
			return err
		}
		r.Hours = rules.House.ShiftHours()
		covers, err := coverOf(ctx, v, now)
		if err != nil {
			return err
		}
		on, err := v.OnShift(ctx, now)
		if err != nil {
			return err
		}
		for _, c := range covers {
			duty := recovery.Duty{Shifts: c.Shifts, Until: on[c.Staff.Person.ID]}
			r.Lines = append(r.Lines, RotaLine{Staff: c.Staff, Shifts: c.Shifts, Until: duty.Until, On: duty.On(now), Next: duty.Next(now)})
		}
		r.Gaps, r.Ungrouped = recovery.Coverage(covers, now, now+recovery.CoverageAhead), recovery.Ungrouped(covers)
		return nil
	})
	return r, d.report(err)
}

// coverOf reads the approvers whose role counts, with a key that may decide, and
// their shifts.
func coverOf(ctx context.Context, v store.View, now int64) ([]recovery.Cover, error) {
	ids, err := v.CountingStaff(ctx, recovery.Approver, now)
	if err != nil {
		return nil, err
	}
	shifts, err := v.Shifts(ctx)
	if err != nil {
		return nil, err
	}
	var out []recovery.Cover
	for _, id := range ids {
		staff, able, err := ableStaff(ctx, v, id, now)
		if err != nil {
			return nil, err
		}
		if !able {
			continue
		}
		c := recovery.Cover{Staff: staff}
		for _, s := range shifts {
			if s.Person == id {
				c.Shifts = append(c.Shifts, s)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// ableStaff reads an approver and says whether role and a key count now.
func ableStaff(ctx context.Context, v store.View, id string, now int64) (recovery.Staff, bool, error) {
	staff, err := v.Staff(ctx, id)
	if err != nil || !staff.Has(recovery.Approver, now) {
		return staff, false, err
	}
	keys, err := v.Keys(ctx, id)
	return staff, recovery.KeysInForce(keys, now) > 0, err
}

// SweepCoverage tells the administrators about each gap in the next day's
// shifts, once (R60). A gap that goes on as time passes is the same gap.
func (d *Desk) SweepCoverage(ctx context.Context) error {
	if d.founded(ctx, d.view(), d.now()) != nil {
		return nil // nobody can recover anything yet
	}
	fresh, longer, err := untoldGaps(ctx, d.view(), d.now())
	if err != nil || len(fresh)+len(longer) == 0 {
		return d.report(err)
	}
	return d.change(ctx, Actor{Kind: System}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		fresh, longer, err := untoldGaps(ctx, c.Tx.View, c.Now)
		if err != nil {
			return err
		}
		for _, g := range longer {
			if err := c.Tx.StretchGap(ctx, g.told, g.till); err != nil {
				return err
			}
		}
		for _, g := range fresh {
			if err := c.tellGap(ctx, g); err != nil {
				return err
			}
		}
		if len(fresh) == 0 && len(longer) > 0 {
			return c.record(ctx, recovery.Event{Kind: recovery.CoverageGapLonger, Data: map[string]string{"gaps": strconv.Itoa(len(longer))}})
		}
		return nil
	})
}

// stretch is a told gap that ends later than was told.
type stretch struct {
	told store.Told
	till int64
}

// untoldGaps compares the gaps ahead with those that were told. One that begins
// where a told one lasts is that one; it is noted anew when it has grown by half a day.
func untoldGaps(ctx context.Context, v store.View, now int64) (fresh []recovery.Gap, longer []stretch, err error) {
	covers, err := coverOf(ctx, v, now)
	if err != nil {
		return nil, nil, err
	}
	if len(covers) == 0 {
		return nil, nil, nil // before the founding, and when the last approver left: the Staff page says so
	}
	told, err := v.ToldGaps(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	for _, g := range recovery.Coverage(covers, now, now+recovery.CoverageAhead) {
		known := false
		for _, t := range told {
			if t.Group != g.Group || g.From > t.Till || g.To < t.From {
				continue
			}
			if known = true; g.To >= t.Till+recovery.Day/2 {
				longer = append(longer, stretch{t, g.To})
			}
			break
		}
		if !known {
			fresh = append(fresh, g)
		}
	}
	return fresh, longer, nil
}

// tellGap records a gap and writes to every administrator.
func (c *Change) tellGap(ctx context.Context, g recovery.Gap) error {
	if err := c.Tx.TellGap(ctx, g); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.CoverageGap, Data: map[string]string{"group": g.Group, "from": recovery.UTC(g.From), "to": recovery.UTC(g.To)},
		What: []string{"Approvals: " + g.Words() + " from " + recovery.UTC(g.From) + " to " + recovery.UTC(g.To)}})
}
