package web

import (
	"io"
	"maps"
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

func (s *Server) policyRoutes(staff *echo.Group) {
	staff.GET("/policy", s.policy)
	staff.GET("/policy/rows/:event/:population", s.policyCell)
	staff.GET("/policy/versions/:version", s.policyText)
	staff.GET("/policy/draft", s.policyDraft)
	staff.POST("/policy/draft", s.editPolicy)
	staff.POST("/policy/draft/start", s.startPolicy)
	staff.GET("/policy/draft/file", s.policyFile)
	staff.POST("/policy/draft/file", s.importPolicy)
	staff.GET("/policy/draft/changes", s.policyChanges)
	staff.POST("/policy/proposal", s.filePolicy)
}

// policy is the readable policy of staff (R3).
func (s *Server) policy(c echo.Context) error {
	v, err := s.Desk.PolicyPage(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	p := staff.PolicyPage{Page: s.staffPage(c, "Policy"), Policy: v.Rules.Policy, Flows: flows(v.Rules.Flows), Waiting: v.Waiting, MayEdit: v.MayEdit}
	for _, x := range v.Versions {
		p.Versions = append(p.Versions, staff.PolicyVersion{Version: x.Version, Kind: x.Kind, Published: x.Published, Effective: x.Effective, Proposal: x.Proposal})
	}
	return s.render(c, http.StatusOK, staff.Policy(p))
}

func flows(all recovery.Workflows) []recovery.Workflow {
	var out []recovery.Workflow
	for _, id := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[id])
	}
	return out
}

