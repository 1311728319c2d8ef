package desk_test

import (
	"fmt"
	"slices"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

var anyone = desk.Actor{Kind: desk.Stranger, IP: "192.0.2.7"}

// tryStep files a step as its page would, whatever is open, and says what came back.
func tryStep(t *testing.T, h *desktest.House, agent desk.Actor, k recovery.Ticket, secret string, id recovery.StepID) error {
	t.Helper()
	switch id {
	case "code":
		return h.Desk.EnterCode(t.Context(), anyone, secret, "12345678")
	case "second":
		return h.Desk.EnterPassword(t.Context(), anyone, secret, desktest.Password)
	}
	return h.Desk.Compare(t.Context(), agent, k.Reference, "person", recovery.ByVideo, recovery.Comparison{Record: "HR-1", Outcome: recovery.Match})
}

// T7, B9, B10: every pair of done and tried steps.
func TestR13_NoStepIsSkippedOrRepeated(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		steps := desktest.DeskSteps()
		for done := 0; done <= len(steps); done++ {
			k, secret := h.Claimed(agent, fmt.Sprintf("ana-%d", done))
			for _, s := range steps[:done] {
				h.Step(agent, k, secret, s)
			}
			for i, s := range steps {
				if i == done {
					continue
				}
				t.Run(fmt.Sprintf("with %d steps done, step %d is refused", done, i+1), func(t *testing.T) {
					want := "step-order"
					if done == 1 && s == "code" { // a second mailed code is a way of step 2, and the mailbox is spent
						want = "method-spent"
					}
					refused(t, tryStep(t, h, agent, k, secret, s), want)
				})
			}
			if done > 0 {
				t.Run(fmt.Sprintf("with %d steps done, no new code of step 1 is sent", done), func(t *testing.T) {
					refused(t, h.Desk.SendCode(t.Context(), agent, k.Reference, "code", recovery.ByMailCode, k.Account+"-mail-1"), "step-order")
				})
			}
			if n := len(proofsOf(t, h, k.ID)); n != done {
				t.Errorf("%d proofs on record, want %d", n, done)
			}
		}
		t.Run("empty forms pass nothing and cost no try", func(t *testing.T) {
			k, secret := h.Claimed(agent, "ben")
			if err := h.Desk.SendCode(t.Context(), agent, k.Reference, "code", recovery.ByMailCode, "ben-mail-1"); err != nil {
				t.Fatal(err)
			}
			refused(t, h.Desk.EnterCode(t.Context(), anyone, secret, ""), "code-typo")
			refused(t, h.Desk.EnterPassword(t.Context(), anyone, secret, ""), "password-missing")
			refused(t, h.Desk.Compare(t.Context(), agent, k.Reference, "person", recovery.ByVideo, recovery.Comparison{}), "step-order")
			n, err := h.Store.View().Tries(t.Context(), k.ID, string("code"))
			if err != nil || n != 0 || len(proofsOf(t, h, k.ID)) != 0 {
				t.Errorf("%d tries, %v", n, err)
			}
		})
		t.Run("an empty video form passes nothing", func(t *testing.T) {
			k, secret := h.Claimed(agent, "bea")
			h.Step(agent, k, secret, "code")
			h.Step(agent, k, secret, "second")
			refused(t, h.Desk.Compare(t.Context(), agent, k.Reference, "person", recovery.ByVideo, recovery.Comparison{}), "outcome-missing")
			refused(t, h.Desk.Compare(t.Context(), agent, k.Reference, "person", recovery.ByVideo, recovery.Comparison{Outcome: recovery.Match}), "record-missing")
			refused(t, h.Desk.Compare(t.Context(), agent, k.Reference, "person", recovery.ByVideo, recovery.Comparison{Outcome: recovery.NoMatch, Record: "HR-1"}), "note-missing")
			if len(proofsOf(t, h, k.ID)) != 2 {
				t.Error("an empty form left a record")
			}
		})
		t.Run("nothing is proved on a withdrawn ticket", func(t *testing.T) {
			k, secret := h.Claimed(agent, "cleo")
			if err := h.Desk.SendCode(t.Context(), agent, k.Reference, "code", recovery.ByMailCode, "cleo-mail-1"); err != nil {
				t.Fatal(err)
			}
			code := h.Code(k.ID)
			if err := h.Desk.WithdrawClaimed(t.Context(), anyone, secret); err != nil {
				t.Fatal(err)
			}
			if err := h.Desk.EnterCode(t.Context(), anyone, secret, code); err == nil {
				t.Error("a withdrawn ticket took a code")
			}
			refused(t, h.Desk.Compare(t.Context(), agent, k.Reference, "person", recovery.ByVideo, recovery.Comparison{Record: "HR-1", Outcome: recovery.Match}), "wrong-state")
		})
		t.Run("two tabs: the second finds the step done", func(t *testing.T) {
			k, secret := h.Claimed(agent, "dora")
			h.Step(agent, k, secret, "code")
			h.Step(agent, k, secret, "second")
			refused(t, h.Desk.EnterPassword(t.Context(), anyone, secret, desktest.Password), "step-order")
		})
		t.Run("the video step cannot come before a browser holds the ticket", func(t *testing.T) {
			k := h.Opened(agent, "eva")
			refused(t, h.Desk.SendCode(t.Context(), agent, k.Reference, "code", recovery.ByMailCode, "eva-mail-1"), "unclaimed")
		})
		h.Verify()
	})
}

