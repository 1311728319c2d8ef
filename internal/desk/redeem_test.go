package desk_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestPresentCode(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		set := h.Codes("ana")
		t.Run("a live code opens a self-service ticket and tells every address", func(t *testing.T) {
			if _, err := h.Present("ana", set[0]); err != nil {
				t.Fatal(err)
			}
			k := ticketsOf(t, h, "ana")[0]
			if k.State != recovery.Proofing || !k.Self() || k.Tier != recovery.Replacement || k.Level != recovery.P1 || k.Intake != recovery.BySelf ||
				k.Requester != "ana" || k.Due != h.Clock.Now()+desktest.AttemptLife {
				t.Errorf("the ticket is %+v", k)
			}
			newest(t, h, recovery.TicketOpened, recovery.BackupRedeemed)
			notices, err := h.Store.View().NoticesOf(t.Context(), k.ID)
			ok(t, err)
			told := map[string]int{}
			for _, n := range notices {
				if n.Held == 0 {
					told[n.Kind]++
				}
			}
			if told[string(recovery.NoticeOpened)] != 2 || told[string(recovery.NoticeCodeRedeemed)] != 2 {
				t.Errorf("notices %v, want two openings, not held back, and two about the code", told)
			}
		})
		t.Run("the second code overtakes the attempt of the first", func(t *testing.T) {
			if _, err := h.Present("ana", set[1]); err != nil {
				t.Fatal(err)
			}
			all := ticketsOf(t, h, "ana")
			if all[0].State != recovery.Proofing || all[1].State != recovery.Withdrawn {
				t.Errorf("states %s, %s", all[0].State, all[1].State)
			}
		})
		t.Run("the account's mail address names it too, in any case and with stray spaces", func(t *testing.T) {
			if _, err := h.Present(" ANA@one.example ", set[2]); err != nil {
				t.Error(err)
			}
		})
		h.Verify()
	})
}

func ticketsOf(t *testing.T, h *desktest.House, account string) []recovery.Ticket {
	t.Helper()
	all, err := h.Store.View().TicketsOf(t.Context(), account, 50)
	ok(t, err)
	return all
}

func spentCodes(t *testing.T, h *desktest.House, account string) int64 {
	t.Helper()
	set, err := h.Store.View().CodeSets(t.Context(), account)
	ok(t, err)
	return set[0].Total - set[0].Left
}

func TestPresentCodeRefusals(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		set := h.Codes("ana")
		t.Run("a stolen or unlocked device is sent to the desk before any name is read", func(t *testing.T) {
			for _, f := range []recovery.Facts{{}, {Device: recovery.Stolen, Lock: recovery.Locked}, {Device: recovery.Lost, Lock: recovery.Unlocked}} {
				_, err := h.Desk.PresentCode(t.Context(), desktest.Guest, desk.PresentCode{Account: "ana", Code: set[0].String(), Facts: f})
				refused(t, err, "device-not-safe")
			}
		})
		t.Run("a live code of an account with one usable address is not spent", func(t *testing.T) {
			h.Account("one")
			own := h.Codes("one")
			h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.EndAddress(ctx, "one-mail-2", tx.Now()) })
			_, err := h.Present("one", own[0])
			refused(t, err, "two-addresses")
			newest(t, h, recovery.BackupRefused)
			if n := spentCodes(t, h, "one"); n != 0 {
				t.Errorf("%d codes are spent", n)
			}
		})
		t.Run("staff, contractors and privileged accounts are recovered in person", func(t *testing.T) {
			for _, p := range []recovery.Population{recovery.Privileged, recovery.Contractor} {
				id := "a-" + string(p)
				h.Account(id, func(a *recovery.Account) { a.Population = p })
				_, err := h.Present(id, h.Codes(id)[0])
				refused(t, err, "event-not-offered")
			}
			h.Staff("stella", recovery.Agent)
			h.Account("stella")
			_, err := h.Present("stella", h.Codes("stella")[0])
			refused(t, err, "event-not-offered")
		})
		t.Run("a recovery whose pair is complete does not give way", func(t *testing.T) {
			h.Account("bo")
			own := h.Codes("bo")
			h.Pair("bo", own[0])
			_, err := h.Present("bo", own[1])
			refused(t, err, "already-open")
		})
		t.Run("a desk ticket without a proof gives way, one with a proof does not", func(t *testing.T) {
			agent := h.Found()
			k := h.Opened(agent, "cleo")
			if _, err := h.Present("cleo", h.Codes("cleo")[0]); err != nil {
				t.Fatal(err)
			}
			if s := h.State(k.ID); s != recovery.Withdrawn {
				t.Errorf("the desk ticket is %s", s)
			}
			d, secret := h.Claimed(agent, "dan")
			h.Step(agent, d, secret, "code")
			_, err := h.Present("dan", h.Codes("dan")[0])
			refused(t, err, "already-open")
		})
		h.Verify()
	})
}

