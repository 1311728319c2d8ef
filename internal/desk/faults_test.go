package desk_test

import (
	"context"
	"fmt"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// The smallest act there is, so that the helper itself is tested too.
func TestSignOutLeavesNothingHalfDone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		n := 0
		h.Faults(t, func() desktest.Attempt {
			n++
			id := fmt.Sprintf("session-%d", n)
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.AddSession(ctx, store.Session{ID: id, TokenHash: id, Kind: desk.HolderSession, Account: "ana", Began: tx.Now(), Ends: tx.Now() + recovery.Hour})
			})
			return desktest.Attempt{
				Act: func(ctx context.Context) error {
					return h.Desk.SignOut(ctx, desk.Actor{Kind: desk.Holder, Account: "ana", Session: id})
				},
				Done: func() {
					s, err := h.Store.View().Session(t.Context(), id)
					if err != nil || s.Ended == 0 {
						t.Errorf("signed out, but the session is %+v, %v", s, err)
					}
				},
			}
		})
	})
}
