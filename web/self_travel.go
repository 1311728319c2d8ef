package web

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/self"
	"countersign/views/ui"
)

func (s *Server) travelRoutes(holder *echo.Group) {
	holder.GET("/travel", s.travel)
	holder.POST("/travel", s.registerTrip)
	holder.POST("/travel/:id/cancellation", s.cancelTrip)
}

func (s *Server) travelPage(c echo.Context) (self.TravelPage, error) {
	d, err := s.Desk.TripsPage(c.Request().Context(), actor(c))
	p := self.TravelPage{Page: s.mePage(c, "Travel", desk.Me{AccountView: desk.AccountView{Account: d.Account}}), Ahead: d.Ahead, Pools: d.Pools, Rule: d.Rule}
	p.Page.Scripts = append(p.Page.Scripts, "js/passkey.js")
	p.Typed.Begins, p.Typed.Ends, p.Typed.Pool = c.FormValue("begins"), c.FormValue("ends"), c.FormValue("pool")
	chosen := chosenChannels(c)
	for _, a := range d.Own {
		p.Channels = append(p.Channels, ui.Option{Value: a.ID, Label: recovery.Mask(a), Selected: slices.Contains(chosen, a.ID)})
	}
	return p, err
}

func chosenChannels(c echo.Context) []string {
	form, err := c.FormParams()
	if err != nil {
		return nil
	}
	return form["channel"]
}

func (s *Server) travel(c echo.Context) error {
	p, err := s.travelPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, self.Travel(p))
}

// registerTrip reads the last day as the whole of it.
func (s *Server) registerTrip(c echo.Context) error {
	in := desk.NewTrip{Begins: recovery.DayOf(c.FormValue("begins")), Channels: chosenChannels(c), Pool: c.FormValue("pool")}
	if last := recovery.DayOf(c.FormValue("ends")); last != 0 {
		in.Ends = last + recovery.Day
	}
	_, err := s.Desk.RegisterTrip(c.Request().Context(), actor(c), in, answer(c))
	return s.form(c, err, "/me/travel?done=saved", s.travelAgain(c))
}

func (s *Server) travelAgain(c echo.Context) func([]ui.FieldError) templ.Component {
	return func(errs []ui.FieldError) templ.Component {
		p, readErr := s.travelPage(c)
		p.Page.Errors = withProblem(errs, readErr)
		return self.Travel(p)
	}
}

func (s *Server) cancelTrip(c echo.Context) error {
	err := s.Desk.CancelTrip(c.Request().Context(), actor(c), c.Param("id"))
	return s.form(c, err, "/me/travel?done=saved", s.travelAgain(c))
}
