package desk_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
)

// T4 through the act itself; stepup's own tests hold the rest of the set.
func TestR15_AbuseOfTheKey(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana")
		h.Account("bo")
		_, a := h.Asked("ana", agent)
		_, b := h.Asked("bo", agent)
		begin := func(t *testing.T, who desk.Actor, id string) desk.Touch {
			t.Helper()
			touch, err := h.Desk.BeginApproval(t.Context(), who, id, "approve", "yes")
			if err != nil {
				t.Fatal(err)
			}
			return touch
		}
		file := func(who desk.Actor, in desk.Decide) error {
			_, err := h.Desk.Approve(t.Context(), who, in)
			return err
		}
		t.Run("another approval's challenge", func(t *testing.T) {
			in := decide(h, approver, a.ID, begin(t, approver, a.ID), recovery.Approve)
			in.Approval = b.ID
			refusedWith(t, file(approver, in), "touch-spent")
		})
		t.Run("an answer to another approval's challenge", func(t *testing.T) {
			in := decide(h, approver, a.ID, begin(t, approver, a.ID), recovery.Approve)
			in.Answer.Response = h.Touch("approver", begin(t, approver, b.ID).Options)
			refusedWith(t, file(approver, in), "key-"+stepup.WrongChallenge)
		})
		t.Run("another session, and another person's answer", func(t *testing.T) {
			in := decide(h, approver, a.ID, begin(t, approver, a.ID), recovery.Approve)
			elsewhere := approver
			elsewhere.Session = "stolen"
			refusedWith(t, file(elsewhere, in), "touch-spent")
			other := h.Staff("other", recovery.Approver)
			refusedWith(t, file(other, in), "touch-spent")
		})
		t.Run("no answer at all, and one that is no assertion", func(t *testing.T) {
			touch := begin(t, approver, a.ID)
			refusedWith(t, file(approver, desk.Decide{Approval: a.ID, Decision: recovery.Approve, Answer: desk.Answer{Challenge: touch.ID, Response: []byte("{}")}}), "key-"+stepup.Malformed)
			refusedWith(t, file(approver, desk.Decide{Approval: a.ID, Decision: recovery.Approve, Answer: desk.Answer{Response: []byte("{}")}}), "touch-spent")
		})
		t.Run("a touch without PIN or fingerprint", func(t *testing.T) {
			h.Key("approver").UserVerified = false
			defer func() { h.Key("approver").UserVerified = true }()
			refusedWith(t, file(approver, decide(h, approver, a.ID, begin(t, approver, a.ID), recovery.Approve)), "key-"+stepup.UserNotVerified)
		})
		t.Run("a key that says it can be copied", func(t *testing.T) {
			h.Key("approver").Forge = func(p *softkey.Parts) { p.AuthData[softkey.FlagsAt] |= softkey.FlagBE }
			defer func() { h.Key("approver").Forge = nil }()
			refusedWith(t, file(approver, decide(h, approver, a.ID, begin(t, approver, a.ID), recovery.Approve)), "key-"+stepup.BackupChanged)
		})
		t.Run("an answer after ten minutes", func(t *testing.T) {
			in := decide(h, approver, a.ID, begin(t, approver, a.ID), recovery.Approve)
			h.Clock.Add(recovery.ChallengeLife)
			refusedWith(t, file(approver, in), "key-"+stepup.Expired)
		})
		t.Run("a replay, after which the first result stands", func(t *testing.T) {
			in := decide(h, approver, a.ID, begin(t, approver, a.ID), recovery.Approve)
			if err := file(approver, in); err != nil {
				t.Fatal(err)
			}
			refusedWith(t, file(approver, in), "touch-spent")
		})
		t.Run("a counter that went back: refused, and the key is suspended", func(t *testing.T) {
			h.Key("approver").SetCounter(0)
			refusedWith(t, file(approver, decide(h, approver, b.ID, begin(t, approver, b.ID), recovery.Approve)), "key-"+stepup.CounterRegression)
			if !has(h, recovery.StaffKeySuspended, 3) || h.State(b.Ticket) != recovery.WaitingApproval {
				t.Errorf("ledger %v, ticket %s", h.Ledger(3), h.State(b.Ticket))
			}
			_, err := h.Desk.BeginApproval(t.Context(), approver, b.ID, "approve", "again")
			refusedWith(t, err, "key-suspended")
		})
		h.Verify()
	})
}

