package recovery

import "slices"

// Returns says whether an address that left the record in the time that is in
// doubt comes back when the takeover is undone: it was established by then, and
// its owner has heard of everything since (R27, R29).
func (a Address) Returns(c Circumstances) bool {
	since := c.Facts.Since
	return c.Event == SuspectedTakeover && since != 0 && a.Ended >= since && a.FirstSeen < since && c.Now-a.Ended < c.Told &&
		(a.Baseline != 0 || since-a.FirstSeen >= c.Age)
}

// Goes says whether an address is taken off the record then: it came after the
// time from which on everything is in doubt.
func (a Address) Goes(c Circumstances) bool {
	return c.Event == SuspectedTakeover && a.Ended == 0 && c.doubted(a.FirstSeen) && !a.restored(c)
}

// restored says whether this very ticket put the address back. Its age begins
// anew all the same: to every later ticket it is a change, so that a takeover that
// was itself a lie is undone like any other.
func (a Address) restored(c Circumstances) bool {
	return c.Event == SuspectedTakeover && c.Executed != 0 && a.FirstSeen == c.Executed && a.Earlier != 0 && a.Earlier < c.Facts.Since
}

// Restoration is what the execution of a suspected takeover does to the contacts
// of an account: those in force before the stated time come back.
type Restoration struct {
	Back, Off []Address
	Since     int64
}

// Restore works it out; every other event changes no contact.
func Restore(all []Address, c Circumstances) Restoration {
	r := Restoration{Since: c.Facts.Since}
	for _, a := range all {
		switch {
		case a.Returns(c):
			r.Back = append(r.Back, a)
		case a.Goes(c):
			r.Off = append(r.Off, a)
		}
	}
	return r
}

// Any says whether a contact changes.
func (r Restoration) Any() bool { return len(r.Back)+len(r.Off) > 0 }

// Lines say it to approvers, in the signed text, and to everybody who is told.
func (r Restoration) Lines() []string {
	var out []string
	for _, a := range r.Off {
		out = append(out, Mask(a)+" is taken off the record: first seen at "+UTC(a.FirstSeen)+", after the time that is in doubt")
	}
	for _, a := range r.Back {
		out = append(out, Mask(a)+" is put back on record: it stood there from "+UTC(a.FirstSeen)+" to "+UTC(a.Ended))
	}
	return out
}

// Phones says whether a number is among what changes: nothing is written to one.
func (r Restoration) Phones() bool {
	return slices.ContainsFunc(slices.Concat(r.Back, r.Off), func(a Address) bool { return a.Kind == Phone })
}

// Left are the mail addresses on record when it is done.
func (r Restoration) Left(all []Address) []Address {
	gone := func(a Address) bool { return slices.ContainsFunc(r.Off, func(o Address) bool { return o.ID == a.ID }) }
	back := func(a Address) bool { return slices.ContainsFunc(r.Back, func(b Address) bool { return b.ID == a.ID }) }
	return slices.DeleteFunc(slices.Clone(all), func(a Address) bool {
		return a.Kind != Mail || gone(a) || a.Ended != 0 && !back(a)
	})
}

// Independent says whether an address can take an opening notice that counts, and
// the last code: nothing strikes it off, or it comes back by then (R26, R40).
func (a Address) Independent(c Circumstances) bool {
	if a.Kind != Mail {
		return false
	}
	return a.Struck(c) == "" || a.Returns(c) && c.mailbox(a.Value) == ""
}

// LastChannels are the addresses that could take the last code of a ticket.
func LastChannels(all []Address, c Circumstances) []Address {
	return slices.DeleteFunc(slices.Clone(all), func(a Address) bool { return !a.Independent(c) })
}

// MayDoubt refuses a suspected takeover that would leave nothing to go on with: no
// mail address of before, or a time later than a recovery of the account that the
// holder stopped, whose work it has to undo.
func MayDoubt(f Facts, earlier []Earlier, addresses []Address, c Circumstances, desk InPerson) error {
	if c.Event != SuspectedTakeover {
		return nil
	}
	for _, e := range earlier {
		if e.Ticket.State == Frozen && f.Since > e.Ticket.Opened {
			return Refuse("since-late", "Ticket "+e.Ticket.Reference+", which the holder stopped, was opened at "+UTC(e.Ticket.Opened)+", so everything since then is in doubt.",
				"Enter that time, or an earlier one.").On("since")
		}
	}
	switch {
	case len(Restore(addresses, c).Left(addresses)) == 0:
		return desk.refuse("since-nothing-left", "No mail address of this account is older than the time that is in doubt, so none would be left on record.")
	case f.Taken != MailboxTaken && c.Source != Source(OnSite) && len(LastChannels(addresses, c)) == 0:
		return desk.refuse("since-no-channel", "No mail address of this account has stood for long enough to take the last code; one of before counts "+For(c.Age).Words()+" after it was first seen.")
	}
	return nil
}

// Removes are the ways to sign in that the execution of a ticket takes away:
// every live passkey, and in a takeover the password too when it was given away
// or set in the time that is in doubt.
func (t Ticket) Removes(all []Factor) []Factor {
	if !t.TakesAway() {
		return nil
	}
	out := GoneWith(all)
	for _, f := range all {
		if f.Kind == Password && f.Live() && t.Event == SuspectedTakeover && t.Facts.Since != 0 && (t.Facts.Taken == Phished || f.Added >= t.Facts.Since) {
			out = append(out, f)
		}
	}
	return out
}

// Uproots says whether the execution of a takeover takes an address off the record
// that had stood for 30 days when the ticket was opened: whoever states an early
// time could be rid of the holder's own address that way.
func (t Ticket) Uproots(all []Address, rule ChannelRule) bool {
	if t.Event != SuspectedTakeover || t.Facts.Since == 0 {
		return false
	}
	return slices.ContainsFunc(all, func(a Address) bool {
		return a.Ended == 0 && a.FirstSeen >= t.Facts.Since && t.Opened >= rule.Age.After(a.FirstSeen)
	})
}

// Settled is how a stopped ticket ends when a takeover of its account is undone:
// the mark stays, so that what follows is stricter.
func (t Ticket) Settled() Ticket {
	t.State, t.Outcome = Closed, "settled"
	t.Revision++
	return t
}

// SetsPassword says whether a ticket's holder chooses a password with the new
// passkey: the first one, or one in place of what was taken away. A recovery that
// leaves the password alone never asks for one.
func (t Ticket) SetsPassword(all []Factor) bool {
	if t.Self() || !t.TakesAway() || t.Event != FirstEnrolment && t.Event != AccountRebind && t.Event != SuspectedTakeover {
		return false
	}
	return !slices.ContainsFunc(all, func(f Factor) bool { return f.Kind == Password && f.Live() })
}

// MayEnrolFirst refuses a first enrolment that could not end: the last code needs
// a mailbox that the account itself does not open.
func MayEnrolFirst(event EventID, addresses []Address, c Circumstances) error {
	if event != FirstEnrolment || len(LastChannels(addresses, c)) > 0 {
		return nil
	}
	return Refuse("first-address", "The directory has no mail address of this person that can take the last code.",
		"HR enters a private mail address of the person; one that was changed since the account was made waits "+For(c.Age).Words()+".")
}
