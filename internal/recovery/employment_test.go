package recovery

import (
	"strings"
	"testing"
)

func TestR18_FirstEnrolmentIsNearTheFirstDay(t *testing.T) {
	p, all := Builtin()
	first := DayOf("2026-11-30")
	for name, c := range map[string]struct {
		starts, now int64
		had         bool
		code, next  string
	}{
		"the first day itself":                          {first, first, false, "", ""},
		"14 days before, at midnight":                   {first, first - 14*Day, false, "", ""},
		"a microsecond earlier":                         {first, first - 14*Day - 1, false, "start-date", "account-rebind"},
		"the last microsecond of the 14th day after":    {first, first + 15*Day - 1, false, "", ""},
		"the day after that":                            {first, first + 15*Day, false, "start-date", "second administrator signs"},
		"no first day in the directory":                 {0, first, false, "start-date", "HR enters it"},
		"an account that has, or had, a way to sign in": {first, first, true, "had-factor", "device-loss"},
	} {
		t.Run(name, func(t *testing.T) {
			a := Account{StartsOn: c.starts}
			d := Decide(p, all, Case{Event: FirstEnrolment, Population: Standard, Hired: a.Starting(c.now), FirstDay: c.starts, HadFactor: c.had})
			code, next := "", ""
			if d.Refusal != nil {
				code, next = d.Refusal.Code, d.Refusal.Next
			}
			if code != c.code || !strings.Contains(next, c.next) {
				t.Errorf("%q, then %q", code, next)
			}
		})
	}
	t.Run("whoever was there before the house enrols within 14 days of its founding", func(t *testing.T) {
		a := Account{StartsOn: first - 900*Day, Baseline: first}
		if !a.Starting(first) || !a.Starting(first+14*Day-1) || a.Starting(first+14*Day) {
			t.Error("not for 14 days")
		}
	})
	t.Run("the refusal names the days between which it is possible", func(t *testing.T) {
		if text := farFromStart(first).Text; !strings.Contains(text, "from 2026-11-16 to 2026-12-14") {
			t.Error(text)
		}
	})
	t.Run("what never was is not recovered: every other row would be a way around the first day", func(t *testing.T) {
		for _, e := range Events {
			want := "never-enrolled"
			if e == FirstEnrolment || e == AccountRebind {
				want = ""
			}
			if got := codeOf(MayRecover(e, false)); got != want || MayRecover(e, true) != nil {
				t.Errorf("%s: %q", e, got)
			}
		}
	})
	t.Run("whoever moves the first day needs a second key, unless it opens nothing", func(t *testing.T) {
		if why := (AccountChange{Before: Account{ID: "a"}, After: Account{ID: "a"}, Starts: true}).Why(); len(why) != 1 {
			t.Errorf("%q", why)
		}
		if (Account{StartsOn: first}).StartsYet(first+15*Day) || !(Account{StartsOn: first}).StartsYet(0) || (Account{}).StartsYet(0) {
			t.Error("a day that is over, or none, opens nothing; one ahead does")
		}
	})
}

func TestR16_WhatCameWithTheAccountWasNeverChanged(t *testing.T) {
	p, _ := Builtin()
	now := DayOf("2026-11-30")
	a := Account{ID: "nia", Created: now - 2*Day}
	with, later := Address{Kind: Mail, Value: "nia@one.example", FirstSeen: a.Created}, Address{Kind: Mail, Value: "nia@two.example", FirstSeen: a.Created + 1}
	around := func(e EventID) Circumstances {
		c := Ticket{Event: e}.Circumstances(p, nil, now)
		c.Known = a.Created
		return c
	}
	c := around(FirstEnrolment)
	if with.Struck(c) != "" || later.Struck(c) != "changed 1 day ago" {
		t.Errorf("%q, %q", with.Struck(c), later.Struck(c))
	}
	for _, e := range Events {
		if e != FirstEnrolment && with.Struck(around(e)) == "" {
			t.Errorf("%s: a new address carries a proof", e)
		}
	}
	if codeOf(MayEnrolFirst(FirstEnrolment, []Address{later}, c)) != "first-address" || MayEnrolFirst(FirstEnrolment, []Address{with, later}, c) != nil {
		t.Error("the last code needs one address that came with the account")
	}
}
