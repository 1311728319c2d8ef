package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
	"countersign/views/self"
	"countersign/views/ui"
)

// The reverse check: "Is this really us?".
func (s *Server) verifyRoutes(e *echo.Echo) {
	e.GET("/verify-us", s.verifyPage)
	e.POST("/verify-us", s.verifyCall)
}

func (s *Server) verifyView(c echo.Context, title string) self.VerifyPage {
	return self.VerifyPage{Page: s.page(c, title), Phone: s.Desk.Settings.InPerson.Phone}
}

func (s *Server) verifyPage(c echo.Context) error {
	return s.render(c, http.StatusOK, self.Verify(s.verifyView(c, "Is this really us?")))
}

// verifyCall keeps nothing of what was typed: the answer to a code of no call is
// the same, byte for byte, whatever the code was.
func (s *Server) verifyCall(c echo.Context) error {
	call, err := s.Desk.CheckCall(c.Request().Context(), actor(c), typed(c, "code"))
	var refusal *recovery.Refusal
	switch {
	case err == nil:
		p := s.verifyView(c, "Yes, this is us")
		p.FirstName, p.Words, p.Made, p.Until = call.FirstName, call.Words, call.Made, call.Until
		return s.render(c, http.StatusOK, self.VerifiedCall(p))
	case errors.As(err, &refusal) && refusal.Code == recovery.NobodyRang().Code:
		s.Count("refusal", refusal.Code)
		return s.render(c, http.StatusOK, self.NobodyRang(s.verifyView(c, "Nobody rang")))
	}
	return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
		p := s.verifyView(c, "Is this really us?")
		p.Page.Errors = errs
		return self.Verify(p)
	})
}
