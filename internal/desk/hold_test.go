package desk_test

import (
	"context"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// heldHolder recovers the account by code and password in an unknown browser
// and signs in with the new passkey.
func heldHolder(t *testing.T, h *desktest.House, id string) (desk.Actor, recovery.Ticket) {
	t.Helper()
	h.Account(id)
	h.Passkey(id)
	ticket := h.Recovered(id, h.Codes(id)[0])
	actor, in := holderIn(t, h, id)
	if !in.OfferCodes || in.Account.Hold <= h.Clock.Now() {
		t.Fatalf("signed in %+v", in)
	}
	return actor, ticket
}

func TestR41_ACodeToAnotherAddressEndsTheHold(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Found()
		ctx := t.Context()
		actor, ticket := heldHolder(t, h, "ana")
		if err := confirmCodes(h, actor, makeCodes(t, h, actor)); err != nil {
			t.Fatal(err)
		}
		page, err := h.Desk.HoldPage(ctx, actor)
		if err != nil || len(page.Choices) != 2 {
			t.Fatalf("page %+v %v", page, err)
		}
		t.Run("an address that is not offered is refused", func(t *testing.T) {
			if err := h.Desk.SendHoldCode(ctx, actor, "ana-phone"); refusalCode(err) != "address-used" {
				t.Errorf("err %v", err)
			}
		})
		if err := h.Desk.SendHoldCode(ctx, actor, page.Choices[0].ID); err != nil {
			t.Fatal(err)
		}
		t.Run("a wrong code changes nothing", func(t *testing.T) {
			if err := h.Desk.ConfirmHold(ctx, actor, "00000000"); refusalCode(err) != "wrong-code" {
				t.Errorf("err %v", err)
			}
		})
		t.Run("the right one ends the hold and wakes the codes", func(t *testing.T) {
			if err := h.Desk.ConfirmHold(ctx, actor, h.Code(ticket.ID)); err != nil {
				t.Fatal(err)
			}
			a, set := must(h.Store.View().Account(ctx, "ana")), must(h.Store.View().LiveCodeSet(ctx, "ana"))
			if a.Hold != 0 || set.Usable(h.Clock.Now()) != nil || h.Ledger(1)[0] != "hold.confirmed" {
				t.Errorf("account %+v, set %+v", a, set)
			}
			if _, err := h.Desk.HoldPage(ctx, actor); refusalCode(err) != "not-held" {
				t.Errorf("err %v", err)
			}
		})
		t.Run("after five wrong codes not even the right one is taken", func(t *testing.T) {
			actor, ticket := heldHolder(t, h, "bo")
			if err := h.Desk.SendHoldCode(ctx, actor, "bo-mail-1"); err != nil {
				t.Fatal(err)
			}
			for i, want := range []string{"wrong-code", "wrong-code", "wrong-code", "wrong-code", "hold-tries", "hold-tries"} {
				if err := h.Desk.ConfirmHold(ctx, actor, "00000000"); refusalCode(err) != want {
					t.Errorf("try %d: %v", i+1, err)
				}
			}
			if err := h.Desk.ConfirmHold(ctx, actor, h.Code(ticket.ID)); refusalCode(err) != "hold-tries" {
				t.Errorf("err %v", err)
			}
		})
		h.Verify()
	})
}

func TestR41_ACallOfSomebodyElseDoesNotKeepTheHold(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		agent := h.Found()
		holder, k := heldHolder(t, h, "ana")
		_, err := h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss("ana"))
		ok(t, err)
		page, err := h.Desk.HoldPage(ctx, holder)
		ok(t, err)
		ok(t, h.Desk.SendHoldCode(ctx, holder, page.Choices[0].ID))
		ok(t, h.Desk.ConfirmHold(ctx, holder, h.Code(k.ID)))
		h.Verify()
	})
}

func TestR41_ACodeWhoseAddressLeftTheRecordEndsNoHold(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Found()
		holder, k := heldHolder(t, h, "ana")
		ok(t, h.Desk.SendHoldCode(ctx, holder, "ana-mail-1"))
		code := h.Code(k.ID)
		h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.EndAddress(ctx, "ana-mail-1", tx.Now()) })
		refused(t, h.Desk.ConfirmHold(ctx, holder, code), "address-used")
		if a := must(h.Store.View().Account(ctx, "ana")); a.Hold == 0 {
			t.Error("the hold is over")
		}
		h.Verify()
	})
}
