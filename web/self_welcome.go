package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/views/self"
	"countersign/views/ui"
)

// welcomeRoutes are the demo's only: elsewhere the first enrolment is a ticket.
func (s *Server) welcomeRoutes(e *echo.Echo) {
	if s.Demo == nil {
		return
	}
	e.GET("/welcome/:token", s.welcome)
	e.POST("/welcome/:token/challenge", s.beginWelcome)
	e.POST("/welcome/:token", s.enrolHolder)
}

func (s *Server) welcomeView(c echo.Context) (self.WelcomePage, error) {
	w, err := s.Desk.Welcome(c.Request().Context(), c.Param("token"))
	if err != nil {
		return self.WelcomePage{}, err
	}
	p := s.page(c, "Set up your account")
	p.Scripts = []string{"js/passkey.js"}
	return self.WelcomePage{Page: p, Token: c.Param("token"), Account: w.Account, Ends: w.Ends, KeyName: c.FormValue("name")}, nil
}

// welcome reads only: mail scanners open links (class B20).
func (s *Server) welcome(c echo.Context) error {
	p, err := s.welcomeView(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, self.Welcome(p))
}

func (s *Server) beginWelcome(c echo.Context) error {
	t, err := s.Desk.BeginHolderPasskey(c.Request().Context(), c.Param("token"), typed(c, "password"), c.FormValue("name"))
	return touch(c, t, err)
}

func (s *Server) enrolHolder(c echo.Context) error {
	_, err := s.Desk.EnrolHolder(c.Request().Context(), actor(c), c.Param("token"), answer(c))
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/me/login?done=enrolled")
	}
	p, pageErr := s.welcomeView(c)
	if pageErr != nil {
		return pageErr
	}
	return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
		p.Page.Errors = errs
		return self.Welcome(p)
	})
}
