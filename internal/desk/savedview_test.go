package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestR14_SavedViews(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, other := h.Found(), h.Staff("other", recovery.Agent)
		reviewer := desk.Actor{Kind: desk.StaffAct, Person: "founder-4"}
		ctx := t.Context()
		names := func(a desk.Actor) string {
			var out []string
			for _, w := range must(h.Desk.ViewsPage(ctx, a)) {
				out = append(out, w.Name)
			}
			return strings.Join(out, ", ")
		}
		id := func(name string) string {
			for _, w := range must(h.Desk.ViewsPage(ctx, agent)) {
				if w.Name == name {
					return w.ID
				}
			}
			t.Fatalf("no view %q", name)
			return ""
		}
		ok(t, h.Desk.SaveView(ctx, agent, store.SavedView{Name: " My resets ", Query: "tier=reset&view=mine"}))
		ok(t, h.Desk.SaveView(ctx, agent, store.SavedView{Name: "All resets", Query: "tier=reset&view=open", Team: true}))
		t.Run("a personal one is its author's, a team one everybody's", func(t *testing.T) {
			if names(agent) != "My resets, All resets" || names(other) != "All resets" {
				t.Errorf("the author sees %q, a colleague %q", names(agent), names(other))
			}
			if q := must(h.Desk.QueuePage(ctx, other, desk.QueueQuery{View: desk.ViewOpen})); len(q.Saved) != 1 {
				t.Errorf("the queue offers %+v", q.Saved)
			}
		})
		t.Run("renaming and removing are recorded; the name stays out of the entry", func(t *testing.T) {
			ok(t, h.Desk.RenameView(ctx, agent, id("My resets"), "Resets of mine"))
			rows := must(h.Store.View().LedgerEntries(ctx, store.LedgerFilter{Limit: 1}))
			if rows[0].Entry.Kind != string(recovery.ViewRenamed) || strings.Contains(fmt.Sprint(rows[0].Entry.Data), "Resets") || rows[0].Detail != "Resets of mine" {
				t.Errorf("recorded %+v", rows[0])
			}
			ok(t, h.Desk.RemoveView(ctx, agent, id("Resets of mine")))
			if names(agent) != "All resets" {
				t.Errorf("left are %q", names(agent))
			}
		})
		t.Run("a colleague's personal view is not there, his team view is a lead's to change", func(t *testing.T) {
			ok(t, h.Desk.SaveView(ctx, agent, store.SavedView{Name: "Private", Query: "view=mine"}))
			if err := h.Desk.RenameView(ctx, other, id("Private"), "x"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("renaming a stranger's view: %v", err)
			}
			if err := h.Desk.RemoveView(ctx, reviewer, id("Private")); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("removing a stranger's view: %v", err)
			}
			refused(t, h.Desk.RemoveView(ctx, other, id("All resets")), "not-your-view")
			ok(t, h.Desk.RenameView(ctx, reviewer, id("All resets"), "Resets"))
			ok(t, h.Desk.RemoveView(ctx, reviewer, id("Resets")))
		})
		t.Run("a view needs a name that fits, a role, and room", func(t *testing.T) {
			refused(t, h.Desk.SaveView(ctx, agent, store.SavedView{Name: " ", Query: "view=mine"}), "name-missing")
			refused(t, h.Desk.SaveView(ctx, agent, store.SavedView{Name: strings.Repeat("x", 61), Query: "view=mine"}), "text-too-long")
			refused(t, h.Desk.SaveView(ctx, agent, store.SavedView{Name: "x", Query: strings.Repeat("x", 501)}), "text-too-long")
			refused(t, h.Desk.SaveView(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, store.SavedView{Name: "x"}), "role-missing")
			for i := range recovery.ViewsPerPerson {
				ok(t, h.Desk.SaveView(ctx, other, store.SavedView{Name: fmt.Sprint(i), Query: "view=mine"}))
			}
			refused(t, h.Desk.SaveView(ctx, other, store.SavedView{Name: "one more"}), "views-full")
			ok(t, h.Desk.SaveView(ctx, other, store.SavedView{Name: "for all", Team: true}))
		})
		h.Verify()
	})
}

