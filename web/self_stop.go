package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/views/self"
	"countersign/views/ui"
)

// "This was not me": GET shows what it is about and does nothing, because mail
// scanners open links (class B18); POST stops. Where the link cannot be followed,
// the code of the same message is typed at /stop.
func (s *Server) stopRoutes(e *echo.Echo) {
	e.GET("/stop", s.stopCodePage)
	e.POST("/stop", s.stopByCode)
	e.GET("/stop/:token", s.stopPage)
	e.POST("/stop/:token", s.stop)
}

func (s *Server) stopPage(c echo.Context) error {
	d, err := s.Desk.StopPage(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	p := self.StopPage{Page: s.page(c, "Was this not you?"), Action: "/stop/" + c.Param("token"), Reference: d.Reference, Opened: d.Opened, Completed: d.Completed,
		InPerson: s.Desk.Settings.InPerson.Words()}
	if d.Stopped {
		p.Page.Title, p.Action = "Stopped", ""
	}
	return s.render(c, http.StatusOK, self.Stop(p))
}

// stop answers with the page itself: the link is used up.
func (s *Server) stop(c echo.Context) error {
	if err := s.Desk.Stop(c.Request().Context(), actor(c), c.Param("token")); err != nil {
		return err
	}
	return s.stopped(c)
}

func (s *Server) stopped(c echo.Context) error {
	return s.render(c, http.StatusOK, self.Stop(self.StopPage{Page: s.page(c, "Stopped"), InPerson: s.Desk.Settings.InPerson.Words()}))
}

func (s *Server) stopCodePage(c echo.Context) error {
	return s.render(c, http.StatusOK, s.stopCodeForm(c, nil))
}

// stopCodeForm keeps nothing of what was typed: the answer to a code that stops
// nothing is the same, byte for byte, whatever the code was.
func (s *Server) stopCodeForm(c echo.Context, errs []ui.FieldError) templ.Component {
	p := self.StopCodePage{Page: s.page(c, "Stop a recovery"), InPerson: s.Desk.Settings.InPerson.Words()}
	p.Page.Errors = errs
	return self.StopCode(p)
}

func (s *Server) stopByCode(c echo.Context) error {
	if err := s.Desk.StopByCode(c.Request().Context(), actor(c), typed(c, "code")); err != nil {
		return s.form(c, err, "", func(errs []ui.FieldError) templ.Component { return s.stopCodeForm(c, errs) })
	}
	return s.stopped(c)
}
