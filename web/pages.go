package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/views/ui"
)

// page is what every page knows: instance, ribbons, clock, static files.
func (s *Server) page(c echo.Context, title string) ui.Page {
	set := s.Desk.Settings
	env := "production"
	if set.Demo {
		env = "demo"
	}
	p := ui.Page{Title: title, Instance: set.Instance, Version: s.Version, Environment: env, HelpLine: set.InPerson.Words(),
		Now: s.Now(), Zone: time.UTC, Asset: s.Assets.URL, RequestID: newRequestID(), Flash: flash(c)}
	p.Ribbons = s.ribbons(c.Request().Context())
	return p
}

// staffPage is page with navigation, the person and the session's end.
func (s *Server) staffPage(c echo.Context, title string) ui.Page {
	p := s.page(c, title)
	p.Nav = ui.StaffNav(c.Request().URL.Path)
	p.SignOut, p.Stay, p.Live = "/logout", "/session", "/events"
	p.Ribbons = append(s.glass(c.Request().Context()), p.Ribbons...)
	if m, on, err := s.Desk.ThreatOn(c.Request().Context()); err == nil && on {
		p.Ribbons = append(p.Ribbons, ui.Ribbon{Kind: "threat", Text: "Raised-threat mode is on until " + ui.Stamp(m.Ends, p.Zone) + ". Rows are stricter, in open tickets too."})
	}
	s.signedIn(c, &p, recovery.SessionIdle)
	if a, ok := c.Get("actor").(desk.Actor); ok {
		if staff, err := s.Desk.Whoami(c.Request().Context(), a); err == nil {
			p.User = &ui.User{Name: staff.Person.Name}
			roles := staff.Counting(s.Now())
			if len(roles) == 0 {
				p.Live = ""
			}
			for _, r := range roles {
				p.User.Roles = append(p.User.Roles, string(r))
			}
			p.Nav = slices.DeleteFunc(p.Nav, func(n ui.NavItem) bool { return !forRoles(n.Href, roles) })
		}
	}
	return p
}

// pageRoles says which roles a page of the navigation is for. It only spares
// people pages that would refuse them; the gate is on the desk's own methods.
var pageRoles = map[string][]recovery.Role{
	"/queue":       {recovery.Agent, recovery.Approver, recovery.Reviewer, recovery.Auditor},
	"/tickets/new": {recovery.Agent},
	"/approvals":   {recovery.Approver, recovery.Reviewer, recovery.Auditor, recovery.Administrator},
	"/reviews":     {recovery.Agent, recovery.Reviewer, recovery.Auditor},
	"/policy":      recovery.Roles,
	"/proposals":   recovery.Roles,
	"/accounts":    recovery.Roles,
	"/staff":       recovery.Roles,
	"/incidents":   recovery.Roles,
	"/threat":      recovery.Roles,
	"/audit":       {recovery.Reviewer, recovery.Auditor, recovery.Administrator},
}

func forRoles(page string, roles []recovery.Role) bool {
	return slices.ContainsFunc(roles, func(r recovery.Role) bool { return slices.Contains(pageRoles[page], r) })
}

// home is the first page of a person: the queue, the staff page of an
// administrator, or, while no role counts, the page that says what is missing.
func home(s recovery.Staff, now int64) string {
	switch roles := s.Counting(now); {
	case forRoles("/queue", roles):
		return "/queue"
	case forRoles("/staff", roles):
		return "/staff"
	}
	return "/staff/" + s.Person.ID
}

// holderPage is page with sign-out and the session's end.
func (s *Server) holderPage(c echo.Context, title string) ui.Page {
	p := s.page(c, title)
	p.SignOut, p.Stay = "/me/logout", "/me/session"
	p.Scripts = []string{"js/countdown.js"}
	s.signedIn(c, &p, recovery.HolderSessionIdle)
	return p
}

// signedIn says when the session ends if nothing happens.
func (s *Server) signedIn(c echo.Context, p *ui.Page, idle int64) {
	if session, ok := c.Get("session").(store.Session); ok {
		from := s.Now()
		if byItself(c.Request()) {
			from = session.Seen
		}
		p.Ends = min(session.Ends, from+idle)
	}
}

// render writes a component as the whole answer.
func (s *Server) render(c echo.Context, status int, component templ.Component) error {
	c.Response().Header().Set(echo.HeaderContentType, "text/html; charset=utf-8")
	c.Response().WriteHeader(status)
	w := &steering{to: c.Response()}
	if err := component.Render(ui.WithAssets(c.Request().Context(), s.Assets.URL), w); err != nil {
		return err
	}
	return w.flush()
}

// stay renews a session: to script as JSON, to a plain form as 303. The session
// lookup in staffOnly or holderOnly has noted the activity already.
func (s *Server) stay(c echo.Context) error {
	if !wantsJSON(c.Request()) {
		return c.Redirect(http.StatusSeeOther, "/queue")
	}
	session, _ := c.Get("session").(store.Session)
	ends := min(session.Ends, s.Now()+recovery.SessionIdle)
	iso := func(us int64) string { return time.UnixMicro(us).UTC().Format(time.RFC3339) }
	return c.JSON(http.StatusOK, map[string]string{"ends": iso(ends), "now": iso(s.Now())})
}

// flashes are the messages a redirect may ask the next page to show; only the
// key travels in the URL, so nobody can put words into our page.
var flashes = map[string]ui.Flash{
	"saved":      {Kind: ui.OK, Text: "Saved."},
	"sent":       {Kind: ui.OK, Text: "Sent. It can take a minute to arrive."},
	"signed-out": {Kind: ui.OK, Text: "You are signed out."},
	"codes":      {Kind: ui.OK, Text: "Your new codes work now. All older ones are dead: destroy them."},
	"reported":   {Kind: ui.OK, Text: "What you chose is suspended and your sessions have ended. Sign in with the passkey that you kept to lift it."},
	"lifted":     {Kind: ui.OK, Text: "Lifted. What was suspended by the report signs in again."},
	"hold":       {Kind: ui.OK, Text: "Your account is back at its full assurance."},
	"vouched":    {Kind: ui.OK, Text: "Your answer is on record."},
	"enrolled":   {Kind: ui.OK, Text: "Your account is set up. Sign in with your passkey."},
}

func flash(c echo.Context) *ui.Flash {
	if f, ok := flashes[c.QueryParam("done")]; ok {
		return &f
	}
	return nil
}
