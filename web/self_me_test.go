package web_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
	"countersign/internal/store"
	"countersign/web"
)

// ceremony posts to a begin route and reads what the key is asked.
func (b *browser) ceremony(path string, pairs ...string) (id string, options json.RawMessage) {
	b.site.t.Helper()
	res := b.post(path, pairs...)
	expect(b.site.t, res, http.StatusOK)
	var got struct {
		ID      string
		Options json.RawMessage
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		b.site.t.Fatal(err)
	}
	return got.ID, got.Options
}

func newKey(t *testing.T) *softkey.Key {
	t.Helper()
	k, err := softkey.New(rand.Reader, softkey.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signIn signs the browser in at /me with a passkey.
func (b *browser) signIn(key *softkey.Key) *http.Response {
	b.site.t.Helper()
	id, options := b.ceremony("/me/login/challenge")
	response, err := key.Get(options, desktest.Origin)
	if err != nil {
		b.site.t.Fatal(err)
	}
	return b.post("/me/login", "challenge", id, "response", string(response))
}

func TestHolderSetsUpAnAccountAndKeepsCodes(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Desk.Settings.Demo = true
	s := siteOf(t, h, &web.Demo{})
	machine := desk.Actor{Kind: desk.Machine}
	if _, err := s.Desk.ImportAccounts(t.Context(), machine, desk.Import{File: strings.NewReader(
		"id,name,email,email2,phone,population\nana,Ana Ruiz,ana@one.example,ana@two.example,,standard\n")}); err != nil {
		t.Fatal(err)
	}
	link, err := s.Desk.InviteHolder(t.Context(), machine, "ana")
	if err != nil {
		t.Fatal(err)
	}
	welcome, b, key := "/welcome/"+path.Base(link), s.stranger(), newKey(t)

	t.Run("the link opens a page with the rules of the password", func(t *testing.T) {
		res := b.get(welcome)
		expect(t, res, http.StatusOK)
		if text := page(t, res).Find("main").Text(); !strings.Contains(text, "8 to 256 characters") || !strings.Contains(text, "Ana Ruiz") {
			t.Errorf("page %s", text)
		}
	})
	t.Run("a weak password is told in JSON, before any key is asked", func(t *testing.T) {
		res := b.post(welcome+"/challenge", "password", "password1")
		expect(t, res, http.StatusUnprocessableEntity)
	})
	id, options := b.ceremony(welcome+"/challenge", "password", desktest.Password, "name", "Phone")
	made, err := key.Create(options, desktest.Origin)
	if err != nil {
		t.Fatal(err)
	}
	res := b.post(welcome, "challenge", id, "response", string(made), "password", desktest.Password)
	expect(t, res, http.StatusSeeOther)
	t.Run("the link is gone then", func(t *testing.T) {
		expect(t, b.get(welcome), http.StatusGone)
		expect(t, b.get("/welcome/"+strings.Repeat("a", 26)), http.StatusGone)
	})
	t.Run("the passkey signs in", func(t *testing.T) {
		res := b.signIn(key)
		expect(t, res, http.StatusSeeOther)
		if to := res.Header.Get("Location"); to != "/me" {
			t.Errorf("leads to %q", to)
		}
		doc := page(t, b.get("/me"))
		if doc.Find(".key-card").Length() != 2 || !strings.Contains(doc.Text(), "set up by a mailed link") {
			t.Errorf("page %s", doc.Find("main").Text())
		}
	})
	var custody, shown string
	t.Run("codes are the answer to a POST, a reload shows none", func(t *testing.T) {
		request := page(t, b.get("/me/codes")).Find(`main form[action="/me/codes"] input[name=request]`).AttrOr("value", "")
		res := b.post("/me/codes", "request", request)
		expect(t, res, http.StatusOK)
		if got := res.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control %q", got)
		}
		doc := page(t, res)
		if n := doc.Find(".code-grid li").Length(); n != 5 {
			t.Fatalf("%d codes", n)
		}
		if doc.Find("[data-copy]").Length() != 3 {
			t.Error("copy, download and print are not all there")
		}
		shown = doc.Find(".code-grid code").First().Text()
		custody = doc.Find("form[action$='/custody']").AttrOr("action", "")
		expect(t, b.post("/me/codes", "request", request), http.StatusSeeOther)
		expect(t, b.get(strings.TrimSuffix(custody, "/custody")), http.StatusNotFound)
	})
	t.Run("a press of a button is taken down", func(t *testing.T) {
		expect(t, b.post(strings.TrimSuffix(custody, "custody")+"handling", "act", "print"), http.StatusNoContent)
	})
	t.Run("without the word the page asks again, without the codes", func(t *testing.T) {
		res := b.post(custody, "custody", "paper")
		expect(t, res, http.StatusUnprocessableEntity)
		doc := page(t, res)
		if doc.Find(".summary").Length() != 1 || doc.Find(".code-grid li").Length() != 0 || strings.Contains(doc.Text(), shown) {
			t.Errorf("page %s", doc.Find("main").Text())
		}
		if doc.Find("input[value=paper][checked]").Length() != 1 {
			t.Error("what was chosen is lost")
		}
	})
	t.Run("with it the set is live", func(t *testing.T) {
		expect(t, b.post(custody, "custody", "paper", "word", "yes"), http.StatusSeeOther)
		if text := page(t, b.get("/me")).Find("main").Text(); !strings.Contains(text, "5 of 5 left") {
			t.Errorf("page %s", text)
		}
	})
	t.Run("five minutes later a passkey is asked for", func(t *testing.T) {
		s.Clock.Add(recovery.StepUpFresh)
		res := b.post("/me/codes")
		expect(t, res, http.StatusForbidden)
		if page(t, res).Find(`form[data-begin="/me/codes/challenge"]`).Length() != 1 {
			t.Error("no passkey form")
		}
		id, options := b.ceremony("/me/codes/challenge")
		response, err := key.Get(options, desktest.Origin)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, b.post("/me/codes", "challenge", id, "response", string(response)), http.StatusOK)
	})
	t.Run("signing out ends the session", func(t *testing.T) {
		old := *b
		expect(t, b.post("/me/logout"), http.StatusSeeOther)
		expect(t, old.get("/me"), http.StatusSeeOther)
	})
}

