package desk_test

import (
	"context"
	"errors"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestAudit(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ada := h.Staff("ada", recovery.Auditor)
		agent := h.Found()
		opened := h.Opened(agent, "cy")
		var err error
		list := func(f desk.AuditFilter) desk.AuditView {
			t.Helper()
			v, err := h.Desk.AuditPage(t.Context(), ada, f)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		t.Run("everything about a ticket is found by its reference and by its id", func(t *testing.T) {
			for _, name := range []string{opened.Reference, opened.ID} {
				rows := list(desk.AuditFilter{Ticket: name}).Rows
				if len(rows) != 1 || rows[0].Entry.Kind != string(recovery.TicketOpened) || rows[0].Who != "Name of agent" || rows[0].Reference != opened.Reference {
					t.Fatalf("%s: %+v", name, rows)
				}
			}
			_, err = h.Desk.AuditPage(t.Context(), ada, desk.AuditFilter{Ticket: "0000-0000"})
			refused(t, err, "ticket-unknown")
		})
		t.Run("actor, account, kind, family, outcome and time narrow the list", func(t *testing.T) {
			if _, err := h.Desk.AskApproval(t.Context(), agent, opened.Reference, "too early"); err == nil {
				t.Fatal("asked too early")
			}
			for _, c := range []struct {
				f    desk.AuditFilter
				want string
			}{
				{desk.AuditFilter{Actor: "agent"}, "person:agent"}, {desk.AuditFilter{Account: "cy"}, "person:agent"},
				{desk.AuditFilter{Kind: "ticket.opened"}, "person:agent"}, {desk.AuditFilter{Kind: "ticket"}, "person:agent"},
				{desk.AuditFilter{Outcome: "refused"}, "person:agent"}, {desk.AuditFilter{From: h.Clock.Now(), Actor: "person:agent"}, "person:agent"},
			} {
				rows := list(c.f).Rows
				if len(rows) == 0 || rows[0].Entry.Actor != c.want {
					t.Errorf("%+v: %+v", c.f, rows)
				}
			}
			for _, f := range []desk.AuditFilter{{Actor: "nobody"}, {Kind: "%"}, {Kind: "ticke"}, {Until: 1}, {From: h.Clock.Now() + 1}, {Outcome: "failed"}} {
				if rows := list(f).Rows; len(rows) != 0 {
					t.Errorf("%+v: %d rows", f, len(rows))
				}
			}
			_, err = h.Desk.AuditPage(t.Context(), ada, desk.AuditFilter{Outcome: "great"})
			refused(t, err, "outcome-unknown")
		})
		t.Run("pages follow each other without a gap", func(t *testing.T) {
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				for range 120 {
					if _, err := tx.Append(ctx, ledger.Entry{Kind: "test.filler", Actor: "system"}, "", ""); err != nil {
						return err
					}
				}
				return nil
			})
			want := list(desk.AuditFilter{}).Chain.Head.Size - 1
			for before := int64(0); ; {
				v := list(desk.AuditFilter{Before: before})
				for _, r := range v.Rows {
					if r.Entry.Seq != want {
						t.Fatalf("entry %d, want %d", r.Entry.Seq, want)
					}
					want--
				}
				if before = v.Next; before == 0 {
					break
				}
			}
			if want != -1 {
				t.Fatalf("the last page ends before %d", want)
			}
		})
		t.Run("R50 an entry is proved against the newest head, which is signed", func(t *testing.T) {
			seq := list(desk.AuditFilter{Kind: "ticket.opened"}).Rows[0].Entry.Seq
			e, err := h.Desk.Entry(t.Context(), ada, seq)
			if err != nil || !e.Holds || e.Detail != desk.DetailTrue {
				t.Fatalf("%+v, %v", e, err)
			}
			point, err := ledger.Open(e.Chain.Checkpoint, h.LogKey)
			if err != nil || ledger.CheckInclusion(e.Proof, point.Size, point.Root, seq, e.Body) != nil {
				t.Fatal(point, err)
			}
			if _, err := h.Desk.Entry(t.Context(), ada, 1<<40); !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
		})
		t.Run("agents, holders and strangers read nothing", func(t *testing.T) {
			for _, a := range []desk.Actor{agent, {Kind: desk.Stranger}, {Kind: desk.Holder, Account: "cy", Person: "cy"}} {
				_, err = h.Desk.AuditPage(t.Context(), a, desk.AuditFilter{})
				refused(t, err, "role-missing")
				_, err = h.Desk.Entry(t.Context(), a, 0)
				refused(t, err, "role-missing")
			}
		})
		h.Verify()
	})
}
