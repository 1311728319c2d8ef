package recovery

// Durations in microseconds, the unit of every time column.
const (
	Second = int64(1_000_000)
	Minute = 60 * Second
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// Limits. What the policy has a value for is decided by the policy in force, and
// stands here only where code needs a value before any policy is read. Each one
// names its source; "ours" marks our own judgement (policy-defaults, "Where the
// numbers come from").
const (
	// IssuedCodeTries counts wrong entries per ticket and method; a new code
	// does not reset it (SP 800-63B-4 §3.1.3.2). Number ours.
	IssuedCodeTries = 5
	// PasswordTries bounds guesses inside one recovery attempt. Ours.
	PasswordTries = 5
	// NoticeWait ends a recovery whose opening notice nobody accepted (R26).
	NoticeWait = 60 * Minute
	// ReportingHops is how far up the directory's managers are followed; deeper
	// than any house is, and an end for data that goes round in circles. Ours.
	ReportingHops = 20
	// CoverageAhead is how far ahead gaps between shifts are looked for (R60).
	CoverageAhead = 24 * Hour
	// ApproverKeysMin is how many keys an approver holds, so that one may be lost.
	ApproverKeysMin = 2
	// ShiftsMax bounds the shifts a house keeps. Ours.
	ShiftsMax = 500
	// ChallengeLife is the upper end of the ceremony timeout that WebAuthn
	// Level 3 recommends (300–600 s).
	ChallengeLife = 10 * Minute
	// ObjectionWindow is the time from the delivered opening notice to the
	// execution of a desk reset of a standard account (R29). Ours.
	ObjectionWindow = 10 * Minute
	// InviteLife is the life of a mailed invitation. Ours.
	InviteLife = 24 * Hour
	// SessionLife and SessionIdle bound staff sessions: stricter than
	// SP 800-63B-4 §2.3.3 (12 h, 15 min).
	SessionLife = 8 * Hour
	SessionIdle = 15 * Minute
	// HolderSessionLife and HolderSessionIdle bound /me (SP 800-63B-4 §2.2.3: 24 h, 1 h).
	HolderSessionLife = 8 * Hour
	HolderSessionIdle = 30 * Minute
	// StepUpFresh is how old a sign-in may be when codes are shown (R33).
	StepUpFresh = 5 * Minute
	// LettersWithin is until when letters are posted where the row sets no time for
	// a review. Ours.
	LettersWithin = 7 * Day
	// LeaseLife is how long an agent's hold on a ticket lasts without activity.
	LeaseLife = 5 * Minute
	// OftenOpened is which ticket of an account, within the policy's time for a
	// second recovery, is named as a risk. Ours.
	OftenOpened = 3
	// ViewsPerPerson and ViewsOfTeam bound saved views; ViewNameMax a view's name,
	// ViewQueryMax its query string, in characters. Ours.
	ViewsPerPerson = 20
	ViewsOfTeam    = 50
	ViewNameMax    = 60
	ViewQueryMax   = 500
	// AddressHourly is how many failures one address prefix has in an hour, over
	// all accounts, before it waits: an office behind one address must fit. Ours.
	AddressHourly = 30
	// GlobalHourly is how many failures of strangers the house takes in an hour
	// before all of them wait; known browsers and the desk do not. It also bounds
	// the throttle rows. Ours.
	GlobalHourly = 1000
	// MatchedHourly bounds the entries that one live or spent secret can cause in
	// an hour (design.md, "Strangers").
	MatchedHourly = 10
	// PasswordMin and PasswordMax bound passwords (SP 800-63B-4 §3.1.1.2: eight
	// within multi-factor, at least 64 accepted). Characters.
	PasswordMin = 8
	PasswordMax = 256
	// AccountIDMax is the length of a WebAuthn user handle, which an account's
	// id is for its passkeys (WebAuthn Level 3 §5.4.3). Bytes.
	AccountIDMax = 64
	// NameMax bounds names and departments. Characters.
	NameMax = 200
	// RosterRowsMax and RosterBytesMax bound an accounts file, so that it fits
	// into one change (ten seconds in the writer; measured by its benchmark).
	RosterRowsMax  = 10_000
	RosterBytesMax = 8 << 20
	// RosterProblemsMax is how many bad lines a report lists.
	RosterProblemsMax = 200
	// RosterMovesMax is how many existing accounts one file may give other
	// addresses: each owes up to four messages in the same change. Ours.
	RosterMovesMax = 500
	// TextMax bounds free text a person types into a form. Characters.
	TextMax = 2000
	// RecordMax bounds the id of a record in the HR system. Characters; ours.
	RecordMax = 100
	// AddressesLeast is how many usable mail addresses a policy asks for at least
	// (SP 800-63B-4 §4.6).
	AddressesLeast = 2
)
