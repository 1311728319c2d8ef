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

func (s *Server) codeRoutes(holder *echo.Group) {
	holder.GET("/codes", s.codes)
	holder.POST("/codes/challenge", s.beginHolderTouch)
	holder.POST("/codes", s.makeCodes)
	holder.POST("/codes/:set/custody", s.confirmCodes)
	holder.POST("/codes/:set/handling", s.handleCodes)
}

// setsShown bounds the list of earlier sets.
const setsShown = 5

func (s *Server) codesView(c echo.Context) (self.CodesPage, error) {
	me, err := s.Desk.MePage(c.Request().Context(), actor(c))
	if err != nil {
		return self.CodesPage{}, err
	}
	p := self.CodesPage{Page: s.mePage(c, "Backup codes", me), Live: me.Live, Sets: me.Sets[:min(setsShown, len(me.Sets))], None: noCodes(me.Account),
		Fresh: me.Fresh, Offer: c.QueryParam("after") == "recovery" && me.Live == nil}
	if me.Live != nil && me.Policy.Codes.AsksAgain(*me.Live, s.Now()) {
		p.Ask = &self.NewCodesPage{Page: p.Page, Account: me.Account, Policy: me.Policy, Set: *me.Live, Custody: me.Live.Custody}
	}
	p.Page.Scripts = append(p.Page.Scripts, "js/passkey.js")
	return p, nil
}

func (s *Server) codes(c echo.Context) error {
	p, err := s.codesView(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, self.Codes(p))
}

func (s *Server) beginHolderTouch(c echo.Context) error {
	t, err := s.Desk.BeginHolderTouch(c.Request().Context(), actor(c))
	return touch(c, t, err)
}

// makeCodes answers the POST itself with the codes: no GET ever shows them, and
// a reload leads back to the index (R33).
func (s *Server) makeCodes(c echo.Context) error {
	made, err := s.Desk.MakeCodes(c.Request().Context(), actor(c), answer(c))
	if err != nil {
		page, pageErr := s.codesView(c)
		if pageErr != nil {
			return pageErr
		}
		return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
			page.Page.Errors = errs
			return self.Codes(page)
		})
	}
	p := self.NewCodesPage{Page: s.mePage(c, "Your new backup codes", desk.Me{AccountView: desk.AccountView{Account: made.Account}}), Account: made.Account, Policy: made.Policy, Set: made.Set}
	p.Page.Lead = "This is the only time they are shown."
	p.Page.Scripts = append(p.Page.Scripts, "js/copy.js")
	for _, code := range made.Codes {
		p.Codes = append(p.Codes, code.String())
	}
	return s.render(c, http.StatusOK, self.NewCodes(p))
}

func (s *Server) confirmCodes(c echo.Context) error {
	set, custody := c.Param("set"), recovery.Custody(c.FormValue("custody"))
	err := s.Desk.ConfirmCodes(c.Request().Context(), actor(c), set, custody, c.FormValue("word") != "")
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/me/codes?done=codes")
	}
	me, meErr := s.Desk.MePage(c.Request().Context(), actor(c))
	if meErr != nil {
		return meErr
	}
	for _, own := range me.Sets {
		if own.ID == set && (own.MayConfirm(me.Account.ID, me.Policy.Codes, s.Now()) == nil || me.Policy.Codes.AsksAgain(own, s.Now())) {
			return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
				p := self.NewCodesPage{Page: s.mePage(c, "Your backup codes", me), Account: me.Account, Policy: me.Policy, Set: own, Custody: custody}
				p.Page.Errors = errs
				return self.Custody(p)
			})
		}
	}
	return err
}

func (s *Server) handleCodes(c echo.Context) error {
	if err := s.Desk.HandleCodes(c.Request().Context(), actor(c), c.Param("set"), c.FormValue("act")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
