package desk_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"path"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// holderIn signs the account in with its software passkey.
func holderIn(t *testing.T, h *desktest.House, account string) (desk.Actor, desk.SignedIn) {
	t.Helper()
	in, err := signHolderIn(t, h, account, "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.Desk.Session(t.Context(), desk.HolderSession, in.Token)
	if err != nil {
		t.Fatal(err)
	}
	return desk.Actor{Kind: desk.Holder, Person: s.Person, Account: s.Account, Session: s.ID}, in
}

func signHolderIn(t *testing.T, h *desktest.House, account, browser string) (desk.SignedIn, error) {
	t.Helper()
	touch, err := h.Desk.BeginHolderSignIn(t.Context(), desk.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	return h.Desk.HolderSignIn(t.Context(), desk.Actor{Kind: desk.Stranger, IP: "192.0.2.7"}, desk.Answer{Challenge: touch.ID, Response: h.Touch(account, touch.Options)}, browser)
}

func TestHolderSignIn(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		h.Passkey("ana")
		actor, in := holderIn(t, h, "ana")
		t.Run("the passkey signs in and the browser is known", func(t *testing.T) {
			if actor.Account != "ana" || in.OfferCodes {
				t.Errorf("actor %+v, in %+v", actor, in)
			}
			if got := h.Ledger(1)[0]; got != "holder.signed-in" {
				t.Errorf("ledger %q", got)
			}
		})
		t.Run("the browser's secret is renewed and stays known to both accounts", func(t *testing.T) {
			h.Account("bo")
			h.Passkey("bo")
			again, err := signHolderIn(t, h, "bo", in.Browser)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				secret, account string
				known           bool
			}{{again.Browser, "ana", true}, {again.Browser, "bo", true}, {in.Browser, "ana", false}} {
				if got := must(h.Store.View().BrowserKnown(t.Context(), desk.BrowserHash(c.secret), c.account)); got != c.known {
					t.Errorf("%s known: %v", c.account, got)
				}
			}
		})
		t.Run("a challenge works once", func(t *testing.T) {
			touch := must(h.Desk.BeginHolderSignIn(t.Context(), desk.Actor{}))
			a := desk.Answer{Challenge: touch.ID, Response: h.Touch("ana", touch.Options)}
			if _, err := h.Desk.HolderSignIn(t.Context(), desk.Actor{}, a, ""); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Desk.HolderSignIn(t.Context(), desk.Actor{}, a, ""); refusalCode(err) != "sign-in-failed" {
				t.Errorf("err %v", err)
			}
		})
		t.Run("a passkey nobody knows is refused without an entry", func(t *testing.T) {
			before := len(h.Ledger(1000))
			stranger := must(softkey.New(rand.Reader, softkey.Defaults()))
			registered(t, h, stranger, "zed")
			touch := must(h.Desk.BeginHolderSignIn(t.Context(), desk.Actor{}))
			response := must(stranger.Get(touch.Options, desktest.Origin))
			if _, err := h.Desk.HolderSignIn(t.Context(), desk.Actor{}, desk.Answer{Challenge: touch.ID, Response: response}, ""); refusalCode(err) != "sign-in-failed" {
				t.Errorf("err %v", err)
			}
			if len(h.Ledger(1000)) != before {
				t.Error("a stranger wrote into the ledger")
			}
		})
		t.Run("a suspended passkey is refused and its use is on record", func(t *testing.T) {
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.SuspendFactor(ctx, "bo-passkey", "t", tx.Now())
			})
			if _, err := signHolderIn(t, h, "bo", ""); refusalCode(err) != "sign-in-failed" {
				t.Errorf("err %v", err)
			}
			if got := h.Ledger(1)[0]; got != "holder.refused" {
				t.Errorf("ledger %q", got)
			}
		})
		t.Run("sessions of an account end together", func(t *testing.T) {
			_, in := holderIn(t, h, "ana")
			if err := h.Desk.EndHolderSessions(t.Context(), "ana"); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Desk.Session(t.Context(), desk.HolderSession, in.Token); refusalCode(err) != "signed-out" {
				t.Errorf("err %v", err)
			}
		})
		h.Verify()
	})
}

// registered makes a software key hold a discoverable passkey that no row knows.
func registered(t *testing.T, h *desktest.House, k *softkey.Key, user string) {
	t.Helper()
	options, _, err := h.Desk.RP.BeginRegistration(stepup.Holder, stepup.User{Handle: []byte(user), Name: user, DisplayName: user}, nil)
	if err != nil {
		t.Fatal(err)
	}
	must(k.Create(options, desktest.Origin))
}

// invited makes an account without factors and returns its link's token.
func invited(t *testing.T, h *desktest.House, account string) string {
	t.Helper()
	link, err := h.Desk.InviteHolder(t.Context(), console, account)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return path.Base(u.Path)
}

const threeNew = header + "ana,Ana Ruiz,ana@one.example,ana@two.example,,standard,,\n" +
	"bo,Bo Lind,bo@one.example,,,privileged,,\ncy,Cy Berg,cy@one.example,cy@two.example,,standard,,\n" +
	"svc,Backup,ops@one.example,,,service,,ana\n"

