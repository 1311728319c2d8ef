package desk_test

import (
	"crypto/rand"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// A form that is sent twice, because the first answer was lost on its way, gets
// the first result: the code is spent once and its holder goes on.
func TestAFormSentAgainGetsTheFirstAnswer(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		set := h.Codes("ana")
		form, err := codes.NewToken(rand.Reader)
		ok(t, err)
		send := func(form string, code codes.Code) (string, error) {
			actor := desktest.Guest
			actor.Form = form
			return h.Desk.PresentCode(t.Context(), actor, desk.PresentCode{Account: "ana", Code: code.String(), Facts: desktest.LostAndLocked})
		}
		first, err := send(form, set[0])
		ok(t, err)
		t.Run("with its secret, one ticket and one spent code", func(t *testing.T) {
			again, err := send(form, set[0])
			ok(t, err)
			if again != first || len(ticketsOf(t, h, "ana")) != 1 || spentCodes(t, h, "ana") != 1 {
				t.Errorf("another secret: %v; %d tickets, %d codes spent", again != first, len(ticketsOf(t, h, "ana")), spentCodes(t, h, "ana"))
			}
		})
		t.Run("another form with the spent code gets nothing", func(t *testing.T) {
			other, err := codes.NewToken(rand.Reader)
			ok(t, err)
			for _, f := range []string{other, "", "x"} {
				_, err := send(f, set[0])
				refused(t, err, "did-not-work")
			}
		})
		t.Run("the same form with another code is another attempt", func(t *testing.T) {
			h.Clock.Add(recovery.Hour)
			next, err := send(form, set[1])
			if err != nil || next == first {
				t.Errorf("same secret: %v, %v", next == first, err)
			}
		})
		t.Run("when the attempt is over, the form is too", func(t *testing.T) {
			h.Clock.Add(desktest.AttemptLife)
			_, err := send(form, set[1])
			refused(t, err, "did-not-work")
		})
		h.Verify()
	})
}

func TestR40_TheFormThatClaimedGetsTheClaimAgain(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		k := h.Opened(h.Found(), "ana")
		claim := func(form string) (string, error) {
			return h.Desk.ClaimTicket(t.Context(), desk.Actor{Kind: desk.Stranger, IP: "192.0.2.7", Form: form}, k.Reference)
		}
		form, err := codes.NewToken(rand.Reader)
		ok(t, err)
		other, err := codes.NewToken(rand.Reader)
		ok(t, err)
		first, err := claim(form)
		ok(t, err)
		again, err := claim(form)
		if err != nil || again != first {
			t.Errorf("the same form: %v", err)
		}
		for _, f := range []string{other, ""} {
			_, err := claim(f)
			refused(t, err, "reference-unknown")
		}
		if n := kinds(t, h, recovery.TicketClaimed); n != 1 {
			t.Errorf("%d claims on record", n)
		}
		h.Verify()
	})
}

func TestR40_TheLastCodeAgainIsNoGuess(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		k, secret := collecting(t, h, "ana")
		ok(t, h.Desk.SendFreshCode(t.Context(), desktest.Guest, secret, "ana-mail-2"))
		code := h.Code(k.ID)
		enter := func(typed string) (string, error) {
			return h.Desk.EnterFreshCode(t.Context(), desktest.Guest, secret, typed)
		}
		first, err := enter(code)
		ok(t, err)
		again, err := enter(code)
		if err != nil || again != first {
			t.Errorf("the same code again: %v", err)
		}
		_, err = enter("no digits")
		refused(t, err, "session-open")
		wrong := "00000000"
		if code == wrong {
			wrong = "11111111"
		}
		for range recovery.IssuedCodeTries {
			_, err := enter(wrong)
			refused(t, err, "session-open")
		}
		t.Run("after five wrong ones the right one is no longer looked at", func(t *testing.T) {
			_, err := enter(code)
			refused(t, err, "session-open")
		})
		t.Run("the session itself goes on", func(t *testing.T) {
			_, err := h.Desk.Session(t.Context(), desk.RecoverySession, first)
			ok(t, err)
		})
		h.Verify()
	})
}

// Found by the walk of internal/desk/machine: the try was counted and nothing
// recorded it.
func TestAWrongLastCodeAfterTheRightOneIsOnRecord(t *testing.T) {
	t.Parallel()
	s := &stage{T: t, House: desktest.SQLite(t)}
	s.agent, s.approver = s.Found(), s.Staff("approver", recovery.Approver)
	k, secret := s.executed("ana")
	ok(t, s.Desk.SendFreshCode(t.Context(), desktest.Guest, secret, "ana-mail-2"))
	code := s.Code(k.ID)
	must(s.Desk.EnterFreshCode(t.Context(), desktest.Guest, secret, code))
	before := s.LedgerSize()
	_, err := s.Desk.EnterFreshCode(t.Context(), desktest.Guest, secret, wrong(code))
	refused(t, err, "session-open")
	if n := must(s.Store.View().Tries(t.Context(), k.ID, string(recovery.SlotFresh))); n != 1 || s.LedgerSize() != before+1 {
		t.Errorf("%d tries, %d entries", n, s.LedgerSize()-before)
	}
	newest(t, s.House, recovery.RecoveryRefused)
}
