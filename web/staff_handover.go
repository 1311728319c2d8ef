package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/views/staff"
	"countersign/views/ui"
)

// saveDraft keeps an unfinished note while it is typed. Its caller is a script:
// the answer says what the form shows.
func (s *Server) saveDraft(c echo.Context) error {
	k, err := s.Desk.SaveDraft(c.Request().Context(), actor(c), c.Param("ref"), c.FormValue("note"))
	if err != nil {
		return err
	}
	words := "Saved at " + ui.Clock(k.At, zone) + "."
	if k.Lost.Name != "" {
		words = k.Lost.Name + " took over at " + ui.Clock(k.Lost.At, zone) + ". Your note is kept below."
	}
	return c.JSON(http.StatusOK, map[string]string{"words": words})
}

// askHandover shows whom a ticket can be given to.
func (s *Server) askHandover(c echo.Context) error {
	p, err := s.handoverPage(c, nil)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Handover(p))
}

// nobody is the choice "back to the queue".
const nobody = "-"

func (s *Server) handoverPage(c echo.Context, errs []ui.FieldError) (staff.HandoverPage, error) {
	all, err := s.Desk.Colleagues(c.Request().Context(), actor(c), c.Param("ref"))
	p := staff.HandoverPage{Page: s.staffPage(c, "Check before you hand over"), Reference: c.Param("ref"), To: c.FormValue("to"), Note: c.FormValue("note")}
	p.Page.Errors = errs
	p.Colleagues = []ui.Option{{Value: "", Label: "Choose"}}
	for _, x := range all {
		p.Colleagues = append(p.Colleagues, ui.Option{Value: x.ID, Label: x.Name})
	}
	p.Colleagues = append(p.Colleagues, ui.Option{Value: nobody, Label: "Nobody yet: back to the queue"})
	return p, err
}

func (s *Server) handOver(c echo.Context) error {
	to := c.FormValue("to")
	if to == "" {
		to = actor(c).Person // refused with the field's own words
	}
	if to == nobody {
		to = ""
	}
	err := s.Desk.HandOver(c.Request().Context(), actor(c), c.Param("ref"), to, c.FormValue("note"))
	return s.form(c, err, ticketURL(c), func(errs []ui.FieldError) templ.Component {
		p, readErr := s.handoverPage(c, errs)
		p.Page.Errors = withProblem(errs, readErr)
		return staff.Handover(p)
	})
}
