package web_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"countersign/internal/codes"
	"countersign/internal/recovery"
)

// claimedBy is a browser that holds the claim of a ticket.
func (s *site) claimedBy(secret string) *browser {
	return &browser{site: s, cookies: []*http.Cookie{{Name: "countersign-claim", Value: secret}}}
}

// A call-back from both sides, without scripts.
func TestCallBackPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.Found()
	agent := s.staff(a)
	k, secret := s.AtPerson(a, "ana")
	holder := s.claimedBy(secret)
	at := "/tickets/" + k.Reference
	step := at + "/steps/person"
	t.Run("before the call the number is masked and no words are shown", func(t *testing.T) {
		doc := page(t, agent.get(at+"?method=call-back"))
		if text := doc.Find("main").Text(); strings.Contains(text, "+4416") || !strings.Contains(text, "…01") {
			t.Errorf("%.300s", text)
		}
		if page(t, holder.get("/recover/ticket")).Find(`form[action="/recover/ticket/words"]`).Length() != 0 {
			t.Error("words are offered before the call")
		}
	})
	expect(t, agent.post(step, "method", "call-back", "do", "call", "address", "ana-phone"), http.StatusSeeOther)
	var words []string
	t.Run("the caller reads the number, the holder the words, and neither what the other has", func(t *testing.T) {
		if text := page(t, agent.get(at+"?method=call-back")).Find("main").Text(); !strings.Contains(text, "+441632960001") {
			t.Error("the number is not shown to who calls")
		}
		if page(t, holder.get("/recover/ticket")).Find(`form[action="/recover/ticket/words"]`).Length() != 1 {
			t.Error("no words are offered")
		}
		res := holder.post("/recover/ticket/words")
		expect(t, res, http.StatusOK)
		if res.Header.Get("Cache-Control") != "no-store" {
			t.Error("the words may be kept")
		}
		doc := page(t, res)
		doc.Find("ol strong").Each(func(_ int, w *goquery.Selection) { words = append(words, w.Text()) })
		if len(words) != 3 || strings.Contains(doc.Find("main").Text(), "1632") {
			t.Errorf("%v", words)
		}
		text := page(t, agent.get(at+"?method=call-back")).Find("main").Text()
		if strings.Contains(text, strings.Join(words, " ")) {
			t.Error("the desk reads the words")
		}
	})
	t.Run("wrong words stand in the field with what was wrong", func(t *testing.T) {
		res := agent.post(step, "method", "call-back", "do", "words", "words", "one two three")
		expect(t, res, http.StatusUnprocessableEntity)
		if v, _ := page(t, res).Find("input[name=words]").Attr("value"); v != "one two three" {
			t.Errorf("%q", v)
		}
	})
	expect(t, agent.post(step, "method", "call-back", "do", "words", "words", strings.Join(words, " ")), http.StatusSeeOther)
	if text := page(t, agent.get(at)).Find("main").Text(); !strings.Contains(text, "Every step is passed") {
		t.Errorf("%.300s", text)
	}
}

func TestVouchPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.Found()
	s.Voucher("mia")
	k, _ := s.AtPerson(a, "ana", func(x *recovery.Account) { x.Manager = "mia" })
	expect(t, s.staff(a).post("/tickets/"+k.Reference+"/steps/person", "method", "voucher", "voucher", "mia"), http.StatusSeeOther)
	at := "/vouch/" + s.VouchLink()
	b := s.stranger()
	t.Run("without a sign-in the link tells nothing of the account", func(t *testing.T) {
		res := b.get(at)
		expect(t, res, http.StatusOK)
		doc := page(t, res)
		if text := doc.Find("main").Text(); strings.Contains(text, "ana") || doc.Find(`form[action="`+at+`/session"]`).Length() != 1 {
			t.Errorf("%.300s", text)
		}
		expect(t, b.post(at+"/challenge", "word", "vouch"), http.StatusUnauthorized)
		expect(t, s.stranger().get("/vouch/"+strings.Repeat("0", 26)), http.StatusGone)
	})
	id, options := b.ceremony("/me/login/challenge")
	res := b.post(at+"/session", "challenge", id, "response", string(s.Touch("mia", options)))
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != at {
		t.Fatalf("status %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	t.Run("signed in, the page says who asks for what and what will be granted", func(t *testing.T) {
		text := page(t, b.get(at)).Find("main").Text()
		for _, want := range []string{"Name of ana", "through the directory", (recovery.Ticket{}).Grants(recovery.For(30*recovery.Minute), 0), "Name of agent", "manager"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
	})
	t.Run("a passkey answers over the text that was shown", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, at+"/challenge", strings.NewReader("word=vouch&how=in-the-room&note="))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Accept", "application/json")
		var touch struct {
			ID, Statement string
			Options       json.RawMessage
		}
		if err := json.NewDecoder(b.do(r).Body).Decode(&touch); err != nil || !strings.Contains(touch.Statement, "word: vouch") {
			t.Fatalf("%v: %s", err, touch.Statement)
		}
		expect(t, b.post(at, "challenge", touch.ID, "response", string(s.Touch("mia", touch.Options))), http.StatusSeeOther)
		expect(t, b.get(at), http.StatusGone)
	})
}