func TestEnterCode(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		send := func(t *testing.T, k recovery.Ticket, address string) {
			t.Helper()
			if err := h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, address); err != nil {
				t.Fatal(err)
			}
		}
		t.Run("one code entered sixteen times is one proof", func(t *testing.T) {
			k, secret := h.Claimed(agent, "ana")
			send(t, k, "ana-mail-1")
			code := h.Code(k.ID)
			if won := race(16, func(int) error { return h.Desk.EnterCode(ctx, anyone, secret, code) }); won != 1 {
				t.Errorf("%d entries were taken", won)
			}
			if p := proofsOf(t, h, k.ID); len(p) != 1 || p[0].Channel != "ana-mail-1" || p[0].Group != recovery.GroupMailbox || p[0].By != "" {
				t.Errorf("proofs %+v", p)
			}
		})
		t.Run("five wrong entries fail the run, whatever codes were sent between", func(t *testing.T) {
			k, secret := h.Claimed(agent, "ben")
			for i := range recovery.IssuedCodeTries {
				if i%2 == 0 {
					send(t, k, "ben-mail-1")
				}
				refused(t, h.Desk.EnterCode(ctx, anyone, secret, wrong(h.Code(k.ID))), "wrong-code")
			}
			now := ticketNow(t, h, k.ID)
			if now.State != recovery.Failed || now.Outcome != "Code to a registered mailbox:tries" {
				t.Errorf("the ticket is %s, %q", now.State, now.Outcome)
			}
			if p := proofsOf(t, h, k.ID); len(p) != 1 || p[0].Result != recovery.NotMatch {
				t.Errorf("the failed run is not on record: %+v", p)
			}
			if err := h.Desk.EnterCode(ctx, anyone, secret, h.Code(k.ID)); err == nil {
				t.Error("a failed run took the right code")
			}
		})
		t.Run("a code is dead on the microsecond it ends", func(t *testing.T) {
			k, secret := h.Claimed(agent, "cleo")
			send(t, k, "cleo-mail-1")
			code := h.Code(k.ID)
			h.Clock.Add(desktest.IssuedCodeEmail)
			refused(t, h.Desk.EnterCode(ctx, anyone, secret, code), "code-over")
		})
		t.Run("a newer code voids the older one", func(t *testing.T) {
			k, secret := h.Claimed(agent, "dora")
			send(t, k, "dora-mail-1")
			old := h.Code(k.ID)
			send(t, k, "dora-mail-1")
			refused(t, h.Desk.EnterCode(ctx, anyone, secret, old), "wrong-code")
		})
		t.Run("a fourth code within an hour is refused and the time is named", func(t *testing.T) {
			k, _ := h.Claimed(agent, "eva")
			for range desktest.IssuedCodesPerHour {
				send(t, k, "eva-mail-1")
			}
			refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "eva-mail-1"), "codes-per-hour")
		})
		t.Run("B3: a code of one ticket opens no other", func(t *testing.T) {
			k1, _ := h.Claimed(agent, "finn")
			k2, secret2 := h.Claimed(agent, "gero")
			send(t, k1, "finn-mail-1")
			send(t, k2, "gero-mail-1")
			refused(t, h.Desk.EnterCode(ctx, anyone, secret2, h.Code(k1.ID)), "wrong-code")
		})
		t.Run("only the account's own usable addresses get a code", func(t *testing.T) {
			k, _ := h.Claimed(agent, "hana")
			for _, a := range []string{"hana-phone", "finn-mail-1", ""} {
				refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, a), "address-not-usable")
			}
		})
		h.Verify()
	})
}

