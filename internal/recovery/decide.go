package recovery

import (
	"fmt"
	"slices"
	"strings"
)

// Case is everything that a decision of the policy rests on. It is pure data:
// the same case gives the same decision, on every page and years later.
type Case struct {
	Event      EventID
	Population Population // the row (Account.Row)
	Way        string     // id of the chosen way; "" is the first at Place
	Place      Place
	Extra      Extra    // what this account's and this caller's past adds
	Threat     bool     // raised-threat mode is on (R25)
	Phishable  bool     // self-service: no phishing-resistant factor beside the codes
	Incident   bool     // an open incident lists the account's group
	Trip       bool     // a registered travel window is open
	Ended      bool     // the contract has ended
	Hired      bool     // HR start date within 14 days, or not known to the directory
	InPerson   InPerson // named wherever there is no other way (R60)
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
	d := Ruling{Way: w}
	d.because(path, true, "%s, %s account: %s.", c.Event.Words(), c.Population, w.Words())
	if d.Refusal = unmet(w, c); d.Refusal != nil {
		d.because(path+".also", true, "%s", d.Refusal.Text)
	}
	for _, also := range w.Also {
		d.because(path+".also", true, "%s", demandWords[also])
	}
	d.quorum(p)
	d.tighten(p, all, c)
	if d.Workflow.ID == "" {
		d.Workflow = all[d.Way.Workflow]
	}
	return d
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
	d.because(path, true, "%s %s", text, next)
	return d
}

var placeWords = map[Place]string{
	AtDesk:  "The help desk opens a ticket for it.",
	OnPages: "The holder does it on the recovery page.",
	AtMe:    "The holder, or the owner, does it with a working sign-in method on the account page.",
}

// demandWords are the sentences of demands.
var demandWords = map[Demand]string{
	NeedSponsor:      "The account's sponsor vouches for the holder.",
	NeedContract:     "The contract must not have ended.",
	NeedStrongKey:    "The working sign-in method is phishing-resistant.",
	NeedSecondKey:    "A second security key of the holder is asserted as well.",
	NeedIncident:     "An open incident lists the account's group.",
	NeedWindow:       "A travel window that the holder registered beforehand is open.",
	NeedOwner:        "The owner agrees with an own sign-in method.",
	NeedHired:        "The start date in the directory is within 14 days.",
	NeedConsistency:  "The person is shown to be the one the account was made for (SP 800-63B-4 §4.2.1.4).",
	NeedOnSite:       "On site is preferred.",
	NeedNoNewDevice:  "It is for the time in which the holder has no new device.",
	NeedDistrust:     "Everything that was changed since the stated time is distrusted.",
	NeedOldRetired:   "The old sign-in method is retired when the new one works, after 7 days at the latest.",
	NeedBarredPair:   "The same agent and approver do not do it again before its review.",
	NeedOutsideAudit: "Somebody outside of the incident reviews it.",
}

// unmet refuses a way whose conditions do not hold.
func unmet(w Way, c Case) *Refusal {
	r := func(code, text, next string) *Refusal { return Refuse(code, text, or(next, c.InPerson.Words())) }
	switch {
	case w.Asks(NeedIncident) && !c.Incident:
		return r("incident-none", "No open incident lists this account's group.", "Two administrators open the incident first, or the ticket goes by another event.")
	case w.Asks(NeedWindow) && !c.Trip:
		return r("travel-not-registered", "The holder registered no travel window that is open now.", "Open the ticket as device-loss.")
	case w.Asks(NeedContract) && c.Ended:
		return r("contract-ended", "The contract of this account has ended.", "The sponsor renews it in the directory first.")
	case w.Asks(NeedHired) && !c.Hired:
		return r("start-date", "The directory names no start date within 14 days of today.", "HR enters the start date; a returning person's account is opened as account-rebind.")
	case c.Threat && w.Tier() == Pass:
		return r("threat-mode", "Raised-threat mode is on: no Pass is issued.", "Choose a way that ends in a new sign-in method.")
	case c.Threat && w.Place == OnPages && c.Phishable:
		return r("threat-mode-pages", "The recovery pages are closed for accounts without a second security key for the time being.", "Call your help desk. "+c.InPerson.Words())
	}
	return nil
}

func (d *Ruling) because(source string, public bool, format string, args ...any) {
	d.Because = append(d.Because, Reason{Text: fmt.Sprintf(format, args...), Source: source, Public: public})
}

// quorum turns A0, A1, A2 into people and groups.
func (d *Ruling) quorum(p Policy) {
	q := p.Quorums[d.Way.Approvals]
	d.Approvers, d.Groups, d.From = q.Approvers, q.Groups, q.From
	if q.Extra.span() > d.Way.Window.span() {
		d.Way.Window = q.Extra
		d.because("approvals."+string(d.Way.Approvals)+".window-at-least", true, "The holder can object for %s.", q.Extra.Words())
	}
}

// tighten adds what the past of the account and of the caller, pressure and
// raised-threat mode ask for (policy-defaults, "What makes it stricter").
// Nothing here can take anything away.
func (d *Ruling) tighten(p Policy, all Workflows, c Case) {
	if d.Way.Place != AtDesk {
		return
	}
	for _, risk := range c.Extra.Risks() {
		d.because("stricter", false, "%s", risk)
	}
	if c.Extra.Further() {
		d.Approvers++
		d.because("stricter", false, "Therefore one more approver signs.")
	}
	if c.Extra.SecondReset {
		d.strongerQuorum(p, all)
	}
	if c.Threat {
		d.because("raised-threat", false, "Raised-threat mode is on.")
	}
	if c.Threat || c.Extra.SourceFailed {
		d.raise(p, all)
	}
}

