package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/views/self"
	"countersign/views/ui"
)

// beginEnrol asks the browser for a new passkey: recovery sessions only.
func (s *Server) beginEnrol(c echo.Context) error {
	session, err := s.Desk.Session(c.Request().Context(), desk.RecoverySession, s.cookies.get(c, recoveryCookie))
	if err != nil {
		return err
	}
	t, err := s.Desk.BeginEnrol(c.Request().Context(), session, typed(c, "password"))
	return touch(c, t, err)
}

func recoveredTitle(done desk.Enrolled) string {
	switch {
	case done.Binds:
		return "Your new device is set up"
	case done.First:
		return "Your account is set up"
	}
	return "Your account is recovered"
}

// enrol registers the passkey and ends the recovery. The answer is the page
// itself: the session that could show it again is over.
func (s *Server) enrol(c echo.Context) error {
	session, err := s.Desk.Session(c.Request().Context(), desk.RecoverySession, s.cookies.get(c, recoveryCookie))
	if err != nil {
		return err
	}
	done, err := s.Desk.Enrol(c.Request().Context(), session, actor(c).IP, c.FormValue("name"), answer(c))
	if err != nil {
		p, over := s.enrolView(c)
		if over != nil {
			return err
		}
		return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
			p.Page.Errors = errs
			return self.Enrol(p)
		})
	}
	if err := errors.Join(s.cookies.drop(c, recoveryCookie), s.cookies.drop(c, claimCookie)); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, self.Recovered(self.RecoveredPage{Page: s.page(c, recoveredTitle(done)), Binds: done.Binds, Reference: done.Reference,
		Suspended: done.Suspended, First: done.First, Told: done.Told, Hold: done.Hold, Block: done.Block, InPerson: s.Desk.Settings.InPerson.Words(), Phone: s.Desk.Settings.InPerson.Phone}))
}
