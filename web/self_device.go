package web

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/self"
	"countersign/views/ui"
)

// A new device beside a working one: the old one is signed in at /me/device, the
// new one opens /bind. The code crosses from screen to camera, never by mail.
func (s *Server) deviceRoutes(e *echo.Echo, holder *echo.Group) {
	holder.GET("/device", s.device)
	holder.POST("/device", s.openBinding)
	holder.POST("/device/code", s.showBinding)
	holder.POST("/device/number", s.confirmBinding)
	holder.POST("/device/cancellation", s.cancelBinding)
	e.GET("/bind", s.bindPage)
	e.GET("/bind/:code", s.bindPage)
	e.POST("/bind", s.useBinding)
	e.GET("/bind/number", s.boundDevice)
}

func (s *Server) deviceView(c echo.Context) (self.DevicePage, error) {
	d, err := s.Desk.BindingPage(c.Request().Context(), actor(c))
	p := self.DevicePage{Page: s.mePage(c, "Set up a new device", desk.Me{AccountView: desk.AccountView{Account: d.Account}}), Passkeys: d.Passkeys, Approved: d.Ruling.Approvers > 0,
		Open: d.Open, Ticket: d.Ticket, Binding: d.Binding, Shows: d.Open && d.Show == nil, Waiting: d.Show != nil && d.Show.Code == "notice-pending", Told: d.Told, Fresh: d.Fresh}
	if r := d.Ruling.Refusal; r != nil {
		p.Refusal = fieldErrors(r)[0].Message
	}
	p.Page.Scripts = append(p.Page.Scripts, "js/passkey.js", "js/countdown.js")
	p.Typed.Old, p.Typed.Reason = c.FormValue("old"), c.FormValue("reason")
	return p, err
}

func (s *Server) device(c echo.Context) error {
	p, err := s.deviceView(c)
	if err != nil {
		return err
	}
	switch {
	case p.Waiting && p.Ticket.State == recovery.Collecting:
		c.Response().Header().Set("Refresh", "5; url=/me/device?auto=1")
	case p.Open && p.Ticket.State != recovery.Collecting && p.Ticket.State != recovery.Proofing:
		c.Response().Header().Set("Refresh", "15; url=/me/device?auto=1")
	}
	return s.render(c, http.StatusOK, self.Device(p))
}

func (s *Server) deviceAgain(c echo.Context) func([]ui.FieldError) templ.Component {
	return func(errs []ui.FieldError) templ.Component {
		p, readErr := s.deviceView(c)
		p.Page.Errors = withProblem(errs, readErr)
		return self.Device(p)
	}
}

func (s *Server) openBinding(c echo.Context) error {
	in := desk.NewBinding{Way: c.FormValue("way"), Old: c.FormValue("old"), Reason: c.FormValue("reason")}
	_, err := s.Desk.OpenBinding(c.Request().Context(), actor(c), in, answer(c))
	return s.form(c, err, "/me/device", s.deviceAgain(c))
}

// showBinding answers the POST itself with the code: no GET ever shows it.
func (s *Server) showBinding(c echo.Context) error {
	shown, err := s.Desk.ShowBinding(c.Request().Context(), actor(c), answer(c))
	if err != nil {
		return s.form(c, err, "", s.deviceAgain(c))
	}
	p := self.DeviceCodePage{Page: s.page(c, "Your code for the new device"), Code: shown.Code, Link: shown.Link, Ends: shown.Ends, Short: strings.TrimSuffix(shown.Link, "/"+strings.ReplaceAll(shown.Code, "-", ""))}
	p.Page.Scripts = []string{"js/countdown.js"}
	return s.render(c, http.StatusOK, self.DeviceCode(p))
}

func (s *Server) confirmBinding(c echo.Context) error {
	err := s.Desk.ConfirmBinding(c.Request().Context(), actor(c), typed(c, "number"), answer(c))
	return s.form(c, err, "/me/device", s.deviceAgain(c))
}

func (s *Server) cancelBinding(c echo.Context) error {
	err := s.Desk.CancelBinding(c.Request().Context(), actor(c))
	return s.form(c, err, "/me/device?done=saved", s.deviceAgain(c))
}

// bindPage does nothing by itself: whatever fetches the address of an image spends
// no code.
func (s *Server) bindPage(c echo.Context) error {
	code, err := codes.ParseBinding(c.Param("code"))
	if err != nil {
		code = ""
	}
	return s.render(c, http.StatusOK, self.Bind(self.BindPage{Page: s.page(c, "Set up this device"), Code: code}))
}

// useBinding gives this browser the session that enrols once the number came back.
func (s *Server) useBinding(c echo.Context) error {
	token, err := s.Desk.UseBinding(c.Request().Context(), actor(c), typed(c, "code"))
	if err == nil {
		err = s.cookies.set(c, recoveryCookie, token, 0)
	}
	return s.form(c, err, "/bind/number", func(errs []ui.FieldError) templ.Component {
		p := self.BindPage{Page: s.page(c, "Set up this device")}
		p.Page.Errors = errs
		return self.Bind(p)
	})
}

func (s *Server) boundDevice(c echo.Context) error {
	d, err := s.Desk.BoundDevice(c.Request().Context(), s.cookies.get(c, recoveryCookie))
	if err != nil {
		return err
	}
	if !d.Ready {
		c.Response().Header().Set("Refresh", "5; url=/bind/number")
	}
	return s.render(c, http.StatusOK, self.Bound(self.BoundPage{Page: s.page(c, "Set up this device"), Number: d.Number, Ready: d.Ready, Ends: d.Ends}))
}