func TestR10_TheFirstSignInAfterARecoveryOffersNewCodes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	s.Passkey("ana")
	s.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.SuspendFactor(ctx, "ana-passkey", "t", tx.Now())
	})
	key := newKey(t)
	enrolInTicket(t, s, key, "ana")
	b := s.stranger()
	for _, want := range []string{"/me/codes?after=recovery", "/me"} {
		res := b.signIn(key)
		expect(t, res, http.StatusSeeOther)
		if to := res.Header.Get("Location"); to != want {
			t.Errorf("leads to %q, want %q", to, want)
		}
	}
}

func TestAccountPagesOfStaff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	s.Passkey("ana")
	b := s.staff(s.Staff("ada", recovery.Agent))
	t.Run("the list finds and links", func(t *testing.T) {
		res := b.get("/accounts?q=name+of+ana")
		expect(t, res, http.StatusOK)
		if page(t, res).Find(`a[href="/accounts/ana"]`).Length() != 1 {
			t.Error("no link")
		}
		expect(t, b.get("/accounts?q=a"), http.StatusUnprocessableEntity)
	})
	t.Run("the page shows standing and masked addresses only", func(t *testing.T) {
		res := b.get("/accounts/ana")
		expect(t, res, http.StatusOK)
		doc := page(t, res)
		text := doc.Find("main").Text()
		for _, want := range []string{"Has now", "a…@one.example", "…01", "Must return to"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing", want)
			}
		}
		html, _ := doc.Html()
		for _, secret := range []string{"ana@one.example", "argon2id", "+44163"} {
			if strings.Contains(html, secret) {
				t.Errorf("%q is shown", secret)
			}
		}
	})
	t.Run("an unknown account is not found", func(t *testing.T) { expect(t, b.get("/accounts/zed"), http.StatusNotFound) })
	t.Run("a holder and a stranger see neither", func(t *testing.T) {
		for _, path := range []string{"/accounts", "/accounts/ana"} {
			expect(t, s.holder("ana").get(path), http.StatusSeeOther)
			expect(t, s.stranger().get(path), http.StatusSeeOther)
		}
	})
}

// enrolInTicket gives the account a passkey as a recovery does.
func enrolInTicket(t *testing.T, s *site, key *softkey.Key, account string) {
	t.Helper()
	options, session, err := s.Desk.RP.BeginRegistration(stepup.Holder, stepup.User{Handle: []byte(account), Name: account, DisplayName: account}, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := key.Create(options, desktest.Origin)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := s.Desk.RP.FinishRegistration(stepup.Holder, session, response)
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	s.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddFactor(ctx, recovery.Factor{ID: account + "-new", Account: account, Kind: recovery.Passkey, Name: "New", Ticket: "ticket-1",
			CredentialID: enc(cred.ID), PublicKey: enc(cred.PublicKey), AAGUID: cred.AAGUID, SignCount: cred.SignCount, BackupEligible: cred.BackupEligible, Added: tx.Now()})
	})
}
