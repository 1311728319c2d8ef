package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// values are what the house of this test has otherwise than the shipped policy.
var values = map[string]string{
	"requests.directory-down": "1h", "requests.reserved": "1m", "requests.decisions-an-hour": "1",
	"issued-codes.tries": "2", "throttles.passwords-in-an-attempt": "2",
	"code-sets.confirm-within": "4m", "populations.standard.print-only": "yes",
	"house.new-key-decides-after": "100h", "house.shift-at-most": "3h", "house.loosening-waits": "48h",
	"channels.old-address-told-for":         "180d",
	"notices.unproved-openings-a-day":       "0",
	"stricter.young-approver":               "200h",
	"rows.device-loss.standard.desk.notify": "[N2, manager, security]",
}

// R4: a value that two people publish is what the acts go by from then on, on open
// tickets too where it is the stricter one.
func TestR4_TheActsGoByThePublishedValues(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	agent := h.Found()
	ada, bea, _ := proposalHouse(h)
	app, apb := desk.Actor{Kind: desk.StaffAct, Person: "app"}, h.Staff("apb", recovery.Approver)
	h.Person("boss", "")
	h.Group("aud", recovery.SecurityGroup)
	for _, id := range []string{"ana", "cleo", "dan", "eve", "fay"} {
		h.Account(id, func(a *recovery.Account) { a.Manager = "boss" })
	}
	_, request := h.Asked("ana", agent)
	typing, secret := h.Claimed(agent, "bo")
	ok(t, h.Desk.SendCode(ctx, agent, typing.Reference, "code", recovery.ByMailCode, "bo-mail-1"))
	publish(t, h, ada, bea, values)

	t.Run("a signature may be executed for as long after the window as a directory may be down", func(t *testing.T) {
		a, err := h.Desk.ApprovalPage(ctx, app, request.ID)
		from := max(h.Clock.Now(), must(h.Store.View().Ticket(ctx, request.Ticket)).WindowEnds)
		if from == h.Clock.Now() {
			from += recovery.Hour + 10*recovery.Minute // its notice may be accepted within an hour, then the window begins
		}
		if ok(t, err); a.Facts.NotAfter != (from+recovery.Hour)/recovery.Second*recovery.Second {
			t.Errorf("not after %s, from %s", recovery.UTC(a.Facts.NotAfter), recovery.UTC(from))
		}
	})
	t.Run("an open ticket takes two wrong codes, then its run has failed", func(t *testing.T) {
		for i := range 2 {
			refusedWith(t, h.Desk.EnterCode(ctx, desk.Actor{Kind: desk.Stranger}, secret, "00000000"), "wrong-code")
			if failed := h.State(typing.ID) == recovery.Failed; failed != (i == 1) {
				t.Errorf("after %d tries the ticket is %s", i+1, h.State(typing.ID))
			}
		}
	})
	t.Run("the second decision within an hour needs a second reader", func(t *testing.T) {
		g, err := h.Sign(app, request.ID, recovery.Approve)
		if ok(t, err); g.Hasty != "" {
			t.Errorf("the first is hasty: %q", g.Hasty)
		}
		a, err := h.Desk.AskApproval(ctx, agent, h.Proofed("cleo", agent).Reference, "Every step passed on the call")
		ok(t, err)
		if held := must(h.Store.View().Approval(ctx, a.ID)); held.Drawn != "" && held.Reserved != h.Clock.Now()+recovery.Minute {
			t.Errorf("reserved until %s", recovery.UTC(held.Reserved))
		}
		h.SQLExec(`UPDATE approvals SET reserved = 0`)
		if g, err = h.SignNow(app, a.ID, recovery.Approve); err != nil || g.Hasty != "hourly" {
			t.Errorf("the second: %q, %v", g.Hasty, err)
		}
	})
	t.Run("whom the row names is told of the opening, once something was proved", func(t *testing.T) {
		k, err := h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss("dan"))
		ok(t, err)
		about := func() (to []string) {
			for _, m := range h.Mails() {
				if strings.Contains(m.Subject, "Recovery of the account dan") {
					to = append(to, m.To)
				}
			}
			slices.Sort(to)
			return to
		}
		if to := about(); !slices.Equal(to, []string{"aud@staff.example", "boss@staff.example"}) {
			t.Errorf("written to %q", to)
		}
		if n := len(h.HeldMails()); n != 2+2 {
			t.Errorf("%d messages wait for a proof", n)
		}
		ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "no longer needed"))
	})
	t.Run("codes of everybody are for paper, and wait four minutes for a word", func(t *testing.T) {
		gus := withCodes(t, h, "gus")
		made := makeCodes(t, h, gus)
		refusedWith(t, h.Desk.ConfirmCodes(ctx, gus, made.Set.ID, recovery.InManager, true), "custody-missing")
		h.Clock.Add(4 * recovery.Minute)
		refusedWith(t, h.Desk.ConfirmCodes(ctx, gus, made.Set.ID, recovery.OnPaper, true), "set-dropped")
	})
	t.Run("nobody is on shift for four hours, a new role counts after a hundred, what loosens waits for two days", func(t *testing.T) {
		refusedWith(t, h.Desk.GoOnShift(ctx, apb, 4), "hours-many")
		ok(t, h.Desk.GoOnShift(ctx, apb, 3))
		p, err := h.Desk.ProposeRole(ctx, ada, "app", recovery.Reviewer)
		ok(t, err)
		ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
		for _, g := range must(h.Store.View().Staff(ctx, "app")).Roles {
			if g.Role == recovery.Reviewer && g.Counts != h.Clock.Now()+100*recovery.Hour {
				t.Errorf("it counts from %s", recovery.UTC(g.Counts))
			}
		}
		ok(t, h.Desk.DropPolicyDraft(ctx, ada, desk.PolicyFile))
		edited(t, h, ada, deskWindow, "9m")
		p, err = h.Desk.FilePolicy(ctx, ada, desk.PolicyFile)
		if ok(t, err); p.Delay != 48*recovery.Hour {
			t.Errorf("it waits %s", recovery.Hours(p.Delay))
		}
	})
	t.Run("an approver whose own account was recovered lately does not approve", func(t *testing.T) {
		h.Account("account-of-apb", func(a *recovery.Account) { a.Person = "apb" })
		k := h.Proofed("account-of-apb", agent)
		h.SQLExec(`UPDATE tickets SET state = 'closed', completed = opened WHERE id = '` + k.ID + `'`)
		h.Clock.Add(199 * recovery.Hour)
		a, err := h.Desk.AskApproval(ctx, agent, h.Proofed("eve", agent).Reference, "Every step passed on the call")
		ok(t, err)
		h.SQLExec(`UPDATE approvals SET reserved = 0`)
		_, err = h.SignNow(apb, a.ID, recovery.Approve)
		refusedWith(t, err, "young-approver")
	})
	t.Run("three addresses are asked for", func(t *testing.T) {
		ok(t, h.Desk.DropPolicyDraft(ctx, ada, desk.PolicyFile))
		publish(t, h, ada, bea, map[string]string{"channels.independent-addresses": "3"})
		o, err := h.Desk.CheckTicket(ctx, agent, desktest.DeviceLoss("fay"))
		if ok(t, err); o.Refusal == nil || o.Refusal.Code != "two-addresses" {
			t.Errorf("refusal %+v", o.Refusal)
		}
	})
	h.Verify()
}

