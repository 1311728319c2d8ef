package web

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
	"countersign/views/self"
	"countersign/views/ui"
)

// The holder's side of methods, in the browser that holds the ticket.
func (s *Server) methodRoutes(e *echo.Echo) {
	e.POST("/recover/ticket/words", s.showWords)
	e.POST("/recover/ticket/backup-code", s.enterBackupCode)
	e.POST("/recover/ticket/key/challenge", s.beginClaimKey)
	e.POST("/recover/ticket/key", s.proveKey)
}

// showWords answers with the words themselves: no address shows them again.
func (s *Server) showWords(c echo.Context) error {
	words, until, err := s.Desk.ShowWords(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie))
	if err != nil {
		return s.form(c, err, "", s.claimedAgain(c))
	}
	return s.render(c, http.StatusOK, self.Words(self.WordsPage{Page: s.page(c, "Your three words"), Words: strings.Fields(words), Until: until}))
}

func (s *Server) enterBackupCode(c echo.Context) error {
	err := s.Desk.EnterBackupCode(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie), typed(c, "backup-code"))
	return s.form(c, err, claimedPath, s.claimedWith(c, recovery.ByBackupCode, "backup-code"))
}

func (s *Server) beginClaimKey(c echo.Context) error {
	t, err := s.Desk.BeginClaimKey(c.Request().Context(), s.cookies.get(c, claimCookie))
	return touch(c, t, err)
}

func (s *Server) proveKey(c echo.Context) error {
	err := s.Desk.ProveKey(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie), answer(c))
	return s.form(c, err, claimedPath, s.claimedWith(c, recovery.ByAuthenticator, ""))
}

// claimedWith shows the claimed page again with the method that was tried; its
// field takes what the desk says about a code.
func (s *Server) claimedWith(c echo.Context, m recovery.Method, field string) func([]ui.FieldError) templ.Component {
	c.Request().Form.Set("method", string(m))
	return func(errs []ui.FieldError) templ.Component {
		for i := range errs {
			if errs[i].Field == "code" {
				errs[i].Field = field
			}
		}
		return s.claimedAgain(c)(errs)
	}
}
