package desk_test

import (
	"context"
	"errors"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// The guard of what is used once stands in the statement itself, whatever the
// act has read before (I1; classes B1 and B6): the second time hits no row.
func TestR31_OnceIsInTheStatement(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		for name, use := range used(t, h) {
			t.Run(name+" counts once", func(t *testing.T) {
				ok(t, h.Store.Write(t.Context(), use))
				if err := h.Store.Write(t.Context(), use); !errors.Is(err, store.ErrConflict) {
					t.Errorf("the second time: %v", err)
				}
			})
		}
		t.Run("what has ended is not used at all", func(t *testing.T) {
			plant(t, h, store.Invite{Person: "late", Ends: h.Clock.Now()})
			open, err := h.Store.View().OpenInvites(t.Context(), "staff")
			ok(t, err)
			for _, i := range open {
				if err := h.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.UseInvite(ctx, i.ID, tx.Now()) }); !errors.Is(err, store.ErrConflict) {
					t.Errorf("an invitation: %v", err)
				}
			}
			h.Clock.Add(desktest.IssuedCodeEmail)
			if err := h.Store.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SpendIssued(ctx, "late") }); !errors.Is(err, store.ErrConflict) {
				t.Errorf("an issued code: %v", err)
			}
		})
		t.Run("a ticket is not saved over a newer one", func(t *testing.T) {
			k := h.Proofed("bo", desk.Actor{Kind: desk.StaffAct, Person: "agent"})
			save := func(ctx context.Context, tx *store.Tx) error {
				next := k
				next.Revision++
				return tx.SaveTicket(ctx, k, next)
			}
			ok(t, h.Store.Write(t.Context(), save))
			if err := h.Store.Write(t.Context(), save); !errors.Is(err, store.ErrConflict) {
				t.Errorf("the second save: %v", err)
			}
		})
	})
}

// used prepares one row of everything that is used once.
func used(t *testing.T, h *desktest.House) map[string]func(context.Context, *store.Tx) error {
	t.Helper()
	agent := h.Found()
	h.Account("ana")
	h.Account("bo")
	h.Passkey("ana")
	h.Person("late", "")
	h.Person("cyd", "")
	code, err := h.Store.View().CodeByHash(t.Context(), codes.Hash(h.Desk.Keys.Pepper, "ana", h.Codes("ana")[0]))
	ok(t, err)
	k, a := h.Asked("ana", agent)
	stop := codes.HashToken("stop", h.StopLink(k.ID))
	key, _ := invitee(t, h, "dan", recovery.Agent)
	plant(t, h, store.Invite{Person: "cyd"})
	open, err := h.Store.View().OpenInvites(t.Context(), "staff")
	ok(t, err)
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		for _, id := range []string{"issued", "late"} {
			if err := tx.AddIssued(ctx, recovery.IssuedCode{ID: id, Ticket: k.ID, Account: "ana", Slot: recovery.ByMailCode.Slot(), Run: 1, Made: tx.Now(), Ends: tx.Now() + desktest.IssuedCodeEmail}); err != nil {
				return err
			}
		}
		if err := tx.AddSession(ctx, store.Session{ID: "s", TokenHash: "s", Kind: desk.StaffSession, Person: "agent", Ends: tx.Now() + recovery.Day}); err != nil {
			return err
		}
		return tx.AddLetter(ctx, recovery.Letter{ID: "l", Ticket: k.ID, Account: "ana", Kind: recovery.LetterOpening, Made: tx.Now()})
	})
	return map[string]func(context.Context, *store.Tx) error{
		"a backup code":  func(ctx context.Context, tx *store.Tx) error { return tx.SpendCode(ctx, code, k.ID) },
		"an issued code": func(ctx context.Context, tx *store.Tx) error { return tx.SpendIssued(ctx, "issued") },
		"a stop link":    func(ctx context.Context, tx *store.Tx) error { return tx.UseStop(ctx, stop) },
		"an invitation":  func(ctx context.Context, tx *store.Tx) error { return tx.UseInvite(ctx, open[0].ID, tx.Now()) },
		"a request": func(ctx context.Context, tx *store.Tx) error {
			return tx.SettleApproval(ctx, a.ID, recovery.ApprovalGiven)
		},
		"a letter":        func(ctx context.Context, tx *store.Tx) error { return tx.TickLetter(ctx, "l", "agent") },
		"a session's end": func(ctx context.Context, tx *store.Tx) error { return tx.EndSession(ctx, "s", "test", tx.Now()) },
		"a suspended factor": func(ctx context.Context, tx *store.Tx) error {
			return tx.SuspendFactor(ctx, "ana-passkey", k.ID, tx.Now())
		},
		"a key's admission": func(ctx context.Context, tx *store.Tx) error {
			return tx.CountKey(ctx, key.ID, "founder-1", tx.Now(), tx.Now(), 1)
		},
		"a suspended key": func(ctx context.Context, tx *store.Tx) error {
			return tx.SuspendKey(ctx, "key-agent", "test", tx.Now())
		},
		"a role's end": func(ctx context.Context, tx *store.Tx) error {
			return tx.EndRole(ctx, "agent", recovery.Agent, tx.Now())
		},
		"a person's end": func(ctx context.Context, tx *store.Tx) error {
			return tx.DisableStaff(ctx, "founder-2", "test", tx.Now())
		},
	}
}
