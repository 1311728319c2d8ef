package desk_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// asPass makes a proofed ticket one that gives a Pass.
func asPass(t *recovery.Ticket) {
	t.Tier, t.Way, t.Artefact = recovery.Pass, "pass", recovery.PassSession
}

// Whoever decides and whoever reviews see what was asked before at another tier.
func TestR6_S13_TheLowerTierIsSeenAndReviewed(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	agent := h.Found()
	approver := desk.Actor{Kind: desk.StaffAct, Person: "founder-3"}
	h.Desk.Draw = func() (int64, error) { return 99, nil }
	h.Account("ann")
	first := h.Proofed("ann", agent)
	ok(t, h.Desk.WithdrawTicket(ctx, agent, first.Reference, "Wants a Pass instead"))
	h.Clock.Add(recovery.Minute)
	k, a := h.Asked("ann", agent, asPass)
	risky := func(all []string) bool {
		return slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, "higher tier") })
	}
	t.Run("the approver reads what was asked, by whom and how it ended, and signs the risk", func(t *testing.T) {
		p, err := h.Desk.ApprovalPage(ctx, approver, a.ID)
		ok(t, err)
		if len(p.Others) != 1 || p.Others[0].Ticket.ID != first.ID || p.Others[0].Ticket.State != recovery.Withdrawn || p.Others[0].By != "Name of agent" || !risky(p.Facts.Risks) {
			t.Errorf("%+v, risks %q", p.Others, p.Facts.Risks)
		}
		g, err := h.Sign(approver, a.ID, recovery.Approve)
		ok(t, err)
		if !strings.Contains(g.Statement, "higher tier") {
			t.Error("the statement does not say it")
		}
	})
	t.Run("so does the ticket's page, where it is reviewed", func(t *testing.T) {
		p, err := h.Desk.TicketPage(ctx, agent, k.Reference)
		ok(t, err)
		if len(p.Others) != 1 || !risky(p.Risks) {
			t.Errorf("%+v, %q", p.Others, p.Risks)
		}
	})
	t.Run("asking for more than before is no such risk", func(t *testing.T) {
		h.Account("bea")
		low := h.Proofed("bea", agent, asPass)
		ok(t, h.Desk.WithdrawTicket(ctx, agent, low.Reference, "Wants a reset instead"))
		_, a := h.Asked("bea", agent)
		p, err := h.Desk.ApprovalPage(ctx, approver, a.ID)
		ok(t, err)
		if len(p.Others) != 1 || risky(p.Facts.Risks) {
			t.Errorf("%+v, %q", p.Others, p.Facts.Risks)
		}
	})
	t.Run("the cooldown of the higher tier holds for the lower one", func(t *testing.T) {
		h.Account("cat")
		_, a := h.Asked("cat", agent)
		_, err := h.Sign(approver, a.ID, recovery.Deny)
		ok(t, err)
		in := desktest.DeviceLoss("cat")
		in.Way = "pass"
		_, err = h.Desk.OpenTicket(ctx, agent, in)
		refused(t, err, "cooldown")
	})
	h.Verify()
}

// What was approved is replacing the passkeys. Whatever else somebody wants is
// asked for, proofed and approved apart.
func TestR6_S14_AVolunteeredExtra(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	agent := h.Found()
	approver := desk.Actor{Kind: desk.StaffAct, Person: "founder-3"}
	h.Account("ann")
	h.Passkey("ann")
	k, a := h.Asked("ann", agent)
	p, err := h.Desk.ApprovalPage(ctx, approver, a.ID)
	ok(t, err)
	t.Run("what is taken away is named: the passkeys, and not the password", func(t *testing.T) {
		if len(p.Facts.Removed) != 1 || p.Facts.Removed[0].Kind != recovery.Passkey {
			t.Errorf("%+v", p.Facts.Removed)
		}
	})
	t.Run("a second ticket for the extra is not opened beside it", func(t *testing.T) {
		in := desktest.Broken("ann")
		_, err := h.Desk.OpenTicket(ctx, agent, in)
		refused(t, err, "already-open")
	})
	_, err = h.Sign(approver, a.ID, recovery.Approve)
	ok(t, err)
	h.Work() // the notice is taken, the objection window runs
	t.Run("a sign-in method that comes after the signature is not swept along: the approval no longer holds", func(t *testing.T) {
		second := secondPasskey(h, "ann", 1)
		h.Clock.Add(11 * recovery.Minute)
		h.Work()
		if got := h.State(k.ID); got == recovery.Collecting || got == recovery.Executing {
			t.Errorf("the ticket is %s", got)
		}
		if livePasskeys(t, h, "ann") != 2 {
			t.Errorf("passkey %s or the first was suspended", second)
		}
	})
	t.Run("as it was approved the password stays", func(t *testing.T) {
		h.Account("bob")
		h.Passkey("bob")
		k, a := h.Asked("bob", agent)
		_, err := h.Sign(approver, a.ID, recovery.Approve)
		ok(t, err)
		h.Work()
		h.Clock.Add(11 * recovery.Minute)
		h.Work()
		if got := h.State(k.ID); got != recovery.Collecting {
			t.Fatalf("the ticket is %s", got)
		}
		all, err := h.Store.View().Factors(ctx, "bob")
		ok(t, err)
		for _, f := range all {
			if f.Live() != (f.Kind == recovery.Password) {
				t.Errorf("%s %s: live is %v", f.Kind, f.ID, f.Live())
			}
		}
	})
	t.Run("the next one in 30 days is one level up or by two of two groups, whatever it is for", func(t *testing.T) {
		h.Account("cat")
		h.Recovered("cat", h.Codes("cat")[0])
		h.Clock.Add(recovery.Day)
		o, err := h.Desk.CheckTicket(ctx, agent, desktest.Broken("cat"))
		ok(t, err)
		if o.Ruling.Approvers < 2 && !o.Ruling.Way.Proof.Above(recovery.P2) {
			t.Errorf("%d approvers at %s", o.Ruling.Approvers, o.Ruling.Way.Proof)
		}
	})
	h.Verify()
}
