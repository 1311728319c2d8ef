package desk_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// withBoss is a claimed ticket of an account whose manager could vouch.
func withBoss(t *testing.T, h *desktest.House, agent desk.Actor, account string) (recovery.Ticket, string) {
	t.Helper()
	h.Person("boss-of-"+account, "")
	h.Account(account, func(a *recovery.Account) { a.Manager = "boss-of-" + account })
	k := must(h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss(account)))
	return k, must(h.Desk.ClaimTicket(t.Context(), anyone, k.Reference))
}

func TestR13_NotPossibleLeadsToEqualWorthOnly(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, ctx := h.Found(), t.Context()
		t.Run("what the directory has is tried first", func(t *testing.T) {
			k, secret := withBoss(t, h, agent, "ana")
			refused(t, h.Desk.NotPossible(ctx, agent, k.Reference, "code", recovery.ByMailCode, "cannot read mail"), "directory-has-it")
			ok(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "ana-mail-1"))
			code := h.Code(k.ID)
			ok(t, h.Desk.NotPossible(ctx, agent, k.Reference, "code", recovery.ByMailCode, "cannot read mail"))
			if err := h.Desk.EnterCode(ctx, anyone, secret, code); err == nil {
				t.Error("the code that was sent still passes the step")
			}
			if now := ticketNow(t, h, k.ID); now.WorkflowVersion != "people-p2-1" || now.Run != 2 {
				t.Errorf("no other code is left, and the ticket goes by %s", now.WorkflowVersion)
			}
			refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "ana-mail-1"), "step-order")
		})
		t.Run("a reason is needed, and nothing is left without one", func(t *testing.T) {
			k, secret := withBoss(t, h, agent, "ben")
			h.Step(agent, k, secret, "code")
			refused(t, h.Desk.NotPossible(ctx, agent, k.Reference, "second", recovery.ByPassword, " "), "text-missing")
			if p := proofsOf(t, h, k.ID); len(p) != 1 {
				t.Errorf("recorded %+v", p)
			}
		})
		t.Run("another way of the step is left: the ticket stays where it is", func(t *testing.T) {
			k, secret := withBoss(t, h, agent, "cleo")
			h.Step(agent, k, secret, "code")
			h.Step(agent, k, secret, "second")
			ok(t, h.Desk.NotPossible(ctx, agent, k.Reference, "person", recovery.ByVideo, "no camera"))
			now := ticketNow(t, h, k.ID)
			if now.WorkflowVersion != "desk-p2-1" || now.Run != 1 || now.State != recovery.Proofing {
				t.Errorf("%s by %s in run %d", now.State, now.WorkflowVersion, now.Run)
			}
			refused(t, h.Desk.NotPossible(ctx, agent, k.Reference, "person", recovery.ByVoucher, "on leave"), "directory-has-it")
			newest(t, h, recovery.ProofRefused, recovery.ProofImpossible)
		})
		t.Run("nobody holds the ticket: nothing is recorded", func(t *testing.T) {
			k := h.Opened(agent, "dora")
			refused(t, h.Desk.NotPossible(ctx, agent, k.Reference, "code", recovery.BySMSCode, "no telephone"), "unclaimed")
		})
		t.Run("the last workflow's end withdraws the ticket, and its page names who, where and when", func(t *testing.T) {
			k, secret := h.Claimed(agent, "eva")
			h.Step(agent, k, secret, "code")
			h.Step(agent, k, secret, "second")
			ok(t, h.Desk.NotPossible(ctx, agent, k.Reference, "person", recovery.ByVideo, "no camera"))
			if now := ticketNow(t, h, k.ID); now.WorkflowVersion != "site-p2-1" {
				t.Fatalf("goes by %s", now.WorkflowVersion)
			}
			ok(t, h.Desk.NotPossible(ctx, agent, k.Reference, "badge", recovery.InPersonBadge, "lives abroad"))
			now := ticketNow(t, h, k.ID)
			if now.State != recovery.Withdrawn || !strings.HasSuffix(now.Outcome, string(recovery.NotPossible)) {
				t.Errorf("%s, %q", now.State, now.Outcome)
			}
		})
		t.Run("of ten at once one is recorded", func(t *testing.T) {
			k, secret := withBoss(t, h, agent, "finn")
			h.Step(agent, k, secret, "code")
			if won := race(10, func(int) error {
				return h.Desk.NotPossible(ctx, agent, k.Reference, "second", recovery.ByPassword, "forgotten")
			}); won != 1 {
				t.Errorf("%d were recorded", won)
			}
		})
		h.Verify()
	})
}

