package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) approvalRoutes(staff *echo.Group) {
	staff.POST("/tickets/:ref/approval", s.askApproval)
	staff.POST("/tickets/:ref/approval/withdrawal", s.withdrawRequest)
	signing := staff.Group("/approvals", ownScripts)
	signing.GET("", s.approvals)
	signing.GET("/:id", s.approval)
	signing.POST("/:id", s.decide)
	signing.POST("/:id/challenge", s.beginApproval)
	signing.GET("/:id/receipt/:signature", s.receipt)
}

// ownScripts gives a staff page the policy of public pages: approvals run our
// own small files and no htmx (design.md rule 11).
func ownScripts(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Content-Security-Policy", cspPublic)
		c.SetRequest(c.Request().WithContext(templ.WithNonce(c.Request().Context(), "")))
		return next(c)
	}
}

// signingPage is a staff page without htmx and live updates.
func (s *Server) signingPage(c echo.Context, title string) ui.Page {
	p := s.staffPage(c, title)
	p.Live, p.HelpLine = "", ""
	p.Scripts = []string{"js/countdown.js", "js/passkey.js"}
	return p
}

func (s *Server) askApproval(c echo.Context) error {
	_, err := s.Desk.AskApproval(c.Request().Context(), actor(c), c.Param("ref"), c.FormValue("reason"))
	return s.form(c, err, "/tickets/"+url.PathEscape(c.Param("ref")), s.ticketAgain(c, "reason"))
}

func (s *Server) withdrawRequest(c echo.Context) error {
	err := s.Desk.WithdrawRequest(c.Request().Context(), actor(c), c.Param("ref"))
	return s.form(c, err, "/tickets/"+url.PathEscape(c.Param("ref")), s.ticketAgain(c))
}

// approvals lists what waits for the reader, what waits for others, or what is decided.
func (s *Server) approvals(c echo.Context) error {
	list := worklist{"/approvals", "decided", "Decided"}
	p := staff.ApprovalsPage{Page: s.signingPage(c, "Approvals"), Tabs: list.tabs(c)}
	if list.asked(c) {
		return s.decided(c, p, list)
	}
	mine, rest, err := s.Desk.WaitingApprovals(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	rows, others := waiting(c, p.Tabs, mine, rest)
	p.Empty, p.Then = "Nothing waits for you.", "Requests that you may not decide on are under \"Waiting for others\"."
	if others {
		p.Empty, p.Then = list.nothing()
	}
	for _, l := range rows {
		line := approvalLine(l.ApprovalRow)
		line.Signed, line.Sought, line.Mine = l.Signed, l.Needed, l.Mine
		if l.Why != nil {
			line.Why = l.Why.Text
		}
		p.Lines = append(p.Lines, line)
	}
	return s.render(c, http.StatusOK, staff.Approvals(p))
}

func (s *Server) decided(c echo.Context, p staff.ApprovalsPage, list worklist) error {
	before, id := list.from(c)
	rows, more, err := s.Desk.DecidedApprovals(c.Request().Context(), actor(c), before, id)
	if err != nil {
		return err
	}
	p.Empty, p.Then, p.Newer = "Nothing has been decided yet.", "Every decision stays here, with its receipt.", list.newer(before)
	for _, r := range rows {
		p.Lines = append(p.Lines, approvalLine(r))
	}
	if more {
		last := rows[len(rows)-1]
		p.Older = list.older(last.Decided, last.ID)
	}
	return s.render(c, http.StatusOK, staff.Approvals(p))
}

func approvalLine(r store.ApprovalRow) staff.ApprovalLine {
	return staff.ApprovalLine{Approval: r.Approval, Name: r.Name, Reference: r.Reference, Event: r.Event, Tier: r.Tier, AskedByName: r.AskedByName}
}

func (s *Server) approval(c echo.Context) error {
	p, err := s.approvalPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Approval(p))
}

// beginApproval answers js/passkey.js: the frozen statement and what the key is asked.
func (s *Server) beginApproval(c echo.Context) error {
	touch, err := s.Desk.BeginApproval(c.Request().Context(), actor(c), c.Param("id"), c.FormValue("decision"), c.FormValue("reason"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, touch)
}

// decide files the signed answer. The receipt is on the page it leads to.
func (s *Server) decide(c echo.Context) error {
	id := c.Param("id")
	_, err := s.Desk.Approve(c.Request().Context(), actor(c), desk.Decide{Approval: id, Decision: recovery.Decision(c.FormValue("decision")),
		Answer: desk.Answer{Challenge: c.FormValue("challenge"), Response: []byte(c.FormValue("response"))}})
	page, again := staff.ApprovalPage{}, error(nil)
	if err != nil {
		if page, again = s.approvalPage(c); again != nil {
			return err
		}
		page.Reason = c.FormValue("reason")
	}
	return s.form(c, err, "/approvals/"+url.PathEscape(id), func(errs []ui.FieldError) templ.Component {
		page.Errors = errs
		return staff.Approval(page)
	})
}

// receipt downloads the file that proves one signed decision.
func (s *Server) receipt(c echo.Context) error {
	file, err := s.Desk.Receipt(c.Request().Context(), actor(c), c.Param("id"), c.Param("signature"))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+receiptName(c.Param("signature"))+`"`)
	return c.Blob(http.StatusOK, "application/json", file)
}

func receiptName(signature string) string {
	keep := func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r == '-' {
			return r
		}
		return -1
	}
	return "receipt-" + strings.Map(keep, signature) + ".json"
}

// approvalPage is a request with everything its page shows.
func (s *Server) approvalPage(c echo.Context) (staff.ApprovalPage, error) {
	v, err := s.Desk.ApprovalPage(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return staff.ApprovalPage{}, err
	}
	p := staff.ApprovalPage{Page: s.signingPage(c, ""), Approval: v.Approval, Facts: v.Facts, Names: v.Names, Told: v.Told, InHand: v.InHand, Signals: v.Signals, Others: otherTiers(v.Others), Why: v.Why, Keys: v.Keys,
		Drawn: v.DrawnName, Sought: v.Needed, Waits: v.Waits}
	if v.State == recovery.ApprovalWaiting {
		p.Nobody = desk.Nobody(v.Could)
	}
	for _, g := range v.Signed {
		p.Signed = append(p.Signed, staff.ApprovalSigned{Signature: g.Signature, Name: g.Name, KeyName: g.KeyName, Digest: g.Digest, File: receiptName(g.ID)})
	}
	return p.Titled(), nil
}
