package self

import "countersign/internal/recovery"

// historyWords are the events of an account as its holder reads them; others
// are not shown at /me.
var historyWords = map[recovery.EventKind]string{
	recovery.AccountAdded:     "Your account came into the directory.",
	recovery.AccountChanged:   "Your directory entry changed.",
	recovery.AddressReplaced:  "An address on record changed.",
	recovery.HolderInvited:    "A link to set up your account was made.",
	recovery.HolderEnrolled:   "You set up your account.",
	recovery.HolderSignedIn:   "You signed in.",
	recovery.HolderSignedOut:  "You signed out.",
	recovery.HolderRefused:    "A sign-in was refused.",
	recovery.FactorAdded:      "A way to sign in was added.",
	recovery.FactorSuspended:  "A way to sign in was suspended.",
	recovery.FactorErased:     "A suspended way to sign in was erased.",
	recovery.HoldConfirmed:    "The lower assurance of your account ended early.",
	recovery.LossReported:     "Somebody reported a loss.",
	recovery.LossSuspended:    "A loss was reported with a proof; passkeys were suspended.",
	recovery.LossLifted:       "You lifted what was stopped or reported.",
	recovery.CodesMade:        "A set of backup codes was made and shown.",
	recovery.CodesConfirmed:   "You confirmed where you keep your backup codes.",
	recovery.CodesRetired:     "Backup codes stopped working.",
	recovery.CodesKept:        "You confirmed again where you keep your backup codes.",
	recovery.CodesAsked:       "We asked whether your backup codes are still where you put them.",
	recovery.CodesDropped:     "A set of backup codes that nobody confirmed was dropped.",
	recovery.CodesHandled:     "Your browser says it copied, saved or printed codes.",
	recovery.BackupRedeemed:   "A backup code was used.",
	recovery.BackupRefused:    "A backup code was refused.",
	recovery.TriesAlert:       "Several wrong codes were tried.",
	recovery.TicketOpened:     "A recovery was opened.",
	recovery.TicketWithdrawn:  "A recovery was withdrawn.",
	recovery.TicketExpired:    "A recovery ran out of time.",
	recovery.RunFailed:        "A recovery failed.",
	recovery.ApprovalComplete: "A recovery was approved.",
	recovery.ApprovalDenied_:  "A recovery was denied.",
	recovery.ResetExecuted:    "Your old ways to sign in were suspended by a recovery.",
	recovery.RecoveryDone:     "A recovery was completed.",
	recovery.BindingShown:     "A code for a new device was shown.",
	recovery.BindingUsed:      "A device used the code for a new device.",
	recovery.BindingConfirmed: "You confirmed the number of a new device.",
	recovery.FactorRetired:    "A passkey that a new one replaces was retired.",
	recovery.PassOpened:       "A Pass was opened.",
	recovery.PassOver:         "A Pass is over.",
	recovery.PassRevoked:      "A Pass was revoked.",
	recovery.ReEnrolChased:    "We reminded you to set up a new way to sign in.",
	recovery.ReEnrolLate:      "No new way to sign in was set up in time: the account was locked.",
	recovery.Stopped:          "A recovery was stopped: \"this was not me\".",
}

// HistoryWords is an event in words for its holder, "" when it is not shown.
func HistoryWords(kind string) string { return historyWords[recovery.EventKind(kind)] }
