package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// routes is every route there is. Routes are nouns; odd verbs are sub-resources.
// GET never changes state.
func (s *Server) routes() {
	e := s.echo
	e.GET("/", func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, "/recover") })
	e.GET("/static/*", echo.WrapHandler(s.Assets))

	staff := e.Group("", s.staffOnly)
	staff.GET("/events", s.events)
	staff.POST("/session", s.stay)
	s.signInRoutes(e, staff)
	s.staffRoutes(e, staff)
	s.rotaRoutes(staff)
	s.groupRoutes(staff)
	s.lostKeyRoutes(staff)
	s.ticketRoutes(staff)
	s.parkingRoutes(staff)
	s.reviewRoutes(staff)
	s.approvalRoutes(staff)
	s.proposalRoutes(staff)
	s.accountRoutes(staff)
	s.importRoutes(staff)
	s.auditRoutes(staff)
	s.policyRoutes(staff)
	s.workflowRoutes(staff)
	s.threatRoutes(staff)

	holder := e.Group("/me", s.holderOnly)
	s.meRoutes(e, holder)
	s.codeRoutes(holder)
	s.travelRoutes(holder)
	s.deviceRoutes(e, holder)
	s.welcomeRoutes(e)

	s.recoverRoutes(e)
	s.claimRoutes(e)
	s.parkedRoutes(e)
	s.methodRoutes(e)
	s.vouchRoutes(e)
	s.hookRoutes(e)
	s.stopRoutes(e)
	s.reportRoutes(e, holder)
	s.verifyRoutes(e)
	s.demoRoutes(e)
	// Last, so that an unknown address is a plain 404 and not the staff group's sign-in.
	e.RouteNotFound("/*", echo.NotFoundHandler)
}
