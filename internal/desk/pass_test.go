package desk_test

import (
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

func TestR6_R7_APassTakesNothingAwayAndEndsByItself(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
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
	t.Run("its session lives an hour, and is not opened a second time", func(t *testing.T) {
		began := h.Clock.Now()
		if now := ticketNow(t, h, k.ID); now.Due != began+recovery.Hour {
			t.Errorf("it ends after %d s", (now.Due-began)/recovery.Second)
		}
		_, err := h.Desk.EnterFreshCode(ctx, desktest.Guest, secret, "12345678")
		refused(t, err, "session-open")
	})
	row := must(h.Desk.Session(ctx, desk.RecoverySession, token))
	late := h.NewPasskey(row)
	t.Run("S15: a second after its end nothing opens, and no clock that goes back opens it again", func(t *testing.T) {
		h.Clock.Add(recovery.Hour + recovery.Second)
		dead := func() {
			t.Helper()
			_, err := h.Desk.Session(ctx, desk.RecoverySession, token)
			refused(t, err, "signed-out")
			_, err = h.Desk.BeginEnrol(ctx, row, "")
			refused(t, err, "recovery-over")
			_, err = h.Desk.Enrol(ctx, row, "192.0.2.7", "Late", late)
			if err == nil {
				t.Error("enrolled after the end")
			}
			refused(t, h.Desk.SendFreshCode(ctx, desktest.Guest, secret, "ana-mail-2"), "recovery-over")
		}
		dead()
		h.Clock.Add(-recovery.Hour)
		dead()
		h.Clock.Add(recovery.Hour)
		ok(t, h.Desk.Sweep(ctx))
		dead()
	})
	t.Run("S15: the session of an earlier Pass does not serve a later one", func(t *testing.T) {
		_, later := onPass(t, h, agent, approver, "bo")
		if _, err := h.Desk.BeginEnrol(ctx, row, ""); err == nil {
			t.Error("the old session began an enrolment")
		}
		answer := h.NewPasskey(must(h.Desk.Session(ctx, desk.RecoverySession, later)))
		_, err := h.Desk.Enrol(ctx, row, "192.0.2.7", "Crossed", answer)
		refused(t, err, "touch-spent")
	})
	h.Verify()
}
