package desk_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// wellFormed is a continuation code that nobody was shown.
func wellFormed(h *desktest.House) string {
	return must(codes.Continuation(must(codes.NewToken(h.Desk.Rand))))
}

// wholly is a claimed ticket with every step passed, and its browser's secret.
func wholly(h *desktest.House, agent desk.Actor, account string) (recovery.Ticket, string) {
	k, secret := h.Claimed(agent, account)
	for _, s := range desktest.DeskSteps() {
		h.Step(agent, k, secret, s)
	}
	return k, secret
}

// noticed lists the kinds of a ticket's notices to its holder.
func noticed(t *testing.T, h *desktest.House, ticket string) (kinds []string) {
	t.Helper()
	for _, n := range must(h.Store.View().NoticesOf(t.Context(), ticket)) {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

func TestR60_Parking(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent, approver := h.Found(), h.Staff("approver", recovery.Approver)
	another := h.Staff("another", recovery.Approver)
	ctx := t.Context()
	policy, _ := recovery.Builtin()

	t.Run("R60: a proofed ticket waits with the account locked; code, one fresh proof and a new approval go on with it", func(t *testing.T) {
		k, secret := wholly(h, agent, "ana")
		h.Passkey("ana")
		in := must(signHolderIn(t, h, "ana", ""))
		old := must(h.Desk.AskApproval(ctx, agent, k.Reference, "all passed"))
		form := desk.Actor{Kind: desk.Stranger, IP: "192.0.2.7", Form: must(codes.NewToken(h.Desk.Rand))}
		refused(t, second(h.Desk.ShowContinuation(ctx, form, secret)), "not-parked")
		ok(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "no approver before Monday"))
		end := policy.Fresh.Parked.After(h.Clock.Now())

		now := ticketNow(t, h, k.ID)
		if !now.Parked() || now.Due != end || now.Next != end || now.NextWhat != recovery.DueParked {
			t.Errorf("parked %+v", now)
		}
		if kinds := noticed(t, h, k.ID); len(slices.DeleteFunc(kinds, func(s string) bool { return s != string(recovery.NoticeParked) })) != 2 {
			t.Error("the holder was not told at both addresses")
		}
		refusedWith(t, second(h.Sign(approver, old.ID, recovery.Approve)), "already-decided")
		refused(t, h.Desk.ResumeTicket(ctx, agent, k.Reference), "parked")
		ok(t, h.Desk.Pressured(ctx, agent, k.Reference)) // asks for one more, and goes on with nothing
		if now := ticketNow(t, h, k.ID); !now.Parked() || now.ApprovalsNeeded != 2 {
			t.Errorf("pressed: %+v", now)
		}
		refused(t, second(h.Desk.AskApproval(ctx, agent, k.Reference, "x")), "wrong-state")
		refused(t, h.Desk.EnterPassword(ctx, anyone, secret, desktest.Password), "parked")

		_, err := h.Desk.Session(ctx, desk.HolderSession, in.Token)
		refused(t, err, "signed-out")
		_, err = signHolderIn(t, h, "ana", "")
		refused(t, err, "account-parked")
		if !strings.Contains(err.Error(), recovery.UTC(end)) {
			t.Errorf("says %q", err)
		}

		other := must(codes.NewToken(h.Desk.Rand))
		refused(t, second(h.Desk.ShowContinuation(ctx, form, other)), "no-claim")
		refused(t, h.Desk.ContinueTicket(ctx, anyone, secret, wellFormed(h)), "continuation-none")
		code := must(h.Desk.ShowContinuation(ctx, form, secret))
		if again := must(h.Desk.ShowContinuation(ctx, form, secret)); again != code {
			t.Error("the same form got another code")
		}
		refused(t, second(h.Desk.ShowContinuation(ctx, anyone, secret)), "continuation-shown")

		h.Clock.Add(3 * recovery.Day)
		ok(t, h.Desk.Sweep(ctx))
		refused(t, h.Desk.ContinueTicket(ctx, anyone, other, code), "no-claim")
		refused(t, h.Desk.ContinueTicket(ctx, anyone, secret, "K7QP"), "code-malformed")
		refused(t, h.Desk.ContinueTicket(ctx, anyone, secret, code[1:]+code[:1]), "code-typo")
		refused(t, h.Desk.ContinueTicket(ctx, anyone, secret, wellFormed(h)), "wrong-code")
		ok(t, h.Desk.ContinueTicket(ctx, anyone, secret, strings.ToLower(code)))
		refused(t, h.Desk.ContinueTicket(ctx, anyone, secret, code), "not-parked")

		page := must(h.Desk.TicketPage(ctx, agent, k.Reference))
		if page.Step.ID != "return-1" || page.N != 4 || !page.ClaimLive {
			t.Fatalf("step %q, number %d, claimed %v", page.Step.ID, page.N, page.ClaimLive)
		}
		if p := must(h.Desk.ClaimedTicket(ctx, secret, true)); slices.Contains(p.Methods, recovery.ByMailCode) || !slices.Contains(p.Methods, recovery.InPersonBadge) {
			t.Errorf("the claimed page offers %v", p.Methods)
		}
		refused(t, second(h.Desk.AskApproval(ctx, agent, k.Reference, "x")), "proofing-incomplete")
		refused(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "x"), "proofing-incomplete")
		refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "return-1", recovery.ByMailCode, "ana-mail-1"), "channel-used")
		refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "return-1", recovery.ByMailCode, "ana-mail-2"), "last-channel")
		refused(t, h.Desk.Compare(ctx, agent, k.Reference, "return-1", recovery.ByVideo, recovery.Comparison{Record: "HR-0042", Outcome: recovery.Match}), "method-spent")
		h.Prove(agent, k, secret, "return-1", recovery.InPersonBadge)

		refusedWith(t, second(h.Sign(approver, old.ID, recovery.Approve)), "already-decided")
		a := must(h.Desk.AskApproval(ctx, agent, k.Reference, "back, fresh proof"))
		h.AtLeisure(a.ID)
		touch := must(h.Desk.BeginApproval(ctx, approver, a.ID, "approve", "read"))
		if !strings.Contains(touch.Statement, "risk: This ticket was parked.") || !strings.Contains(touch.Statement, "return-1, in-person: passed") {
			t.Errorf("the approver reads\n%s", touch.Statement)
		}
		must(h.Sign(approver, a.ID, recovery.Approve))
		must(h.Sign(another, a.ID, recovery.Approve))
		h.Work()
		h.Clock.Add(recovery.ObjectionWindow)
		h.Work()
		if s := h.State(k.ID); s != recovery.Collecting {
			t.Errorf("it is %s", s)
		}
	})
	t.Run("R60, R7: at its end it expires, the holder is told and signs in again, and no clock brings it back", func(t *testing.T) {
		k, secret := wholly(h, agent, "ben")
		h.Passkey("ben")
		ok(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "leaves for the train"))
		code := must(h.Desk.ShowContinuation(ctx, anyone, secret))
		left := ticketNow(t, h, k.ID).Due - h.Clock.Now()
		h.Clock.Add(left)
		refused(t, h.Desk.ContinueTicket(ctx, anyone, secret, code), "park-over")
		ok(t, h.Desk.Sweep(ctx))
		if now := ticketNow(t, h, k.ID); now.State != recovery.Expired || !slices.Contains(noticed(t, h, k.ID), string(recovery.NoticeExpired)) {
			t.Errorf("it is %s", now.State)
		}
		h.Clock.Add(-recovery.Day)
		refused(t, h.Desk.ContinueTicket(ctx, anyone, secret, code), "not-parked")
		must(signHolderIn(t, h, "ben", ""))
		h.Clock.Add(recovery.Day)
	})
	t.Run("parking again leads no further, asks for another channel, and a released claim starts over", func(t *testing.T) {
		k, secret := wholly(h, agent, "cleo")
		ok(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "nobody there"))
		end := ticketNow(t, h, k.ID).Due
		ok(t, h.Desk.ContinueTicket(ctx, anyone, secret, must(h.Desk.ShowContinuation(ctx, anyone, secret))))
		h.Prove(agent, k, secret, "return-1", recovery.InPersonBadge)
		h.Clock.Add(recovery.Minute)
		ok(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "nobody there"))
		if now := ticketNow(t, h, k.ID); now.Due != end {
			t.Errorf("parked until %d, first until %d", now.Due, end)
		}
		code := must(h.Desk.ShowContinuation(ctx, anyone, secret))
		h.Clock.Add(recovery.Day)
		ok(t, h.Desk.ContinueTicket(ctx, anyone, secret, code))
		refused(t, h.Desk.Compare(ctx, agent, k.Reference, "return-2", recovery.InPersonBadge, recovery.Comparison{}), "method-spent")
		refused(t, second(h.Desk.AskApproval(ctx, agent, k.Reference, "x")), "proofing-incomplete")
		released := must(h.Desk.ReleaseClaim(ctx, agent, k.Reference, "another browser"))
		if now := ticketNow(t, h, k.ID); now.Returns != 0 || now.Returned != 0 {
			t.Errorf("released %+v", now)
		}
		fresh := must(h.Desk.ClaimTicket(ctx, anyone, released.Reference))
		refused(t, h.Desk.ContinueTicket(ctx, anyone, fresh, code), "not-parked")
		if page := must(h.Desk.TicketPage(ctx, agent, released.Reference)); page.Step.ID != "code" {
			t.Errorf("step %q", page.Step.ID)
		}
		ok(t, h.Desk.WithdrawTicket(ctx, agent, released.Reference, "called off"))
	})
	t.Run("five wrong codes end it; a stop link unlocks the account", func(t *testing.T) {
		k, secret := wholly(h, agent, "dora")
		ok(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "nobody there"))
		must(h.Desk.ShowContinuation(ctx, anyone, secret))
		for range policy.Issued.Tries {
			refused(t, h.Desk.ContinueTicket(ctx, anyone, secret, wellFormed(h)), "wrong-code")
		}
		if s := h.State(k.ID); s != recovery.Expired {
			t.Errorf("it is %s", s)
		}
		k, _ = wholly(h, agent, "eva")
		h.Passkey("eva")
		ok(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "nobody there"))
		refused(t, second(signHolderIn(t, h, "eva", "")), "account-parked")
		ok(t, h.Desk.Stop(ctx, anyone, h.StopLink(k.ID)))
		if s := h.State(k.ID); s != recovery.Frozen {
			t.Errorf("it is %s", s)
		}
		must(signHolderIn(t, h, "eva", ""))
	})
	t.Run("is refused without a reason, to a stranger, before every step is passed, with stale proofs and in other states", func(t *testing.T) {
		k, secret := h.Claimed(agent, "finn")
		refused(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "x"), "proofing-incomplete")
		for _, s := range desktest.DeskSteps() {
			h.Step(agent, k, secret, s)
		}
		refused(t, h.Desk.ParkTicket(ctx, agent, k.Reference, ""), "text-missing")
		refused(t, h.Desk.ParkTicket(ctx, approver, k.Reference, "x"), "role-missing")
		h.Clock.Add(desktest.ProofFresh)
		refused(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "x"), "proof-stale")
		ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "called off"))
		refused(t, h.Desk.ParkTicket(ctx, agent, k.Reference, "x"), "wrong-state")
	})
	h.Verify()
}