// publish puts a stricter policy in force with the keys of two administrators.
func publish(t *testing.T, h *desktest.House, ada, bea desk.Actor, edits map[string]string) {
	t.Helper()
	d, err := h.Desk.EditPolicyDraft(t.Context(), ada, edits, recovery.Deviation{})
	if ok(t, err); len(d.Faults) > 0 || d.Loosens {
		t.Fatalf("the draft: faults %v, %q", d.Faults, d.Lines)
	}
	p, err := h.Desk.FilePolicy(t.Context(), ada, desk.PolicyFile)
	ok(t, err)
	ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
	if now := proposalNow(t, h, p.ID); now.State != recovery.ProposalInForce {
		t.Fatalf("the proposal is %s: %+v", now.State, now)
	}
}

// The window counts from the delivered notice, by the stricter policy: one that
// was published while it runs holds for it.
func TestR4_R29_ALongerWindowHoldsForAnOpenTicket(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	approver := person("founder-3")
	h.Account("ana")
	k, a := h.Asked("ana", agent)
	h.Work()
	published(t, h, map[string]string{deskWindow: "50m"})
	_, err := h.Sign(approver, a.ID, recovery.Approve)
	ok(t, err)
	h.Clock.Add(recovery.ObjectionWindow)
	h.Work()
	if s := h.State(k.ID); s != recovery.Proofing {
		t.Fatalf("at the end of the shorter window the ticket is %s", s)
	}
	a, err = h.Desk.AskApproval(t.Context(), agent, k.Reference, "The policy changed")
	ok(t, err)
	_, err = h.Sign(approver, a.ID, recovery.Approve)
	ok(t, err)
	now := ticketNow(t, h, k.ID)
	if now.WindowEnds != now.NoticeAccepted+50*recovery.Minute {
		t.Errorf("the window lasts %d minutes", (now.WindowEnds-now.NoticeAccepted)/recovery.Minute)
	}
	h.Work()
	if s := h.State(k.ID); s != recovery.Approved {
		t.Errorf("within the longer window the ticket is %s", s)
	}
	h.Clock.Add(now.WindowEnds - h.Clock.Now())
	h.Work()
	if s := h.State(k.ID); s != recovery.Collecting {
		t.Errorf("after the longer window the ticket is %s", s)
	}
}

