package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

// importPath is the one page that takes more than a form.
const importPath = "/accounts/import"

func (s *Server) importRoutes(staff *echo.Group) {
	staff.GET(importPath, s.importPage)
	staff.POST(importPath, s.importAccounts)
	staff.GET("/accounts/:id/change", s.editPage)
	staff.POST("/accounts/:id/change", s.editAccount)
}

func (s *Server) importView(c echo.Context) (staff.ImportPage, error) {
	fresh, err := s.Desk.ImportPage(c.Request().Context(), actor(c))
	p := staff.ImportPage{Page: s.staffPage(c, "Import accounts"), You: actor(c).Person, Fresh: fresh}
	p.Page.Scripts = []string{"js/passkey.js"}
	return p, err
}

func (s *Server) importPage(c echo.Context) error {
	p, err := s.importView(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Import(p))
}

// importAccounts shows what a file would change; sent again with the digest of
// what was shown, it does it.
func (s *Server) importAccounts(c echo.Context) error {
	text, err := pastedOrFile(c, recovery.RosterBytesMax)
	if err != nil {
		return err
	}
	p, err := s.importView(c)
	if err != nil {
		return err
	}
	p.Text = text
	ctx, shown := c.Request().Context(), c.FormValue("shown")
	var report desk.ImportReport
	if shown == "" {
		report, err = s.Desk.PlanImport(ctx, actor(c), strings.NewReader(text))
	} else if report, err = s.Desk.ImportAccounts(ctx, actor(c), desk.Import{File: strings.NewReader(text), Shown: shown}); err == nil {
		return c.Redirect(http.StatusSeeOther, changedTo(report, "/accounts"))
	}
	p.Problems, p.More = lineTexts(report.Problems), report.More
	if err == nil {
		p.Diff = diffView(report)
		return s.render(c, http.StatusOK, staff.Import(p))
	}
	return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
		p.Page.Errors = errs
		return staff.Import(p)
	})
}

// changedTo is where a change leads: to its proposal, when it waits for a key.
func changedTo(r desk.ImportReport, page string) string {
	if r.Filed != nil {
		return "/proposals/" + r.Filed.ID
	}
	return page
}

func lineTexts(all []desk.LineProblem) []staff.LineText {
	out := make([]staff.LineText, len(all))
	for i, l := range all {
		out[i] = staff.LineText{Line: l.Line, Text: l.Text}
	}
	return out
}

func diffView(r desk.ImportReport) *staff.DirectoryDiff {
	d := &staff.DirectoryDiff{Added: r.Added, Ended: len(r.Ended), Unchanged: r.Unchanged, Notes: lineTexts(r.Notes), Why: r.Why, Needed: r.Needed, Digest: r.Digest}
	for _, c := range r.Changed {
		view := staff.DirectoryChange{ID: c.ID}
		for _, v := range c.Values {
			view.Changes = append(view.Changes, ui.Change{Label: recovery.FieldWords[v.Field], Before: orElse(v.Before, "none"), After: orElse(v.After, "none")})
		}
		d.Changed = append(d.Changed, view)
	}
	return d
}

func (s *Server) editView(c echo.Context) (staff.EditAccountPage, error) {
	f, err := s.Desk.EditPage(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return staff.EditAccountPage{}, err
	}
	a := f.Account
	p := staff.EditAccountPage{Page: s.staffPage(c, "Change "+a.Name), You: actor(c).Person, Fresh: f.Fresh, Account: a, Phone: f.Phone, Email2: f.Email2,
		Typed: map[string]string{"department": a.Department, "manager_id": a.Manager, "sponsor_id": a.Sponsor, "group": a.Group,
			"contract_end": recovery.DayText(a.EndsOn), "population": string(a.Population)}}
	if a.Ended != 0 {
		p.Typed["ended"] = "yes"
	}
	p.Page.Scripts = []string{"js/passkey.js"}
	return p, nil
}

func (s *Server) editPage(c echo.Context) error {
	p, err := s.editView(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.EditAccount(p))
}

// editAccount shows what the form would change; sent again with the digest of
// what was shown, it does it.
func (s *Server) editAccount(c echo.Context) error {
	p, err := s.editView(c)
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	in := desk.AccountEdit{Account: c.Param("id"), Shown: form.Get("shown"), Department: value(form, "department"), Manager: value(form, "manager_id"),
		Sponsor: value(form, "sponsor_id"), Group: value(form, "group"), ContractEnd: value(form, "contract_end"), Population: value(form, "population"),
		Phone: contact(form, "phone"), Email2: contact(form, "email2")}
	ended := form.Get("ended") == "yes"
	in.Ended = &ended
	for name := range form {
		p.Typed[name] = form.Get(name)
	}
	if !ended {
		delete(p.Typed, "ended")
	}
	var report desk.ImportReport
	if in.Shown == "" {
		report, err = s.Desk.PlanEdit(c.Request().Context(), actor(c), in)
	} else if report, err = s.Desk.EditAccount(c.Request().Context(), actor(c), in); err == nil {
		return c.Redirect(http.StatusSeeOther, changedTo(report, staff.AccountPath(in.Account)))
	}
	if err == nil {
		p.Diff = diffView(report)
		return s.render(c, http.StatusOK, staff.EditAccount(p))
	}
	return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
		p.Page.Errors = errs
		return staff.EditAccount(p)
	})
}

// value is a field that the form has, nil when it has none.
func value(form map[string][]string, name string) *string {
	if v := form[name]; len(v) > 0 {
		return &v[0]
	}
	return nil
}

// contact is a new address, "" for one that is removed, nil to keep what is on record.
func contact(form map[string][]string, name string) *string {
	if slices.Contains(form["remove_"+name], "yes") {
		return new(string)
	}
	if v := value(form, name); v != nil && strings.TrimSpace(*v) != "" {
		return v
	}
	return nil
}
