package staff

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"countersign/internal/recovery"
	"countersign/views/ui"
)

// eventOption is an event as "New ticket" offers it; elsewhere says where to go
// when the desk does not.
type eventOption struct {
	id    recovery.EventID
	label string
	hint  string
}

var eventOptions = []eventOption{
	{recovery.DeviceLoss, "Device with the passkey is gone", "Lost or stolen phone, laptop or key."},
	{recovery.DeviceReplacement, "New device, the old one works", "No ticket: the holder signs in at /me with the old device."},
	{recovery.FactorReset, "Sign-in method broken, nothing left", "Nothing of the holder signs in any more."},
	{recovery.AccountRebind, "Account moves to another person record", "Merge, returning leaver, disputed owner. The holder can object for a day."},
	{recovery.Travel, "Travelling without the usual device", "The holder registered the journey at /me beforehand."},
	{recovery.Emergency, "Emergency", "Needs an open incident that lists the account."},
	{recovery.SuspectedTakeover, "Someone else may be in the account", "Phished, or a mailbox or number in other hands. The link \"this was not me\" in any notice stops a recovery at once."},
	{recovery.FirstEnrolment, "First set-up of the account", "Within 14 days of the first day of work: in person, or by video with the sponsor."},
	{recovery.ServiceAccountFallback, "Service account cannot sign in", "Its owner goes to security with it."},
}

func eventName(id recovery.EventID) string {
	for _, e := range eventOptions {
		if e.id == id {
			return e.label
		}
	}
	return string(id)
}

func events() []ui.Option {
	out := make([]ui.Option, len(eventOptions))
	for i, e := range eventOptions {
		out[i] = ui.Option{Value: string(e.id), Label: e.label, Hint: e.hint}
	}
	return out
}

func intakes() []ui.Option {
	labels := map[recovery.Intake]string{recovery.ByPhone: "They called", recovery.ByMail: "By mail", recovery.ByChat: "By chat", recovery.OnSite: "They are here"}
	out := make([]ui.Option, len(recovery.Intakes))
	for i, n := range recovery.Intakes {
		out[i] = ui.Option{Value: string(n), Label: labels[n]}
	}
	return out
}

// intakeWords is how a request came in, with its source masked.
func intakeWords(n recovery.Intake, from recovery.Source) string {
	if masked := from.Masked(); masked != "" {
		return string(n) + ", " + masked
	}
	return string(n)
}

func deviceWords(f recovery.Facts) string {
	return or(f.Words(), "no device")
}

func ticketPath(ref string) string { return "/tickets/" + url.PathEscape(ref) }

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// due is the ticket's next deadline of any kind, nothing when it has none.
func due(t recovery.Ticket, p ui.Page, speak bool) templ.Component {
	if t.Next <= p.Now { // a code or a proof that is over since nothing happened; the state's own end counts
		t.Next, t.NextWhat = t.Due, t.DueWhat
	}
	if t.Next == 0 {
		return ui.Status(ui.Flat, "No deadline")
	}
	return ui.Due(ui.Deadline{Label: dueWords[t.NextWhat], At: t.Next, Now: p.Now, Zone: p.Zone, Speak: speak})
}

var dueWords = map[string]string{
	"proofing": "Proofing ends", "approval": "Request waits until", "notice": "Notice must be taken by", "execution": "Executed by", "directory": "Directory answers by", "collecting": "Holder has until",
	"code": "Code works until", "proof": "Proofs count until", "window": "Runs from", "hold": "On hold until", "parked": "Waits for the holder until", "return": "Waits for the holder until", "back": "Holder can come back from",
	"review": "Review due", "enrol": "New passkey by", "re-enrol": "Re-enrol by", "binding": "Code works until", "binding-number": "Number is due by", "letters": "Letters due", "closing": "Close by",
}

