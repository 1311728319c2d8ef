package desk_test

import (
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// R13: "not possible" is refused where the directory has what the method needs,
// until it was tried.
func TestR13_CallBackAndVoucherAreTriedBeforeTheyAreImpossible(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		h.Voucher("mia")
		mia, _ := holderIn(t, h, "mia")
		k, _ := h.AtPerson(agent, "ana", managed("mia"))
		impossible := func(m recovery.Method) error {
			return h.Desk.NotPossible(t.Context(), agent, k.Reference, "person", m, "it cannot be done")
		}
		refused(t, impossible(recovery.ByCallBack), "directory-has-it")
		ok(t, h.Desk.BeginCall(t.Context(), agent, k.Reference, "person", "ana-phone"))
		refused(t, impossible(recovery.ByCallBack), "directory-has-it")
		ok(t, h.Desk.CallNotAnswered(t.Context(), agent, k.Reference, "person"))
		ok(t, impossible(recovery.ByCallBack))
		refused(t, h.Desk.BeginCall(t.Context(), agent, k.Reference, "person", "ana-phone"), "method-spent")

		refused(t, impossible(recovery.ByVoucher), "directory-has-it")
		token := asks(t, h, agent, k, "mia")
		refused(t, impossible(recovery.ByVoucher), "directory-has-it")
		ok(t, says(t, h, mia, token, desk.Word{Word: recovery.WordUnknown}))
		ok(t, impossible(recovery.ByVoucher))
		if n := len(proofsOf(t, h, k.ID)); n != 4 || ticketNow(t, h, k.ID).State != recovery.Proofing {
			t.Errorf("%d records, %s", n, ticketNow(t, h, k.ID).State)
		}
	})
}
