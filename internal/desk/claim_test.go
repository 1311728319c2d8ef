package desk_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestR40_OnlyTheClaimedBrowserProves(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		t.Run("sixteen browsers, one claim", func(t *testing.T) {
			k := h.Opened(agent, "ana")
			var secrets atomic.Int64
			won := race(16, func(int) error {
				s, err := h.Desk.ClaimTicket(ctx, anyone, k.Reference)
				if s != "" {
					secrets.Add(1)
				}
				return err
			})
			if won != 1 || secrets.Load() != 1 {
				t.Errorf("%d claims, %d secrets", won, secrets.Load())
			}
		})
		t.Run("claimed by another, unknown, ended: one answer", func(t *testing.T) {
			k, _ := h.Claimed(agent, "ben")
			over := h.Opened(agent, "bea")
			if err := h.Desk.WithdrawTicket(ctx, agent, over.Reference, "wrong person"); err != nil {
				t.Fatal(err)
			}
			answers := map[string]bool{}
			for _, ref := range []string{k.Reference, over.Reference, "ZZZZ-ZZZZ"} {
				size := h.LedgerSize()
				_, err := h.Desk.ClaimTicket(ctx, anyone, ref)
				refused(t, err, "reference-unknown")
				answers[err.Error()] = true
				if h.LedgerSize() != size {
					t.Error("a stranger's failure became a ledger entry")
				}
			}
			if len(answers) != 1 {
				t.Errorf("different answers: %v", answers)
			}
		})
		t.Run("another browser's secret proves nothing", func(t *testing.T) {
			k, _ := h.Claimed(agent, "cleo")
			if err := h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "cleo-mail-1"); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"", "nonsense", "aaaaaaaaaaaaaaaaaaaaaaaaaa"} {
				refused(t, h.Desk.EnterCode(ctx, anyone, secret, h.Code(k.ID)), "no-claim")
			}
		})
		t.Run("60 idle minutes end the claim; the page's own reloads do not keep it", func(t *testing.T) {
			k, secret := h.Claimed(agent, "dora")
			h.Clock.Add(40 * recovery.Minute)
			if _, err := h.Desk.ClaimedTicket(ctx, secret, false); err != nil {
				t.Fatal(err)
			}
			h.Step(agent, k, secret, "code")
			h.Clock.Add(20 * recovery.Minute)
			if p, err := h.Desk.ClaimedTicket(ctx, secret, true); err != nil || !p.Idle {
				t.Errorf("the claim still lives: %+v, %v", p, err)
			}
			refused(t, h.Desk.EnterPassword(ctx, anyone, secret, desktest.Password), "claim-idle")
		})
		t.Run("releasing the claim voids proofs and approvals and gives a new reference", func(t *testing.T) {
			k, secret := h.Claimed(agent, "eva")
			for _, s := range desktest.DeskSteps() {
				h.Step(agent, k, secret, s)
			}
			if _, err := h.Desk.AskApproval(ctx, agent, k.Reference, "all passed"); err != nil {
				t.Fatal(err)
			}
			before := ticketNow(t, h, k.ID)
			n, err := h.Desk.ReleaseClaim(ctx, agent, k.Reference, "the holder changed computers")
			if err != nil || n.Reference == k.Reference || n.Run != 2 || n.Revision <= before.Revision || n.State != recovery.Proofing || n.ClaimHash != "" {
				t.Fatalf("released %+v, %v", n, err)
			}
			for _, p := range proofsOf(t, h, k.ID) {
				if p.Void == 0 {
					t.Errorf("%s still counts", p.Step)
				}
			}
			asked, err := h.Store.View().ApprovalsOf(ctx, k.ID)
			if err != nil || len(asked) != 1 || asked[0].State != recovery.ApprovalVoid {
				t.Errorf("approvals %+v, %v", asked, err)
			}
			_, err = h.Desk.ClaimTicket(ctx, anyone, k.Reference)
			refused(t, err, "reference-unknown")
			_, err = h.Desk.ClaimedTicket(ctx, secret, true)
			refused(t, err, "no-claim")
			again, err := h.Desk.ClaimTicket(ctx, anyone, n.Reference)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, h.Desk.EnterPassword(ctx, anyone, again, desktest.Password), "step-order")
			refused(t, h.Desk.SendCode(ctx, agent, n.Reference, "code", recovery.ByMailCode, "eva-mail-2"), "last-channel")
			h.Step(agent, n, again, "code")
		})
		t.Run("after execution no claim is released", func(t *testing.T) {
			k, _ := h.Claimed(agent, "finn")
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				moved := ticketNow(t, h, k.ID)
				from := moved
				moved.State = recovery.Collecting
				return tx.SaveTicket(ctx, from, moved)
			})
			_, err := h.Desk.ReleaseClaim(ctx, agent, k.Reference, "other browser")
			refused(t, err, "wrong-state")
		})
		h.Verify()
	})
}

func TestR39_GuessingReferencesClosesTheLane(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		k := h.Opened(h.Found(), "ana")
		guesser := desk.Actor{Kind: desk.Stranger, IP: "198.51.100.9"}
		for range recovery.AddressHourly {
			_, err := h.Desk.ClaimTicket(t.Context(), guesser, "ZZZZ-ZZZZ")
			refused(t, err, "reference-unknown")
		}
		_, err := h.Desk.ClaimTicket(t.Context(), guesser, k.Reference)
		refused(t, err, "reference-unknown")
		if _, err := h.Desk.ClaimTicket(t.Context(), desk.Actor{Kind: desk.Stranger, IP: "203.0.113.5"}, k.Reference); err != nil {
			t.Errorf("another address has to wait too: %v", err)
		}
	})
}

func TestR39_AFloodOfStrangersDoesNotCloseTheDesksWay(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		k := h.Opened(h.Found(), "ana")
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.SaveThrottle(ctx, store.Throttle{Key: "g:all", Lane: recovery.Lane{Kind: recovery.LaneAll, Fails: recovery.GlobalHourly,
				First: tx.Now(), Last: tx.Now(), Until: tx.Now() + recovery.Hour, Told: tx.Now()}})
		})
		if _, err := h.Desk.ClaimTicket(t.Context(), anyone, k.Reference); err != nil {
			t.Errorf("the caller of the desk waits for strangers: %v", err)
		}
		for i := range recovery.AddressHourly {
			_, err := h.Desk.ClaimTicket(t.Context(), desk.Actor{Kind: desk.Stranger, IP: fmt.Sprintf("10.0.%d.1", i)}, "ZZZZ-ZZZZ")
			refused(t, err, "reference-unknown")
		}
		if n := rowOf(t, h, "g:all").Fails; n != recovery.GlobalHourly {
			t.Errorf("guessed references count against everybody: %d", n)
		}
	})
}