// "One of them from" a group: the published quorum binds the act, not the page alone.
func TestR1_R15_OneSignatureIsOfTheNamedGroup(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		published(t, h, map[string]string{"approvals.A1.one-from": "network"})
		k, secret := h.Claimed(agent, "ana")
		for _, s := range desktest.DeskSteps() {
			h.Step(agent, k, secret, s)
		}
		other, net := person("founder-3"), h.Staff("net", recovery.Approver)
		h.Group("net", "network")
		a, err := h.Desk.AskApproval(t.Context(), agent, k.Reference, "Every step passed on the call")
		ok(t, err)
		t.Run("whoever is of another group, or of none, does not approve alone", func(t *testing.T) {
			h.AtLeisure(a.ID)
			_, err := h.Sign(other, a.ID, recovery.Approve)
			refused(t, err, "group-missing")
			_, others, err := h.Desk.WaitingApprovals(t.Context(), other)
			if ok(t, err); len(others) != 1 || others[0].Why == nil || others[0].Why.Code != "group-missing" {
				t.Errorf("the page says %+v", others)
			}
		})
		t.Run("somebody of the group does, and the statement names it", func(t *testing.T) {
			g, err := h.Sign(net, a.ID, recovery.Approve)
			if ok(t, err); !strings.Contains(g.Statement, "\nsignature-of-group: network\n") {
				t.Errorf("%s", g.Statement)
			}
		})
		t.Run("who left the group before the reset ran did not give it", func(t *testing.T) {
			h.SQLExec(`UPDATE staff_groups SET name = 'platform' WHERE person = 'net'`)
			h.Work()
			h.Clock.Add(recovery.ObjectionWindow)
			h.Work()
			if s := h.State(k.ID); s != recovery.Proofing {
				t.Errorf("the ticket is %s", s)
			}
		})
	})
}

