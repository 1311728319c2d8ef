// Package ui holds the components that pages are made of, in templ. Run `go tool templ generate ./views/ui` after a change.
//
// # A page
//
//	templ Queue(p ui.Page, tickets []Ticket) {
//		@ui.StaffPage(p) {
//			@ui.Table("Tickets", []string{"Ticket", "Due"}, ui.HX(ctx, "id", "rows", "hx-get", "/queue/rows", "hx-trigger", "queue from:#live", "hx-swap", "outerMorph")) {
//				for _, t := range tickets { @ui.Row(t.Ref) { @ui.Cell("Ticket") { <a href=…>…</a> } … } }
//			}
//		}
//	}
//
//	StaffPage(Page) {…}   staff: Nav: ui.StaffNav("/queue"), SignOut, Stay, Ends, Live; loads js/app.js, countdown.js, queue.js with the nonce
//	PublicPage(Page) {…}  public, holders, approvals: larger text, one column, no htmx; name scripts in Page.Scripts ("js/passkey.js")
//
// The layouts draw skip link, Page.Ribbons, top bar, session notice, Page.Errors as the error summary, Page.Flash, the one h1
// (Heading or Title), Page.Lead, footer. Do not write a second h1. The title is "State: Title · Countersign", with "Error: "
// in front when there are Errors. Web sets Page.Asset (static.Assets.URL) and the nonce (templ.WithNonce); for fragments
// rendered without a layout WithAssets(ctx, url) gives icons their hashed name.
//
// # Forms
//
//	TextField(Field{Name, Label, Hint, Value, Error, Type, Autocomplete, InputMode})   one line; Error: ui.ErrorFor(p.Errors, "name")
//	TextArea(Field), Select(Field, []Option), Checkbox(Field), Radios(Field, []Option), CodeField(Field)
//	RequestID(id)                        hidden "request" of staff forms      Hidden(name, value)
//	Button(Primary|Plain|Danger, label)  ButtonNamed(kind, label, name, value)  LinkButton(kind, label, href)
//	PostButton(kind, label, action, requestID)  a whole form of one button     Actions() {…}  a row of buttons
//	Confirm(Confirming{Action, RequestID, Consequences, Label, Kind, Back}) {…}   "check before you …"
//	FilterBar(action, label) {…}  GET form      SearchBox(name, label, value)      Chips() { @Chip(label, removeHref) }
//	PasskeyForm(KeyForm{Create, Action, Begin, RequestID, NoKey, Review}) {…}      answered by a key; list "js/passkey.js"
//	KeylessButton(kind, label, action)   in a PasskeyForm: submits elsewhere without a key
//
// A PasskeyForm posts its fields to Begin, which answers {"id": challenge id, "options": {"publicKey": …}, "statement": text},
// or {"location": path}, or a problem {"title", "detail"} with 4xx. Then the key is asked and the form goes to Action with the
// fields "challenge" (the id) and "response" (the credential as JSON) and the pressed button's name and value. With Review the
// statement is shown first and a second press ("Sign this with your security key") asks the key: what you see is what you sign.
//
// # States and times
//
//	Status(OK|Warn|Stop|Info|Held|Flat, word)  TicketStatus(stateID)  Message(kind, text) announced  Notice(kind, title) {…}
//	Time(us, zone) in full with zone: holders, approvals   Since(us, now, zone) "4 minutes ago": lists of staff
//	Due(Deadline{Label, At, Now, Zone, Speak})  kept current by js/countdown.js; Speak announces 5 min, 1 min, 0
//	Stamp, Clock, Ago: the same as strings. Times are microseconds UTC; a nil zone is UTC.
//
// # Lists
//
//	ViewList(label, []View)  Table(caption, columns, attrs) {…}  Row(id) {…}  Cell(label) {…}  CellText(label, text)
//	Cards() { @CardRow(title, href, tag) {…} }  Pager(newer, older)  Empty(title) {…}
//
// # Work and proof
//
//	Columns() { <div>…</div> <div>…</div> }  Panel(id, title) {…}  TaskList([]Task)  StepPanel(n, title, why) {…}  Say(text)
//	Facts([]Fact)  Evidence([]EvidenceItem)  Diff(title, []Change)  Timeline([]Happening)  Help(id, title) {…}
//	Statement(text)  Receipt(SignedReceipt)  PasskeyCard(PasskeyItem) {…}  Reference(code)
//	CodeGrid(CodeSheet)  list "js/copy.js" in Page.Scripts; Audit is told act=copy|download|print
//
// # Rules
//
// No style attributes, no inline scripts, no handlers: the policy blocks them and the gallery test finds them. Text that people
// wrote goes through Fact.Value, CellText or <bdi>; ids and codes are <code dir="ltr">. htmx attributes only through HX, which
// adds the nonce. Words follow docs: you and we, present tense, what happened and what to do.
package ui
