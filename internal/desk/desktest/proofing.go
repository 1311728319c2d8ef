package desktest

import (
	"regexp"
	"strings"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// Found furnishes a house that runs real tickets, and gives the agent who opens
// them: two administrators, two approvers with two keys each (one of them on no
// shift) and a reviewer have signed the founding roster, with everybody who was
// staff before. A demo's house is born founded.
func (h *House) Found() desk.Actor {
	h.TB.Helper()
	admin := h.Staff("founder-1", recovery.Administrator)
	h.Staff("founder-2", recovery.Administrator)
	h.Staff("founder-3", recovery.Approver)
	h.Staff("founder-4", recovery.Reviewer)
	h.OffShift("founder-5", recovery.Approver)
	h.SpareKey("founder-3")
	h.SpareKey("founder-5")
	if !h.Desk.Settings.Demo {
		h.SignRoster(admin)
	}
	return h.Staff("agent", recovery.Agent)
}

// SignRoster lets an administrator file the founding roster, everybody on it sign
// it, and the mails about it go out.
func (h *House) SignRoster(admin desk.Actor) {
	h.TB.Helper()
	p, err := h.Desk.ProposeRoster(h.TB.Context(), admin)
	must(h.TB, err)
	page, err := h.Desk.ProposalPage(h.TB.Context(), admin, p.ID)
	must(h.TB, err)
	for _, who := range page.Subjects {
		must(h.TB, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: who.ID}, p.ID, recovery.Approve))
	}
	h.Work()
}

// DeviceLoss is a filled-in "New ticket" form for the account.
func DeviceLoss(account string) desk.NewTicket {
	return desk.NewTicket{Account: account, Event: recovery.DeviceLoss, Facts: recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked},
		Intake: recovery.ByPhone, Source: "+44 20 7946 0999", Reason: "Phone left on a train"}
}

// Opened is a ticket that the agent opened for a new account.
func (h *House) Opened(agent desk.Actor, account string) recovery.Ticket {
	h.TB.Helper()
	h.Account(account)
	t, err := h.Desk.OpenTicket(h.TB.Context(), agent, DeviceLoss(account))
	must(h.TB, err)
	return t
}

// Claimed is an opened ticket with the secret of the browser that claimed it.
func (h *House) Claimed(agent desk.Actor, account string) (recovery.Ticket, string) {
	h.TB.Helper()
	t := h.Opened(agent, account)
	secret, err := h.Desk.ClaimTicket(h.TB.Context(), desk.Actor{Kind: desk.Stranger}, t.Reference)
	must(h.TB, err)
	return t, secret
}

var eightDigits = regexp.MustCompile(`(?m)^\s*(\d{4} \d{4})\s*$`)

// Code reads the digits of the newest issued code of a ticket out of its mail.
func (h *House) Code(ticket string) string {
	h.TB.Helper()
	ctx := h.TB.Context()
	notices, err := h.Store.View().NoticesOf(ctx, ticket)
	must(h.TB, err)
	for i := len(notices) - 1; i >= 0; i-- {
		if notices[i].Kind != string(recovery.NoticeIssuedCode) {
			continue
		}
		j, err := h.Store.View().OpenJob(ctx, desk.JobMail, notices[i].ID)
		must(h.TB, err)
		m, err := h.Desk.Mail(ctx, j)
		must(h.TB, err)
		found := eightDigits.FindStringSubmatch(m.Text)
		if found == nil {
			h.TB.Fatalf("no code in the mail:\n%s", m.Text)
		}
		return strings.ReplaceAll(found[1], " ", "")
	}
	h.TB.Fatal("no code was sent")
	return ""
}

// usual is the method by which tests pass a step of the desk workflow.
var usual = map[recovery.StepID]recovery.Method{"code": recovery.ByMailCode, "second": recovery.ByPassword, "person": recovery.ByVideo}

// DeskSteps are the steps of the desk workflow of a standard account, in order.
func DeskSteps() []recovery.StepID { return []recovery.StepID{"code", "second", "person"} }

// Step passes one step of the desk workflow as agent and holder would.
func (h *House) Step(agent desk.Actor, t recovery.Ticket, secret string, id recovery.StepID) {
	h.TB.Helper()
	h.Prove(agent, t, secret, id, usual[id])
}

// Prove passes a step by a method as agent and holder would.
func (h *House) Prove(agent desk.Actor, t recovery.Ticket, secret string, id recovery.StepID, m recovery.Method) {
	h.TB.Helper()
	ctx, holder := h.TB.Context(), desk.Actor{Kind: desk.Stranger}
	seen := recovery.Comparison{Record: "HR-0042", Outcome: recovery.Match}
	if recovery.GuideOf(m).Document {
		seen.Badge, seen.Site = true, "Room 12"
		seen.Document = recovery.Document{Kind: "passport", Issuer: "Exampleland", Last4: "12AB"}
	}
	switch m {
	case recovery.ByMailCode:
		must(h.TB, h.Desk.SendCode(ctx, agent, t.Reference, id, m, t.Account+"-mail-1"))
		must(h.TB, h.Desk.EnterCode(ctx, holder, secret, h.Code(t.ID)))
	case recovery.ByPassword:
		must(h.TB, h.Desk.EnterPassword(ctx, holder, secret, Password))
	case recovery.ByVideo, recovery.ByVideoDocument, recovery.InPersonBadge:
		must(h.TB, h.Desk.Compare(ctx, agent, t.Reference, id, m, seen))
	default:
		h.TB.Fatalf("no test passes a step by %s yet", m)
	}
}