// What a new policy loosens is no open ticket's: neither its clocks nor what
// strikes a channel.
func TestR4_AnOpenTicketKeepsTheStricterNumbers(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent := t.Context(), h.Found()
	publishedAs(t, h, "tried-1", map[string]string{"requests.wait": "10m", "populations.standard.recovery-session": "10m",
		"freshness.proof": "20m", "freshness.claimed-page-idle": "5m", "freshness.parked": "1bd", "channels.changed-strikes-for": "60d"})
	idle, secret := h.Claimed(agent, "ana")
	held, _ := h.Claimed(agent, "ben")
	h.SQLExec(fmt.Sprintf(`UPDATE addresses SET first_seen = %d WHERE id = 'ana-mail-1'`, h.Clock.Now()-45*recovery.Day))
	h.Account("cleo")
	k := h.Proofed("cleo", agent, func(k *recovery.Ticket) { k.PolicyVersion = "tried-1" })
	h.Clock.Add(recovery.Second)
	publishedAs(t, h, "tried-2", nil)
	t.Run("what strikes a channel", func(t *testing.T) {
		p, err := h.Desk.TicketPage(ctx, agent, idle.Reference)
		ok(t, err)
		for _, c := range p.Channels {
			if c.ID == "ana-mail-1" && c.Struck == "" {
				t.Errorf("%+v carries a proof", c)
			}
		}
	})
	t.Run("how long a request waits, and the session after it", func(t *testing.T) {
		a, err := h.Desk.AskApproval(ctx, agent, k.Reference, "Every step passed on the call")
		if ok(t, err); a.Ends-a.Asked != 10*recovery.Minute {
			t.Errorf("it waits %d minutes", (a.Ends-a.Asked)/recovery.Minute)
		}
		p, err := h.Desk.ApprovalPage(ctx, person("founder-3"), a.ID)
		if ok(t, err); !strings.Contains(p.Facts.Granted, "10 minutes") {
			t.Errorf("it grants %s", p.Facts.Granted)
		}
		ok(t, h.Desk.WithdrawRequest(ctx, agent, k.Reference))
		if now := ticketNow(t, h, k.ID); now.Due != h.Clock.Now()+20*recovery.Minute {
			t.Errorf("then it is due in %d minutes", (now.Due-h.Clock.Now())/recovery.Minute)
		}
	})
	t.Run("how long it is on hold", func(t *testing.T) {
		ok(t, h.Desk.HoldTicket(ctx, agent, held.Reference, "fetches a badge", 5*recovery.Day))
		if now := ticketNow(t, h, held.ID); now.Due > now.Opened+3*recovery.Day {
			t.Errorf("it is due in %d hours", (now.Due-h.Clock.Now())/recovery.Hour)
		}
	})
	t.Run("how long a claimed page may be idle", func(t *testing.T) {
		h.Clock.Add(6 * recovery.Minute)
		refused(t, h.Desk.EnterCode(ctx, desktest.Guest, secret, "12345678"), "claim-idle")
		refused(t, h.Desk.SendCode(ctx, agent, idle.Reference, "code", recovery.ByMailCode, "ana-mail-1"), "claim-idle")
	})
}

// The final gate asks the proofs again: what the row demands by now was not asked
// when the request was made.
func TestR4_R11_ADemandThatIsNewHoldsAtExecution(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	h.Account("ana")
	k, a := h.Asked("ana", agent)
	h.Work()
	_, err := h.Sign(person("founder-3"), a.ID, recovery.Approve)
	ok(t, err)
	published(t, h, map[string]string{"rows.device-loss.standard.desk.also": "[sponsor]"})
	h.Clock.Add(recovery.ObjectionWindow)
	h.Work()
	if s := h.State(k.ID); s != recovery.Proofing {
		t.Errorf("the ticket is %s", s)
	}
	_, err = h.Desk.AskApproval(t.Context(), agent, k.Reference, "Again")
	refused(t, err, "demand-open")
}
