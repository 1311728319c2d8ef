package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/views/self"
	"countersign/views/ui"
)

// browserAge is how long a browser stays known without a sign-in, seconds:
// browsers keep no cookie longer.
const browserAge = 400 * 24 * 60 * 60

func (s *Server) meRoutes(e *echo.Echo, holder *echo.Group) {
	e.GET("/me/login", s.holderSignInPage)
	e.POST("/me/login/challenge", s.beginHolderSignIn)
	e.POST("/me/login", s.holderSignIn)
	holder.GET("", s.me)
	holder.POST("/logout", s.holderSignOut)
	holder.POST("/session", s.holderStay)
	holder.GET("/hold", s.hold)
	holder.POST("/hold/code", s.sendHoldCode)
	holder.POST("/hold", s.confirmHold)
}

func (s *Server) signInView(c echo.Context) self.SignInPage {
	p := s.page(c, "Sign in")
	p.Scripts = []string{"js/passkey.js"}
	return self.SignInPage{Page: p}
}

func (s *Server) holderSignInPage(c echo.Context) error {
	return s.render(c, http.StatusOK, self.SignIn(s.signInView(c)))
}

func (s *Server) beginHolderSignIn(c echo.Context) error {
	t, err := s.Desk.BeginHolderSignIn(c.Request().Context(), actor(c))
	return touch(c, t, err)
}

func (s *Server) holderSignIn(c echo.Context) error {
	in, err := s.signInHolder(c)
	if err != nil {
		return s.form(c, err, "", func(errs []ui.FieldError) templ.Component {
			p := s.signInView(c)
			p.Page.Errors = errs
			return self.SignIn(p)
		})
	}
	to := "/me"
	if in.OfferCodes {
		to = "/me/codes?after=recovery"
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// signInHolder starts a session and hands its cookies out.
func (s *Server) signInHolder(c echo.Context) (desk.SignedIn, error) {
	in, err := s.Desk.HolderSignIn(c.Request().Context(), actor(c), answer(c), s.cookies.get(c, browserCookie))
	if err != nil {
		return in, err
	}
	return in, errors.Join(s.cookies.set(c, holderCookie, in.Token, 0), s.cookies.set(c, browserCookie, in.Browser, browserAge))
}

func (s *Server) holderSignOut(c echo.Context) error {
	if err := s.Desk.SignOut(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	if err := s.cookies.drop(c, holderCookie); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/me/login?done=signed-out")
}

// holderStay renews the holder's session; holderOnly has noted the activity.
func (s *Server) holderStay(c echo.Context) error {
	if !wantsJSON(c.Request()) {
		return c.Redirect(http.StatusSeeOther, "/me")
	}
	session, _ := c.Get("session").(store.Session)
	iso := func(us int64) string { return time.UnixMicro(us).UTC().Format(time.RFC3339) }
	return c.JSON(http.StatusOK, map[string]string{"ends": iso(min(session.Ends, s.Now()+recovery.HolderSessionIdle)), "now": iso(s.Now())})
}

func (s *Server) me(c echo.Context) error {
	me, err := s.Desk.MePage(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	p := self.MePage{Page: s.mePage(c, "Your account", me), Account: me.Account, Standing: me.Standing, Factors: me.Factors, Codes: me.Live, NoCodes: noCodes(me.Account)}
	for _, a := range me.Addresses {
		if a.Noticed {
			p.Addresses = append(p.Addresses, self.Place{Masked: a.Masked, Note: placeNote(a)})
		}
	}
	p.Fresh, p.Reported = me.Fresh, reportable(me)
	p.Page.Scripts = append(p.Page.Scripts, "js/passkey.js")
	for _, h := range me.History {
		if words := self.HistoryWords(h.Kind); words != "" {
			p.History = append(p.History, self.Happened{At: h.At, What: words})
		}
	}
	return s.render(c, http.StatusOK, self.Me(p))
}

// reportable is what the holder can lift: reports, and recoveries that were stopped.
func reportable(me desk.Me) (out []self.Reportable) {
	for _, r := range me.Reports {
		text := "somebody reported " + r.What.Words() + "; nothing is suspended."
		if r.Suspends != 0 {
			text = "a report of " + r.What.Words() + " suspended passkeys and put your backup codes to sleep."
		}
		out = append(out, self.Reportable{At: r.Made, Text: text, Suspends: r.Suspends != 0})
	}
	for _, t := range me.Tickets {
		if t.State == recovery.Frozen {
			out = append(out, self.Reportable{At: t.Stopped, Text: "the recovery " + t.Reference + " was stopped with \"this was not me\"."})
		}
	}
	return out
}

// mePage is holderPage with the holder's name.
func (s *Server) mePage(c echo.Context, title string, me desk.Me) ui.Page {
	p := s.holderPage(c, title)
	p.User = &ui.User{Name: me.Account.Name}
	return p
}

func placeNote(a desk.AddressView) string {
	switch {
	case a.Ended != 0:
		return "no longer on record; we still write there"
	case a.Kind == recovery.Phone:
		return "by letter or call"
	}
	return ""
}

// noCodes is why an account has no backup codes, "" when it may have some.
func noCodes(a recovery.Account) string {
	if err := recovery.MayMakeCodes(a); err != nil {
		return fieldErrors(err.(*recovery.Refusal))[0].Message
	}
	return ""
}
