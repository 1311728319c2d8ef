package desk_test

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// inHand is the open task to hand the opening notice over, "" for none.
func inHand(t *testing.T, h *desktest.House, ticket string) string {
	t.Helper()
	for _, l := range must(h.Store.View().Letters(t.Context(), ticket)) {
		if l.Kind == recovery.LetterInHand && l.Done == 0 {
			return l.ID
		}
	}
	return ""
}

// handedTo is a ticket whose holder was compared on site, and whose notice no address
// can take.
func handedTo(t *testing.T, h *desktest.House, agent desk.Actor) recovery.Ticket {
	t.Helper()
	in := desktest.DeviceLoss(h.Account("acc-" + rand.Text()).ID)
	in.Facts = recovery.Facts{Device: recovery.Stolen, Lock: recovery.Unlocked}
	k, secret := onSite(t, h, agent, in)
	h.Prove(agent, k, secret, "badge", recovery.InPersonBadge)
	return k
}

// onSite opens and claims a ticket at the in-person desk.
func onSite(t *testing.T, h *desktest.House, agent desk.Actor, in desk.NewTicket) (recovery.Ticket, string) {
	t.Helper()
	in.Intake, in.Source = recovery.OnSite, ""
	k := must(h.Desk.OpenTicket(t.Context(), agent, in))
	return k, must(h.Desk.ClaimTicket(t.Context(), desktest.Guest, k.Reference))
}

// enrols registers a new passkey in the recovery session of a secret.
func enrols(t *testing.T, h *desktest.House, token string) {
	t.Helper()
	session := must(h.Desk.Session(t.Context(), desk.RecoverySession, token))
	_, err := h.Desk.Enrol(t.Context(), session, desktest.Guest.IP, "New phone", h.NewPasskey(session))
	ok(t, err)
}

// rung is the last proof by a call to a number of the directory.
func rung(t *testing.T, h *desktest.House, agent desk.Actor, k recovery.Ticket, secret, number string) {
	t.Helper()
	ok(t, h.Desk.BeginCall(t.Context(), agent, k.Reference, recovery.StepFresh, number))
	words, _, err := h.Desk.ShowWords(t.Context(), anyone, secret)
	ok(t, err)
	ok(t, h.Desk.EnterWords(t.Context(), agent, k.Reference, recovery.StepFresh, words))
}