func TestR16_S8_S9_ChannelsOfATicket(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, ctx := h.Found(), t.Context()
		struck := func(t *testing.T, k recovery.Ticket) map[recovery.ChannelKind]string {
			t.Helper()
			out := map[recovery.ChannelKind]string{}
			for _, ch := range must(h.Desk.TicketPage(ctx, agent, k.Reference)).Channels {
				out[ch.Kind] = ch.Struck
			}
			return out
		}
		open := func(t *testing.T, account string, event recovery.EventID, f recovery.Facts) (recovery.Ticket, string) {
			t.Helper()
			in := desktest.DeviceLoss(account)
			in.Event, in.Facts = event, f
			k := must(h.Desk.OpenTicket(ctx, agent, in))
			return k, must(h.Desk.ClaimTicket(ctx, anyone, k.Reference))
		}
		t.Run("S8: a number that was changed three days ago is listed with the reason", func(t *testing.T) {
			h.Account("ana")
			h.SQLExec(`UPDATE addresses SET first_seen = first_seen + ` + strconv.FormatInt(397*recovery.Day, 10) + ` WHERE id = 'ana-phone'`)
			k, _ := open(t, "ana", recovery.FactorReset, recovery.Facts{})
			if got := struck(t, k)[recovery.ChannelNumber]; got != "changed 3 days ago" {
				t.Errorf("struck %q", got)
			}
			p := must(h.Desk.TicketPage(ctx, agent, k.Reference))
			for _, w := range p.Ways {
				if w.Method == recovery.BySMSCode && w.Blocked == "" {
					t.Error("a message to it is offered")
				}
			}
		})
		t.Run("S9: with a mailbox in other hands no mail carries a proof, and codes on their way die", func(t *testing.T) {
			h.Account("ben")
			first, secret := must(h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss("ben"))), ""
			secret = must(h.Desk.ClaimTicket(ctx, anyone, first.Reference))
			ok(t, h.Desk.SendCode(ctx, agent, first.Reference, "code", recovery.ByMailCode, "ben-mail-1"))
			code := h.Code(first.ID)
			ok(t, h.Desk.WithdrawTicket(ctx, agent, first.Reference, "the mailbox is in other hands"))
			if err := h.Desk.EnterCode(ctx, anyone, secret, code); err == nil {
				t.Error("the code of the withdrawn ticket is taken")
			}
			k, _ := open(t, "ben", recovery.SuspectedTakeover, recovery.Facts{Taken: recovery.MailboxTaken, Since: h.Clock.Now() - recovery.Day})
			if got := struck(t, k)[recovery.ChannelMail]; got != "somebody else may read this mailbox" {
				t.Errorf("struck %q", got)
			}
			refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "ben-mail-1"), "channel-struck")
		})
		t.Run("a code to an address that was struck meanwhile is dead and costs no try", func(t *testing.T) {
			k, secret := h.Claimed(agent, "cleo")
			ok(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "cleo-mail-1"))
			code := h.Code(k.ID)
			h.SQLExec(`UPDATE addresses SET ended = ` + strconv.FormatInt(h.Clock.Now(), 10) + ` WHERE id = 'cleo-mail-1'`)
			refused(t, h.Desk.EnterCode(ctx, anyone, secret, code), "code-over")
			if n := must(h.Store.View().Tries(ctx, k.ID, string(recovery.ByMailCode.Slot()))); n != 0 || len(proofsOf(t, h, k.ID)) != 0 {
				t.Errorf("%d tries", n)
			}
		})
		t.Run("a takeover needs to be told: what, and since when", func(t *testing.T) {
			h.Account("dora")
			for want, f := range map[string]recovery.Facts{"taken-missing": {}, "since-missing": {Taken: recovery.Phished}, "since-ahead": {Taken: recovery.Phished, Since: h.Clock.Now() + recovery.Hour}} {
				in := desktest.DeviceLoss("dora")
				in.Event, in.Facts = recovery.SuspectedTakeover, f
				_, err := h.Desk.OpenTicket(ctx, agent, in)
				refused(t, err, want)
			}
		})
		h.Verify()
	})
}

