package desk_test

import (
	"context"
	"fmt"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// proposalActs are the acts on proposals, each furnished for one run.
var proposalActs = map[string]func(t *testing.T, h *desktest.House, id string) desktest.Attempt{
	"ProposeRole": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Staff(id, recovery.Agent)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := h.Desk.ProposeRole(ctx, ada, id, recovery.Approver)
			return err
		}}
	},
	"DecideProposal at once": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Staff(id, recovery.Agent)
		p := must(h.Desk.ProposeRole(t.Context(), ada, id, recovery.Approver))
		in := desk.ProposalDecision{Proposal: p.ID, Decision: recovery.Approve, Answer: get(t, h.Key("bea"), must(h.Desk.BeginProposal(t.Context(), bea, p.ID, "approve", "")))}
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { _, err := h.Desk.DecideProposal(ctx, bea, in); return err },
			Done: func() {
				if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalInForce || !standing(t, h, id).Holds(recovery.Approver) {
					t.Errorf("proposal %+v", got)
				}
			}}
	},
	"DecideProposal that denies": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Staff(id, recovery.Agent)
		p := must(h.Desk.ProposeRole(t.Context(), ada, id, recovery.Approver))
		in := desk.ProposalDecision{Proposal: p.ID, Decision: recovery.Deny, Answer: get(t, h.Key("bea"), must(h.Desk.BeginProposal(t.Context(), bea, p.ID, "deny", "no")))}
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { _, err := h.Desk.DecideProposal(ctx, bea, in); return err }}
	},
	"FinishProposal that comes into force": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Staff(id, recovery.Agent)
		p := delayed(t, h, ada, id)
		ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
		h.Clock.Add(recovery.LooseningDelay)
		return desktest.Attempt{Act: func(ctx context.Context) error { return h.Desk.FinishProposal(ctx, p.ID) }, Done: func() {
			if !standing(t, h, id).Holds(recovery.Approver) {
				t.Error("not in force")
			}
		}}
	},
	"FinishProposal that fails": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Staff(id, recovery.Agent)
		p := delayed(t, h, ada, id)
		ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
		ok(t, h.Desk.DisableStaff(t.Context(), ada, id))
		h.Clock.Add(recovery.LooseningDelay)
		return desktest.Attempt{Act: func(ctx context.Context) error { return h.Desk.FinishProposal(ctx, p.ID) }}
	},
	"WithdrawProposal": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Staff(id, recovery.Agent)
		p := must(h.Desk.ProposeRole(t.Context(), ada, id, recovery.Approver))
		return desktest.Attempt{Act: func(ctx context.Context) error { return h.Desk.WithdrawProposal(ctx, ada, p.ID) }}
	},
}

var bea = desk.Actor{Kind: desk.StaffAct, Person: "bea"}

func TestFaultsOfProposals(t *testing.T) {
	for name, begin := range proposalActs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := desktest.SQLite(t)
			proposalHouse(h)
			n := 0
			h.Faults(t, func() desktest.Attempt { n++; return begin(t, h, fmt.Sprintf("person-%d", n)) })
		})
	}
}