func TestR26_HeldBackNoticesGoWithTheFirstProof(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		first := h.Opened(agent, "ana")
		if err := h.Desk.WithdrawTicket(ctx, agent, first.Reference, "called back later"); err != nil {
			t.Fatal(err)
		}
		h.Clock.Add(recovery.Hour)
		k, err := h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss("ana"))
		if err != nil {
			t.Fatal(err)
		}
		held := func() (n int) {
			notices, err := h.Store.View().NoticesOf(ctx, k.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range notices {
				j, err := h.Store.View().OpenJob(ctx, desk.JobMail, x.ID)
				if err != nil {
					t.Fatal(err)
				}
				if x.Kind != string(recovery.NoticeOpened) {
					continue
				}
				if x.Held != 0 && j.RunAt > h.Clock.Now() {
					n++
				} else if x.Held != 0 || j.RunAt > h.Clock.Now() {
					t.Errorf("notice and mail disagree: held %d, runs at %d", x.Held, j.RunAt)
				}
			}
			return n
		}
		if held() != 2 {
			t.Fatalf("%d notices are held back, want 2: the account was told today", held())
		}
		secret, err := h.Desk.ClaimTicket(ctx, anyone, k.Reference)
		if err != nil {
			t.Fatal(err)
		}
		h.Step(agent, k, secret, "code")
		if held() != 0 {
			t.Errorf("%d notices are still held back after the first proof", held())
		}
		h.Step(agent, k, secret, "second")
		h.Verify()
	})
}

func TestRecordVideo(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		ready := func(t *testing.T, id string) (recovery.Ticket, string) {
			t.Helper()
			k, secret := h.Claimed(agent, id)
			h.Step(agent, k, secret, "code")
			if _, err := h.Store.View().Cue(ctx, k.ID, 1); err == nil {
				t.Error("the cue was drawn before its step opened")
			}
			h.Step(agent, k, secret, "second")
			return k, secret
		}
		t.Run("a match is a proof with the drawn cue and the record compared", func(t *testing.T) {
			k, secret := ready(t, "ana")
			h.Step(agent, k, secret, "person")
			p := proofsOf(t, h, k.ID)[2]
			if p.Result != recovery.Passed || p.By != "agent" || p.Record != "HR-0042" || !slices.Contains(recovery.Cues, p.Cue) || p.Group != recovery.GroupFace {
				t.Errorf("recorded %+v", p)
			}
		})
		t.Run("no match fails the run", func(t *testing.T) {
			k, _ := ready(t, "ben")
			if err := h.Desk.Compare(ctx, agent, k.Reference, "person", recovery.ByVideo, recovery.Comparison{Record: "HR-1", Outcome: recovery.NoMatch, Note: "another face"}); err != nil {
				t.Fatal(err)
			}
			if s := ticketNow(t, h, k.ID).State; s != recovery.Failed {
				t.Errorf("the ticket is %s", s)
			}
		})
		t.Run("what nobody can do leads to the workflow in person, with nothing carried over", func(t *testing.T) {
			k, _ := ready(t, "cleo")
			if err := h.Desk.NotPossible(ctx, agent, k.Reference, "person", recovery.ByVideo, "no camera"); err != nil {
				t.Fatal(err)
			}
			now := ticketNow(t, h, k.ID)
			if now.State != recovery.Proofing || now.WorkflowVersion != "site-p2-1" || now.Run != 2 || now.ClaimHash == "" {
				t.Errorf("the ticket is %s by %s in run %d", now.State, now.WorkflowVersion, now.Run)
			}
			if p := proofsOf(t, h, k.ID); len(p) != 3 || p[2].Result != recovery.NotPossible {
				t.Errorf("recorded %+v", p)
			}
		})
		h.Verify()
	})
}

func TestExpireTicket(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		k := h.Opened(agent, "ana")
		h.Clock.Add(desktest.ProofFresh - 1)
		if err := h.Desk.ExpireTicket(t.Context(), k.ID); err != nil || ticketNow(t, h, k.ID).State != recovery.Proofing {
			t.Errorf("expired before its time, %v", err)
		}
		h.Clock.Add(1)
		if err := h.Desk.ExpireTicket(t.Context(), k.ID); err != nil || ticketNow(t, h, k.ID).State != recovery.Expired {
			t.Errorf("not expired in time, %v", err)
		}
		if err := h.Desk.ExpireTicket(t.Context(), k.ID); err != nil {
			t.Errorf("expiring twice: %v", err)
		}
	})
}
