package desk_test

import (
	"context"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// edited is an administrator's draft with one value changed.
func edited(t testing.TB, h *desktest.House, who desk.Actor, path, value string) desk.PolicyDraft {
	t.Helper()
	d, err := h.Desk.EditPolicyDraft(t.Context(), who, map[string]string{path: value}, recovery.Deviation{Owner: "head of the desk", Rationale: "two sites share one desk", Until: "2099-12-31"})
	ok(t, err)
	if len(d.Faults) > 0 {
		t.Fatalf("the draft has faults: %v", d.Faults)
	}
	return d
}

const (
	deskApprovals = "rows.device-loss.standard.desk.approvals"
	deskWindow    = "rows.device-loss.standard.desk.window"
)

func TestR4_PolicyTakesTwoPeople(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		agent := h.Found()
		ada, bea, aud := proposalHouse(h)
		inForce := func() string {
			p, err := h.Desk.PolicyPage(ctx, aud)
			ok(t, err)
			return p.Rules.Version
		}
		k := h.Opened(agent, "ana")
		t.Run("a draft changes nothing, and only administrators have one", func(t *testing.T) {
			edited(t, h, ada, deskApprovals, "A2")
			if v := inForce(); v != "standard-2" {
				t.Errorf("%s is in force", v)
			}
			_, err := h.Desk.PolicyDraft(ctx, agent, desk.PolicyFile)
			refused(t, err, "role-missing")
		})
		t.Run("what tightens takes effect with another person's key, on open tickets too", func(t *testing.T) {
			p, err := h.Desk.FilePolicy(ctx, ada, desk.PolicyFile)
			ok(t, err)
			if p.Delay != 0 || len(p.Lines) != 1 || !strings.Contains(p.Lines[0], "A1 -> A2 (tightens)") {
				t.Errorf("filed %+v", p)
			}
			refused(t, h.SignProposal(ada, p.ID, recovery.Approve), "own-proposal")
			ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
			if v := inForce(); v != "standard-3" {
				t.Errorf("%s is in force: %+v", v, proposalNow(t, h, p.ID))
			}
			r, err := h.Desk.Ruling(ctx, agent, k.Reference)
			if err != nil || r.Approvers != 2 || r.Groups != 2 || !strings.Contains(strings.Join(r.Sentences(), " "), "standard-3, which is stricter than standard-2") {
				t.Errorf("the open ticket is under %+v, %v", r, err)
			}
		})
		t.Run("what loosens needs a deviation record and waits 24 hours", func(t *testing.T) {
			ok(t, h.Desk.DropPolicyDraft(ctx, ada, desk.PolicyFile))
			edited(t, h, ada, deskWindow, "5m")
			d, err := h.Desk.PolicyDraft(ctx, ada, desk.PolicyFile)
			ok(t, err)
			if !d.Loosens || !strings.Contains(d.Text, "two sites share one desk") {
				t.Fatalf("the draft does not loosen: %+v", d.Lines)
			}
			p, err := h.Desk.FilePolicy(ctx, ada, desk.PolicyFile)
			ok(t, err)
			ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
			h.Clock.Add(recovery.Day - recovery.Second)
			ok(t, h.Desk.Sweep(ctx))
			if v := inForce(); v != "standard-3" {
				t.Errorf("%s is in force a second too early", v)
			}
			h.Clock.Add(recovery.Second)
			ok(t, h.Desk.Sweep(ctx))
			if v := inForce(); v != "standard-4" {
				t.Errorf("%s is in force: %+v", v, proposalNow(t, h, p.ID))
			}
		})
		t.Run("a veto keeps what loosens out of force", func(t *testing.T) {
			ok(t, h.Desk.DropPolicyDraft(ctx, ada, desk.PolicyFile))
			edited(t, h, ada, deskWindow, "1m")
			p, err := h.Desk.FilePolicy(ctx, ada, desk.PolicyFile)
			ok(t, err)
			ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
			ok(t, h.SignProposal(aud, p.ID, recovery.Veto))
			h.Clock.Add(2 * recovery.Day)
			ok(t, h.Desk.Sweep(ctx))
			if v := inForce(); v != "standard-4" {
				t.Errorf("%s is in force", v)
			}
		})
		t.Run("a draft that was begun before another was published is refused", func(t *testing.T) {
			ok(t, h.Desk.DropPolicyDraft(ctx, ada, desk.PolicyFile))
			edited(t, h, ada, deskWindow, "20m")
			edited(t, h, bea, deskWindow, "30m")
			first, err := h.Desk.FilePolicy(ctx, ada, desk.PolicyFile)
			ok(t, err)
			second, err := h.Desk.FilePolicy(ctx, bea, desk.PolicyFile)
			ok(t, err)
			ok(t, h.SignProposal(bea, first.ID, recovery.Approve))
			ok(t, h.SignProposal(ada, second.ID, recovery.Approve))
			if got := proposalNow(t, h, second.ID); got.State != recovery.ProposalFailed {
				t.Errorf("the second is %s", got.State)
			}
		})
		t.Run("a row below its ceiling without a record, and one over it, are refused at their line", func(t *testing.T) {
			d, err := h.Desk.EditPolicyDraft(ctx, ada, map[string]string{"issued-codes.sms": "20m"}, recovery.Deviation{})
			if err != nil || len(d.Faults) == 0 || !strings.Contains(d.Faults[0].Text, "nobody can set more") {
				t.Errorf("faults %v, %v", d.Faults, err)
			}
		})
		h.Verify()
	})
}

