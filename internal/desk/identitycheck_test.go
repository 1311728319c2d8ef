package desk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// checked is a ticket whose open step asks for an external check, and the
// request that the agent opened.
func checked(t testing.TB, h *desktest.House, agent desk.Actor, account string) (recovery.Ticket, recovery.IdentityCheck) {
	t.Helper()
	h.Desk.Settings.IdentityURL, h.Desk.Keys.Identity = "https://check.example/start?house=1", bytes.Repeat([]byte("k"), codes.CallSecretMin)
	k, _ := checkStep(t, h, agent, account)
	ok(t, h.Desk.BeginCheck(t.Context(), agent, k.Reference, "check", recovery.ByCheck))
	all, err := h.Store.View().Checks(t.Context(), k.ID)
	ok(t, err)
	return k, all[len(all)-1]
}

// checkStep is a ticket whose workflow is one external check.
func checkStep(t testing.TB, h *desktest.House, agent desk.Actor, account string) (recovery.Ticket, string) {
	t.Helper()
	h.Desk.Flows["check"] = recovery.Workflow{ID: "check", Version: "check-1", Number: 1, Name: "By an external check", Level: recovery.P2,
		Steps: []recovery.Step{{ID: "check", Title: "Identity check", Methods: []recovery.Method{recovery.ByCheck, recovery.ByBiometric}},
			{ID: "code", Title: "A code", Methods: []recovery.Method{recovery.ByMailCode, recovery.ByAuthenticator}}}}
	k, secret := h.ClaimedBroken(agent, account)
	h.Pin(k.ID, "check-1")
	return k, secret
}

func call(h *desktest.House, k recovery.Ticket, q recovery.IdentityCheck, result string) (header string, body []byte) {
	body, _ = json.Marshal(recovery.CheckResult{Request: q.ID, Ticket: k.Reference, Account: q.AccountDigest(), Result: result})
	return codes.SignCall(h.Desk.Keys.Identity, h.Clock.Now(), body), body
}

func TestIdentityCheck(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		t.Run("a signed result passes the step, once, however often it comes", func(t *testing.T) {
			k, q := checked(t, h, agent, "ana")
			header, body := call(h, k, q, recovery.CheckPassed)
			if won := race(8, func(int) error { return h.Desk.TakeCheck(ctx, anyone, header, body) }); won != 1 {
				t.Errorf("%d calls were taken", won)
			}
			p := proofsOf(t, h, k.ID)
			if len(p) != 1 || p[0].Method != recovery.ByCheck || p[0].Group != recovery.GroupFace || p[0].By != "" {
				t.Errorf("%+v", p)
			}
			refused(t, h.Desk.TakeCheck(ctx, anyone, header, body), "check-decided")
			if kinds(t, h, recovery.CheckRefused) == 0 {
				t.Error("a repeated result is not on record")
			}
		})
		t.Run("a failed result fails the run", func(t *testing.T) {
			k, q := checked(t, h, agent, "ben")
			header, body := call(h, k, q, recovery.CheckFailed)
			ok(t, h.Desk.TakeCheck(ctx, anyone, header, body))
			if now := ticketNow(t, h, k.ID); now.State != recovery.Failed {
				t.Errorf("%s", now.State)
			}
		})
		t.Run("a call that is forged, unsigned or too old is refused and leaves nothing", func(t *testing.T) {
			k, q := checked(t, h, agent, "cleo")
			header, body := call(h, k, q, recovery.CheckPassed)
			size := h.LedgerSize()
			refused(t, h.Desk.TakeCheck(ctx, anyone, "", body), "check-forged")
			refused(t, h.Desk.TakeCheck(ctx, anyone, header, append(body, ' ')), "check-forged")
			refused(t, h.Desk.TakeCheck(ctx, anyone, codes.SignCall(bytes.Repeat([]byte("x"), 32), h.Clock.Now(), body), body), "check-forged")
			h.Clock.Add(recovery.CheckReplay + recovery.Second)
			refused(t, h.Desk.TakeCheck(ctx, anyone, header, body), "check-stale")
			ahead := codes.SignCall(h.Desk.Keys.Identity, h.Clock.Now()+recovery.CheckReplay+2*recovery.Second, body)
			refused(t, h.Desk.TakeCheck(ctx, anyone, ahead, body), "check-stale")
			if h.LedgerSize() != size || len(proofsOf(t, h, k.ID)) != 0 {
				t.Error("a stranger wrote something")
			}
		})
		t.Run("a result about something else is refused (B3)", func(t *testing.T) {
			k, q := checked(t, h, agent, "dora")
			other, p := checked(t, h, agent, "dana")
			for name, r := range map[string]recovery.CheckResult{
				"check-unknown": {Request: "00000000000000000000000000", Ticket: k.Reference, Account: q.AccountDigest(), Result: recovery.CheckPassed},
				"check-other":   {Request: q.ID, Ticket: other.Reference, Account: p.AccountDigest(), Result: recovery.CheckPassed},
				"check-result":  {Request: q.ID, Ticket: k.Reference, Account: q.AccountDigest(), Result: "maybe"},
			} {
				body, _ := json.Marshal(r)
				refused(t, h.Desk.TakeCheck(ctx, anyone, codes.SignCall(h.Desk.Keys.Identity, h.Clock.Now(), body), body), name)
			}
			body := []byte(`{"request":"x","extra":1}`)
			refused(t, h.Desk.TakeCheck(ctx, anyone, codes.SignCall(h.Desk.Keys.Identity, h.Clock.Now(), body), body), "check-unreadable")
		})
		t.Run("a result for a run that started over, or after its end, is refused", func(t *testing.T) {
			k, q := checked(t, h, agent, "eva")
			_, err := h.Desk.ReleaseClaim(ctx, agent, k.Reference, "another browser")
			ok(t, err)
			header, body := call(h, ticketNow(t, h, k.ID), q, recovery.CheckPassed)
			refused(t, h.Desk.TakeCheck(ctx, anyone, header, body), "check-over")
			k, q = checked(t, h, agent, "fay")
			h.Clock.Add(recovery.Hour)
			header, body = call(h, k, q, recovery.CheckPassed)
			refused(t, h.Desk.TakeCheck(ctx, anyone, header, body), "check-over")
		})
		t.Run("one request waits at a time, and its link is the claimed page's", func(t *testing.T) {
			k, secret := checkStep(t, h, agent, "gus")
			ok(t, h.Desk.BeginCheck(ctx, agent, k.Reference, "check", recovery.ByCheck))
			refused(t, h.Desk.BeginCheck(ctx, agent, k.Reference, "check", recovery.ByCheck), "check-waits")
			p, err := h.Desk.ClaimedTicket(ctx, secret, true)
			if err != nil || p.CheckUntil == 0 || !bytes.Contains([]byte(p.CheckLink), []byte("house=1")) || bytes.Contains([]byte(p.CheckLink), []byte("gus")) {
				t.Errorf("%q, %v", p.CheckLink, err)
			}
		})
		t.Run("without a service nothing is opened and nothing is taken", func(t *testing.T) {
			k, q := checked(t, h, agent, "hal")
			header, body := call(h, k, q, recovery.CheckPassed)
			h.Desk.Settings.IdentityURL = ""
			if err := h.Desk.TakeCheck(ctx, anyone, header, body); !errors.Is(err, store.ErrNotFound) {
				t.Error(err)
			}
			k, _ = checkStep(t, h, agent, "ida")
			refused(t, h.Desk.BeginCheck(ctx, agent, k.Reference, "check", recovery.ByCheck), "check-off")
		})
		h.Verify()
	})
}
