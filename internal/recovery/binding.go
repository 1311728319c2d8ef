package recovery

import "slices"

// DeviceBinding is a new device bound beside a working one (SP 800-63B-4
// §4.1.2.2): a code goes from the screen of the signed-in holder to the new
// device, and a number comes back. Whoever photographs the code alone gets
// nothing: the new device enrols only after the holder typed its number where the
// old one is signed in.
type DeviceBinding struct {
	Ticket, Account string
	Old             string // factor that the new one replaces
	CodeHash        string // of the code that is shown now, "" for none
	Made, Ends      int64  // of that code
	Spent           int64  // when a device used it: then no other code is shown
	Session         string // of that device; it enrols nothing before the number
	NumberHash      string
	Tries           int64 // wrong numbers
	Confirmed       int64
	Retired         int64 // when the old factor was retired
}

const (
	// BindingTries is how many wrong numbers end a binding: six digits, so a guess
	// is worth three in a million. Ours.
	BindingTries = 3
	// OldRetiredAfter is how long the old sign-in method outlives a replacement that
	// nobody signed in with (policy-defaults, device-replacement).
	OldRetiredAfter = 7 * Day
	// DueBinding and DueNumber are what the deadline of such a ticket is about: the
	// code that is shown, and the number that comes back.
	DueBinding = "binding"
	DueNumber  = "binding-number"
)

// OwnKey is the one step of whatever the holder opens with a working sign-in
// method: P0, asserted afresh. It is no workflow of the desk, so no file holds it.
func OwnKey() Workflow {
	return Workflow{ID: "own-key", Version: "own-key-1", Name: "A working sign-in method, asserted afresh", Level: P0,
		Steps: []Step{{ID: StepOwnKey, Title: "The old device", Methods: []Method{ByAuthenticator}}}}
}

// StepOwnKey is the step of OwnKey.
const StepOwnKey StepID = "own-key"

// Binds says whether the ticket binds a new device beside a working one.
func (t Ticket) Binds() bool { return t.Artefact == Binding }

// MayBind refuses a binding while the account is at its lower assurance, is
// stopped, has another open ticket, or when what is replaced is no passkey of it.
func MayBind(a Account, old string, factors []Factor, earlier []Earlier, now int64) error {
	for _, e := range earlier {
		switch {
		case e.Blocks():
			return Refuse("already-open", "A recovery of this account is under way: "+e.Ticket.Reference+".", "Wait for its end, or stop it with the link in our message about it.")
		case e.Ticket.State == Frozen:
			return Refuse("account-stopped", "Somebody stopped a recovery of this account.", "Lift that on your account page first, if it was you.")
		}
	}
	mine := func(f Factor) bool { return f.ID == old && f.Kind == Passkey && f.Live() }
	switch {
	case a.Hold > now:
		return Refuse("at-lower-assurance", "Your account is at lower assurance until "+UTC(a.Hold)+".", "End the hold first, then set up the new device.")
	case !slices.ContainsFunc(factors, mine):
		return Refuse("passkey-missing", "Choose which of your passkeys the new one replaces.", "Choose from the list.").On("old")
	}
	return nil
}

// MayShow refuses the code before the request is approved and the holder could be
// told (R11, R26), after its time, and once a device used one.
func (b DeviceBinding) MayShow(t Ticket, f FreshRule, now int64) error {
	switch {
	case t.State == Proofing:
		return Refuse("request-over", "Nobody approved this in time.", "Cancel it and start again.")
	case t.State != Collecting:
		return MayEnrol(t, now)
	case now >= t.Due || now >= f.Proof.After(t.Opened):
		return Refuse("recovery-over", "The time for this is over.", "Cancel it and start again with your passkey.")
	case t.NoticeAccepted == 0:
		return Refuse("notice-pending", "We have not been able to tell you at your registered addresses yet, so no code is shown.", "Look again in a moment, and check your mail.")
	case b.Spent != 0:
		return Refuse("code-used", "A device used your code already.", "Type the number that it shows. If it is not your device, cancel this.")
	}
	return nil
}

// BindingOver is the one answer to every code that binds nothing: unknown, used,
// too old, or its ticket has ended.
func BindingOver(reason string) *Refusal {
	r := Refuse("binding-code-over", "This code works for nothing: it is not one of ours, it was used, or its time is over.", "Look at your account page on the old device. If it says that a device used the code and it was not yours, cancel it there.").On("code")
	r.Reason = reason
	return r
}

// MayUse refuses a code that is used, over, or whose ticket has ended.
func (b DeviceBinding) MayUse(t Ticket, now int64) error {
	switch {
	case b.Spent != 0:
		return BindingOver("used")
	case now >= b.Ends || t.State != Collecting || now >= t.Due:
		return BindingOver("over")
	}
	return nil
}

// MayConfirm refuses the number where none waits, or its time is over.
func (b DeviceBinding) MayConfirm(t Ticket, now int64) error {
	if b.Spent == 0 || b.Confirmed != 0 || t.State != Collecting || now >= t.Due {
		return Refuse("number-none", "No device waits for its number.", "Show the code to the new device first, or start again.").On("number")
	}
	return nil
}

// WrongNumber is the answer to a number that the new device does not show.
func WrongNumber(left int64) *Refusal {
	if left == 0 {
		return Refuse("number-over", "That was the third wrong number, so this has ended and no device was set up.", "If you do not know which device used your code, tell your help desk. Otherwise start again.").On("number")
	}
	return Refuse("number-wrong", "The new device shows another number.", "Look at it again. If your new device says that the code was used, somebody else used it: cancel this.").On("number")
}
