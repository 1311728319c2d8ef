package desk_test

import (
	"context"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// ring begins a call-back and answers the words that the claimed page shows.
func ring(t *testing.T, h *desktest.House, agent desk.Actor, k recovery.Ticket, secret string) string {
	t.Helper()
	ok(t, h.Desk.BeginCall(t.Context(), agent, k.Reference, "person", k.Account+"-phone"))
	words, _, err := h.Desk.ShowWords(t.Context(), anyone, secret)
	ok(t, err)
	return words
}

// otherWords are words of the list that are not these.
func otherWords(words string) string {
	if other := recovery.Spoken([recovery.SpokenWords]int{1, 2, 3}); other != words {
		return other
	}
	return recovery.Spoken([recovery.SpokenWords]int{4, 5, 6})
}

func TestR16_CallBack(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		enter := func(k recovery.Ticket, words string) error {
			return h.Desk.EnterWords(ctx, agent, k.Reference, "person", words)
		}
		t.Run("the words of the claimed page, typed by the agent, pass the step once", func(t *testing.T) {
			k, secret := h.AtPerson(agent, "ana")
			words := ring(t, h, agent, k, secret)
			if won := race(8, func(int) error { return enter(k, " "+strings.ToUpper(words)+" ") }); won != 1 {
				t.Errorf("%d entries were taken", won)
			}
			p := proofsOf(t, h, k.ID)
			last := p[len(p)-1]
			if last.Method != recovery.ByCallBack || last.Group != recovery.GroupNumber || last.Channel != "ana-phone" || last.By != agent.Person {
				t.Errorf("%+v", last)
			}
			refused(t, enter(k, words), "step-order")
		})
		t.Run("three wrong entries fail the run, whatever calls were placed between", func(t *testing.T) {
			k, secret := h.AtPerson(agent, "ben")
			for range recovery.CallBackTries {
				refused(t, enter(k, otherWords(ring(t, h, agent, k, secret))), "wrong-words")
			}
			if now := ticketNow(t, h, k.ID); now.State != recovery.Failed {
				t.Errorf("the ticket is %s", now.State)
			}
		})
		t.Run("what is none of our words costs no try", func(t *testing.T) {
			k, secret := h.AtPerson(agent, "cleo")
			ring(t, h, agent, k, secret)
			for range recovery.CallBackTries + 1 {
				refused(t, enter(k, "one two three"), "words-typo")
			}
			refused(t, enter(k, ""), "words-typo")
			if n, err := h.Store.View().Tries(ctx, k.ID, string(recovery.ByCallBack)); n != 0 || err != nil {
				t.Errorf("%d tries, %v", n, err)
			}
		})
		t.Run("words are dead on the microsecond the call ends", func(t *testing.T) {
			k, secret := h.AtPerson(agent, "dora")
			words := ring(t, h, agent, k, secret)
			h.Clock.Add(recovery.CallBackLife)
			refused(t, enter(k, words), "call-over")
			_, _, err := h.Desk.ShowWords(ctx, anyone, secret)
			refused(t, err, "call-over")
		})
		t.Run("words asked for again kill the first", func(t *testing.T) {
			k, secret := h.AtPerson(agent, "eva")
			first := ring(t, h, agent, k, secret)
			second, _, err := h.Desk.ShowWords(ctx, anyone, secret)
			ok(t, err)
			if first != second {
				refused(t, enter(k, first), "wrong-words")
			}
			ok(t, enter(k, second))
		})
		t.Run("a new call kills the words of the last", func(t *testing.T) {
			k, secret := h.AtPerson(agent, "fay")
			words := ring(t, h, agent, k, secret)
			ok(t, h.Desk.BeginCall(ctx, agent, k.Reference, "person", "fay-phone"))
			refused(t, enter(k, words), "words-unseen")
		})
		t.Run("no words are shown before the desk calls, and to no other browser", func(t *testing.T) {
			k, secret := h.AtPerson(agent, "gus")
			_, _, err := h.Desk.ShowWords(ctx, anyone, secret)
			refused(t, err, "call-over")
			ok(t, h.Desk.BeginCall(ctx, agent, k.Reference, "person", "gus-phone"))
			_, _, err = h.Desk.ShowWords(ctx, anyone, stranger(t))
			refused(t, err, "no-claim")
		})
		t.Run("words of another ticket are wrong here (B3)", func(t *testing.T) {
			one, oneSecret := h.AtPerson(agent, "hal")
			two, twoSecret := h.AtPerson(agent, "ida")
			words := ring(t, h, agent, one, oneSecret)
			if ring(t, h, agent, two, twoSecret) != words {
				refused(t, enter(two, words), "wrong-words")
			}
		})
		t.Run("not answered is counted, and the call is over", func(t *testing.T) {
			k, secret := h.AtPerson(agent, "joy")
			words := ring(t, h, agent, k, secret)
			ok(t, h.Desk.CallNotAnswered(ctx, agent, k.Reference, "person"))
			refused(t, enter(k, words), "call-over")
			refused(t, h.Desk.CallNotAnswered(ctx, agent, k.Reference, "person"), "call-over")
			p, err := h.Desk.TicketPage(ctx, agent, k.Reference)
			if err != nil || p.Methods.Unanswered != 1 || p.Methods.Call != nil {
				t.Errorf("%+v, %v", p.Methods, err)
			}
		})
		t.Run("a number is rung five times at most in one run", func(t *testing.T) {
			k, _ := h.AtPerson(agent, "kim")
			for range recovery.CallBacksPerRun {
				ok(t, h.Desk.BeginCall(ctx, agent, k.Reference, "person", "kim-phone"))
			}
			refused(t, h.Desk.BeginCall(ctx, agent, k.Reference, "person", "kim-phone"), "calls-enough")
		})
		t.Run("the step comes in its order", func(t *testing.T) {
			k, secret := h.ClaimedBroken(agent, "leo")
			refused(t, h.Desk.BeginCall(ctx, agent, k.Reference, "person", "leo-phone"), "step-order")
			_, _, err := h.Desk.ShowWords(ctx, anyone, secret)
			refused(t, err, "step-order")
		})
		h.Verify()
	})
}

