package desk_test

import (
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

func TestHold(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		t.Run("takes no proof, shows its end, tells the holder, and goes on where it stood", func(t *testing.T) {
			k, secret := h.Claimed(agent, "ana")
			h.Step(agent, k, secret, "code")
			ok(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "looks for the badge", 4*recovery.Hour))
			end := h.Clock.Now() + 4*recovery.Hour
			now := ticketNow(t, h, k.ID)
			if now.State != recovery.Held || now.Due != end || now.Next != end || now.NextWhat != recovery.DueHold {
				t.Errorf("held %+v", now)
			}
			notices := must(h.Store.View().NoticesOf(ctx, k.ID))
			told := 0
			for _, n := range notices {
				if n.Kind == string(recovery.NoticeHeld) {
					told++
				}
			}
			if told != 2 {
				t.Errorf("told at %d addresses", told)
			}
			refused(t, h.Desk.EnterPassword(ctx, anyone, secret, desktest.Password), "held")
			refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "ana-mail-1"), "wrong-state")
			refused(t, second(h.Desk.AskApproval(ctx, agent, k.Reference, "x")), "wrong-state")
			h.Clock.Add(10 * recovery.Minute)
			ok(t, h.Desk.ResumeTicket(ctx, agent, k.Reference))
			h.Step(agent, k, secret, "second")
			h.Step(agent, k, secret, "person")
			must(h.Desk.AskApproval(ctx, agent, k.Reference, "all passed"))
		})
		t.Run("freshness runs on: after an hour the proofs do not count", func(t *testing.T) {
			k, secret := h.Claimed(agent, "ben")
			for _, s := range desktest.DeskSteps() {
				h.Step(agent, k, secret, s)
			}
			ok(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "asks the lead", 4*recovery.Hour))
			h.Clock.Add(desktest.ProofFresh)
			ok(t, h.Desk.ResumeTicket(ctx, agent, k.Reference))
			refused(t, second(h.Desk.AskApproval(ctx, agent, k.Reference, "x")), "proof-stale")
		})
		t.Run("at its end the ticket expires", func(t *testing.T) {
			k := h.Opened(agent, "cleo")
			ok(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "calls back", recovery.Hour))
			h.Clock.Add(recovery.Hour - 1)
			ok(t, h.Desk.Sweep(ctx))
			if s := h.State(k.ID); s != recovery.Held {
				t.Fatalf("before its end it is %s", s)
			}
			h.Clock.Add(1)
			refused(t, h.Desk.ResumeTicket(ctx, agent, k.Reference), "not-on-hold")
			ok(t, h.Desk.Sweep(ctx))
			if s := h.State(k.ID); s != recovery.Expired {
				t.Errorf("after its end it is %s", s)
			}
		})
		t.Run("holding again and again leads no further than the policy's five business days after the opening", func(t *testing.T) {
			k := h.Opened(agent, "dora")
			policy, _ := recovery.Builtin()
			limit := policy.Fresh.Parked.After(k.Opened)
			for ticketNow(t, h, k.ID).Due < limit {
				ok(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "waits", 72*recovery.Hour))
				if now := ticketNow(t, h, k.ID); now.Due > limit {
					t.Fatalf("held until %d, the limit is %d", now.Due, limit)
				}
				h.Clock.Add(min(36*recovery.Hour, limit-recovery.Minute-h.Clock.Now()))
				ok(t, h.Desk.ResumeTicket(ctx, agent, k.Reference))
			}
			h.Clock.Add(recovery.Hour)
			refused(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "waits", recovery.Hour), "ticket-expired")
		})
		t.Run("is refused without a reason, without an end, in another state, to a stranger, and when nothing is held", func(t *testing.T) {
			k := h.Opened(agent, "eva")
			refused(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "", recovery.Hour), "text-missing")
			refused(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "x", 0), "hold-over")
			refused(t, h.Desk.HoldTicket(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-3"}, k.Reference, "x", recovery.Hour), "role-missing")
			refused(t, h.Desk.ResumeTicket(ctx, agent, k.Reference), "not-on-hold")
			ok(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "x", recovery.Hour))
			refused(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "x", recovery.Hour), "wrong-state")
			ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "called off"))
		})
		t.Run("a code that is still live on resuming is the next deadline again", func(t *testing.T) {
			k, _ := h.Claimed(agent, "finn")
			ok(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "finn-mail-1"))
			if now := ticketNow(t, h, k.ID); now.NextWhat != recovery.DueCode || now.Next != h.Clock.Now()+desktest.IssuedCodeEmail || now.DueWhat != "proofing" {
				t.Errorf("the next deadline is %q at %d", now.NextWhat, now.Next)
			}
			ok(t, h.Desk.HoldTicket(ctx, agent, k.Reference, "x", recovery.Hour))
			ok(t, h.Desk.ResumeTicket(ctx, agent, k.Reference))
			if now := ticketNow(t, h, k.ID); now.NextWhat != recovery.DueCode {
				t.Errorf("the next deadline is %q", now.NextWhat)
			}
		})
		h.Verify()
	})
}

