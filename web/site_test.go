package web_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/static"
	"countersign/web"
)

// site is the whole web floor on a house.
type site struct {
	*desktest.House
	web *web.Server
	t   *testing.T
}

func newSite(t *testing.T) *site {
	t.Helper()
	return siteOf(t, desktest.SQLite(t), nil)
}

// siteOf is the web floor on a house, a demo's or not.
func siteOf(t *testing.T, h *desktest.House, demo *web.Demo) *site {
	t.Helper()
	s := web.New(web.Config{Desk: h.Desk, Demo: demo, Assets: static.New(), Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Now: h.Clock.Now, Version: "test"})
	t.Cleanup(s.Close)
	return &site{House: h, web: s, t: t}
}

// browser sends requests as one signed-in person, or as a stranger.
type browser struct {
	site    *site
	cookies []*http.Cookie
}

func (s *site) stranger() *browser { return &browser{site: s} }

// staff is a browser with a staff session of the actor.
func (s *site) staff(a desk.Actor) *browser {
	return &browser{site: s, cookies: []*http.Cookie{{Name: "countersign-staff", Value: s.session(store.Session{Kind: desk.StaffSession, Person: a.Person, Factor: "key-" + a.Person})}}}
}

// holder is a browser with a holder session of the account.
func (s *site) holder(account string) *browser {
	return &browser{site: s, cookies: []*http.Cookie{{Name: "countersign-holder", Value: s.session(store.Session{Kind: desk.HolderSession, Person: account, Account: account})}}}
}

func (s *site) session(row store.Session) string {
	s.t.Helper()
	token, err := codes.NewToken(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Write(func(ctx context.Context, tx *store.Tx) error {
		row.ID, row.TokenHash = "session-"+token, codes.HashToken("session", token)
		row.Began, row.Proved, row.Ends = tx.Now(), tx.Now(), tx.Now()+recovery.SessionLife
		return tx.AddSession(ctx, row)
	})
	return token
}

func (b *browser) get(path string) *http.Response {
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form as a same-origin browser would.
func (b *browser) post(path string, pairs ...string) *http.Response {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// do sends a request and keeps the cookies of the answer.
func (b *browser) do(r *http.Request) *http.Response {
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.site.web.ServeHTTP(w, r)
	res := w.Result()
	for _, c := range res.Cookies() {
		b.keep(c)
	}
	return res
}

func (b *browser) keep(c *http.Cookie) {
	for i, old := range b.cookies {
		if old.Name == c.Name {
			b.cookies[i] = c
			return
		}
	}
	b.cookies = append(b.cookies, c)
}

// page parses an answer as HTML.
func page(t *testing.T, res *http.Response) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func expect(t *testing.T, res *http.Response, status int) {
	t.Helper()
	if res.StatusCode != status {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("status %d, want %d: %.600s", res.StatusCode, status, body)
	}
}
