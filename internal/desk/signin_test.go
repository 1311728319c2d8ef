package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

func trySignIn(t testing.TB, h *desktest.House, k *softkey.Key) (token, person string, err error) {
	t.Helper()
	touch, err := h.Desk.BeginSignIn(t.Context(), desk.Actor{})
	ok(t, err)
	return h.Desk.SignIn(t.Context(), desk.Actor{IP: "192.0.2.7"}, get(t, k, touch))
}

// session signs in and returns the cookie's secret.
func session(t testing.TB, h *desktest.House, k *softkey.Key) string {
	t.Helper()
	token, _, err := trySignIn(t, h, k)
	ok(t, err)
	return token
}

// signIn signs in and returns the actor, session and all.
func signIn(t testing.TB, h *desktest.House, k *softkey.Key) desk.Actor {
	t.Helper()
	s, err := h.Desk.Session(t.Context(), desk.StaffSession, session(t, h, k))
	ok(t, err)
	return desk.Actor{Kind: desk.StaffAct, Person: s.Person, Session: s.ID}
}

// signInAnswer is a good answer to a challenge of its own.
func signInAnswer(t testing.TB, h *desktest.House, k *softkey.Key) []byte {
	t.Helper()
	touch, err := h.Desk.BeginSignIn(t.Context(), desk.Actor{})
	ok(t, err)
	return get(t, k, touch).Response
}

func TestSignIn(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Staff("ada", recovery.Administrator)
		t.Run("a key with user verification opens a session and the ledger names the key", func(t *testing.T) {
			token, person, err := trySignIn(t, h, h.Key("ada"))
			ok(t, err)
			if person != "ada" {
				t.Errorf("person %q", person)
			}
			row := newestRow(t, h)
			key := keyRow(t, h, "key-ada")
			if row.Entry.Kind != string(recovery.StaffSignedIn) || row.Entry.Actor != "person:ada" || row.Entry.Data["key"] != key.Digest || key.Used == 0 {
				t.Errorf("entry %+v", row.Entry)
			}
			_, err = h.Desk.Session(ctx, desk.StaffSession, token)
			ok(t, err)
		})
		t.Run("a session ends after 15 minutes without activity", func(t *testing.T) {
			token := session(t, h, h.Key("ada"))
			h.Clock.Add(recovery.SessionIdle)
			_, err := h.Desk.Session(ctx, desk.StaffSession, token)
			refused(t, err, "signed-out")
		})
		t.Run("a session ends after 8 hours whatever its activity", func(t *testing.T) {
			token := session(t, h, h.Key("ada"))
			for range 8 * 6 {
				_, err := h.Desk.Session(ctx, desk.StaffSession, token)
				ok(t, err)
				h.Clock.Add(10 * recovery.Minute)
			}
			_, err := h.Desk.Session(ctx, desk.StaffSession, token)
			refused(t, err, "signed-out")
		})
		t.Run("a session ends with sign-out", func(t *testing.T) {
			token := session(t, h, h.Key("ada"))
			s, err := h.Desk.Session(ctx, desk.StaffSession, token)
			ok(t, err)
			ok(t, h.Desk.SignOut(ctx, desk.Actor{Kind: desk.StaffAct, Person: "ada", Session: s.ID}))
			_, err = h.Desk.Session(ctx, desk.StaffSession, token)
			refused(t, err, "signed-out")
		})
		t.Run("a person whose key nobody confirmed signs in, and no role counts", func(t *testing.T) {
			_, k := invitee(t, h, "cyd", recovery.Agent)
			a := signIn(t, h, k)
			if s := standing(t, h, a.Person); len(s.Counting(h.Clock.Now())) != 0 {
				t.Errorf("counting %v", s.Counting(h.Clock.Now()))
			}
		})
		h.Verify()
	})
}

