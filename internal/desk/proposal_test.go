package desk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// proposalHouse is a house with two administrators, an auditor, an approver and
// an agent whom the proposals are about.
func proposalHouse(h *desktest.House) (ada, bea, aud desk.Actor) {
	ada, bea = h.Staff("ada", recovery.Administrator), h.Staff("bea", recovery.Administrator)
	aud = h.Staff("aud", recovery.Auditor)
	h.Staff("app", recovery.Approver)
	h.Staff("cyd", recovery.Agent)
	return ada, bea, aud
}

func proposalNow(t testing.TB, h *desktest.House, id string) recovery.Proposal {
	t.Helper()
	return must(h.Store.View().Proposal(t.Context(), id))
}

// delayed is a filed role proposal that waits 24 hours after its signature.
func delayed(t testing.TB, h *desktest.House, filer desk.Actor, person string) recovery.Proposal {
	t.Helper()
	p, err := h.Desk.FileProposal(t.Context(), filer, recovery.Proposal{Kind: recovery.ProposeRole, Object: person, Title: "Role approver for " + person,
		Body: `{"person":"` + person + `","role":"approver"}`, Lines: []string{"+ role approver"}, Delay: recovery.LooseningLeast})
	ok(t, err)
	return p
}

func TestR28_ARoleIsGivenByTwoHands(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, bea, aud := proposalHouse(h)
		p, err := h.Desk.ProposeRole(ctx, ada, "cyd", recovery.Approver)
		ok(t, err)
		t.Run("filing changes nothing, and approvers, administrators and auditors are told", func(t *testing.T) {
			if s := standing(t, h, "cyd"); s.Holds(recovery.Approver) {
				t.Error("one administrator made an approver")
			}
			told := map[string]bool{}
			for _, m := range h.Mails() {
				if strings.Contains(m.Text, "+ role approver") {
					told[m.To] = true
				}
			}
			for _, id := range []string{"ada", "bea", "aud", "app"} {
				if !told[id+"@staff.example"] {
					t.Errorf("%s was not told", id)
				}
			}
			if len(told) != 4 {
				t.Errorf("told %v", told)
			}
		})
		t.Run("the filer, the person it is about and every other role are refused", func(t *testing.T) {
			refused(t, h.SignProposal(ada, p.ID, recovery.Approve), "own-proposal")
			refused(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: "cyd"}, p.ID, recovery.Approve), "role-missing")
			refused(t, h.SignProposal(aud, p.ID, recovery.Approve), "role-missing")
			own, err := h.Desk.ProposeRole(ctx, ada, "bea", recovery.Approver)
			ok(t, err)
			refused(t, h.SignProposal(bea, own.ID, recovery.Approve), "own-change")
		})
		t.Run("the statement names the change, the person and the signer", func(t *testing.T) {
			touch, err := h.Desk.BeginProposal(ctx, bea, p.ID, "approve", "")
			ok(t, err)
			for _, line := range []string{"countersign/proposal/v1\n", "decision: approve", "object: cyd", `about: cyd "Name of cyd"`, `"+ role approver, counts 72 hours after the last signature"`,
				"proposal-sha256: " + p.Digest(), `filed-by: ada "Name of ada"`, "approver-id: bea", "takes-effect: with the last signature"} {
				if !strings.Contains(touch.Statement, line) {
					t.Errorf("no %q in\n%s", line, touch.Statement)
				}
			}
		})
		t.Run("another administrator's key puts it in force; it counts after 72 hours and the refusal names the date", func(t *testing.T) {
			ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
			if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalInForce {
				t.Fatalf("proposal %+v", got)
			}
			_, _, err := h.Desk.WaitingApprovals(ctx, desk.Actor{Kind: desk.StaffAct, Person: "cyd"})
			refused(t, err, "role-too-new")
			if !strings.Contains(err.Error(), recovery.UTC(h.Clock.Now()+desktest.KeyQuarantine)) {
				t.Errorf("the refusal does not say when: %v", err)
			}
			h.Clock.Add(desktest.KeyQuarantine)
			_, _, err = h.Desk.WaitingApprovals(ctx, desk.Actor{Kind: desk.StaffAct, Person: "cyd"})
			ok(t, err)
		})
		t.Run("before and after stand in the ledger, and the receipt proves who signed", func(t *testing.T) {
			found := false
			for _, r := range kept(t, h, recovery.StaffRoleAdded) {
				found = r.Entry.Data["before"] == "agent" && r.Entry.Data["after"] == "agent approver" && r.Entry.Data["proposal"] == p.ID
			}
			signed := must(h.Store.View().ProposalSignatures(ctx, p.ID))
			if !found || len(signed) != 1 {
				t.Fatalf("entry found %v, %d signatures", found, len(signed))
			}
			file, err := h.Desk.ProposalReceipt(ctx, aud, p.ID, signed[0].ID)
			ok(t, err)
			if r := stepup.VerifyReceipt(file, h.LogKey); r.Status != stepup.ValidAndTied || r.Person != "bea" || r.Decision != "approve" {
				t.Errorf("receipt %+v", r)
			}
		})
		t.Run("what is decided stays decided", func(t *testing.T) {
			refused(t, h.SignProposal(bea, p.ID, recovery.Approve), "already-decided")
			refused(t, h.Desk.WithdrawProposal(ctx, ada, p.ID), "already-decided")
		})
		t.Run("a role that is held is not proposed, nor one for a stranger to the desk", func(t *testing.T) {
			_, err := h.Desk.ProposeRole(ctx, ada, "cyd", recovery.Approver)
			refused(t, err, "role-held")
			_, err = h.Desk.ProposeRole(ctx, ada, "cyd", "owner")
			refused(t, err, "role-unknown")
			_, err = h.Desk.ProposeRole(ctx, aud, "cyd", recovery.Reviewer)
			refused(t, err, "role-missing")
		})
		h.Verify()
	})
}

