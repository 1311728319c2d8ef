package recovery

import "strconv"

// Slot is what an issued code is for, inside its ticket: a method of a step, the
// last proof, the further proof. Tries count per ticket and slot, whatever runs
// and codes come between (SP 800-63B-4 §3.1.3.2).
type Slot string

// Slots beside the methods.
const (
	SlotFresh Slot = "fresh-code"
	SlotHold  Slot = "hold-code"
)

// Slot is where the tries of a method are counted and its codes wait.
func (m Method) Slot() Slot { return Slot(m) }

// IssuedCode is a code of 8 digits sent once over a registered channel. Only
// its keyed hash is kept, bound to ticket and slot.
type IssuedCode struct {
	ID, Ticket, Account string
	Slot                Slot
	Run                 int64
	Address             string // where it went: one channel (R40)
	Hash                string
	Made, Ends          int64
	Spent, Void         int64
}

// Live says whether the code still works: dead on the microsecond it ends (R7).
func (c IssuedCode) Live(now int64) bool { return c.Spent == 0 && c.Void == 0 && now < c.Ends }

// MayIssue refuses a fourth message within an hour (SP 800-63B-4 §3.1.3.2; the
// number is ours). sent are the moments of the last hour, oldest first.
func MayIssue(sent []int64) error {
	if len(sent) < IssuedCodesPerHour {
		return nil
	}
	return Refuse("codes-per-hour", "Three codes were sent for this account within the last hour.",
		"The next one can be sent at "+UTC(sent[len(sent)-IssuedCodesPerHour]+Hour)+".")
}

// WrongCode is what the holder reads after n wrong entries, and whether no try
// is left.
func WrongCode(n int64) (r *Refusal, over bool) {
	return wrongEntry("wrong-code", "code", "That code is not right.", n, IssuedCodeTries)
}

// WrongPassword is WrongCode for the password.
func WrongPassword(n int64) (r *Refusal, over bool) {
	return wrongEntry("wrong-password", "password", "That password is not right.", n, PasswordTries)
}

func wrongEntry(code, field, text string, n, most int64) (*Refusal, bool) {
	left := most - n
	if left <= 0 {
		return Refuse(code, text+" There are no tries left, so this recovery has ended.",
			"Ask your help desk how to go on.").On(field), true
	}
	tries := strconv.FormatInt(left, 10) + " tries are left."
	if left == 1 {
		tries = "1 try is left."
	}
	return Refuse(code, text+" "+tries, "Check it again, or ask your help desk.").On(field), false
}