func TestR31_ACodeWorksOnce(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		t.Run("of 200 at once exactly one wins", func(t *testing.T) {
			h.Account("ana")
			set := h.Codes("ana")
			if won := race(200, func(i int) error { _, err := h.Present("ana", set[0]); return err }); won != 1 {
				t.Errorf("%d won", won)
			}
			if n := spentCodes(t, h, "ana"); n != 1 {
				t.Errorf("%d codes are spent", n)
			}
			if n := len(ticketsOf(t, h, "ana")); n != 1 {
				t.Errorf("%d tickets", n)
			}
		})
		t.Run("again is refused in the words of a wrong code, and recorded", func(t *testing.T) {
			h.Account("bo")
			set := h.Codes("bo")
			if _, err := h.Present("bo", set[0]); err != nil {
				t.Fatal(err)
			}
			_, err := h.Present("bo", set[0])
			refused(t, err, "did-not-work")
			newest(t, h, recovery.BackupRefused)
		})
		t.Run("presented for another account it opens nothing and stays alive", func(t *testing.T) {
			h.Account("cleo")
			h.Account("dan")
			set := h.Codes("cleo")
			_, err := h.Present("dan", set[0])
			refused(t, err, "did-not-work")
			if _, err := h.Present("cleo", set[0]); err != nil {
				t.Error(err)
			}
		})
		t.Run("a set ends on the microsecond", func(t *testing.T) {
			for _, late := range []int64{-recovery.Second, 0, recovery.Second} {
				id := fmt.Sprintf("eve%d", late/recovery.Second+1)
				h.Account(id)
				set := h.Codes(id, func(s *recovery.CodeSet) { s.Ends = h.Clock.Now() - late })
				_, err := h.Present(id, set[0])
				if (err == nil) != (late < 0) {
					t.Errorf("%d s after the end: %v", late/recovery.Second, err)
				}
			}
		})
		t.Run("retired, suspended, sleeping and unconfirmed sets open nothing", func(t *testing.T) {
			for i, change := range []string{"retired = 1", "suspended = 1", fmt.Sprintf("asleep = %d", h.Clock.Now()+1), "confirmed = 0"} {
				id := fmt.Sprintf("fay%d", i)
				h.Account(id)
				set := h.Codes(id)
				h.SQLExec(`UPDATE code_sets SET ` + change + ` WHERE account = '` + id + `'`)
				_, err := h.Present(id, set[0])
				refused(t, err, "did-not-work")
			}
		})
		h.Verify()
	})
}

func TestR30_ATypingMistakeCostsNothing(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Account("ana")
	set := h.Codes("ana")
	size := h.LedgerSize()
	for range 50 {
		typo := strings.Replace(set[0].String(), set[0].String()[:1], other(set[0].String()[:1]), 1)
		_, err := h.Desk.PresentCode(t.Context(), desktest.Guest, desk.PresentCode{Account: "ana", Code: typo, Facts: desktest.LostAndLocked})
		refused(t, err, "code-typo")
		_, err = h.Desk.PresentCode(t.Context(), desktest.Guest, desk.PresentCode{Account: "ana", Code: "hello", Facts: desktest.LostAndLocked})
		refused(t, err, "code-malformed")
	}
	if n := h.LedgerSize() - size; n != 0 {
		t.Errorf("%d entries", n)
	}
	if _, err := h.Present("ana", set[0]); err != nil {
		t.Errorf("after the mistakes the code does not work: %v", err)
	}
}

// other is another symbol of the alphabet.
func other(symbol string) string {
	if symbol == "7" {
		return "8"
	}
	return "7"
}

func TestR39_StrangersLearnNothing(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		set := h.Codes("ana")
		if _, err := h.Present("ana", set[0]); err != nil {
			t.Fatal(err)
		}
		h.Account("none")
		h.Account("gone", func(a *recovery.Account) { a.Ended = 1 })
		h.Account("shut")
		shut := h.Codes("shut")
		for range 3 {
			_, _ = h.Present("shut", stray(t))
		}
		h.Clock.Add(recovery.Second)
		answer := func(account string, code codes.Code) *recovery.Refusal {
			_, err := h.Desk.PresentCode(t.Context(), desk.Actor{Kind: desk.Stranger, IP: "198.51.100.9"}, desk.PresentCode{Account: account, Code: code.String(), Facts: desktest.LostAndLocked})
			var r *recovery.Refusal
			if !errors.As(err, &r) {
				t.Fatalf("%s: %v", account, err)
			}
			return r
		}
		shown := func(r *recovery.Refusal) []string { return []string{r.Code, r.Text, r.Next, r.Field} }
		want := shown(answer("nobody", stray(t)))
		for what, got := range map[string]*recovery.Refusal{
			"a wrong code": answer("ana", stray(t)), "a spent code": answer("ana", set[0]), "no codes": answer("none", stray(t)),
			"an ended account": answer("gone", stray(t)), "a hostile name": answer("'; DROP TABLE codes;--", stray(t)),
		} {
			if !reflect.DeepEqual(shown(got), want) {
				t.Errorf("%s answers %v, an unknown account %v", what, shown(got), want)
			}
		}
		t.Run("a closed lane answers alike, even to the right code", func(t *testing.T) {
			_, err := h.Present("shut", shut[0])
			var r *recovery.Refusal
			if !errors.As(err, &r) || !reflect.DeepEqual(shown(r), want) {
				t.Errorf("got %v", err)
			}
		})
	})
}

// stray is a well-formed code that is nobody's.
func stray(t *testing.T) codes.Code {
	t.Helper()
	c, err := codes.New(rand.Reader)
	ok(t, err)
	return c
}
