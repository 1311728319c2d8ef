package recovery_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"countersign/internal/recovery"
)

// anyCase draws a case; the seed of the test makes it the same every time.
func anyCase(r *rand.Rand, p recovery.Policy) recovery.Case {
	yes := func() bool { return r.IntN(3) == 0 }
	c := recovery.Case{Event: recovery.Events[r.IntN(9)], Population: recovery.Populations[r.IntN(4)], Place: recovery.Places[r.IntN(3)],
		Extra:  recovery.Extra{DeniedBefore: yes(), FailedBefore: yes(), SameAgent: yes(), SecondReset: yes(), Pressured: yes(), SourceFailed: yes()},
		Threat: yes(), Phishable: yes(), Incident: !yes(), Trip: !yes(), Ended: yes(), Hired: !yes(), Inventory: yes(), OwnerGone: yes(), InPerson: room}
	if ways := p.Cell(c.Event, c.Population).Ways; len(ways) > 0 && yes() {
		w := ways[r.IntN(len(ways))]
		c.Way, c.Place = w.ID, w.Place
	}
	return c
}

// atLeast says what of a ruling asks for less than another, "" for nothing.
func atLeast(d, than recovery.Ruling) string {
	if d.Refusal != nil {
		return ""
	}
	if than.Refusal != nil {
		return "offered"
	}
	w, v := d.Way, than.Way
	shorter := func(a, b recovery.Duration) bool { // 0 never ends
		return a.Zero() || !b.Zero() && a.Micros+a.Days*recovery.Day > b.Micros+b.Days*recovery.Day
	}
	less := func(a, b recovery.Duration) bool { return a.Micros+a.Days*recovery.Day < b.Micros+b.Days*recovery.Day }
	for _, f := range []struct {
		name string
		bad  bool
	}{
		{"proofing", than.Way.Proof.Above(w.Proof)}, {"approvers", d.Approvers < than.Approvers}, {"groups", d.Groups < than.Groups},
		{"from", than.From != "" && d.From == ""}, {"window", less(w.Window, v.Window)}, {"life", shorter(w.Life, v.Life) && !v.Life.Zero()},
		{"re-enrol", less(v.ReEnrol, w.ReEnrol)}, {"review within", shorter(w.Review.Within, v.Review.Within) && !v.Review.Within.Zero()},
		{"percent", w.Review.Percent < v.Review.Percent}, {"first pairs", v.Review.FirstPairs && !w.Review.FirstPairs},
		{"any risk", v.Review.Risk && !w.Review.Risk}, {"hold", v.Hold && !w.Hold}, {"AAL", v.AAL != 0 && (w.AAL == 0 || w.AAL > v.AAL)},
		{"also", slices.ContainsFunc(v.Also, func(a recovery.Demand) bool { return !w.Asks(a) })},
		{"told", slices.ContainsFunc(v.Notify, func(a recovery.Audience) bool { return !slices.Contains(w.Notify, a) })},
	} {
		if f.bad {
			return f.name
		}
	}
	return ""
}

// anyPolicy is a policy whose ways differ at random from the shipped ones.
func anyPolicy(r *rand.Rand, p recovery.Policy) recovery.Policy {
	rows := map[recovery.EventID]map[recovery.Population]recovery.Cell{}
	pick := func(all ...int64) int64 { return all[r.IntN(len(all))] }
	for _, e := range recovery.Events {
		rows[e] = map[recovery.Population]recovery.Cell{}
		for _, row := range recovery.Populations {
			c := recovery.Cell{Instead: p.Rows[e][row].Instead}
			for _, w := range p.Rows[e][row].Ways {
				w.Approvals = recovery.Quorums[r.IntN(3)]
				w.Window, w.Life, w.ReEnrol = recovery.For(pick(0, 10, 20, 90)*recovery.Minute), recovery.For(pick(0, 1, 2)*recovery.Hour), recovery.For(pick(0, 1, 24)*recovery.Hour)
				w.Review = recovery.ReviewRule{Percent: pick(0, 10, 100), FirstPairs: r.IntN(2) == 0, Risk: r.IntN(2) == 0, Within: recovery.Duration{Days: pick(0, 1, 5)}}
				w.AAL, w.Hold = pick(0, 1, 2), r.IntN(2) == 0
				w.Also, w.Notify = w.Also[:r.IntN(len(w.Also)+1)], w.Notify[:r.IntN(len(w.Notify)+1)]
				if r.IntN(4) == 0 && w.Place == recovery.AtDesk {
					w.Proof, w.Workflow = recovery.P3, "desk-p3"
				}
				if r.IntN(10) > 0 {
					c.Ways = append(c.Ways, w)
				}
			}
			rows[e][row] = c
		}
	}
	p.Rows = rows
	return p
}

