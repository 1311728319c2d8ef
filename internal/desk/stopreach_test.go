package desk_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// accountStop makes a stop link of a message that was about no recovery.
func accountStop(t *testing.T, h *desktest.House, account string) (token string) {
	t.Helper()
	token, err := codes.NewToken(rand.Reader)
	ok(t, err)
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddStop(ctx, store.Stop{TokenHash: codes.HashToken("stop", token), Account: account, Address: account + "-mail-1",
			Made: tx.Now(), Ends: tx.Now() + desktest.StopLife})
	})
	return token
}

func TestR24_StopReachesEveryOpenRecoveryOfTheAccount(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Staff("admin", recovery.Administrator)
		t.Run("a message about wrong codes stops the recovery that is under way", func(t *testing.T) {
			h.Account("ana")
			secret := h.Pair("ana", h.Codes("ana")[0])
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, accountStop(t, h, "ana")))
			_, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			refused(t, err, "attempt-over")
			if k := ticketsOf(t, h, "ana")[0]; k.State != recovery.Frozen {
				t.Errorf("the ticket is %s", k.State)
			}
			newest(t, h, recovery.Stopped)
		})
		t.Run("so does the message about an earlier recovery", func(t *testing.T) {
			h.Account("bo")
			first := h.Recovered("bo", h.Codes("bo")[0])
			h.Clock.Add(2 * recovery.Day)
			secret := h.Pair("bo", h.Codes("bo")[0])
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(first.ID)))
			_, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			refused(t, err, "attempt-over")
			for _, k := range ticketsOf(t, h, "bo") {
				if k.State != recovery.Frozen {
					t.Errorf("ticket %s is %s", k.Reference, k.State)
				}
			}
		})
		t.Run("and a ticket at the desk", func(t *testing.T) {
			agent := h.Staff("agent", recovery.Agent)
			h.Account("cleo")
			k, _ := h.Asked("cleo", agent)
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, accountStop(t, h, "cleo")))
			if s := h.State(k.ID); s != recovery.Frozen {
				t.Errorf("the ticket is %s", s)
			}
		})
		h.Verify()
	})
}

func TestR41_AStoppedAccountKnowsNoBrowser(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		h.Account("bo")
		k := h.Recovered("ana", h.Codes("ana")[0])
		thief, err := codes.NewToken(rand.Reader)
		ok(t, err)
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.KnowBrowser(ctx, codes.HashToken("browser", thief), "bo", tx.Now()); err != nil {
				return err
			}
			return tx.KnowBrowser(ctx, codes.HashToken("browser", thief), "ana", tx.Now())
		})
		ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(k.ID)))
		for account, want := range map[string]bool{"ana": false, "bo": true} {
			known, err := h.Store.View().BrowserKnown(t.Context(), codes.HashToken("browser", thief), account)
			if err != nil || known != want {
				t.Errorf("%s knows the browser: %v, %v", account, known, err)
			}
		}
	})
}

var stopCode = regexp.MustCompile(`stop code (\S{5}-\S{5}) on`)

// codeIn reads the stop code out of the newest mail to an address about something.
func codeIn(t *testing.T, h *desktest.House, to, subject string) string {
	t.Helper()
	all := h.Mails()
	for i := len(all) - 1; i >= 0; i-- {
		if found := stopCode.FindStringSubmatch(all[i].Text); found != nil && strings.Contains(all[i].To, to) && strings.Contains(all[i].Subject, subject) {
			return found[1]
		}
	}
	t.Fatalf("no mail to %s about %s holds a stop code", to, subject)
	return ""
}

