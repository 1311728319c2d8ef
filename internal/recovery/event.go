package recovery

// EventKind is the kind of a ledger entry: what happened, in words that never
// change. A refused act has its own kind, so that a report can count it.
type EventKind string

// Everything that can happen.
const (
	// Staff and keys.
	StaffInvited      EventKind = "staff.invited"
	StaffInviteVoid   EventKind = "staff.invite-void"
	StaffKeyAdded     EventKind = "staff.key-added"
	StaffKeyCounted   EventKind = "staff.key-counted"
	StaffKeySuspended EventKind = "staff.key-suspended"
	StaffSignedIn     EventKind = "staff.signed-in"
	StaffProved       EventKind = "staff.proved" // a fresh touch inside a session
	StaffSignedOut    EventKind = "staff.signed-out"
	StaffDisabled     EventKind = "staff.disabled"
	StaffRoleEnded    EventKind = "staff.role-ended"
	StaffRoleAdded    EventKind = "staff.role-added"
	StaffTrained      EventKind = "staff.trained"
	StaffRefused      EventKind = "staff.refused"
	// Changes of the house.
	ProposalFiled      EventKind = "proposal.filed"
	ProposalDecided    EventKind = "proposal.decided" // one signed decision
	ProposalComplete   EventKind = "proposal.signed"  // all signatures; its delay runs
	ProposalEffected   EventKind = "proposal.in-force"
	PolicyPublished    EventKind = "policy.published" // a policy or workflow, by the proposal that it names
	ProposalRejected   EventKind = "proposal.denied"
	ProposalStopped    EventKind = "proposal.vetoed"
	ProposalTimedOut   EventKind = "proposal.expired"
	ProposalTakenBack  EventKind = "proposal.withdrawn"
	ProposalImpossible EventKind = "proposal.failed"
	ProposalRefused    EventKind = "proposal.refused"
	HouseFounded       EventKind = "house.founded"
	GlassSheetsMade    EventKind = "break-glass.sheets-made"
	GlassSheetsAllowed EventKind = "break-glass.sheets-allowed"
	GlassBroken        EventKind = "break-glass.broken"
	GlassAcknowledged  EventKind = "break-glass.acknowledged"
	GlassRefused       EventKind = "break-glass.refused"
	StaffSearched      EventKind = "staff.searched" // by an outsourced agent
	StaffKeyLost       EventKind = "staff.key-lost"
	GroupOutsourced    EventKind = "staff.group-outsourced"
	GroupInHouse       EventKind = "staff.group-in-house"
	// Shifts.
	ShiftAdded        EventKind = "shift.added"
	ShiftEnded        EventKind = "shift.ended"
	ShiftSwitchedOn   EventKind = "shift.switched-on"
	ShiftSwitchedOff  EventKind = "shift.switched-off"
	CoverageGap       EventKind = "shift.gap"
	CoverageGapLonger EventKind = "shift.gap-longer"
	// Directory.
	AccountsImported EventKind = "accounts.imported"
	AccountsRefused  EventKind = "accounts.refused"
	AccountAdded     EventKind = "account.added"
	AccountChanged   EventKind = "account.changed"
	AddressReplaced  EventKind = "address.replaced"
	EvidenceChanged  EventKind = "account.evidence-changed" // other than addresses, and told
	AccountEnded     EventKind = "account.ended"
	BaselineSigned   EventKind = "directory.baseline-signed"
	HolderInvited    EventKind = "holder.invited"
	HolderEnrolled   EventKind = "holder.enrolled"
	HolderSignedIn   EventKind = "holder.signed-in"
	HolderSignedOut  EventKind = "holder.signed-out"
	FactorAdded      EventKind = "factor.added"
	FactorSuspended  EventKind = "factor.suspended"
	FactorErased     EventKind = "factor.erased"
	HolderRefused    EventKind = "holder.refused"
	HoldConfirmed    EventKind = "hold.confirmed"
	LossReported     EventKind = "loss.reported"  // a warning
	LossSuspended    EventKind = "loss.suspended" // proved: passkeys are suspended
	LossTaken        EventKind = "loss.taken"     // by an agent, with what was said
	LossLifted       EventKind = "loss.lifted"
	LossRefused      EventKind = "loss.refused"
	// Tickets and proofing.
	TicketOpened    EventKind = "ticket.opened"
	TicketRefused   EventKind = "ticket.refused"
	TicketClaimed   EventKind = "ticket.claimed"
	ClaimReleased   EventKind = "ticket.claim-released"
	TicketWithdrawn EventKind = "ticket.withdrawn"
	TicketExpired   EventKind = "ticket.expired"
	TicketPressured EventKind = "ticket.pressured"
	LeaseTaken      EventKind = "ticket.lease-taken"
	TicketHanded    EventKind = "ticket.handed-over"
	TicketHeld      EventKind = "ticket.held"
	TicketResumed   EventKind = "ticket.resumed"
	TicketNoted     EventKind = "ticket.noted"
	TicketParked    EventKind = "ticket.parked"
	CodeShown       EventKind = "ticket.continuation-shown"
	TicketContinued EventKind = "ticket.continued"
	CodeSent        EventKind = "code.sent"
	ProofPassed     EventKind = "proof.passed"
	ProofFailed     EventKind = "proof.failed"
	ProofRefused    EventKind = "proof.refused"
	ProofImpossible EventKind = "proof.not-possible"
	WorkflowChanged EventKind = "ticket.workflow-changed"
	SignalAdded     EventKind = "ticket.signal"
	RunFailed       EventKind = "ticket.failed"
	UnprovedDigest  EventKind = "ticket.unproved-digest" // the day's openings that were told to nobody else
	// Methods of proof.
	CallBegun      EventKind = "call.begun"
	CallWords      EventKind = "call.words-shown"
	CallUnanswered EventKind = "call.not-answered"
	CallLooked     EventKind = "call.looked-up" // on the reverse check page
	CallMatched    EventKind = "call.matched"   // and its words came back
	CallUnknown    EventKind = "call.nobody-rang"
	CallRefused    EventKind = "call.refused"
	VouchAsked     EventKind = "vouch.asked"
	VouchSaid      EventKind = "vouch.said"
	VouchRefused   EventKind = "vouch.refused"
	CheckBegun     EventKind = "check.begun"
	CheckRefused   EventKind = "check.refused"
	AssistantNoted EventKind = "ticket.assistant"
	// Approval and execution.
	ApprovalAsked    EventKind = "approval.asked"
	ApprovalBegun    EventKind = "approval.begun"
	ApprovalDrawn    EventKind = "approval.drawn" // object: the approver
	ApprovalVoided   EventKind = "approval.voided"
	ApprovalDecided  EventKind = "approval.decided"
	ApprovalComplete EventKind = "approval.complete"
	ApprovalDenied_  EventKind = "approval.denied"
	ApprovalRefused  EventKind = "approval.refused"
	ApprovalTimedOut EventKind = "approval.expired"
	RequestWithdrawn EventKind = "approval.withdrawn"
	ResetOrdered     EventKind = "reset.ordered"
	ResetExecuted    EventKind = "reset.executed"
	ResetFailed      EventKind = "reset.failed"
	ResetAwaits      EventKind = "reset.awaits-holder"
	HolderCameBack   EventKind = "reset.holder-back"
	// Recovery on the public pages.
	BackupRedeemed   EventKind = "backup.redeemed"
	BackupRefused    EventKind = "backup.refused"
	PairComplete     EventKind = "recovery.pair-complete"
	RecoveryOpened   EventKind = "recovery.opened"
	RecoveryRefused  EventKind = "recovery.refused"
	RecoveryDone     EventKind = "recovery.completed"
	RecoveryLapsed   EventKind = "recovery.lapsed"
	PassOpened       EventKind = "pass.opened" // used: its session runs
	PassOver         EventKind = "pass.ended"  // its time is over; the duty to enrol goes on
	LastProofFailed  EventKind = "recovery.last-proof-failed"
	PassRevoked      EventKind = "pass.revoked"
	GrantReady       EventKind = "grant.ready" // approved, the window over, nothing taken away
	BindingShown     EventKind = "binding.code-shown"
	BindingUsed      EventKind = "binding.code-used"
	BindingConfirmed EventKind = "binding.confirmed"
	BindingRefused   EventKind = "binding.refused"
	FactorRetired    EventKind = "factor.retired" // another one replaced it
	PassRefused      EventKind = "pass.refused"
	ReEnrolOwed      EventKind = "re-enrolment.owed"
	ReEnrolChased    EventKind = "re-enrolment.chased" // half of its time is over
	ReEnrolMet       EventKind = "re-enrolment.met"
	ReEnrolLate      EventKind = "re-enrolment.missed"
	Stopped          EventKind = "recovery.stopped"
	ThrottleClosed   EventKind = "throttle.closed"
	ThrottleReopened EventKind = "throttle.reopened"
	ThrottleAlert    EventKind = "throttle.alert"
	TriesAlert       EventKind = "throttle.tries-alert"
	// Code sets.
	CodesMade      EventKind = "codes.made"
	CodesConfirmed EventKind = "codes.confirmed"
	CodesRetired   EventKind = "codes.retired"
	CodesSuspended EventKind = "codes.suspended"
	CodesHandled   EventKind = "codes.handled"
	CodesKept      EventKind = "codes.kept"        // the word on custody came again, half-way
	CodesAsked     EventKind = "codes.custody-due" // it is asked for
	CodesDropped   EventKind = "codes.dropped"     // shown and never confirmed
	CodesRefused   EventKind = "codes.refused"
	// Review and duties.
	ReviewDue     EventKind = "review.due"
	Reviewed      EventKind = "review.done"
	ReviewConcern EventKind = "review.concern"
	ReviewRefused EventKind = "review.refused"
	TicketClosed  EventKind = "ticket.closed"
	LetterDone    EventKind = "letter.done"
	LetterRefused EventKind = "letter.refused"
	// Desk work.
	ViewSaved   EventKind = "view.saved"
	ViewRenamed EventKind = "view.renamed"
	ViewRemoved EventKind = "view.removed"
	ViewRefused EventKind = "view.refused"
	// Notices and jobs.
	NoticeAccepted EventKind = "notice.accepted"
	NoticeFailed   EventKind = "notice.failed"
	JobFailed      EventKind = "job.failed"
	// Raised-threat mode, incidents, travel.
	ThreatRaised      EventKind = "threat.raised"
	ThreatExtended    EventKind = "threat.extended"
	ThreatWarned      EventKind = "threat.ends-soon"
	ThreatOver        EventKind = "threat.ended"
	ThreatRefused     EventKind = "threat.refused"
	IncidentOpened    EventKind = "incident.opened"
	IncidentClosed    EventKind = "incident.closed"
	IncidentRefused   EventKind = "incident.refused"
	EmergencyAsked    EventKind = "emergency.asked"    // every approver and security
	EmergencyClimbed  EventKind = "emergency.climbed"  // nobody answered: administrators too
	EmergencyAnswered EventKind = "emergency.answered" // nothing to climb for
	TravelRegistered  EventKind = "travel.registered"
	TravelCancelled   EventKind = "travel.cancelled"
	// The machine.
	ServerStarted EventKind = "server.started"
	ServerStopped EventKind = "server.stopped"
	ClockMoved    EventKind = "demo.clock-moved"
	DemoSeeded    EventKind = "demo.seeded"
	ActFailed     EventKind = "act.failed"
)

