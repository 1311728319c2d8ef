package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) staffRoutes(_ *echo.Echo, staff *echo.Group) {
	staff.GET("/staff", s.people)
	staff.POST("/staff", s.inviteStaff)
	staff.POST("/staff/roster", s.proposeRoster)
	staff.POST("/break-glass/:id/challenge", s.glassChallenge)
	staff.POST("/break-glass/:id", s.seeGlass)
	staff.GET("/staff/:person", s.person)
	staff.POST("/staff/:person/end", s.disableStaff)
	staff.POST("/staff/:person/roles", s.proposeRole)
	staff.POST("/staff/:person/roles/:role/end", s.endRole)
	staff.POST("/staff/:person/training", s.setTraining)
	staff.POST("/staff/:person/proof/challenge", s.proofChallenge)
	staff.POST("/staff/:person/proof", s.proof)
	staff.POST("/staff/:person/keys/challenge", s.furtherKeyChallenge)
	staff.POST("/staff/:person/keys", s.furtherKey)
	staff.POST("/staff/:person/keys/:key/challenge", s.confirmChallenge)
	staff.POST("/staff/:person/keys/:key/confirmation", s.confirmKey)
}

func (s *Server) people(c echo.Context) error {
	p, err := s.peoplePage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.People(p))
}

func (s *Server) peoplePage(c echo.Context) (staff.PeoplePage, error) {
	l, err := s.Desk.StaffPage(c.Request().Context(), actor(c))
	p := staff.PeoplePage{Page: s.staffPage(c, "Staff"), Admin: l.Admin, Founding: l.Founding, You: actor(c).Person, Fresh: l.Fresh, NewKey: l.NewKey.Words()}
	p.Page.Scripts = []string{"js/passkey.js"}
	p.Roster = staff.Roster{Founded: l.House.Founded, Missing: l.House.Missing, Waiting: l.House.Roster, Signed: l.House.Signed}
	p.Glass = l.Glass
	for _, m := range l.People {
		p.People = append(p.People, s.member(m, l.Founding))
	}
	for _, i := range l.Invites {
		p.Invites = append(p.Invites, staff.Invitation{Person: i.Person, Roles: i.Roles, By: i.MadeBy, Ends: i.Ends})
	}
	return p, err
}

func (s *Server) member(m desk.Member, founding bool) staff.Person {
	return staff.Person{Staff: m.Staff, Keys: m.Keys, Missing: m.Missing(founding, s.Now())}
}

func (s *Server) inviteStaff(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	in := desk.StaffInvite{Person: c.FormValue("person"), Group: c.FormValue("group")}
	for _, r := range form["role"] {
		in.Roles = append(in.Roles, recovery.Role(r))
	}
	_, err = s.Desk.InviteStaff(c.Request().Context(), actor(c), in)
	return s.form(c, err, "/staff?done=sent", func(errs []ui.FieldError) templ.Component {
		p, readErr := s.peoplePage(c)
		p.Page.Errors = withProblem(errs, readErr)
		p.Typed.Person, p.Typed.Group, p.Chosen = in.Person, in.Group, in.Roles
		return staff.People(p)
	})
}

// proposeRoster files the founding roster; its page says who has to sign.
func (s *Server) proposeRoster(c echo.Context) error {
	p, err := s.Desk.ProposeRoster(c.Request().Context(), actor(c))
	return s.form(c, err, "/proposals/"+p.ID, func(errs []ui.FieldError) templ.Component {
		p, readErr := s.peoplePage(c)
		p.Page.Errors = withProblem(errs, readErr)
		return staff.People(p)
	})
}

func (s *Server) glassChallenge(c echo.Context) error {
	t, err := s.Desk.BeginSeeGlass(c.Request().Context(), actor(c), c.Param("id"))
	return touch(c, t, err)
}

// seeGlass is an auditor's acknowledgement of a use of break-glass.
func (s *Server) seeGlass(c echo.Context) error {
	err := s.Desk.SeeGlass(c.Request().Context(), actor(c), c.Param("id"), answer(c))
	return s.form(c, err, "/staff?done=saved", func(errs []ui.FieldError) templ.Component {
		p, readErr := s.peoplePage(c)
		p.Page.Errors = withProblem(errs, readErr)
		return staff.People(p)
	})
}

// withProblem says on the page that a list above the form could not be read.
func withProblem(errs []ui.FieldError, err error) []ui.FieldError {
	if err != nil {
		errs = append(errs, ui.FieldError{Message: "The list could not be read. Reload the page."})
	}
	return errs
}

func (s *Server) person(c echo.Context) error {
	p, err := s.personPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.PersonView(p))
}

