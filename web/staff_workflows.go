package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/staff"
)

func (s *Server) workflowRoutes(staff *echo.Group) {
	staff.GET("/workflows", s.workflows)
	staff.GET("/workflows/:id", s.workflow)
	staff.GET("/workflows/:id/draft", s.workflowDraft)
	staff.POST("/workflows/:id/draft", s.editWorkflow)
	staff.GET("/workflows/:id/draft/changes", s.workflowChanges)
	staff.POST("/workflows/:id/proposal", s.fileWorkflow)
}

func (s *Server) workflows(c echo.Context) error {
	v, err := s.Desk.PolicyPage(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Workflows(staff.WorkflowsPage{Page: s.staffPage(c, "Workflows"), Flows: flows(v.Rules.Flows)}))
}

func (s *Server) workflow(c echo.Context) error {
	v, err := s.Desk.PolicyPage(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	w, ok := v.Rules.Flows[c.Param("id")]
	if !ok {
		return echo.ErrNotFound
	}
	return s.render(c, http.StatusOK, staff.Workflow(staff.WorkflowPage{Page: s.staffPage(c, w.Name), Flow: w, MayEdit: v.MayEdit}))
}

// workflowDraft edits the steps; without script every button is a form.
func (s *Server) workflowDraft(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := s.Desk.PolicyDraft(ctx, actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	v, err := s.Desk.PolicyPage(ctx, actor(c))
	if err != nil {
		return err
	}
	w, _ := recovery.ParseWorkflow([]byte(d.Text))
	p := staff.WorkflowDraftPage{Page: s.staffPage(c, "Change the workflow"), Flow: w, Base: d.Base, Saved: d.Saved}
	for _, other := range flows(v.Rules.Flows) {
		if other.ID != w.ID {
			p.Others = append(p.Others, other.ID)
		}
	}
	return s.render(c, http.StatusOK, staff.WorkflowDraft(p))
}

// editWorkflow saves what was typed and does what the button says.
func (s *Server) editWorkflow(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	d, err := s.Desk.PolicyDraft(ctx, actor(c), id)
	if err != nil {
		return err
	}
	was, _ := recovery.ParseWorkflow([]byte(d.Text))
	w, err := typedWorkflow(c, was)
	if err != nil {
		return err
	}
	act, at, _ := strings.Cut(c.FormValue("act"), " ")
	w.Steps = rearranged(w.Steps, act, at)
	if d, err = s.Desk.SavePolicyDraft(ctx, actor(c), id, recovery.WriteWorkflow(w)); err != nil {
		return err
	}
	if len(d.Faults) > 0 {
		return faultsAsRefusal(d)
	}
	return c.Redirect(http.StatusSeeOther, "/workflows/"+id+"/draft")
}

func faultsAsRefusal(d desk.PolicyDraft) error {
	return recovery.Refuse("file-faults", "The workflow was not saved: "+d.Faults[0].Text+".", "Go back and mend it; what was saved before is unchanged.")
}

// typedWorkflow reads the form over what was there: number and id stay.
func typedWorkflow(c echo.Context, was recovery.Workflow) (recovery.Workflow, error) {
	form, err := c.FormParams()
	if err != nil {
		return was, err
	}
	w := recovery.Workflow{ID: was.ID, Number: was.Number, Name: form.Get("name"), Level: recovery.Level(form.Get("level")), Raised: form.Get("raised"), Otherwise: form.Get("otherwise")}
	for i := 0; form.Has(staff.StepField(i, "id")); i++ {
		step := recovery.Step{ID: recovery.StepID(form.Get(staff.StepField(i, "id"))), Title: form.Get(staff.StepField(i, "title"))}
		for _, m := range form[staff.StepField(i, "methods")] {
			step.Methods = append(step.Methods, recovery.Method(m))
		}
		w.Steps = append(w.Steps, step)
	}
	return w, nil
}

// rearranged moves, removes or adds a step.
func rearranged(steps []recovery.Step, act, at string) []recovery.Step {
	i, err := strconv.Atoi(at)
	switch {
	case act == "add":
		return append(steps, recovery.Step{ID: recovery.StepID("step-" + strconv.Itoa(len(steps)+1)), Title: "A further step", Methods: []recovery.Method{recovery.ByMailCode}})
	case err != nil || i < 0 || i >= len(steps):
	case act == "remove":
		return slices.Delete(steps, i, i+1)
	case act == "up" && i > 0:
		steps[i-1], steps[i] = steps[i], steps[i-1]
	case act == "down" && i+1 < len(steps):
		steps[i+1], steps[i] = steps[i], steps[i+1]
	}
	return steps
}

func (s *Server) workflowChanges(c echo.Context) error {
	d, err := s.Desk.PolicyDraft(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	at := "/workflows/" + d.ID
	return s.render(c, http.StatusOK, staff.PolicyChanges(staff.PolicyChangesPage{Page: s.staffPage(c, "What would change"), ID: d.ID, Base: d.Base, Lines: d.Lines, Loosens: d.Loosens,
		Faults: d.Faults, Impossible: d.Impossible, Ready: d.Ready(), Edit: at + "/draft", File: at + "/proposal"}))
}

func (s *Server) fileWorkflow(c echo.Context) error {
	p, err := s.Desk.FilePolicy(c.Request().Context(), actor(c), c.Param("id"))
	return s.form(c, err, "/proposals/"+p.ID, nil)
}
