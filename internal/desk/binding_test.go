package desk_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/store"
)

// touchOf is the holder's passkey used at this moment.
func touchOf(t *testing.T, h *desktest.House, holder desk.Actor) desk.Answer {
	t.Helper()
	touch, err := h.Desk.BeginHolderTouch(t.Context(), holder)
	ok(t, err)
	return desk.Answer{Challenge: touch.ID, Response: h.Touch(holder.Account, touch.Options)}
}

// begun is a binding that a signed-in holder opened, with its notices taken.
func begun(t *testing.T, h *desktest.House, account string, mutate ...func(*recovery.Account)) (desk.Actor, recovery.Ticket) {
	t.Helper()
	h.Account(account, mutate...)
	h.Passkey(account)
	holder := holderOf(t, h, account)
	k, err := h.Desk.OpenBinding(t.Context(), holder, desk.NewBinding{Old: account + "-passkey", Reason: "New phone"}, touchOf(t, h, holder))
	ok(t, err)
	h.Work()
	return holder, k
}

// carried is a code that was shown and used: the secret of the new device's session
// and the number that it shows.
func carried(t *testing.T, h *desktest.House, holder desk.Actor) (token, number string) {
	t.Helper()
	shown, err := h.Desk.ShowBinding(t.Context(), holder, desk.Answer{})
	ok(t, err)
	token, err = h.Desk.UseBinding(t.Context(), desktest.Guest, shown.Code)
	ok(t, err)
	d, err := h.Desk.BoundDevice(t.Context(), token)
	ok(t, err)
	return token, d.Number
}

func TestR10_R18_ANewDeviceIsBoundBesideTheOldOne(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Found()
		h.Account("ana")
		h.Passkey("ana")
		holder := holderOf(t, h, "ana")
		in := desk.NewBinding{Old: "ana-passkey", Reason: "New phone"}
		t.Run("a sign-in of a minute ago is not enough: the passkey is used at this moment", func(t *testing.T) {
			_, err := h.Desk.OpenBinding(ctx, holder, in, desk.Answer{})
			refused(t, err, "touch-first")
		})
		k := must(h.Desk.OpenBinding(ctx, holder, in, touchOf(t, h, holder)))
		t.Run("no code before the holder could be told", func(t *testing.T) {
			_, err := h.Desk.ShowBinding(ctx, holder, desk.Answer{})
			refused(t, err, "notice-pending")
			if got := toldOf(t, h, k.ID, recovery.NoticeOpened); len(got) != 2 {
				t.Errorf("told %v", got)
			}
			h.Work()
		})
		first := must(h.Desk.ShowBinding(ctx, holder, desk.Answer{}))
		shown := must(h.Desk.ShowBinding(ctx, holder, desk.Answer{}))
		t.Run("the code has 135 bits, lives ten minutes, and the one before it is dead", func(t *testing.T) {
			if shown.Ends != h.Clock.Now()+10*recovery.Minute || len(strings.ReplaceAll(shown.Code, "-", "")) != 28 || !strings.HasSuffix(shown.Link, "/bind/"+strings.ReplaceAll(shown.Code, "-", "")) {
				t.Errorf("%+v", shown)
			}
			_, err := h.Desk.UseBinding(ctx, desktest.Guest, first.Code)
			refused(t, err, "binding-code-over")
			_, err = h.Desk.UseBinding(ctx, desktest.Guest, shown.Code[1:])
			refused(t, err, "binding-typo")
		})
		token := must(h.Desk.UseBinding(ctx, desktest.Guest, strings.ToLower(shown.Code)))
		row := must(h.Desk.Session(ctx, desk.RecoverySession, token))
		d := must(h.Desk.BoundDevice(ctx, token))
		t.Run("it works once, and the new device enrols nothing before its number came back", func(t *testing.T) {
			_, err := h.Desk.UseBinding(ctx, desktest.Guest, shown.Code)
			refused(t, err, "binding-code-over")
			_, err = h.Desk.ShowBinding(ctx, holder, desk.Answer{})
			refused(t, err, "code-used")
			_, err = h.Desk.BeginEnrol(ctx, row, "")
			refused(t, err, "number-first")
			refused(t, h.Desk.ConfirmBinding(ctx, holder, d.Number, desk.Answer{}), "touch-first")
			if len(toldOf(t, h, k.ID, recovery.NoticeBindingUsed)) != 2 {
				t.Error("nobody was told that a device used it")
			}
		})
		ok(t, h.Desk.ConfirmBinding(ctx, holder, d.Number, touchOf(t, h, holder)))
		old := h.Key("ana")
		_, err := h.Desk.Enrol(ctx, row, "192.0.2.7", "New phone", h.NewPasskey(row))
		ok(t, err)
		t.Run("both work until the new one signs in; then the old one is retired", func(t *testing.T) {
			if livePasskeys(t, h, "ana") != 2 || h.State(k.ID) == recovery.Collecting {
				t.Errorf("%d passkeys, the ticket is %s", livePasskeys(t, h, "ana"), h.State(k.ID))
			}
			_, err := signHolderIn(t, h, "ana", "")
			ok(t, err)
			factors := must(h.Store.View().Factors(ctx, "ana"))
			for _, f := range factors {
				if f.ID == "ana-passkey" && (f.Live() || f.SuspendedBy != k.ID) {
					t.Errorf("%+v", f)
				}
			}
			if old == h.Key("ana") {
				t.Error("nothing was enrolled")
			}
		})
		t.Run("or after seven days at the latest", func(t *testing.T) {
			_, later := begun(t, h, "bo")
			holder := holderOf(t, h, "bo")
			token, number := carried(t, h, holder)
			ok(t, h.Desk.ConfirmBinding(ctx, holder, number, touchOf(t, h, holder)))
			row := must(h.Desk.Session(ctx, desk.RecoverySession, token))
			_, err := h.Desk.Enrol(ctx, row, "192.0.2.7", "New phone", h.NewPasskey(row))
			ok(t, err)
			h.Clock.Add(7*recovery.Day - recovery.Second)
			ok(t, h.Desk.Sweep(ctx))
			n := livePasskeys(t, h, "bo")
			h.Clock.Add(recovery.Second)
			ok(t, h.Desk.Sweep(ctx))
			if n != 2 || livePasskeys(t, h, "bo") != 1 || must(h.Store.View().Binding(ctx, later.ID)).Retired == 0 {
				t.Errorf("%d, then %d", n, livePasskeys(t, h, "bo"))
			}
		})
		h.Verify()
	})
}