// The whole of S9: no mail may be read, sent a code to, or relied on for a warning,
// and the holder still gets the account back.
func TestR26_R40_S9_AMailboxInOtherHands(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx, agent := t.Context(), h.Found()
		lead, other := h.Staff("lead", recovery.Approver), h.Staff("other", recovery.Agent)
		h.Group("lead", "desk")
		h.Voucher("mia")
		mia, _ := holderIn(t, h, "mia")
		h.Account("ana", managed("mia"))
		h.Passkey("ana")
		ok(t, h.Desk.SetTraining(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, agent.Person, recovery.UTC(h.Clock.Now())[:10]))
		in := takeoverOf("ana", h.Clock.Now()-recovery.Hour)
		in.Facts.Taken = recovery.MailboxTaken
		k, secret := onSite(t, h, agent, in)
		if mailsAbout(h, "mia@", "") == 0 {
			t.Error("the manager was not told")
		}
		h.Work()
		letter := inHand(t, h, k.ID)
		t.Run("every address is told, none of it counts, and the notice is a task to hand over", func(t *testing.T) {
			if now := ticketNow(t, h, k.ID); now.NoticeAccepted != 0 || letter == "" {
				t.Errorf("accepted at %d, task %q", now.NoticeAccepted, letter)
			}
			sheet := must(h.Desk.LetterSheet(ctx, agent, k.Reference, letter))
			if !strings.Contains(sheet, "Room 12") || strings.Contains(sheet, "/stop/") {
				t.Errorf("the sheet:\n%s", sheet)
			}
		})
		h.Prove(agent, k, secret, "code", recovery.ByPassword)
		t.Run("not to somebody whom nobody compared on site", func(t *testing.T) {
			refused(t, h.Desk.TickLetter(ctx, agent, k.Reference, letter), "not-seen")
		})
		h.Prove(agent, k, secret, "document", recovery.InPersonBadge)
		ok(t, h.Desk.AskVoucher(ctx, agent, k.Reference, "voucher", "mia"))
		ok(t, says(t, h, mia, h.VouchLink(), sure))
		a := must(h.Desk.AskApproval(ctx, agent, k.Reference, "Seen in person, the manager vouches"))
		signed, err := h.Sign(lead, a.ID, recovery.Approve)
		ok(t, err)
		if !strings.Contains(signed.Statement, "No address on record can warn the holder") {
			t.Errorf("the approver read\n%s", signed.Statement)
		}
		h.Work()
		t.Run("signed, and nothing executes before the notice was handed over", func(t *testing.T) {
			if s := h.State(k.ID); s != recovery.Approved {
				t.Fatalf("the ticket is %s", s)
			}
			refused(t, h.Desk.TickLetter(ctx, lead, k.Reference, letter), "role-missing")
			ok(t, h.Desk.TickLetter(ctx, agent, k.Reference, letter))
			h.Work()
			if s := h.State(k.ID); s != recovery.Collecting {
				t.Fatalf("the ticket is %s", s)
			}
		})
		t.Run("no code can be sent, and nothing opens before the last proof", func(t *testing.T) {
			p := must(h.Desk.ClaimedTicket(ctx, secret, true))
			if p.Step != recovery.StepFresh || len(p.Choices) != 0 || !slices.Equal(p.Methods, []recovery.Method{recovery.ByCallBack, recovery.ByVoucher, recovery.InPersonBadge}) {
				t.Errorf("%s, %v, %v", p.Step, p.Choices, p.Methods)
			}
			refused(t, h.Desk.SendFreshCode(ctx, desktest.Guest, secret, "ana-mail-2"), "address-used")
			refused(t, h.Desk.SendCode(ctx, agent, k.Reference, recovery.StepFresh, recovery.ByMailCode, "ana-mail-2"), "channel-struck")
			refused(t, errOf(h.Desk.OpenRecovery(ctx, desktest.Guest, secret)), "last-proof-open")
			refused(t, h.Desk.NotPossible(ctx, agent, k.Reference, recovery.StepFresh, recovery.ByCallBack, "no answer"), "last-proof")
		})
		t.Run("not by the agent who ran the ticket: the words on the page would be all that it takes", func(t *testing.T) {
			refused(t, h.Desk.BeginCall(ctx, agent, k.Reference, recovery.StepFresh, "ana-phone"), "same-eyes")
		})
		h.Clock.Add(recovery.Second)
		ok(t, h.Desk.TakeLease(ctx, other, k.Reference, "I ring"))
		rung(t, h, other, k, secret, "ana-phone")
		t.Run("the words of a call to the unchanged number open it, in this browser only, once", func(t *testing.T) {
			if p := must(h.Desk.ClaimedTicket(ctx, secret, true)); !p.Proved {
				t.Errorf("%+v", p)
			}
			refused(t, errOf(h.Desk.OpenRecovery(ctx, desktest.Guest, "another")), "no-claim")
			refused(t, h.Desk.BeginCall(ctx, other, k.Reference, recovery.StepFresh, "ana-phone"), "step-order")
			token := must(h.Desk.OpenRecovery(ctx, desktest.Guest, secret))
			if again := must(h.Desk.OpenRecovery(ctx, desktest.Guest, secret)); again != token {
				t.Error("the same form again opened another session")
			}
			enrols(t, h, token)
		})
		if now := ticketNow(t, h, k.ID); now.State != recovery.InReview || now.ReviewDue == 0 {
			t.Errorf("%+v", now)
		}
		h.Verify()
	})
}

// What a stolen, unlocked phone leaves is the holder at the desk.
func TestR60_R26_OnSiteNobodyIsTurnedAway(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent := t.Context(), h.Found()
	approver := h.Staff("lead", recovery.Approver)
	h.Voucher("mia")
	h.Account("ana", managed("mia"))
	h.Passkey("ana")
	in := desktest.DeviceLoss("ana")
	in.Facts = recovery.Facts{Device: recovery.Stolen, Lock: recovery.Unlocked}
	t.Run("from afar the desk is named, at the desk the ticket opens by the workflow that begins with the person", func(t *testing.T) {
		refused(t, errOf(h.Desk.OpenTicket(ctx, agent, in)), "device-not-safe")
	})
	k, secret := onSite(t, h, agent, in)
	if !strings.HasPrefix(k.WorkflowVersion, "site-p2") {
		t.Fatalf("it goes by %s", k.WorkflowVersion)
	}
	if got := mailsAbout(h, "mia@", ""); got == 0 {
		t.Error("the manager was not told")
	}
	h.Work()
	h.Prove(agent, k, secret, "badge", recovery.InPersonBadge)
	h.Prove(agent, k, secret, "observed", recovery.ByPassword)
	a := must(h.Desk.AskApproval(ctx, agent, k.Reference, "She stands before me"))
	if !must(h.Desk.ApprovalPage(ctx, approver, a.ID)).InHand {
		t.Error("the approver does not read that the notice is handed over")
	}
	_, err := h.Sign(approver, a.ID, recovery.Approve)
	ok(t, err)
	ok(t, h.Desk.TickLetter(ctx, agent, k.Reference, inHand(t, h, k.ID)))
	h.Clock.Add(recovery.ObjectionWindow)
	h.Work()
	if s := h.State(k.ID); s != recovery.Collecting {
		t.Fatalf("the ticket is %s", s)
	}
	t.Run("a voucher's word is the last proof where neither mail nor number is left", func(t *testing.T) {
		refused(t, h.Desk.BeginCall(ctx, agent, k.Reference, recovery.StepFresh, "ana-phone"), "channel-struck")
		mia, _ := holderIn(t, h, "mia")
		ok(t, h.Desk.AskVoucher(ctx, agent, k.Reference, recovery.StepFresh, "mia"))
		ok(t, says(t, h, mia, h.VouchLink(), sure))
		enrols(t, h, must(h.Desk.OpenRecovery(ctx, desktest.Guest, secret)))
	})
	h.Verify()
}

