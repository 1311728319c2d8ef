package desktest

import "countersign/internal/recovery"

// What the shipped policy says, as tests move the clock by it: every house of this
// package begins with that policy. Times are in microseconds.
const (
	// ProofFresh is how long a proof counts. Ours.
	ProofFresh = 60 * recovery.Minute
	// IssuedCodeEmail is the life of a code sent by mail; the ceiling is 24 h
	// (SP 800-63B-4 §4.2.1.2).
	IssuedCodeEmail = 30 * recovery.Minute
	// IssuedCodesPerHour bounds messages per account and hour. Ours.
	IssuedCodesPerHour = 3
	// AttemptLife is how long the pair of proofs may take. Ours.
	AttemptLife = 10 * recovery.Minute
	// CollectingLife is how long an executed reset waits for the holder. Ours.
	CollectingLife = 30 * recovery.Minute
	// RecoverySessionLife is how long enrolment may take. Ours.
	RecoverySessionLife = 30 * recovery.Minute
	// ApprovalWait is how long a request waits for a signature. Ours; ceiling 4 h.
	ApprovalWait = 30 * recovery.Minute
	// ReservedFor is how long the drawn approver alone may decide. Ours.
	ReservedFor = 5 * recovery.Minute
	// StopLife is how long Stop also suspends what was enrolled (R29). Ours.
	StopLife = 30 * recovery.Day
	// EvidenceAge is how long an address must have been known (R16). Ours.
	EvidenceAge = 30 * recovery.Day
	// OldAddressLife keeps a replaced address as notice-and-stop address (R27).
	OldAddressLife = 90 * recovery.Day
	// AddressChangeBlock forbids address changes after a recovery. Ours.
	AddressChangeBlock = 24 * recovery.Hour
	// UnknownBrowserHold keeps an account at its lower assurance when both
	// proofs were phishable and the browser unknown (R41). Ours.
	UnknownBrowserHold = 24 * recovery.Hour
	// CodesPerSet is few on purpose (seeds, R30).
	CodesPerSet = 5
	// CodeSetLife ends a set of a standard account. Ours.
	CodeSetLife = 180 * recovery.Day
	// CodeSetLifeShort ends a set of a contractor or a privileged account. Ours.
	CodeSetLifeShort = 90 * recovery.Day
	// CodeSetConfirm is how long a set that was shown waits for the owner's
	// word on custody before it is dropped.
	CodeSetConfirm = 10 * recovery.Minute
	// KeyQuarantine is how long a new role or key decides nothing (R28).
	KeyQuarantine = 72 * recovery.Hour
	// ThrottleCeiling disables a method after so many consecutive failures
	// (SP 800-63B-4 §3.2.2).
	ThrottleCeiling = 100
	// AccountDaily is when every further anonymous try on an account waits. Ours.
	AccountDaily = 30
	// TriesTold is when the holder is told about failures. Ours.
	TriesTold = 5
	// ThrottleFree is how many failures a lane has before delays begin. Ours.
	ThrottleFree = 3
)
