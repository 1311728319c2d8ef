package desk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// refusedWith fails unless err is the refusal with this code.
func refusedWith(t *testing.T, err error, code string) {
	t.Helper()
	var r *recovery.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v, want the refusal %s", err, code)
	}
	if r.Code != code {
		t.Errorf("refusal %s (%s), want %s", r.Code, r.Text, code)
	}
}

// newest fails unless the newest ledger entries are of these kinds, newest first.
func newest(t *testing.T, h *desktest.House, want ...recovery.EventKind) {
	t.Helper()
	got := h.Ledger(int64(len(want)))
	for i, k := range want {
		if i >= len(got) || got[i] != string(k) {
			t.Fatalf("newest entries %v, want %v", got, want)
		}
	}
}

func TestR11_AskApproval(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Staff("agent", recovery.Agent)
		h.Account("ana")
		ticket := h.Proofed("ana", agent)
		t.Run("only an agent may ask, and only with a reason", func(t *testing.T) {
			_, err := h.Desk.AskApproval(t.Context(), h.Staff("other", recovery.Approver), ticket.Reference, "because")
			refusedWith(t, err, "role-missing")
			_, err = h.Desk.AskApproval(t.Context(), agent, ticket.Reference, " \n ")
			refusedWith(t, err, "text-missing")
			_, err = h.Desk.AskApproval(t.Context(), agent, ticket.Reference, strings.Repeat("é", recovery.TextMax+1))
			refusedWith(t, err, "text-too-long")
			_, err = h.Desk.AskApproval(t.Context(), agent, ticket.Reference, "a\x00b")
			refusedWith(t, err, "text-unreadable")
		})
		t.Run("the ticket waits, its revision moves on, and the request says what it rests on", func(t *testing.T) {
			a, err := h.Desk.AskApproval(t.Context(), agent, ticket.Reference, " It is her. ")
			if err != nil {
				t.Fatal(err)
			}
			now, err := h.Store.View().Ticket(t.Context(), ticket.ID)
			if err != nil {
				t.Fatal(err)
			}
			if now.State != recovery.WaitingApproval || now.Revision != ticket.Revision+1 || a.Revision != now.Revision || now.Due != h.Clock.Now()+desktest.ApprovalWait {
				t.Errorf("ticket %+v, approval %+v", now, a)
			}
			if a.Reason != "It is her." || a.Needed != 1 || a.Ends != now.Due {
				t.Errorf("approval %+v", a)
			}
			newest(t, h, recovery.ApprovalDrawn, recovery.ApprovalAsked)
		})
		t.Run("asking twice is refused", func(t *testing.T) {
			_, err := h.Desk.AskApproval(t.Context(), agent, ticket.Reference, "again")
			refusedWith(t, err, "wrong-state")
		})
		t.Run("a step that is missing or stale is named", func(t *testing.T) {
			h.Account("bo")
			late := h.Proofed("bo", agent)
			h.Clock.Add(desktest.ProofFresh)
			_, err := h.Desk.AskApproval(t.Context(), agent, late.Reference, "late")
			refusedWith(t, err, "proof-stale")
			h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.VoidEvidence(ctx, late.ID) })
			_, err = h.Desk.AskApproval(t.Context(), agent, late.Reference, "skipped")
			refusedWith(t, err, "proofing-incomplete")
		})
	})
}

