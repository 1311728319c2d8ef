package web

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"countersign/internal/recovery"
)

func (s *Server) lostKeyRoutes(staff *echo.Group) {
	staff.POST("/staff/:person/keys/:key/loss/challenge", s.reportChallenge)
	staff.POST("/staff/:person/keys/:key/loss", s.reportKey)
	staff.POST("/staff/:person/keys/:key/recoveries/end", s.revokeRecoveries)
}

// reportChallenge freezes the report that a key is lost.
func (s *Server) reportChallenge(c echo.Context) error {
	if err := s.keyOfPage(c); err != nil {
		return err
	}
	t, err := s.Desk.BeginReportKey(c.Request().Context(), actor(c), c.Param("key"), moment(c.FormValue("since"), s.Now()))
	return touch(c, t, err)
}

// moment reads "2026-11-21T14:00" as UTC; anything else is a moment that lies
// ahead and is refused.
func moment(text string, now int64) int64 {
	at, err := time.Parse("2006-01-02T15:04", strings.TrimSpace(text))
	if err != nil {
		return now + recovery.Day
	}
	return at.UnixMicro()
}

func (s *Server) reportKey(c echo.Context) error {
	if err := s.keyOfPage(c); err != nil {
		return err
	}
	return s.onPerson(c, s.Desk.ReportKey(c.Request().Context(), actor(c), c.Param("key"), answer(c)))
}

func (s *Server) revokeRecoveries(c echo.Context) error {
	if err := s.keyOfPage(c); err != nil {
		return err
	}
	return s.onPerson(c, s.Desk.RevokeRecoveries(c.Request().Context(), actor(c), c.Param("key")))
}
