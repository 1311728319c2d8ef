package desk_test

import (
	"database/sql"
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

func TestEndedChallengesAreForgottenSoon(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		count := func() (n int) {
			h.SQL(func(tx *sql.Tx) {
				ok(t, tx.QueryRowContext(t.Context(), `SELECT count(*) FROM challenges`).Scan(&n))
			})
			return n
		}
		for range 3 {
			_, err := h.Desk.BeginHolderSignIn(t.Context(), desk.Actor{})
			ok(t, err)
		}
		h.Clock.Add(recovery.ChallengeLife)
		ok(t, h.Desk.Sweep(t.Context()))
		if n := count(); n != 3 {
			t.Errorf("%d wait for an answer that comes late", n)
		}
		h.Clock.Add(recovery.ChallengeLife + 1)
		ok(t, h.Desk.Sweep(t.Context()))
		if n := count(); n != 0 {
			t.Errorf("%d challenges stay", n)
		}
	})
}
