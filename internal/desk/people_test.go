package desk_test

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// S4: whoever has a part in a ticket, by any login, neither sees a form nor signs.
func TestR23_S4_ApproverHasAPart(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Staff("agent", recovery.Agent, recovery.Approver)
		h.Account("ana")
		h.Account("ana-admin", func(a *recovery.Account) { a.Person = "ana" }) // a second account of one person
		ana, voucher := h.Staff("ana", recovery.Approver), h.Staff("voucher", recovery.Approver)
		deep := h.Staff("deep", recovery.Approver)
		h.Person("middle", "ana")
		h.Person("lead", "middle")
		h.Person("deep", "lead")
		round := h.Staff("round", recovery.Approver)
		h.Person("round", "circle")
		h.Person("circle", "round")
		k, a := h.Asked("ana-admin", agent)
		h.SQLExec(`UPDATE tickets SET holder = 'ana', requester = 'ana' WHERE id = '` + k.ID + `'`)
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.TakePart(ctx, k.ID, "voucher", desk.PartVoucher)
		})
		for _, c := range []struct {
			name, code string
			actor      desk.Actor
		}{
			{"the agent who worked it", "own-ticket", agent},
			{"the holder, whose other account it is", "own-account", ana},
			{"a voucher", "own-voucher", voucher},
			{"somebody three levels below the holder", "reports-to", deep},
		} {
			t.Run(c.name+" reads why there is no form, and begins nothing", func(t *testing.T) {
				p, err := h.Desk.ApprovalPage(t.Context(), c.actor, a.ID)
				if ok(t, err); p.Why == nil || p.Why.Code != c.code {
					t.Errorf("the page says %+v", p.Why)
				}
				_, err = h.Desk.BeginApproval(t.Context(), c.actor, a.ID, "approve", "yes")
				refusedWith(t, err, c.code)
			})
		}
		t.Run("managers in a circle, far from the ticket, are no bar", func(t *testing.T) {
			_, err := h.Sign(round, a.ID, recovery.Approve)
			ok(t, err)
		})
	})
}

// A2: two approvals of two groups, one of them security.
func TestR23_TwoGroups(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Staff("agent", recovery.Agent)
		people := map[string]desk.Actor{}
		for id, group := range map[string]string{"sec-1": "security", "sec-2": "security", "net": "network", "alone": ""} {
			people[id] = h.Staff(id, recovery.Approver)
			if group != "" {
				h.Group(id, group)
			}
		}
		h.Account("ana")
		k, a := h.Asked("ana", agent)
		h.SQLExec(`UPDATE approvals SET needed = 2, groups_needed = 2`)
		_, err := h.Sign(people["alone"], a.ID, recovery.Approve)
		refusedWith(t, err, "group-none")
		_, err = h.Sign(people["sec-1"], a.ID, recovery.Approve)
		ok(t, err)
		t.Run("the second of one group is refused, with the rule named", func(t *testing.T) {
			_, err := h.Sign(people["sec-2"], a.ID, recovery.Approve)
			refusedWith(t, err, "same-group")
		})
		t.Run("the next draw falls on the group that is missing", func(t *testing.T) {
			now, err := h.Store.View().Approval(t.Context(), a.ID)
			if ok(t, err); now.Drawn != "net" {
				t.Errorf("drawn %q", now.Drawn)
			}
		})
		t.Run("the other group completes it, and the statement says what was asked", func(t *testing.T) {
			g, err := h.Sign(people["net"], a.ID, recovery.Approve)
			ok(t, err)
			if !strings.Contains(g.Statement, "signatures-from: "+recovery.TwoGroups+"\n") || h.State(k.ID) != recovery.Approved {
				t.Errorf("state %s, statement\n%s", h.State(k.ID), g.Statement)
			}
		})
		t.Run("who left the group before the reset ran did not complete it", func(t *testing.T) {
			h.SQLExec(`UPDATE staff_groups SET name = 'network' WHERE person = 'sec-1'`)
			h.Work()
			h.Clock.Add(recovery.ObjectionWindow)
			h.Work()
			if h.State(k.ID) != recovery.Proofing {
				t.Errorf("the ticket is %s", h.State(k.ID))
			}
		})
	})
}