func TestR16_OnlyAnUnchangedNumberOfTheDirectoryIsRung(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		call := func(k recovery.Ticket, address string) error {
			return h.Desk.BeginCall(t.Context(), agent, k.Reference, "person", address)
		}
		t.Run("a number that changed less than 30 days ago is refused with the reason", func(t *testing.T) {
			k, _ := h.AtPerson(agent, "ana")
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.AddAddress(ctx, recovery.Address{ID: "ana-new", Account: "ana", Kind: recovery.Phone, Value: "+441632960077", FirstSeen: tx.Now() - 3*recovery.Day})
			})
			refused(t, call(k, "ana-new"), "number-struck")
			ok(t, call(k, "ana-phone"))
		})
		t.Run("the number of a device that is gone is refused", func(t *testing.T) {
			k, secret := h.Claimed(agent, "ben")
			h.Step(agent, k, secret, "code")
			h.Step(agent, k, secret, "second")
			refused(t, call(k, "ben-phone"), "channel-struck")
		})
		t.Run("a mail address, a number of somebody else and a typed one are refused", func(t *testing.T) {
			k, _ := h.AtPerson(agent, "cleo")
			for _, address := range []string{"cleo-mail-1", "ana-phone", "+441632960001", ""} {
				refused(t, call(k, address), "number-unknown")
			}
		})
	})
}

func TestR22_TheNumberIsShownToWhoCallsAndTheWordsToNobodyAtTheDesk(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, other := h.Found(), h.Staff("agent-2", recovery.Agent)
		ctx := t.Context()
		k, secret := h.AtPerson(agent, "ana")
		page := func(a desk.Actor) desk.MethodView {
			t.Helper()
			p, err := h.Desk.TicketPage(ctx, a, k.Reference)
			ok(t, err)
			return p.Methods
		}
		if m := page(agent); m.Call != nil || len(m.Numbers) != 1 || m.Numbers[0].Masked != "…01" {
			t.Errorf("before the call: %+v", m)
		}
		ring(t, h, agent, k, secret)
		if m := page(agent); m.Call == nil || m.Call.Number != "+441632960001" || !m.Call.Shown {
			t.Errorf("the caller's page: %+v", m.Call)
		}
		if m := page(other); m.Call == nil || m.Call.Number != "" {
			t.Errorf("a colleague's page: %+v", m.Call)
		}
		t.Run("that it was shown is on record", func(t *testing.T) {
			rows, err := h.Store.View().LedgerEntries(ctx, store.LedgerFilter{Ticket: k.ID, Limit: 2})
			ok(t, err)
			if e := rows[1].Entry; e.Kind != string(recovery.CallBegun) || e.Actor != "person:agent" || e.Data["shown"] != "number" {
				t.Errorf("%+v", e)
			}
		})
		t.Run("whoever takes the ticket over places a call of their own", func(t *testing.T) {
			words, _, err := h.Desk.ShowWords(ctx, anyone, secret)
			ok(t, err)
			ok(t, h.Desk.TakeLease(ctx, other, k.Reference, "shift ends"))
			if m := page(other); m.Call.Number != "" {
				t.Error("the number of a colleague's call is shown")
			}
			refused(t, h.Desk.EnterWords(ctx, other, k.Reference, "person", words), "call-over")
			ok(t, h.Desk.BeginCall(ctx, other, k.Reference, "person", "ana-phone"))
			if m := page(other); m.Call.Number == "" {
				t.Error("the own call's number is not shown")
			}
		})
	})
}
