package desk_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// threatNow is the mode that no sweep has ended.
func threatNow(t testing.TB, h *desktest.House) recovery.Threat {
	t.Helper()
	return must(h.Store.View().Threat(t.Context()))
}

func TestR25_S24_RaisedThreatMode(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		agent := h.Found()
		sec, other := h.Security(h.Staff("sec", recovery.Approver)), h.Security(h.Staff("sec-2", recovery.Auditor))
		h.Account("ann")
		before := h.Proofed("ann", agent)
		h.Account("eve")
		given := approved(t, h, "eve", agent, desk.Actor{Kind: desk.StaffAct, Person: "founder-3"})
		t.Run("only security switches it on, with a key over what it does", func(t *testing.T) {
			_, err := h.Raise(desk.Actor{Kind: desk.StaffAct, Person: "founder-1"})
			refused(t, err, "not-security")
			_, err = h.Desk.BeginThreat(ctx, sec, " ")
			refused(t, err, "text-missing")
			touch, err := h.Desk.BeginThreat(ctx, sec, "Calls all morning")
			ok(t, err)
			for _, line := range []string{"countersign/threat/v1\n", "switch-on: raised-threat mode, for 4 hours", "person-id: sec", `reason: "Calls all morning"`} {
				if !strings.Contains(touch.Statement, line) {
					t.Errorf("no %q in\n%s", line, touch.Statement)
				}
			}
			if _, on, err := h.Desk.ThreatOn(ctx); on || err != nil {
				t.Error("a statement alone switched it on")
			}
		})
		on, err := h.Raise(sec)
		ok(t, err)
		t.Run("it is on for four hours, once, and everybody at the desk is told", func(t *testing.T) {
			if on.Ends != on.Began+4*recovery.Hour {
				t.Errorf("from %d to %d", on.Began, on.Ends)
			}
			_, err := h.Raise(other)
			refused(t, err, "threat-on")
			told := map[string]bool{}
			for _, m := range h.Mails() {
				if strings.Contains(m.Subject, "Raised-threat") {
					told[m.To] = true
				}
			}
			for _, id := range []string{"agent", "founder-1", "founder-4", "sec-2"} {
				if !told[id+"@staff.example"] {
					t.Errorf("%s was not told", id)
				}
			}
		})
		t.Run("a Pass is refused, and another way asks for more", func(t *testing.T) {
			h.Account("bob")
			in := desktest.DeviceLoss("bob")
			in.Way = "pass"
			o, err := h.Desk.CheckTicket(ctx, agent, in)
			ok(t, err)
			if o.Refusal == nil || o.Refusal.Code != "threat-mode" {
				t.Errorf("a Pass: %+v", o.Refusal)
			}
			in.Way = ""
			o, err = h.Desk.CheckTicket(ctx, agent, in)
			ok(t, err)
			if o.Ruling.Way.Proof != recovery.P3 && o.Ruling.Approvers < 2 {
				t.Errorf("%+v", o.Ruling)
			}
			if !slices.ContainsFunc(o.Ruling.Sentences(), func(s string) bool { return strings.Contains(s, "Raised-threat") }) {
				t.Errorf("because %v", o.Ruling.Sentences())
			}
		})
		t.Run("the recovery pages take no code; the refusal says to call", func(t *testing.T) {
			h.Account("cat")
			_, err := h.Present("cat", h.Codes("cat")[0])
			refused(t, err, "threat-mode-pages")
			if !strings.Contains(err.(*recovery.Refusal).Next, "Call your help desk") {
				t.Errorf("next %q", err.(*recovery.Refusal).Next)
			}
		})
		t.Run("a ticket that was open before is under it too", func(t *testing.T) {
			ok(t, h.Desk.TakeLease(ctx, h.Staff("agent-2", recovery.Agent), before.Reference, "Going on with it"))
			now := ticketNow(t, h, before.ID)
			if now.ApprovalsNeeded < 2 && now.Level != recovery.P3 {
				t.Errorf("it asks %d approvers at %s", now.ApprovalsNeeded, now.Level)
			}
		})
		t.Run("what was approved before is not executed", func(t *testing.T) {
			h.Clock.Add(recovery.ObjectionWindow)
			h.Work()
			if got := h.State(given.ID); got != recovery.Proofing {
				t.Errorf("the ticket is %s", got)
			}
		})
		t.Run("a second person of security lets it last to 72 hours, nobody longer, nobody alone", func(t *testing.T) {
			_, err := h.Desk.ExtendThreat(ctx, sec, 73)
			refused(t, err, "threat-hours")
			_, err = h.Desk.ExtendThreat(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, 72)
			refused(t, err, "not-in-group")
			p, err := h.Desk.ExtendThreat(ctx, sec, 72)
			ok(t, err)
			refused(t, h.SignProposal(sec, p.ID, recovery.Approve), "own-proposal")
			refused(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: "founder-2"}, p.ID, recovery.Approve), "not-in-group")
			ok(t, h.SignProposal(other, p.ID, recovery.Approve))
			if got := threatNow(t, h); got.Ends != on.Began+72*recovery.Hour || got.Extended == 0 {
				t.Errorf("%+v", got)
			}
		})
		t.Run("it warns, and then ends by itself while somebody is on shift", func(t *testing.T) {
			h.Clock.Add(71 * recovery.Hour)
			ok(t, h.Desk.SweepThreat(ctx))
			if got := threatNow(t, h); got.Warned == 0 || !got.On(h.Clock.Now()) {
				t.Errorf("%+v", got)
			}
			h.Clock.Add(recovery.Hour + recovery.Second)
			ok(t, h.Desk.SweepThreat(ctx))
			if got := threatNow(t, h); got.ID != "" {
				t.Errorf("%+v", got)
			}
			if n := len(kept(t, h, recovery.ThreatOver)); n != 1 {
				t.Errorf("%d entries of its end", n)
			}
		})
		t.Run("then a code works again", func(t *testing.T) {
			h.Account("fay")
			_, err := h.Present("fay", h.Codes("fay")[0])
			ok(t, err)
		})
	})
}