func riskWords(t recovery.Ticket) (ui.Kind, string) {
	if t.ApprovalsNeeded > 1 {
		return ui.Warn, "Raised"
	}
	return ui.Flat, "Usual"
}

// happened are ledger kinds in words, for timelines.
var happened = map[recovery.EventKind]string{
	recovery.TicketOpened: "opened the ticket", recovery.TicketClaimed: "A browser claimed the ticket with its reference",
	recovery.ClaimReleased: "released the claim; proofs and approvals are void", recovery.TicketWithdrawn: "withdrew the ticket",
	recovery.TicketExpired: "The time for proofing ended", recovery.TicketPressured: "asked for a second approver", recovery.LeaseTaken: "took the ticket over", recovery.TicketHanded: "handed the ticket over", recovery.TicketHeld: "put the ticket on hold",
	recovery.TicketResumed: "went on with the ticket",
	recovery.TicketParked:  "parked the ticket; the account is locked", recovery.CodeShown: "The recovery page showed the continuation code", recovery.TicketContinued: "The holder went on with the parked ticket",
	recovery.ResetAwaits: "The time to object is over; the reset waits for the holder", recovery.HolderCameBack: "The holder is back on the recovery page",
	recovery.CallBegun: "began a call-back and was shown the number", recovery.CallWords: "The recovery page showed words", recovery.CallUnanswered: "was not answered on a call-back",
	recovery.CallLooked: "The call was looked up on the reverse check page", recovery.CallMatched: "took the words of the reverse check page", recovery.CallUnknown: "A match code that had ended was typed", recovery.CallRefused: "A match code or its words were refused",
	recovery.VouchAsked: "asked somebody to vouch", recovery.VouchSaid: "A voucher answered", recovery.VouchRefused: "A voucher's answer was refused",
	recovery.CheckBegun: "opened an identity check", recovery.CheckRefused: "A result of an identity check was refused",
	recovery.AssistantNoted: "noted an interpreter or assistant",
	recovery.TicketNoted:    "wrote a note", recovery.CodeSent: "sent a code", recovery.ProofPassed: "A step was passed", recovery.ProofRefused: "A proof was refused",
	recovery.ProofImpossible: "recorded a way as not possible", recovery.WorkflowChanged: "The ticket goes on by another workflow", recovery.SignalAdded: "recorded what the caller knew",
	recovery.RunFailed: "The proofing failed", recovery.TicketRefused: "was refused", recovery.ApprovalAsked: "asked for approval",
	recovery.ApprovalBegun: "read the statement", recovery.ApprovalDecided: "signed a decision", recovery.ApprovalComplete: "The reset is approved",
	recovery.ApprovalDrawn: "An approver was drawn", recovery.ApprovalVoided: "The request is void", recovery.RequestWithdrawn: "took the request back",
	recovery.CodesRetired: "The backup codes were retired", recovery.CodesSuspended: "The backup codes were put to sleep", recovery.FactorSuspended: "A sign-in method was suspended",
	recovery.EmergencyAsked: "Every approver was told", recovery.EmergencyClimbed: "The administrators were told that nobody answered", recovery.EmergencyAnswered: "Nobody else has to be told",
	recovery.ApprovalDenied_: "The request was denied", recovery.ApprovalRefused: "was refused as approver", recovery.ApprovalTimedOut: "The request stopped waiting",
	recovery.ResetOrdered: "The reset was ordered", recovery.ResetExecuted: "The old sign-in methods were suspended", recovery.ResetFailed: "The reset failed",
	recovery.RecoveryOpened: "The last proof held; the holder may enrol", recovery.RecoveryDone: "The holder set up a new passkey", recovery.RecoveryLapsed: "The recovery ended without a new passkey",
	recovery.RecoveryRefused: "A proof was refused", recovery.Stopped: "\"This was not me\": everything is frozen", recovery.ReviewDue: "A review is due",
	recovery.Reviewed: "reviewed the ticket", recovery.ReviewConcern: "reviewed the ticket and raised a concern", recovery.ReviewRefused: "was refused as reviewer",
	recovery.PassOpened: "The last proof held; the Pass is open", recovery.PassOver: "The Pass is over; a new sign-in method is still due", recovery.PassRevoked: "revoked the Pass", recovery.PassRefused: "was refused to revoke it",
	recovery.GrantReady: "Nothing was taken away; the holder goes on", recovery.BindingShown: "The holder was shown a code for the new device", recovery.BindingUsed: "A device used the code",
	recovery.BindingConfirmed: "The holder confirmed the number of the new device", recovery.BindingRefused: "A step towards the new device was refused", recovery.FactorRetired: "The replaced passkey was retired",
	recovery.ReEnrolOwed: "A new sign-in method is due", recovery.ReEnrolChased: "Holder and manager were told that a new sign-in method is due",
	recovery.ReEnrolMet: "A sign-in method of the asked strength was set up", recovery.ReEnrolLate: "No new sign-in method was set up in time: the account is locked",
	recovery.TicketClosed: "closed the ticket", recovery.LetterDone: "ticked off a letter", recovery.NoticeAccepted: "A notice was taken by the next mail hop",
	recovery.NoticeFailed: "A notice could not be delivered", recovery.BackupRedeemed: "A backup code was used", recovery.PairComplete: "Code and password are complete",
}

