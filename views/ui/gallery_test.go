package ui

import (
	"context"
	"io"
	"time"

	"github.com/a-h/templ"
)

// now is a fixed moment: 21 Nov 2026, 14:10 UTC.
var now = time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC).UnixMicro()

const minute = int64(60_000_000)

// hostile is what a person might type to break out of the page.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

// with renders parent around children, as a templ file would.
func with(parent templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return parent.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

func text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<p>"+templ.EscapeString(s)+"</p>")
		return err
	})
}

func samplePage() Page {
	return Page{
		Title: "Components", State: "Open", Heading: "Every component", Lead: "What the pages are made of.",
		Instance: "Northfield recovery desk", Version: "0.1.0", Environment: "Demo",
		Now: now, RequestID: "req-1",
		Ribbons: []Ribbon{{Kind: "demo", Clock: "/demo/clock"}},
	}
}

func staffGallery(who string) templ.Component {
	p := samplePage()
	p.User = &User{Name: who, Roles: []string{"agent", "approver"}}
	p.Nav = StaffNav("/queue")
	p.Nav[2].Count = "3"
	p.SignOut, p.Stay, p.Ends, p.Live = "/session/end", "/session/renew", now+15*minute, "/live"
	p.Ribbons = append(p.Ribbons, Ribbon{Kind: "founding"})
	p.Flash = &Flash{OK, "Ticket K7QP-2M9X is open. The holder was told at two addresses."}
	return with(StaffPage(p), staffParts(who)...)
}

func staffParts(who string) []templ.Component {
	return []templ.Component{
		ViewList("Views", []View{{"Mine", "/queue?view=mine", "4", true}, {"Unassigned", "/queue?view=free", "12", false},
			{"Waiting for my approval", "/queue?view=approve", "3", false}, {"Review due", "/queue?view=review", "1,000+", false}}),
		with(FilterBar("/queue", "Filter tickets"), SearchBox("q", "Search", who),
			Select(Field{Name: "state", Label: "State"}, []Option{{Value: "", Label: "Any"}, {Value: "proofing", Label: "Proofing", Selected: true}})),
		with(Chips(), Chip("State: Proofing", "/queue"), Chip("Ignored: foo", "")),
		sampleTable(who),
		Pager("/queue?after=a", "/queue?before=b"),
		with(Empty("Nothing is waiting."), text("Next expiry 14:20 UTC.")),
		with(Cards(), with(CardRow(who, "/approvals/1", Status(Held, "Waiting for you")), Due(Deadline{Label: "Window ends", At: now + 22*minute, Now: now}))),
		with(Columns(), with(plainDiv(), stepPart(who), confirmPart()), with(plainDiv(), sidePart(who))),
	}
}

func plainDiv() templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		io.WriteString(w, "<div>")
		if err := templ.GetChildren(ctx).Render(templ.ClearChildren(ctx), w); err != nil {
			return err
		}
		_, err := io.WriteString(w, "</div>")
		return err
	})
}

func sampleTable(who string) templ.Component {
	row := func(id, state string, left int64) templ.Component {
		return with(Row(id),
			with(Cell("Ticket"), templ.Raw(`<a href="/tickets/`+id+`"><code dir="ltr">`+id+`</code></a>`)),
			CellText("Person", who), CellText("Tier", "Reset"),
			with(Cell("State"), TicketStatus(state)),
			with(Cell("Due"), Due(Deadline{Label: "Code expires", At: now + left, Now: now, Speak: left > 0})))
	}
	return with(Table("Tickets", []string{"Ticket", "Person", "Tier", "State", "Due"}, HX(context.Background(), "id", "rows")),
		row("K7QP-2M9X", "proofing", 9*minute), row("M9X4-TRC8", "waiting-approval", 40*minute),
		row("WV3N-HJD6", "lapsed", -minute), row("YBA6-K7QP", "closed", 3000*minute), row("T4RC-8WV3", "denied", 300*minute))
}

func stepPart(who string) templ.Component {
	return with(StepPanel(3, "Call back on the number from HR", "A caller can choose what they say, not which phone rings."),
		Say("I am going to call you back on the number we have on record. Stay near that phone."),
		Facts([]Fact{{Label: "Number on record", Value: "+49 … 47", Code: true}, {Label: "Person", Value: who}, {Label: "Opened", Part: Time(now, nil)}}),
		Radios(Field{Name: "outcome", Label: "What happened?", Hint: "Record what you saw, not what you think.", Error: "Choose what happened."}, []Option{
			{Value: "passed", Label: "They answered and confirmed the reference", Selected: true},
			{Value: "failed", Label: "Someone else answered", Hint: "The ticket goes to a reviewer."},
			{Value: "not-possible", Label: "Not possible", Hint: "The policy's other path opens."}}),
		TextArea(Field{Name: "note", Label: "Note", Value: who}),
		Checkbox(Field{Name: "told", Label: "I read the script word for word"}),
		with(Actions(), Button(Primary, "Record the outcome"), LinkButton(Plain, "Hold", "/tickets/K7QP-2M9X/hold"), ButtonNamed(Danger, "I am being pressured", "flag", "pressure")),
		with(Help("help-callback", "Why call back?"), text("The number comes from HR and cannot be edited here.")))
}