func TestTheResetWaitsForItsHolderWhereTheWindowIsLong(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent, approver := h.Found(), h.Staff("approver", recovery.Approver)
	ctx := t.Context()
	h.Desk.Policy.Fresh.LongWindow = recovery.For(5 * recovery.Minute) // the row's ten minutes are long
	approved := func(t *testing.T, account string) (recovery.Ticket, string) {
		k, secret := wholly(h, agent, account)
		a := must(h.Desk.AskApproval(ctx, agent, k.Reference, "all passed"))
		if p := must(h.Desk.ApprovalPage(ctx, approver, a.ID)); !strings.Contains(p.Waits, "5 business days") || p.Facts.NotAfter < h.Clock.Now()+5*recovery.Day {
			t.Errorf("the approver reads %q, not after %s", p.Waits, recovery.UTC(p.Facts.NotAfter))
		}
		must(h.Sign(approver, a.ID, recovery.Approve))
		h.Work()
		return ticketNow(t, h, k.ID), secret
	}

	t.Run("nothing runs when the window ends; the holder is told, comes back days later, and it runs at once", func(t *testing.T) {
		k, secret := approved(t, "ana")
		if k.State != recovery.Approved || k.NextWhat != recovery.DueBack || k.Next != k.WindowEnds {
			t.Fatalf("approved %+v", k)
		}
		refused(t, h.Desk.ComeBack(ctx, anyone, secret), "window-open")
		h.Clock.Add(k.WindowEnds - h.Clock.Now())
		h.Work()
		now := ticketNow(t, h, k.ID)
		if now.State != recovery.Approved || now.DueWhat != recovery.DueReturn || now.Due > h.Desk.Policy.Fresh.Return.After(now.WindowEnds) || !slices.Contains(noticed(t, h, k.ID), string(recovery.NoticeAwaited)) {
			t.Errorf("after the window %+v", now)
		}
		if p := must(h.Desk.ClaimedTicket(ctx, secret, true)); p.Back != now.Due {
			t.Errorf("the page says until %d", p.Back)
		}
		h.Desk.Policy.Fresh.LongWindow = recovery.For(recovery.Hour) // what waits goes on waiting
		defer func() { h.Desk.Policy.Fresh.LongWindow = recovery.For(5 * recovery.Minute) }()
		h.Clock.Add(3 * recovery.Day)
		ok(t, h.Desk.Sweep(ctx))
		refused(t, h.Desk.ComeBack(ctx, anyone, must(codes.NewToken(h.Desk.Rand))), "no-claim")
		ok(t, h.Desk.ComeBack(ctx, anyone, secret))
		refused(t, h.Desk.ComeBack(ctx, anyone, secret), "not-awaited")
		h.Work()
		if s := h.State(k.ID); s != recovery.Collecting {
			t.Errorf("it is %s", s)
		}
	})
	t.Run("who comes back before the worker does is waited for no longer", func(t *testing.T) {
		k, secret := approved(t, "ben")
		h.Clock.Add(k.WindowEnds - h.Clock.Now())
		ok(t, h.Desk.ComeBack(ctx, anyone, secret))
		h.Work()
		if s := h.State(k.ID); s != recovery.Collecting {
			t.Errorf("it is %s", s)
		}
	})
	t.Run("R7: who does not come back loses the approval, is told, and cannot come later", func(t *testing.T) {
		k, secret := approved(t, "cleo")
		h.Clock.Add(k.WindowEnds - h.Clock.Now())
		h.Work()
		h.Clock.Add(ticketNow(t, h, k.ID).Due - h.Clock.Now())
		refused(t, h.Desk.ComeBack(ctx, anyone, secret), "return-over")
		ok(t, h.Desk.Sweep(ctx))
		now := ticketNow(t, h, k.ID)
		if now.State != recovery.Expired || recovery.OutcomeWords(now) != "its holder did not come back" || !slices.Contains(noticed(t, h, k.ID), string(recovery.NoticeExpired)) {
			t.Errorf("it is %+v", now)
		}
		h.Clock.Add(-recovery.Day)
		refused(t, h.Desk.ComeBack(ctx, anyone, secret), "not-awaited")
	})
	h.Verify()
}

