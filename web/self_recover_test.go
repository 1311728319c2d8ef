package web_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// code posts name and backup code as the form does.
func (b *browser) code(account, code string) *http.Response {
	return b.post("/recover/code", "device", "lost", "lock", "locked", "account", account, "code", code)
}

func TestR10_SelfServiceOnThePublicPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	s.Passkey("ana")
	set := s.Codes("ana")
	b, key := s.stranger(), newKey(t)

	t.Run("the start page leads to three ways and the desk", func(t *testing.T) {
		res := b.get("/recover")
		expect(t, res, http.StatusOK)
		doc := page(t, res)
		for _, to := range []string{"/recover/code", "/recover/ticket", "/recover/desk", "/recover/instructions"} {
			if doc.Find("main a[href='"+to+"']").Length() != 1 {
				t.Errorf("no link to %s", to)
			}
		}
		if !strings.Contains(doc.Find("main").Text(), "Room 12") {
			t.Error("the in-person desk is not named")
		}
	})
	t.Run("a stolen device is sent to the desk before a name is asked", func(t *testing.T) {
		doc := page(t, b.get("/recover/code?device=stolen&lock=locked&sent=1"))
		if doc.Find("input[name=account]").Length() != 0 || !strings.Contains(doc.Text(), "Room 12") {
			t.Error("the page asks for a name or names no desk")
		}
		expect(t, b.get("/recover/code?device=lost&sent=1"), http.StatusUnprocessableEntity)
	})
	t.Run("code, password, notice, session, passkey", func(t *testing.T) {
		expect(t, b.code("ana", set[0].String()), http.StatusSeeOther)
		expect(t, b.get("/recover/password"), http.StatusOK)
		expect(t, b.post("/recover/password", "password", "wrong"), http.StatusUnprocessableEntity)
		expect(t, b.post("/recover/password", "password", desktest.Password), http.StatusSeeOther)
		res := b.get("/recover/enrol")
		expect(t, res, http.StatusOK)
		if res.Header.Get("Refresh") == "" || page(t, res).Find("main form").Length() != 0 {
			t.Error("the page does not wait")
		}
		expect(t, b.post("/recover/enrol/session"), http.StatusConflict)
		s.Work()
		if page(t, b.get("/recover/enrol")).Find("form[action='/recover/enrol/session']").Length() != 1 {
			t.Error("the page offers no way on")
		}
		expect(t, b.post("/recover/enrol/session"), http.StatusSeeOther)
		id, options := b.ceremony("/recover/enrol/challenge")
		response, err := key.Create(options, desktest.Origin)
		if err != nil {
			t.Fatal(err)
		}
		res = b.post("/recover/enrol", "challenge", id, "response", string(response), "name", "Blue key")
		expect(t, res, http.StatusOK)
		text := page(t, res).Find("main").Text()
		for _, want := range []string{"a…@one.example", "Was this not you?", "Sign in with your new passkey", "Cannot be changed before"} {
			if !strings.Contains(text, want) {
				t.Errorf("the last page does not say %q", want)
			}
		}
		if strings.Contains(text, "ana@one.example") {
			t.Error("an address is shown unmasked")
		}
	})
	t.Run("the recovery session is over and opened nothing else", func(t *testing.T) {
		expect(t, b.post("/recover/enrol/challenge"), http.StatusUnauthorized)
		if got := b.get("/me").StatusCode; got == http.StatusOK {
			t.Error("/me answers a recovery session")
		}
	})
	t.Run("the new passkey signs in", func(t *testing.T) { expect(t, b.signIn(key), http.StatusSeeOther) })
}

func TestR10_ARecoverySessionReachesOnlyEnrolment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	token, err := s.Desk.StartRecovery(t.Context(), desktest.Guest, s.Pair("ana", s.Codes("ana")[0]))
	if err != nil {
		t.Fatal(err)
	}
	b := s.stranger()
	for _, name := range []string{"countersign-recovery", "countersign-holder", "countersign-staff"} {
		b.keep(&http.Cookie{Name: name, Value: token})
	}
	for _, path := range []string{"/me", "/me/codes", "/queue", "/accounts", "/audit"} {
		if got := b.get(path).StatusCode; got == http.StatusOK {
			t.Errorf("%s answers a recovery session", path)
		}
	}
	expect(t, b.get("/recover/enrol"), http.StatusOK)
}

// formID is the random id of a form.
var formID = regexp.MustCompile(`name="request" value="[0-9a-z]{26}"`)

func TestAFormSentAgainLeadsOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	code := s.Codes("ana")[0].String()
	form, _ := page(t, s.stranger().get("/recover/code?device=lost&lock=locked")).Find("main input[name=request]").Attr("value")
	send := func(b *browser) *http.Response {
		return b.post("/recover/code", "request", form, "device", "lost", "lock", "locked", "account", "ana", "code", code)
	}
	expect(t, send(s.stranger()), http.StatusSeeOther) // the answer, with its cookie, is lost
	b := s.stranger()
	expect(t, send(b), http.StatusSeeOther)
	for range 2 {
		res := b.post("/recover/password", "password", desktest.Password)
		expect(t, res, http.StatusSeeOther)
		if to := res.Header.Get("Location"); to != "/recover/enrol" {
			t.Errorf("the password leads to %s", to)
		}
	}
	s.Work()
	lost := &browser{site: s, cookies: slices.Clone(b.cookies)}
	expect(t, lost.post("/recover/enrol/session"), http.StatusSeeOther)
	expect(t, b.post("/recover/enrol/session"), http.StatusSeeOther)
	if page(t, b.get("/recover/enrol")).Find("form[action='/recover/enrol']").Length() != 1 {
		t.Error("no passkey can be registered")
	}
}

func TestR39_AnswersAreTheSameBytes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	set := s.Codes("ana")
	expect(t, s.stranger().code("ana", set[0].String()), http.StatusSeeOther)
	stray, err := codes.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(account, code string) string {
		res := s.stranger().code(account, code)
		expect(t, res, http.StatusUnprocessableEntity)
		if len(res.Cookies()) != 0 {
			t.Errorf("%s: a failure sets a cookie", account)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		same := formID.ReplaceAllString(string(body), "")
		return strings.NewReplacer(account, "NAME", code, "CODE").Replace(same) + res.Header.Get("Content-Security-Policy")
	}
	want := answer("zoe", stray.String())
	for range 4 { // wrong, then slowed: the third closes the lane
		if got := answer("ana", stray.String()); got != want {
			t.Errorf("a known account answers differently:\n%s\n---\n%s", got, want)
		}
	}
	if got := answer("ana", set[0].String()); got != want {
		t.Error("a spent code answers differently")
	}
	expect(t, s.stranger().code("ana", "nothing"), http.StatusUnprocessableEntity)
}

func TestR24_StopOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	k := s.Recovered("ana", s.Codes("ana")[0])
	path := "/stop/" + s.StopLink(k.ID)
	b := s.stranger()
	t.Run("opening the link stops nothing", func(t *testing.T) {
		for range 3 {
			expect(t, b.get(path), http.StatusOK)
		}
		if got := s.State(k.ID); got == recovery.Frozen {
			t.Error("a GET stopped the recovery")
		}
	})
	t.Run("the button stops it, once", func(t *testing.T) {
		expect(t, b.post(path), http.StatusOK)
		if got := s.State(k.ID); got != recovery.Frozen {
			t.Errorf("the ticket is %s", got)
		}
		expect(t, b.post(path), http.StatusGone)
		expect(t, b.get(path), http.StatusGone)
	})
	t.Run("an unknown link says what to do", func(t *testing.T) {
		res := b.get("/stop/nothing")
		expect(t, res, http.StatusGone)
		if !strings.Contains(page(t, res).Text(), "help desk") {
			t.Error("no next step")
		}
	})
}

// Whatever the code was, what stops nothing is answered with the same bytes.
func TestR24_S17_TheStopPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent := s.Found()
	s.Opened(agent, "ana")
	code := regexp.MustCompile(`stop code (\S{5}-\S{5}) on`).FindStringSubmatch(s.Mails()[0].Text)[1]
	stranger := s.stranger()
	t.Run("looking does nothing, and the page says what the button does", func(t *testing.T) {
		res := stranger.get("/stop")
		expect(t, res, http.StatusOK)
		if doc := page(t, res); doc.Find(`form[action="/stop"] input[name=code]`).Length() != 1 || doc.Find("form button").Length() != 1 {
			t.Error("there is more than one choice, or none")
		}
	})
	t.Run("a typing mistake is told apart", func(t *testing.T) {
		expect(t, stranger.post("/stop", "code", "K7QP"), http.StatusUnprocessableEntity)
	})
	unknown := body(t, stranger.post("/stop", "code", "K7QP2-M9X4T"))
	t.Run("the code stops, without a sign-in", func(t *testing.T) {
		res := stranger.post("/stop", "code", code)
		expect(t, res, http.StatusOK)
		if text := page(t, res).Find("main").Text(); !strings.Contains(text, "is stopped and security has been told") {
			t.Errorf("the page says %q", text)
		}
	})
	t.Run("a used code, another one and a closed throttle are told what an unknown one is told", func(t *testing.T) {
		used := body(t, stranger.post("/stop", "code", code))
		for range recovery.AddressHourly {
			stranger.post("/stop", "code", "00000-00000")
		}
		if shut := body(t, stranger.post("/stop", "code", "11111-11111")); used != unknown || shut != unknown {
			t.Errorf("used: %v, throttled: %v the same bytes", used == unknown, shut == unknown)
		}
	})
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.Status + "\n" + string(b)
}
