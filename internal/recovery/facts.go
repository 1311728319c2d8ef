package recovery

import (
	"slices"
	"time"
)

// Check refuses facts that the event needs and nobody told. They are fixed when
// the ticket opens (R6).
func (f Facts) Check(event EventID, now int64) error {
	device, takeover := event == DeviceLoss, event == SuspectedTakeover
	switch {
	case device && f.Device != Lost && f.Device != Stolen:
		return Refuse("device-missing", "Say whether the device is lost or stolen.", "When in doubt: stolen.").On("device")
	case device && f.Lock != Locked && f.Lock != Unlocked:
		return Refuse("lock-missing", "Say whether the device was locked.", "When in doubt: unlocked.").On("lock")
	case takeover && !slices.Contains(Takens, f.Taken):
		return Refuse("taken-missing", "Say what somebody else may have.", "When in doubt: the password.").On("taken")
	case takeover && f.Since == 0:
		return Refuse("since-missing", "Say since when everything is in doubt, like 2026-11-21 14:00 (UTC).", "When in doubt: the earlier time.").On("since")
	case f.Since > now:
		return Refuse("since-ahead", "That time lies ahead.", "Enter when it began.").On("since")
	}
	return nil
}

// ParseMoment reads a moment as forms send it, UTC; 0 for anything else.
func ParseMoment(text string) int64 {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMicro()
		}
	}
	return 0
}

// Words is what the facts say about device and doubt, "" for nothing.
func (f Facts) Words() string {
	out := ""
	if f.Device != "" {
		out = string(f.Device) + ", " + string(f.Lock)
		if f.Mail == Elsewhere {
			out += ", no mailbox open on it"
		}
	}
	if f.Taken != "" {
		if out != "" {
			out += "; "
		}
		out += takenWords[f.Taken] + ", since " + UTC(f.Since)
	}
	return out
}

var takenWords = map[Taken]string{Phished: "the password was given away", MailboxTaken: "somebody else may read a mailbox", NumberTaken: "somebody else may have the number"}

// About keeps the facts that concern an event and drops what a form sent beside.
func (f Facts) About(e EventID) Facts {
	switch e {
	case DeviceLoss:
		return Facts{Device: f.Device, Lock: f.Lock, Mail: f.Mail}
	case SuspectedTakeover:
		return Facts{Taken: f.Taken, Since: f.Since}
	}
	return Facts{}
}
