package recovery

// Obligation is what an event owes to people.
type Obligation struct {
	Holder   Notice // to every address of the account, "" for none
	Letter   string // open letter task on the ticket, "" for none
	Security bool   // alert to the security group (administrators until groups come)
	Staff    Notice // to the staff person the event is about (Object)
	// Guards is told to everyone whose role as approver, administrator or auditor
	// counts (R4); All to everyone with any role that counts.
	Guards    Notice
	All       Notice
	Admins    Notice // to every administrator
	Approvers Notice // to every approver
	People    Notice // to the persons that the event names (R27)
	Row       Notice // to whomever the ticket's row names beside the holder
}

// happenedWords say to those whom a row names what happened in the recovery.
var happenedWords = map[EventKind]string{
	TicketOpened: "Somebody asked to recover this account.", RunFailed: "A proof failed. Nothing was changed.", TicketExpired: "Its time ran out.",
	ApprovalDenied_: "The request was denied. Nothing was changed.", ResetExecuted: "What was asked for was approved and granted.",
	RecoveryDone: "It is completed: the holder registered a new sign-in method.", RecoveryLapsed: "The holder did not come back in time.",
	TicketWithdrawn: "The request was taken back.",
}

// HappenedWords is what those whom a row names beside the holder read of an event.
func HappenedWords(kind EventKind) string { return happenedWords[kind] }

// obligations is the one table of who must hear of what (R12, R24, R26, R34).
var obligations = map[EventKind]Obligation{
	TicketOpened:      {Holder: NoticeOpened, Row: NoticeRow, Letter: LetterOpening},
	RunFailed:         {Holder: NoticeFailedRun, Row: NoticeRow, Security: true},
	LossReported:      {Holder: NoticeLossReported, Security: true},
	LossSuspended:     {Holder: NoticeLossSuspended, Security: true},
	LossLifted:        {Holder: NoticeLossLifted, Security: true},
	UnprovedDigest:    {Security: true},
	TicketExpired:     {Holder: NoticeExpired, Row: NoticeRow},
	TicketWithdrawn:   {Holder: NoticeWithdrawn, Row: NoticeRow},
	TicketHeld:        {Holder: NoticeHeld},
	TicketParked:      {Holder: NoticeParked},
	ResetAwaits:       {Holder: NoticeAwaited},
	TicketHanded:      {Staff: NoticeHanded},
	TicketPressured:   {Security: true},
	ReviewConcern:     {Security: true},
	ApprovalComplete:  {Holder: NoticeApproved},
	ApprovalDenied_:   {Holder: NoticeDenied, Row: NoticeRow, Security: true},
	ApprovalDrawn:     {Staff: NoticeDrawn},
	GroupOutsourced:   {Security: true},
	GroupInHouse:      {Security: true},
	StaffKeyLost:      {Security: true},
	CoverageGap:       {Admins: NoticeCoverage},
	ResetExecuted:     {Holder: NoticeExecuted, Row: NoticeRow},
	RecoveryDone:      {Holder: NoticeCompleted, Row: NoticeRow, Letter: LetterCompletion},
	RecoveryLapsed:    {Holder: NoticeExpired, Row: NoticeRow},
	PassOpened:        {Holder: NoticePassOpened},
	LastProofFailed:   {Security: true},
	PassRevoked:       {Holder: NoticeExpired, Security: true},
	BindingUsed:       {Holder: NoticeBindingUsed},
	FactorRetired:     {Holder: NoticeFactorGone},
	ReEnrolChased:     {Holder: NoticeDuty, People: NoticeDuty},
	ReEnrolLate:       {Holder: NoticeDutyOver, People: NoticeDutyOver, Security: true},
	Stopped:           {Holder: NoticeStopped, Security: true},
	BackupRedeemed:    {Holder: NoticeCodeRedeemed},
	TriesAlert:        {Holder: NoticeCodeTries},
	ThrottleAlert:     {Security: true},
	CallUnknown:       {Security: true},
	CodesConfirmed:    {Holder: NoticeCodesMade},
	CodesAsked:        {Holder: NoticeCustody},
	CodesRetired:      {Holder: NoticeCodesRetired},
	CodesSuspended:    {Holder: NoticeCodeTries, Security: true},
	FactorAdded:       {Holder: NoticeFactorAdded},
	FactorSuspended:   {Holder: NoticeFactorGone},
	AddressReplaced:   {Holder: NoticeAddressOld, People: NoticeLinked},
	EvidenceChanged:   {Holder: NoticeEvidence, People: NoticeLinked},
	StaffInvited:      {Admins: NoticeStaffChange},
	StaffKeyAdded:     {Staff: NoticeStaffKey},
	StaffKeyCounted:   {Staff: NoticeStaffCounted},
	StaffRoleEnded:    {Staff: NoticeStaffRole},
	StaffDisabled:     {Staff: NoticeStaffRole},
	StaffKeySuspended: {Staff: NoticeStaffKeyGone, Security: true},
	StaffRoleAdded:    {Staff: NoticeStaffRoleNew},

	ProposalFiled:      {Guards: NoticeProposal},
	ProposalComplete:   {Guards: NoticeProposalFate},
	ProposalEffected:   {Guards: NoticeProposalFate},
	ProposalRejected:   {Guards: NoticeProposalFate},
	ProposalStopped:    {Guards: NoticeProposalFate},
	ProposalImpossible: {Guards: NoticeProposalFate},
	ThreatRaised:       {All: NoticeThreat},
	ThreatExtended:     {All: NoticeThreat},
	ThreatWarned:       {All: NoticeThreat},
	ThreatOver:         {All: NoticeThreat},
	IncidentOpened:     {All: NoticeIncident},
	IncidentClosed:     {All: NoticeIncident},
	EmergencyAsked:     {Approvers: NoticeEmergency, Security: true},
	EmergencyClimbed:   {Guards: NoticeEmergency, Security: true},
	TravelRegistered:   {Holder: NoticeTravel},
	TravelCancelled:    {Holder: NoticeTravel},
	HouseFounded:       {All: NoticeFounded},
	GlassSheetsMade:    {Guards: NoticeProposalFate},
	GlassBroken:        {All: NoticeGlass, Security: true},
	GlassAcknowledged:  {Guards: NoticeProposalFate},
	GlassRefused:       {Security: true},
}

// OpenedKind is what opening the session of a ticket is recorded as: a Pass is
// used by it, and the holder hears of that at every address (R12).
func OpenedKind(t Ticket) EventKind {
	if t.Tier == Pass {
		return PassOpened
	}
	return RecoveryOpened
}

// Owed returns what the event obliges.
func Owed(k EventKind) Obligation { return obligations[k] }
