package web

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/views/staff"
	"countersign/views/ui"
)

func (s *Server) proposalRoutes(staff *echo.Group) {
	signing := staff.Group("/proposals", ownScripts)
	signing.GET("", s.proposals)
	signing.GET("/:id", s.proposal)
	signing.POST("/:id", s.decideProposal)
	signing.POST("/:id/challenge", s.beginProposal)
	signing.POST("/:id/withdrawal", s.withdrawProposal)
	signing.GET("/:id/receipt/:signature", s.proposalReceipt)
}

// proposals lists what waits for the reader's key, what else is open, or what is closed.
func (s *Server) proposals(c echo.Context) error {
	list := worklist{"/proposals", "closed", "Closed"}
	p := staff.ProposalsPage{Page: s.signingPage(c, "Proposals"), Tabs: list.tabs(c)}
	if list.asked(c) {
		return s.closedProposals(c, p, list)
	}
	mine, rest, err := s.Desk.OpenProposals(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	rows, others := waiting(c, p.Tabs, mine, rest)
	p.Empty, p.Then = "Nothing waits for your key.", "Changes of staff, policy and settings come here. Those you may not sign are under \"Waiting for others\"."
	if others {
		p.Empty, p.Then = list.nothing()
	}
	for _, l := range rows {
		line := staff.ProposalLine{Proposal: l.Proposal, Signed: l.Signed}
		if l.Why != nil {
			line.Why = l.Why.Text
		}
		p.Lines = append(p.Lines, line)
	}
	return s.render(c, http.StatusOK, staff.Proposals(p))
}

func (s *Server) closedProposals(c echo.Context, p staff.ProposalsPage, list worklist) error {
	before, id := list.from(c)
	rows, more, err := s.Desk.ClosedProposals(c.Request().Context(), actor(c), before, id)
	if err != nil {
		return err
	}
	p.Empty, p.Then, p.Newer = "Nothing has been decided yet.", "Every proposal stays here, with what was signed.", list.newer(before)
	for _, r := range rows {
		p.Lines = append(p.Lines, staff.ProposalLine{Proposal: r})
	}
	if more {
		last := rows[len(rows)-1]
		p.Older = list.older(last.Decided, last.ID)
	}
	return s.render(c, http.StatusOK, staff.Proposals(p))
}

func (s *Server) proposal(c echo.Context) error {
	p, err := s.proposalPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, staff.Proposal(p))
}

// beginProposal answers js/passkey.js: the frozen statement and what the key is asked.
func (s *Server) beginProposal(c echo.Context) error {
	t, err := s.Desk.BeginProposal(c.Request().Context(), actor(c), c.Param("id"), c.FormValue("decision"), c.FormValue("reason"))
	return touch(c, t, err)
}

// decideProposal files the signed answer.
func (s *Server) decideProposal(c echo.Context) error {
	_, err := s.Desk.DecideProposal(c.Request().Context(), actor(c), desk.ProposalDecision{Proposal: c.Param("id"),
		Decision: recovery.Decision(c.FormValue("decision")), Answer: answer(c)})
	return s.onProposal(c, err)
}

func (s *Server) withdrawProposal(c echo.Context) error {
	return s.onProposal(c, s.Desk.WithdrawProposal(c.Request().Context(), actor(c), c.Param("id")))
}

// onProposal answers an act on a proposal: back to its page.
func (s *Server) onProposal(c echo.Context, err error) error {
	page, again := staff.ProposalPage{}, error(nil)
	if err != nil {
		if page, again = s.proposalPage(c); again != nil {
			return err
		}
		page.Reason = c.FormValue("reason")
	}
	return s.form(c, err, "/proposals/"+url.PathEscape(c.Param("id")), func(errs []ui.FieldError) templ.Component {
		page.Errors = errs
		return staff.Proposal(page)
	})
}

// proposalReceipt downloads the file that proves one signed decision.
func (s *Server) proposalReceipt(c echo.Context) error {
	file, err := s.Desk.ProposalReceipt(c.Request().Context(), actor(c), c.Param("id"), c.Param("signature"))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+receiptName(c.Param("signature"))+`"`)
	return c.Blob(http.StatusOK, "application/json", file)
}

// proposalPage is a proposal with everything its page shows.
func (s *Server) proposalPage(c echo.Context) (staff.ProposalPage, error) {
	v, err := s.Desk.ProposalPage(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return staff.ProposalPage{}, err
	}
	p := staff.ProposalPage{Page: s.signingPage(c, ""), Proposal: v.Proposal, Filer: v.Filer, Subjects: v.Subjects, Why: v.Why, WhyNoVeto: v.WhyNoVeto,
		Withdraw: v.Withdraw, Keys: v.Keys}
	for _, g := range v.Signed {
		p.Signed = append(p.Signed, staff.ApprovalSigned{Signature: g.Signature, Name: g.Name, KeyName: g.KeyName, Digest: g.Digest, File: receiptName(g.ID)})
	}
	return p.Titled(), nil
}