func TestAddSignal(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, ctx := h.Found(), t.Context()
		knew := recovery.Signal{Topic: recovery.Topics[0], Knew: recovery.DidKnow, Note: "answered at once"}
		t.Run("R13, S12: whatever a caller knows, no step is passed and nothing can be asked for", func(t *testing.T) {
			k, _ := h.Claimed(agent, "ana")
			for _, topic := range recovery.Topics {
				ok(t, h.Desk.AddSignal(ctx, agent, k.Reference, recovery.Signal{Topic: topic, Knew: recovery.DidKnow}))
			}
			p := must(h.Desk.TicketPage(ctx, agent, k.Reference))
			if len(p.Signals) != len(recovery.Topics) || p.N != 1 || len(p.Evidence) != 0 {
				t.Errorf("%d signals, step %d, %d proofs", len(p.Signals), p.N, len(p.Evidence))
			}
			_, err := h.Desk.AskApproval(ctx, agent, k.Reference, "knew everything")
			refused(t, err, "proofing-incomplete")
		})
		t.Run("the approver sees it, and it is no part of what is signed", func(t *testing.T) {
			approver := h.Staff("approver", recovery.Approver)
			h.Account("ben")
			k := h.Proofed("ben", agent)
			before := must(h.Store.View().Evidence(ctx, k.ID))
			ok(t, h.Desk.AddSignal(ctx, agent, k.Reference, knew))
			a := must(h.Desk.AskApproval(ctx, agent, k.Reference, "all passed"))
			p := must(h.Desk.ApprovalPage(ctx, approver, a.ID))
			if len(p.Signals) != 1 || p.Names["agent"] == "" || recovery.EvidenceDigest(before) != recovery.EvidenceDigest(p.Facts.Evidence) {
				t.Errorf("%+v", p.Signals)
			}
		})
		t.Run("refused: a form that is not filled in, and a ticket that has ended", func(t *testing.T) {
			k, _ := h.Claimed(agent, "cleo")
			refused(t, h.Desk.AddSignal(ctx, agent, k.Reference, recovery.Signal{Topic: "shoe size", Knew: recovery.DidKnow}), "topic-missing")
			refused(t, h.Desk.AddSignal(ctx, agent, k.Reference, recovery.Signal{Topic: recovery.Topics[0]}), "answer-missing")
			ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "not needed"))
			refused(t, h.Desk.AddSignal(ctx, agent, k.Reference, knew), "wrong-state")
		})
		h.Verify()
	})
}

func TestSetTraining(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, ctx := h.Found(), t.Context()
		admin := desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}
		t.Run("an untrained agent compares no document where the level asks for training", func(t *testing.T) {
			k, _ := h.Claimed(agent, "ana")
			pin(t, h, k, "site-p3-1", recovery.P3)
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.AddEvidence(ctx, recovery.Evidence{ID: "e-1", Ticket: k.ID, Run: 1, Step: "code", Method: recovery.ByPassword, Group: recovery.GroupMemory, Result: recovery.Passed, At: tx.Now()})
			})
			seen := recovery.Comparison{Record: "HR-1", Outcome: recovery.Match, Badge: true, Site: "Room 12", Document: recovery.Document{Kind: "passport", Issuer: "Exampleland", Last4: "12AB"}}
			refused(t, h.Desk.Compare(ctx, agent, k.Reference, "badge", recovery.InPersonBadge, seen), "training-missing")
			ok(t, h.Desk.SetTraining(ctx, admin, "agent", recovery.UTC(h.Clock.Now())[:10]))
			ok(t, h.Desk.Compare(ctx, agent, k.Reference, "badge", recovery.InPersonBadge, seen))
		})
		t.Run("refused: without the role, for oneself, a date that cannot be", func(t *testing.T) {
			refused(t, h.Desk.SetTraining(ctx, agent, "agent", "2026-01-01"), "role-missing")
			refused(t, h.Desk.SetTraining(ctx, admin, "founder-1", "2026-01-01"), "own-training")
			refused(t, h.Desk.SetTraining(ctx, admin, "agent", "yesterday"), "date-unreadable")
			refused(t, h.Desk.SetTraining(ctx, admin, "agent", "2999-01-01"), "date-ahead")
		})
		h.Verify()
	})
}

// pin makes a ticket go by another shipped workflow.
func pin(t *testing.T, h *desktest.House, k recovery.Ticket, version string, level recovery.Level) {
	t.Helper()
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		now, err := tx.Ticket(ctx, k.ID)
		next := now
		next.WorkflowVersion, next.Level = version, level
		if err != nil {
			return err
		}
		return tx.SaveTicket(ctx, now, next)
	})
}

// A step of which no way is left is never a dead end, though the directory has a mailbox.
func TestR60_TheOnlyMailboxIsKeptForTheEnd(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent := t.Context(), h.Found()
	h.Account("ana")
	h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.EndAddress(ctx, "ana-mail-2", tx.Now()) })
	k := must(h.Desk.OpenTicket(ctx, agent, desktest.Broken("ana")))
	must(h.Desk.ClaimTicket(ctx, desktest.Guest, k.Reference))
	refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "ana-mail-1"), "last-channel")
	ok(t, h.Desk.NotPossible(ctx, agent, k.Reference, "code", recovery.ByMailCode, "The only mailbox is kept for the end"))
	if now := ticketNow(t, h, k.ID); now.State != recovery.Proofing || now.WorkflowVersion != "site-p2-1" {
		t.Errorf("%s by %s", now.State, now.WorkflowVersion)
	}
	h.Verify()
}
