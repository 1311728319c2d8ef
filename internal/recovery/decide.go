package recovery

import (
	"strconv"
	"strings"
)

// Case is everything that a decision of the policy rests on. It is pure data:
// the same case gives the same decision, on every page and years later.
type Case struct {
	Event      EventID
	Population Population // the row (Account.Row)
	Way        string     // id of the chosen way; "" is the first at Place
	Place      Place      // "" is wherever the way is
	Extra      Extra      // what this account's and this caller's past adds
	Threat     bool       // raised-threat mode is on (R25)
	Phishable  bool       // self-service: no phishing-resistant factor beside the codes
	Incident   bool       // an open incident lists the account's group
	Trip       bool       // a registered travel window is open
	Pool       string     // group of approvers that the holder named for it, "" any
	Ended      bool       // the contract has ended
	Hired      bool       // the first day of work is known to the directory and within 14 days
	FirstDay   int64      // that day, 0 unknown; for the words of a refusal
	HadFactor  bool       // the account has, or once had, a way to sign in that this ticket did not bring
	Inventory  bool       // the new key comes from the company's inventory
	OwnerGone  bool       // the owner of a service account has left: every own account has ended
	Enrolled   Level      // proofing of the first enrolment, which a repeated one must reach (ASVS 6.4.4); "" where nobody recorded it
	InPerson   InPerson   // named wherever there is no other way (R60)
}

// Reason is one "because" of a decision. Public says that the account holder may
// read it: thresholds, cooldowns and risk never leak to callers (R3).
type Reason struct {
	Text   string
	Source string // path in the policy file
	Public bool
}

// Ruling is what the policy says about a case. Refusal is set, with where to go
// instead, when it offers nothing; everything else is the way as it has become.
type Ruling struct {
	Refusal  *Refusal
	Way      Way
	Workflow Workflow
	// Approvers is how many sign; Groups of how many groups; From a group that is
	// among them, "" for any.
	Approvers, Groups int64
	From              string
	Because           []Reason

	raised bool // a level was asked for once
}

// Tier of what is given (R6).
func (d Ruling) Tier() Tier { return d.Way.Tier() }

// Public lists the sentences that the account holder may read.
func (d Ruling) Public() []string { return d.sentences(true) }

// Sentences lists all of them, for staff and statements.
func (d Ruling) Sentences() []string { return d.sentences(false) }

func (d Ruling) sentences(public bool) []string {
	var out []string
	for _, r := range d.Because {
		if r.Public || !public {
			out = append(out, r.Text)
		}
	}
	return out
}

// Decide says what the policy asks of a case and why.
func Decide(p Policy, all Workflows, c Case) Ruling {
	cell := p.Cell(c.Event, c.Population)
	path := "rows." + string(c.Event) + "." + string(c.Population)
	w, ok := cell.Way(c.Way, c.Place)
	if !ok {
		return elsewhere(cell, c, path)
	}
	path += "." + w.ID
	d := Ruling{Way: w, Because: make([]Reason, 0, 4+len(w.Also))}
	d.because(path, true, c.Event.Words()+", "+string(c.Population)+" account: "+w.Words(c.Event)+".")
	for _, also := range w.Also {
		d.because(path+".also", demandWords[also].Public, demandWords[also].Text)
	}
	d.quorum(p)
	if c.Pool != "" {
		d.because("travel", false, "The holder named the group "+c.Pool+" to approve on this journey: whoever of it is on shift is asked first.")
	}
	d.tighten(p, all, c)
	if d.Workflow.ID == "" {
		d.Workflow = all[d.Way.Workflow]
	}
	for _, at := range p.excuses {
		d.deviates(p, at, path)
	}
	refusal, public := unmet(d.Way, c)
	if d.Refusal = refusal; refusal != nil {
		d.because(path+".also", public, refusal.Text)
	}
	return d
}

// deviates says, for staff, that something the ruling rests on is a recorded
// deviation, on every approval.
func (d *Ruling) deviates(p Policy, at, path string) {
	if !under(path, at) && !under(at, path) && at != "approvals."+string(d.Way.Approvals) {
		return
	}
	v := p.Deviations[at]
	d.because("deviations."+at, false, p.Name+": "+v.Rationale+" ("+v.Owner+", until "+string(v.Until)+")")
}

// elsewhere answers for a row, or a place in it, that is not offered.
func elsewhere(cell Cell, c Case, path string) Ruling {
	d := Ruling{}
	text := "The policy offers no recovery for " + strings.ToLower(c.Event.Words()) + " of a " + string(c.Population) + " account here."
	next := c.InPerson.Words()
	switch {
	case cell.Instead != "":
		next = cell.Instead
		path += ".instead"
	case len(cell.Ways) > 0:
		text = "This recovery is not done here."
		next = placeWords[cell.Ways[0].Place]
	}
	d.Refusal = Refuse("event-not-offered", text, next)
	d.because(path, true, text+" "+next)
	return d
}

var placeWords = map[Place]string{
	AtDesk:  "The help desk opens a ticket for it.",
	OnPages: "The holder does it on the recovery page.",
	AtMe:    "The holder, or the owner, does it with a working sign-in method on the account page.",
}

func (d *Ruling) because(source string, public bool, text string) {
	d.Because = append(d.Because, Reason{Text: text, Source: source, Public: public})
}

