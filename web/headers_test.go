package web_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

// T5, T6: what every answer carries, and what no request gets past.
func TestEveryAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent := s.staff(s.Staff("header-agent", recovery.Agent))
	s.Account("header-holder")
	holder := s.holder("header-holder")

	t.Run("every page carries the policy, and no page may be framed, sniffed or cached", func(t *testing.T) {
		seen := 0
		for _, r := range s.web.Routes() {
			if r.Method != http.MethodGet || strings.ContainsAny(r.Path, ":*") || r.Path == "/events" {
				continue
			}
			seen++
			for _, b := range []*browser{s.stranger(), agent, holder} {
				h := b.get(r.Path).Header
				csp := h.Get("Content-Security-Policy")
				for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'"} {
					if !strings.Contains(csp, want) {
						t.Errorf("%s: the policy lacks %s: %s", r.Path, want, csp)
					}
				}
				if strings.Contains(csp, "unsafe") {
					t.Errorf("%s: unsafe policy %s", r.Path, csp)
				}
				if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: headers %v", r.Path, h)
				}
			}
		}
		if seen == 0 {
			t.Fatal("no routes")
		}
	})

	unsafe := func(mutate func(*http.Request)) int {
		r := httptest.NewRequest(http.MethodPost, "/session", strings.NewReader(""))
		r.Header.Set("Accept", "application/json")
		mutate(r)
		return agent.do(r).StatusCode
	}
	t.Run("a request of another site is refused, with and without the newer headers", func(t *testing.T) {
		for name, mutate := range map[string]func(*http.Request){
			"cross-site":            func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
			"same-site sibling":     func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
			"foreign origin":        func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
			"neither, with cookies": func(*http.Request) {},
		} {
			if got := unsafe(mutate); got != http.StatusForbidden {
				t.Errorf("%s: %d", name, got)
			}
		}
		if got := unsafe(func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }); got != http.StatusOK {
			t.Errorf("our own page: %d", got)
		}
	})
	t.Run("a compressed body is not unpacked (M6)", func(t *testing.T) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(make([]byte, 1<<20))
		z.Close()
		r := httptest.NewRequest(http.MethodPost, "/session", &b)
		r.Header.Set("Content-Encoding", "gzip")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if got := agent.do(r).StatusCode; got != http.StatusUnsupportedMediaType {
			t.Errorf("status %d", got)
		}
	})
	t.Run("a large body is refused", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, "/session", strings.NewReader(strings.Repeat("a", 70<<10)))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if got := agent.do(r).StatusCode; got != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", got)
		}
	})
	t.Run("staff pages lead strangers to sign-in, fragments and scripts get 401", func(t *testing.T) {
		res := s.stranger().get("/events")
		expect(t, res, http.StatusSeeOther)
		r := httptest.NewRequest(http.MethodGet, "/events", nil)
		r.Header.Set("HX-Request", "true")
		expect(t, s.stranger().do(r), http.StatusUnauthorized)
	})
	t.Run("an unknown page says so in words", func(t *testing.T) {
		res := s.stranger().get("/nowhere")
		expect(t, res, http.StatusNotFound)
		if h1 := page(t, res).Find("h1").Text(); h1 != "Page not found" {
			t.Errorf("h1 %q", h1)
		}
	})
}

// M4, T5: the session lives on the server.
func TestSessions(t *testing.T) {
	stay := func(b *browser) int {
		r := httptest.NewRequest(http.MethodPost, "/session", nil)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Accept", "application/json")
		return b.do(r).StatusCode
	}
	t.Run("fifteen idle minutes end it, activity renews it, eight hours end it anyway", func(t *testing.T) {
		s := newSite(t)
		b := s.staff(s.Staff("idle", recovery.Agent))
		var lived int64
		for stay(b) == http.StatusOK {
			s.Clock.Add(recovery.SessionIdle - recovery.Minute)
			if lived += recovery.SessionIdle - recovery.Minute; lived > recovery.SessionLife+recovery.Hour {
				t.Fatal("activity kept the session alive beyond eight hours")
			}
		}
		if lived < recovery.SessionLife {
			t.Errorf("the session ended after %d minutes of activity", lived/recovery.Minute)
		}
	})
	t.Run("idle to the second", func(t *testing.T) {
		s := newSite(t)
		b := s.staff(s.Staff("idle", recovery.Agent))
		s.Clock.Add(recovery.SessionIdle)
		if got := stay(b); got != http.StatusUnauthorized {
			t.Errorf("status %d", got)
		}
	})
	t.Run("what a page fetches by itself does not keep it alive", func(t *testing.T) {
		s := newSite(t)
		b := s.staff(s.Staff("live", recovery.Agent))
		for range 4 {
			s.Clock.Add(recovery.SessionIdle / 2)
			r := httptest.NewRequest(http.MethodGet, "/queue", nil)
			r.Header.Set("HX-Request", "true")
			b.do(r)
		}
		if got := stay(b); got != http.StatusUnauthorized {
			t.Errorf("status %d", got)
		}
	})
}
