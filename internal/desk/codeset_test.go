package desk_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// withCodes is a house with an account that has a passkey and is signed in.
func withCodes(t *testing.T, h *desktest.House, id string, mutate ...func(*recovery.Account)) desk.Actor {
	t.Helper()
	h.Account(id, mutate...)
	h.Passkey(id)
	actor, _ := holderIn(t, h, id)
	return actor
}

func makeCodes(t *testing.T, h *desktest.House, actor desk.Actor) desk.MadeCodes {
	t.Helper()
	made, err := h.Desk.MakeCodes(t.Context(), actor, desk.Answer{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func confirmCodes(h *desktest.House, actor desk.Actor, made desk.MadeCodes) error {
	return h.Desk.ConfirmCodes(context.Background(), actor, made.Set.ID, recovery.OnPaper, true)
}

func TestR30_CodesAreFewUniqueAndStoredAsKeyedHashes(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		made := makeCodes(t, h, withCodes(t, h, "ana"))
		if len(made.Codes) != 5 {
			t.Fatalf("%d codes", len(made.Codes))
		}
		form := regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$`)
		seen := map[codes.Code]bool{}
		for _, code := range made.Codes {
			if _, err := codes.Parse(code.String()); err != nil || !form.MatchString(code.String()) || seen[code] {
				t.Errorf("code of the wrong form, or twice")
			}
			seen[code] = true
			row, err := h.Store.View().CodeByHash(t.Context(), codes.Hash(h.Desk.Keys.Pepper, "ana", code))
			if err != nil || row.Set != made.Set.ID {
				t.Errorf("row %+v %v", row, err)
			}
			if _, err := h.Store.View().CodeByHash(t.Context(), codes.Hash(h.Desk.Keys.Pepper, "bo", code)); err == nil {
				t.Error("the hash is not bound to the account")
			}
		}
		for _, r := range must(h.Store.View().LedgerEntries(t.Context(), store.LedgerFilter{Limit: 100})) {
			for code := range seen {
				if strings.Contains(r.Body+r.Detail, string(code)) || strings.Contains(r.Body+r.Detail, code.String()) {
					t.Error("a code stands in the ledger")
				}
			}
		}
	})
}

func TestR33_CodesAreShownOnceAfterFreshAuthentication(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx, actor := t.Context(), withCodes(t, h, "ana")
		t.Run("the same form again shows no codes", func(t *testing.T) {
			actor := actor
			actor.Request = "form-1"
			if _, err := h.Desk.MakeCodes(ctx, actor, desk.Answer{}); err != nil {
				t.Fatal(err)
			}
			made, err := h.Desk.MakeCodes(ctx, actor, desk.Answer{})
			if repeat, ok := err.(*desk.Repeat); !ok || repeat.Location != "/me/codes" || len(made.Codes) != 0 {
				t.Errorf("made %d codes, err %v", len(made.Codes), err)
			}
		})
		t.Run("a sign-in of five minutes ago is not fresh", func(t *testing.T) {
			h.Clock.Add(recovery.StepUpFresh)
			if _, err := h.Desk.MakeCodes(ctx, actor, desk.Answer{}); refusalCode(err) != "touch-first" {
				t.Errorf("err %v", err)
			}
		})
		t.Run("a touch now is", func(t *testing.T) {
			touch := must(h.Desk.BeginHolderTouch(ctx, actor))
			answer := desk.Answer{Challenge: touch.ID, Response: h.Touch("ana", touch.Options)}
			made, err := h.Desk.MakeCodes(ctx, actor, answer)
			if err != nil || len(made.Codes) != 5 {
				t.Errorf("made %d codes, err %v", len(made.Codes), err)
			}
			if _, err := h.Desk.MakeCodes(ctx, actor, answer); refusalCode(err) != "touch-spent" {
				t.Errorf("the touch again: %v", err)
			}
		})
		t.Run("another account's touch is not", func(t *testing.T) {
			bo := withCodes(t, h, "bo")
			touch := must(h.Desk.BeginHolderTouch(ctx, bo))
			if _, err := h.Desk.MakeCodes(ctx, actor, desk.Answer{Challenge: touch.ID, Response: h.Touch("bo", touch.Options)}); refusalCode(err) != "touch-spent" {
				t.Errorf("err %v", err)
			}
		})
		t.Run("nobody but the holder", func(t *testing.T) {
			for _, a := range []desk.Actor{{}, console, h.Staff("ada", recovery.Administrator), {Kind: desk.Holder, Account: "ana", Session: "none"}} {
				if _, err := h.Desk.MakeCodes(ctx, a, desk.Answer{}); refusalCode(err) != "signed-out" {
					t.Errorf("%+v: %v", a, err)
				}
			}
		})
		t.Run("a service account has none", func(t *testing.T) {
			bot := withCodes(t, h, "bot", func(a *recovery.Account) { a.Population = recovery.Service })
			if _, err := h.Desk.MakeCodes(ctx, bot, desk.Answer{}); refusalCode(err) != "no-codes" {
				t.Errorf("err %v", err)
			}
		})
		t.Run("privileged accounts print only and live 90 days", func(t *testing.T) {
			eve := withCodes(t, h, "eve", func(a *recovery.Account) { a.Population = recovery.Privileged })
			made := makeCodes(t, h, eve)
			if !made.Policy.PrintOnly(made.Account) || made.Set.Ends-made.Set.Made != desktest.CodeSetLifeShort {
				t.Errorf("set %+v", made.Set)
			}
			if err := h.Desk.ConfirmCodes(ctx, eve, made.Set.ID, recovery.InManager, true); refusalCode(err) != "custody-missing" {
				t.Errorf("err %v", err)
			}
		})
		h.Verify()
	})
}

func TestR35_ASetEndsInTheTransactionThatConfirmsTheNext(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx, actor := t.Context(), withCodes(t, h, "ana")
		first := makeCodes(t, h, actor)
		t.Run("a set does not work before the owner's word", func(t *testing.T) {
			if refusalCode(first.Set.Usable(h.Clock.Now())) != "set-pending" {
				t.Error("a pending set works")
			}
			if err := h.Desk.ConfirmCodes(ctx, actor, first.Set.ID, recovery.OnPaper, false); refusalCode(err) != "custody-word" {
				t.Errorf("err %v", err)
			}
		})
		if err := confirmCodes(h, actor, first); err != nil {
			t.Fatal(err)
		}
		second := makeCodes(t, h, actor)
		t.Run("the old set works until the new one is confirmed", func(t *testing.T) {
			if live := must(h.Store.View().LiveCodeSet(ctx, "ana")); live.ID != first.Set.ID || live.Usable(h.Clock.Now()) != nil {
				t.Errorf("live %+v", live)
			}
		})
		t.Run("then it is dead and the holder is told", func(t *testing.T) {
			if err := confirmCodes(h, actor, second); err != nil {
				t.Fatal(err)
			}
			old, live := must(h.Store.View().CodeSet(ctx, first.Set.ID)), must(h.Store.View().LiveCodeSet(ctx, "ana"))
			if old.Retired != h.Clock.Now() || old.Why != "replaced" || live.ID != second.Set.ID || live.Custody != recovery.OnPaper {
				t.Errorf("old %+v, live %+v", old, live)
			}
			if got := noticesTo(t, h, "ana", "codes-retired"); len(got) != 2 {
				t.Errorf("told %q", got)
			}
			if got := h.Ledger(2); !slices.Equal(got, []string{"codes.confirmed", "codes.retired"}) {
				t.Errorf("ledger %q", got)
			}
		})
		t.Run("a recovery retires the whole set", func(t *testing.T) {
			if err := h.Desk.RetireCodes(ctx, "ana", desk.WhyRecovered); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Store.View().LiveCodeSet(ctx, "ana"); err == nil {
				t.Error("a set lives")
			}
		})
		t.Run("somebody else's set cannot be confirmed", func(t *testing.T) {
			made := makeCodes(t, h, actor)
			if err := confirmCodes(h, withCodes(t, h, "bo"), made); refusalCode(err) != "set-unknown" {
				t.Errorf("err %v", err)
			}
		})
		h.Verify()
	})
}

func TestConfirmCodesOnceUnderRace(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		actor := withCodes(t, h, "ana")
		made := makeCodes(t, h, actor)
		var wg sync.WaitGroup
		results := make([]string, 8)
		for i := range results {
			wg.Go(func() {
				if err := confirmCodes(h, actor, made); err != nil {
					results[i] = refusalCode(err)
				}
			})
		}
		wg.Wait()
		slices.Sort(results)
		if results[0] != "" || slices.ContainsFunc(results[1:], func(s string) bool { return s != "set-confirmed" }) {
			t.Errorf("results %q", results)
		}
		h.Verify()
	})
}

func TestR41_CodesSleepWhileTheAccountIsHeld(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	actor := withCodes(t, h, "ana")
	until := h.Clock.Now() + desktest.UnknownBrowserHold
	h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.SetAccountMarks(ctx, "ana", 0, until, 0) })
	made := makeCodes(t, h, actor)
	if err := confirmCodes(h, actor, made); err != nil {
		t.Fatal(err)
	}
	live := must(h.Store.View().LiveCodeSet(t.Context(), "ana"))
	if refusalCode(live.Usable(until-1)) != "set-asleep" || live.Usable(until) != nil {
		t.Errorf("set %+v", live)
	}
}

func TestR32_CustodyIsAskedAboutAgainHalfWay(t *testing.T) {
	h := desktest.SQLite(t)
	ctx := t.Context()
	agent := h.Found()
	actor := withCodes(t, h, "ana")
	made := makeCodes(t, h, actor)
	ok(t, confirmCodes(h, actor, made))
	h.Clock.Add((made.Set.Ends-made.Set.Made)/2 - 1)
	ok(t, h.Desk.Sweep(ctx))
	asked := func() int { return len(kept(t, h, recovery.CodesAsked)) }
	if asked() != 0 {
		t.Fatal("the owner was asked too early")
	}
	h.Clock.Add(1)
	t.Run("the owner is asked once, at every address", func(t *testing.T) {
		ok(t, h.Desk.Sweep(ctx))
		ok(t, h.Desk.Sweep(ctx))
		if m := h.LastMail(); asked() != 1 || !strings.Contains(m.Subject, "still where you put them") {
			t.Errorf("asked %d times, mail %+v", asked(), m)
		}
	})
	t.Run("a code alone opens nothing then and is not spent", func(t *testing.T) {
		_, err := h.Present("ana", made.Codes[0])
		refused(t, err, "custody-open")
		if left := must(h.Store.View().LiveCodeSet(ctx, "ana")).Left; left != 5 {
			t.Errorf("%d codes are left", left)
		}
	})
	t.Run("at the desk it is no first proof", func(t *testing.T) {
		k, err := h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss("ana"))
		ok(t, err)
		secret, err := h.Desk.ClaimTicket(ctx, desk.Actor{Kind: desk.Stranger}, k.Reference)
		ok(t, err)
		refused(t, h.Desk.EnterBackupCode(ctx, desk.Actor{Kind: desk.Stranger}, secret, made.Codes[0].String()), "codes-second-only")
		ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "found again"))
	})
	t.Run("the owner's word makes them whole again, with the box ticked", func(t *testing.T) {
		actor, _ = holderIn(t, h, "ana")
		refused(t, h.Desk.ConfirmCodes(ctx, actor, made.Set.ID, recovery.InSafe, false), "custody-word")
		ok(t, h.Desk.ConfirmCodes(ctx, actor, made.Set.ID, recovery.InSafe, true))
		if set := must(h.Store.View().LiveCodeSet(ctx, "ana")); set.Custody != recovery.InSafe || set.Kept != h.Clock.Now() {
			t.Errorf("set %+v", set)
		}
		refused(t, h.Desk.ConfirmCodes(ctx, actor, made.Set.ID, recovery.InSafe, true), "set-confirmed")
		if _, err := h.Present("ana", made.Codes[0]); err != nil {
			t.Error(err)
		}
	})
	h.Verify()
}

func TestDropPendingCodes(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx, actor := t.Context(), withCodes(t, h, "ana")
		made := makeCodes(t, h, actor)
		t.Run("nothing is dropped before ten minutes", func(t *testing.T) {
			h.Clock.Add(desktest.CodeSetConfirm - 1)
			if n, err := h.Desk.DropPendingCodes(ctx); n != 0 || err != nil {
				t.Errorf("%d %v", n, err)
			}
		})
		t.Run("after ten minutes the set is dead and nobody is told", func(t *testing.T) {
			h.Clock.Add(1)
			if err := confirmCodes(h, actor, made); refusalCode(err) != "set-dropped" {
				t.Errorf("confirm: %v", err)
			}
			if n, err := h.Desk.DropPendingCodes(ctx); n != 1 || err != nil {
				t.Errorf("%d %v", n, err)
			}
			if got := h.Ledger(1)[0]; got != "codes.dropped" {
				t.Errorf("ledger %q", got)
			}
			if got := noticesTo(t, h, "ana", "codes-retired"); len(got) != 0 {
				t.Errorf("told %q", got)
			}
		})
		t.Run("a set whose time is over is retired and the holder is told", func(t *testing.T) {
			actor, _ := holderIn(t, h, "ana")
			if err := confirmCodes(h, actor, makeCodes(t, h, actor)); err != nil {
				t.Fatal(err)
			}
			h.Clock.Add(desktest.CodeSetLife)
			if n, err := h.Desk.DropPendingCodes(ctx); n != 1 || err != nil {
				t.Errorf("%d %v", n, err)
			}
			if n, err := h.Desk.DropPendingCodes(ctx); n != 0 || err != nil {
				t.Errorf("again %d %v", n, err)
			}
			if got := noticesTo(t, h, "ana", "codes-retired"); len(got) != 2 {
				t.Errorf("told %q", got)
			}
		})
		h.Verify()
	})
}

func TestR34_WhatIsDoneWithShownCodesIsOnRecordAsTheBrowsersClaim(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	actor := withCodes(t, h, "ana")
	made := makeCodes(t, h, actor)
	for _, act := range recovery.Handlings {
		if err := h.Desk.HandleCodes(t.Context(), actor, made.Set.ID, act); err != nil {
			t.Errorf("%s: %v", act, err)
		}
	}
	rows := must(h.Store.View().LedgerEntries(t.Context(), store.LedgerFilter{Limit: 1}))
	if e := rows[0].Entry; e.Kind != "codes.handled" || e.Data["act"] != "print" || e.Data["claimed-by"] != "browser" {
		t.Errorf("entry %+v", e)
	}
	if err := h.Desk.HandleCodes(t.Context(), actor, made.Set.ID, "mail"); refusalCode(err) != "set-not-shown" {
		t.Errorf("err %v", err)
	}
}
