package desk_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// onlyObserved is an executed reset in which the server saw every proof: its agent
// recorded none. Another agent had it for a while before it was executed.
func onlyObserved(t *testing.T, h *desktest.House, agent, passing desk.Actor, account, voucher string) (recovery.Ticket, string) {
	t.Helper()
	k, secret := h.AtPerson(agent, account, managed(voucher))
	h.Passkey(account)
	who, _ := holderIn(t, h, voucher)
	ok(t, says(t, h, who, asks(t, h, agent, k, voucher), sure))
	ok(t, h.Desk.TakeLease(t.Context(), passing, k.Reference, "While she is at lunch"))
	h.Clock.Add(recovery.LeaseLife)
	a := must(h.Desk.AskApproval(t.Context(), agent, k.Reference, "Every step passed"))
	h.Work()
	_, err := h.Sign(desk.Actor{Kind: desk.StaffAct, Person: "lead"}, a.ID, recovery.Approve)
	ok(t, err)
	h.Clock.Add(recovery.ObjectionWindow)
	h.Work()
	if s := h.State(k.ID); s != recovery.Collecting {
		t.Fatalf("the ticket is %s", s)
	}
	h.Clock.Add(recovery.Second)
	return k, secret
}

// One agent must not get to the end with words that nobody but the agent vouches for
// (reliability.md §3, malicious agent).
func TestR13_R40_WhoRanTheTicketTakesNoLastProof(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent := t.Context(), h.Found()
	passing, other := h.Staff("passing", recovery.Agent), h.Staff("other", recovery.Agent, recovery.Reviewer)
	lead := h.Staff("lead", recovery.Approver, recovery.Agent)
	h.Voucher("mia")
	k, secret := onlyObserved(t, h, agent, passing, "ana", "mia")
	seen := recovery.Comparison{Record: "HR-0042", Outcome: recovery.Match, Badge: true, Site: "Room 12", Document: recovery.Document{Kind: "passport", Issuer: "Exampleland", Last4: "12AB"}}
	for _, who := range []desk.Actor{agent, passing} {
		t.Run(who.Person+" recorded no proof, and takes neither a call nor a look", func(t *testing.T) {
			ok(t, h.Desk.TakeLease(ctx, who, k.Reference, "I take it"))
			refused(t, h.Desk.BeginCall(ctx, who, k.Reference, recovery.StepFresh, "ana-phone"), "same-eyes")
			refused(t, h.Desk.Compare(ctx, who, k.Reference, recovery.StepFresh, recovery.InPersonBadge, seen), "same-eyes")
		})
	}
	t.Run("who vouched in it vouches no second time, and approves, works and reviews nothing of it", func(t *testing.T) {
		refused(t, h.Desk.AskVoucher(ctx, passing, k.Reference, recovery.StepFresh, "mia"), "channel-used")
		refused(t, h.Desk.TakeLease(ctx, h.Staff("mia", recovery.Agent), k.Reference, "I know her"), "own-voucher")
		refused(t, h.Desk.Compare(ctx, lead, k.Reference, recovery.StepFresh, recovery.InPersonBadge, seen), "own-approval")
	})
	t.Run("a colleague does, and reviews it no more", func(t *testing.T) {
		ok(t, h.Desk.TakeLease(ctx, other, k.Reference, "I look"))
		ok(t, h.Desk.Compare(ctx, other, k.Reference, recovery.StepFresh, recovery.InPersonBadge, seen))
		enrols(t, h, must(h.Desk.OpenRecovery(ctx, desktest.Guest, secret)))
		refused(t, h.Desk.Review(ctx, other, k.Reference, recovery.FindingOK, ""), "own-ticket")
	})
	h.Verify()
}

