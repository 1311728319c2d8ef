package recovery

import (
	"strings"
	"testing"
)

// takenAt is the moment of these tests; everything is in doubt since three days.
const takenAt = int64(1_767_225_600_000_000)

func inDoubt(taken Taken) Circumstances {
	return Circumstances{Event: SuspectedTakeover, Facts: Facts{Taken: taken, Since: takenAt - 3*Day}, AccountMail: []string{"corp.example"}, Age: 30 * Day, Told: 90 * Day, Now: takenAt}
}

func TestR29_WhichContactsATakeoverRestores(t *testing.T) {
	c := inDoubt(Phished)
	since := c.Facts.Since
	for name, tc := range map[string]struct {
		a           Address
		back, off   bool
		independent bool
	}{
		"one that never changed stays":                              {Address{FirstSeen: since - 90*Day}, false, false, true},
		"one that came on the very microsecond goes":                {Address{FirstSeen: since}, false, true, false},
		"one that came a microsecond before stays":                  {Address{FirstSeen: since - 1}, false, false, false},
		"one that was replaced since comes back and counts":         {Address{FirstSeen: since - 30*Day, Ended: since}, true, false, true},
		"one that was replaced before does not come back":           {Address{FirstSeen: since - 300*Day, Ended: since - 1}, false, false, false},
		"one that had not stood for 30 days by then does not":       {Address{FirstSeen: since - 30*Day + 1, Ended: since + Day}, false, false, false},
		"such a one of the founding import does":                    {Address{FirstSeen: since - Day, Baseline: since - Day, Ended: since + Day}, true, false, true},
		"one that came and went since does not":                     {Address{FirstSeen: since + 1, Ended: since + Day}, false, false, false},
		"one that the account itself opens comes back, and no more": {Address{Value: "a@corp.example", FirstSeen: since - 90*Day, Ended: since + 1}, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			tc.a.Kind = Mail
			if got := tc.a.Returns(c); got != tc.back {
				t.Errorf("comes back: %v", got)
			}
			if got := tc.a.Goes(c); got != tc.off {
				t.Errorf("goes: %v", got)
			}
			if got := tc.a.Independent(c); got != tc.independent {
				t.Errorf("independent: %v", got)
			}
		})
	}
	t.Run("what was replaced 90 days ago has no longer been told of anything, so it does not come back", func(t *testing.T) {
		long := c
		long.Facts.Since = takenAt - 100*Day
		gone := Address{Kind: Mail, FirstSeen: takenAt - 400*Day, Ended: takenAt - 90*Day}
		if gone.Returns(long) {
			t.Error("it does")
		}
		if gone.Ended++; !gone.Returns(long) {
			t.Error("a microsecond earlier it does not")
		}
	})
	t.Run("a number that somebody else may have is restored and carries nothing", func(t *testing.T) {
		n := Address{Kind: Phone, FirstSeen: since - 90*Day, Ended: since}
		if r := Restore([]Address{n}, inDoubt(NumberTaken)); len(r.Back) != 1 || !r.Phones() || n.Independent(c) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a takeover that was a lie is undone by the next: what it put back goes, what it took off returns", func(t *testing.T) {
		lie := inDoubt(Phished)
		lie.Executed = takenAt + Hour
		back := Address{Kind: Mail, FirstSeen: lie.Executed, Earlier: since - 400*Day}
		own := Address{Kind: Mail, FirstSeen: since, Ended: lie.Executed}
		if back.Goes(lie) || !back.Independent(lie) {
			t.Error("the ticket that put it back doubts it")
		}
		truth := inDoubt(Phished)
		truth.Facts.Since, truth.Now = since+40*Day, since+50*Day
		back.FirstSeen, own.Ended = since+45*Day, since+45*Day
		if !back.Goes(truth) || back.Independent(truth) || !own.Returns(truth) {
			t.Error("the lie stays")
		}
	})
	t.Run("no other event changes a contact", func(t *testing.T) {
		for _, e := range Events {
			other := c
			if other.Event = e; e != SuspectedTakeover && Restore([]Address{{FirstSeen: since}, {FirstSeen: since - 90*Day, Ended: since}}, other).Any() {
				t.Error(e)
			}
		}
	})
	t.Run("the lines say which, masked, and why", func(t *testing.T) {
		r := Restore([]Address{{Kind: Mail, Value: "ana@evil.example", FirstSeen: since + 1}, {Kind: Mail, Value: "ana@one.example", FirstSeen: since - 90*Day, Ended: since + 1}}, c)
		text := strings.Join(r.Lines(), "\n")
		for _, want := range []string{"a…@evil.example is taken off the record", "a…@one.example is put back on record"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
	})
}

