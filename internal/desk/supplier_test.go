package desk_test

import (
	"slices"
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
		admin, second, founder := person("founder-1"), person("founder-2"), person("founder-3")
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
		h.Outsource(admin, second, "acme", "Plant")
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
			h.Outsource(second, admin, "acme")
			_, err := h.Desk.TicketPage(t.Context(), agent, ticket.Reference)
			ok(t, err)
		})
	})
}

// What a supplier's people see and decide grows by two administrators' keys only.
func TestR4_S22_NoSingleHandOverSuppliers(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	house := h.Found()
	admin, second := person("founder-1"), person("founder-2")
	h.Staff("supplier", recovery.Agent, recovery.Approver)
	h.Group("supplier", "acme")
	for _, d := range []string{"Plant", "Sales", "Works"} {
		h.Account("in-"+d, func(a *recovery.Account) { a.Department = d })
	}
	outsource := func(who desk.Actor, group string, departments ...string) error {
		_, err := h.Desk.OutsourceGroup(t.Context(), who, group, departments)
		return err
	}
	scope := func() string { return strings.Join(standing(t, h, "supplier").Scope, " ") }
	decides := func() bool { return standing(t, h, "supplier").Has(recovery.Approver, h.Clock.Now()) }
	t.Run("what cannot be is refused when it is filed", func(t *testing.T) {
		h.Group("founder-1", "heads")
		refusedWith(t, outsource(admin, "acme"), "scope-missing")
		refusedWith(t, outsource(admin, "acme", "Nowhere"), "scope-missing")
		refusedWith(t, outsource(admin, "nobody", "Plant"), "group-unknown")
		refusedWith(t, outsource(house, "acme", "Plant"), "role-missing")
		refusedWith(t, outsource(admin, "heads", "Plant"), "last-administrators")
		_, err := h.Desk.TakeInHouse(t.Context(), admin, "acme")
		refusedWith(t, err, "not-outsourced")
	})
	t.Run("filing changes nothing, and the filer does not sign", func(t *testing.T) {
		p, err := h.Desk.OutsourceGroup(t.Context(), admin, "acme", []string{"Plant", "Sales"})
		ok(t, err)
		refusedWith(t, h.SignProposal(admin, p.ID, recovery.Approve), "own-proposal")
		if scope() != "" || !decides() {
			t.Errorf("one hand made the scope %q", scope())
		}
		ok(t, h.SignProposal(second, p.ID, recovery.Approve))
		if scope() != "Plant Sales" || decides() {
			t.Errorf("in force, the scope is %q and the supplier's approver decides: %v", scope(), decides())
		}
		refusedWith(t, outsource(admin, "acme", "Sales", "Plant"), "no-change")
	})
	t.Run("a scope that becomes smaller is so at once, and security is told", func(t *testing.T) {
		p, err := h.Desk.OutsourceGroup(t.Context(), admin, "acme", []string{"Plant"})
		if ok(t, err); p.ID != "" || scope() != "Plant" {
			t.Errorf("filed %q, the scope is %q", p.ID, scope())
		}
		if e := newestRow(t, h).Entry; e.Kind != string(recovery.GroupOutsourced) || e.Data["departments"] != "1" {
			t.Errorf("recorded %+v", e)
		}
	})
	t.Run("nor does one administrator move an account into the supplier's department", func(t *testing.T) {
		plant := "Plant"
		r, err := h.Desk.EditAccount(t.Context(), admin, desk.AccountEdit{Account: "in-Works", Department: &plant})
		if ok(t, err); r.Filed == nil || account(t, h, "in-Works").Department != "Works" {
			t.Errorf("report %+v", r)
		}
	})
	t.Run("another department beside is no smaller scope", func(t *testing.T) {
		for _, to := range [][]string{{"Sales"}, {"Plant", "Sales"}} {
			p, err := h.Desk.OutsourceGroup(t.Context(), admin, "acme", to)
			if ok(t, err); p.State != recovery.ProposalWaiting || scope() != "Plant" {
				t.Errorf("%v: %+v, the scope is %q", to, p, scope())
			}
		}
	})
	t.Run("who joins after the filing gets nothing by it", func(t *testing.T) {
		p, err := h.Desk.TakeInHouse(t.Context(), admin, "acme")
		ok(t, err)
		h.Staff("later", recovery.Agent)
		h.Group("later", "acme")
		ok(t, h.SignProposal(second, p.ID, recovery.Approve))
		if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalFailed || decides() {
			t.Errorf("%+v", got)
		}
	})
	t.Run("into the house by two keys, and the lines say whose roles count again", func(t *testing.T) {
		p, err := h.Desk.TakeInHouse(t.Context(), admin, "acme")
		ok(t, err)
		if text := strings.Join(p.Lines, "\n"); decides() || !strings.Contains(text, "  supplier \"Name of supplier\", agent, approver\n") || !strings.Contains(text, "\n- department \"Plant\"") {
			t.Errorf("filed, the approver decides: %v; the lines say\n%s", decides(), text)
		}
		if ok(t, h.SignProposal(second, p.ID, recovery.Approve)); !decides() || scope() != "" {
			t.Errorf("in force, the scope is %q", scope())
		}
	})
}

func missing(err error) bool {
	return err != nil && strings.Contains(err.Error(), store.ErrNotFound.Error())
}