// quorum turns A0, A1, A2 into people and groups, and says so.
func (d *Ruling) quorum(p Policy) {
	q := p.Quorums[d.Way.Approvals]
	d.Approvers, d.Groups, d.From = max(d.Approvers, q.Approvers), max(d.Groups, q.Groups), or(d.From, q.From)
	if q.Extra.span() > d.Way.Window.span() {
		d.Way.Window = q.Extra
	}
	path := "approvals." + string(d.Way.Approvals)
	d.because(path, true, q.Words())
	if !d.Way.Window.Zero() {
		d.because(path, true, "The holder can object for "+d.Way.Window.Words()+".")
	}
}

// Words says who decides.
func (q QuorumRule) Words() string {
	text := ""
	switch q.Approvers {
	case 0:
		return "Nobody else decides."
	case 1:
		text = "One approver decides"
	case 2:
		text = "Two approvers decide"
	default:
		text = strconv.FormatInt(q.Approvers, 10) + " approvers decide"
	}
	if q.Groups > 1 {
		text += ", of different groups"
	}
	if q.From != "" {
		text += ", one of them from " + q.From
	}
	return text + "."
}

// tighten adds what the past of the account and of the caller, pressure and
// raised-threat mode ask for (policy-defaults, "What makes it stricter").
// Nothing here can take anything away, and none of it is for the caller to read.
func (d *Ruling) tighten(p Policy, all Workflows, c Case) {
	if d.Way.Place != AtDesk {
		return
	}
	x, base := c.Extra.Under(p), d.Approvers
	for _, risk := range x.Risks() {
		d.because("stricter", false, risk)
	}
	if x.SecondReset || x.DeniedBefore || x.FailedBefore {
		d.again(p, all, x)
	}
	if x.Further() && d.Approvers <= base {
		d.Approvers = base + 1
		d.because("stricter", false, "Therefore one more approver signs.")
	}
	if c.Threat {
		d.because("raised-threat", false, "Raised-threat mode is on.")
	}
	if c.Enrolled.Above(d.Way.Proof) {
		d.because("levels", false, "Enrolment was proofed at "+string(c.Enrolled)+", which a repeated proofing reaches as well.")
	}
	if c.Threat || x.SourceFailed || c.Enrolled.Above(d.Way.Proof) {
		d.raise(all, base)
	}
}

// again: a second recovery is one level up or A2; after a denial, a Stop or a
// failure it is both.
func (d *Ruling) again(p Policy, all Workflows, x Extra) {
	base, two := d.Approvers, p.Quorums[A2]
	if d.Way.Approvals != A2 && (two.Approvers > base || two.Groups > d.Groups || two.Extra.span() > d.Way.Window.span()) {
		d.Way.Approvals = A2
		d.because("stricter.second-reset-within", false, "Therefore the row asks for A2.")
		d.quorumOf(p)
		if !x.DeniedBefore && !x.FailedBefore {
			return
		}
	}
	d.raise(all, base)
}

// quorumOf is quorum without its public words, for what callers must not learn.
func (d *Ruling) quorumOf(p Policy) {
	n := len(d.Because)
	d.quorum(p)
	for i := range d.Because[n:] {
		d.Because[n+i].Public = false
	}
}

// raise asks for one level more, once. Where no workflow reaches it, one approver
// more than the row's signs instead: a further one on top would be nobody.
func (d *Ruling) raise(all Workflows, base int64) {
	if d.raised {
		return
	}
	d.raised = true
	up, ok := all[all[d.Way.Workflow].Raised]
	switch {
	case ok && up.Level.Above(d.Way.Proof):
		d.Way.Proof, d.Way.Workflow, d.Workflow = up.Level, up.ID, up
		d.because("stricter", false, "Proofing is raised to "+string(up.Level)+" ("+up.Name+").")
	case d.Approvers <= base:
		d.Approvers = base + 1
		d.because("stricter", false, "No stronger proofing exists for this row, so one more approver signs.")
	default:
		d.because("stricter", false, "No stronger proofing exists for this row; one more approver signs already.")
	}
}

// Words says what a way takes and gives because of an event, for the account
// holder too.
func (w Way) Words(e EventID) string {
	gives := artefactWords(w)
	if e == FirstEnrolment && w.Artefact == FactorGone {
		gives = "the first sign-in method is enrolled"
	}
	return "proofing " + string(w.Proof) + " " + wherePlaces[w.Place] + ", then " + gives
}

var wherePlaces = map[Place]string{AtDesk: "at the desk", OnPages: "on the recovery page", AtMe: "at the account page"}

var artefactNames = map[Artefact]string{BackupCode: "a backup code opens a new enrolment", SentCode: "a code sent to a registered address opens a new enrolment",
	FactorGone: "the lost sign-in method is replaced", PassSession: "a Pass", Binding: "a new device is bound beside the working one",
	LeasedKey: "a leased credential", LoanKey: "a key on loan"}

func artefactWords(w Way) string {
	name := artefactNames[w.Artefact]
	if !w.Life.Zero() {
		name += " for at most " + w.Life.Words()
	}
	if w.AAL != 0 {
		name += ", up to AAL" + strconv.FormatInt(w.AAL, 10)
	}
	if !w.ReEnrol.Zero() {
		name += ", new enrolment within " + w.ReEnrol.Words()
	}
	return name
}

// Words is the event as pages write it.
func (e EventID) Words() string { return eventWords[e] }

var eventWords = map[EventID]string{DeviceLoss: "Device lost or stolen", DeviceReplacement: "Device replaced, the old one works", FactorReset: "Sign-in method broken, nothing left",
	AccountRebind: "Account moves to another identity record", Travel: "Travel", Emergency: "Emergency during an incident",
	SuspectedTakeover: "Suspected takeover", FirstEnrolment: "First enrolment", ServiceAccountFallback: "Service account fallback"}