func TestProposalOfTheCommandLine(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ada, bea, _ := proposalHouse(h)
		p, err := h.Desk.ProposeRole(t.Context(), theMachine, "cyd", recovery.Reviewer)
		ok(t, err)
		t.Run("one administrator's key is not enough, twice the same neither", func(t *testing.T) {
			ok(t, h.SignProposal(ada, p.ID, recovery.Approve))
			if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalWaiting || standing(t, h, "cyd").Holds(recovery.Reviewer) {
				t.Errorf("proposal %+v", got)
			}
			refused(t, h.SignProposal(ada, p.ID, recovery.Approve), "signed-before")
		})
		t.Run("the second puts it in force", func(t *testing.T) {
			ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
			if !standing(t, h, "cyd").Holds(recovery.Reviewer) {
				t.Error("two keys gave no role")
			}
		})
		t.Run("an administrator takes back what the command line filed", func(t *testing.T) {
			again, err := h.Desk.ProposeRole(t.Context(), theMachine, "app", recovery.Reviewer)
			ok(t, err)
			refused(t, h.Desk.WithdrawProposal(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "app"}, again.ID), "not-filer")
			ok(t, h.Desk.WithdrawProposal(t.Context(), bea, again.ID))
			refused(t, h.SignProposal(ada, again.ID, recovery.Approve), "already-decided")
		})
		h.Verify()
	})
}