func TestIdentityCheckHook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	send := func(header string, body []byte) int {
		r := httptest.NewRequest(http.MethodPost, "/hooks/identity-check", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(codes.CallHeader, header)
		return s.stranger().do(r).StatusCode
	}
	body := []byte(`{"request":"0","ticket":"K7QP-2M9X","account":"0","result":"passed"}`)
	if got := send("", body); got != http.StatusNotFound {
		t.Errorf("off: %d", got)
	}
	s.Desk.Settings.IdentityURL, s.Desk.Keys.Identity = "https://check.example", bytes.Repeat([]byte("k"), codes.CallSecretMin)
	if got := send("t=1,v1=00", body); got != http.StatusUnauthorized {
		t.Errorf("forged: %d", got)
	}
	if got := send(codes.SignCall(s.Desk.Keys.Identity, s.Clock.Now(), body), body); got != http.StatusNotFound {
		t.Errorf("no such request: %d", got)
	}
	long := bytes.Repeat([]byte("x"), recovery.CheckBytesMax+1)
	if got := send(codes.SignCall(s.Desk.Keys.Identity, s.Clock.Now(), long), long); got != http.StatusUnauthorized {
		t.Errorf("too long: %d", got)
	}
}

func TestBackupCodePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, secret := s.ClaimedBroken(s.Found(), "ana")
	good := s.Codes("ana")[0].String()
	b := s.claimedBy(secret)
	t.Run("the field comes when it is asked for, and the page then waits for it", func(t *testing.T) {
		res := b.get("/recover/ticket")
		if page(t, res).Find(`a[href="/recover/ticket?method=backup-code"]`).Length() != 1 || res.Header.Get("Refresh") == "" {
			t.Error("the way is not offered, or the page does not look again")
		}
		res = b.get("/recover/ticket?method=backup-code")
		if page(t, res).Find(`input[name=backup-code]`).Length() != 1 || res.Header.Get("Refresh") != "" {
			t.Error("there is no field, or the page reloads under the typing")
		}
	})
	t.Run("a typing mistake is told at the field", func(t *testing.T) {
		res := b.post("/recover/ticket/backup-code", "backup-code", "K7QP2")
		expect(t, res, http.StatusUnprocessableEntity)
		if page(t, res).Find("#f-backup-code-error").Length() != 1 {
			t.Error("the field does not say what is wrong")
		}
	})
	t.Run("a code in the address is none", func(t *testing.T) {
		expect(t, b.post("/recover/ticket/backup-code?backup-code="+good), http.StatusUnprocessableEntity)
	})
	expect(t, b.post("/recover/ticket/backup-code", "backup-code", good), http.StatusSeeOther)
}

func TestAssistantForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.Found()
	k, _ := s.ClaimedBroken(a, "ana")
	agent, at := s.staff(a), "/tickets/"+k.Reference
	res := agent.post(at+"/assistants", "assistant", "", "role", "interpreter")
	expect(t, res, http.StatusUnprocessableEntity)
	if page(t, res).Find(`input[name=role][value=interpreter][checked]`).Length() != 1 {
		t.Error("the form lost what was chosen")
	}
	expect(t, agent.post(at+"/assistants", "assistant", hostile, "role", "interpreter"), http.StatusSeeOther)
	doc := page(t, agent.get(at))
	if !strings.Contains(doc.Find("main").Text(), hostile) || doc.Find("main img").Length() != 0 {
		t.Error("the name is not shown as it was typed")
	}
}
