package web_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/store"
)

// beginKey posts to a begin address and reads what js/passkey.js would.
func (b *browser) beginKey(path string, pairs ...string) desk.Touch {
	b.site.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res := b.do(r)
	expect(b.site.t, res, http.StatusOK)
	var touch desk.Touch
	if err := json.NewDecoder(res.Body).Decode(&touch); err != nil {
		b.site.t.Fatal(err)
	}
	return touch
}

// useKey answers with a key that is registered, createKey with a new one.
func (b *browser) useKey(k *softkey.Key, begin, action string, pairs ...string) *http.Response {
	b.site.t.Helper()
	touch := b.beginKey(begin, pairs...)
	response, err := k.Get(touch.Options, desktest.Origin)
	if err != nil {
		b.site.t.Fatal(err)
	}
	return b.post(action, append(pairs, "challenge", touch.ID, "response", string(response))...)
}

func (b *browser) createKey(k *softkey.Key, begin, action string, pairs ...string) *http.Response {
	b.site.t.Helper()
	touch := b.beginKey(begin, pairs...)
	response, err := k.Create(touch.Options, desktest.Origin)
	if err != nil {
		b.site.t.Fatal(err)
	}
	return b.post(action, append(pairs, "challenge", touch.ID, "response", string(response))...)
}

// link plants an invitation and answers its path.
func (s *site) link(person string, roles ...recovery.Role) string {
	s.t.Helper()
	token, err := codes.NewToken(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddInvite(ctx, store.Invite{ID: "invite-" + token, Kind: "staff", Person: person, Roles: roles, TokenHash: codes.HashToken("invite", token),
			Made: tx.Now(), Ends: tx.Now() + recovery.InviteLife})
	})
	return "/invite/" + token
}

