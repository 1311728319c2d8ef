package desk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestR37_OneCodeAloneOpensNothing(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		set := h.Codes("ana")
		secret, err := h.Present("ana", set[0])
		ok(t, err)
		h.Work()
		t.Run("the code alone starts no session, however often the notice was accepted", func(t *testing.T) {
			_, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			refused(t, err, "attempt-over")
		})
		t.Run("another browser's secret tries no password", func(t *testing.T) {
			refused(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, "", desktest.Password), "attempt-over")
			other, err := codes.NewToken(h.Desk.Rand)
			ok(t, err)
			refused(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, other, desktest.Password), "attempt-over")
		})
		var token string
		t.Run("code and password open it", func(t *testing.T) {
			ok(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, secret, desktest.Password))
			token, err = h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			ok(t, err)
			newest(t, h, recovery.RecoveryOpened, recovery.PairComplete)
		})
		t.Run("once: the same form again gets the first answer", func(t *testing.T) {
			again, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			ok(t, err)
			if n := kinds(t, h, recovery.RecoveryOpened); again != token || n != 1 {
				t.Errorf("another secret: %v; %d sessions", again != token, n)
			}
		})
		h.Verify()
	})
}

func TestPresentPassword(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		set := h.Codes("ana")
		t.Run("five wrong passwords end the attempt, and the right one comes too late", func(t *testing.T) {
			secret, err := h.Present("ana", set[0])
			ok(t, err)
			for range recovery.PasswordTries {
				refused(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, secret, "wrong"), "wrong-password")
			}
			refused(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, secret, desktest.Password), "attempt-over")
			if k := ticketsOf(t, h, "ana")[0]; k.State != recovery.Failed {
				t.Errorf("the ticket is %s", k.State)
			}
			newest(t, h, recovery.RunFailed, recovery.RecoveryRefused)
			if n := spentCodes(t, h, "ana"); n != 1 {
				t.Errorf("%d codes are spent", n)
			}
		})
		t.Run("of 40 guesses at once five are looked at", func(t *testing.T) {
			secret, err := h.Present("ana", set[1])
			ok(t, err)
			k := ticketsOf(t, h, "ana")[0]
			race(40, func(int) error { return h.Desk.PresentPassword(t.Context(), desktest.Guest, secret, "wrong") })
			n, err := h.Store.View().Tries(t.Context(), k.ID, string(recovery.ByPassword.Slot()))
			if err != nil || n != recovery.PasswordTries {
				t.Errorf("%d tries, %v", n, err)
			}
		})
		t.Run("the ten minutes end on the microsecond", func(t *testing.T) {
			for i, early := range []int64{1, 0, -recovery.Second} {
				secret, err := h.Present("ana", set[2+i])
				ok(t, err)
				h.Clock.Add(desktest.AttemptLife - early)
				err = h.Desk.PresentPassword(t.Context(), desktest.Guest, secret, "wrong")
				if early > 0 {
					refused(t, err, "wrong-password")
				} else {
					refused(t, err, "attempt-over")
				}
			}
		})
		h.Verify()
	})
}

func TestR26_TheSessionWaitsForTheNotice(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		set := h.Codes("ana")
		secret, err := h.Present("ana", set[0])
		ok(t, err)
		ok(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, secret, desktest.Password))
		t.Run("the page waits and names where the notice goes", func(t *testing.T) {
			p, err := h.Desk.WaitPage(t.Context(), secret)
			if err != nil || !p.Waiting || p.Ready || len(p.Told) != 2 {
				t.Errorf("%+v, %v", p, err)
			}
			_, err = h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			refused(t, err, "notice-pending")
		})
		t.Run("after 60 minutes the ticket has expired", func(t *testing.T) {
			h.Clock.Add(recovery.NoticeWait)
			k := ticketsOf(t, h, "ana")[0]
			_, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			refused(t, err, "attempt-over")
			ok(t, h.Desk.CollectingLapse(t.Context(), k.ID))
			if s := h.State(k.ID); s != recovery.Expired {
				t.Errorf("the ticket is %s", s)
			}
			h.Work()
			_, err = h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			refused(t, err, "attempt-over")
		})
		t.Run("another code starts over; once a mailbox took the notice the session starts", func(t *testing.T) {
			if _, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, h.Pair("ana", set[1])); err != nil {
				t.Fatal(err)
			}
		})
		h.Verify()
	})
}

