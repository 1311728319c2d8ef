package desk_test

import (
	"sync"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// collecting is an executed reset of a new account whose holder is in the claimed browser.
func collecting(t *testing.T, h *desktest.House, account string) (recovery.Ticket, string) {
	t.Helper()
	return collectingBy(t, h, h.Found(), h.Staff("approver", recovery.Approver), account)
}

// collectingBy is collecting in a house whose staff is there already.
func collectingBy(t *testing.T, h *desktest.House, agent, approver desk.Actor, account string) (recovery.Ticket, string) {
	t.Helper()
	k, secret := h.Claimed(agent, account)
	h.Passkey(account)
	for _, s := range desktest.DeskSteps() {
		h.Step(agent, k, secret, s)
	}
	a, err := h.Desk.AskApproval(t.Context(), agent, k.Reference, "Every step passed on the call")
	ok(t, err)
	h.Work()
	_, err = h.Sign(approver, a.ID, recovery.Approve)
	ok(t, err)
	h.Clock.Add(recovery.ObjectionWindow)
	h.Work()
	if s := h.State(k.ID); s != recovery.Collecting {
		t.Fatalf("the ticket is %s", s)
	}
	return k, secret
}

func TestR40_TheLastProofComesOverAnotherChannel(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		k, secret := collecting(t, h, "ana")
		t.Run("the address that carried the first code is refused", func(t *testing.T) {
			refused(t, h.Desk.SendFreshCode(t.Context(), desktest.Guest, secret, "ana-mail-1"), "address-used")
		})
		t.Run("another browser is offered nothing", func(t *testing.T) {
			other, err := codes.NewToken(h.Desk.Rand)
			ok(t, err)
			refused(t, h.Desk.SendFreshCode(t.Context(), desktest.Guest, other, "ana-mail-2"), "no-claim")
			_, err = h.Desk.EnterFreshCode(t.Context(), desktest.Guest, other, "12345678")
			refused(t, err, "no-claim")
		})
		ok(t, h.Desk.SendFreshCode(t.Context(), desktest.Guest, secret, "ana-mail-2"))
		code := h.Code(k.ID)
		t.Run("of 20 entries at once one opens the session, and all get its secret", func(t *testing.T) {
			var tokens sync.Map
			if won := race(20, func(int) error {
				token, err := h.Desk.EnterFreshCode(t.Context(), desktest.Guest, secret, code)
				tokens.Store(token, true)
				return err
			}); won != 20 {
				t.Errorf("%d got an answer", won)
			}
			n := 0
			tokens.Range(func(any, any) bool { n++; return true })
			if n != 1 {
				t.Errorf("%d secrets", n)
			}
			if n := kinds(t, h, recovery.RecoveryOpened); n != 1 {
				t.Errorf("%d sessions on record", n)
			}
		})
		h.Verify()
	})
}

func TestR40_TheLastCodeComesNotTooEarly(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		_, secret := h.Claimed(h.Found(), "ana")
		refused(t, h.Desk.SendFreshCode(t.Context(), desktest.Guest, secret, "ana-mail-2"), "recovery-early")
		_, err := h.Desk.EnterFreshCode(t.Context(), desktest.Guest, secret, "12345678")
		refused(t, err, "recovery-early")
	})
}

func TestR21_AHolderWhoDoesNotComeLeavesTheAccountLocked(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		k, secret := collecting(t, h, "ana")
		ok(t, h.Desk.CollectingLapse(t.Context(), k.ID))
		if s := h.State(k.ID); s != recovery.Collecting {
			t.Fatalf("the ticket is %s before its time", s)
		}
		h.Clock.Add(desktest.CollectingLife)
		refused(t, h.Desk.SendFreshCode(t.Context(), desktest.Guest, secret, "ana-mail-2"), "recovery-over")
		ok(t, h.Desk.CollectingLapse(t.Context(), k.ID))
		if s := h.State(k.ID); s != recovery.Lapsed {
			t.Errorf("the ticket is %s", s)
		}
		all, err := h.Store.View().Factors(t.Context(), "ana")
		if err != nil || len(recovery.GoneWith(all)) != 0 {
			t.Errorf("a passkey lives: %+v, %v", all, err)
		}
		newest(t, h, recovery.RecoveryLapsed)
		h.Verify()
	})
}

func TestAssistedRecoveryEnds(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		k, secret := collecting(t, h, "ana")
		ok(t, h.Desk.SendFreshCode(t.Context(), desktest.Guest, secret, "ana-mail-2"))
		token, err := h.Desk.EnterFreshCode(t.Context(), desktest.Guest, secret, h.Code(k.ID))
		ok(t, err)
		s, err := h.Desk.Session(t.Context(), desk.RecoverySession, token)
		ok(t, err)
		done, err := h.Desk.Enrol(t.Context(), s, "", "", h.NewPasskey(s))
		ok(t, err)
		after := ticketNow(t, h, k.ID)
		if after.State != recovery.InReview || after.Completed == 0 || done.Hold != 0 {
			t.Errorf("ticket %+v, hold %d", after, done.Hold)
		}
		if done.Suspended != 1 { // taken away before the new one was made, by the same recovery
			t.Errorf("the holder reads that %d passkeys were suspended", done.Suspended)
		}
		h.Verify()
	})
}
