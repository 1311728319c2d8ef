package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/views/self"
	"countersign/views/ui"
)

// Demo is what only the demo has: the holders' mailboxes and a clock that can
// be moved forward.
type Demo struct {
	Mails interface{ Messages() []notify.Received }
	// MoveClock moves the demo's clock by a duration; forward only, ledgered.
	MoveClock func(ctx context.Context, by time.Duration) error
}

func (s *Server) demoRoutes(e *echo.Echo) {
	if s.Demo == nil {
		return
	}
	e.GET("/demo/mail", s.demoMail)
	e.POST("/demo/clock", s.demoClock)
}

// ribbons warn on every page: demo data, founding not signed.
func (s *Server) ribbons(ctx context.Context) []ui.Ribbon {
	if s.Demo != nil {
		return []ui.Ribbon{{Kind: "demo", Clock: "/demo/clock"}}
	}
	if !s.isFounded(ctx) {
		return []ui.Ribbon{{Kind: "founding"}}
	}
	return nil
}

// glass is a red band for each use of break-glass that no auditor acknowledged.
// A question that failed shows none: the page's own reads fail then, too.
func (s *Server) glass(ctx context.Context) []ui.Ribbon {
	all, err := s.Desk.BrokenGlass(ctx)
	if err != nil {
		return nil
	}
	var out []ui.Ribbon
	for _, g := range all {
		out = append(out, ui.Ribbon{Kind: "break-glass", Text: g.Words() + " An auditor acknowledges it with a key on the Staff page."})
	}
	return out
}

// isFounded asks the desk until the house is founded. A question that failed
// warns.
func (s *Server) isFounded(ctx context.Context) bool {
	if !s.founded.Load() {
		signed, err := s.Desk.Founded(ctx)
		s.founded.Store(err == nil && signed)
	}
	return s.founded.Load()
}

// demoMailMax bounds the mailbox page.
const demoMailMax = 100

// demoMail shows the newest mails of one address, or of all.
func (s *Server) demoMail(c echo.Context) error {
	box := strings.ToLower(strings.TrimSpace(c.QueryParam("to")))
	page := self.MailPage{Page: s.page(c, "Mailboxes of the demo"), To: box}
	all := s.Demo.Mails.Messages()
	for i := len(all) - 1; i >= 0 && len(page.Mails) < demoMailMax; i-- {
		if m := all[i]; box == "" || strings.Contains(strings.ToLower(m.To), box) {
			page.Mails = append(page.Mails, self.Mail{To: m.To, Subject: m.Subject, Text: m.Text, At: m.When})
		}
	}
	return s.render(c, http.StatusOK, self.Mailbox(page))
}

// clockSteps are what the ribbon's button offers.
var clockSteps = map[string]time.Duration{"10m": 10 * time.Minute, "1h": time.Hour, "24h": 24 * time.Hour, "168h": 7 * 24 * time.Hour}

// demoClock moves the demo's clock; scripts may give any Go duration.
func (s *Server) demoClock(c echo.Context) error {
	by, ok := clockSteps[c.FormValue("by")]
	if !ok {
		var err error
		if by, err = time.ParseDuration(c.FormValue("by")); err != nil || by <= 0 || by > 400*24*time.Hour {
			return recovery.Refuse("clock-step", "The demo's clock moves forward only, by a duration like 10m or 24h.", "Use the buttons of the ribbon.").On("by")
		}
	}
	if err := s.Demo.MoveClock(c.Request().Context(), by); err != nil {
		return err
	}
	if wantsJSON(c.Request()) {
		return c.JSON(http.StatusOK, map[string]string{"now": time.UnixMicro(s.Now()).UTC().Format(time.RFC3339)})
	}
	return c.Redirect(http.StatusSeeOther, back(c))
}

// back is the page the form was on, if it names one of ours.
func back(c echo.Context) string {
	if to := c.FormValue("back"); strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsAny(to, "\\\t\n\r") {
		return to
	}
	return "/demo/mail"
}
