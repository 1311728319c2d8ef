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

// The claimed page: one browser holds a ticket and types its proofs (R40).
func (s *Server) claimRoutes(e *echo.Echo) {
	e.GET("/recover/ticket", s.claimPage)
	e.POST("/recover/ticket", s.claim)
	e.POST("/recover/ticket/code", s.enterCode)
	e.POST("/recover/ticket/password", s.enterPassword)
	e.POST("/recover/ticket/fresh", s.freshCode)
	e.POST("/recover/ticket/opening", s.openRecovery)
	e.GET("/recover/ticket/withdrawal", s.askStop)
	e.POST("/recover/ticket/withdrawal", s.stopClaim)
}

const claimedPath = "/recover/ticket"

// claimPage shows where the recovery stands, or asks for the reference.
func (s *Server) claimPage(c echo.Context) error {
	p, err := s.claimed(c, c.QueryParam("auto") == "")
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) {
		return s.render(c, http.StatusOK, s.referencePage(c, nil))
	}
	if err != nil {
		return err
	}
	if err := s.keepClaim(c, p); err != nil {
		return err
	}
	if p.Waits() {
		c.Response().Header().Set("Refresh", "15; url="+claimedPath+"?auto=1")
	}
	return s.render(c, http.StatusOK, self.Claim(p))
}

func (s *Server) referencePage(c echo.Context, errs []ui.FieldError) templ.Component {
	p := self.ReferencePage{Page: s.page(c, "Your help desk gave you a reference"), Typed: c.FormValue("reference"), InPerson: s.Desk.Settings.InPerson.Words()}
	p.Page.Errors = errs
	return self.Reference(p)
}

func (s *Server) claimed(c echo.Context, active bool) (self.ClaimPage, error) {
	d, err := s.Desk.ClaimedTicket(c.Request().Context(), s.cookies.get(c, claimCookie), active)
	if err != nil {
		return self.ClaimPage{}, err
	}
	t := d.Ticket
	p := self.ClaimPage{Page: s.page(c, "Your recovery"), Reference: t.Reference, State: t.State, Executed: t.Executed != 0, Step: d.Step, N: d.N, Methods: d.Methods, CodeBy: d.CodeBy, Chosen: recovery.Method(c.FormValue("method")),
		CallUntil: d.CallUntil, CheckLink: d.CheckLink, CheckUntil: d.CheckUntil,
		CodeTo: d.CodeTo, CodeUntil: d.CodeUntil, Idle: d.Idle, Proved: d.Proved, Enrolling: d.Enrolling, Owes: d.Owes, First: t.Event == recovery.FirstEnrolment, Due: t.Due, InPerson: s.Desk.Settings.InPerson.Words(), Address: c.FormValue("address")}
	if p.Chosen == recovery.ByAuthenticator {
		p.Page.Scripts = append(p.Page.Scripts, "js/passkey.js")
	}
	for _, step := range d.Workflow.Steps {
		if step.ID != recovery.StepFresh { // a task of its own
			p.Steps = append(p.Steps, step.Title)
		}
	}
	if t.NoticeAccepted != 0 {
		p.Window = t.WindowEnds
	}
	p.Parked, p.CodeShown, p.Back = t.Parked(), t.Continuation != "", d.Back
	for _, a := range d.Choices {
		p.Choices = append(p.Choices, self.ClaimAddress(a))
	}
	return p, nil
}

// claimedAgain shows the page with what was wrong. When the ticket ended with
// this try the page says so; when the browser holds none, the reference is asked.
func (s *Server) claimedAgain(c echo.Context) func([]ui.FieldError) templ.Component {
	return func(errs []ui.FieldError) templ.Component {
		p, err := s.claimed(c, true)
		if err != nil {
			return s.referencePage(c, errs)
		}
		p.Page.Errors = errs
		return self.Claim(p)
	}
}

// claim takes the reference and gives this browser the ticket's secret.
func (s *Server) claim(c echo.Context) error {
	secret, err := s.Desk.ClaimTicket(c.Request().Context(), actor(c), c.FormValue("reference"))
	if err == nil {
		err = s.cookies.set(c, claimCookie, secret, 0)
	}
	return s.form(c, err, claimedPath, func(errs []ui.FieldError) templ.Component { return s.referencePage(c, errs) })
}

func (s *Server) enterCode(c echo.Context) error {
	err := s.Desk.EnterCode(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie), typed(c, "code"))
	return s.form(c, err, claimedPath, s.claimedAgain(c))
}

func (s *Server) enterPassword(c echo.Context) error {
	err := s.Desk.EnterPassword(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie), typed(c, "password"))
	return s.form(c, err, claimedPath, s.claimedAgain(c))
}

// freshCode sends the last code to a chosen address, or takes it and opens the
// recovery session in this browser.
func (s *Server) freshCode(c echo.Context) error {
	ctx, secret := c.Request().Context(), s.cookies.get(c, claimCookie)
	if typed(c, "code") == "" {
		return s.form(c, s.Desk.SendFreshCode(ctx, actor(c), secret, c.FormValue("address")), claimedPath+"?done=sent", s.claimedAgain(c))
	}
	token, err := s.Desk.EnterFreshCode(ctx, actor(c), secret, typed(c, "code"))
	return s.opened(c, token, err)
}

// openRecovery goes on after a last proof that was given in another way.
func (s *Server) openRecovery(c echo.Context) error {
	token, err := s.Desk.OpenRecovery(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie))
	return s.opened(c, token, err)
}

// opened gives this browser the recovery session.
func (s *Server) opened(c echo.Context, token string, err error) error {
	if err == nil {
		err = s.cookies.set(c, recoveryCookie, token, int(recoveryCookieLife/recovery.Second))
	}
	return s.form(c, err, "/recover/enrol", s.claimedAgain(c))
}

// askStop asks before the recovery is taken back.
func (s *Server) askStop(c echo.Context) error {
	if _, err := s.claimed(c, true); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, self.StopClaim(self.StopClaimPage{Page: s.page(c, "Check before you stop this recovery")}))
}

func (s *Server) stopClaim(c echo.Context) error {
	err := s.Desk.WithdrawClaimed(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie))
	return s.form(c, err, claimedPath, s.claimedAgain(c))
}
