package desk_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestR14_TheLease(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, other := h.Found(), h.Staff("other", recovery.Agent)
		ctx := t.Context()
		t.Run("a step needs it: while one agent works, another is refused by name and time", func(t *testing.T) {
			k, _ := h.Claimed(agent, "ana")
			err := h.Desk.SendCode(ctx, other, k.Reference, "code", recovery.ByMailCode, "ana-mail-1")
			refused(t, err, "leased")
			if !strings.Contains(err.Error(), "Name of agent is working on this ticket until ") {
				t.Errorf("says %q", err)
			}
		})
		t.Run("it ends five minutes after the last act, on the microsecond", func(t *testing.T) {
			k, _ := h.Claimed(agent, "ben")
			h.Clock.Add(recovery.LeaseLife - 1)
			refused(t, h.Desk.SendCode(ctx, other, k.Reference, "code", recovery.ByMailCode, "ben-mail-1"), "leased")
			h.Clock.Add(1)
			ok(t, h.Desk.SendCode(ctx, other, k.Reference, "code", recovery.ByMailCode, "ben-mail-1"))
			if l := ticketNow(t, h, k.ID).Lease; l.Person != "other" {
				t.Errorf("the ticket is with %q", l.Person)
			}
		})
		t.Run("typing a note renews it, and so does keeping the note", func(t *testing.T) {
			k, _ := h.Claimed(agent, "cleo")
			h.Clock.Add(4 * recovery.Minute)
			must(h.Desk.SaveDraft(ctx, agent, k.Reference, "half a sen"))
			h.Clock.Add(4 * recovery.Minute)
			refused(t, h.Desk.SendCode(ctx, other, k.Reference, "code", recovery.ByMailCode, "cleo-mail-1"), "leased")
			if p := must(h.Desk.TicketPage(ctx, other, k.Reference)); !p.Ticket.Lease.Live(h.Clock.Now()) || !slices.Equal(p.Typing, []string{"Name of agent"}) || p.Draft.Text != "" {
				t.Errorf("the colleague sees the lease %+v, typing %q, draft %q", p.Ticket.Lease, p.Typing, p.Draft.Text)
			}
			ok(t, h.Desk.AddNote(ctx, agent, k.Reference, "half a sentence"))
			h.Clock.Add(4 * recovery.Minute)
			refused(t, h.Desk.SendCode(ctx, other, k.Reference, "code", recovery.ByMailCode, "cleo-mail-1"), "leased")
		})
		t.Run("a note of somebody else renews nothing", func(t *testing.T) {
			k, _ := h.Claimed(agent, "dora")
			h.Clock.Add(4 * recovery.Minute)
			ok(t, h.Desk.AddNote(ctx, other, k.Reference, "the caller rang me"))
			must(h.Desk.SaveDraft(ctx, other, k.Reference, "and"))
			h.Clock.Add(2 * recovery.Minute)
			ok(t, h.Desk.SendCode(ctx, other, k.Reference, "code", recovery.ByMailCode, "dora-mail-1"))
		})
		t.Run("taking over a ticket that is worked asks for a reason; a free one does not", func(t *testing.T) {
			k, _ := h.Claimed(agent, "eva")
			refused(t, h.Desk.TakeLease(ctx, other, k.Reference, " "), "text-missing")
			ok(t, h.Desk.TakeLease(ctx, other, k.Reference, "shift change"))
			h.Clock.Add(recovery.LeaseLife)
			ok(t, h.Desk.TakeLease(ctx, agent, k.Reference, ""))
			rows := must(h.Store.View().LedgerEntries(ctx, store.LedgerFilter{Ticket: k.ID, Kind: string(recovery.LeaseTaken), Limit: 9}))
			if len(rows) != 2 || rows[0].Entry.Data["from"] != "other" || rows[1].Entry.Data["from"] != "agent" || rows[1].Detail != "shift change" {
				t.Errorf("recorded %+v", rows)
			}
		})
		t.Run("of many who take it, one has it", func(t *testing.T) {
			k, _ := h.Claimed(agent, "finn")
			h.Clock.Add(recovery.LeaseLife)
			var people []desk.Actor
			for _, id := range []string{"p1", "p2", "p3", "p4", "p5", "p6"} {
				people = append(people, h.Staff(id, recovery.Agent))
			}
			won := race(len(people), func(i int) error {
				return h.Desk.SendCode(ctx, people[i], k.Reference, "code", recovery.ByMailCode, "finn-mail-1")
			})
			if won != 1 {
				t.Errorf("%d agents sent the code", won)
			}
		})
	})
}

