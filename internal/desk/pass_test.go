package desk_test

import (
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

func TestR6_R7_APassTakesNothingAwayAndEndsByItself(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx, agent := t.Context(), h.Found()
		approver := h.Staff("approver", recovery.Approver)
		h.Account("ana")
		h.Passkey("ana")
		in := desktest.DeviceLoss("ana")
		in.Way = "pass"
		k, err := h.Desk.OpenTicket(ctx, agent, in)
		ok(t, err)
		if k.Tier != recovery.Pass || k.Artefact != recovery.PassSession {
			t.Fatalf("opened %+v", k)
		}
		secret, err := h.Desk.ClaimTicket(ctx, desktest.Guest, k.Reference)
		ok(t, err)
		for _, step := range desktest.DeskSteps() {
			h.Step(agent, k, secret, step)
		}
		a, err := h.Desk.AskApproval(ctx, agent, k.Reference, "No new device before Thursday")
		ok(t, err)
		h.Work()
		g, err := h.Sign(approver, a.ID, recovery.Approve)
		ok(t, err)
		t.Run("the statement says that nothing is removed and how long the Pass lives", func(t *testing.T) {
			for _, line := range []string{"removed: nothing: a Pass leaves what there is", "granted: a Pass: one session of 1 hour at most"} {
				if !strings.Contains(g.Statement, line) {
					t.Errorf("no %q in\n%s", line, g.Statement)
				}
			}
		})
		h.Clock.Add(recovery.ObjectionWindow)
		h.Work()
		t.Run("executed, it has taken nothing away", func(t *testing.T) {
			all, err := h.Store.View().Factors(ctx, "ana")
			if err != nil || len(recovery.GoneWith(all)) != 1 || h.State(k.ID) != recovery.Collecting {
				t.Errorf("%d passkeys live, the ticket is %s, %v", len(recovery.GoneWith(all)), h.State(k.ID), err)
			}
		})
		ok(t, h.Desk.SendFreshCode(ctx, desktest.Guest, secret, "ana-mail-2"))
		token, err := h.Desk.EnterFreshCode(ctx, desktest.Guest, secret, h.Code(k.ID))
		ok(t, err)
		t.Run("its session lives an hour, ends on the second, and is not opened again", func(t *testing.T) {
			began := h.Clock.Now()
			if now := ticketNow(t, h, k.ID); now.Due != began+recovery.Hour {
				t.Errorf("it ends after %d s", (now.Due-began)/recovery.Second)
			}
			h.Clock.Add(recovery.Hour)
			_, err := h.Desk.Session(ctx, desk.RecoverySession, token)
			if err == nil {
				t.Error("the Pass worked at its end")
			}
			_, err = h.Desk.EnterFreshCode(ctx, desktest.Guest, secret, "12345678")
			if err == nil {
				t.Error("the Pass was opened again")
			}
		})
		h.Verify()
	})
}