// Class replay, skipping steps and races: the session opens once, for one browser, and
// for nobody once somebody said "this was not me".
func TestR40_R24_WhatOpensTheRecovery(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx, agent, approver := t.Context(), h.Found(), h.Staff("lead", recovery.Approver)
		given := func(account string) (recovery.Ticket, string) {
			k, secret := collectingBy(t, h, agent, approver, account)
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.AddEvidence(ctx, recovery.Evidence{ID: "last-" + k.ID, Ticket: k.ID, Run: k.Run, Step: recovery.StepFresh, Method: recovery.ByVoucher, Result: recovery.Passed, Group: recovery.GroupPerson, Channel: "person:mia", At: tx.Now()})
			})
			return k, secret
		}
		_, secret := given("ana")
		t.Run("of 20 presses at once all get the one session", func(t *testing.T) {
			tokens := make([]string, 20)
			if won := race(20, func(i int) (err error) {
				tokens[i], err = h.Desk.OpenRecovery(ctx, desktest.Guest, secret)
				return err
			}); won != 20 || kinds(t, h, recovery.RecoveryOpened) != 1 {
				t.Errorf("%d got an answer, %d sessions", won, kinds(t, h, recovery.RecoveryOpened))
			}
			for _, token := range tokens {
				if token != tokens[0] {
					t.Error("another secret")
				}
			}
			refused(t, h.Desk.SendFreshCode(ctx, desktest.Guest, secret, "ana-mail-2"), "session-open")
			refused(t, errOf(h.Desk.EnterFreshCode(ctx, desktest.Guest, secret, "12345678")), "session-open")
		})
		t.Run("a proof of an earlier run, or one that is void, opens nothing", func(t *testing.T) {
			k, secret := given("ben")
			h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.VoidEvidence(ctx, k.ID) })
			refused(t, errOf(h.Desk.OpenRecovery(ctx, desktest.Guest, secret)), "last-proof-open")
		})
		t.Run("stopped between the proof and the press", func(t *testing.T) {
			k, secret := given("eva")
			ok(t, h.Desk.Stop(ctx, desktest.Guest, h.StopLink(k.ID)))
			refused(t, errOf(h.Desk.OpenRecovery(ctx, desktest.Guest, secret)), "recovery-over")
		})
		t.Run("over on the microsecond at which its time ends", func(t *testing.T) {
			k, secret := given("finn")
			h.Clock.Add(ticketNow(t, h, k.ID).Due - h.Clock.Now())
			refused(t, errOf(h.Desk.OpenRecovery(ctx, desktest.Guest, secret)), "recovery-over")
		})
		h.Verify()
	})
}

// A caller whom a colleague did not recognise does not begin again as if nothing had
// happened (S1).
func TestR13_S1_AWrongLastProofCountsAgainstTheNextTicket(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent, approver := t.Context(), h.Found(), h.Staff("lead", recovery.Approver)
	h.Staff("second", recovery.Approver)
	other := h.Staff("other", recovery.Agent)
	k, _ := collectingBy(t, h, agent, approver, "ana")
	h.Clock.Add(recovery.Second)
	ok(t, h.Desk.TakeLease(ctx, other, k.Reference, "I look"))
	no := recovery.Comparison{Record: "HR-0042", Outcome: recovery.NoMatch, Site: "Room 12", Note: "Another face than on the photo", Document: recovery.Document{Kind: "passport", Issuer: "Exampleland", Last4: "12AB"}}
	ok(t, h.Desk.Compare(ctx, other, k.Reference, recovery.StepFresh, recovery.InPersonBadge, no))
	third := h.Staff("third", recovery.Agent)
	refused(t, errOf(h.Desk.OpenTicket(ctx, third, desktest.DeviceLoss("ana"))), "cooldown")
	t.Run("but for somebody who comes to the desk, who is proofed there", func(t *testing.T) {
		in := desktest.DeviceLoss("ana")
		in.Intake, in.Source = recovery.OnSite, ""
		site := must(h.Desk.OpenTicket(ctx, third, in))
		if !strings.HasPrefix(site.WorkflowVersion, "site-") {
			t.Errorf("it goes by %s", site.WorkflowVersion)
		}
		ok(t, h.Desk.WithdrawTicket(ctx, third, site.Reference, "She went away"))
	})
	h.Clock.Add(recovery.Hour)
	next := must(h.Desk.OpenTicket(ctx, third, desktest.DeviceLoss("ana")))
	if next.ApprovalsNeeded != 2 {
		t.Errorf("%d approvers", next.ApprovalsNeeded)
	}
	p := must(h.Desk.TicketPage(ctx, third, next.Reference))
	if !slices.ContainsFunc(p.Linked, func(l desk.Linked) bool { return l.Ticket.ID == k.ID && l.Bad }) {
		t.Errorf("what happened is not shown: %+v", p.Linked)
	}
	h.Verify()
}

