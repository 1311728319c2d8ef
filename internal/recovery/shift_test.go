package recovery

import (
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func at(t *testing.T, text string) int64 {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when.UnixMicro()
}

func TestR15_ShiftSpans(t *testing.T) {
	berlin := Shift{Zone: "Europe/Berlin", Location: zone(t, "Europe/Berlin"), Days: []int{1, 2, 3, 4, 5}, Begins: 22 * 60, Ends: 6 * 60}
	for _, c := range []struct {
		name, when string
		on         bool
	}{
		{"a night shift begins in the zone's evening", "2026-11-23T21:00:00Z", true},
		{"and not a minute before", "2026-11-23T20:59:00Z", false},
		{"it lasts into the next morning", "2026-11-24T04:59:00Z", true},
		{"and ends then", "2026-11-24T05:00:00Z", false},
		{"Friday's ends on Saturday", "2026-11-28T04:00:00Z", true},
		{"there is none on Saturday", "2026-11-28T22:00:00Z", false},
		{"clocks that change keep the zone's hours: summer", "2026-07-06T20:00:00Z", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (Duty{Shifts: []Shift{berlin}}).On(at(t, c.when)); got != c.on {
				t.Errorf("on shift: %v", got)
			}
		})
	}
	t.Run("one on a date is on that date only, and the same begin and end is a whole day", func(t *testing.T) {
		s := Shift{Location: time.UTC, Date: "2026-11-23"}
		if got := s.Spans(at(t, "2026-11-01T00:00:00Z"), at(t, "2026-12-01T00:00:00Z")); len(got) != 1 || got[0].To-got[0].From != Day {
			t.Errorf("spans %v", got)
		}
	})
	t.Run("the refusal says when the next shift begins", func(t *testing.T) {
		err := MustBeOn(Duty{Shifts: []Shift{berlin}}, at(t, "2026-11-28T22:00:00Z"))
		r, ok := err.(*Refusal)
		if !ok || r.Code != "off-shift" || r.Next[:len("Your next shift begins at 2026-11-30 21:00:00 UTC.")] != "Your next shift begins at 2026-11-30 21:00:00 UTC." {
			t.Errorf("refused with %+v", err)
		}
	})
	t.Run("what the person switched on counts until its end", func(t *testing.T) {
		if d := (Duty{Until: 10}); !d.On(9) || d.On(10) {
			t.Error("not so")
		}
	})
}

func TestR15_MayAddShift(t *testing.T) {
	good := Shift{Location: time.UTC, Zone: "UTC", Days: []int{1}, Begins: 480, Ends: 960}
	if err := MayAddShift(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Shift)
		code   string
	}{
		"an unknown zone":           {func(s *Shift) { s.Location = nil }, "zone-unknown"},
		"neither days nor a date":   {func(s *Shift) { s.Days = nil }, "days-missing"},
		"both days and a date":      {func(s *Shift) { s.Date = "2026-11-23" }, "days-missing"},
		"a day that does not exist": {func(s *Shift) { s.Days = []int{8} }, "days-missing"},
		"a date that is none":       {func(s *Shift) { s.Days, s.Date = nil, "23.11." }, "days-missing"},
		"an hour past midnight":     {func(s *Shift) { s.Ends = 24 * 60 }, "hours-missing"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			s := good
			c.change(&s)
			if got := codeOf(MayAddShift(s)); got != c.code {
				t.Errorf("%q, want %q", got, c.code)
			}
		})
	}
}

func TestR60_Coverage(t *testing.T) {
	day := func(begins, ends int64) []Shift {
		return []Shift{{Location: time.UTC, Days: []int{1, 2, 3, 4, 5, 6, 7}, Begins: begins, Ends: ends}}
	}
	now := at(t, "2026-11-23T12:00:00Z")
	hour := func(g Gap) [2]int64 { return [2]int64{(g.From - now) / Hour, (g.To - now) / Hour} }
	security, other := Staff{Groups: []string{"security"}}, Staff{Groups: []string{"platform"}}
	t.Run("nobody at night is one gap, told once and not for each group", func(t *testing.T) {
		got := Coverage([]Cover{{security, day(6*60, 22*60)}, {other, day(6*60, 22*60)}}, now, now+Day)
		if len(got) != 1 || got[0].Group != CoverAny || hour(got[0]) != [2]int64{10, 18} {
			t.Errorf("gaps %+v", got)
		}
	})
	t.Run("security alone at night leaves the other group out", func(t *testing.T) {
		got := Coverage([]Cover{{security, day(0, 0)}, {other, day(6*60, 22*60)}}, now, now+Day)
		if len(got) != 1 || got[0].Group != CoverOther || hour(got[0]) != [2]int64{10, 18} {
			t.Errorf("gaps %+v", got)
		}
	})
	t.Run("a house without any shift has one gap of the whole day", func(t *testing.T) {
		got := Coverage([]Cover{{other, nil}}, now, now+Day)
		if len(got) != 1 || hour(got[0]) != [2]int64{0, 24} {
			t.Errorf("gaps %+v", got)
		}
		if words := Ungrouped([]Cover{{other, nil}}); len(words) != 1 || words[0] != "No approver belongs to the group security" {
			t.Errorf("says %v", words)
		}
	})
	t.Run("shifts that overlap and touch leave no gap", func(t *testing.T) {
		if got := Coverage([]Cover{{other, append(day(0, 12*60), day(11*60, 0)...)}}, now, now+Day); len(got) != 0 {
			t.Errorf("gaps %+v", got)
		}
	})
}

func TestR15_Hasty(t *testing.T) {
	p, _ := Builtin()
	for _, c := range []struct {
		decided, quick int64
		want           string
	}{{7, 2, ""}, {8, 0, "hourly"}, {3, 3, "quick"}} {
		if got := p.Request.Hurry(c.decided, c.quick); got != c.want {
			t.Errorf("after %d decisions, %d of them quick: %q, want %q", c.decided, c.quick, got, c.want)
		}
	}
}