func TestR15_A_TimeOutNeverApproves(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana")
		ticket, a := h.Asked("ana", agent)
		t.Run("before its end nothing expires", func(t *testing.T) {
			h.Clock.Add(desktest.ApprovalWait - 1)
			if err := h.Desk.SweepApprovals(t.Context()); err != nil || h.State(ticket.ID) != recovery.WaitingApproval {
				t.Errorf("state %s, error %v", h.State(ticket.ID), err)
			}
		})
		t.Run("at its end no key can approve, swept or not", func(t *testing.T) {
			touch, err := h.Desk.BeginApproval(t.Context(), approver, a.ID, "approve", "in time")
			if err != nil {
				t.Fatal(err)
			}
			h.Clock.Add(1)
			_, err = h.Desk.Approve(t.Context(), approver, decide(h, approver, a.ID, touch, recovery.Approve))
			refusedWith(t, err, "approval-expired")
		})
		t.Run("the ticket goes back to proofing while its proofs are fresh, and the agent may ask again", func(t *testing.T) {
			if err := h.Desk.SweepApprovals(t.Context()); err != nil || h.State(ticket.ID) != recovery.Proofing {
				t.Fatalf("state %s, error %v", h.State(ticket.ID), err)
			}
			newest(t, h, recovery.ApprovalTimedOut)
			if _, err := h.Desk.AskApproval(t.Context(), agent, ticket.Reference, "again"); err != nil {
				t.Error(err)
			}
		})
		t.Run("with stale proofs the ticket expires and the holder is told", func(t *testing.T) {
			h.Clock.Add(desktest.ApprovalWait)
			if err := h.Desk.SweepApprovals(t.Context()); err != nil || h.State(ticket.ID) != recovery.Expired {
				t.Fatalf("state %s, error %v", h.State(ticket.ID), err)
			}
			newest(t, h, recovery.TicketExpired, recovery.ApprovalTimedOut)
			told, err := h.Store.View().NoticedSince(t.Context(), "ana", string(recovery.NoticeExpired), 0, 9)
			if err != nil || told == 0 {
				t.Errorf("told %v, error %v", told, err)
			}
		})
	})
}

func TestWithdrawRequest(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana")
		ticket, a := h.Asked("ana", agent)
		touch, err := h.Desk.BeginApproval(t.Context(), approver, a.ID, "approve", "fine")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Desk.WithdrawRequest(t.Context(), agent, ticket.Reference); err != nil || h.State(ticket.ID) != recovery.Proofing {
			t.Fatalf("state %s, error %v", h.State(ticket.ID), err)
		}
		t.Run("a key that was touched for it signs nothing any more", func(t *testing.T) {
			_, err := h.Desk.Approve(t.Context(), approver, decide(h, approver, a.ID, touch, recovery.Approve))
			refusedWith(t, err, "already-decided")
		})
		t.Run("there is nothing left to withdraw", func(t *testing.T) {
			refusedWith(t, h.Desk.WithdrawRequest(t.Context(), agent, ticket.Reference), "nothing-waits")
		})
	})
}

// decide answers a touch with the approver's key.
func decide(h *desktest.House, approver desk.Actor, approval string, touch desk.Touch, d recovery.Decision) desk.Decide {
	return desk.Decide{Approval: approval, Decision: d, Answer: desk.Answer{Challenge: touch.ID, Response: h.Touch(approver.Person, touch.Options)}}
}

// has says whether a ledger kind is among the newest entries.
func has(h *desktest.House, kind recovery.EventKind, among int64) bool {
	return slices.Contains(h.Ledger(among), string(kind))
}

// Who asks does not choose who decides, not by asking until the draw suits.
func TestR15_ARequestThatIsTakenBackIsNotDrawnAnew(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	for _, id := range []string{"one", "two", "three"} {
		h.Staff(id, recovery.Approver)
	}
	h.Account("ana")
	k := h.Proofed("ana", agent)
	ask := func() string {
		t.Helper()
		a, err := h.Desk.AskApproval(t.Context(), agent, k.Reference, "Every step passed on the call")
		ok(t, err)
		return must(h.Store.View().Approval(t.Context(), a.ID)).Drawn
	}
	first := ask()
	for range 20 {
		ok(t, h.Desk.WithdrawRequest(t.Context(), agent, k.Reference))
		if again := ask(); again != first {
			t.Fatalf("%s was drawn after %s", again, first)
		}
	}
	t.Run("who is on shift no longer makes room for another", func(t *testing.T) {
		ok(t, h.Desk.WithdrawRequest(t.Context(), agent, k.Reference))
		h.SQLExec(`DELETE FROM shifts WHERE person = '` + first + `'`)
		if again := ask(); again == first || again == "" {
			t.Errorf("%q was drawn", again)
		}
	})
}
