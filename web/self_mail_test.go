package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// Self-service by a mailed code in the browser, without scripts; and what the pages
// say while they take no codes.
func TestR3_MailedCodePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	anon := s.stranger()
	ask := "/recover/mail?device=lost&lock=locked"
	t.Run("the start page offers what the policy offers, and the name is asked last", func(t *testing.T) {
		if page(t, anon.get("/recover")).Find(`main a[href="/recover/mail"]`).Length() != 1 {
			t.Error("not offered")
		}
		if page(t, anon.get("/recover/mail")).Find(`input[name=account]`).Length() != 0 || page(t, anon.get("/recover/mail?device=stolen&lock=locked")).Find("input[name=account]").Length() != 0 {
			t.Error("a name is asked before the desk is ruled out")
		}
		if page(t, anon.get(ask)).Find(`form[action="/recover/mail"] input[name=account]`).Length() != 1 {
			t.Error("no form")
		}
	})
	facts := []string{"device", "lost", "lock", "locked"}
	t.Run("every name gets the same answer", func(t *testing.T) {
		expect(t, anon.post("/recover/mail", append(facts, "account", "")...), http.StatusUnprocessableEntity)
		for _, name := range []string{"ana", "nobody"} {
			res := s.stranger().post("/recover/mail", append(facts, "account", name)...)
			expect(t, res, http.StatusSeeOther)
			if to := res.Header.Get("Location"); to != "/recover/mail/code" {
				t.Errorf("%s leads to %s", name, to)
			}
		}
	})
	t.Run("code, then password, then the wait for the notice", func(t *testing.T) {
		s.Work()
		s.Clock.Add(recovery.Hour)
		b := s.stranger()
		expect(t, b.post("/recover/mail", append(facts, "account", "ana")...), http.StatusSeeOther)
		j, err := s.Desk.ClaimJob(t.Context(), "worker")
		if err == nil {
			err = s.Desk.MailCode(t.Context(), j)
		}
		if err != nil {
			t.Fatal(err)
		}
		digits := regexp.MustCompile(`\d{4} \d{4}`).FindString(s.LastMail().Text)
		res := b.post("/recover/mail/code", "code", "1234")
		expect(t, res, http.StatusUnprocessableEntity)
		if page(t, res).Find("input[name=code]").AttrOr("value", "") != "" {
			t.Error("what was typed stays on the page")
		}
		expect(t, s.stranger().post("/recover/mail/code", "code", digits), http.StatusUnprocessableEntity)
		expect(t, b.post("/recover/mail/code", "code", digits), http.StatusSeeOther)
		expect(t, b.post("/recover/password", "password", desktest.Password), http.StatusSeeOther)
		if text := page(t, b.get("/recover/enrol")).Find("main").Text(); !strings.Contains(text, "telling you") {
			t.Errorf("%.200s", text)
		}
	})
	t.Run("in raised-threat mode no code page opens, before anything is typed, and it says what to do and no more", func(t *testing.T) {
		m, err := s.Raise(s.Security(s.Staff("guard", recovery.Reviewer)))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/recover", ask, "/recover/code?device=lost&lock=locked", "/recover/instructions"} {
			doc := page(t, s.stranger().get(path))
			text := doc.Find("main").Text()
			if !strings.Contains(text, "no codes for the time being") || doc.Find(`main a[href="/me/login"]`).Length() == 0 || doc.Find("main form").Length() != 0 {
				t.Errorf("%s: %.300s", path, text)
			}
			for _, leak := range []string{"threat", m.Reason, recovery.UTC(m.Ends)[:10]} {
				if strings.Contains(strings.ToLower(text), strings.ToLower(leak)) {
					t.Errorf("%s says %q", path, leak)
				}
			}
			if doc.Find(`main a[href="/recover/mail"], main a[href="/recover/code"]`).Length() != 0 {
				t.Errorf("%s leads to a page that is closed", path)
			}
		}
	})
}
