package stepup

import "errors"

// Reasons for refusing an answer. They are written to audit records: never
// change a value.
const (
	Malformed         = "malformed"          // not an answer, or id and rawId differ
	Expired           = "expired"            // the ceremony's 5 minutes are over
	WrongType         = "wrong-type"         // an assertion where a registration belongs, or the reverse
	WrongChallenge    = "wrong-challenge"    // answers another challenge
	WrongOrigin       = "wrong-origin"       // made on another site's page
	CrossOrigin       = "cross-origin"       // made in a frame of another site
	WrongRP           = "wrong-rp"           // made for another RP ID
	UserNotPresent    = "user-not-present"   // nobody touched the key
	UserNotVerified   = "user-not-verified"  // no PIN or fingerprint
	UnknownKey        = "unknown-key"        // not one of the keys asked for
	WrongUser         = "wrong-user"         // the key names another user
	BadSignature      = "bad-signature"      // the signature does not verify
	CounterRegression = "counter-regression" // the counter did not grow: perhaps a clone
	BackupEligible    = "backup-eligible"    // a key that can be copied to another device
	BackupChanged     = "backup-changed"     // backup flags differ from registration

	AttestationMissing   = "attestation-missing"   // format none
	AttestationSelf      = "attestation-self"      // signed by the new key itself
	AttestationBroken    = "attestation-broken"    // the statement does not verify
	AttestationUntrusted = "attestation-untrusted" // leads to no configured root
	AttestationNoRoots   = "attestation-no-roots"  // nothing to check it against
	AAGUIDZero           = "aaguid-zero"           // the key names no model
	ModelNotListed       = "model-not-listed"      // the key's model is not one the house admits

	Refused = "refused" // the library refused for a reason not listed here
)

// Error is a refused ceremony.
type Error struct {
	Reason string // one of the constants above
	Err    error  // what the library said, for logs; may be nil
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "stepup: " + e.Reason
	}
	return "stepup: " + e.Reason + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// ReasonOf returns the Reason of an *Error in err's chain, or "".
func ReasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// Weak says whether a registration was refused only because the key can be copied
// or its maker is not known to the house.
func Weak(reason string) bool {
	switch reason {
	case BackupEligible, AttestationMissing, AttestationSelf, AttestationUntrusted, AttestationNoRoots, AAGUIDZero, ModelNotListed:
		return true
	}
	return false
}

func refuse(reason string, err error) error { return &Error{Reason: reason, Err: err} }
