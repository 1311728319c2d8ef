package desk_test

import (
	"context"
	"fmt"
	"strings"
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
		h.Clock.Add(recovery.LooseningLeast)
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
		h.Clock.Add(recovery.LooseningLeast)
		return desktest.Attempt{Act: func(ctx context.Context) error { return h.Desk.FinishProposal(ctx, p.ID) }}
	},
	"WithdrawProposal": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Staff(id, recovery.Agent)
		p := must(h.Desk.ProposeRole(t.Context(), ada, id, recovery.Approver))
		return desktest.Attempt{Act: func(ctx context.Context) error { return h.Desk.WithdrawProposal(ctx, ada, p.ID) }}
	},
}

// foundingActs change the house's founding and its break-glass.
var foundingActs = map[string]func(t *testing.T, h *desktest.House, id string) desktest.Attempt{
	"ProposeInvite": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Person(id, "")
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := h.Desk.ProposeInvite(ctx, theMachine, desk.StaffInvite{Person: id, Roles: asAgent})
			return err
		}}
	},
	"DecideProposal that invites": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Person(id, "")
		p := must(h.Desk.ProposeInvite(t.Context(), ada, desk.StaffInvite{Person: id, Roles: asAgent, Group: "north"}))
		return signing(t, h, bea, p.ID)
	},
	"DecideProposal that founds": func(t *testing.T, h *desktest.House, _ string) desktest.Attempt {
		p := rosterOfFive(t, h)
		a := signing(t, h, bea, p.ID)
		a.Done = func() {
			if !must(h.Desk.Founded(t.Context())) {
				t.Error("not founded")
			}
		}
		return a
	},
	"MakeSheets": func(t *testing.T, h *desktest.House, _ string) desktest.Attempt {
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := h.Desk.MakeSheets(ctx, theMachine, []string{"app", "aro"})
			return err
		}}
	},
	"AddStaffKey of break-glass": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Person(id, "")
		links := must(h.Desk.OpenGlass(t.Context(), theMachine, desk.BreakGlass{Codes: sheets(t, h), Persons: []string{id}}))
		token := strings.TrimPrefix(links[0].URL, desktest.Origin+"/invite/")
		answer := create(t, newKey(t), must(h.Desk.BeginStaffKey(t.Context(), token)))
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error {
			_, err := h.Desk.AddStaffKey(ctx, desk.Actor{}, token, answer, "")
			return err
		}}
	},
	"SeeGlass": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		h.Person(id, "")
		must(h.Desk.OpenGlass(t.Context(), theMachine, desk.BreakGlass{Codes: sheets(t, h), Persons: []string{id}}))
		open, aud := must(h.Desk.BrokenGlass(t.Context())), desk.Actor{Kind: desk.StaffAct, Person: "aud"}
		g := open[len(open)-1].ID
		answer := get(t, h.Key("aud"), must(h.Desk.BeginSeeGlass(t.Context(), aud, g)))
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { return h.Desk.SeeGlass(ctx, aud, g, answer) }}
	},
}

// rosterOfFive is a roster that only bea has yet to sign: the one that a failed
// run left, or a new one.
func rosterOfFive(t *testing.T, h *desktest.House) recovery.Proposal {
	t.Helper()
	if open := must(h.Store.View().ProposalsAbout(t.Context(), recovery.ProposeRoster, "founded")); len(open) == 1 {
		return open[0]
	}
	h.SQLExec(`DELETE FROM meta WHERE name = 'founded'`)
	p := must(h.Desk.ProposeRoster(t.Context(), ada))
	for _, who := range []string{"ada", "aud", "app", "aro", "cyd"} {
		ok(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: who}, p.ID, recovery.Approve))
	}
	return p
}

// signing is a person's approval of a proposal, ready to be sent.
func signing(t *testing.T, h *desktest.House, who desk.Actor, proposal string) desktest.Attempt {
	t.Helper()
	in := desk.ProposalDecision{Proposal: proposal, Decision: recovery.Approve,
		Answer: get(t, h.Key(who.Person), must(h.Desk.BeginProposal(t.Context(), who, proposal, "approve", "")))}
	return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { _, err := h.Desk.DecideProposal(ctx, who, in); return err },
		Done: func() {
			if got := proposalNow(t, h, proposal); got.State != recovery.ProposalInForce {
				t.Errorf("proposal %+v", got)
			}
		}}
}

var bea = desk.Actor{Kind: desk.StaffAct, Person: "bea"}

func TestFaultsOfProposals(t *testing.T) {
	for _, acts := range []map[string]func(*testing.T, *desktest.House, string) desktest.Attempt{proposalActs, foundingActs} {
		for name, begin := range acts {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := desktest.SQLite(t)
				proposalHouse(h)
				h.Staff("aro", recovery.Approver, recovery.Reviewer)
				h.SpareKey("app")
				h.SpareKey("aro")
				n := 0
				h.Faults(t, func() desktest.Attempt { n++; return begin(t, h, fmt.Sprintf("person-%d", n)) })
			})
		}
	}
}

// Who filed it is one of the two hands, until it is in force.
func TestR4_R28_AProposalFallsWithItsFiler(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ada, bea, _ := proposalHouse(h)
	h.Staff("eve", recovery.Administrator)
	h.Staff("fay", recovery.Administrator)
	for name, gone := range map[string]func() error{
		"the role ended":            func() error { return h.Desk.EndRole(t.Context(), bea, "ada", recovery.Administrator) },
		"the person's standing did": func() error { return h.Desk.DisableStaff(t.Context(), bea, "eve") },
	} {
		t.Run(name, func(t *testing.T) {
			filer, about := ada, "cyd"
			if strings.Contains(name, "standing") {
				filer, about = person("eve"), "app"
			}
			p, err := h.Desk.FileProposal(t.Context(), filer, recovery.Proposal{Kind: recovery.ProposeRole, Object: about, Title: "Role reviewer for " + about,
				Body: `{"person":"` + about + `","role":"reviewer"}`, Lines: []string{"+ role reviewer"}, Delay: recovery.LooseningLeast})
			ok(t, err)
			ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
			ok(t, gone())
			h.Clock.Add(recovery.LooseningLeast)
			ok(t, h.Desk.Sweep(t.Context()))
			if now := proposalNow(t, h, p.ID); now.State != recovery.ProposalFailed || standing(t, h, about).Holds(recovery.Reviewer) {
				t.Errorf("it is %s: %s", now.State, now.Why)
			}
		})
	}
}