// strongerQuorum is "one level up or A2": A2 where the row has less, otherwise a
// level up.
func (d *Ruling) strongerQuorum(p Policy, all Workflows) {
	if d.Way.Approvals == A2 {
		d.raise(p, all)
		return
	}
	d.Way.Approvals = A2
	more := p.Quorums[A2]
	d.Approvers, d.Groups, d.From = max(d.Approvers, more.Approvers), more.Groups, more.From
	if more.Extra.span() > d.Way.Window.span() {
		d.Way.Window = more.Extra
	}
	d.because("stricter.second-reset-within", false, "A second recovery needs two approvers of different groups.")
}

// raise asks for one level more. Where no workflow reaches it, one more approver
// signs instead.
func (d *Ruling) raise(p Policy, all Workflows) {
	up, ok := all[all[d.Way.Workflow].Raised]
	if !ok || !up.Level.Above(d.Way.Proof) {
		d.Approvers++
		d.because("stricter", false, "No stronger proofing exists for this row, so one more approver signs.")
		return
	}
	d.Way.Proof, d.Way.Workflow = up.Level, up.ID
	d.because("stricter", false, "Proofing is raised to %s (%s).", up.Level, up.Name)
}

// Words says what a way takes and gives, for the account holder too.
func (w Way) Words() string {
	parts := []string{"proofing " + string(w.Proof) + " " + map[Place]string{AtDesk: "at the desk", OnPages: "on the recovery page", AtMe: "at the account page"}[w.Place],
		map[Quorum]string{A0: "nobody else decides", A1: "one approver decides", A2: "two approvers of different groups decide, one from security"}[w.Approvals],
		artefactWords(w)}
	if !w.Window.Zero() {
		parts = append(parts, "the holder can object for "+w.Window.Words())
	}
	return strings.Join(parts, "; ")
}

func artefactWords(w Way) string {
	name := map[Artefact]string{BackupCode: "a backup code opens a new enrolment", SentCode: "a code sent to a registered address opens a new enrolment",
		FactorGone: "the lost sign-in method is replaced", PassSession: "a Pass", Binding: "a new device is bound beside the working one",
		LeasedKey: "a leased credential", LoanKey: "a key on loan"}[w.Artefact]
	if !w.Life.Zero() {
		name += " for at most " + w.Life.Words()
	}
	if w.Tier() == Pass && !w.ReEnrol.Zero() {
		name += ", new enrolment within " + w.ReEnrol.Words()
	}
	return name
}

// Words is the event as pages write it.
func (e EventID) Words() string {
	return map[EventID]string{DeviceLoss: "Device lost or stolen", DeviceReplacement: "Device replaced, the old one works", FactorReset: "Sign-in method broken, nothing left",
		AccountRebind: "Account moves to another identity record", Travel: "Travel", Emergency: "Emergency during an incident",
		SuspectedTakeover: "Suspected takeover", FirstEnrolment: "First enrolment", ServiceAccountFallback: "Service account fallback"}[e]
}

// Stricter is the stricter of two decisions about one ticket, field by field:
// by the version it was opened under and by the one in force (R4). The sentences
// say which version a field comes from.
func Stricter(pinned, current Ruling, pinnedVersion, currentVersion string) Ruling {
	d := pinned
	take := func(field string, now string) {
		d.because("", false, "%s: %s, by policy %s, which is stricter than %s.", field, now, currentVersion, pinnedVersion)
	}
	if current.Refusal != nil && pinned.Refusal == nil {
		d.Refusal = current.Refusal
		take("Offered", "no")
	}
	if current.Way.Proof.Above(d.Way.Proof) {
		d.Way.Proof, d.Way.Workflow, d.Workflow = current.Way.Proof, current.Way.Workflow, current.Workflow
		take("Proofing", string(d.Way.Proof))
	}
	if current.Approvers > d.Approvers {
		d.Approvers = current.Approvers
		take("Approvers", fmt.Sprint(d.Approvers))
	}
	if current.Groups > d.Groups {
		d.Groups, d.From, d.Way.Approvals = current.Groups, current.From, current.Way.Approvals
		take("Groups", fmt.Sprint(d.Groups))
	}
	strictest(&d.Way.Window, current.Way.Window, true, func() { take("Objection window", d.Way.Window.Words()) })
	strictest(&d.Way.Life, current.Way.Life, false, func() { take("Life", d.Way.Life.Words()) })
	strictest(&d.Way.ReEnrol, current.Way.ReEnrol, false, func() { take("New enrolment within", d.Way.ReEnrol.Words()) })
	strictest(&d.Way.Review.Within, current.Way.Review.Within, false, func() { take("Review within", d.Way.Review.Within.Words()) })
	d.merge(current, take)
	return d
}

func strictest(have *Duration, other Duration, more bool, took func()) {
	if more && other.span() > have.span() || !more && !other.Zero() && other.span() < have.span() {
		*have = other
		took()
	}
}

// merge takes over demands, audiences and review of the current version.
func (d *Ruling) merge(current Ruling, take func(field, now string)) {
	for _, also := range current.Way.Also {
		if !d.Way.Asks(also) {
			d.Way.Also = append(slices.Clone(d.Way.Also), also)
			take("Also", string(also))
		}
	}
	for _, who := range current.Way.Notify {
		if !slices.Contains(d.Way.Notify, who) {
			d.Way.Notify = append(slices.Clone(d.Way.Notify), who)
			take("Told", string(who))
		}
	}
	r, c := &d.Way.Review, current.Way.Review
	if c.Percent > r.Percent {
		r.Percent = c.Percent
		take("Reviewed", fmt.Sprintf("%d %%", c.Percent))
	}
	r.FirstPairs, r.Risk = r.FirstPairs || c.FirstPairs, r.Risk || c.Risk
	d.Way.Hold = d.Way.Hold || current.Way.Hold
}
