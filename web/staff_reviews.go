package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
	"countersign/views/staff"
)

func (s *Server) reviewRoutes(staff *echo.Group) {
	staff.GET("/reviews", s.reviews)
	staff.POST("/tickets/:ref/review", s.review)
	staff.POST("/tickets/:ref/closing", s.closeTicket)
}

func (s *Server) reviews(c echo.Context) error {
	rows, why, err := s.Desk.ReviewsPage(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	for id, kept := range why {
		why[id] = recovery.ReviewWords(kept)
	}
	return s.render(c, http.StatusOK, staff.Reviews(staff.ReviewsPage{Page: s.staffPage(c, "Reviews"), Items: s.queueItems(rows), Why: why}))
}

func (s *Server) review(c echo.Context) error {
	err := s.Desk.Review(c.Request().Context(), actor(c), c.Param("ref"), recovery.Finding(c.FormValue("finding")), c.FormValue("text"))
	return s.form(c, err, ticketURL(c), s.ticketAgain(c, "finding", "text"))
}

func (s *Server) closeTicket(c echo.Context) error {
	err := s.Desk.CloseTicket(c.Request().Context(), actor(c), c.Param("ref"))
	return s.form(c, err, ticketURL(c), s.ticketAgain(c))
}
