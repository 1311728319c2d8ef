package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// matchOf is the match code that the agent's page shows, "" when it shows none.
func matchOf(t *testing.T, h *desktest.House, agent desk.Actor, k recovery.Ticket) string {
	t.Helper()
	p, err := h.Desk.TicketPage(t.Context(), agent, k.Reference)
	ok(t, err)
	if p.Methods.Call == nil {
		return ""
	}
	return p.Methods.Call.Match
}

// strayMatch is a well-formed match code that this house never made.
func strayMatch(i int) string {
	code, _ := codes.Match([]byte("no pepper of this house"), fmt.Sprint(i))
	return code
}

func TestR3_ReverseCheck(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent, other := h.Found(), h.Staff("agent-2", recovery.Agent)
	ctx := t.Context()
	from := func(net int) desk.Actor { return desk.Actor{Kind: desk.Stranger, IP: fmt.Sprintf("10.1.%d.1", net)} }
	check := func(net int, code string) (desk.CallCheck, error) { return h.Desk.CheckCall(ctx, from(net), code) }
	nobody := func(net int, code string) {
		t.Helper()
		found, err := check(net, code)
		refused(t, err, "nobody-rang")
		if found != (desk.CallCheck{}) {
			t.Errorf("%+v", found)
		}
	}
	call := func(account string) (recovery.Ticket, string, string) {
		k, secret := h.AtPerson(agent, account)
		ok(t, h.Desk.BeginCall(ctx, agent, k.Reference, "person", account+"-phone"))
		return k, secret, matchOf(t, h, agent, k)
	}
	enter := func(a desk.Actor, k recovery.Ticket, words string) error {
		return h.Desk.EnterMatch(ctx, a, k.Reference, "person", words)
	}
	t.Run("an inbound call has no match code: only who placed one is shown one", func(t *testing.T) {
		k, _ := h.AtPerson(agent, "ada")
		if code := matchOf(t, h, agent, k); code != "" {
			t.Errorf("%q before any call", code)
		}
		ok(t, h.Desk.BeginCall(ctx, agent, k.Reference, "person", "ada-phone"))
		if matchOf(t, h, agent, k) == "" || matchOf(t, h, other, k) != "" {
			t.Error("the code is shown to a colleague, or not to its agent")
		}
		refused(t, enter(other, k, "acorn actor"), "leased")
	})
	t.Run("both halves: the page says who rang and its words come back, once on record", func(t *testing.T) {
		k, _, code := call("ana")
		refused(t, enter(agent, k, "acorn actor"), "match-unseen")
		found, err := check(1, " "+strings.ToLower(code)+" ")
		ok(t, err)
		again, err := check(1, code)
		ok(t, err)
		if found != again || found.FirstName == "" || strings.Contains(found.FirstName, " ") || found.Made != h.Clock.Now() || found.Until != found.Made+recovery.CallBackLife {
			t.Errorf("%+v", found)
		}
		wrong := recovery.PageSpoken([2]int{0, 1})
		if wrong == found.Words {
			wrong = recovery.PageSpoken([2]int{2, 3})
		}
		refused(t, enter(agent, k, wrong), "match-wrong")
		refused(t, enter(agent, k, "acorn"), "words-typo")
		ok(t, enter(agent, k, strings.ToUpper(found.Words)))
		refused(t, enter(agent, k, found.Words), "match-done")
		if n, m := kinds(t, h, recovery.CallLooked), kinds(t, h, recovery.CallMatched); n != 1 || m != 1 {
			t.Errorf("%d looks and %d matches on record", n, m)
		}
		if p := proofsOf(t, h, k.ID); len(p) != 2 {
			t.Errorf("%d proofs: the reverse check proves nothing", len(p))
		}
	})
	t.Run("neither half stands in the database", func(t *testing.T) {
		_, _, code := call("abe")
		found, err := check(2, code)
		ok(t, err)
		for _, half := range []string{code, strings.ReplaceAll(code, "-", ""), found.Words} {
			if where := h.Anywhere(half); where != "" {
				t.Errorf("%q stands in %s", half, where)
			}
		}
	})
	t.Run("it holds while the call goes on, and not when it was not answered, was replaced or has ended", func(t *testing.T) {
		k, secret, code := call("ben")
		words, _, err := h.Desk.ShowWords(ctx, anyone, secret)
		ok(t, err)
		ok(t, h.Desk.EnterWords(ctx, agent, k.Reference, "person", words))
		_, err = check(3, code)
		ok(t, err)
		k, _, first := call("bea")
		ok(t, h.Desk.BeginCall(ctx, agent, k.Reference, "person", "bea-phone"))
		second := matchOf(t, h, agent, k)
		nobody(3, first)
		_, err = check(3, second)
		ok(t, err)
		ok(t, h.Desk.CallNotAnswered(ctx, agent, k.Reference, "person"))
		nobody(3, second)
		_, _, last := call("bob")
		h.Clock.Add(recovery.CallBackLife)
		nobody(4, last)
	})
	t.Run("a code of no call alerts security once an hour; a typing mistake does nothing", func(t *testing.T) {
		h.Clock.Add(2 * recovery.Hour)
		before := kinds(t, h, recovery.CallUnknown)
		for i := range 5 {
			nobody(20+i, strayMatch(i))
		}
		_, err := check(30, "K7QP-2M9X")
		refused(t, err, "match-typo")
		if n := kinds(t, h, recovery.CallUnknown) - before; n != 1 {
			t.Errorf("%d alerts in an hour", n)
		}
		h.Clock.Add(recovery.Hour)
		nobody(31, strayMatch(9))
		if n := kinds(t, h, recovery.CallUnknown) - before; n != 2 {
			t.Errorf("%d alerts in two hours", n)
		}
	})
	t.Run("guesses are counted by address, and a closed lane answers like an open one", func(t *testing.T) {
		for i := range recovery.AddressHourly {
			nobody(40, strayMatch(100+int(i)))
		}
		_, _, code := call("cleo")
		nobody(40, code)
		_, err := check(41, code)
		ok(t, err)
	})
	h.Verify()
}