func TestInviteHolder(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Desk.Settings.Demo = true
		mustImport(t, h, threeNew)
		token := invited(t, h, "ana")
		t.Run("a new link ends the old one", func(t *testing.T) {
			next := invited(t, h, "ana")
			if _, err := h.Desk.Welcome(t.Context(), token); refusalCode(err) != "link-ended" {
				t.Errorf("old: %v", err)
			}
			if w, err := h.Desk.Welcome(t.Context(), next); err != nil || w.Account.ID != "ana" {
				t.Errorf("new: %+v %v", w, err)
			}
			token = next
		})
		for name, c := range map[string]struct {
			account, code string
			actor         desk.Actor
		}{
			"a service account":             {"svc", "population-not-offered", console},
			"an unknown account":            {"zed", "account-unknown", console},
			"anyone but the machine":        {"ana", "role-missing", h.Staff("ada", recovery.Administrator)},
			"an account that has a factor":  {h.Account("dee").ID, "had-factor", console},
			"an account that has had a key": {erasedFactor(h, "eli"), "had-factor", console},
		} {
			t.Run(name+" is refused", func(t *testing.T) {
				if _, err := h.Desk.InviteHolder(t.Context(), c.actor, c.account); refusalCode(err) != c.code {
					t.Errorf("err %v", err)
				}
			})
		}
		t.Run("outside of the demo there is no link, and one that was made opens nothing", func(t *testing.T) {
			h.Desk.Settings.Demo = false
			defer func() { h.Desk.Settings.Demo = true }()
			if _, err := h.Desk.InviteHolder(t.Context(), console, "ana"); refusalCode(err) != "demo-only" {
				t.Errorf("err %v", err)
			}
			for _, err := range []error{errOf(h.Desk.Welcome(t.Context(), token)), errOf(h.Desk.BeginHolderPasskey(t.Context(), token, desktest.Password, "")),
				errOf(h.Desk.EnrolHolder(t.Context(), desk.Actor{}, token, desk.Answer{}))} {
				if refusalCode(err) != "link-ended" {
					t.Errorf("err %v", err)
				}
			}
		})
		t.Run("after 24 hours the link is over", func(t *testing.T) {
			h.Clock.Add(recovery.InviteLife)
			if _, err := h.Desk.Welcome(t.Context(), token); refusalCode(err) != "link-ended" {
				t.Errorf("err %v", err)
			}
		})
		h.Verify()
	})
}

// errOf is the error of a call.
func errOf[T any](_ T, err error) error { return err }

func erasedFactor(h *desktest.House, id string) string {
	h.Account(id)
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.SuspendFactor(ctx, id+"-password", "t", tx.Now()), tx.EraseFactor(ctx, id+"-password", tx.Now()))
	})
	return id
}

func TestEnrolHolder(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Desk.Settings.Demo = true
		mustImport(t, h, threeNew)
		ctx, key := t.Context(), must(softkey.New(rand.Reader, softkey.Defaults()))
		begin := func(token, password string) (desk.Touch, error) {
			return h.Desk.BeginHolderPasskey(ctx, token, password, "Phone")
		}
		token := invited(t, h, "ana")
		t.Run("an obvious password is refused and the link lives", func(t *testing.T) {
			if _, err := begin(token, "AnaRuiz1"); refusalCode(err) != "password-obvious" {
				t.Errorf("err %v", err)
			}
		})
		touch, err := begin(token, desktest.Password)
		if err != nil {
			t.Fatal(err)
		}
		answer := desk.Answer{Challenge: touch.ID, Response: must(key.Create(touch.Options, desktest.Origin))}
		t.Run("another link cannot use this ceremony", func(t *testing.T) {
			if _, err := h.Desk.EnrolHolder(ctx, desk.Actor{}, invited(t, h, "cy"), answer); refusalCode(err) != "touch-spent" {
				t.Errorf("err %v", err)
			}
		})
		t.Run("password and passkey are set, the account is marked, the holder is told", func(t *testing.T) {
			if _, err := h.Desk.EnrolHolder(ctx, desk.Actor{}, token, answer); err != nil {
				t.Fatal(err)
			}
			a, factors := must(h.Store.View().Account(ctx, "ana")), must(h.Store.View().Factors(ctx, "ana"))
			if a.MailedLink != h.Clock.Now() || len(factors) != 2 {
				t.Errorf("account %+v, factors %+v", a, factors)
			}
			p := must(h.Store.View().PasswordOf(ctx, "ana"))
			if err := h.Desk.Directory.CheckPassword(ctx, p.Secret, desktest.Password); err != nil {
				t.Error(err)
			}
			if got := noticesTo(t, h, "ana", "factor-added"); len(got) != 2 {
				t.Errorf("told %q", got)
			}
		})
		t.Run("the link is used", func(t *testing.T) {
			if _, err := h.Desk.Welcome(ctx, token); refusalCode(err) != "link-used" {
				t.Errorf("err %v", err)
			}
			if _, err := h.Desk.EnrolHolder(ctx, desk.Actor{}, token, answer); refusalCode(err) != "link-used" {
				t.Errorf("err %v", err)
			}
		})
		t.Run("the passkey signs in", func(t *testing.T) {
			in := must(h.Desk.BeginHolderSignIn(ctx, desk.Actor{}))
			got, err := h.Desk.HolderSignIn(ctx, desk.Actor{}, desk.Answer{Challenge: in.ID, Response: must(key.Get(in.Options, desktest.Origin))}, "")
			if err != nil || got.Account.ID != "ana" || got.OfferCodes {
				t.Errorf("%+v %v", got, err)
			}
		})
		t.Run("no password stands in the ledger or with the challenge", func(t *testing.T) {
			for _, r := range must(h.Store.View().LedgerEntries(ctx, store.LedgerFilter{Limit: 100})) {
				if strings.Contains(r.Body+r.Detail, desktest.Password) {
					t.Errorf("entry %s", r.Body)
				}
			}
		})
		h.Verify()
	})
}
