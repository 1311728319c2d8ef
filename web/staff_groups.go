package web

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) groupRoutes(staff *echo.Group) {
	staff.GET("/staff/groups", s.groups)
	staff.POST("/staff/groups", s.outsource)
	staff.POST("/staff/groups/:group/house", s.takeInHouse)
}

func (s *Server) groups(c echo.Context) error {
	p, err := s.groupsPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Groups(p))
}

func (s *Server) groupsPage(c echo.Context) (staff.GroupsPage, error) {
	g, err := s.Desk.GroupsPage(c.Request().Context(), actor(c))
	p := staff.GroupsPage{Page: s.staffPage(c, "Groups"), Groups: g.Groups, Departments: g.Departments, Admin: g.Admin, Fresh: g.Fresh, You: actor(c).Person}
	for _, o := range g.Suppliers {
		p.Suppliers = append(p.Suppliers, staff.Supplier{Name: o.Name, Since: o.Since, By: o.By, Departments: o.Departments, Path: "/staff/groups/" + url.PathEscape(o.Name)})
	}
	return p, err
}

func (s *Server) outsource(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	p, err := s.Desk.OutsourceGroup(c.Request().Context(), actor(c), c.FormValue("group"), form["department"])
	return s.onGroups(c, p, err)
}

func (s *Server) takeInHouse(c echo.Context) error {
	p, err := s.Desk.TakeInHouse(c.Request().Context(), actor(c), c.Param("group"))
	return s.onGroups(c, p, err)
}

// onGroups goes to what was filed; a scope that only became smaller is in force.
func (s *Server) onGroups(c echo.Context, filed recovery.Proposal, err error) error {
	to := "/staff/groups?done=saved"
	if filed.ID != "" {
		to = "/proposals/" + filed.ID
	}
	return s.form(c, err, to, func(errs []ui.FieldError) templ.Component {
		p, readErr := s.groupsPage(c)
		p.Page.Errors = withProblem(errs, readErr)
		p.Group = c.FormValue("group")
		return staff.Groups(p)
	})
}