func TestR10_Enrol(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		h.Passkey("ana")
		set := h.Codes("ana")
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.AddSession(ctx, store.Session{ID: "thief", TokenHash: "thief", Kind: desk.HolderSession, Account: "ana", Ends: tx.Now() + recovery.Day})
		})
		s := h.Recovering("ana", set[0])
		answer := h.NewPasskey(s)
		t.Run("a challenge of one session is worth nothing in another", func(t *testing.T) {
			h.Account("bo")
			b := h.Recovering("bo", h.Codes("bo")[0])
			_, err := h.Desk.Enrol(t.Context(), b, "", "", answer)
			refused(t, err, "touch-spent")
		})
		done, err := h.Desk.Enrol(t.Context(), s, "192.0.2.7", "Blue key", answer)
		ok(t, err)
		t.Run("old passkeys are suspended and the new one is bound to the ticket", func(t *testing.T) {
			all, err := h.Store.View().Factors(t.Context(), "ana")
			ok(t, err)
			for _, f := range all {
				switch {
				case f.Kind == recovery.Password && !f.Live(), f.ID == "ana-passkey" && f.SuspendedBy != s.Ticket, f.Name == "Blue key" && (!f.Live() || f.Ticket != s.Ticket):
					t.Errorf("factor %+v", f)
				}
			}
			if len(all) != 3 || done.Suspended != 1 {
				t.Errorf("%d factors, %d suspended", len(all), done.Suspended)
			}
		})
		t.Run("every session of the account has ended, this one too", func(t *testing.T) {
			for _, id := range []string{"thief", s.ID} {
				if row, err := h.Store.View().Session(t.Context(), id); err != nil || row.Ended == 0 {
					t.Errorf("session %s lives: %v", id, err)
				}
			}
			_, err := h.Desk.BeginEnrol(t.Context(), s, "")
			refused(t, err, "recovery-over")
		})
		t.Run("the whole code set is retired in the same change", func(t *testing.T) {
			_, err := h.Present("ana", set[1])
			refused(t, err, "did-not-work")
			if rows, err := h.Store.View().CodeSets(t.Context(), "ana"); err != nil || rows[0].Retired == 0 {
				t.Errorf("sets %+v, %v", rows, err)
			}
		})
		t.Run("every address is told and address changes are blocked for a day", func(t *testing.T) {
			n, err := h.Store.View().NoticesOf(t.Context(), s.Ticket)
			ok(t, err)
			told := 0
			for _, r := range n {
				if r.Kind == string(recovery.NoticeCompleted) {
					told++
				}
			}
			a, err := h.Store.View().Account(t.Context(), "ana")
			if err != nil || told != 2 || a.ContactBlock != h.Clock.Now()+desktest.AddressChangeBlock {
				t.Errorf("%d told, account %+v, %v", told, a, err)
			}
		})
		t.Run("the ticket is completed and has nothing left to wait for but its letters", func(t *testing.T) {
			k, err := h.Store.View().Ticket(t.Context(), s.Ticket)
			if err != nil || k.Completed != h.Clock.Now() || k.ReviewDue != 0 || k.State != recovery.InReview && k.State != recovery.Closed {
				t.Errorf("%+v, %v", k, err)
			}
		})
		h.Verify()
	})
}

func TestR7_EnrolmentEndsOnTheSecond(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		for i, early := range []int64{recovery.Second, 0, -recovery.Second} {
			id := fmt.Sprintf("ana-%d", i)
			h.Account(id)
			s := h.Recovering(id, h.Codes(id)[0])
			h.Clock.Add(desktest.RecoverySessionLife - 2*recovery.Minute)
			answer := h.NewPasskey(s)
			h.Clock.Add(2*recovery.Minute - early)
			_, err := h.Desk.Enrol(t.Context(), s, "", "", answer)
			if early > 0 {
				ok(t, err)
				continue
			}
			refused(t, err, "recovery-over")
			ok(t, h.Desk.CollectingLapse(t.Context(), s.Ticket))
			if got := h.State(s.Ticket); got != recovery.Expired {
				t.Errorf("the ticket is %s", got)
			}
		}
		h.Verify()
	})
}

func TestR41_AnUnknownBrowserCostsADay(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		hold := func(id string) int64 {
			a, err := h.Store.View().Account(t.Context(), id)
			ok(t, err)
			return a.Hold
		}
		t.Run("two phishable proofs from an unknown browser keep the account low for 24 hours", func(t *testing.T) {
			h.Account("ana")
			h.Recovered("ana", h.Codes("ana")[0])
			if got := hold("ana"); got != h.Clock.Now()+desktest.UnknownBrowserHold {
				t.Errorf("hold until %d", got)
			}
		})
		t.Run("a browser that signed in as this account before costs nothing", func(t *testing.T) {
			h.Account("bo")
			set := h.Codes("bo")
			token, err := codes.NewToken(h.Desk.Rand)
			ok(t, err)
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.KnowBrowser(ctx, codes.HashToken("browser", token), "bo", tx.Now())
			})
			secret, err := h.Desk.PresentCode(t.Context(), desktest.Guest, desk.PresentCode{Account: "bo", Code: set[0].String(), Facts: desktest.LostAndLocked, Browser: token})
			ok(t, err)
			ok(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, secret, desktest.Password))
			h.Work()
			session, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
			ok(t, err)
			s, err := h.Desk.Session(t.Context(), desk.RecoverySession, session)
			ok(t, err)
			_, err = h.Desk.Enrol(t.Context(), s, "", "", h.NewPasskey(s))
			ok(t, err)
			if got := hold("bo"); got != 0 {
				t.Errorf("hold until %d", got)
			}
		})
		t.Run("a browser known for another account is unknown here", func(t *testing.T) {
			h.Account("cleo")
			token := stranger(t)
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.KnowBrowser(ctx, codes.HashToken("browser", token), "bo", tx.Now())
			})
			_, err := h.Desk.PresentCode(t.Context(), desktest.Guest, desk.PresentCode{Account: "cleo", Code: h.Codes("cleo")[0].String(), Facts: desktest.LostAndLocked, Browser: token})
			ok(t, err)
			a, err := h.Store.View().AttemptOf(t.Context(), ticketsOf(t, h, "cleo")[0].ID)
			if err != nil || a.KnownBrowser != 0 {
				t.Errorf("attempt %+v, %v", a, err)
			}
		})
	})
}

