package notify

// Kind names one message.
type Kind = string

const (
	TicketOpened    Kind = "ticket-opened"
	Approved        Kind = "approved"
	Executed        Kind = "executed" // old sign-in methods suspended
	Completed       Kind = "completed"
	Denied          Kind = "denied"
	Expired         Kind = "expired"
	Failed          Kind = "failed"
	Withdrawn       Kind = "withdrawn"
	Held            Kind = "held"
	Parked          Kind = "parked"
	Awaited         Kind = "awaited"            // the reset waits for the holder
	HandedOver      Kind = "ticket-handed-over" // to the agent who gets the ticket
	Stopped         Kind = "stopped"
	IssuedCode      Kind = "issued-code"
	StaffInvite     Kind = "staff-invite"
	CodesMade       Kind = "codes-made"
	CodesRetired    Kind = "codes-retired"
	CodeRedeemed    Kind = "code-redeemed"
	CodeTries       Kind = "code-tries" // five failures
	FactorAdded     Kind = "factor-added"
	FactorSuspended Kind = "factor-suspended"
	BindingUsed     Kind = "binding-code-used"
	PassOpened      Kind = "pass-opened"
	DutyReminder    Kind = "duty-reminder"
	DutyOverdue     Kind = "duty-overdue"
	LossReported    Kind = "loss-reported"
	LossSuspended   Kind = "loss-suspended"
	LossLifted      Kind = "loss-lifted"
	AddressChanged  Kind = "address-changed-old" // to the old value, R27
	EvidenceChanged Kind = "directory-changed"
	StaffInvited    Kind = "staff-invited"    // to the other administrators
	RecoveryTold    Kind = "recovery-told"    // to whomever the policy names beside the holder
	LinkedChanged   Kind = "directory-linked" // to who answers, or answered, for the account
	CustodyReminder Kind = "custody-reminder"
	SecurityAlert   Kind = "security-alert"
	StaffKeyAdded   Kind = "staff-key-added"
	StaffRole       Kind = "staff-role-changed"
	StaffKeyCounted Kind = "staff-key-counted"
	StaffKeyGone    Kind = "staff-key-suspended"
	StaffRoleAdded  Kind = "staff-role-added"
	ProposalWaits   Kind = "proposal-waits"
	ProposalFate    Kind = "proposal-decided"
	HouseFounded    Kind = "house-founded"
	BreakGlass      Kind = "break-glass"
	ApprovalDrawn   Kind = "approval-drawn"
	CoverageGap     Kind = "coverage-gap"
	VouchAsked      Kind = "vouch-asked"
	// IssuedText is an issued code as a text message; TextMessage writes it.
	IssuedText     Kind = "issued-text"
	ThreatMode     Kind = "threat-mode"
	Incident       Kind = "incident"
	TravelWindow   Kind = "travel-window"
	EmergencyWaits Kind = "emergency-waits"
)

// text is one kind's words: paragraphs of text/template over Facts, parted by
// empty lines. A paragraph that starts with "* " is the list of What, with "= "
// a code, with "> " a link; one that comes out empty is left out.
type text struct {
	kind    Kind
	notice  bool   // to the holder: ends with what to do if it was not them
	stop    string // what the stop link is for, where it is not about something that was done
	secret  bool   // holds a code or a link: never a letter that staff print
	subject string
	body    string
}

func textOf(kind Kind) (text, bool) {
	for _, t := range texts {
		if t.kind == kind {
			return t, true
		}
	}
	return text{}, false
}
