package desk_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// guess presents a stray code for an account from an address.
func guess(t *testing.T, h *desktest.House, account, ip string) error {
	t.Helper()
	return presentFrom(t, h, account, ip, "", stray(t))
}

func presentFrom(t *testing.T, h *desktest.House, account, ip, browser string, code codes.Code) error {
	t.Helper()
	_, err := h.Desk.PresentCode(t.Context(), desk.Actor{Kind: desk.Stranger, IP: ip},
		desk.PresentCode{Account: account, Code: code.String(), Facts: desktest.LostAndLocked, Browser: browser})
	return err
}

// counted is how many failures the lanes of a kind hold together.
func counted(t *testing.T, h *desktest.House, kind recovery.LaneKind) (fails int64) {
	t.Helper()
	h.SQL(func(tx *sql.Tx) {
		ok(t, tx.QueryRowContext(t.Context(), `SELECT COALESCE(SUM(fails), 0) FROM throttles WHERE substr(lane, 1, 2) = $1`, string(kind)+":").Scan(&fails))
	})
	return fails
}

func TestR39_GuessingIsThrottled(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		t.Run("a burst of 1,000 on one account gets three tries", func(t *testing.T) {
			h.Account("burst")
			burst(t, h, 1000, func(int) (string, string) { return "burst", "192.0.2.7" })
			if n := counted(t, h, recovery.LaneAccount); n != desktest.ThrottleFree {
				t.Errorf("%d got through", n)
			}
		})
		t.Run("names that rotate from one address share its lane, unknown ones too", func(t *testing.T) {
			before := counted(t, h, recovery.LaneAddress)
			burst(t, h, 1000, func(i int) (string, string) { return fmt.Sprintf("user-%d", i), "198.51.100.1" })
			if n := counted(t, h, recovery.LaneAddress) - before; n != recovery.AddressHourly {
				t.Errorf("%d got through", n)
			}
		})
		t.Run("addresses of one /64 and IPv4 written as IPv6 are one", func(t *testing.T) {
			h.Account("pre")
			for i := range 4 {
				_ = guess(t, h, "pre", fmt.Sprintf("2001:db8:0:1::%x", i+1))
			}
			for _, ip := range []string{"203.0.113.1", "::ffff:203.0.113.2", "203.0.113.3", "::ffff:203.0.113.4"} {
				_ = guess(t, h, "pre", ip)
			}
			if n := rowOf(t, h, "c:code:pre").Fails; n != 2*desktest.ThrottleFree {
				t.Errorf("%d tries were looked at", n)
			}
		})
		h.Verify()
	})
}

// burst lets n strangers guess at once.
func burst(t *testing.T, h *desktest.House, n int, who func(int) (account, ip string)) {
	t.Helper()
	if won := race(n, func(i int) error {
		account, ip := who(i)
		return guess(t, h, account, ip)
	}); won != 0 {
		t.Errorf("%d guesses worked", won)
	}
}

func rowOf(t *testing.T, h *desktest.House, key string) store.Throttle {
	t.Helper()
	rows, err := h.Store.View().Throttles(t.Context(), []string{key})
	ok(t, err)
	if len(rows) == 0 {
		return store.Throttle{}
	}
	return rows[0]
}

func TestR39_ManyAddressesOnOneAccount(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		h.Staff("admin", recovery.Administrator)
		set := h.Codes("ana")
		from := func(i int) string { return fmt.Sprintf("10.%d.%d.1", i/250, i%250) }
		for i := range desktest.AccountDaily {
			_ = guess(t, h, "ana", from(i))
		}
		t.Run("the holder was told once, at five", func(t *testing.T) {
			if n := kinds(t, h, recovery.TriesAlert); n != 1 {
				t.Errorf("%d notices", n)
			}
		})
		t.Run("after thirty in a day every stranger waits, with one entry and one alert", func(t *testing.T) {
			refused(t, presentFrom(t, h, "ana", from(200), "", set[0]), "did-not-work")
			if n := kinds(t, h, recovery.ThrottleClosed); n != 1 {
				t.Errorf("%d closings on record", n)
			}
			if n := kinds(t, h, recovery.ThrottleAlert); n != 1 {
				t.Errorf("%d alerts", n)
			}
		})
		t.Run("while it is closed nothing is written", func(t *testing.T) {
			before, _ := h.Store.Groups()
			for i := range 10 {
				_ = guess(t, h, "ana", from(100+i))
			}
			if after, _ := h.Store.Groups(); after != before {
				t.Errorf("%d commits", after-before)
			}
		})
		t.Run("the owner's known browser does not wait for strangers", func(t *testing.T) {
			token := stranger(t)
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.KnowBrowser(ctx, codes.HashToken("browser", token), "ana", tx.Now())
			})
			ok(t, presentFrom(t, h, "ana", from(0), token, set[0]))
		})
		t.Run("an hour later the reopening is on record and the code of a stranger's browser works", func(t *testing.T) {
			h.Clock.Add(recovery.Hour)
			ok(t, h.Desk.SweepThrottles(t.Context()))
			if n := kinds(t, h, recovery.ThrottleReopened); n != 1 {
				t.Errorf("%d reopenings on record", n)
			}
			ok(t, presentFrom(t, h, "ana", from(201), "", set[1]))
		})
		h.Verify()
	})
}