func TestEnrolOnceUnderRace(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		s := h.Recovering("ana", h.Codes("ana")[0])
		answers := make([]desk.Answer, 10)
		for i := range answers {
			answers[i] = h.NewPasskey(s)
		}
		if won := race(len(answers), func(i int) error { _, err := h.Desk.Enrol(t.Context(), s, "", "", answers[i]); return err }); won != 1 {
			t.Errorf("%d enrolled", won)
		}
		h.Verify()
	})
}

func TestR51_SelfServiceLeavesNothingHalfDone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		n := 0
		next := func() string { n++; id := fmt.Sprintf("p%d", n); h.Account(id); return id }
		t.Run("PresentCode", func(t *testing.T) {
			h.Faults(t, func() desktest.Attempt {
				id := next()
				code := h.Codes(id)[0]
				return desktest.Attempt{
					Act: func(ctx context.Context) error {
						_, err := h.Desk.PresentCode(ctx, desktest.Guest, desk.PresentCode{Account: id, Code: code.String(), Facts: desktest.LostAndLocked})
						return err
					},
					Done: func() {
						if len(ticketsOf(t, h, id)) != 1 || spentCodes(t, h, id) != 1 {
							t.Errorf("%s: a ticket and a spent code belong together", id)
						}
					},
				}
			})
		})
		t.Run("Enrol", func(t *testing.T) {
			var id string
			var s store.Session
			h.Faults(t, func() desktest.Attempt {
				if id == "" || ticketsOf(t, h, id)[0].Completed != 0 {
					id = next()
					s = h.Recovering(id, h.Codes(id)[0])
				}
				answer := h.NewPasskey(s)
				return desktest.Attempt{
					Act:   func(ctx context.Context) error { _, err := h.Desk.Enrol(ctx, s, "", "", answer); return err },
					Keeps: []string{"challenges"},
					Done: func() {
						if k := ticketsOf(t, h, id)[0]; k.Completed == 0 {
							t.Errorf("%s is %s", id, k.State)
						}
					},
				}
			})
		})
		t.Run("Stop", func(t *testing.T) {
			h.Faults(t, func() desktest.Attempt {
				id := next()
				k := h.Recovered(id, h.Codes(id)[0])
				token := h.StopLink(k.ID)
				return desktest.Attempt{
					Act: func(ctx context.Context) error { return h.Desk.Stop(ctx, desktest.Guest, token) },
					Done: func() {
						if s := h.State(k.ID); s != recovery.Frozen {
							t.Errorf("%s is %s", id, s)
						}
					},
				}
			})
		})
	})
}

func TestAPasskeysNameIsOneShortLine(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Account("ana")
	s := h.Recovering("ana", h.Codes("ana")[0])
	_, err := h.Desk.Enrol(t.Context(), s, "", " Phone\r\n\u202eCall\u200b 555"+strings.Repeat("x", 1000), h.NewPasskey(s))
	ok(t, err)
	all, err := h.Store.View().Factors(t.Context(), "ana")
	ok(t, err)
	if got, want := recovery.GoneWith(all)[0].Name, "PhoneCall 555"; !strings.HasPrefix(got, want) || len(got) != 59 {
		t.Errorf("the name is %q", got)
	}
}

func TestR23_WhoBecomesStaffMeanwhileGoesInPerson(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		secret := h.Pair("ana", h.Codes("ana")[0])
		h.Account("bo")
		s := h.Recovering("bo", h.Codes("bo")[0])
		answer := h.NewPasskey(s)
		h.Staff("ana", recovery.Administrator)
		h.Staff("bo", recovery.Agent)
		_, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
		refused(t, err, "population-changed")
		_, err = h.Desk.Enrol(t.Context(), s, "", "", answer)
		refused(t, err, "population-changed")
		h.Verify()
	})
}
