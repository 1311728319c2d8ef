package recovery

import (
	"crypto/sha256"
	"encoding/hex"
)

// IdentityCheck is one request to an external service that checks who somebody
// is, and its result. The service answers by a signed call; this row says what
// the answer must be about.
type IdentityCheck struct {
	ID, Ticket string
	Run        int64
	Step       StepID
	Method     Method // identity-check, or biometric on site (§4.2.2.3)
	Account    string // id
	Agent      string
	Made, Ends int64
	Result     string // CheckPassed, CheckFailed, "" while none came
	At         int64
}

// Results of a check.
const (
	CheckPassed = "passed"
	CheckFailed = "failed"
)

// CheckReplay is how old a signed call may be, and how far ahead its clock. Ours.
const CheckReplay = 5 * Minute

// CheckBytesMax bounds the body of a call. Ours.
const CheckBytesMax = 4 << 10

// CheckResult is the body of the service's call.
type CheckResult struct {
	Request string `json:"request"`
	Ticket  string `json:"ticket"`  // its reference
	Account string `json:"account"` // AccountDigest
	Result  string `json:"result"`
}

// AccountDigest names the account to the service without telling it who that
// is: bound to the request, so that two requests cannot be linked.
func (k IdentityCheck) AccountDigest() string {
	sum := sha256.Sum256([]byte("countersign/identity-check/v1:" + k.ID + ":" + k.Account))
	return hex.EncodeToString(sum[:])
}

// May refuses a result that is not about this request, comes twice or late.
func (k IdentityCheck) May(t Ticket, r CheckResult, now int64) error {
	switch {
	case r.Result != CheckPassed && r.Result != CheckFailed:
		return Refuse("check-result", "A result is passed or failed.", "")
	case r.Ticket != t.Reference || r.Account != k.AccountDigest():
		return Refuse("check-other", "The result belongs to another ticket or account.", "")
	case k.Result != "":
		return Refuse("check-decided", "This request has its result already.", "")
	case now >= k.Ends || t.Run != k.Run || t.State != Proofing:
		return Refuse("check-over", "This request waits for no result any more.", "The help desk begins a new one.")
	}
	return nil
}