// A colleague photographs the code on the holder's screen.
func TestR40_APhotographedCodeBindsNothing(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	h.Found()
	holder, k := begun(t, h, "ana")
	shown := must(h.Desk.ShowBinding(ctx, holder, desk.Answer{}))
	thief := must(h.Desk.UseBinding(ctx, desktest.Guest, shown.Code))
	row := must(h.Desk.Session(ctx, desk.RecoverySession, thief))
	_, err := h.Desk.UseBinding(ctx, desktest.Guest, shown.Code)
	refused(t, err, "binding-code-over")
	_, err = h.Desk.BeginEnrol(ctx, row, "")
	refused(t, err, "number-first")
	for i, code := range []string{"number-wrong", "number-wrong", "number-over"} {
		number := []string{"000000", "111111", "222222"}[i]
		if number == codes.BindingNumber(h.Desk.Keys.Pepper, thief) {
			number = "333333"
		}
		refused(t, h.Desk.ConfirmBinding(ctx, holder, number, touchOf(t, h, holder)), code)
	}
	if h.State(k.ID) != recovery.Expired {
		t.Errorf("the ticket is %s", h.State(k.ID))
	}
	if _, err := h.Desk.Session(ctx, desk.RecoverySession, thief); err == nil {
		t.Error("the thief's session lives")
	}

	// The holder sees that it was not the own device, and cancels; or stops from a mail.
	second := must(h.Desk.OpenBinding(ctx, holder, desk.NewBinding{Old: "ana-passkey", Reason: "New phone"}, touchOf(t, h, holder)))
	h.Work()
	thief, number := carried(t, h, holder)
	ok(t, h.Desk.CancelBinding(ctx, holder))
	refused(t, h.Desk.ConfirmBinding(ctx, holder, number, touchOf(t, h, holder)), "binding-none")
	if _, err := h.Desk.BoundDevice(ctx, thief); err == nil || h.State(second.ID) != recovery.Expired {
		t.Errorf("%v, %s", err, h.State(second.ID))
	}
	third := must(h.Desk.OpenBinding(ctx, holder, desk.NewBinding{Old: "ana-passkey", Reason: "New phone"}, touchOf(t, h, holder)))
	h.Work()
	thief, number = carried(t, h, holder)
	ok(t, h.Desk.Stop(ctx, desktest.Guest, h.StopLink(third.ID)))
	refused(t, h.Desk.ConfirmBinding(ctx, holder, number, touchOf(t, h, holder)), "binding-none")
	if _, err := h.Desk.BoundDevice(ctx, thief); err == nil {
		t.Error("the thief's session lives after Stop")
	}
	if livePasskeys(t, h, "ana") != 1 {
		t.Error("something was enrolled")
	}
	h.Verify()
}

