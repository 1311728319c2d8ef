package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) accountRoutes(staff *echo.Group) {
	staff.GET("/accounts", s.accounts)
	staff.GET("/accounts/:id", s.account)
}

func (s *Server) accounts(c echo.Context) error {
	search, after := strings.TrimSpace(c.QueryParam("q")), c.QueryParam("after")
	list, err := s.Desk.AccountsPage(c.Request().Context(), actor(c), search, after)
	p := staff.AccountsPage{Page: s.staffPage(c, "Accounts"), Search: search, Accounts: list.Accounts}
	if err != nil {
		return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
			p.Page.Errors = errs
			return staff.Accounts(p)
		})
	}
	at := func(after string) string { return "/accounts?" + url.Values{"q": {search}, "after": {after}}.Encode() }
	if after != "" {
		p.First = at("")
	}
	if list.Next != "" {
		p.Next = at(list.Next)
	}
	return s.render(c, http.StatusOK, staff.Accounts(p))
}

func (s *Server) account(c echo.Context) error {
	a, err := s.Desk.AccountPage(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	p := staff.AccountPage{Page: s.staffPage(c, a.Account.Name), Account: a.Account, Holder: a.Person.Name, Manager: a.Manager.Name, Standing: a.Standing,
		Namesakes: a.Namesakes, Factors: a.Factors, Sets: a.Sets, Tickets: a.Tickets, Enrolled: a.Enrolled}
	p.MayOpen = p.Page.User != nil && slices.Contains(p.Page.User.Roles, string(recovery.Agent))
	for _, x := range a.Addresses {
		p.Addresses = append(p.Addresses, staff.Contact{Kind: string(x.Kind), Masked: x.Masked, Struck: x.Struck, FirstSeen: x.FirstSeen, Baseline: x.Baseline, Ended: x.Ended})
	}
	for _, h := range a.History {
		p.History = append(p.History, staff.Entry{Seq: h.Seq, At: h.At, Kind: h.Kind, Actor: h.Actor})
	}
	return s.render(c, http.StatusOK, staff.Account(p))
}
