package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) accountRoutes(staff *echo.Group) {
	staff.GET("/accounts", s.accounts)
	staff.GET("/accounts/:id", s.account)
	staff.POST("/accounts/:id/report", s.reportAtDesk)
}

func (s *Server) accounts(c echo.Context) error {
	search, after := strings.TrimSpace(c.QueryParam("q")), c.QueryParam("after")
	list, err := s.Desk.AccountsPage(c.Request().Context(), actor(c), search, after)
	p := staff.AccountsPage{Page: s.staffPage(c, "Accounts"), Search: search, Accounts: list.Accounts}
	p.Admin = p.Page.User != nil && slices.Contains(p.Page.User.Roles, string(recovery.Administrator))
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
	p, err := s.accountView(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Account(p))
}

// reportAtDesk files what an agent heard; a refused form keeps its words.
func (s *Server) reportAtDesk(c echo.Context) error {
	in := desk.DeskReport{Account: c.Param("id"), What: c.FormValue("what"), Number: c.FormValue("address"), Note: c.FormValue("note")}
	err := s.Desk.ReportAtDesk(c.Request().Context(), actor(c), in)
	if err == nil {
		return c.Redirect(http.StatusSeeOther, staff.AccountPath(in.Account))
	}
	p, pageErr := s.accountView(c)
	if pageErr != nil {
		return err
	}
	return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
		p.Page.Errors, p.Typed = errs, map[string]string{"what": in.What, "address": in.Number, "note": in.Note}
		return staff.Account(p)
	})
}

func (s *Server) accountView(c echo.Context) (staff.AccountPage, error) {
	a, err := s.Desk.AccountPage(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return staff.AccountPage{}, err
	}
	p := staff.AccountPage{Page: s.staffPage(c, a.Account.Name), Account: a.Account, Holder: a.Person.Name, Manager: a.Manager.Name, Standing: a.Standing,
		Namesakes: a.Namesakes, Factors: a.Factors, Sets: a.Sets, Tickets: a.Tickets, Enrolled: a.Enrolled, Reports: a.Reports, Channels: a.Policy.Channels}
	p.MayOpen = p.Page.User != nil && slices.Contains(p.Page.User.Roles, string(recovery.Agent))
	p.Admin = p.Page.User != nil && slices.Contains(p.Page.User.Roles, string(recovery.Administrator))
	for _, x := range a.Values {
		p.Values = append(p.Values, staff.DirectoryValue{Label: recovery.FieldWords[x.Field], Now: x.ValueRun, Before: x.Before})
	}
	for _, x := range a.Addresses {
		p.Addresses = append(p.Addresses, staff.Contact{Kind: string(x.Kind), Masked: x.Masked, Struck: x.Struck, FirstSeen: x.FirstSeen, Baseline: x.Baseline, Ended: x.Ended})
	}
	for _, x := range a.Addresses {
		if x.Kind == recovery.Phone && x.Struck == "" {
			p.Numbers = append(p.Numbers, ui.Option{Value: x.ID, Label: "Called back at " + x.Masked + " and answered", Hint: "Passkeys are suspended, sessions end, codes sleep."})
		}
	}
	for _, h := range a.History {
		p.History = append(p.History, staff.Entry{Seq: h.Seq, At: h.At, Kind: h.Kind, Actor: h.Actor})
	}
	return p, nil
}