func TestR14_FixedViews(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, other := h.Found(), h.Staff("other", recovery.Agent)
		ctx := t.Context()
		k, _ := h.Claimed(agent, "ana")
		h.Opened(other, "ben")
		show := func(a desk.Actor, q desk.QueueQuery) (out []string) {
			for _, r := range must(h.Desk.QueuePage(ctx, a, q)).Rows {
				out = append(out, r.Ticket.Account)
			}
			return out
		}
		t.Run("mine follows the work: who takes a ticket over has it", func(t *testing.T) {
			ok(t, h.Desk.TakeLease(ctx, other, k.Reference, "shift change"))
			if got := fmt.Sprint(show(agent, desk.QueueQuery{View: desk.ViewMine}), show(other, desk.QueueQuery{View: desk.ViewOpen, Mine: true})); got != "[] [ana ben]" {
				t.Errorf("mine are %s", got)
			}
		})
		t.Run("expiring means any deadline: a code counts", func(t *testing.T) {
			ok(t, h.Desk.SendCode(ctx, other, k.Reference, "code", recovery.ByMailCode, "ana-mail-1"))
			h.Clock.Add(desktest.IssuedCodeEmail - 10*recovery.Minute)
			q := must(h.Desk.QueuePage(ctx, agent, desk.QueueQuery{View: desk.ViewExpiring}))
			if len(q.Rows) != 1 || q.Rows[0].Ticket.ID != k.ID || q.Counts[desk.ViewExpiring] != 1 {
				t.Errorf("expiring are %+v", q.Rows)
			}
		})
		t.Run("what is long over is not expiring", func(t *testing.T) {
			late := h.Opened(agent, "late")
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				over := late
				over.State, over.Due, over.DueWhat = recovery.InReview, tx.Now()-recovery.Day, "letters"
				return tx.SaveTicket(ctx, late, over)
			})
			if got := show(agent, desk.QueueQuery{View: desk.ViewExpiring}); len(got) != 1 || got[0] != "ana" {
				t.Errorf("expiring are %q", got)
			}
		})
		t.Run("raised risk is a filter", func(t *testing.T) {
			ok(t, h.Desk.Pressured(ctx, other, k.Reference))
			if got := show(agent, desk.QueueQuery{View: desk.ViewOpen, Risk: true}); len(got) != 1 || got[0] != "ana" {
				t.Errorf("raised are %q", got)
			}
		})
		t.Run("waiting for my approval leaves out what I work on or asked for", func(t *testing.T) {
			both := h.Staff("both", recovery.Agent, recovery.Approver)
			h.Account("cleo")
			h.Account("dora")
			h.Asked("cleo", agent)
			h.Asked("dora", both)
			q := must(h.Desk.QueuePage(ctx, both, desk.QueueQuery{View: desk.ViewApproval}))
			if len(q.Rows) != 1 || q.Rows[0].Ticket.Account != "cleo" || q.Counts[desk.ViewApproval] != 1 {
				t.Errorf("waiting are %+v, counted %d", q.Rows, q.Counts[desk.ViewApproval])
			}
		})
		t.Run("a count ends at a hundred and one", func(t *testing.T) {
			h.Write(func(ctx context.Context, tx *store.Tx) error { return many(ctx, tx, k, 120) })
			q := must(h.Desk.QueuePage(ctx, agent, desk.QueueQuery{View: desk.ViewNobody}))
			if n := q.Counts[desk.ViewNobody]; n != desk.CountMax+1 {
				t.Errorf("counted %d", n)
			}
		})
	})
}

func TestNamesakesAndShortNames(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		named := func(id, name string) recovery.Account {
			return h.Account(id, func(a *recovery.Account) { a.Name = name })
		}
		bo := named("u-1", "Bo Lind")
		named("u-2", "BÓ  LIND")
		named("u-3", "Bo\u0301 Lind")
		named("u-4", "Bo Lindt")
		named("u-5", "Eva Ek-Bo")
		find := func(text string) string {
			var out []string
			for _, f := range must(h.Desk.FindAccounts(t.Context(), agent, text)) {
				out = append(out, f.Account.ID)
			}
			return strings.Join(out, " ")
		}
		t.Run("R52: namesakes are counted whatever case and accents", func(t *testing.T) {
			if n := must(h.Store.View().Namesakes(t.Context(), bo)); n != 2 {
				t.Errorf("%d namesakes, want 2", n)
			}
		})
		t.Run("two letters, a part after a hyphen, two words, a mail address and an id find", func(t *testing.T) {
			for text, want := range map[string]string{"bo": "u-2 u-1 u-4 u-3 u-5", "ék": "u-5", "lindt": "u-4", "l bo": "u-2 u-1 u-4 u-3", "u-5@two": "u-5", "U-4": "u-4", "%o": "", "nd": ""} {
				got := strings.Fields(find(text))
				if len(got) != len(strings.Fields(want)) {
					t.Errorf("%q finds %q, want %q", text, got, want)
				}
			}
		})
		t.Run("the reference of a ticket finds its account", func(t *testing.T) {
			k := must(h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("u-4")))
			if got := find(strings.ToLower(k.Reference)); got != "u-4" {
				t.Errorf("finds %q", got)
			}
		})
		t.Run("a new name replaces the words of the old one", func(t *testing.T) {
			bo.Name = "Ida Ek"
			h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.SaveAccount(ctx, bo) })
			if got := find("ida"); got != "u-1" {
				t.Errorf("finds %q", got)
			}
			if strings.Contains(find("lind"), "u-1") {
				t.Error("the old name still finds the account")
			}
		})
		t.Run("rows of an earlier version are filled in by the migration", func(t *testing.T) {
			h.SQLExec(`UPDATE accounts SET folded = ''`)
			h.SQLExec(`DELETE FROM account_words`)
			ok(t, h.Store.Migrate(t.Context()))
			if got := find("eva"); got != "u-5" {
				t.Errorf("finds %q", got)
			}
			if n := must(h.Store.View().Namesakes(t.Context(), recovery.Account{ID: "x", Name: "bo lind"})); n != 2 {
				t.Errorf("%d namesakes", n)
			}
		})
	})
}