func confirmPart() templ.Component {
	return with(Confirm(Confirming{Action: "/tickets", RequestID: "req-2", Label: "Open this ticket", Kind: Primary, Back: "/tickets/new",
		Consequences: []string{"The holder is told at 2 addresses.", "Email is blocked as a proof, because the caller came by email."}}), text("Policy: device-loss, standard."))
}

func sidePart(who string) templ.Component {
	return templ.Join(
		TaskList([]Task{{"Code to the registered email", "/x/1", "", OK, "Passed", false}, {"Password", "/x/2", "", Stop, "Failed", false},
			{"Live video with a cue", "/x/3", "", Info, "In progress", true}, {"Ask for approval", "", "Opens when step 3 has passed", Flat, "Cannot start yet", false}}),
		Evidence([]EvidenceItem{{"Code to the registered email", OK, "Passed", "the system", Since(now-5*minute, now, nil), who, ""}}),
		Timeline([]Happening{{Time(now, nil), who, "opened the ticket", Info, ""}, {Time(now+minute, nil), "", "The notice was accepted by the mail server", OK, hostile}, {Time(now+2*minute, nil), "Bo Lind", "held the ticket", Held, "Waiting for HR"}}),
		with(Panel("risk", "Risk"), Status(Warn, "High"), with(Notice(Warn, "Third ticket in 30 days"), text("The last two were denied."))),
	)
}

func publicGallery(who string) templ.Component {
	p := samplePage()
	p.Title, p.Heading, p.Lead = "Approve a reset", "Approve a reset for "+who+"?", "Read all of it. Your key signs this text."
	p.Scripts = []string{"js/passkey.js", "js/copy.js", "js/countdown.js"}
	p.HelpLine = "Help desk: room 1.12, Mon to Fri 8:00 to 17:00"
	p.Ribbons = []Ribbon{{Kind: "practice"}}
	p.Errors = []FieldError{{"reason", "Give your reason."}, {"code", "There is a typing mistake in this code. Check it again; this did not count as a try."}, {"", "This request changed at 13:51."}}
	return with(PublicPage(p), publicParts(p, who)...)
}

func publicParts(p Page, who string) []templ.Component {
	statement := "countersign/approval/v1\nticket:    K7QP-2M9X revision 4\ndecision:  approve\nremoved:   Pixel 9 (passkey)\ngranted:   one recovery session of 30 minutes\nreason:    " + who
	return []templ.Component{
		Due(Deadline{Label: "You can decide until", At: now + 12*minute, Now: now, Speak: true}),
		Statement(statement),
		Diff("Changed since you last looked", []Change{{"Removed", "Pixel 9", "Pixel 9, Blue 5C"}, {"Reason", "", who}}),
		with(PasskeyForm(KeyForm{Action: "/approvals/1", Begin: "/approvals/1/challenge", RequestID: "r3", NoKey: "No key was used, so nothing was approved.", Review: true}),
			TextField(Field{Name: "reason", Label: "Your reason", Hint: "The holder and the auditors read it.", Error: ErrorFor(p.Errors, "reason"), Value: who, Required: true}),
			with(Actions(), ButtonNamed(Primary, "Approve with security key", "decision", "approve"), ButtonNamed(Danger, "Deny with security key", "decision", "deny"), KeylessButton(Plain, "Ask a question", "/approvals/1/question"))),
		CodeField(Field{Name: "code", Label: "Backup code", Hint: "25 letters and numbers, like K7QP2-M9X4T-RC8WV-N3HJD-6YBA6.", Error: ErrorFor(p.Errors, "code"), Value: "k7qp2-m9x4t"}),
		Receipt(SignedReceipt{OK, "Approved", who, "Blue 5C", Time(now, nil), statement, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "countersign receipt verify receipt.json --log-key log.pub", "/approvals/1/receipt"}),
		with(PasskeyCard(PasskeyItem{who, "Passkey on a security key", "Example Key 5C", Time(now, nil), nil, "", Status(OK, "In use")}), PostButton(Danger, "Remove this key", "/me/keys/1/remove", "r4")),
		CodeGrid(CodeSheet{SetID: "7C2M", Expires: Time(now+259200*minute, nil), Audit: "/me/codes/pressed", HowTo: "Use one at the recovery page, with your password.",
			Codes: []string{"K7QP2-M9X4T-RC8WV-N3HJD-6YBA6", "0Q8ZV-1M4XT-7C2WV-93HJD-2YBA6", "HJD6Y-BA6K7-QP2M9-X4TRC-8WVN3"}}),
		Reference("K7QP-2M9X"),
		Message(Held, "We wait until the notice has been accepted at one of your addresses."),
	}
}
