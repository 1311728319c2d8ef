package desk_test

import (
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// Somebody with a code and the password waits for the session while the holder, with
// a passkey, says that there is somebody else in the account.
func TestR24_AProvedReportEndsWhatThePagesHaveUnderWay(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Found()
		report := func(account string) {
			t.Helper()
			second := secondPasskey(h, account, h.Clock.Now()-recovery.Day)
			ok(t, h.Desk.ReportOwn(ctx, holderOf(t, h, account), string(recovery.Intruder), []string{second}, desk.Answer{}))
			newest(t, h, recovery.LossSuspended)
		}
		t.Run("a complete pair starts nothing", func(t *testing.T) {
			h.Account("ana")
			h.Passkey("ana")
			secret := h.Pair("ana", h.Codes("ana")[0])
			report("ana")
			_, err := h.Desk.StartRecovery(ctx, desktest.Guest, secret)
			refused(t, err, "attempt-over")
		})
		t.Run("half of one is completed by nothing", func(t *testing.T) {
			h.Account("bo")
			h.Passkey("bo")
			secret, err := h.Present("bo", h.Codes("bo")[0])
			ok(t, err)
			report("bo")
			refused(t, h.Desk.PresentPassword(ctx, desktest.Guest, secret, desktest.Password), "attempt-over")
		})
		t.Run("no new device is bound", func(t *testing.T) {
			holder, k := begun(t, h, "cy")
			_, _ = carried(t, h, holder)
			report("cy")
			if s := h.State(k.ID); s != recovery.Expired {
				t.Errorf("the ticket is %s", s)
			}
		})
		h.Verify()
	})
}
