package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/views/staff"
	"countersign/views/ui"
)

// parkingRoutes are how a proofed ticket is parked. Going on with it is the
// holder's, on the claimed page.
func (s *Server) parkingRoutes(staff *echo.Group) {
	staff.GET("/tickets/:ref/parking", s.askPark)
	staff.POST("/tickets/:ref/parking", s.park)
}

// askPark shows until when a ticket would wait, and what that means.
func (s *Server) askPark(c echo.Context) error {
	d, err := s.Desk.TicketPage(c.Request().Context(), actor(c), c.Param("ref"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, s.parkPage(c, d, nil))
}

func (s *Server) parkPage(c echo.Context, d desk.TicketPage, errs []ui.FieldError) templ.Component {
	p := staff.ReasonPage{Page: s.staffPage(c, "Check before you park"), Reference: c.Param("ref"), Action: ticketURL(c) + "/parking", Label: "Park this ticket", Kind: ui.Primary, Reason: c.FormValue("reason"),
		Consequences: []string{
			"The ticket waits until " + ui.Stamp(d.Ticket.ParkEnd(d.Fresh, s.Now()), zone) + " at most; then it expires.",
			"The account is locked until then: nobody signs in. A request that waits for approval is void.",
			"The holder is told at every address on record, and sees a continuation code on the claimed page, once. You never see it. Let them write it down before they leave.",
			"To go on, the holder enters the code in the same browser and gives one fresh proof over another channel; then you ask for approval again."}}
	p.Page.Errors = errs
	return staff.Reason(p)
}

func (s *Server) park(c echo.Context) error {
	err := s.Desk.ParkTicket(c.Request().Context(), actor(c), c.Param("ref"), c.FormValue("reason"))
	return s.form(c, err, ticketURL(c), func(errs []ui.FieldError) templ.Component {
		d, readErr := s.Desk.TicketPage(c.Request().Context(), actor(c), c.Param("ref"))
		return s.parkPage(c, d, withProblem(errs, readErr))
	})
}
