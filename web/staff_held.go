package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

type hold struct {
	hours int64
	label string
}

// holds are the ends that the form offers, in hours from now.
var holds = []hold{{1, "One hour"}, {4, "Four hours"}, {24, "One day"}, {72, "Three days"}, {336, "As long as it can be"}}

// askHold shows until when a ticket can wait.
func (s *Server) askHold(c echo.Context) error {
	d, err := s.Desk.TicketPage(c.Request().Context(), actor(c), c.Param("ref"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, s.holdPage(c, d, nil))
}

func (s *Server) holdPage(c echo.Context, d desk.TicketPage, errs []ui.FieldError) templ.Component {
	p := staff.HoldPage{Page: s.staffPage(c, "Check before you hold"), Reference: c.Param("ref"), Reason: c.FormValue("reason"), Until: c.FormValue("until"), Proof: d.Fresh.Proof}
	p.Page.Errors = errs
	for _, h := range holds {
		end := s.holdEnd(d, h.hours)
		p.Choices = append(p.Choices, ui.Option{Value: strconv.FormatInt(h.hours, 10), Label: h.label, Hint: "Until " + ui.Stamp(end, zone)})
	}
	return staff.Hold(p)
}

// holdEnd is when a hold of so many hours ends; the longest ends with the limit.
func (s *Server) holdEnd(d desk.TicketPage, hours int64) int64 {
	return min(s.Now()+hours*recovery.Hour, d.Fresh.Parked.After(d.Ticket.Opened))
}

func (s *Server) holdTicket(c echo.Context) error {
	hours, err := strconv.ParseInt(c.FormValue("until"), 10, 64)
	if err != nil || !slices.ContainsFunc(holds, func(h hold) bool { return h.hours == hours }) {
		hours = 0 // refused with the field's own words
	}
	err = s.Desk.HoldTicket(c.Request().Context(), actor(c), c.Param("ref"), c.FormValue("reason"), hours*recovery.Hour)
	return s.form(c, err, ticketURL(c), func(errs []ui.FieldError) templ.Component {
		d, readErr := s.Desk.TicketPage(c.Request().Context(), actor(c), c.Param("ref"))
		return s.holdPage(c, d, withProblem(errs, readErr))
	})
}

func (s *Server) resume(c echo.Context) error {
	return s.form(c, s.Desk.ResumeTicket(c.Request().Context(), actor(c), c.Param("ref")), ticketURL(c), s.ticketAgain(c))
}
