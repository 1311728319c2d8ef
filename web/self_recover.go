package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/self"
	"countersign/views/ui"
)

// The public pages of a recovery without an agent: one thing a page, one POST one act.
func (s *Server) recoverRoutes(e *echo.Echo) {
	e.GET("/recover", s.publicPage("Recover your account", self.Recover))
	e.GET("/recover/mail", s.factsFirst(s.askMailForm))
	e.POST("/recover/mail", s.askMailCode)
	e.GET("/recover/mail/code", s.mailCodePage)
	e.POST("/recover/mail/code", s.presentMailCode)
	e.GET("/recover/desk", s.publicPage("Your help desk goes on with you", self.RecoverDesk))
	e.GET("/recover/instructions", s.publicPage("How recovery works", self.Instructions))
	e.GET("/recover/policy", s.publicPolicy)
	e.GET("/recover/code", s.factsFirst(s.codeForm))
	e.POST("/recover/code", s.presentCode)
	e.GET("/recover/password", s.passwordPage)
	e.POST("/recover/password", s.presentPassword)
	e.GET("/recover/enrol", s.enrolPage)
	e.POST("/recover/enrol/session", s.startRecovery)
	e.POST("/recover/enrol/challenge", s.beginEnrol)
	e.POST("/recover/enrol", s.enrol)
}

// publicPage is a page that says the same to everybody.
func (s *Server) publicPage(title string, view func(self.RecoverPage) templ.Component) echo.HandlerFunc {
	return func(c echo.Context) error {
		ways, err := s.Desk.PublicWays(c.Request().Context())
		if err != nil {
			return err
		}
		return s.render(c, http.StatusOK, view(self.RecoverPage{Page: s.page(c, title), InPerson: s.Desk.Settings.InPerson, Backup: ways.Backup, Mailed: ways.Mailed, Closed: ways.Closed, Hold: ways.Hold, Window: ways.Window}))
	}
}

// factsFirst asks what happened to the device, then shows a form for a name. No name
// is typed before the desk is ruled out, or while the pages are closed.
func (s *Server) factsFirst(then func(echo.Context, []ui.FieldError) templ.Component) echo.HandlerFunc {
	return func(c echo.Context) error {
		ways, err := s.Desk.PublicWays(c.Request().Context())
		if err != nil {
			return err
		}
		if ways.Closed {
			return s.publicPage("Your help desk goes on with you", self.Closed)(c)
		}
		device, lock := c.QueryParam("device"), c.QueryParam("lock")
		if device == "" || lock == "" {
			return s.factsPage(c, device, lock)
		}
		if err := recovery.MayTell(told(c), s.Desk.Settings.InPerson); err != nil {
			return s.publicPage("You go on in person", self.NotHere)(c)
		}
		return s.render(c, http.StatusOK, then(c, nil))
	}
}

// told is what the form before this one asked about the device.
func told(c echo.Context) recovery.Facts {
	return recovery.Facts{Device: recovery.Fate(c.FormValue("device")), Lock: recovery.Lock(c.FormValue("lock"))}
}

// factsPage names what is missing when the form was sent half filled in.
func (s *Server) factsPage(c echo.Context, device, lock string) error {
	p, status := self.FactsPage{Page: s.page(c, "What happened to your device?"), Action: c.Path(), Device: device, Lock: lock}, http.StatusOK
	if c.QueryParams().Has("sent") {
		status = http.StatusUnprocessableEntity
		if device == "" {
			p.Page.Errors = append(p.Page.Errors, ui.FieldError{Field: "device", Message: "Say whether the device is lost or stolen."})
		}
		if lock == "" {
			p.Page.Errors = append(p.Page.Errors, ui.FieldError{Field: "lock", Message: "Say whether the device was locked."})
		}
	}
	return s.render(c, status, self.DeviceFacts(p))
}

// codeForm keeps what was typed.
func (s *Server) codeForm(c echo.Context, errs []ui.FieldError) templ.Component {
	p := self.CodePage{Page: s.page(c, "Enter a backup code"), Device: c.FormValue("device"), Lock: c.FormValue("lock"), Account: c.FormValue("account"), Code: typed(c, "code")}
	p.Page.Errors = errs
	return self.BackupCode(p)
}

// presentCode spends the code and gives this browser the attempt's secret.
func (s *Server) presentCode(c echo.Context) error {
	secret, err := s.Desk.PresentCode(c.Request().Context(), actor(c), desk.PresentCode{
		Account: c.FormValue("account"), Code: typed(c, "code"), Browser: s.cookies.get(c, browserCookie),
		Facts: told(c)})
	if err == nil {
		err = s.cookies.set(c, attemptCookie, secret, 0)
	}
	return s.form(c, err, "/recover/password", func(errs []ui.FieldError) templ.Component { return s.codeForm(c, errs) })
}

// askMailForm asks for the name that a code is mailed for.
func (s *Server) askMailForm(c echo.Context, errs []ui.FieldError) templ.Component {
	p := self.CodePage{Page: s.page(c, "Get a code by mail"), Device: c.FormValue("device"), Lock: c.FormValue("lock"), Account: c.FormValue("account")}
	p.Page.Errors = errs
	return self.AskMailCode(p)
}