func (s *Server) personPage(c echo.Context) (staff.PersonPage, error) {
	v, err := s.Desk.PersonPage(c.Request().Context(), actor(c), c.Param("person"))
	p := staff.PersonPage{Page: s.staffPage(c, orElse(v.Person.Name, "Staff")), Person: s.member(v.Member, v.Founding), Inviter: v.Inviter, NotPossible: v.NotPossible, Training: v.Training,
		You: actor(c).Person, Admin: v.Admin, Self: v.Self, Fresh: v.Fresh, Founding: v.Founding, NewKey: v.NewKey.Words()}
	p.Losses = map[string]staff.Loss{}
	for id, l := range v.Losses {
		p.Losses[id] = staff.Loss{Since: l.Since, Reported: l.Reported, By: l.By, Again: l.Again, Live: l.Live}
	}
	p.Page.Scripts = []string{"js/passkey.js"}
	return p, err
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// onPerson answers an act on a person: back to the person's page.
func (s *Server) onPerson(c echo.Context, err error) error {
	return s.form(c, err, "/staff/"+c.Param("person")+"?done=saved", func(errs []ui.FieldError) templ.Component {
		p, readErr := s.personPage(c)
		p.Page.Errors = withProblem(errs, readErr)
		return staff.PersonView(p)
	})
}

func (s *Server) disableStaff(c echo.Context) error {
	return s.onPerson(c, s.Desk.DisableStaff(c.Request().Context(), actor(c), c.Param("person")))
}

func (s *Server) setTraining(c echo.Context) error {
	return s.onPerson(c, s.Desk.SetTraining(c.Request().Context(), actor(c), c.Param("person"), c.FormValue("trained")))
}

func (s *Server) endRole(c echo.Context) error {
	return s.onPerson(c, s.Desk.EndRole(c.Request().Context(), actor(c), c.Param("person"), recovery.Role(c.Param("role"))))
}

// proposeRole files a further role; its page says who signs it.
func (s *Server) proposeRole(c echo.Context) error {
	p, err := s.Desk.ProposeRole(c.Request().Context(), actor(c), c.Param("person"), recovery.Role(c.FormValue("role")))
	if err == nil {
		return c.Redirect(http.StatusSeeOther, "/proposals/"+p.ID)
	}
	return s.onPerson(c, err)
}

// ownPage refuses another person's address for what is one's own.
func ownPage(c echo.Context) error {
	if c.Param("person") != actor(c).Person {
		return echo.ErrNotFound
	}
	return nil
}

func (s *Server) proofChallenge(c echo.Context) error {
	if err := ownPage(c); err != nil {
		return err
	}
	t, err := s.Desk.BeginProve(c.Request().Context(), actor(c))
	return touch(c, t, err)
}

func (s *Server) proof(c echo.Context) error {
	if err := ownPage(c); err != nil {
		return err
	}
	err := s.Desk.Prove(c.Request().Context(), actor(c), answer(c))
	if back := c.FormValue("back"); err == nil && (slices.Contains([]string{"/staff", "/incidents", "/threat"}, back) || strings.HasPrefix(back, "/staff/") || strings.HasPrefix(back, "/accounts/")) {
		return c.Redirect(http.StatusSeeOther, back) // a page of ours on which the touch was asked
	}
	return s.onPerson(c, err)
}

func (s *Server) furtherKeyChallenge(c echo.Context) error {
	if err := ownPage(c); err != nil {
		return err
	}
	t, err := s.Desk.BeginFurtherKey(c.Request().Context(), actor(c))
	return touch(c, t, err)
}

func (s *Server) furtherKey(c echo.Context) error {
	if err := ownPage(c); err != nil {
		return err
	}
	_, err := s.Desk.AddFurtherKey(c.Request().Context(), actor(c), answer(c), c.FormValue("name"))
	return s.onPerson(c, err)
}

// keyOfPage refuses a key of another person than the address names: who confirms
// must mean the one whose page is read (class B23).
func (s *Server) keyOfPage(c echo.Context) error {
	p, err := s.Desk.PersonPage(c.Request().Context(), actor(c), c.Param("person"))
	if err == nil && !slices.ContainsFunc(p.Keys, func(k recovery.Key) bool { return k.ID == c.Param("key") }) {
		return echo.ErrNotFound
	}
	return err
}

func (s *Server) confirmChallenge(c echo.Context) error {
	if err := s.keyOfPage(c); err != nil {
		return err
	}
	t, err := s.Desk.BeginConfirmKey(c.Request().Context(), actor(c), c.Param("key"))
	return touch(c, t, err)
}

func (s *Server) confirmKey(c echo.Context) error {
	if err := s.keyOfPage(c); err != nil {
		return err
	}
	return s.onPerson(c, s.Desk.ConfirmKey(c.Request().Context(), actor(c), c.Param("key"), answer(c)))
}