// R15: the approver is drawn, has five minutes alone, and must be on shift.
func TestR15_Draw(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Staff("agent", recovery.Agent)
		one, two := h.Staff("one", recovery.Approver), h.Staff("two", recovery.Approver)
		h.Staff("boss", recovery.Approver)
		h.SQLExec(`UPDATE persons SET manager = 'agent' WHERE id = 'boss'`) // never eligible
		who := map[string]desk.Actor{"one": one, "two": two}
		drawn := map[string]int{}
		for i := range 12 {
			id := "holder-" + string(rune('a'+i))
			h.Account(id)
			a, err := h.Desk.AskApproval(t.Context(), agent, h.Proofed(id, agent).Reference, "yes")
			ok(t, err)
			now, err := h.Store.View().Approval(t.Context(), a.ID)
			ok(t, err)
			drawn[now.Drawn]++
			other := who["one"]
			if now.Drawn == "one" {
				other = who["two"]
			}
			if i > 0 {
				continue
			}
			t.Run("who was not drawn waits five minutes", func(t *testing.T) {
				_, err := h.SignNow(other, a.ID, recovery.Approve)
				refusedWith(t, err, "reserved")
				mine, others, err := h.Desk.WaitingApprovals(t.Context(), who[now.Drawn])
				if ok(t, err); len(mine) != 1 || !mine[0].Mine || len(others) != 0 {
					t.Errorf("the drawn one sees %d of %d, first %v", len(mine), len(others), mine)
				}
				if told := mailTo(h, t, now.Drawn+"@staff.example", string(recovery.NoticeDrawn)); told != 1 {
					t.Errorf("told %d times", told)
				}
				h.Clock.Add(desktest.ReservedFor)
				_, err = h.SignNow(other, a.ID, recovery.Approve)
				ok(t, err)
			})
		}
		if drawn["one"] == 0 || drawn["two"] == 0 || drawn["one"]+drawn["two"] != 12 {
			t.Errorf("drawn %v", drawn) // 1 in 2048 by chance
		}
	})
}

func mailTo(h *desktest.House, t *testing.T, address, kind string) (n int) {
	t.Helper()
	h.SQL(func(tx *sql.Tx) {
		ok(t, tx.QueryRowContext(t.Context(), `SELECT count(*) FROM notices WHERE sent_to = '`+address+`' AND kind = '`+kind+`'`).Scan(&n))
	})
	return n
}

func TestR15_R60_OffShift(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver, admin := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver), h.Staff("admin", recovery.Administrator)
		ok(t, h.Desk.EndShift(t.Context(), admin, "shift-approver"))
		h.Account("ana")
		k, a := h.Asked("ana", agent)
		t.Run("nobody is there: the request waits and the page says so", func(t *testing.T) {
			p, err := h.Desk.ApprovalPage(t.Context(), approver, a.ID)
			if ok(t, err); p.State != recovery.ApprovalWaiting || !strings.Contains(desk.Nobody(p.Could), "Name of approver could decide after switching on") {
				t.Errorf("%s: %q", p.State, desk.Nobody(p.Could))
			}
		})
		t.Run("with a shift to come it says until when, who and where", func(t *testing.T) {
			tomorrow := h.Clock.Now() + recovery.Day
			s, err := h.Desk.AddShift(t.Context(), admin, desk.NewShift{Person: "approver", Site: "Leeds", Zone: "UTC", Date: recovery.UTC(tomorrow)[:10], Begins: 6 * 60, Ends: 14 * 60})
			ok(t, err)
			p, err := h.Desk.ApprovalPage(t.Context(), approver, a.ID)
			want := "Nobody eligible until " + recovery.UTC(tomorrow)[:10] + " 06:00:00 UTC; then Name of approver (Leeds) is on shift."
			if ok(t, err); !strings.HasPrefix(desk.Nobody(p.Could), want) {
				t.Errorf("says %q", desk.Nobody(p.Could))
			}
			if ticket, err := h.Desk.TicketPage(t.Context(), agent, k.Reference); err != nil || ticket.Nobody != desk.Nobody(p.Could) {
				t.Errorf("the ticket's page says %q, %v", ticket.Nobody, err)
			}
			_, err = h.Sign(approver, a.ID, recovery.Approve)
			refusedWith(t, err, "off-shift")
			ok(t, h.Desk.EndShift(t.Context(), admin, s.ID))
		})
		t.Run("more than twelve hours, a shift for nobody, and one by an agent are refused", func(t *testing.T) {
			refusedWith(t, h.Desk.GoOnShift(t.Context(), approver, 13), "hours-many")
			_, err := h.Desk.AddShift(t.Context(), admin, desk.NewShift{Person: "agent", Zone: "UTC", Days: []int{1}})
			refusedWith(t, err, "person-unknown")
			_, err = h.Desk.AddShift(t.Context(), agent, desk.NewShift{Person: "approver", Zone: "UTC", Days: []int{1}})
			refusedWith(t, err, "role-missing")
			refusedWith(t, h.Desk.GoOnShift(t.Context(), agent, 1), "role-missing")
		})
		t.Run("switched on, the approver decides; switched off, not", func(t *testing.T) {
			ok(t, h.Desk.GoOnShift(t.Context(), approver, 1))
			newest(t, h, recovery.ShiftSwitchedOn)
			ok(t, h.Desk.GoOnShift(t.Context(), approver, 0))
			_, err := h.Sign(approver, a.ID, recovery.Approve)
			refusedWith(t, err, "off-shift")
			ok(t, h.Desk.GoOnShift(t.Context(), approver, 12))
			_, err = h.Sign(approver, a.ID, recovery.Approve)
			ok(t, err)
		})
		t.Run("it ends by itself", func(t *testing.T) {
			h.Clock.Add(12 * recovery.Hour)
			h.Account("bo")
			_, b := h.Asked("bo", agent)
			_, err := h.Sign(approver, b.ID, recovery.Approve)
			refusedWith(t, err, "off-shift")
		})
	})
}

