package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"countersign/views/self"
)

// "This was not me": GET shows what it is about and does nothing, because mail
// scanners open links (class B18); POST stops.
func (s *Server) stopRoutes(e *echo.Echo) {
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
	return s.render(c, http.StatusOK, self.Stop(self.StopPage{Page: s.page(c, "Stopped"), InPerson: s.Desk.Settings.InPerson.Words()}))
}