// TestSignInAbuse is T4 for sign-in: everything is refused with one sentence.
func TestSignInAbuse(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Staff("ada", recovery.Administrator)
		h.Staff("bea", recovery.Administrator)
		k := h.Key("ada")
		lies := map[string]func(){
			"no user verification": func() { k.Forge = func(p *softkey.Parts) { p.AuthData[softkey.FlagsAt] &^= softkey.FlagUV } },
			"no user presence":     func() { k.Forge = func(p *softkey.Parts) { p.AuthData[softkey.FlagsAt] &^= softkey.FlagUP } },
			"another signature":    func() { k.Tamper = func(p *softkey.Parts) { p.Signature[len(p.Signature)-1] ^= 1 } },
			"another user handle":  func() { k.Forge = func(p *softkey.Parts) { p.UserHandle = desk.StaffHandle("bea") } },
			"id and rawId differ":  func() { k.Tamper = func(p *softkey.Parts) { p.RawID = []byte("another") } },
		}
		for what, lie := range lies {
			t.Run("refused: "+what, func(t *testing.T) {
				lie()
				defer func() { k.Forge, k.Tamper = nil, nil }()
				_, _, err := trySignIn(t, h, k)
				refused(t, err, "sign-in-failed")
			})
		}
		t.Run("refused: a key of another origin", func(t *testing.T) {
			touch, err := h.Desk.BeginSignIn(ctx, desk.Actor{})
			ok(t, err)
			response, err := k.Get(touch.Options, "https://evil.example")
			ok(t, err)
			_, _, err = h.Desk.SignIn(ctx, desk.Actor{}, desk.Answer{Challenge: touch.ID, Response: response})
			refused(t, err, "sign-in-failed")
		})
		t.Run("refused: a key nobody knows", func(t *testing.T) {
			stranger := newKey(t)
			options, _, err := h.Desk.RP.BeginRegistration(stepup.Staff, stepup.User{Handle: desk.StaffHandle("ada"), Name: "ada", DisplayName: "ada"}, nil)
			ok(t, err)
			_, err = stranger.Create(options, desktest.Origin)
			ok(t, err)
			size := h.LedgerSize()
			_, _, err = trySignIn(t, h, stranger)
			refused(t, err, "sign-in-failed")
			if h.LedgerSize() != size {
				t.Error("a stranger's failure became a ledger entry")
			}
		})
		t.Run("refused: not an answer at all", func(t *testing.T) {
			_, _, err := h.Desk.SignIn(ctx, desk.Actor{}, desk.Answer{Response: []byte("{}")})
			refused(t, err, "sign-in-failed")
		})
		t.Run("refused: a challenge that ended (B8)", func(t *testing.T) {
			touch, err := h.Desk.BeginSignIn(ctx, desk.Actor{})
			ok(t, err)
			h.Clock.Add(recovery.ChallengeLife)
			_, _, err = h.Desk.SignIn(ctx, desk.Actor{}, get(t, k, touch))
			refused(t, err, "sign-in-failed")
		})
		t.Run("an address that failed too often is answered without a look, with the same sentence", func(t *testing.T) {
			actor := desk.Actor{IP: "198.51.100.4"}
			for range recovery.AddressHourly {
				_, _, err := h.Desk.SignIn(ctx, actor, desk.Answer{Challenge: "none", Response: signInAnswer(t, h, k)})
				refused(t, err, "sign-in-failed")
			}
			touch, err := h.Desk.BeginSignIn(ctx, desk.Actor{})
			ok(t, err)
			_, _, err = h.Desk.SignIn(ctx, actor, get(t, k, touch))
			refused(t, err, "sign-in-failed")
			_, _, err = trySignIn(t, h, k)
			ok(t, err)
		})
		t.Run("the same answer, sent 20 times at once, signs in once (M3)", func(t *testing.T) {
			touch, err := h.Desk.BeginSignIn(ctx, desk.Actor{})
			ok(t, err)
			answer := get(t, k, touch)
			won := race(20, func(int) error { _, _, err := h.Desk.SignIn(ctx, desk.Actor{}, answer); return err })
			if won != 1 {
				t.Errorf("%d signed in", won)
			}
		})
		h.Verify()
	})
}