func TestDrafts(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, other := h.Found(), h.Staff("other", recovery.Agent)
		ctx := t.Context()
		k := h.Opened(agent, "ana")
		t.Run("are offered back to their author alone, and gone when the note is kept", func(t *testing.T) {
			size := h.LedgerSize()
			must(h.Desk.SaveDraft(ctx, agent, k.Reference, "hello"))
			must(h.Desk.SaveDraft(ctx, agent, k.Reference, "hello world"))
			if h.LedgerSize() != size {
				t.Error("typing wrote to the ledger")
			}
			if p := must(h.Desk.TicketPage(ctx, agent, k.Reference)); p.Draft.Text != "hello world" {
				t.Errorf("the draft is %q", p.Draft.Text)
			}
			ok(t, h.Desk.AddNote(ctx, agent, k.Reference, "hello world"))
			if p := must(h.Desk.TicketPage(ctx, agent, k.Reference)); p.Draft.Text != "" || len(p.Notes) != 1 {
				t.Errorf("draft %q, %d notes", p.Draft.Text, len(p.Notes))
			}
		})
		t.Run("survive a take-over, and the answer says who and when", func(t *testing.T) {
			ok(t, h.Desk.TakeLease(ctx, agent, k.Reference, ""))
			must(h.Desk.SaveDraft(ctx, agent, k.Reference, "the caller sa"))
			ok(t, h.Desk.TakeLease(ctx, other, k.Reference, "agreed by chat"))
			at := h.Clock.Now()
			kept := must(h.Desk.SaveDraft(ctx, agent, k.Reference, "the caller said"))
			p := must(h.Desk.TicketPage(ctx, agent, k.Reference))
			if kept.Lost != (desk.LostLease{Name: "Name of other", At: at}) || p.Lost != kept.Lost || p.Draft.Text != "the caller said" {
				t.Errorf("answer %+v, page %+v, draft %q", kept.Lost, p.Lost, p.Draft.Text)
			}
			if p := must(h.Desk.TicketPage(ctx, other, k.Reference)); p.Lost.Name != "" {
				t.Error("the new agent is told of a loss")
			}
			ok(t, h.Desk.TakeLease(ctx, agent, k.Reference, "back again"))
			if p := must(h.Desk.TicketPage(ctx, agent, k.Reference)); p.Lost.Name != "" {
				t.Error("who has it back is still told of the loss")
			}
		})
		t.Run("are refused without a role, when too long, and on a ticket at rest", func(t *testing.T) {
			for code, err := range map[string]error{
				"role-missing":  second(h.Desk.SaveDraft(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, k.Reference, "x")),
				"text-too-long": second(h.Desk.SaveDraft(ctx, agent, k.Reference, strings.Repeat("a", recovery.TextMax+1))),
			} {
				refused(t, err, code)
			}
			ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "wrong person"))
			refused(t, second(h.Desk.SaveDraft(ctx, agent, k.Reference, "x")), "wrong-state")
		})
		t.Run("are forgotten after a day", func(t *testing.T) {
			h.Clock.Add(recovery.Day + recovery.Minute)
			ok(t, h.Desk.Sweep(ctx))
			if all := must(h.Store.View().Drafts(ctx, k.ID)); len(all) != 0 {
				t.Errorf("%d drafts are left", len(all))
			}
		})
	})
}

// second is the error of a call that answers two values.
func second[T any](_ T, err error) error { return err }

