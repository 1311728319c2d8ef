package desk_test

import (
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// S22: a supplier's agents see their scope, never privileged people, nothing
// about the house, and every search is on record; the client approves.
func TestR23_S22_Supplier(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		house := h.Found()
		admin, founder := desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, desk.Actor{Kind: desk.StaffAct, Person: "founder-3"}
		agent := h.Staff("supplier", recovery.Agent, recovery.Auditor, recovery.Approver)
		h.Group("supplier", "acme")
		in := func(department string, p recovery.Population) func(*recovery.Account) {
			return func(a *recovery.Account) { a.Department, a.Population = department, p }
		}
		h.Account("plant-one", in("Plant", recovery.Standard))
		h.Account("plant-boss", in("Plant", recovery.Privileged))
		h.Account("sales-one", in("Sales", recovery.Standard))
		ticket, err := h.Desk.OpenTicket(t.Context(), house, desktest.DeviceLoss("sales-one"))
		ok(t, err)
		refusedWith(t, h.Desk.OutsourceGroup(t.Context(), admin, "acme", nil), "scope-missing")
		refusedWith(t, h.Desk.OutsourceGroup(t.Context(), admin, "nobody", []string{"Plant"}), "group-unknown")
		refusedWith(t, h.Desk.OutsourceGroup(t.Context(), house, "acme", []string{"Plant"}), "role-missing")
		ok(t, h.Desk.OutsourceGroup(t.Context(), admin, "acme", []string{"Plant"}))
		t.Run("a search finds the scope only and is recorded with its words aside", func(t *testing.T) {
			found, err := h.Desk.FindAccounts(t.Context(), agent, "one")
			if ok(t, err); len(found) != 1 || found[0].Account.ID != "plant-one" {
				t.Errorf("found %+v", found)
			}
			row := newestRow(t, h)
			if row.Entry.Kind != string(recovery.StaffSearched) || row.Entry.Actor != "person:supplier" || row.Entry.Data["found"] != "1" {
				t.Errorf("recorded %+v", row.Entry)
			}
			if found, err = h.Desk.FindAccounts(t.Context(), agent, "boss"); err != nil || len(found) != 0 {
				t.Errorf("found %+v, %v", found, err)
			}
			list, err := h.Desk.AccountsPage(t.Context(), agent, "", "")
			if ok(t, err); len(list.Accounts) != 1 || list.Accounts[0].ID != "plant-one" {
				t.Errorf("lists %+v", list.Accounts)
			}
		})
		t.Run("the client's auditor reads every search with its words", func(t *testing.T) {
			auditor := h.Staff("auditor", recovery.Auditor)
			log, err := h.Desk.AuditPage(t.Context(), auditor, desk.AuditFilter{Kind: string(recovery.StaffSearched), Actor: "supplier"})
			if ok(t, err); len(log.Rows) != 2 {
				t.Fatalf("%d searches", len(log.Rows))
			}
			e, err := h.Desk.Entry(t.Context(), auditor, log.Rows[1].Entry.Seq)
			if ok(t, err); !strings.Contains(e.LedgerRow.Detail, "one") {
				t.Errorf("%q", e.LedgerRow.Detail)
			}
		})
		t.Run("an open ticket of the same person outside the scope is not named", func(t *testing.T) {
			h.Account("sales-two", in("Sales", recovery.Standard))
			h.SQLExec(`UPDATE accounts SET person = 'plant-one' WHERE id = 'sales-two'`)
			elsewhere, err := h.Desk.OpenTicket(t.Context(), house, desktest.DeviceLoss("sales-two"))
			ok(t, err)
			o, err := h.Desk.CheckTicket(t.Context(), agent, desktest.DeviceLoss("plant-one"))
			if ok(t, err); len(o.Others) != 0 || len(o.Linked) != 0 {
				t.Errorf("%+v, %+v", o.Others, o.Linked)
			}
			o, err = h.Desk.CheckTicket(t.Context(), house, desktest.DeviceLoss("plant-one"))
			if ok(t, err); len(o.Others) != 1 || o.Others[0].ID != elsewhere.ID {
				t.Errorf("to the house: %+v", o.Others)
			}
			a, err := h.Store.View().Account(t.Context(), "plant-one")
			ok(t, err)
			all, err := h.Desk.Already(t.Context(), agent, a)
			if ok(t, err); len(all) != 0 {
				t.Errorf("already: %+v", all)
			}
			ok(t, h.Desk.WithdrawTicket(t.Context(), house, elsewhere.Reference, "found it"))
		})
		t.Run("what is outside is not there: account, ticket, queue, act", func(t *testing.T) {
			for _, id := range []string{"sales-one", "plant-boss"} {
				if _, err := h.Desk.AccountPage(t.Context(), agent, id); !missing(err) {
					t.Errorf("%s: %v", id, err)
				}
				if _, err := h.Desk.AccountForTicket(t.Context(), agent, id); !missing(err) {
					t.Errorf("%s: %v", id, err)
				}
				_, err := h.Desk.CheckTicket(t.Context(), agent, desktest.DeviceLoss(id))
				refusedWith(t, err, "account-unknown")
				_, err = h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss(id))
				refusedWith(t, err, "account-unknown")
			}
			if _, err := h.Desk.TicketPage(t.Context(), agent, ticket.Reference); !missing(err) {
				t.Errorf("ticket: %v", err)
			}
			for name, err := range map[string]error{
				"note": h.Desk.AddNote(t.Context(), agent, ticket.Reference, "hello"), "pressure": h.Desk.Pressured(t.Context(), agent, ticket.Reference),
				"lease": h.Desk.TakeLease(t.Context(), agent, ticket.Reference, "mine"),
			} {
				if !missing(err) {
					t.Errorf("%s: %v", name, err)
				}
			}
			for _, text := range []string{"", ticket.Reference, "one"} {
				q, err := h.Desk.QueuePage(t.Context(), agent, desk.QueueQuery{View: desk.ViewOpen, Text: text})
				if ok(t, err); len(q.Rows) != 0 || len(q.Counts) != 0 {
					t.Errorf("%q lists %d, counts %v", text, len(q.Rows), q.Counts)
				}
			}
		})
		t.Run("no other role counts, and the house's own pages stay shut: nothing to export", func(t *testing.T) {
			_, _, err := h.Desk.WaitingApprovals(t.Context(), agent)
			refusedWith(t, err, "role-missing")
			_, err = h.Desk.AuditPage(t.Context(), agent, desk.AuditFilter{})
			refusedWith(t, err, "role-missing")
			_, err = h.Desk.StaffPage(t.Context(), agent)
			refusedWith(t, err, "supplier")
			_, _, err = h.Desk.OpenProposals(t.Context(), agent)
			refusedWith(t, err, "supplier")
		})
		t.Run("a ticket that a supplier worked is approved by a group of the house", func(t *testing.T) {
			_, a := h.Asked("plant-one", agent)
			_, err := h.Sign(founder, a.ID, recovery.Approve)
			refusedWith(t, err, "group-client")
			h.Group("founder-3", "desk")
			_, err = h.Sign(founder, a.ID, recovery.Approve)
			ok(t, err)
		})
		t.Run("back in the house, everything is there again", func(t *testing.T) {
			ok(t, h.Desk.TakeInHouse(t.Context(), admin, "acme"))
			_, err := h.Desk.TicketPage(t.Context(), agent, ticket.Reference)
			ok(t, err)
		})
	})
}

func missing(err error) bool {
	return err != nil && strings.Contains(err.Error(), store.ErrNotFound.Error())
}