func TestR4_ADelayedProposalAndItsVeto(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, bea, aud := proposalHouse(h)
		p := delayed(t, h, ada, "cyd")
		t.Run("signed, it waits 24 hours and is told", func(t *testing.T) {
			refused(t, h.SignProposal(aud, p.ID, recovery.Veto), "wrong-state")
			ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
			ok(t, h.Desk.Sweep(ctx))
			if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalSigned || got.Effective != h.Clock.Now()+recovery.LooseningLeast {
				t.Errorf("proposal %+v", got)
			}
			if m := h.LastMail(); !strings.Contains(m.Text, "unless an auditor vetoes it") {
				t.Errorf("mail %q", m.Text)
			}
		})
		t.Run("an auditor's key vetoes it, with a reason, and nobody else's", func(t *testing.T) {
			refused(t, h.SignProposal(ada, p.ID, recovery.Veto), "role-missing")
			_, err := h.Desk.BeginProposal(ctx, aud, p.ID, "veto", "")
			refused(t, err, "text-missing")
			ok(t, h.SignProposal(aud, p.ID, recovery.Veto))
			h.Clock.Add(recovery.LooseningLeast)
			ok(t, h.Desk.Sweep(ctx))
			if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalVetoed || standing(t, h, "cyd").Holds(recovery.Approver) {
				t.Errorf("proposal %+v", got)
			}
		})
		t.Run("the same change, filed and signed again, is not vetoed a second time and comes into force", func(t *testing.T) {
			again := delayed(t, h, ada, "cyd")
			ok(t, h.SignProposal(bea, again.ID, recovery.Approve))
			refused(t, h.SignProposal(aud, again.ID, recovery.Veto), "vetoed-before")
			h.Clock.Add(recovery.LooseningLeast - recovery.Second)
			ok(t, h.Desk.Sweep(ctx))
			if standing(t, h, "cyd").Holds(recovery.Approver) {
				t.Error("a second too early")
			}
			h.Clock.Add(recovery.Second)
			ok(t, h.Desk.Sweep(ctx))
			if got := proposalNow(t, h, again.ID); got.State != recovery.ProposalInForce || !standing(t, h, "cyd").Holds(recovery.Approver) {
				t.Errorf("proposal %+v", got)
			}
		})
		t.Run("a signer whose role ended before the effect has signed nothing, and the reason is kept", func(t *testing.T) {
			h.Staff("eve", recovery.Administrator)
			late := delayed(t, h, ada, "aud")
			ok(t, h.SignProposal(bea, late.ID, recovery.Approve))
			ok(t, h.Desk.EndRole(ctx, ada, "bea", recovery.Administrator))
			h.Clock.Add(recovery.LooseningLeast)
			ok(t, h.Desk.Sweep(ctx))
			if got := proposalNow(t, h, late.ID); got.State != recovery.ProposalFailed || got.Why == "" || standing(t, h, "aud").Holds(recovery.Approver) {
				t.Errorf("proposal %+v", got)
			}
		})
		h.Verify()
	})
}

func TestProposalsThatNeverTakeEffect(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, bea, _ := proposalHouse(h)
		gave := func() bool {
			s := standing(t, h, "cyd")
			return s.Holds(recovery.Approver) || s.Holds(recovery.Administrator)
		}
		t.Run("denied by a key, it is over", func(t *testing.T) {
			p := must(h.Desk.ProposeRole(ctx, ada, "cyd", recovery.Approver))
			ok(t, h.SignProposal(bea, p.ID, recovery.Deny))
			refused(t, h.SignProposal(bea, p.ID, recovery.Approve), "already-decided")
		})
		t.Run("after seven days without a signature it has expired", func(t *testing.T) {
			p := must(h.Desk.ProposeRole(ctx, ada, "cyd", recovery.Approver))
			h.Clock.Add(recovery.ProposalWait)
			refused(t, h.SignProposal(bea, p.ID, recovery.Approve), "proposal-expired")
			ok(t, h.Desk.Sweep(ctx))
			if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalExpired {
				t.Errorf("proposal %+v", got)
			}
		})
		t.Run("edited before it is signed, it is refused", func(t *testing.T) {
			p := must(h.Desk.ProposeRole(ctx, ada, "cyd", recovery.Approver))
			h.SQLExec(`UPDATE proposals SET body = '{"person":"cyd","role":"administrator"}' WHERE id = '` + p.ID + `'`)
			refused(t, h.SignProposal(bea, p.ID, recovery.Approve), "proposal-altered")
		})
		t.Run("edited between reading and signing, it is refused", func(t *testing.T) {
			p := must(h.Desk.ProposeRole(ctx, ada, "cyd", recovery.Approver))
			touch := must(h.Desk.BeginProposal(ctx, bea, p.ID, "approve", ""))
			h.SQLExec(`UPDATE proposals SET lines = '["+ nothing much"]' WHERE id = '` + p.ID + `'`)
			_, err := h.Desk.DecideProposal(ctx, bea, desk.ProposalDecision{Proposal: p.ID, Decision: recovery.Approve, Answer: get(t, h.Key("bea"), touch)})
			refused(t, err, "proposal-altered")
		})
		t.Run("edited after it was signed, or signed by hand in the database, it fails", func(t *testing.T) {
			for name, edit := range map[string]string{
				"its body":      `UPDATE proposals SET body = '{"person":"cyd","role":"administrator"}' WHERE id = '%s'`,
				"its needs":     `UPDATE proposals SET needed = 0 WHERE id = '%s'`,
				"the statement": `UPDATE proposal_signatures SET statement = replace(statement, 'approver', 'reviewer') WHERE proposal = '%s'`,
				"the signer":    `UPDATE proposal_signatures SET person = 'aud' WHERE proposal = '%s'`,
			} {
				p := delayed(t, h, ada, "cyd")
				ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
				h.SQLExec(fmt.Sprintf(edit, p.ID))
				h.Clock.Add(recovery.LooseningLeast)
				ok(t, h.Desk.Sweep(ctx))
				if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalFailed {
					t.Errorf("%s: proposal %+v", name, got)
				}
			}
		})
		t.Run("another decision, another session and a second use of the same answer are refused", func(t *testing.T) {
			p := must(h.Desk.ProposeRole(ctx, ada, "cyd", recovery.Approver))
			in := func(session desk.Actor, decision recovery.Decision) desk.ProposalDecision {
				return desk.ProposalDecision{Proposal: p.ID, Decision: decision, Answer: get(t, h.Key("bea"), must(h.Desk.BeginProposal(ctx, session, p.ID, "deny", "not needed")))}
			}
			one, two := signIn(t, h, h.Key("bea")), signIn(t, h, h.Key("bea"))
			_, err := h.Desk.DecideProposal(ctx, two, in(one, recovery.Deny))
			refused(t, err, "touch-spent")
			sent := in(one, recovery.Approve)
			_, err = h.Desk.DecideProposal(ctx, one, sent)
			refused(t, err, "decision-differs")
			_, err = h.Desk.DecideProposal(ctx, one, sent)
			refused(t, err, "touch-spent")
			other := must(h.Desk.ProposeRole(ctx, ada, "app", recovery.Reviewer))
			wrong := in(one, recovery.Deny)
			wrong.Proposal = other.ID
			_, err = h.Desk.DecideProposal(ctx, one, wrong)
			refused(t, err, "touch-spent")
		})
		t.Run("a key that nobody confirmed signs nothing, and a person files with a fresh touch only", func(t *testing.T) {
			a := signIn(t, h, h.Key("ada"))
			h.Clock.Add(recovery.StepUpFresh)
			_, err := h.Desk.ProposeRole(ctx, a, "cyd", recovery.Approver)
			refused(t, err, "touch-first")
		})
		if gave() {
			t.Error("one of them took effect")
		}
		h.Verify()
	})
}

