package staff

import (
	"fmt"
	"strings"

	"countersign/internal/recovery"
	"countersign/views/ui"
)

// ApprovalSigned is one signed decision; File is the name of its receipt.
type ApprovalSigned struct {
	recovery.Signature
	Name, KeyName, Digest, File string
}

// Titled fills in title, state and the question that is the h1.
func (p ApprovalPage) Titled() ApprovalPage {
	p.Title = p.Facts.Ticket.Tier.Words() + " for " + spelled(p.Facts.Account.Name)
	_, p.Page.State = requestFate(p.Approval, p.Now)
	p.Heading = p.Title
	if p.waits() {
		p.Heading = "Approve a " + p.Title + "?"
	}
	return p
}

// waits says whether the request can still be decided.
func (p ApprovalPage) waits() bool {
	return p.Approval.State == recovery.ApprovalWaiting && p.Now < p.Approval.Ends
}

// requestFate words the fate of a request. One whose time is over has
// expired, swept or not.
func requestFate(a recovery.Approval, now int64) (ui.Kind, string) {
	switch {
	case a.State == recovery.ApprovalWaiting && now < a.Ends:
		return ui.Held, "Waiting for approval"
	case a.State == recovery.ApprovalWaiting, a.State == recovery.ApprovalExpired:
		return ui.Stop, "Expired"
	case a.State == recovery.ApprovalGiven:
		return ui.OK, "Approved"
	case a.State == recovery.ApprovalDenied:
		return ui.Stop, "Rejected"
	}
	return ui.Flat, "Void"
}

// fate says what became of the request, and whose signatures it carries.
func (p ApprovalPage) fate() string {
	var names []string
	for _, g := range p.Signed {
		names = append(names, spelled(g.Name))
	}
	by, a := strings.Join(names, " and "), p.Approval
	switch {
	case p.waits() && by == "":
		return ""
	case p.waits():
		return fmt.Sprintf("Signed by %s. %d signatures are needed.", by, a.Needed)
	case a.State == recovery.ApprovalExpired && p.Facts.Ticket.Event == recovery.Emergency:
		return "It stopped waiting at " + recovery.UTC(a.Ends) + ". Nobody answered, so it is refused. Another emergency is another ticket."
	case a.State == recovery.ApprovalWaiting, a.State == recovery.ApprovalExpired:
		return "It stopped waiting at " + recovery.UTC(a.Ends) + ". Nothing was approved. The agent asks again from the ticket."
	case a.State == recovery.ApprovalGiven:
		return "Approved by " + by + " at " + recovery.UTC(a.Decided) + ". The ticket is " + p.Facts.Ticket.State.Words() + "."
	case a.State == recovery.ApprovalDenied:
		return "Rejected by " + by + " at " + recovery.UTC(a.Decided) + ". This is final: another approver decides the next request for this account."
	}
	return "The ticket changed or the request was withdrawn at " + recovery.UTC(a.Decided) + ". What was signed for it counts no more."
}

func (p ApprovalPage) subject() []ui.Fact {
	t, a := p.Facts.Ticket, p.Facts.Account
	facts := []ui.Fact{
		{Label: "Account", Value: spelled(a.Name)}, {Label: "Account id", Value: a.ID, Code: true}, {Label: "Population", Value: string(a.Population)},
		{Label: "Department", Value: spelled(a.Department)}, {Label: "What happened", Value: eventName(t.Event) + " (" + deviceWords(t.Facts) + ")"},
		{Label: "Tier", Value: t.Tier.Words()}, {Label: "Ticket", Value: t.Reference, Code: true},
		{Label: "Who is told", Value: "the holder, at " + plural(int64(p.Told), "mail address", "mail addresses") + " on record"},
	}
	if p.InHand {
		facts = append(facts, ui.Fact{Label: "Opening notice", Value: "handed over in person by an agent of the ticket: no address of the account counts as a warning"})
	}
	if a.Baseline != 0 {
		facts = append(facts, ui.Fact{Label: "Known", Value: "by baseline since " + recovery.UTC(a.Baseline) + " only"})
	}
	return facts
}

func (p ApprovalPage) removed() []string {
	if !p.Facts.Ticket.TakesAway() {
		return []string{"nothing: a Pass leaves what there is"}
	}
	var out []string
	for _, f := range p.Facts.Removed {
		out = append(out, string(f.Kind)+" "+recovery.Quote(f.Name)+", added "+recovery.UTC(f.Added))
	}
	if p.Facts.Ticket.Event == recovery.FirstEnrolment {
		return []string{"nothing: the account never had a way to sign in"}
	}
	if len(out) == 0 {
		out = append(out, "no sign-in method: none but the password is live")
	}
	return append(out, "every session of the account and its whole backup code set")
}

func (p ApprovalPage) risks() []string {
	risks := p.Facts.Risks
	if p.Facts.Account.MailedLink != 0 {
		risks = append(risks[:len(risks):len(risks)], recovery.MailedLinkRisk)
	}
	return risks
}

func (p ApprovalPage) asked() []ui.Fact {
	return []ui.Fact{
		{Label: "Requester", Value: p.Facts.Requester()}, {Label: "Asked by", Value: spelled(p.Facts.AskedBy.Name)}, {Label: "Person id", Value: p.Approval.AskedBy, Code: true},
		{Label: "At", Part: ui.Time(p.Approval.Asked, p.Zone)}, {Label: "Their words", Value: recovery.Quote(p.Approval.Reason)},
	}
}

func (p ApprovalPage) evidence() []ui.EvidenceItem {
	var out []ui.EvidenceItem
	for _, e := range p.Facts.Evidence {
		item := ui.EvidenceItem{Step: proofTitle(e, recovery.Workflow{}), Kind: ui.OK, Outcome: "Passed", By: "the system", When: ui.Time(e.At, p.Zone), Label: ui.Ago(e.At, p.Now)}
		if e.Result != recovery.Passed {
			item.Kind, item.Outcome = ui.Stop, "Failed"
		}
		if e.By != "" {
			item.By, item.Label = spelled(p.Names[e.By]), item.Label+" · recorded by an agent, not checked by the system"
		}
		item.Detail = proofDetail(e)
		out = append(out, item)
	}
	return out
}

func proofDetail(e recovery.Evidence) string {
	var out []string
	for _, part := range []struct{ label, text string }{{"HR record", e.Record}, {"document", e.Document}, {"cue", e.Cue}, {"note", e.Note}} {
		if part.text != "" {
			out = append(out, part.label+" "+recovery.Quote(part.text))
		}
	}
	return strings.Join(out, "; ")
}

func (p ApprovalPage) receipts() []ui.SignedReceipt {
	var out []ui.SignedReceipt
	for _, g := range p.Signed {
		r := ui.SignedReceipt{Decision: ui.OK, Word: "Approved", By: spelled(g.Name), Key: g.KeyName, When: ui.Time(g.At, p.Zone), Statement: g.Statement, Digest: g.Digest,
			Verify: "countersign receipt verify " + g.File + " --log-key FILE", Download: "/approvals/" + g.Approval + "/receipt/" + g.ID}
		if g.Decision == recovery.Deny {
			r.Decision, r.Word = ui.Stop, "Rejected"
		}
		out = append(out, r)
	}
	return out
}

// spelled is a name with everything invisible or steering spelled out, so that
// it cannot reorder the sentence around it (class B22).
func spelled(name string) string {
	q := recovery.Quote(name)
	return q[1 : len(q)-1]
}