func TestR4_APolicyFileIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	ada, _, _ := proposalHouse(h)
	d, err := h.Desk.PolicyDraft(ctx, ada, desk.PolicyFile)
	ok(t, err)
	bad := strings.Replace(d.Text, "requests:", "request:", 1)
	got, err := h.Desk.SavePolicyDraft(ctx, ada, desk.PolicyFile, bad)
	ok(t, err)
	if len(got.Faults) == 0 || got.Faults[0].Line < 2 {
		t.Errorf("faults %v", got.Faults)
	}
	kept, err := h.Desk.PolicyDraft(ctx, ada, desk.PolicyFile)
	if err != nil || kept.Saved != 0 {
		t.Errorf("the faulty file was kept, %v", err)
	}
}

// published puts the shipped policy with other values in force, past the pages.
func published(t testing.TB, h *desktest.House, values map[string]string) {
	t.Helper()
	publishedAs(t, h, "tried-1", values)
}

func publishedAs(t testing.TB, h *desktest.House, version string, values map[string]string) {
	t.Helper()
	file := []byte(strings.Replace(string(recovery.StandardFile), "policy: standard-2", "policy: "+version, 1))
	for path, value := range values {
		var faults []recovery.Fault
		if file, faults = recovery.EditPolicy(file, path, value); len(faults) > 0 {
			t.Fatalf("%s: %v", path, faults)
		}
	}
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Publish(ctx, store.Published{Version: version, Kind: store.PublishedPolicy, Body: string(file), Effective: tx.Now()})
	})
}

func TestR1_TheNumbersOfThePolicyRule(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	published(t, h, map[string]string{"freshness.proof": "20m", "freshness.claimed-page-idle": "5m", "requests.wait": "10m", "code-sets.codes": "3",
		"populations.standard.code-set": "60d", "freshness.collecting": "15m", deskWindow: "30m", "stricter.cooldown": "2h"})
	k, secret := h.Claimed(agent, "ana")
	if now := ticketNow(t, h, k.ID); now.PolicyVersion != "tried-1" || now.Due != now.Opened+20*recovery.Minute {
		t.Errorf("the ticket is under %s and due after %d s", now.PolicyVersion, (now.Due-now.Opened)/recovery.Second)
	}
	t.Run("a claimed page that was idle for longer than the policy allows takes nothing", func(t *testing.T) {
		h.Clock.Add(6 * recovery.Minute)
		refused(t, h.Desk.EnterCode(t.Context(), desktest.Guest, secret, "12345678"), "claim-idle")
	})
	t.Run("the code set is as large and lives as long as the policy says", func(t *testing.T) {
		h.Account("bo")
		h.Passkey("bo")
		made, err := h.Desk.MakeCodes(t.Context(), holderOf(t, h, "bo"), desk.Answer{})
		ok(t, err)
		if len(made.Codes) != 3 || made.Set.Ends != h.Clock.Now()+60*recovery.Day {
			t.Errorf("%d codes until %s", len(made.Codes), recovery.UTC(made.Set.Ends))
		}
	})
	t.Run("a denial keeps the account closed for as long as the policy says", func(t *testing.T) {
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			denied := ticketNow(t, h, k.ID)
			after := denied
			after.State = recovery.Denied
			return tx.SaveTicket(ctx, denied, after)
		})
		h.Clock.Add(recovery.Hour)
		_, err := h.Desk.OpenTicket(t.Context(), h.Staff("another", recovery.Agent), desktest.DeviceLoss("ana"))
		refused(t, err, "cooldown")
	})
}
