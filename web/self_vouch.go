package web

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/views/self"
	"countersign/views/ui"
)

// The page of somebody whom the directory names as a voucher.
func (s *Server) vouchRoutes(e *echo.Echo) {
	e.GET("/vouch/:token", s.vouchPage, s.holderMaybe)
	e.POST("/vouch/:token/session", s.vouchSignIn)
	e.POST("/vouch/:token/challenge", s.beginVouch, s.holderOnly)
	e.POST("/vouch/:token", s.vouch, s.holderOnly)
}

// holderMaybe notes who is signed in and lets everybody pass.
func (s *Server) holderMaybe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		session, err := s.Desk.Session(c.Request().Context(), desk.HolderSession, s.cookies.get(c, holderCookie))
		if err == nil {
			c.Set("actor", desk.Actor{Kind: desk.Holder, Person: session.Person, Account: session.Account, Session: session.ID})
			c.Set("session", session)
		}
		return next(c)
	}
}

func vouchURL(c echo.Context) string { return "/vouch/" + url.PathEscape(c.Param("token")) }

// vouchPage shows the question; a GET reads it and spends nothing (B18).
func (s *Server) vouchPage(c echo.Context) error {
	p, err := s.vouchView(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, self.Vouch(p))
}

func (s *Server) vouchView(c echo.Context) (self.VouchPage, error) {
	d, err := s.Desk.VouchPage(c.Request().Context(), actor(c), c.Param("token"))
	if err != nil {
		return self.VouchPage{}, err
	}
	p := self.VouchPage{Page: s.page(c, "Do you know who asks?"), SignIn: d.SignIn, Action: vouchURL(c), Session: vouchURL(c) + "/session", InPerson: s.Desk.Settings.InPerson.Words()}
	p.Page.Scripts = []string{"js/passkey.js"}
	if d.SignIn {
		return p, nil
	}
	p.Holder, p.Account, p.Agent, p.Granted = d.Account.Name, d.Account.ID, d.Agent, d.Granted
	p.Event, p.Relation, p.Until = notify.Facts{Event: string(d.Ticket.Event)}.EventWords(), d.Vouching.Relation, d.Vouching.Ends
	p.How, p.Note = c.FormValue("how"), c.FormValue("note")
	return p, nil
}

func (s *Server) vouchSignIn(c echo.Context) error {
	if _, err := s.signInHolder(c); err != nil {
		return s.form(c, err, "", s.vouchAgain(c))
	}
	return c.Redirect(http.StatusSeeOther, vouchURL(c))
}

func (s *Server) beginVouch(c echo.Context) error {
	in := desk.Word{Word: recovery.Word(c.FormValue("word")), How: recovery.Known(c.FormValue("how")), Note: c.FormValue("note")}
	t, err := s.Desk.BeginVouch(c.Request().Context(), actor(c), c.Param("token"), in)
	return touch(c, t, err)
}

func (s *Server) vouch(c echo.Context) error {
	err := s.Desk.Vouch(c.Request().Context(), actor(c), c.Param("token"), answer(c))
	return s.form(c, err, "/me?done=vouched", s.vouchAgain(c))
}

// vouchAgain shows the question with what was wrong, or only that when there is
// nothing left to answer.
func (s *Server) vouchAgain(c echo.Context) func([]ui.FieldError) templ.Component {
	return func(errs []ui.FieldError) templ.Component {
		p, err := s.vouchView(c)
		if err != nil {
			page := s.page(c, "Not done")
			page.Errors = errs
			return ui.PublicPage(page)
		}
		p.Page.Errors = errs
		return self.Vouch(p)
	}
}
