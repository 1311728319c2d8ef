package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// completed moves a fresh ticket to where a finished recovery leaves it.
func completed(t *testing.T, h *desktest.House, agent desk.Actor, account string) recovery.Ticket {
	t.Helper()
	k := h.Opened(agent, account)
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.TakePart(ctx, k.ID, "founder-3", desk.PartApprover); err != nil {
			return err
		}
		done := k
		done.State, done.Executed, done.Completed = recovery.InReview, tx.Now(), tx.Now()
		done.ReviewDue = tx.Now() + recovery.LettersWithin
		done.Due, done.DueWhat = done.ReviewDue, "review"
		return tx.SaveTicket(ctx, k, done)
	})
	return k
}

func TestReviewAndClose(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		reviewer := desk.Actor{Kind: desk.StaffAct, Person: "founder-4"}
		ctx := t.Context()
		k := completed(t, h, agent, "ana")
		t.Run("R23: agent, approver and holder do not review", func(t *testing.T) {
			for person, code := range map[string]string{"agent": "own-ticket", "founder-3": "own-approval", "ana": "own-account"} {
				h.Write(func(ctx context.Context, tx *store.Tx) error {
					if err := tx.SaveStaff(ctx, person, 1); err != nil {
						return err
					}
					return tx.GrantRole(ctx, person, recovery.Grant{Role: recovery.Reviewer, Granted: 1, By: "test", Counts: 1})
				})
				refused(t, h.Desk.Review(ctx, desk.Actor{Kind: desk.StaffAct, Person: person}, k.Reference, recovery.FindingOK, ""), code)
			}
		})
		t.Run("nothing closes before the finding and the letters", func(t *testing.T) {
			refused(t, h.Desk.CloseTicket(ctx, reviewer, k.Reference), "review-open")
			refused(t, h.Desk.Review(ctx, reviewer, k.Reference, "", ""), "finding-missing")
			refused(t, h.Desk.Review(ctx, reviewer, k.Reference, recovery.FindingConcern, " "), "text-missing")
			if err := h.Desk.Review(ctx, reviewer, k.Reference, recovery.FindingOK, "compared with the call"); err != nil {
				t.Fatal(err)
			}
			refused(t, h.Desk.Review(ctx, reviewer, k.Reference, recovery.FindingOK, ""), "already-reviewed")
			refused(t, h.Desk.CloseTicket(ctx, reviewer, k.Reference), "letter-open")
		})
		t.Run("R26: a letter is ticked off once, on its own ticket, and holds no link", func(t *testing.T) {
			letters, err := h.Store.View().Letters(ctx, k.ID)
			if err != nil || len(letters) != 1 {
				t.Fatalf("letters %v, %v", letters, err)
			}
			sheet, err := h.Desk.LetterSheet(ctx, agent, k.Reference, letters[0].ID)
			if err != nil || !strings.Contains(sheet, k.Reference) || strings.Contains(sheet, "http") {
				t.Errorf("sheet %q, %v", sheet, err)
			}
			other := h.Opened(agent, "ben")
			if err := h.Desk.TickLetter(ctx, agent, other.Reference, letters[0].ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("another ticket's letter: %v", err)
			}
			if won := race(8, func(int) error { return h.Desk.TickLetter(ctx, agent, k.Reference, letters[0].ID) }); won != 1 {
				t.Errorf("ticked off %d times", won)
			}
		})
		t.Run("then a reviewer closes it", func(t *testing.T) {
			if err := h.Desk.CloseTicket(ctx, reviewer, k.Reference); err != nil {
				t.Fatal(err)
			}
			if now := ticketNow(t, h, k.ID); now.State != recovery.Closed || now.ReviewedBy != "founder-4" || now.Due != 0 {
				t.Errorf("closed %+v", now)
			}
		})
		t.Run("R21: a ticket whose holder has no new factor does not close", func(t *testing.T) {
			lapsed := h.Opened(agent, "cleo")
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				moved := lapsed
				moved.State = recovery.Lapsed
				return tx.SaveTicket(ctx, lapsed, moved)
			})
			refused(t, h.Desk.CloseTicket(ctx, agent, lapsed.Reference), "not-enrolled")
		})
		h.Verify()
	})
}

func TestNotes(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	k := h.Opened(agent, "ana")
	t.Run("a note is kept as it was written", func(t *testing.T) {
		const words = "<script>alert(1)</script> said the caller"
		if err := h.Desk.AddNote(t.Context(), agent, k.Reference, words); err != nil {
			t.Fatal(err)
		}
		notes, err := h.Store.View().Notes(t.Context(), k.ID)
		if err != nil || len(notes) != 1 || notes[0].Text != words || notes[0].Name != "Name of agent" {
			t.Errorf("notes %+v, %v", notes, err)
		}
	})
	t.Run("an empty or endless note is refused", func(t *testing.T) {
		refused(t, h.Desk.AddNote(t.Context(), agent, k.Reference, " "), "text-missing")
		refused(t, h.Desk.AddNote(t.Context(), agent, k.Reference, strings.Repeat("a", 2001)), "text-too-long")
	})
}
