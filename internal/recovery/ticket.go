package recovery

import "slices"

// Kind of what happened to the account. The ids are fixed words.
type EventID string

// The named events. No event, no artefact (R8).
const (
	DeviceLoss             EventID = "device-loss"
	DeviceReplacement      EventID = "device-replacement"
	FactorReset            EventID = "factor-reset"
	AccountRebind          EventID = "account-rebind"
	Travel                 EventID = "travel"
	Emergency              EventID = "emergency"
	SuspectedTakeover      EventID = "suspected-takeover"
	FirstEnrolment         EventID = "first-enrolment"
	ServiceAccountFallback EventID = "service-account-fallback"
)

// Events lists all events in the order of the policy table.
var Events = []EventID{DeviceLoss, DeviceReplacement, FactorReset, AccountRebind, Travel, Emergency, SuspectedTakeover, FirstEnrolment, ServiceAccountFallback}

// Tier is one of three, distinct in rule and look (R6).
type Tier string

// The tiers.
const (
	Pass        Tier = "pass"
	Replacement Tier = "replacement"
	Reset       Tier = "reset"
)

// Words is the tier as pages and mails write it.
func (t Tier) Words() string {
	switch t {
	case Pass:
		return "Pass"
	case Replacement:
		return "Replacement"
	}
	return "Reset"
}

// tiers by how much they give, least first.
var tiers = []Tier{Pass, Replacement, Reset}

// Above says whether a tier gives more than another; nothing is above what is not
// known yet.
func (t Tier) Above(o Tier) bool { return o != "" && slices.Index(tiers, t) > slices.Index(tiers, o) }

// State of a ticket.
type State string

// The states.
const (
	Draft           State = "draft"
	Proofing        State = "proofing"
	Held            State = "held"
	WaitingApproval State = "waiting-approval"
	Approved        State = "approved"
	Executing       State = "executing"
	Collecting      State = "collecting"
	Lapsed          State = "lapsed"
	InReview        State = "review"
	Closed          State = "closed"
	Denied          State = "denied"
	Failed          State = "failed"
	Expired         State = "expired"
	Withdrawn       State = "withdrawn"
	Frozen          State = "frozen"
)

// States lists all states in the order pages show them.
var States = []State{Draft, Proofing, Held, WaitingApproval, Approved, Executing, Collecting, Lapsed, InReview, Closed, Denied, Failed, Expired, Withdrawn, Frozen}

// moves is the whole state machine: what may follow what.
var moves = map[State][]State{
	Draft:           {Proofing, Withdrawn, Expired},
	Proofing:        {WaitingApproval, Collecting, Held, Failed, Expired, Withdrawn, Frozen},
	Held:            {Proofing, Expired, Withdrawn, Frozen},
	WaitingApproval: {Approved, Denied, Proofing, Held, Expired, Withdrawn, Frozen},
	Approved:        {Executing, Proofing, Expired, Withdrawn, Frozen},
	Executing:       {Collecting, Proofing, Frozen},
	Collecting:      {InReview, Closed, Lapsed, Expired, Frozen}, // expired: nothing was executed yet
	Lapsed:          {InReview, Closed, Frozen},
	InReview:        {Closed, Frozen},
	Denied:          {Closed}, Failed: {Closed}, Expired: {Closed}, Withdrawn: {Closed},
	Frozen: {Closed},
	Closed: {Frozen, InReview}, // Stop within 30 days re-opens (R29); a lost approver key brings it back to review
}

// MayMove refuses a transition that the state machine does not have.
func MayMove(from, to State) error {
	if slices.Contains(moves[from], to) {
		return nil
	}
	return Refuse("wrong-state", "The ticket is "+from.Words()+", so it cannot become "+to.Words()+".",
		"Reload the ticket to see where it stands.")
}

// Resting says whether a ticket in this state waits for nobody any more.
func (s State) Resting() bool {
	return slices.Contains([]State{Closed, Denied, Failed, Expired, Withdrawn}, s)
}

// Words is the state as pages write it.
func (s State) Words() string {
	switch s {
	case WaitingApproval:
		return "waiting for approval"
	case InReview:
		return "under review"
	case Collecting:
		return "waiting for the holder"
	}
	return string(s)
}

// Facts are what a ticket fixes when it opens (R6): changing one starts
// proofing and approval again.
type Facts struct {
	Device Fate // lost or stolen; "" where no device is concerned
	Lock   Lock
	// Mail is Elsewhere when no mailbox of the holder is open on the device.
	Mail MailAt
	// Taken is what somebody else may have, in a suspected takeover; Since is the
	// time from which on everything is in doubt (microseconds UTC).
	Taken Taken
	Since int64
}

// Unissued is the answer to a way that ends in what this house does not issue: a
// leased credential, a key on loan. It says who helps; nil for all others.
func (a Artefact) Unissued() *Refusal {
	switch a {
	case LeasedKey:
		return Refuse("lease-none", "This house issues no leased credentials yet.", "The account's owner goes to security with it; the owner's own lost key is recovered first.")
	case LoanKey:
		return Refuse("loan-not-issued", "This house does not lend security keys.", "Choose the replacement of the sign-in method, or a Pass where the row has one; else open the ticket for a lost device.")
	}
	return nil
}

