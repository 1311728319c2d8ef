package staff

import (
	"fmt"
	"strings"

	"countersign/internal/recovery"
	"countersign/views/ui"
)

// Titled fills in title, state and the question that is the h1.
func (p ProposalPage) Titled() ProposalPage {
	p.Title = spelled(p.Proposal.Title)
	_, p.Page.State = proposalFate(p.Proposal, p.Now)
	return p
}

// open says whether something can still be decided.
func (p ProposalPage) open() bool {
	return p.Proposal.State == recovery.ProposalWaiting && p.Now < p.Proposal.Ends || p.Proposal.State == recovery.ProposalSigned
}

// proposalFate words the fate of a proposal. One whose time is over has expired,
// swept or not.
func proposalFate(p recovery.Proposal, now int64) (ui.Kind, string) {
	switch {
	case p.State == recovery.ProposalWaiting && now < p.Ends:
		return ui.Held, "Waiting for signatures"
	case p.State == recovery.ProposalWaiting, p.State == recovery.ProposalExpired:
		return ui.Stop, "Expired"
	case p.State == recovery.ProposalSigned:
		return ui.Held, "Signed, not in force yet"
	case p.State == recovery.ProposalInForce:
		return ui.OK, "In force"
	case p.State == recovery.ProposalDenied:
		return ui.Stop, "Rejected"
	case p.State == recovery.ProposalVetoed:
		return ui.Stop, "Vetoed"
	case p.State == recovery.ProposalFailed:
		return ui.Stop, "Failed"
	}
	return ui.Flat, "Withdrawn"
}

// fate says what became of the proposal, and who has decided.
func (p ProposalPage) fate() string {
	var names []string
	for _, g := range p.Signed {
		names = append(names, spelled(g.Name))
	}
	by, r := strings.Join(names, " and "), p.Proposal
	switch r.State {
	case recovery.ProposalWaiting:
		if p.Now >= r.Ends {
			return "It stopped waiting at " + recovery.UTC(r.Ends) + ". Nothing was changed."
		}
		if by == "" {
			return ""
		}
		return fmt.Sprintf("Signed by %s. %d signatures are needed.", by, r.Needed)
	case recovery.ProposalSigned:
		return "Signed by " + by + ". It comes into force at " + recovery.UTC(r.Effective) + " unless an auditor vetoes it."
	case recovery.ProposalInForce:
		return "Signed by " + by + ". In force since " + recovery.UTC(r.Effective) + "."
	case recovery.ProposalFailed:
		return "It could not come into force, and nothing was changed: " + r.Why
	}
	return "It ended at " + recovery.UTC(r.Decided) + ". Nothing was changed."
}

func (p ProposalPage) facts() []ui.Fact {
	filer := ui.Fact{Label: "Filed by", Value: spelled(p.Filer) + " (" + p.Proposal.FiledBy + ")"}
	if p.Proposal.FiledBy == "" {
		filer.Value = "the command line"
	}
	return []ui.Fact{filer, {Label: "Filed at", Part: ui.Time(p.Proposal.Filed, p.Zone)},
		{Label: "Signatures needed", Value: fmt.Sprint(p.Proposal.Needed)}, {Label: "Takes effect", Value: p.Proposal.Takes()},
		{Label: "Waits until", Part: ui.Time(p.Proposal.Ends, p.Zone)}, {Label: "SHA-256", Value: p.Proposal.Digest(), Code: true}}
}

func (p ProposalPage) receipts() []ui.SignedReceipt {
	var out []ui.SignedReceipt
	for _, g := range p.Signed {
		r := ui.SignedReceipt{Decision: ui.OK, Word: "Signed", By: spelled(g.Name), Key: g.KeyName, When: ui.Time(g.At, p.Zone), Statement: g.Statement, Digest: g.Digest,
			Verify: "countersign receipt verify " + g.File + " --log-key FILE", Download: "/proposals/" + g.Approval + "/receipt/" + g.ID}
		switch g.Decision {
		case recovery.Deny:
			r.Decision, r.Word = ui.Stop, "Rejected"
		case recovery.Veto:
			r.Decision, r.Word = ui.Stop, "Vetoed"
		}
		out = append(out, r)
	}
	return out
}