func TestR24_S17_TheStopCodeOfTheOpeningNotice(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		approver := h.Staff("approver", recovery.Approver)
		k, secret := h.Claimed(agent, "ana")
		for _, s := range desktest.DeskSteps() {
			h.Step(agent, k, secret, s)
		}
		a, err := h.Desk.AskApproval(t.Context(), agent, k.Reference, "Every step passed on the call")
		ok(t, err)
		code := codeIn(t, h, "ana@two", "asked to recover")
		t.Run("a typing mistake costs nothing, another code is told nothing and counts", func(t *testing.T) {
			refused(t, h.Desk.StopByCode(t.Context(), desktest.Guest, "K7QP2-M9X4"), "stop-typo")
			if n := counted(t, h, recovery.LaneAddress); n != 0 {
				t.Errorf("%d failures counted", n)
			}
			refused(t, h.Desk.StopByCode(t.Context(), desktest.Guest, "K7QP2-M9X4T"), "stop-code-over")
			if n := counted(t, h, recovery.LaneAddress); n != 1 {
				t.Errorf("%d failures counted", n)
			}
		})
		t.Run("typed by hand it freezes ticket, request, claim and codes at once, and tells security", func(t *testing.T) {
			ok(t, h.Desk.StopByCode(t.Context(), desktest.Guest, strings.ToLower(strings.ReplaceAll(code, "-", " "))))
			newest(t, h, recovery.Stopped)
			got, err := h.Store.View().Approval(t.Context(), a.ID)
			if err != nil || got.State != recovery.ApprovalVoid || h.State(k.ID) != recovery.Frozen {
				t.Errorf("approval %s, ticket %s, %v", got.State, h.State(k.ID), err)
			}
			_, err = h.Sign(approver, a.ID, recovery.Approve)
			refused(t, err, "already-decided")
			refused(t, h.Desk.EnterPassword(t.Context(), desktest.Guest, secret, desktest.Password), "wrong-state")
			if n := mailsAbout(h, "founder-", "Security alert"); n < 2 {
				t.Errorf("%d alerts", n)
			}
		})
		t.Run("the code and the link are one: used once", func(t *testing.T) {
			refused(t, h.Desk.StopByCode(t.Context(), desktest.Guest, code), "stop-code-over")
			newest(t, h, recovery.RecoveryRefused) // a spent secret is on record
		})
		t.Run("staff do not unfreeze: no agent opens or works it", func(t *testing.T) {
			_, err := h.Desk.OpenTicket(t.Context(), h.Staff("second", recovery.Agent), ownerCalls("ana"))
			refused(t, err, "account-stopped")
			refused(t, h.Desk.WithdrawTicket(t.Context(), agent, k.Reference, "mistake"), "wrong-state")
			_, err = h.Desk.ReleaseClaim(t.Context(), agent, k.Reference, "mistake")
			refused(t, err, "wrong-state")
		})
		t.Run("nobody finds a code by trying: the address waits", func(t *testing.T) {
			for range recovery.AddressHourly {
				refused(t, h.Desk.StopByCode(t.Context(), desktest.Guest, "K7QP2-M9X4T"), "stop-code-over")
			}
			if n := counted(t, h, recovery.LaneAddress); n != recovery.AddressHourly {
				t.Errorf("%d tries were looked at", n)
			}
		})
		h.Verify()
	})
}

func TestR29_StopOnAnOldTicketReachesWhatWasCompletedSince(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		t.Run("the recovery that was completed after the ticket expired", func(t *testing.T) {
			old := h.Opened(agent, "ana")
			h.Clock.Add(desktest.ProofFresh + recovery.Second)
			ok(t, h.Desk.Sweep(t.Context()))
			h.Clock.Add(recovery.Day)
			thief := h.Recovered("ana", h.Codes("ana")[0])
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(old.ID)))
			all, err := h.Store.View().Factors(t.Context(), "ana")
			if err != nil || len(recovery.GoneWith(all)) != 0 || h.State(thief.ID) != recovery.Frozen || h.State(old.ID) != recovery.Expired {
				t.Errorf("%d passkeys live, the recovery is %s, the old ticket %s, %v", len(recovery.GoneWith(all)), h.State(thief.ID), h.State(old.ID), err)
			}
			refused(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(thief.ID)), "already-stopped")
		})
		t.Run("not the one that was completed before it", func(t *testing.T) {
			h.Account("bo")
			own := h.Recovered("bo", h.Codes("bo")[0])
			h.Clock.Add(recovery.Day)
			k, err := h.Desk.OpenTicket(t.Context(), agent, ownerCalls("bo"))
			ok(t, err)
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(k.ID)))
			all, err := h.Store.View().Factors(t.Context(), "bo")
			if err != nil || len(recovery.GoneWith(all)) != 1 || h.State(own.ID) == recovery.Frozen {
				t.Errorf("%d passkeys live, the own recovery is %s, %v", len(recovery.GoneWith(all)), h.State(own.ID), err)
			}
		})
		h.Verify()
	})
}

