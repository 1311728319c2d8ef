package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/views/staff"
	"countersign/views/ui"
)

// views is where views of the queue are saved, renamed and removed.
func (s *Server) views(c echo.Context) error {
	p, err := s.viewsPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Views(p))
}

func (s *Server) viewsPage(c echo.Context) (staff.ViewsPage, error) {
	all, err := s.Desk.ViewsPage(c.Request().Context(), actor(c))
	p := staff.ViewsPage{Page: s.staffPage(c, "Saved views"), Query: viewQuery(c.FormValue("query")), Name: c.FormValue("name"), Team: c.FormValue("team") != ""}
	var roles []string
	if p.Page.User != nil {
		roles = p.Page.User.Roles
	}
	p.Saved = savedViews(all, actor(c), roles)
	return p, err
}

// viewQuery is the canonical form of what a view shows: the filters that exist.
func viewQuery(text string) string {
	in, err := url.ParseQuery(text)
	if err != nil || text == "" {
		return ""
	}
	q, _, _ := queueQuery(in)
	return q.Encode()
}

// savedViews are views as the pages show them; roles are the reader's.
func savedViews(all []store.SavedView, who desk.Actor, roles []string) []staff.SavedView {
	lead := slices.Contains(roles, string(recovery.Reviewer)) || slices.Contains(roles, string(recovery.Administrator))
	out := make([]staff.SavedView, len(all))
	for i, w := range all {
		out[i] = staff.SavedView{ID: w.ID, Name: w.Name, Query: w.Query, Team: w.Team, Mine: w.Person == who.Person || lead}
	}
	return out
}

func (s *Server) saveView(c echo.Context) error {
	in := store.SavedView{Name: c.FormValue("name"), Query: viewQuery(c.FormValue("query")), Team: c.FormValue("team") != ""}
	return s.form(c, s.Desk.SaveView(c.Request().Context(), actor(c), in), "/queue/views", s.viewsAgain(c))
}

func (s *Server) renameView(c echo.Context) error {
	return s.form(c, s.Desk.RenameView(c.Request().Context(), actor(c), c.Param("id"), c.FormValue("name")), "/queue/views", s.viewsAgain(c))
}

func (s *Server) removeView(c echo.Context) error {
	return s.form(c, s.Desk.RemoveView(c.Request().Context(), actor(c), c.Param("id")), "/queue/views", s.viewsAgain(c))
}

func (s *Server) viewsAgain(c echo.Context) func([]ui.FieldError) templ.Component {
	return func(errs []ui.FieldError) templ.Component {
		p, err := s.viewsPage(c)
		p.Page.Errors = withProblem(errs, err)
		return staff.Views(p)
	}
}