// Two ends of one draw: the drawn one and everybody else at the same moment, many
// times over; one signature approves, and nobody but the drawn one gives it.
func TestR15_DrawRace(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Staff("agent", recovery.Agent)
	var all []desk.Actor
	for _, id := range []string{"one", "two", "three"} {
		all = append(all, h.Staff(id, recovery.Approver))
	}
	for round := range 10 {
		id := "holder-" + string(rune('a'+round))
		h.Account(id)
		k, a := h.Asked(id, agent)
		var file []func()
		for _, who := range all {
			touch, err := h.Desk.BeginApproval(t.Context(), who, a.ID, "approve", "yes")
			ok(t, err)
			in := decide(h, who, a.ID, touch, recovery.Approve)
			file = append(file, func() { _, _ = h.Desk.Approve(context.Background(), who, in) })
		}
		drawn := all[round%3].Person
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.DrawApproval(ctx, a.ID, drawn, tx.Now()+desktest.ReservedFor)
		})
		var wg sync.WaitGroup
		for _, f := range file {
			wg.Go(f)
		}
		wg.Wait()
		signed, err := h.Store.View().Signatures(t.Context(), a.ID)
		if ok(t, err); len(signed) != 1 || signed[0].Person != drawn || h.State(k.ID) != recovery.Approved {
			t.Errorf("drawn %s, signed %+v, state %s", drawn, signed, h.State(k.ID))
		}
		h.AtLeisure(a.ID)
	}
	h.Verify()
}

func TestR60_CoverageAlarm(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Found()
		h.SQLExec(`UPDATE shifts SET begins = 360, ends = 1320`) // 06:00 to 22:00 every day
		gaps := func() int {
			n := 0
			for _, k := range h.Ledger(200) {
				if k == string(recovery.CoverageGap) {
					n++
				}
			}
			return n
		}
		ok(t, h.Desk.SweepCoverage(t.Context()))
		if gaps() != 1 || mailTo(h, t, "founder-1@staff.example", string(recovery.NoticeCoverage)) != 1 {
			t.Errorf("%d gaps recorded", gaps())
		}
		t.Run("what was told is not told again, however often it is looked at", func(t *testing.T) {
			for range 20 {
				h.Clock.Add(30 * recovery.Minute)
				ok(t, h.Desk.SweepCoverage(t.Context()))
			}
			if gaps() != 1 {
				t.Errorf("%d gaps recorded", gaps())
			}
		})
		t.Run("the next night is another gap", func(t *testing.T) {
			h.Clock.Add(recovery.Day)
			ok(t, h.Desk.SweepCoverage(t.Context()))
			if gaps() != 2 {
				t.Errorf("%d gaps recorded", gaps())
			}
		})
		t.Run("what a person switches on closes no gap, a shift does", func(t *testing.T) {
			ok(t, h.Desk.GoOnShift(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "founder-3"}, 12))
			r, err := h.Desk.RotaPage(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "founder-1"})
			if ok(t, err); len(r.Gaps) == 0 {
				t.Error("no gap on the page")
			}
			_, err = h.Desk.AddShift(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, desk.NewShift{Person: "founder-3", Zone: "UTC", Days: []int{1, 2, 3, 4, 5, 6, 7}})
			ok(t, err)
			r, err = h.Desk.RotaPage(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "founder-1"})
			if ok(t, err); len(r.Gaps) != 0 {
				t.Errorf("gaps %+v", r.Gaps)
			}
		})
	})
}

