package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Classes B17 and B21: what a request says about itself is not believed.
func TestForgedHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Found()
	s.Person("cyd", "")
	admin := s.staff(s.Staff("admin", recovery.Administrator))
	form := url.Values{"person": {"cyd"}, "role": {"agent"}}
	r := httptest.NewRequest(http.MethodPost, "/staff", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Host = "evil.example"
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "X-Forwarded-Host", "Forwarded", "X-Original-Host"} {
		r.Header.Set(name, "203.0.113.9")
	}
	expect(t, admin.do(r), http.StatusSeeOther)
	t.Run("a link in a mail leads to the address of the settings", func(t *testing.T) {
		if text := s.LastMail().Text; !strings.Contains(text, desktest.Origin+"/invite/") || strings.Contains(text, "evil.example") || strings.Contains(text, "203.0.113.9") {
			t.Errorf("the mail says %q", text)
		}
	})
	t.Run("the record names the peer", func(t *testing.T) {
		rows, err := s.Store.View().LedgerEntries(t.Context(), store.LedgerFilter{Kind: string(recovery.StaffInvited), Limit: 1})
		if err != nil || len(rows) != 1 || rows[0].Detail != "from 192.0.2.1" {
			t.Errorf("entry %+v, %v", rows, err)
		}
	})
}

// T5: whatever the route, a form of another site does nothing; nor does one that
// hides where it came from and carries our cookie.
func TestFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent := s.staff(s.Staff("agent", recovery.Agent, recovery.Approver, recovery.Reviewer, recovery.Administrator))
	asked := 0
	for _, route := range s.web.Routes() {
		if route.Method != http.MethodPost {
			continue
		}
		asked++
		for name, set := range map[string]func(http.Header){
			"of another site":   func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
			"of a sister site":  func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
			"of another origin": func(h http.Header) { h.Set("Origin", "https://evil.example") },
			"of nowhere":        func(h http.Header) { h.Set("Origin", "null") },
			"that does not say": func(http.Header) {},
		} {
			r := httptest.NewRequest(http.MethodPost, matrixPath(route.Path), nil)
			r.Header.Set("Accept", "application/json")
			set(r.Header)
			res := agent.do(r)
			if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusForbidden || !strings.Contains(string(body), `"cross-site"`) {
				t.Errorf("POST %s %s: status %d, %.100s", route.Path, name, res.StatusCode, body)
			}
		}
	}
	if asked < 40 {
		t.Errorf("only %d routes were asked", asked)
	}
}

func TestAKeyIsConfirmedOnItsOwnersPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.staff(s.Staff("admin", recovery.Administrator))
	s.Staff("second", recovery.Administrator)
	s.Staff("ana", recovery.Agent)
	s.Staff("bo", recovery.Agent)
	s.SQLExec(`UPDATE staff_keys SET counted = 0 WHERE id = 'key-bo'`)
	expect(t, admin.begin("/staff/ana/keys/key-bo/challenge"), http.StatusNotFound)
	expect(t, admin.begin("/staff/ana/keys/key-bo/confirmation"), http.StatusNotFound)
	expect(t, admin.begin("/staff/bo/keys/key-bo/challenge"), http.StatusOK)
}

func TestTheLiveStreamIsForWhomARoleCounts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	none := s.staff(s.Staff("none"))
	expect(t, none.get("/events"), http.StatusForbidden)
	if page(t, none.get("/staff/none")).Find(`[hx-sse\:connect], [data-live]`).Length() != 0 {
		t.Error("the page opens a stream that is refused")
	}
}