func softKey(t *testing.T) *softkey.Key {
	t.Helper()
	k, err := softkey.New(rand.Reader, softkey.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestBecomingStaff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.staff(s.Staff("ada", recovery.Administrator))
	s.Staff("bea", recovery.Administrator)
	s.Person("cyd", "")
	key, path, cyd := softKey(t), s.link("cyd", recovery.Agent), s.stranger()
	fingerprint := ""
	t.Run("the invitation says who and what, and looking changes nothing", func(t *testing.T) {
		size := s.LedgerSize()
		res := cyd.get(path)
		expect(t, res, http.StatusOK)
		doc := page(t, res)
		if text := doc.Find("main").Text(); !strings.Contains(text, "Name of cyd") || !strings.Contains(text, "agent") {
			t.Errorf("page says %q", text)
		}
		if doc.Find(`form[data-passkey="create"]`).Length() != 1 || s.LedgerSize() != size {
			t.Error("no form for the key, or the ledger grew")
		}
	})
	t.Run("registering shows the fingerprint once; the link is then gone", func(t *testing.T) {
		res := cyd.createKey(key, path+"/challenge", path, "name", "Blue 5C")
		expect(t, res, http.StatusOK)
		fingerprint = strings.TrimSpace(page(t, res).Find("code.reference").Text())
		if len(fingerprint) != 39 {
			t.Errorf("fingerprint %q", fingerprint)
		}
		expect(t, cyd.get(path), http.StatusGone)
		expect(t, cyd.post(path, "challenge", "x", "response", "{}"), http.StatusGone)
	})
	t.Run("signing in leads to the own page, which says what is missing", func(t *testing.T) {
		res := cyd.useKey(key, "/login/challenge", "/login")
		expect(t, res, http.StatusSeeOther)
		if to := res.Header.Get("Location"); to != "/staff/cyd" {
			t.Fatalf("leads to %q", to)
		}
		doc := page(t, cyd.get("/staff/cyd"))
		if text := doc.Find("main").Text(); !strings.Contains(text, "compares the key's fingerprint") || !strings.Contains(text, fingerprint) {
			t.Errorf("page says %q", text)
		}
		expect(t, cyd.get("/staff"), http.StatusForbidden)
		expect(t, cyd.get("/staff/ada"), http.StatusForbidden)
	})
	t.Run("an administrator confirms on the person's page", func(t *testing.T) {
		doc := page(t, ada.get("/staff/cyd"))
		form := doc.Find(`form[data-passkey="get"][action$="/confirmation"]`)
		begin, _ := form.Attr("data-begin")
		action, _ := form.Attr("action")
		if form.Length() != 1 || !strings.Contains(doc.Find("main").Text(), fingerprint) {
			t.Fatal("the page has no form to confirm the key")
		}
		expect(t, ada.useKey(s.Key("ada"), begin, action), http.StatusSeeOther)
		if text := page(t, ada.get("/staff/cyd")).Find("main").Text(); !strings.Contains(text, "counts from") {
			t.Errorf("page says %q", text)
		}
	})
	t.Run("72 hours later sign-in leads to the queue", func(t *testing.T) {
		s.Clock.Add(desktest.KeyQuarantine + recovery.Second)
		res := s.stranger().useKey(key, "/login/challenge", "/login")
		expect(t, res, http.StatusSeeOther)
		if to := res.Header.Get("Location"); to != "/queue" {
			t.Errorf("leads to %q", to)
		}
	})
	s.Verify()
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Staff("ada", recovery.Administrator)
	t.Run("one sentence for every cause, on the page, 422", func(t *testing.T) {
		k := s.Key("ada")
		k.UserVerified = false
		res := s.stranger().useKey(k, "/login/challenge", "/login")
		k.UserVerified = true
		expect(t, res, http.StatusUnprocessableEntity)
		want := "No sign-in with that key. Use another of your keys, or ask an administrator."
		if got := strings.TrimSpace(page(t, res).Find(".summary li").Text()); got != want {
			t.Errorf("says %q", got)
		}
		res = s.stranger().post("/login", "challenge", "none", "response", "{}")
		if got := strings.TrimSpace(page(t, res).Find(".summary li").Text()); got != want {
			t.Errorf("says %q", got)
		}
	})
	t.Run("the cookie is opaque, HttpOnly and SameSite, and dead after sign-out (M4)", func(t *testing.T) {
		b := s.stranger()
		res := b.useKey(s.Key("ada"), "/login/challenge", "/login")
		expect(t, res, http.StatusSeeOther)
		cookie := res.Cookies()[0]
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || len(cookie.Value) != 26 {
			t.Errorf("cookie %+v", cookie)
		}
		old := &browser{site: s, cookies: []*http.Cookie{{Name: cookie.Name, Value: cookie.Value}}}
		expect(t, old.get("/staff"), http.StatusOK)
		expect(t, b.post("/logout"), http.StatusSeeOther)
		res = old.get("/staff")
		expect(t, res, http.StatusSeeOther)
		if to := res.Header.Get("Location"); to != "/login" {
			t.Errorf("leads to %q", to)
		}
	})
	t.Run("a session is always new: the browser's old secret is not taken over", func(t *testing.T) {
		fixed := &browser{site: s, cookies: []*http.Cookie{{Name: "countersign-staff", Value: strings.Repeat("a", 26)}}}
		fixed.useKey(s.Key("ada"), "/login/challenge", "/login")
		planted := &browser{site: s, cookies: []*http.Cookie{{Name: "countersign-staff", Value: strings.Repeat("a", 26)}}}
		expect(t, planted.get("/staff"), http.StatusSeeOther)
	})
}

func TestStaffPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.staff(s.Staff("ada", recovery.Administrator))
	s.Staff("bea", recovery.Administrator)
	cyd := s.staff(s.Staff("cyd", recovery.Agent, recovery.Reviewer))
	s.Person("dan", "")
	t.Run("the list shows people and the matrix; only administrators see the form", func(t *testing.T) {
		doc := page(t, ada.get("/staff"))
		if doc.Find("#person-cyd").Length() != 1 || doc.Find(`form[action="/staff"]`).Length() != 1 {
			t.Error("the list lacks a person or the form")
		}
		if page(t, cyd.get("/staff")).Find(`form[action="/staff"]`).Length() != 0 {
			t.Error("an agent sees the form")
		}
	})
	t.Run("an invitation is sent and its link stands on no page", func(t *testing.T) {
		expect(t, ada.post("/staff", "person", "dan", "role", "agent", "role", "reviewer"), http.StatusSeeOther)
		res := ada.get("/staff")
		html, err := page(t, res).Html()
		if err != nil || strings.Contains(html, "/invite/") || !strings.Contains(html, "invited-dan") {
			t.Errorf("page: %v", err)
		}
	})
	t.Run("what was typed stays when it is refused", func(t *testing.T) {
		res := ada.post("/staff", "person", "nobody", "role", "agent", "group", "security")
		expect(t, res, http.StatusUnprocessableEntity)
		doc := page(t, res)
		if v, _ := doc.Find("#f-person").Attr("value"); v != "nobody" {
			t.Errorf("person %q", v)
		}
		if _, on := doc.Find("#f-role-agent").Attr("checked"); !on {
			t.Error("the role is gone")
		}
		if href, _ := doc.Find(".summary a").Attr("href"); href != "#f-person" {
			t.Errorf("the summary leads to %q", href)
		}
	})
	t.Run("an agent's forged form is refused", func(t *testing.T) {
		expect(t, cyd.post("/staff", "person", "dan", "role", "administrator"), http.StatusForbidden)
		expect(t, cyd.post("/staff/bea/end"), http.StatusForbidden)
		expect(t, cyd.post("/staff/cyd/roles/agent/end"), http.StatusForbidden)
	})
	t.Run("a role ends, and its session with it", func(t *testing.T) {
		doc := page(t, ada.get("/staff/cyd"))
		form := doc.Find(`form[action="/staff/cyd/roles/agent/end"]`)
		request, _ := form.Find(`input[name="request"]`).Attr("value")
		expect(t, ada.post("/staff/cyd/roles/agent/end", "request", request), http.StatusSeeOther)
		expect(t, ada.post("/staff/cyd/roles/agent/end", "request", request), http.StatusSeeOther) // sent twice: the first answer
		expect(t, ada.post("/staff/cyd/roles/reviewer/end", "request", request), http.StatusSeeOther)
		if s := page(t, ada.get("/staff/cyd")).Find("#roles").Parent().Text(); !strings.Contains(s, "No role.") {
			t.Errorf("roles: %q", s)
		}
		expect(t, cyd.get("/staff/cyd"), http.StatusSeeOther)
	})
	t.Run("disabling oneself and the last administrators is refused in words", func(t *testing.T) {
		expect(t, ada.post("/staff/ada/end"), http.StatusForbidden)
		expect(t, ada.post("/staff/bea/end"), http.StatusConflict)
	})
	t.Run("a further key wants a fresh touch first", func(t *testing.T) {
		b := s.stranger()
		b.useKey(s.Key("ada"), "/login/challenge", "/login")
		if page(t, b.get("/staff/ada")).Find(`form[action="/staff/ada/keys"]`).Length() != 1 {
			t.Error("fresh after sign-in, but no form")
		}
		s.Clock.Add(recovery.StepUpFresh)
		if page(t, b.get("/staff/ada")).Find(`form[action="/staff/ada/proof"]`).Length() != 1 {
			t.Error("no form to touch a key first")
		}
		expect(t, b.post("/staff/ada/keys/challenge"), http.StatusForbidden)
		expect(t, b.useKey(s.Key("ada"), "/staff/ada/proof/challenge", "/staff/ada/proof"), http.StatusSeeOther)
		expect(t, b.createKey(softKey(t), "/staff/ada/keys/challenge", "/staff/ada/keys", "name", "Second"), http.StatusSeeOther)
		if text := page(t, b.get("/staff/ada")).Find("main").Text(); !strings.Contains(text, "Second") || !strings.Contains(text, "To be confirmed") {
			t.Errorf("page says %q", text)
		}
		expect(t, b.post("/staff/bea/keys/challenge"), http.StatusNotFound)
	})
	s.Verify()
}