// TestCounterRegression: a copied key is found and stays suspended although the
// act that found it was refused (B16).
func TestCounterRegression(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, _ := h.Staff("ada", recovery.Administrator), h.Staff("bea", recovery.Administrator)
		key, _ := invitee(t, h, "cyd", recovery.Agent)
		check := func(t *testing.T, id string) {
			t.Helper()
			if k := keyRow(t, h, id); k.Live() || k.SuspendedWhy == "" {
				t.Errorf("key %+v", k)
			}
			if kinds := h.Ledger(2); kinds[0] != string(recovery.StaffKeySuspended) || kinds[1] != string(recovery.StaffRefused) {
				t.Errorf("ledger %q", kinds)
			}
			if m := h.LastMail(); !strings.HasPrefix(m.Subject, "Security alert") {
				t.Errorf("security was not alerted: %+v", m)
			}
		}
		t.Run("at sign-in, with the one sentence", func(t *testing.T) {
			token := session(t, h, h.Key("bea"))
			h.Key("bea").SetCounter(0)
			h.Key("bea").CounterStuck = true
			_, _, err := trySignIn(t, h, h.Key("bea"))
			refused(t, err, "sign-in-failed")
			check(t, "key-bea")
			_, err = h.Desk.Session(ctx, desk.StaffSession, token)
			refused(t, err, "signed-out")
		})
		t.Run("at a confirmation, which does not happen", func(t *testing.T) {
			session(t, h, h.Key("ada"))
			h.Key("ada").SetCounter(0)
			h.Key("ada").CounterStuck = true
			refused(t, confirm(t, h, ada, key.ID), "key-"+stepup.CounterRegression)
			check(t, "key-ada")
			if keyRow(t, h, key.ID).Counted != 0 {
				t.Error("the key was confirmed all the same")
			}
			_, err := h.Desk.BeginConfirmKey(ctx, ada, key.ID)
			refused(t, err, "key-suspended")
		})
		h.Verify()
	})
}

