package desk_test

import (
	"context"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestR24_TheOwnerCanStopIt(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Staff("admin", recovery.Administrator)
		t.Run("a half-proved recovery is frozen with its attempt, its proofs and the codes", func(t *testing.T) {
			h.Account("ana")
			set := h.Codes("ana")
			secret, err := h.Present("ana", set[0])
			ok(t, err)
			k := ticketsOf(t, h, "ana")[0]
			token := h.StopLink(k.ID)
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, token))
			newest(t, h, recovery.Stopped, recovery.CodesRetired)
			refused(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, secret, desktest.Password), "attempt-over")
			_, err = h.Present("ana", set[1])
			refused(t, err, "did-not-work")
			after := ticketsOf(t, h, "ana")[0]
			if after.State != recovery.Frozen || after.FrozenBy == "" || after.Due != 0 {
				t.Errorf("the ticket is %+v", after)
			}
			refused(t, h.Desk.Stop(t.Context(), desktest.Guest, token), "link-used")
			refused(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(k.ID)), "already-stopped")
		})
		t.Run("an open recovery session is dead at once", func(t *testing.T) {
			h.Account("bo")
			s := h.Recovering("bo", h.Codes("bo")[0])
			answer := h.NewPasskey(s)
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(s.Ticket)))
			_, err := h.Desk.Enrol(t.Context(), s, "", "", answer)
			refused(t, err, "recovery-over")
		})
		t.Run("a stopped account is not recovered by self-service, not even with fresh codes", func(t *testing.T) {
			_, err := h.Present("bo", h.Codes("bo")[0])
			refused(t, err, "account-stopped")
		})
		t.Run("a desk ticket is frozen with its request for approval", func(t *testing.T) {
			agent := h.Staff("agent", recovery.Agent)
			h.Account("cleo")
			k, a := h.Asked("cleo", agent)
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(k.ID)))
			got, err := h.Store.View().Approval(t.Context(), a.ID)
			if err != nil || got.State != recovery.ApprovalVoid || h.State(k.ID) != recovery.Frozen {
				t.Errorf("approval %s, ticket %s, %v", got.State, h.State(k.ID), err)
			}
			refused(t, h.Desk.TakeLease(t.Context(), h.Staff("other", recovery.Agent), k.Reference, "The caller insists"), "wrong-state")
		})
		h.Verify()
	})
}

func TestR29_StopAfterCompletion(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		live := func(account string) (n int) {
			all, err := h.Store.View().Factors(t.Context(), account)
			ok(t, err)
			for _, f := range recovery.GoneWith(all) {
				_ = f
				n++
			}
			return n
		}
		t.Run("for 30 days it also suspends what was enrolled and ends the sessions", func(t *testing.T) {
			h.Account("ana")
			h.Passkey("ana")
			k := h.Recovered("ana", h.Codes("ana")[0])
			h.Clock.Add(desktest.StopLife - 1)
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.AddSession(ctx, store.Session{ID: "thief", TokenHash: "thief", Kind: desk.HolderSession, Account: "ana", Ends: tx.Now() + recovery.Day})
			})
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(k.ID)))
			if n := live("ana"); n != 0 {
				t.Errorf("%d passkeys live", n)
			}
			if s, err := h.Store.View().Session(t.Context(), "thief"); err != nil || s.Ended == 0 {
				t.Errorf("the session lives: %v", err)
			}
			after := ticketsOf(t, h, "ana")[0]
			if after.State != recovery.Frozen || after.Event != recovery.SuspectedTakeover {
				t.Errorf("the ticket is %s because of %s", after.State, after.Event)
			}
			h.Clock.Add(recovery.Day)
			ok(t, h.Desk.EraseFactors(t.Context()))
			if n := kinds(t, h, recovery.FactorErased); n != 0 {
				t.Errorf("%d factors of a stopped recovery are erased", n)
			}
		})
		t.Run("on the last microsecond of the 30 days it is too late, and old factors are erased", func(t *testing.T) {
			h.Account("bo")
			h.Passkey("bo")
			k := h.Recovered("bo", h.Codes("bo")[0])
			h.Clock.Add(desktest.StopLife)
			refused(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(k.ID)), "link-ended")
			ok(t, h.Desk.EraseFactors(t.Context()))
			all, err := h.Store.View().Factors(t.Context(), "bo")
			if err != nil || len(all) != 2 || live("bo") != 1 {
				t.Errorf("factors %+v, %v", all, err)
			}
			if n := kinds(t, h, recovery.FactorErased); n != 1 {
				t.Errorf("%d erasures on record", n)
			}
		})
		t.Run("of 20 clicks at once one stops it", func(t *testing.T) {
			h.Account("cleo")
			k := h.Recovered("cleo", h.Codes("cleo")[0])
			token := h.StopLink(k.ID)
			if won := race(20, func(int) error { return h.Desk.Stop(t.Context(), desktest.Guest, token) }); won != 1 {
				t.Errorf("%d stopped it", won)
			}
		})
		h.Verify()
	})
}
