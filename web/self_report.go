package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/self"
	"countersign/views/ui"
)

// Reports of loss: by anybody on the public page, by the holder at /me.
func (s *Server) reportRoutes(e *echo.Echo, holder *echo.Group) {
	e.GET("/report", s.reportPage)
	e.POST("/report", s.reportLoss)
	holder.GET("/report", s.ownReportPage)
	holder.POST("/report", s.reportOwn)
	holder.POST("/report/challenge", s.beginHolderTouch)
	holder.POST("/lift", s.lift)
}

func (s *Server) reportPage(c echo.Context) error {
	return s.render(c, http.StatusOK, s.reportForm(c, nil))
}

func (s *Server) reportForm(c echo.Context, errs []ui.FieldError) templ.Component {
	p := self.ReportPage{Page: s.page(c, "Report a loss"), What: c.FormValue("what"), Account: c.FormValue("account"), Code: typed(c, "code"), InPerson: s.Desk.Settings.InPerson.Words()}
	p.Page.Errors = errs
	return self.Report(p)
}

// reportLoss answers every name and every well-formed code with the same bytes.
func (s *Server) reportLoss(c echo.Context) error {
	err := s.Desk.ReportLoss(c.Request().Context(), actor(c), desk.ReportLoss{Account: c.FormValue("account"), What: c.FormValue("what"), Code: typed(c, "code"),
		Browser: s.cookies.get(c, browserCookie)})
	if err != nil {
		return s.form(c, err, "", func(errs []ui.FieldError) templ.Component { return s.reportForm(c, errs) })
	}
	return s.render(c, http.StatusOK, self.Reported(self.ReportPage{Page: s.page(c, "We have your report"), InPerson: s.Desk.Settings.InPerson.Words()}))
}

func (s *Server) ownReportView(c echo.Context) (self.OwnReportPage, error) {
	me, err := s.Desk.MePage(c.Request().Context(), actor(c))
	if err != nil {
		return self.OwnReportPage{}, err
	}
	p := self.OwnReportPage{Page: s.mePage(c, "Report a loss", me), What: c.FormValue("what"), Fresh: me.Fresh}
	p.Page.Scripts = append(p.Page.Scripts, "js/passkey.js")
	for _, f := range recovery.GoneWith(me.Factors) {
		p.Passkeys = append(p.Passkeys, ui.Option{Value: f.ID, Label: f.Name, Hint: "Added " + ui.Stamp(f.Added, p.Page.Zone)})
	}
	return p, nil
}

func (s *Server) ownReportPage(c echo.Context) error {
	p, err := s.ownReportView(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, self.OwnReport(p))
}

func (s *Server) reportOwn(c echo.Context) error {
	_ = c.FormValue("what") // parses the form
	err := s.Desk.ReportOwn(c.Request().Context(), actor(c), c.FormValue("what"), c.Request().Form["passkeys"], answer(c))
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/me/login?done=reported")
	}
	p, pageErr := s.ownReportView(c)
	if pageErr != nil {
		return err
	}
	return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
		p.Page.Errors = errs
		return self.OwnReport(p)
	})
}

func (s *Server) lift(c echo.Context) error {
	return s.form(c, s.Desk.Lift(c.Request().Context(), actor(c), answer(c)), "/me?done=lifted", nil)
}