// The mode outlasts its end while nobody is on shift, by twelve hours at most.
func TestR25_ItWaitsForStaffedHours(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	h.Found()
	_, err := h.Raise(h.Security(h.Staff("sec", recovery.Approver)))
	ok(t, err)
	h.SQLExec(`DELETE FROM shifts`)
	h.Clock.Add(3*recovery.Hour + recovery.Second)
	ok(t, h.Desk.SweepThreat(ctx))
	h.Clock.Add(2 * recovery.Hour)
	ok(t, h.Desk.SweepThreat(ctx))
	if got := threatNow(t, h); !got.On(h.Clock.Now()) {
		t.Error("it ended with nobody there")
	}
	h.Clock.Add(11 * recovery.Hour)
	if got := threatNow(t, h); got.On(h.Clock.Now()) {
		t.Error("it is still on after twelve more hours, although no sweep ended it")
	}
	ok(t, h.Desk.SweepThreat(ctx))
	if got := threatNow(t, h); got.ID != "" {
		t.Errorf("%+v", got)
	}
}

func TestThreatOver(t *testing.T) {
	m := recovery.Threat{ID: "t", Began: 0, Ends: 4 * recovery.Hour, Warned: 3 * recovery.Hour}
	late := m
	late.Warned = 4*recovery.Hour + recovery.Minute
	for name, c := range map[string]struct {
		m       recovery.Threat
		now     int64
		staffed bool
		want    bool
	}{
		"a second before its end":      {m, 4*recovery.Hour - recovery.Second, true, false},
		"at its end":                   {m, 4 * recovery.Hour, true, true},
		"with nobody there":            {m, 4 * recovery.Hour, false, false},
		"twelve hours later":           {m, 16 * recovery.Hour, false, true},
		"warned too late":              {late, 4*recovery.Hour + 2*recovery.Minute, true, false},
		"an hour after a late warning": {late, 5*recovery.Hour + recovery.Minute, true, true},
		"never warned":                 {recovery.Threat{ID: "t", Ends: 4 * recovery.Hour}, 5 * recovery.Hour, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.m.Over(c.now, c.staffed); got != c.want {
				t.Errorf("over %v", got)
			}
		})
	}
}