// What was handed over rests on the comparison of its run.
func TestR26_ANoticeInHandIsAsGoodAsItsRun(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent := t.Context(), h.Found()
	k := handedTo(t, h, agent)
	ok(t, h.Desk.TickLetter(ctx, agent, k.Reference, inHand(t, h, k.ID)))
	if ticketNow(t, h, k.ID).NoticeAccepted == 0 {
		t.Fatal("handed over, and no window runs")
	}
	t.Run("released, the notice is a task again and no window runs", func(t *testing.T) {
		k = must(h.Desk.ReleaseClaim(ctx, agent, k.Reference, "Another browser"))
		now, letter := ticketNow(t, h, k.ID), inHand(t, h, k.ID)
		if now.NoticeAccepted != 0 || now.WindowEnds != 0 || letter == "" {
			t.Fatalf("accepted at %d, window until %d, task %q", now.NoticeAccepted, now.WindowEnds, letter)
		}
		refused(t, h.Desk.TickLetter(ctx, agent, k.Reference, letter), "not-seen")
	})
	t.Run("a letter of another ticket starts nothing here", func(t *testing.T) {
		o := handedTo(t, h, agent)
		if err := h.Desk.TickLetter(ctx, agent, o.Reference, inHand(t, h, k.ID)); err != store.ErrNotFound {
			t.Errorf("%v", err)
		}
	})
	t.Run("when the ticket is over the task can be ticked off, and starts nothing", func(t *testing.T) {
		ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "She found it"))
		ok(t, h.Desk.TickLetter(ctx, agent, k.Reference, inHand(t, h, k.ID)))
		if now := ticketNow(t, h, k.ID); now.NoticeAccepted != 0 || now.State != recovery.Withdrawn {
			t.Errorf("%+v", now)
		}
	})
	h.Verify()
}

// A notice that an address took while it could not count never counts later by itself:
// the agent is told before anybody signs.
func TestR26_R60_ANoticeTakenInVain(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent := t.Context(), h.Found()
	k, secret := h.Claimed(agent, "ana")
	h.Step(agent, k, secret, "code") // to the first address, before the notice was delivered there
	h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.EndAddress(ctx, "ana-mail-2", tx.Now()) })
	h.Work()
	if inHand(t, h, k.ID) == "" {
		t.Error("both addresses took it in vain, and nobody has the task to hand it over")
	}
	k = must(h.Desk.ReleaseClaim(ctx, agent, k.Reference, "Another browser"))
	secret = must(h.Desk.ClaimTicket(ctx, desktest.Guest, k.Reference))
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddEvidence(ctx, recovery.Evidence{ID: "paper", Ticket: k.ID, Run: 2, Step: "code", Method: recovery.ByBackupCode, Result: recovery.Passed, Group: recovery.GroupPaper, Channel: "set", At: tx.Now()})
	})
	h.Step(agent, k, secret, "second")
	h.Step(agent, k, secret, "person")
	refused(t, errOf(h.Desk.AskApproval(ctx, agent, k.Reference, "Every step passed")), "notice-in-hand")
	if p := must(h.Desk.TicketPage(ctx, agent, k.Reference)); p.Request == nil || p.Request.Code != "notice-in-hand" {
		t.Errorf("the ticket's page says %+v", p.Request)
	}
	h.Verify()
}