func TestWithdrawnRunsCountAsAbandoned(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		abandoned := func() int64 { return must(h.Store.View().Counters(ctx))["abandoned.agent"] }
		t.Run("not before the first step", func(t *testing.T) {
			k, _ := h.Claimed(agent, "ana")
			ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "wrong person"))
			if now := ticketNow(t, h, k.ID); now.Outcome != "by-agent" || abandoned() != 0 {
				t.Errorf("outcome %q, %d abandoned", now.Outcome, abandoned())
			}
		})
		t.Run("R13: from the first code on, for the agent and before the eyes of the next", func(t *testing.T) {
			k, secret := h.Claimed(agent, "ben")
			ok(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "ben-mail-1"))
			ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "hung up"))
			if now := ticketNow(t, h, k.ID); now.Outcome != "abandoned:by-agent" || abandoned() != 1 {
				t.Errorf("outcome %q, %d abandoned", now.Outcome, abandoned())
			}
			o := must(h.Desk.CheckTicket(ctx, agent, desktest.DeviceLoss("ben")))
			if len(o.Earlier) != 1 || recovery.OutcomeWords(o.Earlier[0]) != "abandoned: withdrawn by the agent after the first step was begun" {
				t.Errorf("the next agent sees %+v", o.Earlier)
			}
			_ = secret
		})
		t.Run("a holder who stops counts for no agent", func(t *testing.T) {
			k, secret := h.Claimed(agent, "cleo")
			h.Step(agent, k, secret, "code")
			ok(t, h.Desk.WithdrawClaimed(ctx, anyone, secret))
			if now := ticketNow(t, h, k.ID); now.Outcome != "abandoned:by-holder" || abandoned() != 1 {
				t.Errorf("outcome %q, %d abandoned", now.Outcome, abandoned())
			}
		})
	})
}

func TestDuplicateGuard(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		t.Run("an open ticket of the person on another account is shown", func(t *testing.T) {
			h.Account("ana")
			h.Account("ana-2", func(a *recovery.Account) { a.Person = "ana" })
			k := must(h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss("ana")))
			o := must(h.Desk.CheckTicket(ctx, agent, desktest.DeviceLoss("ana-2")))
			if o.Refusal != nil || len(o.Others) != 1 || o.Others[0].ID != k.ID {
				t.Errorf("check says %+v, %+v", o.Refusal, o.Others)
			}
			if all := must(h.Desk.Already(ctx, agent, o.Account)); len(all) != 1 {
				t.Errorf("before anything is typed: %+v", all)
			}
		})
		t.Run("the third ticket in 30 days is a risk in words, and alone asks for nobody more", func(t *testing.T) {
			h.Account("ben")
			for range 2 {
				k := must(h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss("ben")))
				ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "called back later"))
				h.Clock.Add(8 * recovery.Day)
			}
			o := must(h.Desk.CheckTicket(ctx, agent, desktest.DeviceLoss("ben")))
			if len(o.Risks) != 1 || o.Risks[0] != "This is ticket number 3 for this account in 30 days." || o.Ruling.Approvers != 1 {
				t.Errorf("risks %q, %d approvers", o.Risks, o.Ruling.Approvers)
			}
			h.Clock.Add(20 * recovery.Day)
			if o = must(h.Desk.CheckTicket(ctx, agent, desktest.DeviceLoss("ben"))); len(o.Risks) != 0 {
				t.Errorf("after a month: %q", o.Risks)
			}
		})
	})
}
