package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/static"
	"countersign/views/staff"
	"countersign/views/ui"
	"countersign/web"
)

func pageBenches() []bench {
	return []bench{
		{name: "page.queue", what: "the queue page, signed in, 10k tickets, 16 at once, against echo, the same templ page and the same SQL with no session and no rights, CPU", bar: 1.25, rounds: 7, begin: pageQueue},
		{name: "page.queue.flat", what: "the queue page with a million tickets, against 10k, CPU", bar: 1.2, rounds: 7, begin: pageQueueFlat},
		{name: "page.deep", what: "page 1000 of the closed tickets, against page 1, 200k tickets, CPU", bar: 1.1, rounds: 7, begin: pageDeep},
		{name: "page.login", what: "the sign-in page, against echo, the same templ page, a gorilla cookie session and CSRF, CPU", bar: 1.5, rounds: 7, begin: pageLogin},
	}
}

// Handlers are called in the program, with no network between: the client costs
// nothing and cannot thin out the ratio.

// site is the product's handler on a room, with one agent signed in.
type site struct {
	*room
	http.Handler
	cookie *http.Cookie
}

func newSite(l *lab, tickets int) *site {
	r := newRoom(l)
	agent := r.Found()
	r.Account("a-1")
	seedTickets(r, tickets)
	at := r.Clock.Now()
	token, err := codes.NewToken(rand.Reader)
	must(err)
	r.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddSession(ctx, store.Session{ID: "session", TokenHash: codes.HashToken("session", token), Kind: desk.StaffSession, Person: agent.Person, Factor: "key-" + agent.Person,
			Began: at, Proved: at, Seen: at, Ends: at + recovery.Day})
	})
	return &site{r, handler(r), &http.Cookie{Name: "countersign-staff", Value: token}}
}

// handler is the whole web floor on a room.
func handler(r *room) http.Handler {
	log := slog.New(slog.NewJSONHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelInfo}))
	s := web.New(web.Config{Desk: r.Desk, Assets: static.New(), Log: log, Now: r.Clock.Now, Version: "bench"})
	r.l.Cleanup(s.Close)
	return s
}

// get asks for a page as the agent and insists on 200.
func (s *site) get(path string) { fetch(s, path, s.cookie) }

func fetch(h http.Handler, path string, cookie *http.Cookie) string {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	if cookie != nil {
		request.AddCookie(cookie)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		panic(path + ": " + answer.Body.String())
	}
	return answer.Body.String()
}

// floorSite serves the same page from the same rows with nothing around it.
func floorSite(s *site, view string) http.Handler {
	assets := static.New()
	e := echo.New()
	e.GET("/queue", func(c echo.Context) error {
		ctx := c.Request().Context()
		counters, err := s.Store.View().Counters(ctx)
		must(err)
		rows, err := s.Store.View().Queue(ctx, openTickets(view))
		must(err)
		p := staff.QueuePage{Page: barePage(assets, "Queue"), View: view, Counts: counters}
		p.Page.Nav, p.Page.User = ui.StaffNav("/queue"), &ui.User{Name: "Name of agent", Roles: []string{"agent"}}
		for _, row := range rows[:desk.QueuePageSize] {
			p.Items = append(p.Items, staff.QueueItem{Ticket: row.Ticket, Name: row.Name, Agent: row.Agent})
		}
		return staff.Queue(p).Render(ui.WithAssets(ctx, assets.URL), c.Response())
	})
	cookies := sessions.NewCookieStore([]byte("thirty-two bytes of no importance"))
	e.GET("/login", func(c echo.Context) error {
		session, _ := cookies.Get(c.Request(), "floor") // an unreadable cookie gives a new session
		session.Values["at"] = int64(1)
		must(session.Save(c.Request(), c.Response()))
		p := barePage(assets, "Sign in")
		p.Scripts = []string{"js/passkey.js"}
		return staff.Login(staff.LoginPage{Page: p}).Render(ui.WithAssets(c.Request().Context(), assets.URL), c.Response())
	}, middleware.CSRF())
	return e
}

func barePage(assets *static.Assets, title string) ui.Page {
	return ui.Page{Title: title, Instance: "Bench", Version: "bench", Asset: assets.URL, Environment: "production"}
}

// openTickets is the filter of the view that the benchmark asks for.
func openTickets(string) store.QueueFilter {
	f := store.QueueFilter{Limit: desk.QueuePageSize + 1}
	for _, s := range recovery.States {
		if !s.Resting() {
			f.States = append(f.States, s)
		}
	}
	return f
}

func pageQueue(l *lab) (ours, floor side) {
	const n, path = 160, "/queue?view=open"
	s := newSite(l, 10_000)
	bare := floorSite(s, desk.ViewOpen)
	return cpuOfCrowd(16, n, func(int) { s.get(path) }), cpuOfCrowd(16, n, func(int) { fetch(bare, path, nil) })
}

// pageQueueFlat: a hundred times the tickets must not be felt.
func pageQueueFlat(l *lab) (ours, floor side) {
	const n, path = 160, "/queue?view=open"
	many, few := newSite(l, 1_000_000), newSite(l, 10_000)
	return cpuOfCrowd(16, n, func(int) { many.get(path) }), cpuOfCrowd(16, n, func(int) { few.get(path) })
}

// pageDeep follows no links: a cursor is the last row of the page before.
func pageDeep(l *lab) (ours, floor side) {
	const n, first = 160, "/queue?view=closed"
	s := newSite(l, 200_000)
	row := (1000*desk.QueuePageSize - 1) * 10 / 9 // nine in ten are closed
	deep := fmt.Sprintf("%s&after=%d_01950000-0000-7000-8000-%012d", first, s.Clock.Now()-1_000_000*int64(row), row)
	return cpuOfCrowd(16, n, func(int) { s.get(deep) }), cpuOfCrowd(16, n, func(int) { s.get(first) })
}

func pageLogin(l *lab) (ours, floor side) {
	const n = 2000
	s := newSite(l, 0)
	bare := floorSite(s, "")
	return cpuOf(n, func(int) { fetch(s, "/login", nil) }), cpuOf(n, func(int) { fetch(bare, "/login", nil) })
}