// Every way in asks the scope, not only the pages that list.
func TestR15_S22_ASupplierReachesNothingOutsideTheScope(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx, house := t.Context(), h.Found()
		one, two := founders()
		agent := h.Staff("supplier", recovery.Agent, recovery.Approver, recovery.Administrator)
		h.Group("supplier", "acme", recovery.SecurityGroup)
		h.Account("plant-one", func(a *recovery.Account) { a.Department = "Plant" })
		sales := h.Account("sales-one")
		h.Passkey("sales-one")
		h.Outsource(one, two, "acme", "Plant")
		in := emergency("sales-one")
		in.Incident = h.Incident(one, two, recovery.NewIncident{Name: "Outage", Accounts: []string{"plant-one", "sales-one"}, Hours: 8, Tickets: 2}).ID
		k, err := h.Desk.OpenTicket(ctx, house, in)
		ok(t, err)
		t.Run("a report", func(t *testing.T) {
			err := h.Desk.ReportAtDesk(ctx, agent, desk.DeskReport{Account: "sales-one", What: string(recovery.LostDevice), Number: "sales-one-phone", Note: "Rang her back"})
			if !missing(err) || livePasskeys(t, h, "sales-one") != 1 {
				t.Errorf("%v, %d passkeys live", err, livePasskeys(t, h, "sales-one"))
			}
		})
		t.Run("an incident's tickets and accounts", func(t *testing.T) {
			p, err := h.Desk.IncidentsPage(ctx, agent)
			if ok(t, err); len(p.Incidents) != 1 || len(p.Incidents[0].Tickets) != 0 || !slices.Equal(p.Incidents[0].Accounts, []string{"plant-one"}) {
				t.Errorf("%+v", p.Incidents)
			}
			if p, err = h.Desk.IncidentsPage(ctx, house); err != nil || len(p.Incidents[0].Tickets) != 1 || len(p.Incidents[0].Accounts) != 2 {
				t.Errorf("to the house %+v, %v", p.Incidents, err)
			}
			if _, err := h.Desk.IncidentsFor(ctx, agent, sales); !missing(err) {
				t.Errorf("for an account: %v", err)
			}
		})
		t.Run("what the policy asks of a ticket", func(t *testing.T) {
			if _, err := h.Desk.Ruling(ctx, agent, k.Reference); !missing(err) {
				t.Errorf("%v", err)
			}
		})
		t.Run("a ticket that is handed over", func(t *testing.T) {
			refused(t, h.Desk.HandOver(ctx, house, k.Reference, "supplier", "go on"), "colleague-barred")
			all, err := h.Desk.Colleagues(ctx, house, k.Reference)
			if ok(t, err); slices.ContainsFunc(all, func(c desk.Colleague) bool { return c.ID == "supplier" }) {
				t.Error("the supplier's agent is offered")
			}
		})
		t.Run("the mails to roles that do not count, nor to security", func(t *testing.T) {
			before := len(h.Mails())
			_, err := h.Desk.ProposeIncident(ctx, one, recovery.NewIncident{Name: "Flood", Accounts: []string{"sales-one"}, Hours: 8, Tickets: 1})
			ok(t, err)
			ok(t, h.Desk.Pressured(ctx, house, k.Reference))
			for _, m := range h.Mails()[before:] {
				if m.To == "supplier@staff.example" {
					t.Errorf("told: %s", m.Subject)
				}
			}
		})
		t.Run("the switch of raised-threat mode, whatever group the person is in", func(t *testing.T) {
			_, err := h.Raise(agent)
			refused(t, err, "not-security")
			refused(t, h.Desk.RevokePasses(ctx, agent), "not-security")
		})
		t.Run("the team's saved views", func(t *testing.T) {
			ok(t, h.Desk.SaveView(ctx, house, store.SavedView{Name: "Boss of sales", Query: "q=sales-one", Team: true}))
			ok(t, h.Desk.SaveView(ctx, agent, store.SavedView{Name: "Mine", Query: "q=plant"}))
			refused(t, h.Desk.SaveView(ctx, agent, store.SavedView{Name: "For all", Query: "q=plant", Team: true}), "supplier")
			views, err := h.Desk.ViewsPage(ctx, agent)
			ok(t, err)
			q, err := h.Desk.QueuePage(ctx, agent, desk.QueueQuery{View: desk.ViewOpen})
			if ok(t, err); len(views) != 1 || len(q.Saved) != 1 || q.Saved[0].Name != "Mine" {
				t.Errorf("%+v, %+v", views, q.Saved)
			}
		})
		t.Run("the ids of an incident, by mail", func(t *testing.T) {
			told := 0
			for _, m := range h.Mails() {
				if m.To == "supplier@staff.example" && strings.Contains(m.Subject, "An incident changed") {
					if told++; strings.Contains(m.Text, "sales-one") || !strings.Contains(m.Text, "accounts that it names, 2 of them") {
						t.Errorf("told %s", m.Text)
					}
				}
			}
			if told == 0 {
				t.Error("not told at all")
			}
		})
		t.Run("the count of administrators: two are left", func(t *testing.T) {
			refused(t, h.Desk.EndRole(ctx, one, "founder-2", recovery.Administrator), "last-administrators")
		})
	})
}