func TestHandOver(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, other := h.Found(), h.Staff("other", recovery.Agent)
		ctx := t.Context()
		t.Run("gives lease, part and note to the colleague, who is told", func(t *testing.T) {
			k, _ := h.Claimed(agent, "ana")
			ok(t, h.Desk.HandOver(ctx, agent, k.Reference, "other", "code is sent, password is next"))
			now := ticketNow(t, h, k.ID)
			parts := must(h.Store.View().PartsOf(ctx, k.ID))
			notes := must(h.Store.View().Notes(ctx, k.ID))
			if now.Lease.Person != "other" || !now.Lease.Live(h.Clock.Now()) || len(parts) != 2 || len(notes) != 1 || notes[0].Text != "code is sent, password is next" {
				t.Errorf("lease %+v, parts %+v, notes %+v", now.Lease, parts, notes)
			}
			if h.Ledger(1)[0] != string(recovery.TicketHanded) {
				t.Error("it is not recorded")
			}
			notices := must(h.Store.View().NoticesOf(ctx, k.ID))
			if !slices.ContainsFunc(notices, func(n store.NoticeRow) bool {
				return n.Kind == "ticket-handed-over" && n.SentTo == "other@staff.example"
			}) {
				t.Errorf("the colleague is not told: %+v", notices)
			}
			refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "ana-mail-1"), "leased")
			ok(t, h.Desk.SendCode(ctx, other, k.Reference, "code", recovery.ByMailCode, "ana-mail-1"))
		})
		t.Run("R23: whoever got it can no longer approve or review it", func(t *testing.T) {
			both := h.Staff("both", recovery.Agent, recovery.Approver)
			k := h.Opened(agent, "ben")
			ok(t, h.Desk.HandOver(ctx, agent, k.Reference, "both", "go on"))
			parts := must(h.Store.View().PartsOf(ctx, k.ID))
			if !slices.ContainsFunc(parts, func(p store.Part) bool { return p.Person == "both" && p.Part == desk.PartAgent }) {
				t.Errorf("parts %+v", parts)
			}
			_ = both
		})
		t.Run("back to the queue it is nobody's, and anyone may begin", func(t *testing.T) {
			k, _ := h.Claimed(agent, "cleo")
			ok(t, h.Desk.HandOver(ctx, agent, k.Reference, "", "my shift ends"))
			q := must(h.Desk.QueuePage(ctx, other, desk.QueueQuery{View: desk.ViewNobody}))
			if len(q.Rows) != 1 || q.Rows[0].Ticket.ID != k.ID || q.Counts[desk.ViewNobody] != 1 {
				t.Errorf("unassigned are %+v", q.Rows)
			}
			ok(t, h.Desk.SendCode(ctx, other, k.Reference, "code", recovery.ByMailCode, "cleo-mail-1"))
		})
		t.Run("refuses a missing note, oneself, strangers, who may not work it, and a ticket of somebody else", func(t *testing.T) {
			k := h.Opened(agent, "dora")
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.TakePart(ctx, k.ID, "other", desk.PartApprover)
			})
			for name, c := range map[string]struct{ to, note, code string }{
				"no note": {"both", " ", "text-missing"}, "oneself": {"agent", "x", "no-colleague"}, "an approver": {"founder-3", "x", "no-colleague"},
				"nobody known": {"zoe", "x", "no-colleague"}, "who signed on it": {"other", "x", "colleague-barred"},
			} {
				t.Run(name, func(t *testing.T) { refused(t, h.Desk.HandOver(ctx, agent, k.Reference, c.to, c.note), c.code) })
			}
			refused(t, h.Desk.HandOver(ctx, desk.Actor{Kind: desk.StaffAct, Person: "both"}, k.Reference, "agent", "x"), "leased")
			ids := must(h.Desk.Colleagues(ctx, agent, k.Reference))
			if len(ids) != 1 || ids[0].ID != "both" {
				t.Errorf("colleagues %+v", ids)
			}
		})
		h.Verify()
	})
}
