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

// MayIssue refuses one message more within an hour than the policy lets go to an
// account (SP 800-63B-4 §3.1.3.2; the number is ours). sent are the moments of the
// last hour, oldest first.
func (r IssuedRule) MayIssue(sent []int64) error {
	if int64(len(sent)) < r.Hourly {
		return nil
	}
	next := "No code is sent at all for now. " // a policy may send none
	if r.Hourly > 0 {
		next = "The next one can be sent at " + UTC(sent[int64(len(sent))-r.Hourly]+Hour) + "."
	}
	return Refuse("codes-per-hour", "As many codes as may be sent were sent for this account within the last hour.", next)
}

// Life is how long a code works: 10 minutes at most by text message, 24 hours by
// mail (SP 800-63B-4 §3.1.3.2, §4.2.1.2).
func (r IssuedRule) Life(to AddressKind) Duration {
	if to == Phone {
		return r.SMS
	}
	return r.Mail
}

// Tries is how many wrong entries a slot takes, 0 where one no is enough. They are
// counted per ticket, whatever codes come between (SP 800-63B-4 §3.1.3.2).
func (p Policy) Tries(s Slot) int64 {
	switch s {
	case ByMailCode.Slot(), BySMSCode.Slot(), ByBackupCode.Slot(), SlotFresh, SlotHold, SlotContinuation:
		return p.Issued.Tries
	case ByPassword.Slot():
		return p.Throttles.Passwords
	case ByCallBack.Slot():
		return CallBackTries
	case ByVoucher.Slot():
		return 1
	}
	return 0
}

// WrongEntry is what is read after n wrong entries in a slot, and whether no try
// is left.
func (p Policy) WrongEntry(s Slot, n int64) (r *Refusal, over bool) {
	code, field, text := "wrong-code", "code", "That code is not right."
	switch s {
	case ByPassword.Slot():
		code, field, text = "wrong-password", "password", "That password is not right."
	case ByCallBack.Slot():
		code, field, text = "wrong-words", "words", "These are not the words on the holder's page."
	}
	left := p.Tries(s) - n
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
