package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) threatRoutes(staff *echo.Group) {
	signing := staff.Group("/threat", ownScripts)
	signing.GET("", s.threat)
	signing.POST("", s.raiseThreat)
	signing.POST("/challenge", s.beginThreat)
	signing.POST("/extension", s.extendThreat)
	staff.POST("/threat/passes/revocation", s.revokePasses)
	staff.POST("/threat/passes/:ref/revocation", s.revokePass)
	staff.GET("/incidents", s.incidents)
	staff.POST("/incidents", s.proposeIncident)
	staff.POST("/incidents/:id/closing", s.closeIncident)
}

func (s *Server) threatPage(c echo.Context) (staff.ThreatPage, error) {
	d, err := s.Desk.ThreatPage(c.Request().Context(), actor(c))
	p := staff.ThreatPage{Page: s.signingPage(c, "Raised-threat mode"), On: d.On.On(s.Now()), Mode: d.On, Earlier: d.Earlier, Names: d.Names, Rule: d.Rule, Security: d.Security, Passes: d.Passes, Revokes: d.Revokes, Fresh: d.Fresh, You: actor(c).Person}
	p.Typed.Reason, p.Typed.Hours = c.FormValue("reason"), c.FormValue("hours")
	return p, err
}

func (s *Server) threat(c echo.Context) error {
	p, err := s.threatPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Threat(p))
}

func (s *Server) beginThreat(c echo.Context) error {
	t, err := s.Desk.BeginThreat(c.Request().Context(), actor(c), c.FormValue("reason"))
	return touch(c, t, err)
}

func (s *Server) threatAgain(c echo.Context) func([]ui.FieldError) templ.Component {
	return func(errs []ui.FieldError) templ.Component {
		p, readErr := s.threatPage(c)
		p.Page.Errors = withProblem(errs, readErr)
		return staff.Threat(p)
	}
}

func (s *Server) raiseThreat(c echo.Context) error {
	_, err := s.Desk.RaiseThreat(c.Request().Context(), actor(c), answer(c))
	return s.form(c, err, "/threat", s.threatAgain(c))
}

func (s *Server) extendThreat(c echo.Context) error {
	hours, _ := strconv.ParseInt(strings.TrimSpace(c.FormValue("hours")), 10, 32)
	p, err := s.Desk.ExtendThreat(c.Request().Context(), actor(c), hours)
	return s.form(c, err, "/proposals/"+p.ID, s.threatAgain(c))
}

func (s *Server) revokePass(c echo.Context) error {
	err := s.Desk.RevokePass(c.Request().Context(), actor(c), c.Param("ref"))
	return s.form(c, err, "/threat?done=saved", s.threatAgain(c))
}

func (s *Server) revokePasses(c echo.Context) error {
	err := s.Desk.RevokePasses(c.Request().Context(), actor(c))
	return s.form(c, err, "/threat?done=saved", s.threatAgain(c))
}

func (s *Server) incidentsPage(c echo.Context) (staff.IncidentsPage, error) {
	d, err := s.Desk.IncidentsPage(c.Request().Context(), actor(c))
	p := staff.IncidentsPage{Page: s.staffPage(c, "Incidents"), Rule: d.Rule, Names: d.Names, Admin: d.Admin, Fresh: d.Fresh, You: actor(c).Person}
	for _, i := range d.Incidents {
		p.Incidents = append(p.Incidents, staff.Incident(i))
	}
	for name, into := range map[string]*string{"name": &p.Typed.Name, "departments": &p.Typed.Departments, "accounts": &p.Typed.Accounts, "hours": &p.Typed.Hours, "tickets": &p.Typed.Tickets} {
		*into = c.FormValue(name)
	}
	return p, err
}

func (s *Server) incidents(c echo.Context) error {
	p, err := s.incidentsPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Incidents(p))
}

func (s *Server) incidentsAgain(c echo.Context) func([]ui.FieldError) templ.Component {
	return func(errs []ui.FieldError) templ.Component {
		p, readErr := s.incidentsPage(c)
		p.Page.Errors = withProblem(errs, readErr)
		return staff.Incidents(p)
	}
}

// proposeIncident files the incident; the second administrator signs it.
func (s *Server) proposeIncident(c echo.Context) error {
	n := recovery.NewIncident{Name: c.FormValue("name"), Departments: lines(c.FormValue("departments")), Accounts: lines(c.FormValue("accounts"))}
	n.Hours, _ = strconv.ParseInt(strings.TrimSpace(c.FormValue("hours")), 10, 32)
	n.Tickets, _ = strconv.ParseInt(strings.TrimSpace(c.FormValue("tickets")), 10, 32)
	p, err := s.Desk.ProposeIncident(c.Request().Context(), actor(c), n)
	return s.form(c, err, "/proposals/"+p.ID, s.incidentsAgain(c))
}

func (s *Server) closeIncident(c echo.Context) error {
	err := s.Desk.CloseIncident(c.Request().Context(), actor(c), c.Param("id"), c.FormValue("reason"))
	return s.form(c, err, "/incidents?done=saved", s.incidentsAgain(c))
}

// lines are the lines of a text area that hold something.
func lines(text string) []string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}