// Three decisions of a moment, or nine in an hour, and a second reader signs.
func TestR15_SpeedLimit(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, fast, calm := h.Staff("agent", recovery.Agent), h.Staff("fast", recovery.Approver), h.Staff("calm", recovery.Approver)
		round := 0
		sign := func(reading int64) (recovery.Ticket, recovery.Signature) {
			round++
			id := "holder-" + string(rune('a'+round))
			h.Account(id)
			a, err := h.Desk.AskApproval(t.Context(), agent, h.Proofed(id, agent).Reference, "yes")
			ok(t, err)
			h.SQLExec(`UPDATE approvals SET reserved = 0`)
			touch, err := h.Desk.BeginApproval(t.Context(), fast, a.ID, "approve", "yes")
			ok(t, err)
			h.Clock.Add(reading)
			g, err := h.Desk.Approve(t.Context(), fast, decide(h, fast, a.ID, touch, recovery.Approve))
			ok(t, err)
			k, err := h.Store.View().Ticket(t.Context(), a.Ticket)
			ok(t, err)
			return k, g
		}
		t.Run("the fourth after three in under fifteen seconds waits for a second reader", func(t *testing.T) {
			for range 3 {
				if k, g := sign(recovery.Second); k.State != recovery.Approved || g.Hasty != "" {
					t.Fatalf("%s, hasty %q", k.State, g.Hasty)
				}
			}
			k, g := sign(recovery.Minute)
			if k.State != recovery.WaitingApproval || g.Hasty != "quick" {
				t.Fatalf("%s, hasty %q", k.State, g.Hasty)
			}
			p, err := h.Desk.ApprovalPage(t.Context(), calm, g.Approval)
			if ok(t, err); p.Needed != 2 || p.Signed[0].Hasty != "quick" {
				t.Errorf("the page says %d signatures, %+v", p.Needed, p.Signed)
			}
			_, err = h.Sign(calm, g.Approval, recovery.Approve)
			if ok(t, err); h.State(k.ID) != recovery.Approved {
				t.Errorf("after the second reader: %s", h.State(k.ID))
			}
		})
		t.Run("the ninth in an hour does too, and an hour later none", func(t *testing.T) {
			h.AtLeisure("")
			for range 8 {
				if k, _ := sign(20 * recovery.Second); k.State != recovery.Approved {
					t.Fatalf("the ticket is %s", k.State)
				}
			}
			if k, g := sign(20 * recovery.Second); k.State != recovery.WaitingApproval || g.Hasty != "hourly" {
				t.Errorf("%s, hasty %q", k.State, g.Hasty)
			}
			h.Clock.Add(recovery.Hour)
			if k, _ := sign(20 * recovery.Second); k.State != recovery.Approved {
				t.Errorf("an hour later: %s", k.State)
			}
		})
	})
}

// S7: a cookie alone, or an answer made for another moment, session or case.
func TestR15_S7_SessionWithoutKey(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana")
		h.Account("bo")
		k, a := h.Asked("ana", agent)
		_, b := h.Asked("bo", agent)
		refuse := func(name, code string, in desk.Decide, by desk.Actor) {
			t.Run(name+" is refused and recorded", func(t *testing.T) {
				_, err := h.Desk.Approve(t.Context(), by, in)
				refusedWith(t, err, code)
				newest(t, h, recovery.ApprovalRefused)
			})
		}
		refuse("no answer at all", "touch-spent", desk.Decide{Approval: a.ID, Decision: recovery.Approve}, approver)
		begin := func(id string) desk.Touch {
			touch, err := h.Desk.BeginApproval(t.Context(), approver, id, "approve", "yes")
			ok(t, err)
			return touch
		}
		other := decide(h, approver, b.ID, begin(b.ID), recovery.Approve)
		other.Approval = a.ID
		refuse("an answer for another case", "touch-spent", other, approver)
		stolen := approver
		stolen.Session = "another session"
		refuse("an answer begun in another session", "touch-spent", decide(h, approver, a.ID, begin(a.ID), recovery.Approve), stolen)
		late := decide(h, approver, a.ID, begin(a.ID), recovery.Approve)
		h.Clock.Add(recovery.ChallengeLife)
		refuse("an answer that is too old", "key-expired", late, approver)
		if h.State(k.ID) != recovery.WaitingApproval {
			t.Errorf("the ticket is %s", h.State(k.ID))
		}
	})
}
