package desk_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Eight workers beside each other get every job, each once.
func TestR26_EightWorkersClaimEachJobOnce(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		const workers, jobs = 8, 100
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			for i := range jobs {
				if err := tx.AddJob(ctx, store.Job{ID: fmt.Sprintf("job-%03d", i), Kind: desk.JobMail, Made: tx.Now(), RunAt: tx.Now()}); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		claims := map[string]int{}
		done := race(workers, func(i int) error {
			for {
				j, err := h.Desk.ClaimJob(t.Context(), fmt.Sprintf("worker-%d", i))
				if errors.Is(err, store.ErrNotFound) {
					return nil
				}
				if err != nil {
					t.Errorf("claim: %v", err)
					return err
				}
				mu.Lock()
				claims[j.ID]++
				mu.Unlock()
			}
		})
		if done != workers || len(claims) != jobs {
			t.Errorf("%d workers came to the end, %d jobs were claimed", done, len(claims))
		}
		for id, n := range claims {
			if n != 1 {
				t.Errorf("%s was claimed %d times", id, n)
			}
		}
	})
}

// Twenty approvers sign one request at once: one signature counts.
func TestR15_OfTwentyApproversOneDecides(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Staff("agent", recovery.Agent)
		h.Account("ana")
		k, a := h.Asked("ana", agent)
		acts := make([]func() error, 20)
		for i := range acts {
			who := h.Staff(fmt.Sprintf("approver-%d", i), recovery.Approver)
			touch, err := h.Desk.BeginApproval(t.Context(), who, a.ID, string(recovery.Approve), "yes")
			ok(t, err)
			in := decide(h, who, a.ID, touch, recovery.Approve)
			acts[i] = func() error { _, err := h.Desk.Approve(t.Context(), who, in); return err }
		}
		if won := race(len(acts), func(i int) error { return acts[i]() }); won != 1 {
			t.Errorf("%d signed", won)
		}
		if n := len(must(h.Store.View().Signatures(t.Context(), a.ID))); n != 1 || h.State(k.ID) != recovery.Approved {
			t.Errorf("%d signatures, the ticket is %s", n, h.State(k.ID))
		}
		h.Verify()
	})
}