func happenedWords(kind string) string { return or(happened[recovery.EventKind(kind)], kind) }

func happenedKind(kind string) ui.Kind {
	switch recovery.EventKind(kind) {
	case recovery.ProofPassed, recovery.ApprovalComplete, recovery.RecoveryDone, recovery.Reviewed, recovery.TicketClosed, recovery.NoticeAccepted:
		return ui.OK
	case recovery.RunFailed, recovery.Stopped, recovery.ApprovalDenied_, recovery.TicketExpired, recovery.ResetFailed:
		return ui.Stop
	case recovery.ReviewConcern, recovery.NoticeFailed, recovery.TicketPressured:
		return ui.Warn
	}
	if strings.HasSuffix(kind, ".refused") {
		return ui.Warn
	}
	return ui.Flat
}

// noticeNames are the kinds of message in words.
func noticeName(kind string) string {
	return or(map[string]string{
		"ticket-opened": "Opening notice", "issued-code": "Code", "approved": "Approval notice", "executed": "Execution notice", "completed": "Completion notice",
		"denied": "Denial notice", "expired": "Notice of the end", "failed": "Failure notice", "withdrawn": "Withdrawal notice", "held": "Notice of the hold", "parked": "Notice of the parking", "awaited": "Call to come back", "stopped": "Stop notice",
		"code-redeemed": "Notice of a used code", "codes-retired": "Notice of retired codes", "factor-suspended": "Suspension notice", "codes-made": "Notice of new codes",
	}[kind], kind)
}

func incidentOptions(all []recovery.Incident, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Label: "None"}}
	for _, i := range all {
		out = append(out, ui.Option{Value: i.ID, Label: i.Name, Selected: i.ID == chosen})
	}
	return out
}

// wayOptions are the ways of a row in the policy's words.
func wayOptions(all []recovery.Way, event recovery.EventID) []ui.Option {
	var out []ui.Option
	for _, w := range all {
		out = append(out, ui.Option{Value: w.ID, Label: w.Tier().Words() + " (" + w.ID + ")", Hint: w.Words(event)})
	}
	return out
}

// undoPath is "New ticket" for what undoes a stopped one: everything since it was
// opened is in doubt.
func (p TicketPage) undoPath() string {
	return "/tickets/new?" + url.Values{"account": {p.Ticket.Account}, "event": {string(recovery.SuspectedTakeover)},
		"since": {time.UnixMicro(p.Ticket.Opened).UTC().Format("2006-01-02T15:04")}}.Encode()
}