var parkActs = map[string]act{
	"ParkTicket with a request that waits": func(s *stage, id string) desktest.Attempt {
		k, _ := wholly(s.House, s.agent, id)
		must(s.Desk.AskApproval(s.Context(), s.agent, k.Reference, "all passed"))
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ParkTicket(ctx, s.agent, k.Reference, "nobody there") }, Done: s.ends(k.ID, recovery.Held)}
	},
	"ShowContinuation": func(s *stage, id string) desktest.Attempt {
		k, secret := wholly(s.House, s.agent, id)
		ok(s, s.Desk.ParkTicket(s.Context(), s.agent, k.Reference, "nobody there"))
		return desktest.Attempt{Act: func(ctx context.Context) error { return second(s.Desk.ShowContinuation(ctx, anyone, secret)) }}
	},
	"ContinueTicket": func(s *stage, id string) desktest.Attempt {
		k, secret := wholly(s.House, s.agent, id)
		ok(s, s.Desk.ParkTicket(s.Context(), s.agent, k.Reference, "nobody there"))
		code := must(s.Desk.ShowContinuation(s.Context(), anyone, secret))
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ContinueTicket(ctx, anyone, secret, code) }, Done: s.ends(k.ID, recovery.Proofing)}
	},
	"ComeBack": func(s *stage, id string) desktest.Attempt {
		s.Desk.Policy.Fresh.LongWindow = recovery.For(5 * recovery.Minute)
		k, secret := wholly(s.House, s.agent, id)
		a := must(s.Desk.AskApproval(s.Context(), s.agent, k.Reference, "all passed"))
		must(s.Sign(s.approver, a.ID, recovery.Approve))
		s.Work()
		s.Clock.Add(recovery.ObjectionWindow)
		s.Work()
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ComeBack(ctx, anyone, secret) }, Done: s.ends(k.ID, recovery.Approved)}
	},
}