// MailAt is where the holder's mailboxes are open; "" when nobody said.
type MailAt string

// Elsewhere is not on the device that is gone.
const Elsewhere MailAt = "elsewhere"

// Taken is what a suspected takeover is about.
type Taken string

// What may be taken.
const (
	Phished      Taken = "phished" // the password was given away
	MailboxTaken Taken = "mailbox"
	NumberTaken  Taken = "number"
)

// Takens lists what "New ticket" asks of a suspected takeover.
var Takens = []Taken{Phished, MailboxTaken, NumberTaken}

// Fate of a device.
type Fate string

// Lock state of a device that is gone.
type Lock string

// What "New ticket" asks about the device.
const (
	Lost     Fate = "lost"
	Stolen   Fate = "stolen"
	Locked   Lock = "locked"
	Unlocked Lock = "unlocked"
)

// Intake is how the request reached us. An inbound call proves nothing (R16).
type Intake string

// Intake channels.
const (
	ByPhone Intake = "phone"
	ByMail  Intake = "mail"
	ByChat  Intake = "chat"
	OnSite  Intake = "on-site"
	BySelf  Intake = "self-service"
)

// Intakes lists what an agent may choose.
var Intakes = []Intake{ByPhone, ByMail, ByChat, OnSite}

// Ticket is one request for recovery of one account because of one event.
type Ticket struct {
	ID, Reference, Account, Holder string
	Revision                       int64
	Event                          EventID
	Population                     Population
	Tier                           Tier
	Facts                          Facts
	Intake                         Intake
	Source                         Source // where the request came from; links attempts, proves nothing
	Requester, OpenedBy            string // persons; OpenedBy "" on self-service
	Reason                         string
	PolicyVersion, WorkflowVersion string
	Level                          Level
	State                          State
	StateSince                     int64
	Opened                         int64
	Due                            int64 // end of the state: what the rules look at
	DueWhat                        string
	Run                            int64  // proofing run; a released claim starts the next
	ClaimHash                      string // of the browser's secret; "" unclaimed
	Claimed                        int64
	NoticeAccepted                 int64 // opening notice accepted at an independent address (R26)
	WindowEnds                     int64 // objection window (R29)
	ApprovalsNeeded                int64
	GroupsNeeded                   int64  // of how many groups they are
	GroupFrom                      string // a group that is among them, "" for any
	Way                            string // the way of the policy's row it goes by
	Artefact                       Artefact
	Incident                       string // an emergency's incident
	Pressured                      int64
	FirstParked                    int64  // when it was parked the first time
	Returns                        int64  // how often its holder went on with it in this run
	Returned                       int64  // when last
	Continuation                   string // keyed hash of the code that was shown, "" none
	CameBack                       int64  // when the holder came back to an approved ticket that waited
	Executed, Completed            int64
	ReviewDue                      int64
	Reviewed                       int64
	ReviewedBy                     string
	FrozenBy                       string
	Stopped                        int64  // when somebody said "this was not me"
	Outcome                        string // closing words: code
	Next                           int64  // next deadline of any kind (NextDue): shown and sorted by, never a rule
	NextWhat                       string
	Lease                          Lease
}

// Lease is an agent's hold on a ticket: a hint with an end; the guard is the
// act's own WHERE. Person stays when it has ended: whom the ticket is assigned to.
type Lease struct {
	Person string
	Until  int64
}

// Under is the ticket under a ruling: what became stricter is asked from now on,
// nothing is ever asked less (R4).
func (t Ticket) Under(r Ruling) Ticket {
	t.ApprovalsNeeded = max(t.ApprovalsNeeded, r.Approvers)
	t.GroupsNeeded = max(t.GroupsNeeded, r.Groups)
	if t.GroupFrom == "" {
		t.GroupFrom = r.From
	}
	if t.NoticeAccepted != 0 { // a window that runs becomes longer, never shorter
		t.WindowEnds = max(t.WindowEnds, r.Way.Window.After(t.NoticeAccepted))
	}
	if r.Way.Proof.Above(t.Level) && r.Workflow.ID != "" { // steps that both have stay passed
		t.Level, t.WorkflowVersion = r.Way.Proof, r.Workflow.Version
	}
	return t
}

// Live says whether the lease keeps others from working the ticket.
func (l Lease) Live(now int64) bool { return l.Person != "" && l.Until > now }

// Renewed is the lease after its holder was seen typing.
func (l Lease) Renewed(seen int64) Lease {
	if l.Person != "" && seen != 0 {
		l.Until = max(l.Until, seen+LeaseLife)
	}
	return l
}

// Place is where the ticket is gone through.
func (t Ticket) Place() Place {
	switch {
	case !t.Self():
		return AtDesk
	case t.Binds():
		return AtMe
	}
	return OnPages
}

// Self says whether the holder opened the ticket, on the public pages or signed in.
func (t Ticket) Self() bool { return t.OpenedBy == "" }