func TestR4_StricterNeverGivesLess(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	shipped, all := recovery.Builtin()
	for range 300 {
		p, q := anyPolicy(r, shipped), anyPolicy(r, shipped)
		for range 20 {
			c := anyCase(r, shipped)
			a, b := recovery.Decide(p, all, c), recovery.Decide(q, all, c)
			d := recovery.Stricter(a, b, "old-1", "new-1")
			for i, than := range []recovery.Ruling{a, b} {
				if field := atLeast(d, than); field != "" {
					t.Fatalf("%s is less than in policy %d: %+v\n%+v\n%+v", field, i+1, c, d, than)
				}
			}
			if got := recovery.Stricter(a, a, "old-1", "new-1"); len(got.Because) != len(a.Because) {
				t.Fatalf("a policy is stricter than itself: %q", got.Sentences())
			}
		}
	}
}

func TestR11_WhatIsAddedNeverTakesAway(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	_, all := recovery.Builtin()
	for _, name := range recovery.Presets {
		p, _ := recovery.Preset(name)
		for range 5000 {
			less := anyCase(r, p)
			more := less
			x := &more.Extra
			for _, f := range []*bool{&x.DeniedBefore, &x.FailedBefore, &x.SameAgent, &x.SecondReset, &x.Pressured, &x.SourceFailed, &more.Threat} {
				*f = *f || r.IntN(2) == 0
			}
			if r.IntN(3) == 0 {
				more.Enrolled = recovery.P3
			}
			if field := atLeast(recovery.Decide(p, all, more), recovery.Decide(p, all, less)); field != "" {
				t.Fatalf("%s: %s is less with %+v than with %+v", name, field, more, less)
			}
		}
	}
}

func TestDecideIsTheSameEveryTime(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	p, _ := recovery.Preset(recovery.SmallHouse)
	all := flows(t)
	for range 500 {
		c := anyCase(r, p)
		if a, b := recovery.Decide(p, all, c), recovery.Decide(p, all, c); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("%+v\n%v\n%v", c, a, b)
		}
	}
}

// FuzzParsePolicy: whatever stands in a file, nothing panics, and a file that is
// good says the same when it is written out again.
func FuzzParsePolicy(f *testing.F) {
	for _, name := range recovery.Presets {
		file, _ := recovery.PresetFile(name)
		f.Add(file)
	}
	f.Add([]byte("base: standard\npolicy: acme-1\nname: ACME\nsource: ours\nissued-codes: {mail: 20m}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("? {a: b}\n: c\n"))
	f.Add([]byte("levels:\n  P0: {any-of: [P0 + P0], server-observed: -1}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, faults := recovery.ParsePolicy(file)
		for _, fault := range faults {
			if fault.Line < 1 || fault.Line > 1+len(file) || fault.Text == "" {
				t.Errorf("a fault at no line: %q", fault)
			}
		}
		if len(faults) == 0 {
			sameWrittenOut(t, p)
		}
	})
}

func sameWrittenOut(t *testing.T, p recovery.Policy) {
	t.Helper()
	again, faults := recovery.ParsePolicy(p.File())
	if len(faults) > 0 {
		t.Fatalf("written out it is wrong: %q\n%s", faults, p.File())
	}
	a, b := p.Fields(), again.Fields()
	if len(a) != len(b) {
		t.Fatalf("%d fields, then %d", len(a), len(b))
	}
	for i := range a {
		if (a[i].Path != b[i].Path || a[i].Value != b[i].Value) && a[i].Path != "base" {
			t.Errorf("%s %s became %s %s", a[i].Path, a[i].Value, b[i].Path, b[i].Value)
		}
	}
}
