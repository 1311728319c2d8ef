package recovery

import "testing"

func TestNextDue(t *testing.T) {
	p, _ := Builtin()
	now := 100 * Hour
	proof := func(age int64, run int64) Evidence { return Evidence{Run: run, Result: Passed, At: now - age} }
	open := Ticket{State: Proofing, Run: 2, Due: now + 50*Minute, DueWhat: "proofing"}
	with := func(change func(*Ticket)) Ticket { k := open; change(&k); return k }
	for name, c := range map[string]struct {
		t      Ticket
		proofs []Evidence
		code   int64
		in     int64
		what   string
	}{
		"the state's own end":                        {open, nil, 0, 50 * Minute, "proofing"},
		"a code that ends earlier":                   {open, nil, now + 20*Minute, 20 * Minute, DueCode},
		"a code that ends later says nothing":        {open, nil, now + 55*Minute, 50 * Minute, "proofing"},
		"a code that is over says nothing":           {open, nil, now, 50 * Minute, "proofing"},
		"the oldest proof of the run":                {open, []Evidence{proof(10*Minute, 2), proof(30*Minute, 2)}, 0, 30 * Minute, DueProof},
		"proofs of an earlier run say nothing":       {open, []Evidence{proof(30*Minute, 1)}, 0, 50 * Minute, "proofing"},
		"a stale proof says nothing":                 {open, []Evidence{proof(Hour, 2)}, 0, 50 * Minute, "proofing"},
		"on hold only its end":                       {with(func(k *Ticket) { k.State, k.DueWhat = Held, DueHold }), []Evidence{proof(30*Minute, 2)}, now + Minute, 50 * Minute, DueHold},
		"while a request waits only its end":         {with(func(k *Ticket) { k.State, k.DueWhat = WaitingApproval, "approval" }), []Evidence{proof(30*Minute, 2)}, 0, 50 * Minute, "approval"},
		"approved: when it runs":                     {with(func(k *Ticket) { k.State, k.WindowEnds = Approved, now+5*Minute }), nil, 0, 5 * Minute, DueOpens},
		"a lease is no deadline":                     {with(func(k *Ticket) { k.Lease = Lease{"ana", now + Minute} }), nil, 0, 50 * Minute, "proofing"},
		"the next one, when the state's own is over": {with(func(k *Ticket) { k.Due = now }), nil, now + Minute, Minute, DueCode},
		"at rest none":                               {Ticket{State: Closed}, []Evidence{proof(0, 0)}, now + Minute, -now, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if at, what := NextDue(c.t, p.Fresh, c.proofs, c.code, now); at != now+c.in || what != c.what {
				t.Errorf("in %d of %q, want in %d of %q", at-now, what, c.in, c.what)
			}
		})
	}
}
