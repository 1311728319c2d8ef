package desk_test

import (
	"strconv"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// emergency is a filled-in form for an emergency.
func emergency(account string) desk.NewTicket {
	return desk.NewTicket{Account: account, Event: recovery.Emergency, Intake: recovery.ByPhone, Source: "withheld", Reason: "Needed for the outage"}
}

func founders() (desk.Actor, desk.Actor) {
	return desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, desk.Actor{Kind: desk.StaffAct, Person: "founder-2"}
}

func TestR18_S19_Incident(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		agent := h.Found()
		one, two := founders()
		h.Account("ann")
		t.Run("without an incident there is no emergency", func(t *testing.T) {
			_, err := h.Desk.OpenTicket(ctx, agent, emergency("ann"))
			refused(t, err, "incident-none")
		})
		t.Run("what the policy does not allow is refused when it is filed", func(t *testing.T) {
			for code, n := range map[string]recovery.NewIncident{
				"incident-name":    {Departments: []string{"Sales"}, Hours: 8, Tickets: 1},
				"incident-scope":   {Name: "Outage", Hours: 8, Tickets: 1},
				"incident-hours":   {Name: "Outage", Departments: []string{"Sales"}, Hours: 73, Tickets: 1},
				"incident-tickets": {Name: "Outage", Departments: []string{"Sales"}, Hours: 8, Tickets: 6},
				"account-unknown":  {Name: "Outage", Accounts: []string{"nobody"}, Hours: 8, Tickets: 1},
			} {
				_, err := h.Desk.ProposeIncident(ctx, one, n)
				refused(t, err, code)
			}
			_, err := h.Desk.ProposeIncident(ctx, agent, recovery.NewIncident{Name: "Outage", Departments: []string{"Sales"}, Hours: 8, Tickets: 1})
			refused(t, err, "role-missing")
		})
		i := h.Incident(one, two, recovery.NewIncident{Name: "Outage", Departments: []string{"Sales"}, Hours: 8, Tickets: 1})
		t.Run("two keys open it, and everybody at the desk is told", func(t *testing.T) {
			if len(i.Openers) != 2 || i.Ends != i.Opened+8*recovery.Hour || !i.Open(h.Clock.Now()) {
				t.Errorf("%+v", i)
			}
			told := map[string]bool{}
			for _, m := range h.Mails() {
				if strings.Contains(m.Subject, "An incident changed") {
					told[m.To] = true
				}
			}
			for _, id := range []string{"agent", "founder-1", "founder-3", "founder-4"} {
				if !told[id+"@staff.example"] {
					t.Errorf("%s was not told", id)
				}
			}
		})
		t.Run("it lists its departments and nobody else, no contractor who is not named", func(t *testing.T) {
			h.Account("out", func(a *recovery.Account) { a.Department = "Legal" })
			_, err := h.Desk.OpenTicket(ctx, agent, emergency("out"))
			refused(t, err, "incident-none")
			contractor := recovery.Account{ID: "c", Department: "Sales", Population: recovery.Contractor}
			if i.Lists(contractor) {
				t.Error("a contractor of the department is in it")
			}
			i.Accounts = []string{"c"}
			if !i.Lists(contractor) {
				t.Error("a named contractor is not in it")
			}
		})
		t.Run("its tickets are counted; one too many is refused", func(t *testing.T) {
			k, err := h.Desk.OpenTicket(ctx, agent, emergency("ann"))
			ok(t, err)
			if k.Incident != i.ID || k.Tier != recovery.Pass {
				t.Errorf("%+v", k)
			}
			h.Account("bob")
			_, err = h.Desk.OpenTicket(ctx, agent, emergency("bob"))
			refused(t, err, "incident-none")
			in := emergency("bob")
			in.Incident = i.ID
			_, err = h.Desk.OpenTicket(ctx, agent, in)
			refused(t, err, "incident-full")
		})
		t.Run("one administrator closes it, with a reason; nobody else, and not twice", func(t *testing.T) {
			refused(t, h.Desk.CloseIncident(ctx, agent, i.ID, "over"), "role-missing")
			refused(t, h.Desk.CloseIncident(ctx, one, i.ID, " "), "text-missing")
			ok(t, h.Desk.CloseIncident(ctx, one, i.ID, "The outage is over"))
			refused(t, h.Desk.CloseIncident(ctx, two, i.ID, "The outage is over"), "incident-closed")
			in := emergency("bob")
			in.Incident = i.ID
			_, err := h.Desk.OpenTicket(ctx, agent, in)
			refused(t, err, "incident-closed")
		})
	})
}