func (s *Server) policyCell(c echo.Context) error {
	v, err := s.Desk.PolicyPage(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	e, row := recovery.EventID(c.Param("event")), recovery.Population(c.Param("population"))
	if !slices.Contains(recovery.Events, e) || !slices.Contains(recovery.Populations, row) {
		return echo.ErrNotFound
	}
	p := staff.PolicyCellPage{Page: s.staffPage(c, e.Words()+", "+string(row)), Policy: v.Rules.Policy, Event: e, Population: row, MayEdit: v.MayEdit}
	for _, w := range v.Rules.Cell(e, row).Ways {
		// Conditions are taken as met: the page shows the row, not a case.
		ruling := v.Rules.Decide(recovery.Case{Event: e, Population: row, Way: w.ID, Incident: true, Trip: true, Hired: true})
		way := staff.PolicyWay{Way: w, Workflow: ruling.Workflow, Because: ruling.Sentences()}
		if none := w.Artefact.Unissued(); none != nil {
			way.Because = append(way.Because, none.Text+" "+none.Next)
		}
		prefix := "rows." + string(e) + "." + string(row) + "." + w.ID + "."
		for _, f := range v.Rules.Fields() {
			if strings.HasPrefix(f.Path, prefix) {
				way.Fields = append(way.Fields, f)
			}
		}
		p.Ways = append(p.Ways, way)
	}
	return s.render(c, http.StatusOK, staff.PolicyCell(p))
}

func (s *Server) policyText(c echo.Context) error {
	version := c.Param("version")
	text, err := s.Desk.PolicyText(c.Request().Context(), actor(c), version)
	if err != nil {
		return err
	}
	if c.QueryParam("as") == "file" {
		c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="policy.yaml"`)
		return c.Blob(http.StatusOK, "application/yaml", []byte(text))
	}
	return s.render(c, http.StatusOK, staff.PolicyText(staff.PolicyTextPage{Page: s.staffPage(c, version), Version: version, Text: text}))
}

// policyDraft is the editor, one section at a time.
func (s *Server) policyDraft(c echo.Context) error {
	d, err := s.Desk.PolicyDraft(c.Request().Context(), actor(c), desk.PolicyFile)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.PolicyDraft(s.draftPage(c, d, c.QueryParam("section"))))
}

func (s *Server) draftPage(c echo.Context, d desk.PolicyDraft, section string) staff.PolicyDraftPage {
	if section == "" {
		section = "rows." + string(recovery.DeviceLoss) + "." + string(recovery.Standard) + ".desk"
	}
	p := staff.PolicyDraftPage{Page: s.staffPage(c, "Change the policy"), Policy: d.Policy, Base: d.Base, Saved: d.Saved, Section: section, Changes: len(d.Differences), Presets: recovery.Presets}
	for _, f := range d.Policy.Fields() {
		if strings.HasPrefix(f.Path, section+".") {
			p.Fields = append(p.Fields, f)
		}
	}
	return p
}

// editPolicy saves the values of one section in the draft. What does not fit is
// said at its field, with what was typed still there.
func (s *Server) editPolicy(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	values, lists := map[string]string{}, form["list"]
	for path, typed := range form {
		values[path] = typed[0]
	}
	for _, path := range lists {
		values[path] = "[" + strings.Join(form[path], ", ") + "]"
	}
	d, err := s.Desk.EditPolicyDraft(c.Request().Context(), actor(c), values,
		recovery.Deviation{Owner: strings.TrimSpace(form.Get("owner")), Rationale: strings.TrimSpace(form.Get("rationale")), Until: recovery.Date(form.Get("until"))})
	if err == nil && len(d.Faults) == 0 {
		return c.Redirect(http.StatusSeeOther, staff.SectionURL(form.Get("section")))
	}
	if err != nil {
		return err
	}
	return s.render(c, http.StatusUnprocessableEntity, s.faultyDraft(c, form.Get("section"), values, d))
}

// faultyDraft shows the section as it was typed, with what is wrong.
func (s *Server) faultyDraft(c echo.Context, section string, values map[string]string, d desk.PolicyDraft) templ.Component {
	p := s.draftPage(c, d, section)
	p.FieldErrs, p.Deviation = map[string]string{}, recovery.Deviation{Owner: values["owner"], Rationale: values["rationale"], Until: recovery.Date(values["until"])}
	for _, f := range d.Faults {
		at := ""
		for _, field := range p.Fields {
			if strings.HasPrefix(f.Text, field.Path) {
				at = field.Path
			}
		}
		p.FieldErrs[at] = f.Text
		p.Page.Errors = append(p.Page.Errors, ui.FieldError{Field: at, Message: f.Text})
	}
	for i, f := range p.Fields {
		if typed, ok := values[f.Path]; ok {
			p.Fields[i].Value = typed
		}
	}
	return staff.PolicyDraft(p)
}

// startPolicy begins a draft from what is in force or from a preset.
func (s *Server) startPolicy(c echo.Context) error {
	err := s.Desk.StartPolicyDraft(c.Request().Context(), actor(c), c.FormValue("preset"))
	return s.form(c, err, "/policy/draft", nil)
}

func (s *Server) policyFile(c echo.Context) error {
	d, err := s.Desk.PolicyDraft(c.Request().Context(), actor(c), desk.PolicyFile)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.PolicyFile(staff.PolicyFilePage{Page: s.staffPage(c, "The draft as a file"), Action: "/policy/draft/file", Text: d.Text, Faults: d.Faults, Back: "/policy/draft"}))
}

// importPolicy takes a whole file, or nothing of it.
func (s *Server) importPolicy(c echo.Context) error {
	text, err := pastedOrFile(c, recovery.PolicyBytesMax)
	if err != nil {
		return err
	}
	d, err := s.Desk.SavePolicyDraft(c.Request().Context(), actor(c), desk.PolicyFile, text)
	if err != nil {
		return err
	}
	if len(d.Faults) > 0 {
		p := staff.PolicyFilePage{Page: s.staffPage(c, "The draft as a file"), Action: "/policy/draft/file", Text: text, Faults: d.Faults, Back: "/policy/draft"}
		return s.render(c, http.StatusUnprocessableEntity, staff.PolicyFile(p))
	}
	return c.Redirect(http.StatusSeeOther, "/policy/draft/changes")
}

// pastedOrFile is the text of a form: a chosen file counts before the text field.
// One byte more than the most is read, so that what is too large is told so.
func pastedOrFile(c echo.Context, most int64) (string, error) {
	file, err := c.FormFile("file")
	if err != nil || file.Size == 0 {
		return c.FormValue("text"), nil
	}
	f, err := file.Open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	return string(text), err
}

// policyChanges is the diff, the guard rails and the simulation.
func (s *Server) policyChanges(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := s.Desk.PolicyDraft(ctx, actor(c), desk.PolicyFile)
	if err != nil {
		return err
	}
	p := staff.PolicyChangesPage{Page: s.staffPage(c, "What would change"), ID: d.ID, Base: d.Base, Next: d.Policy.Version, Changes: d.Differences, Loosens: d.Loosens,
		Faults: d.Faults, Impossible: d.Impossible, Ready: d.Ready(), Edit: "/policy/draft", File: "/policy/proposal"}
	if len(d.Faults) == 0 {
		sim, err := s.Desk.SimulatePolicy(ctx, actor(c), d.Policy)
		if err != nil {
			return err
		}
		p.Simulated = staff.Simulated{Tickets: sim.Tickets, Summary: sim.Summary, From: sim.From}
		for _, e := range sim.Effects {
			p.Simulated.Effects = append(p.Simulated.Effects, staff.SimulatedEffect{Reference: e.Reference, Text: e.Text})
		}
	}
	return s.render(c, http.StatusOK, staff.PolicyChanges(p))
}

// filePolicy files the draft for a second person's key.
func (s *Server) filePolicy(c echo.Context) error {
	p, err := s.Desk.FilePolicy(c.Request().Context(), actor(c), desk.PolicyFile)
	return s.form(c, err, "/proposals/"+p.ID, nil)
}
