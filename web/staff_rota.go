package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) rotaRoutes(staff *echo.Group) {
	staff.GET("/staff/rota", s.rota)
	staff.POST("/staff/rota", s.addShift)
	staff.POST("/staff/rota/:shift/end", s.endShift)
	staff.POST("/staff/rota/duty", s.duty)
}

func (s *Server) rota(c echo.Context) error {
	p, err := s.rotaPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Rota(p))
}

func (s *Server) rotaPage(c echo.Context) (staff.RotaPage, error) {
	r, err := s.Desk.RotaPage(c.Request().Context(), actor(c))
	p := staff.RotaPage{Page: s.staffPage(c, "Rota"), Rota: staff.RotaView{Gaps: r.Gaps, Ungrouped: r.Ungrouped, Admin: r.Admin, Self: r.Self, Hours: r.Hours}}
	for _, l := range r.Lines {
		p.Rota.Lines = append(p.Rota.Lines, staff.RotaLine{Person: l.Person, Groups: l.Groups, Shifts: l.Shifts, Until: l.Until, On: l.On, Next: l.Next, You: l.Person.ID == actor(c).Person})
	}
	p.Zone = "UTC"
	return p, err
}

func (s *Server) addShift(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	in := desk.NewShift{Person: c.FormValue("person"), Site: c.FormValue("site"), Zone: strings.TrimSpace(c.FormValue("zone")), Date: c.FormValue("date"),
		Begins: minutes(c.FormValue("begins")), Ends: minutes(c.FormValue("ends"))}
	for _, d := range form["day"] {
		n, _ := strconv.Atoi(d) // 0, which is no weekday, is refused
		in.Days = append(in.Days, n)
	}
	_, err = s.Desk.AddShift(c.Request().Context(), actor(c), in)
	return s.onRota(c, err, func(p *staff.RotaPage) {
		p.Typed, p.Zone, p.Days = form, in.Zone, in.Days
	})
}

// minutes reads a clock time; -1, which is refused, when it is none.
func minutes(text string) int64 {
	at, err := time.Parse("15:04", strings.TrimSpace(text))
	if err != nil {
		return -1
	}
	return int64(at.Hour()*60 + at.Minute())
}

// onRota answers an act on the rota.
func (s *Server) onRota(c echo.Context, err error, typed func(*staff.RotaPage)) error {
	return s.form(c, err, "/staff/rota?done=saved", func(errs []ui.FieldError) templ.Component {
		p, readErr := s.rotaPage(c)
		p.Page.Errors = withProblem(errs, readErr)
		typed(&p)
		return staff.Rota(p)
	})
}

func (s *Server) endShift(c echo.Context) error {
	return s.onRota(c, s.Desk.EndShift(c.Request().Context(), actor(c), c.Param("shift")), func(*staff.RotaPage) {})
}

// duty switches "I am on shift" on for some hours, or off with 0.
func (s *Server) duty(c echo.Context) error {
	hours, err := strconv.ParseInt(c.FormValue("hours"), 10, 64)
	if err != nil {
		hours = -1 // refused
	}
	return s.onRota(c, s.Desk.GoOnShift(c.Request().Context(), actor(c), hours), func(*staff.RotaPage) {})
}