func TestR18_S19_OneApproverAwake(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		agent := h.Found()
		one, two := founders()
		awake := desk.Actor{Kind: desk.StaffAct, Person: "founder-3"}
		i := h.Incident(one, two, recovery.NewIncident{Name: "Outage", Departments: []string{"Sales"}, Hours: 8, Tickets: 5})
		h.Account("ann")
		k, a := h.Asked("ann", agent, desktest.InEmergency(i))
		t.Run("the request waits ten minutes, and every approver and security is told at once", func(t *testing.T) {
			if a.Ends != a.Asked+10*recovery.Minute {
				t.Errorf("it waits %d minutes", (a.Ends-a.Asked)/recovery.Minute)
			}
			if n := len(kept(t, h, recovery.EmergencyAsked)); n != 1 {
				t.Errorf("%d entries", n)
			}
		})
		t.Run("with nobody answering it climbs to the administrators", func(t *testing.T) {
			h.Work()
			if n := len(kept(t, h, recovery.EmergencyClimbed)); n != 0 {
				t.Error("it climbed at once")
			}
			h.Clock.Add(5*recovery.Minute + recovery.Second)
			h.Work()
			if n := len(kept(t, h, recovery.EmergencyClimbed)); n != 1 {
				t.Errorf("%d entries", n)
			}
		})
		t.Run("and finally it is refused: a time-out never approves", func(t *testing.T) {
			h.Clock.Add(5 * recovery.Minute)
			ok(t, h.Desk.ExpireApproval(ctx, a.ID))
			if got := ticketNow(t, h, k.ID); got.State != recovery.Expired || got.Outcome != "nobody-answered" {
				t.Errorf("%s, %s", got.State, got.Outcome)
			}
		})
		h.Account("bob")
		k, a = h.Asked("bob", agent, desktest.InEmergency(i))
		t.Run("who opened the incident approves nothing in it", func(t *testing.T) {
			both := h.Staff("both", recovery.Administrator, recovery.Approver)
			h.SQLExec(`UPDATE incidents SET openers = '["both","founder-1"]'`)
			_, err := h.Sign(both, a.ID, recovery.Approve)
			refused(t, err, "incident-opener")
		})
		t.Run("one approver's key decides for a standard account", func(t *testing.T) {
			h.Work()
			_, err := h.Sign(awake, a.ID, recovery.Approve)
			ok(t, err)
			h.Work()
			if got := h.State(k.ID); got != recovery.Collecting {
				t.Errorf("the ticket is %s", got)
			}
		})
		t.Run("the same agent and approver do not meet again before the review", func(t *testing.T) {
			h.Account("cat")
			_, a := h.Asked("cat", agent, desktest.InEmergency(i))
			h.Work()
			_, err := h.Sign(awake, a.ID, recovery.Approve)
			refused(t, err, "pair-barred")
			next := h.Staff("next", recovery.Approver)
			_, err = h.Sign(next, a.ID, recovery.Approve)
			ok(t, err)
		})
		t.Run("after the review the two may meet again", func(t *testing.T) {
			h.SQLExec(`UPDATE tickets SET state = 'review', completed = 1, review_due = ` + strconv.FormatInt(h.Clock.Now()+recovery.Day, 10) + ` WHERE id = '` + k.ID + `'`)
			ok(t, h.Desk.Review(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-4"}, k.Reference, recovery.FindingOK, ""))
			h.Account("eve")
			_, a := h.Asked("eve", agent, desktest.InEmergency(i))
			h.Work()
			_, err := h.Sign(awake, a.ID, recovery.Approve)
			ok(t, err)
		})
		t.Run("an incident that closes meanwhile stops what is not executed", func(t *testing.T) {
			h.Account("dan")
			late := h.Proofed("dan", agent, desktest.InEmergency(i))
			ok(t, h.Desk.CloseIncident(ctx, two, i.ID, "The outage is over"))
			_, err := h.Desk.AskApproval(ctx, agent, late.Reference, "Every step passed")
			refused(t, err, "incident-none")
		})
	})
}

// Whoever is behind with the review of an emergency, or took part in the
// incident, keeps out.
func TestR23_S19_PeopleOfAnEmergency(t *testing.T) {
	who := func(id string) recovery.Staff { return recovery.Staff{Person: recovery.Person{ID: id}} }
	p := recovery.Parts{Openers: []string{"o"}, Paired: []string{"p"}, Behind: []string{"b"}, Inside: []string{"i"}}
	refused(t, recovery.MayApprove(who("o"), p), "incident-opener")
	refused(t, recovery.MayApprove(who("p"), p), "pair-barred")
	refused(t, recovery.MayApprove(who("b"), p), "review-overdue")
	ok(t, recovery.MayApprove(who("i"), p))
	refused(t, recovery.MayWork("o", p), "incident-opener")
	refused(t, recovery.MayReview(who("o"), p), "inside-incident")
	refused(t, recovery.MayReview(who("i"), p), "inside-incident")
	ok(t, recovery.MayReview(who("b"), p))
}
