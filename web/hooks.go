package web

import (
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"countersign/internal/codes"
	"countersign/internal/recovery"
)

// Calls that other services make here. Each is signed; none carries a cookie.
func (s *Server) hookRoutes(e *echo.Echo) {
	e.POST("/hooks/identity-check", s.identityCheck)
}

// identityCheck takes the result of an external identity check. What is refused
// is counted by its reason; what names a request of ours is in the ledger too.
func (s *Server) identityCheck(c echo.Context) error {
	body, err := io.ReadAll(io.LimitReader(c.Request().Body, recovery.CheckBytesMax+1))
	if err != nil {
		return err
	}
	err = s.Desk.TakeCheck(c.Request().Context(), actor(c), c.Request().Header.Get(codes.CallHeader), body)
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) {
		s.Count("hook", refusal.Code)
	}
	if err != nil {
		c.Request().Header.Set("Accept", "application/json") // a service reads no pages
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