// T3: edits, time-outs, denials and approvals of many at once: one request has
// one fate, and what was approved carries exactly the signatures it needs.
func TestR15_Race(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Staff("agent", recovery.Agent)
		var approvers []desk.Actor
		for _, id := range []string{"one", "two", "three", "four"} {
			approvers = append(approvers, h.Staff(id, recovery.Approver))
		}
		for round := range 20 {
			id := "holder-" + string(rune('a'+round))
			h.Account(id)
			ticket, a := h.Asked(id, agent)
			var ready []func()
			for i, who := range approvers {
				d := recovery.Approve
				if i == 3 {
					d = recovery.Deny
				}
				touch, err := h.Desk.BeginApproval(t.Context(), who, a.ID, string(d), "yes")
				if err != nil {
					t.Fatal(err)
				}
				in := decide(h, who, a.ID, touch, d)
				file := func() { _, _ = h.Desk.Approve(context.Background(), who, in) }
				ready = append(ready, file, file)
			}
			ready = append(ready, func() { _ = h.Desk.WithdrawRequest(context.Background(), agent, ticket.Reference) },
				func() { _ = h.Desk.Pressured(context.Background(), agent, ticket.Reference) },
				func() { _, _ = h.Desk.ReleaseClaim(context.Background(), agent, ticket.Reference, "another browser") })
			if round%2 == 0 { // half of them end for good
				stop := h.StopLink(ticket.ID)
				ready = append(ready, func() { _ = h.Desk.Stop(context.Background(), desktest.Guest, stop) },
					func() { _ = h.Desk.WithdrawTicket(context.Background(), agent, ticket.Reference, "a mistake") })
			}
			var wg sync.WaitGroup
			for i := range ready {
				wg.Go(ready[(i+round)%len(ready)])
			}
			wg.Wait()
			oneFate(t, h, a)
		}
		h.Verify()
	})
}

func oneFate(t *testing.T, h *desktest.House, a recovery.Approval) {
	t.Helper()
	done, err := h.Store.View().Approval(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := h.Store.View().Signatures(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[recovery.ApprovalState][]recovery.State{
		recovery.ApprovalGiven: {recovery.Approved}, recovery.ApprovalDenied: {recovery.Denied}, recovery.ApprovalVoid: {recovery.Proofing, recovery.Frozen, recovery.Withdrawn},
	}[done.State]
	state := h.State(a.Ticket)
	if !slices.Contains(want, state) {
		t.Errorf("the request is %s and the ticket %s", done.State, state)
	}
	switch {
	case len(signed) > 1, done.State == recovery.ApprovalGiven && (len(signed) != 1 || signed[0].Decision != recovery.Approve):
		t.Errorf("the request is %s with %d signatures", done.State, len(signed))
	case done.State == recovery.ApprovalDenied && (len(signed) != 1 || signed[0].Decision != recovery.Deny):
		t.Errorf("the request is denied with %+v", signed)
	}
}

// R51: whatever fails, nothing is half approved.
func TestR51_ApproveLeavesNothingHalfDone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		// An attempt that failed left the request waiting, so the next one takes it.
		var a recovery.Approval
		n := 0
		h.Faults(t, func() desktest.Attempt {
			if a.ID == "" {
				n++
				h.Account(fmt.Sprintf("holder-%d", n))
				_, a = h.Asked(fmt.Sprintf("holder-%d", n), agent)
			}
			h.AtLeisure(a.ID)
			touch, err := h.Desk.BeginApproval(t.Context(), approver, a.ID, "approve", "yes")
			if err != nil {
				t.Fatal(err)
			}
			in := decide(h, approver, a.ID, touch, recovery.Approve)
			return desktest.Attempt{
				Keeps: []string{"challenges"},
				Act: func(ctx context.Context) error {
					_, err := h.Desk.Approve(ctx, approver, in)
					return err
				},
				Done: func() {
					if s := h.State(a.Ticket); s != recovery.Approved {
						t.Errorf("the act answered nil and the ticket is %s", s)
					}
					a.ID = ""
				},
			}
		})
	})
}
