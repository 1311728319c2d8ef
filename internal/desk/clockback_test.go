package desk_test

import (
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

func TestR7_WhatEndedStaysEndedWhenTheClockGoesBack(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		h.Passkey("ana")
		in, err := signHolderIn(t, h, "ana", "")
		ok(t, err)
		h.Account("bo")
		attempt, err := h.Present("bo", h.Codes("bo")[0])
		ok(t, err)
		h.Clock.Add(recovery.HolderSessionIdle)
		dead := func() {
			t.Helper()
			_, err := h.Desk.Session(t.Context(), desk.HolderSession, in.Token)
			refused(t, err, "signed-out")
			_, err = h.Desk.AttemptPage(t.Context(), attempt)
			refused(t, err, "attempt-over")
		}
		dead()
		h.Clock.Add(-recovery.HolderSessionIdle + recovery.Minute)
		dead()
		refused(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, attempt, desktest.Password), "attempt-over")
	})
}