// TestConfirmKeyTouch is T4 for a decision: the challenge is one person's, one
// session's, one key's, once.
func TestConfirmKeyTouch(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, bea := h.Staff("ada", recovery.Administrator), h.Staff("bea", recovery.Administrator)
		one, _ := invitee(t, h, "cyd", recovery.Agent)
		two, _ := invitee(t, h, "dan", recovery.Agent)
		begin := func(t *testing.T, a desk.Actor, key string) desk.Touch {
			touch, err := h.Desk.BeginConfirmKey(ctx, a, key)
			ok(t, err)
			return touch
		}
		t.Run("an answer for one key does not confirm another", func(t *testing.T) {
			touch := begin(t, ada, one.ID)
			refused(t, h.Desk.ConfirmKey(ctx, ada, two.ID, get(t, h.Key("ada"), touch)), "touch-spent")
		})
		t.Run("an answer of one administrator is no other's", func(t *testing.T) {
			touch := begin(t, ada, one.ID)
			refused(t, h.Desk.ConfirmKey(ctx, bea, one.ID, get(t, h.Key("ada"), touch)), "touch-spent")
		})
		t.Run("a challenge belongs to the session that began it", func(t *testing.T) {
			first, second := signIn(t, h, h.Key("ada")), signIn(t, h, h.Key("ada"))
			touch := begin(t, first, one.ID)
			refused(t, h.Desk.ConfirmKey(ctx, second, one.ID, get(t, h.Key("ada"), touch)), "touch-spent")
		})
		t.Run("a session that ended meanwhile confirms nothing", func(t *testing.T) {
			a := signIn(t, h, h.Key("ada"))
			touch := begin(t, a, one.ID)
			ok(t, h.Desk.SignOut(ctx, a))
			refused(t, h.Desk.ConfirmKey(ctx, a, one.ID, get(t, h.Key("ada"), touch)), "signed-out")
		})
		t.Run("a key without user verification confirms nothing, and the challenge is spent", func(t *testing.T) {
			touch := begin(t, ada, one.ID)
			h.Key("ada").UserVerified = false
			answer := get(t, h.Key("ada"), touch)
			h.Key("ada").UserVerified = true
			refused(t, h.Desk.ConfirmKey(ctx, ada, one.ID, answer), "key-"+stepup.UserNotVerified)
			refused(t, h.Desk.ConfirmKey(ctx, ada, one.ID, get(t, h.Key("ada"), touch)), "touch-spent")
		})
		t.Run("a challenge ends", func(t *testing.T) {
			touch := begin(t, ada, one.ID)
			h.Clock.Add(recovery.ChallengeLife)
			refused(t, h.Desk.ConfirmKey(ctx, ada, one.ID, get(t, h.Key("ada"), touch)), "key-expired")
		})
		t.Run("roles that changed after the statement was read make it void", func(t *testing.T) {
			touch := begin(t, ada, one.ID)
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.GrantRole(ctx, "cyd", recovery.Grant{Role: recovery.Administrator, Granted: h.Clock.Now(), By: "test"})
			})
			refused(t, h.Desk.ConfirmKey(ctx, ada, one.ID, get(t, h.Key("ada"), touch)), "request-changed")
		})
		t.Run("a key that is too new confirms nothing", func(t *testing.T) {
			second, k := invitee(t, h, "eve", recovery.Administrator)
			ok(t, confirm(t, h, ada, second.ID))
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.GrantRole(ctx, "eve", recovery.Grant{Role: recovery.Administrator, Granted: 1, By: "test", Counts: 1})
			})
			eve := desk.Actor{Kind: desk.StaffAct, Person: "eve"}
			refused(t, confirmWith(t, h, eve, k, two.ID), "key-too-new")
		})
		t.Run("two administrators at once confirm once", func(t *testing.T) {
			a, b := get(t, h.Key("ada"), begin(t, ada, two.ID)), get(t, h.Key("bea"), begin(t, bea, two.ID))
			won := race(8, func(i int) error {
				if i%2 == 0 {
					return h.Desk.ConfirmKey(ctx, ada, two.ID, a)
				}
				return h.Desk.ConfirmKey(ctx, bea, two.ID, b)
			})
			if won != 1 {
				t.Errorf("%d confirmed", won)
			}
		})
		t.Run("the options are plain JSON for the browser", func(t *testing.T) {
			touch := begin(t, ada, one.ID)
			text, err := json.Marshal(touch)
			ok(t, err)
			var back map[string]any
			ok(t, json.Unmarshal(text, &back))
			if back["id"] != touch.ID || back["statement"] != touch.Statement || back["options"] == nil {
				t.Errorf("%s", text)
			}
		})
		h.Verify()
	})
}

// Anyone can begin a sign-in, so what is begun and not answered has an end.
func TestStrangersBeginSoManySignIns(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		here, there := desk.Actor{Kind: desk.Stranger, IP: "192.0.2.7"}, desk.Actor{Kind: desk.Stranger, IP: "198.51.100.7"}
		ok(t, h.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
			for i := range recovery.BegunOfOrigin - 1 {
				c := store.Challenge{ID: fmt.Sprint("c", i), Purpose: "staff-sign-in", Origin: recovery.Prefix(here.IP), Made: s.Now(), Ends: s.Now() + recovery.ChallengeLife}
				if err := s.AddChallenge(ctx, c); err != nil {
					return err
				}
			}
			return nil
		}))
		t.Run("the last that fits is begun, the next is refused, staff and holders alike", func(t *testing.T) {
			_, err := h.Desk.BeginSignIn(ctx, here)
			ok(t, err)
			_, err = h.Desk.BeginSignIn(ctx, desk.Actor{IP: "192.0.2.200"})
			refused(t, err, "throttled")
			_, err = h.Desk.BeginHolderSignIn(ctx, here)
			refused(t, err, "throttled")
		})
		t.Run("another address is not held up", func(t *testing.T) {
			_, err := h.Desk.BeginSignIn(ctx, there)
			ok(t, err)
		})
		t.Run("what has ended makes room, swept or not", func(t *testing.T) {
			h.Clock.Add(recovery.ChallengeLife)
			_, err := h.Desk.BeginSignIn(ctx, here)
			ok(t, err)
		})
	})
	t.Run("all strangers together have an end", func(t *testing.T) {
		refused(t, recovery.MayBegin(0, recovery.BegunOfAll), "throttled")
	})
}
