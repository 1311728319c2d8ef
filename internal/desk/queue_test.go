package desk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestQueuePage(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		other := h.Staff("other", recovery.Agent)
		ctx := t.Context()
		first, secret := h.Claimed(agent, "ana")
		h.Step(agent, first, secret, "code")
		h.Clock.Add(recovery.Minute)
		second := h.Opened(other, "ben")
		over := h.Opened(agent, "cleo")
		if err := h.Desk.WithdrawTicket(ctx, agent, over.Reference, "wrong person"); err != nil {
			t.Fatal(err)
		}
		page := func(t *testing.T, q desk.QueueQuery) (string, desk.Queue) {
			t.Helper()
			p, err := h.Desk.QueuePage(ctx, agent, q)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, r := range p.Rows {
				ids = append(ids, r.Ticket.Account)
			}
			return strings.Join(ids, " "), p
		}
		for name, c := range map[string]struct {
			q    desk.QueueQuery
			want string
		}{
			"all open, first to expire first":    {desk.QueueQuery{View: desk.ViewOpen}, "ana ben"},
			"mine":                               {desk.QueueQuery{View: desk.ViewMine}, "ana"},
			"closed":                             {desk.QueueQuery{View: desk.ViewClosed}, "cleo"},
			"self-service":                       {desk.QueueQuery{View: desk.ViewSelf}, ""},
			"expiring in 15 minutes":             {desk.QueueQuery{View: desk.ViewExpiring}, ""},
			"a tier that no ticket has":          {desk.QueueQuery{View: desk.ViewOpen, Tier: recovery.Pass}, ""},
			"a state":                            {desk.QueueQuery{View: desk.ViewOpen, State: recovery.Proofing, Mine: true}, "ana"},
			"a name":                             {desk.QueueQuery{View: desk.ViewOpen, Text: "name of BEN"}, "ben"},
			"a mail address":                     {desk.QueueQuery{View: desk.ViewOpen, Text: "ana@two"}, "ana"},
			"a reference":                        {desk.QueueQuery{View: desk.ViewOpen, Text: second.Reference}, "ben"},
			"a percent sign finds only itself":   {desk.QueueQuery{View: desk.ViewOpen, Text: "%%%"}, ""},
			"a damaged cursor is the first page": {desk.QueueQuery{View: desk.ViewOpen, After: "x_y"}, "ana ben"},
		} {
			t.Run(name, func(t *testing.T) {
				if got, _ := page(t, c.q); got != c.want {
					t.Errorf("shows %q, want %q", got, c.want)
				}
			})
		}
		t.Run("counts and steps come with it", func(t *testing.T) {
			_, p := page(t, desk.QueueQuery{View: desk.ViewOpen})
			if p.Counts[desk.ViewOpen] != 2 || p.Counts[desk.ViewClosed] != 1 || p.Rows[0].Passed != 1 || p.Rows[1].Agent != "Name of other" {
				t.Errorf("counts %v, rows %+v", p.Counts, p.Rows)
			}
		})
		t.Run("a page ends with a cursor to the next", func(t *testing.T) {
			h.Write(func(ctx context.Context, tx *store.Tx) error { return many(ctx, tx, second, desk.QueuePageSize) })
			seen, q, pages := map[string]bool{}, desk.QueueQuery{View: desk.ViewOpen}, 0
			for {
				_, p := page(t, q)
				pages++
				for _, r := range p.Rows {
					if seen[r.Ticket.ID] {
						t.Fatalf("%s is shown twice", r.Ticket.Reference)
					}
					seen[r.Ticket.ID] = true
				}
				if q.After = p.Next; q.After == "" {
					break
				}
			}
			if len(seen) != desk.QueuePageSize+2 || pages != 2 {
				t.Errorf("%d tickets on %d pages", len(seen), pages)
			}
		})
		t.Run("an administrator alone does not read it", func(t *testing.T) {
			_, err := h.Desk.QueuePage(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, desk.QueueQuery{View: desk.ViewOpen})
			refused(t, err, "role-missing")
		})
	})
}

// many writes copies of a ticket on accounts of their own.
func many(ctx context.Context, tx *store.Tx, k recovery.Ticket, n int) error {
	for i := range n {
		id := fmt.Sprintf("many-%d", i)
		if err := tx.SaveAccount(ctx, recovery.Account{ID: id, Person: id, Name: id, Population: recovery.Standard}); err != nil {
			return err
		}
		k.ID, k.Reference, k.Account = id, id, id
		if err := tx.AddTicket(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func TestFindAccounts(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		h.Account("ana")
		found, err := h.Desk.FindAccounts(t.Context(), agent, "NAME OF ANA")
		if err != nil || len(found) != 1 || strings.Join(found[0].Phones, "") != "…01" {
			t.Errorf("found %+v, %v; a number shows its last two digits", found, err)
		}
		_, err = h.Desk.FindAccounts(t.Context(), agent, " a ")
		refused(t, err, "search-short")
	})
}

func TestR22_TheTicketPageHoldsNoSecret(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		k, secret := h.Claimed(agent, "ana")
		if err := h.Desk.SendCode(t.Context(), agent, k.Reference, "code", recovery.ByMailCode, "ana-mail-1"); err != nil {
			t.Fatal(err)
		}
		p, err := h.Desk.TicketPage(t.Context(), agent, k.Reference)
		if err != nil {
			t.Fatal(err)
		}
		p.Ticket.ClaimHash = "" // a hash; pages get the struct, never print it
		all := fmt.Sprintf("%+v", p)
		for _, hidden := range []string{h.Code(k.ID), secret, "ana@one.example", "ana@two.example", "+44163296"} {
			if strings.Contains(all, hidden) {
				t.Errorf("the page knows %q", hidden)
			}
		}
		if p.CodeTo != "a…@one.example" || p.N != 1 || len(p.Choices) != 2 || !p.ClaimLive {
			t.Errorf("page %+v", p)
		}
	})
}