func TestR18_APrivilegedDeviceNeedsAnApproverAndAnAttestedKey(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	h.Found()
	approver := h.Staff("approver", recovery.Approver)
	holder, k := begun(t, h, "root", func(a *recovery.Account) { a.Population = recovery.Privileged })
	if h.State(k.ID) != recovery.WaitingApproval {
		t.Fatalf("the ticket is %s", h.State(k.ID))
	}
	_, err := h.Desk.ShowBinding(ctx, holder, desk.Answer{})
	refused(t, err, "recovery-early")
	_, err = h.Desk.OpenBinding(ctx, holder, desk.NewBinding{Way: "inventory", Old: "root-passkey", Reason: "Key from the shelf"}, touchOf(t, h, holder))
	refused(t, err, "not-from-inventory")
	waiting := must(h.Store.View().ApprovalsOf(ctx, k.ID))
	agent := desk.Actor{Kind: desk.StaffAct, Person: "agent"}
	if p := must(h.Desk.TicketPage(ctx, agent, k.Reference)); p.Workflow.Version != recovery.OwnKey().Version || len(p.Evidence) != 1 {
		t.Errorf("the ticket's page shows %+v", p.Workflow)
	}
	must(h.Desk.ApprovalPage(ctx, approver, waiting[0].ID))
	_, err = h.Desk.ReleaseClaim(ctx, agent, k.Reference, "another browser")
	refused(t, err, "self-service")
	g, err := h.Sign(approver, waiting[0].ID, recovery.Approve)
	ok(t, err)
	for _, line := range []string{"removed: nothing before the new passkey works", "granted: a new passkey on another device", "proof-1: own-key, authenticator: passed"} {
		if !strings.Contains(g.Statement, line) {
			t.Errorf("no %q in\n%s", line, g.Statement)
		}
	}
	h.Work()
	if livePasskeys(t, h, "root") != 1 || h.State(k.ID) != recovery.Collecting {
		t.Errorf("%d passkeys, the ticket is %s", livePasskeys(t, h, "root"), h.State(k.ID))
	}
	token, number := carried(t, h, holder)
	ok(t, h.Desk.ConfirmBinding(ctx, holder, number, touchOf(t, h, holder)))
	row := must(h.Desk.Session(ctx, desk.RecoverySession, token))
	touch := must(h.Desk.BeginEnrol(ctx, row, ""))
	copied := softkey.Defaults()
	copied.BackupEligible = true
	key := must(softkey.New(rand.Reader, copied))
	response := must(key.Create(touch.Options, desktest.Origin))
	_, err = h.Desk.Enrol(ctx, row, "192.0.2.7", "Synced", desk.Answer{Challenge: touch.ID, Response: response})
	refused(t, err, "key-backup-eligible")
	_, err = h.Desk.Enrol(ctx, row, "192.0.2.7", "Blue key", h.NewPasskey(row))
	ok(t, err)
	if s := h.State(k.ID); s != recovery.InReview {
		t.Errorf("the ticket is %s, and every privileged one is reviewed", s)
	}
	h.Verify()
}