func TestR40_R61_TheWaysOfTheLastProof(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	agent, approver := h.Found(), h.Staff("lead", recovery.Approver)
	k, secret := collectingBy(t, h, agent, approver, "ana")
	other := h.Staff("other", recovery.Agent)
	seen := recovery.Comparison{Record: "HR-0042", Outcome: recovery.Match, Badge: true, Site: "Room 12", Document: recovery.Document{Kind: "passport", Issuer: "Exampleland", Last4: "12AB"}}
	compare := func(who desk.Actor, in recovery.Comparison) error {
		return h.Desk.Compare(ctx, who, k.Reference, recovery.StepFresh, recovery.InPersonBadge, in)
	}
	h.Clock.Add(recovery.Second)
	t.Run("whoever ran the ticket does not see the holder a second time; a colleague does", func(t *testing.T) {
		refused(t, compare(agent, seen), "same-eyes")
		p := must(h.Desk.TicketPage(ctx, agent, k.Reference))
		i := slices.IndexFunc(p.Ways, func(w desk.Way) bool { return w.Method == recovery.InPersonBadge })
		if p.Step.ID != recovery.StepFresh || i < 0 || !strings.Contains(p.Ways[i].Blocked, "colleague") {
			t.Errorf("%+v", p.Ways)
		}
		ok(t, h.Desk.TakeLease(ctx, other, k.Reference, "I look a second time"))
		ok(t, compare(other, seen))
		refused(t, compare(other, seen), "step-order")
		if _, err := h.Desk.OpenRecovery(ctx, desktest.Guest, secret); err != nil {
			t.Error(err)
		}
	})
	t.Run("a second look that does not match ends it: locked, and security hears", func(t *testing.T) {
		k, secret = collectingBy(t, h, agent, approver, "ben")
		h.Clock.Add(recovery.Second)
		ok(t, h.Desk.TakeLease(ctx, other, k.Reference, "I look a second time"))
		no := seen
		no.Outcome, no.Note = recovery.NoMatch, "Another face than on the photo"
		ok(t, compare(other, no))
		if s := h.State(k.ID); s != recovery.Lapsed || kinds(t, h, recovery.LastProofFailed) != 1 || mailsAbout(h, "founder-", "Security alert") == 0 {
			t.Errorf("the ticket is %s", s)
		}
		refused(t, errOf(h.Desk.OpenRecovery(ctx, desktest.Guest, secret)), "recovery-over")
	})
	h.Verify()
}

// What cannot end is not signed.
func TestR26_R40_NoRequestThatCannotEnd(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent := t.Context(), h.Found()
	proofed := func(account string, work func() int, less func(ctx context.Context, tx *store.Tx) error) recovery.Ticket {
		k, secret := h.Claimed(agent, account)
		work()
		for _, s := range desktest.DeskSteps() {
			h.Step(agent, k, secret, s)
		}
		h.Write(less)
		return k
	}
	t.Run("no channel is left for the last proof", func(t *testing.T) {
		k := proofed("ana", h.Work, func(ctx context.Context, tx *store.Tx) error { return tx.EndAddress(ctx, "ana-mail-2", tx.Now()) })
		refused(t, errOf(h.Desk.AskApproval(ctx, agent, k.Reference, "Every step passed")), "last-proof-none")
	})
	t.Run("no address is left that could take the notice", func(t *testing.T) {
		k := proofed("ben", func() int { return 0 }, func(ctx context.Context, tx *store.Tx) error { return tx.EndAddress(ctx, "ben-mail-2", tx.Now()) })
		refused(t, errOf(h.Desk.AskApproval(ctx, agent, k.Reference, "Every step passed")), "notice-in-hand")
	})
	h.Verify()
}