func TestR24_WhatATakeoverTicketMayDoubt(t *testing.T) {
	c := inDoubt(Phished)
	old := []Address{{Kind: Mail, Value: "ana@one.example", FirstSeen: c.Facts.Since - 90*Day}}
	stopped := Earlier{Ticket: Ticket{Reference: "K7QP-2M9X", State: Frozen, Opened: c.Facts.Since}}
	for name, tc := range map[string]struct {
		change func(*Circumstances, *[]Earlier, *[]Address)
		code   string
	}{
		"an account with an address of before":       {func(*Circumstances, *[]Earlier, *[]Address) {}, ""},
		"a stopped recovery that began at that time": {func(_ *Circumstances, e *[]Earlier, _ *[]Address) { *e = []Earlier{stopped} }, ""},
		"a time later than the stopped recovery": {func(c *Circumstances, e *[]Earlier, _ *[]Address) {
			*e, c.Facts.Since = []Earlier{stopped}, c.Facts.Since+1
		}, "since-late"},
		"only addresses that came since":                   {func(c *Circumstances, _ *[]Earlier, a *[]Address) { (*a)[0].FirstSeen = c.Facts.Since }, "since-nothing-left"},
		"only an address that is too young to take a code": {func(c *Circumstances, _ *[]Earlier, a *[]Address) { (*a)[0].FirstSeen = c.Facts.Since - 1 }, "since-no-channel"},
		"such a one when no mailbox counts anyway": {func(c *Circumstances, _ *[]Earlier, a *[]Address) {
			(*a)[0].FirstSeen, c.Facts.Taken = c.Facts.Since-1, MailboxTaken
		}, ""},
		"only a number":                                      {func(_ *Circumstances, _ *[]Earlier, a *[]Address) { (*a)[0].Kind = Phone }, "since-nothing-left"},
		"another event, whatever the addresses":              {func(c *Circumstances, _ *[]Earlier, a *[]Address) { *a, c.Event = nil, DeviceLoss }, ""},
		"a replaced address that comes back is one to go on": {func(c *Circumstances, _ *[]Earlier, a *[]Address) { (*a)[0].Ended = c.Facts.Since + 1 }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, earlier, all := c, []Earlier(nil), []Address{old[0]}
			tc.change(&c, &earlier, &all)
			if got := codeOf(MayDoubt(c.Facts, earlier, all, c, InPerson{Place: "Room 12"})); got != tc.code {
				t.Errorf("%q, want %q", got, tc.code)
			}
		})
	}
}

func TestR35_WhatATicketTakesAway(t *testing.T) {
	since := takenAt - 3*Day
	all := []Factor{{ID: "passkey", Kind: Passkey, Added: since - Day}, {ID: "password", Kind: Password, Added: since - Day}, {ID: "gone", Kind: Passkey, Suspended: 1}}
	names := func(t Ticket) string {
		var out []string
		for _, f := range t.Removes(all) {
			out = append(out, f.ID)
		}
		return strings.Join(out, " ")
	}
	takeover := func(taken Taken, since int64) Ticket {
		return Ticket{OpenedBy: "agent", Event: SuspectedTakeover, Facts: Facts{Taken: taken, Since: since}}
	}
	for name, c := range map[string]struct {
		t    Ticket
		want string
	}{
		"a lost device: the passkeys":                        {Ticket{OpenedBy: "agent", Event: DeviceLoss}, "passkey"},
		"a Pass: nothing":                                    {Ticket{OpenedBy: "agent", Event: DeviceLoss, Artefact: PassSession}, ""},
		"a password that was given away goes too":            {takeover(Phished, since), "passkey password"},
		"a mailbox in other hands leaves an old password":    {takeover(MailboxTaken, since), "passkey"},
		"and takes one that was set since":                   {takeover(MailboxTaken, since-Day), "passkey password"},
		"what a Stop re-opened states no time: the passkeys": {takeover("", 0), "passkey"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := names(c.t); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
	t.Run("whose password is gone chooses another; nobody else is asked for one", func(t *testing.T) {
		bare := []Factor{{Kind: Password, Suspended: 1}}
		for event, want := range map[EventID]bool{FirstEnrolment: true, AccountRebind: true, SuspectedTakeover: true, DeviceLoss: false, FactorReset: false} {
			k := Ticket{OpenedBy: "agent", Event: event}
			if k.SetsPassword(bare) != want || k.SetsPassword(all) {
				t.Error(event)
			}
			if k.OpenedBy = ""; k.SetsPassword(bare) {
				t.Errorf("%s on the pages", event)
			}
		}
	})
}

func TestR15_ATakeoverThatTakesAnOldAddressAsksForOneMore(t *testing.T) {
	k := Ticket{Event: SuspectedTakeover, Facts: Facts{Taken: Phished, Since: takenAt - 60*Day}, Opened: takenAt}
	rule := ChannelRule{Age: Duration{Micros: 30 * Day}}
	stands := func(days int64) []Address { return []Address{{Kind: Mail, FirstSeen: takenAt - days*Day}} }
	if !k.Uproots(stands(31), rule) || k.Uproots(stands(29), rule) || k.Uproots(stands(61), rule) {
		t.Error("only what came since and stood for 30 days is uprooted")
	}
	x := Extra{Uproots: true}
	if !x.Further() || len(x.Risks()) != 1 {
		t.Errorf("%v", x.Risks())
	}
}