// Event is what an act records: it becomes a ledger entry and everything that
// the obligation table says. Data holds ids, codes and counts only; names,
// addresses and free text go to Detail, the erasable side row.
type Event struct {
	Kind    EventKind
	Ticket  string
	Account string
	Object  string
	Data    map[string]string
	Detail  string
	// Until and What go into the notices that the event obliges, not into the
	// ledger: when what it is about ends, and a line for each thing to say.
	Until  int64
	What   []string
	People []string // persons that the notice of Obligation.People goes to
	Link   string   // path of the page that the notice to staff leads to
}

// Notice is a kind of message to a holder or to staff.
type Notice string

// Notices; package notify has a text for each.
const (
	NoticeOpened        Notice = "ticket-opened"
	NoticeApproved      Notice = "approved"
	NoticeExecuted      Notice = "executed"
	NoticeCompleted     Notice = "completed"
	NoticeDenied        Notice = "denied"
	NoticeExpired       Notice = "expired"
	NoticeFailedRun     Notice = "failed"
	NoticeWithdrawn     Notice = "withdrawn"
	NoticeHeld          Notice = "held"
	NoticeParked        Notice = "parked"
	NoticeAwaited       Notice = "awaited"
	NoticeHanded        Notice = "ticket-handed-over"
	NoticeStopped       Notice = "stopped"
	NoticeIssuedCode    Notice = "issued-code"
	NoticeStaffInvite   Notice = "staff-invite"
	NoticeCodesMade     Notice = "codes-made"
	NoticeCustody       Notice = "custody-reminder"
	NoticeCodesRetired  Notice = "codes-retired"
	NoticeCodeRedeemed  Notice = "code-redeemed"
	NoticeCodeTries     Notice = "code-tries"
	NoticeFactorAdded   Notice = "factor-added"
	NoticeFactorGone    Notice = "factor-suspended"
	NoticeBindingUsed   Notice = "binding-code-used"
	NoticePassOpened    Notice = "pass-opened"
	NoticeDuty          Notice = "duty-reminder"
	NoticeDutyOver      Notice = "duty-overdue"
	NoticeLossReported  Notice = "loss-reported"
	NoticeLossSuspended Notice = "loss-suspended"
	NoticeLossLifted    Notice = "loss-lifted"
	NoticeAddressOld    Notice = "address-changed-old"
	NoticeEvidence      Notice = "directory-changed"
	NoticeLinked        Notice = "directory-linked"
	NoticeSecurity      Notice = "security-alert"
	NoticeStaffKey      Notice = "staff-key-added"
	NoticeStaffRole     Notice = "staff-role-changed"
	NoticeStaffCounted  Notice = "staff-key-counted"
	NoticeStaffKeyGone  Notice = "staff-key-suspended"
	NoticeStaffRoleNew  Notice = "staff-role-added"
	NoticeStaffChange   Notice = "staff-invited"
	NoticeProposal      Notice = "proposal-waits"
	NoticeProposalFate  Notice = "proposal-decided"
	NoticeFounded       Notice = "house-founded"
	NoticeGlass         Notice = "break-glass"
	NoticeDrawn         Notice = "approval-drawn"
	NoticeCoverage      Notice = "coverage-gap"
	NoticeVouchAsked    Notice = "vouch-asked"
	NoticeIssuedText    Notice = "issued-text"
	NoticeThreat        Notice = "threat-mode"
	NoticeIncident      Notice = "incident"
	NoticeEmergency     Notice = "emergency-waits"
	NoticeTravel        Notice = "travel-window"
	NoticeRow           Notice = "recovery-told"
)

// FromOutside says whether an entry of this kind notes the caller's address in
// its side row: everything that a person's request causes. The side row of a
// key's admission holds the name that receipts show, and nothing else.
func FromOutside(k EventKind) bool {
	switch k {
	case StaffKeyCounted, NoticeAccepted, NoticeFailed, JobFailed, ServerStarted, ServerStopped, ResetExecuted:
		return false
	}
	return true
}
