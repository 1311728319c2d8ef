package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) signInRoutes(e *echo.Echo, staff *echo.Group) {
	e.GET("/login", s.login)
	e.POST("/login/challenge", s.loginChallenge)
	e.POST("/login", s.loginAnswer)
	staff.POST("/logout", s.logout)
	e.GET("/invite/:token", s.invite)
	e.POST("/invite/:token/challenge", s.inviteChallenge)
	e.POST("/invite/:token", s.inviteAnswer)
}

// answer is what a key's form carries (ui.PasskeyForm).
func answer(c echo.Context) desk.Answer {
	return desk.Answer{Challenge: c.FormValue("challenge"), Response: []byte(c.FormValue("response"))}
}

// touch answers js/passkey.js with what it asks the key.
func touch(c echo.Context, t desk.Touch, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, t)
}

// keyPage is a public page on which a key is asked.
func (s *Server) keyPage(c echo.Context, title string) ui.Page {
	p := s.page(c, title)
	p.Scripts = []string{"js/passkey.js"}
	return p
}

func (s *Server) login(c echo.Context) error {
	return s.render(c, http.StatusOK, staff.Login(staff.LoginPage{Page: s.keyPage(c, "Sign in")}))
}

func (s *Server) loginChallenge(c echo.Context) error {
	t, err := s.Desk.BeginSignIn(c.Request().Context(), actor(c))
	return touch(c, t, err)
}

// loginAnswer opens the session and leads to the person's first page.
func (s *Server) loginAnswer(c echo.Context) error {
	token, person, err := s.Desk.SignIn(c.Request().Context(), actor(c), answer(c))
	to := ""
	if err == nil {
		if err := s.cookies.set(c, staffCookie, token, 0); err != nil {
			return err
		}
		who, err := s.Desk.Whoami(c.Request().Context(), desk.Actor{Kind: desk.StaffAct, Person: person})
		if err != nil {
			return err
		}
		to = home(who, s.Now())
	}
	return s.form(c, err, to, func(errs []ui.FieldError) templ.Component {
		p := s.keyPage(c, "Sign in")
		p.Errors = errs
		return staff.Login(staff.LoginPage{Page: p})
	})
}

func (s *Server) logout(c echo.Context) error {
	if err := s.Desk.SignOut(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	if err := s.cookies.drop(c, staffCookie); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/login?done=signed-out")
}

func (s *Server) invite(c echo.Context) error {
	p, err := s.invitePage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Invite(p))
}

func (s *Server) invitePage(c echo.Context) (staff.InvitePage, error) {
	i, err := s.Desk.Invitation(c.Request().Context(), c.Param("token"))
	return staff.InvitePage{Page: s.keyPage(c, "Register your security key"), Path: "/invite/" + c.Param("token"), Name: c.FormValue("name"),
		Who: i.Person, Roles: i.Roles, Ends: i.Ends}, err
}

func (s *Server) inviteChallenge(c echo.Context) error {
	t, err := s.Desk.BeginStaffKey(c.Request().Context(), c.Param("token"))
	return touch(c, t, err)
}

// inviteAnswer shows the new key's fingerprint as the answer to the POST: the
// link is spent, so there is no page to come back to.
func (s *Server) inviteAnswer(c echo.Context) error {
	key, err := s.Desk.AddStaffKey(c.Request().Context(), actor(c), c.Param("token"), answer(c), c.FormValue("name"))
	if err == nil {
		return s.render(c, http.StatusOK, staff.Registered(staff.RegisteredPage{Page: s.page(c, "Your key is registered"), Key: key, Next: "/login", Demo: key.Counted != 0}))
	}
	var refusal *recovery.Refusal
	p, gone := s.invitePage(c)
	if !errors.As(err, &refusal) || gone != nil {
		return err
	}
	return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
		p.Page.Errors = errs
		return staff.Invite(p)
	})
}
