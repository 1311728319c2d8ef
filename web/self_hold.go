package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/views/self"
	"countersign/views/ui"
)

func (s *Server) holdView(c echo.Context) (self.HoldPage, error) {
	h, err := s.Desk.HoldPage(c.Request().Context(), actor(c))
	if err != nil {
		return self.HoldPage{}, err
	}
	me := desk.Me{AccountView: desk.AccountView{Account: h.Account}}
	p := self.HoldPage{Page: s.mePage(c, "End the lower assurance", me), Until: h.Account.Hold, Sent: c.QueryParam("done") == "sent" || typed(c, "code") != ""}
	for i, a := range h.Choices {
		p.Choices = append(p.Choices, ui.Option{Value: a.ID, Label: a.Masked, Selected: i == 0})
	}
	return p, nil
}

func (s *Server) hold(c echo.Context) error {
	p, err := s.holdView(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, self.Hold(p))
}

func (s *Server) sendHoldCode(c echo.Context) error {
	err := s.Desk.SendHoldCode(c.Request().Context(), actor(c), c.FormValue("address"))
	return s.holdAnswer(c, err, "/me/hold?done=sent")
}

func (s *Server) confirmHold(c echo.Context) error {
	err := s.Desk.ConfirmHold(c.Request().Context(), actor(c), typed(c, "code"))
	return s.holdAnswer(c, err, "/me?done=hold")
}

// holdAnswer leads on, or shows the page again while the hold can be confirmed.
func (s *Server) holdAnswer(c echo.Context, err error, to string) error {
	if err == nil {
		return c.Redirect(http.StatusSeeOther, to)
	}
	p, pageErr := s.holdView(c)
	if pageErr != nil {
		return err
	}
	return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
		p.Page.Errors = errs
		return self.Hold(p)
	})
}