// askMailCode answers every name alike and gives this browser the secret that the
// code belongs to.
func (s *Server) askMailCode(c echo.Context) error {
	secret, err := s.Desk.AskMailCode(c.Request().Context(), actor(c), c.FormValue("account"), told(c))
	if err == nil {
		err = s.cookies.set(c, attemptCookie, secret, 0)
	}
	return s.form(c, err, "/recover/mail/code", func(errs []ui.FieldError) templ.Component { return s.askMailForm(c, errs) })
}

func (s *Server) mailCodePage(c echo.Context) error {
	return s.render(c, http.StatusOK, s.mailCodeForm(c, nil))
}

func (s *Server) mailCodeForm(c echo.Context, errs []ui.FieldError) templ.Component {
	p := self.RecoverPage{Page: s.page(c, "Enter the code from the message"), InPerson: s.Desk.Settings.InPerson}
	p.Page.Errors = errs
	return self.MailCode(p)
}

func (s *Server) presentMailCode(c echo.Context) error {
	err := s.Desk.PresentMailCode(c.Request().Context(), actor(c), s.cookies.get(c, attemptCookie), typed(c, "code"), s.cookies.get(c, browserCookie))
	return s.form(c, err, "/recover/password", func(errs []ui.FieldError) templ.Component { return s.mailCodeForm(c, errs) })
}

func (s *Server) passwordPage(c echo.Context) error {
	page, err := s.passwordForm(c, nil)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, page)
}

func (s *Server) passwordForm(c echo.Context, errs []ui.FieldError) (templ.Component, error) {
	ends, err := s.Desk.AttemptPage(c.Request().Context(), s.cookies.get(c, attemptCookie))
	p := self.PasswordPage{Page: s.page(c, "Enter your password"), Ends: ends}
	p.Page.Scripts, p.Page.Errors = []string{"js/countdown.js"}, errs
	return self.SecondProof(p), err
}

// presentPassword shows the form again while tries are left; the last wrong try
// and a page that is too old have an answer of their own. A form that is sent
// again when the pair is complete leads on.
func (s *Server) presentPassword(c echo.Context) error {
	err := s.Desk.PresentPassword(c.Request().Context(), actor(c), s.cookies.get(c, attemptCookie), typed(c, "password"))
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/recover/enrol")
	}
	if _, over := s.passwordForm(c, nil); over != nil {
		if _, end := s.enrolView(c); end == nil {
			return c.Redirect(http.StatusSeeOther, "/recover/enrol")
		}
		return err
	}
	return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
		page, _ := s.passwordForm(c, errs)
		return page
	})
}

// enrolView is the page of the recovery session, or of the attempt that waits for one.
func (s *Server) enrolView(c echo.Context) (self.EnrolPage, error) {
	p := self.EnrolPage{Page: s.page(c, "Register a new passkey"), KeyName: c.FormValue("name"), InPerson: s.Desk.Settings.InPerson.Words()}
	p.Page.Scripts = []string{"js/passkey.js", "js/countdown.js"}
	ctx := c.Request().Context()
	session, err := s.Desk.Session(ctx, desk.RecoverySession, s.cookies.get(c, recoveryCookie))
	var d desk.EnrolPage
	if signedOut(err) {
		d, err = s.Desk.WaitPage(ctx, s.cookies.get(c, attemptCookie))
	} else if err == nil {
		d, err = s.Desk.EnrolPage(ctx, session)
	}
	p.Told, p.Ends, p.Waiting, p.Ready, p.Binds, p.ReEnrol, p.Session = d.Told, d.Ends, d.Waiting, d.Ready, d.Ticket.Binds(), d.ReEnrol, d.Session
	p.Sets, p.Account, p.First = d.Sets, d.Ticket.Account, d.Ticket.Event == recovery.FirstEnrolment
	if p.First {
		p.Page.Title = "Register your first passkey"
	}
	return p, err
}

// signedOut says whether there is no live session behind a cookie.
func signedOut(err error) bool {
	var refusal *recovery.Refusal
	return errors.As(err, &refusal) && refusal.Code == "signed-out"
}

// enrolPage waits until the holder could be told, then offers to go on; with a
// recovery session it registers the passkey.
func (s *Server) enrolPage(c echo.Context) error {
	p, err := s.enrolView(c)
	if err != nil {
		return err
	}
	if p.Waiting {
		p.Page.Title = "One moment: we are telling you"
		c.Response().Header().Set("Refresh", "5; url=/recover/enrol")
	}
	return s.render(c, http.StatusOK, self.Enrol(p))
}

// startRecovery opens the recovery session; the attempt is over with it.
func (s *Server) startRecovery(c echo.Context) error {
	token, err := s.Desk.StartRecovery(c.Request().Context(), actor(c), s.cookies.get(c, attemptCookie))
	if err == nil {
		err = errors.Join(s.cookies.drop(c, attemptCookie), s.cookies.set(c, recoveryCookie, token, int(recoveryCookieLife/recovery.Second)))
	}
	return s.form(c, err, "/recover/enrol", nil)
}