// bindingActs are the acts of a new device.
var bindingActs = map[string]act{
	"OpenBinding": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Passkey(id)
		holder := holderOf(s.T, s.House, id)
		answer := touchOf(s.T, s.House, holder)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error {
			_, err := s.Desk.OpenBinding(ctx, holder, desk.NewBinding{Old: id + "-passkey", Reason: "New phone"}, answer)
			return err
		}}
	},
	"ShowBinding": func(s *stage, id string) desktest.Attempt {
		holder, k := begun(s.T, s.House, id)
		s.Clock.Add(recovery.StepUpFresh)
		answer := touchOf(s.T, s.House, holder)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { _, err := s.Desk.ShowBinding(ctx, holder, answer); return err }, Done: func() {
			b, now := must(s.Store.View().Binding(s.Context(), k.ID)), ticketNow(s.T, s.House, k.ID)
			if b.CodeHash == "" || b.Ends != now.Due || now.DueWhat != recovery.DueBinding {
				s.Errorf("half shown: %+v, due at %d", b, now.Due)
			}
		}}
	},
	"CancelBinding before it is approved": func(s *stage, id string) desktest.Attempt {
		holder, k := begun(s.T, s.House, id, func(a *recovery.Account) { a.Population = recovery.Privileged })
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.CancelBinding(ctx, holder) }, Done: s.ends(k.ID, recovery.Withdrawn)}
	},
	"CancelBinding of a code that was used": func(s *stage, id string) desktest.Attempt {
		holder, k := begun(s.T, s.House, id)
		token, _ := carried(s.T, s.House, holder)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.CancelBinding(ctx, holder) }, Done: func() {
			if _, err := s.Desk.BoundDevice(s.Context(), token); err == nil || s.State(k.ID) == recovery.Collecting {
				s.Errorf("half cancelled: the ticket is %s, the new device's page answers %v", s.State(k.ID), err)
			}
		}}
	},
	"UseBinding": func(s *stage, id string) desktest.Attempt {
		holder, k := begun(s.T, s.House, id)
		shown := must(s.Desk.ShowBinding(s.Context(), holder, desk.Answer{}))
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := s.Desk.UseBinding(ctx, desktest.Guest, shown.Code)
			return err
		}, Done: func() {
			if b := must(s.Store.View().Binding(s.Context(), k.ID)); b.Spent == 0 || b.Session == "" {
				s.Errorf("half used: %+v", b)
			}
		}}
	},
	"ConfirmBinding": func(s *stage, id string) desktest.Attempt {
		holder, k := begun(s.T, s.House, id)
		_, number := carried(s.T, s.House, holder)
		answer := touchOf(s.T, s.House, holder)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { return s.Desk.ConfirmBinding(ctx, holder, number, answer) }, Done: func() {
			if b := must(s.Store.View().Binding(s.Context(), k.ID)); b.Confirmed == 0 {
				s.Error("not confirmed")
			}
		}}
	},
	"RetireOld": func(s *stage, id string) desktest.Attempt {
		_, k := begun(s.T, s.House, id)
		s.Write(func(ctx context.Context, tx *store.Tx) error {
			from := ticketNow(s.T, s.House, k.ID)
			done := from
			done.State, done.Completed, done.Due = recovery.Closed, tx.Now(), 0
			if err := tx.AddFactor(ctx, recovery.Factor{ID: id + "-new", Account: id, Kind: recovery.Passkey, Name: "New", CredentialID: "cred-" + id, PublicKey: "x", Added: tx.Now(), Ticket: k.ID}); err != nil {
				return err
			}
			return tx.SaveTicket(ctx, from, done)
		})
		s.SQLExec(`UPDATE bindings SET confirmed = 1 WHERE ticket = '` + k.ID + `'`)
		s.Clock.Add(recovery.OldRetiredAfter)
		return desktest.Attempt{Act: s.Desk.RetireOld, Done: func() {
			if livePasskeys(s.T, s.House, id) != 1 {
				s.Error("half retired")
			}
		}}
	},
}

func refusedAs(err error, code string) bool {
	var refusal *recovery.Refusal
	return errors.As(err, &refusal) && refusal.Code == code
}

// Class double spend: ten devices use one code at once.
func TestR31_ABindingCodeHasOneWinner(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Found()
		holder, k := begun(t, h, "ana")
		shown := must(h.Desk.ShowBinding(t.Context(), holder, desk.Answer{}))
		won := make(chan string, 10)
		var all sync.WaitGroup
		for i := range cap(won) {
			all.Go(func() {
				actor := desk.Actor{Kind: desk.Stranger, IP: fmt.Sprintf("198.51.%d.7", 100+i)}
				token, err := h.Desk.UseBinding(t.Context(), actor, shown.Code)
				if err == nil {
					won <- token
				} else if !refusedAs(err, "binding-code-over") {
					t.Errorf("it failed: %v", err)
				}
			})
		}
		all.Wait()
		if len(won) != 1 {
			t.Fatalf("%d devices used it", len(won))
		}
		row := must(h.Desk.Session(t.Context(), desk.RecoverySession, <-won))
		if b := must(h.Store.View().Binding(t.Context(), k.ID)); b.Session != row.ID {
			t.Error("another session than the winner's waits for its number")
		}
	})
}

func TestR35_TheOldPasskeyIsRetiredOnlyWhileTheNewOneWorks(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Found()
		holder, k := begun(t, h, "ana")
		token, number := carried(t, h, holder)
		ok(t, h.Desk.ConfirmBinding(ctx, holder, number, touchOf(t, h, holder)))
		row := must(h.Desk.Session(ctx, desk.RecoverySession, token))
		_, err := h.Desk.Enrol(ctx, row, "192.0.2.7", "Not my phone", h.NewPasskey(row))
		ok(t, err)
		ok(t, h.Desk.Stop(ctx, desktest.Guest, h.StopLink(k.ID)))
		h.Clock.Add(recovery.Hour)
		ok(t, h.Desk.Lift(ctx, holderOf(t, h, "ana"), desk.Answer{}))
		h.Clock.Add(8 * recovery.Day)
		ok(t, h.Desk.Sweep(ctx))
		for _, f := range must(h.Store.View().Factors(ctx, "ana")) {
			if f.ID == "ana-passkey" && !f.Live() {
				t.Error("the holder's own passkey is retired for one that opens nothing")
			}
		}
		h.Verify()
	})
}