func TestTwentySignersOneEffect(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ada, _, _ := proposalHouse(h)
		p, err := h.Desk.ProposeRole(t.Context(), ada, "cyd", recovery.Approver)
		ok(t, err)
		var in []desk.ProposalDecision
		var who []desk.Actor
		for i := range 20 {
			a := h.Staff(fmt.Sprintf("admin-%d", i), recovery.Administrator)
			touch := must(h.Desk.BeginProposal(t.Context(), a, p.ID, "approve", ""))
			who, in = append(who, a), append(in, desk.ProposalDecision{Proposal: p.ID, Decision: recovery.Approve, Answer: get(t, h.Key(a.Person), touch)})
		}
		won := race(len(in), func(i int) error {
			_, err := h.Desk.DecideProposal(t.Context(), who[i], in[i])
			return err
		})
		signed := must(h.Store.View().ProposalSignatures(t.Context(), p.ID))
		if n := len(kept(t, h, recovery.StaffRoleAdded)); won != 1 || len(signed) != 1 || n != 1 {
			t.Errorf("%d won, %d signatures, %d effects", won, len(signed), n)
		}
		h.Verify()
	})
}

// ErrNotFound and a conflict inside an effect are no reason to try for ever.
func TestAProposalWhosePersonIsGoneFails(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ada, bea, _ := proposalHouse(h)
	p := delayed(t, h, ada, "cyd")
	ok(t, h.SignProposal(bea, p.ID, recovery.Approve))
	ok(t, h.Desk.DisableStaff(t.Context(), ada, "cyd"))
	h.Clock.Add(recovery.LooseningLeast)
	ok(t, errors.Join(h.Desk.Sweep(t.Context()), h.Desk.Sweep(t.Context())))
	if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalFailed || !strings.Contains(got.Why, "standing ended") {
		t.Errorf("proposal %+v", got)
	}
}

// kept lists the ledger's entries of a kind, newest first.
func kept(t testing.TB, h *desktest.House, kind recovery.EventKind) []store.LedgerRow {
	t.Helper()
	return must(h.Store.View().LedgerEntries(t.Context(), store.LedgerFilter{Kind: string(kind), Limit: 1000}))
}
