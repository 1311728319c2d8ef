package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
	"countersign/views/self"
)

// parkedRoutes are what the claimed page of a parked recovery does, and of an
// approved one that waits for its holder.
func (s *Server) parkedRoutes(e *echo.Echo) {
	e.POST("/recover/ticket/continuation", s.showContinuation)
	e.POST("/recover/ticket/return", s.continueTicket)
	e.POST("/recover/ticket/back", s.comeBack)
}

// showContinuation answers the POST itself with the code: no GET ever shows it.
func (s *Server) showContinuation(c echo.Context) error {
	code, err := s.Desk.ShowContinuation(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie))
	if err != nil {
		return s.form(c, err, claimedPath, s.claimedAgain(c))
	}
	p, err := s.claimed(c, true)
	if err != nil {
		return err
	}
	p.Page.Title = "Your continuation code"
	p.Page.Lead = "This is the only time it is shown."
	return s.render(c, http.StatusOK, self.Continuation(p, code))
}

func (s *Server) continueTicket(c echo.Context) error {
	err := s.Desk.ContinueTicket(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie), typed(c, "code"))
	return s.form(c, err, claimedPath, s.claimedAgain(c))
}

func (s *Server) comeBack(c echo.Context) error {
	return s.form(c, s.Desk.ComeBack(c.Request().Context(), actor(c), s.cookies.get(c, claimCookie)), claimedPath, s.claimedAgain(c))
}

// keepClaim lets the claim outlive a browser that is closed while the holder is
// away: the cookie lasts as long as the recovery waits for them.
func (s *Server) keepClaim(c echo.Context, p self.ClaimPage) error {
	until := p.Back
	if p.Parked {
		until = p.Due
	}
	if until <= s.Now() {
		return nil
	}
	return s.cookies.set(c, claimCookie, s.cookies.get(c, claimCookie), int((until-s.Now())/recovery.Second))
}