// stranger is a browser's secret.
func stranger(t *testing.T) string {
	t.Helper()
	return stray(t).String()
}

// kinds counts entries of a kind.
func kinds(t *testing.T, h *desktest.House, kind recovery.EventKind) int {
	t.Helper()
	rows, err := h.Store.View().LedgerEntries(t.Context(), store.LedgerFilter{Kind: string(kind), Limit: 1000})
	ok(t, err)
	return len(rows)
}

func TestR39_AHundredInARow(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		set := h.Codes("ana")
		for i := range desktest.ThrottleCeiling {
			if i == desktest.ThrottleCeiling-1 {
				if s, err := h.Store.View().LiveCodeSet(t.Context(), "ana"); err != nil || s.Suspended != 0 {
					t.Fatalf("suspended after %d: %v", i, err)
				}
			}
			_ = guess(t, h, "ana", fmt.Sprintf("10.0.%d.1", i))
			h.Clock.Add(recovery.Hour)
		}
		s, err := h.Store.View().LiveCodeSet(t.Context(), "ana")
		ok(t, err)
		if s.Suspended == 0 {
			t.Error("the set is not suspended")
		}
		if n := kinds(t, h, recovery.CodesSuspended); n != 1 {
			t.Errorf("%d suspensions on record", n)
		}
		h.Clock.Add(recovery.Day)
		refused(t, presentFrom(t, h, "ana", "192.0.2.1", "", set[0]), "did-not-work")
		h.Verify()
	})
}

func TestR39_EachSetHasItsOwnCeiling(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		actor := withCodes(t, h, "ana")
		ok(t, confirmCodes(h, actor, makeCodes(t, h, actor)))
		hundred := func() {
			for i := range desktest.ThrottleCeiling {
				_ = guess(t, h, "ana", fmt.Sprintf("10.0.%d.1", i))
				h.Clock.Add(recovery.Hour)
			}
		}
		suspended := func(want bool) {
			t.Helper()
			s, err := h.Store.View().LiveCodeSet(t.Context(), "ana")
			if err != nil || (s.Suspended != 0) != want {
				t.Errorf("suspended at %d, %v", s.Suspended, err)
			}
		}
		hundred()
		suspended(true)
		actor, _ = holderIn(t, h, "ana")
		ok(t, confirmCodes(h, actor, makeCodes(t, h, actor)))
		t.Run("one more failure does not take the new set from its owner", func(t *testing.T) {
			_ = guess(t, h, "ana", "10.1.0.1")
			suspended(false)
		})
		t.Run("a hundred suspend it as they did the first", func(t *testing.T) {
			h.Clock.Add(recovery.Day)
			hundred()
			suspended(true)
		})
		t.Run("a set on its owner's page is not suspended with the live one", func(t *testing.T) {
			h.Clock.Add(recovery.Day)
			actor, _ = holderIn(t, h, "ana")
			ok(t, confirmCodes(h, actor, makeCodes(t, h, actor)))
			for i := range desktest.ThrottleCeiling - 1 {
				_ = guess(t, h, "ana", fmt.Sprintf("10.0.%d.1", i))
				h.Clock.Add(recovery.Hour)
			}
			actor, _ = holderIn(t, h, "ana")
			made := makeCodes(t, h, actor)
			_ = guess(t, h, "ana", "10.0.200.1")
			suspended(true)
			ok(t, confirmCodes(h, actor, made))
			suspended(false)
		})
		h.Verify()
	})
}

func TestR39_ASuccessEndsTheRow(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Account("ana")
	set := h.Codes("ana")
	for range 2 {
		_ = guess(t, h, "ana", "192.0.2.7")
	}
	ok(t, presentFrom(t, h, "ana", "192.0.2.7", "", set[0]))
	if n := rowOf(t, h, "c:code:ana").Fails; n != 0 {
		t.Errorf("%d failures in a row after a success", n)
	}
	for range 2 {
		_ = guess(t, h, "ana", "192.0.2.7")
	}
	ok(t, presentFrom(t, h, "ana", "192.0.2.7", "", set[1]))
}

func TestSpentSecretsFillNoLedger(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Account("ana")
	set := h.Codes("ana")
	ok(t, presentFrom(t, h, "ana", "192.0.2.7", "", set[0]))
	for i := range 15 {
		refused(t, presentFrom(t, h, "ana", fmt.Sprintf("10.0.%d.1", i), "", set[0]), "did-not-work")
	}
	if n := kinds(t, h, recovery.BackupRefused); n != recovery.MatchedHourly {
		t.Errorf("%d entries for one spent code", n)
	}
}

func TestR39_ReferencesAreNotGuessed(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	k := h.Opened(h.Found(), "ana")
	race(200, func(int) error {
		_, err := h.Desk.ClaimTicket(t.Context(), desktest.Guest, "0000-0000")
		return err
	})
	if n := counted(t, h, recovery.LaneAddress); n != recovery.AddressHourly {
		t.Errorf("%d guesses got through", n)
	}
	_, err := h.Desk.ClaimTicket(t.Context(), desktest.Guest, k.Reference)
	refused(t, err, "reference-unknown")
	_, err = h.Desk.ClaimTicket(t.Context(), desk.Actor{Kind: desk.Stranger, IP: "198.51.100.1"}, k.Reference)
	ok(t, err)
}