// nextJob leases the next job of a reset and gives what the worker would do with it.
func nextJob(t *testing.T, h *desktest.House) func() {
	t.Helper()
	j, err := h.Desk.ClaimJob(t.Context(), "test")
	ok(t, err)
	switch j.Kind {
	case desk.JobExecute:
		return func() { _ = h.Desk.ExecuteReset(t.Context(), j) }
	case desk.JobOrder:
		return func() {
			_ = h.Desk.FinishReset(t.Context(), j, directory.Outcome{Reference: "local"}, nil)
		}
	}
	t.Fatalf("the next job is %s", j.Kind)
	return nil
}

// Whatever comes first: a stop and the execution of one ticket never both win.
func TestR24_StopAgainstExecution(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	approver := h.Staff("approver", recovery.Approver)
	executed, rounds := 0, 40
	if desktest.Torture() {
		rounds = 200
	}
	for i := range rounds {
		id := fmt.Sprintf("acc-%d", i)
		h.Account(id)
		h.Passkey(id)
		k, a := h.Asked(id, agent)
		_, err := h.Sign(approver, a.ID, recovery.Approve)
		ok(t, err)
		h.Work()
		h.Clock.Add(recovery.ObjectionWindow)
		run := nextJob(t, h)
		if i%2 == 1 { // ordered already: the answer of the directory races
			run()
			run = nextJob(t, h)
		}
		token := h.StopLink(k.ID)
		race(2, func(n int) error {
			if n == 0 {
				return h.Desk.Stop(t.Context(), desktest.Guest, token)
			}
			run()
			return nil
		})
		h.Work()
		now := ticketNow(t, h, k.ID)
		all, err := h.Store.View().Factors(t.Context(), id)
		ok(t, err)
		if now.State != recovery.Frozen || (now.Executed != 0) != (len(recovery.GoneWith(all)) == 0) {
			t.Fatalf("round %d: the ticket is %s, executed %d, %d passkeys live", i, now.State, now.Executed, len(recovery.GoneWith(all)))
		}
		if now.Executed != 0 {
			executed++
		}
	}
	if executed == 0 || executed == rounds {
		t.Errorf("%d of %d were executed before the stop: that is no race", executed, rounds)
	}
	h.Verify()
}

func TestR24_StopTakesBackTheTravelWindowItIsAbout(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Found()
		holder := withCodes(t, h, "ana")
		before := must(h.Desk.RegisterTrip(ctx, holder, tripOf(h, "ana"), desk.Answer{}))
		h.Clock.Add(recovery.Minute)
		must(h.Desk.RegisterTrip(ctx, holder, tripOf(h, "ana"), desk.Answer{}))
		ok(t, h.Desk.StopByCode(ctx, desktest.Guest, codeIn(t, h, "ana@two", "ravel")))
		left := must(h.Store.View().Trips(ctx, "ana", h.Clock.Now()))
		if len(left) != 1 || left[0].ID != before.ID {
			t.Errorf("%d windows are left", len(left))
		}
		h.Verify()
	})
}

// The device that is gone holds the cookie of a browser that signed in.
func TestR41_ARecoveredAccountKnowsNoBrowser(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		laptop, err := codes.NewToken(rand.Reader)
		ok(t, err)
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.KnowBrowser(ctx, desk.BrowserHash(laptop), "ana", tx.Now())
		})
		h.Recovered("ana", h.Codes("ana")[0])
		known, err := h.Store.View().BrowserKnown(t.Context(), desk.BrowserHash(laptop), "ana")
		if err != nil || known {
			t.Errorf("the browser on the lost device is known: %v", err)
		}
		h.Verify()
	})
}
