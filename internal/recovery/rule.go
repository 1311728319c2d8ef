package recovery

import "strconv"

// Extra is what makes a ticket stricter than its row.
type Extra struct {
	DeniedBefore, FailedBefore, SameAgent, SecondReset, Pressured bool
	// SourceFailed says that this caller's number or address failed before any
	// proof: this caller's next run is one level up, others are unchanged.
	SourceFailed bool
	// LowerTier says that a higher tier was asked for this account before and came to
	// nothing: nobody gets around its approval by asking for less (S13).
	LowerTier bool
	// Uproots says that a takeover takes an address off the record that had stood
	// long enough to carry proofs: it may be the holder's own.
	Uproots bool
	// InHand says that no address could take the opening notice, so whoever holds them
	// now is not warned of what happens here (R26).
	InHand bool
	// Opened counts earlier tickets within the policy's time: a risk in words only.
	Opened int64
	// The policy's times that the words name; Under sets them.
	rule StricterRule
	aged Duration
}

// Under is the same under a policy, whose times Risks names.
func (e Extra) Under(p Policy) Extra {
	e.rule, e.aged = p.Stricter, p.Channels.Age
	return e
}

// Any says whether anything makes the ticket stricter.
func (e Extra) Any() bool { return e != Extra{Opened: e.Opened, rule: e.rule, aged: e.aged} }

// Further says whether one more approver signs.
func (e Extra) Further() bool {
	return e.DeniedBefore || e.FailedBefore || e.SameAgent || e.Pressured || e.Uproots
}

// Risks are the sentences pages and statements show for Extra.
func (e Extra) Risks() []string {
	var out []string
	add := func(is bool, text string) {
		if is {
			out = append(out, text)
		}
	}
	lately := "in the last " + e.rule.Repeat.Words()
	add(e.DeniedBefore, "A request for this account was denied "+lately+".")
	add(e.FailedBefore, "A recovery of this account failed or was stopped "+lately+".")
	add(e.SecondReset, "This account was recovered "+lately+".")
	add(e.SameAgent, "The same agent worked on this account in the last "+e.rule.SameAgent.Words()+".")
	add(e.SourceFailed, "A run that came from the same number or address failed before any proof.")
	add(e.LowerTier, "A higher tier was asked for this account "+lately+" and came to nothing; its proofs do not count here and its cooldown holds.")
	add(e.Opened+1 >= OftenOpened, "This is ticket number "+strconv.FormatInt(e.Opened+1, 10)+" for this account in "+e.rule.Repeat.Words()+".")
	add(e.Uproots, "An address that has stood on record for more than "+e.aged.Words()+" is taken off it.")
	add(e.InHand, "No address on record can warn the holder; the opening notice is handed over in person.")
	add(e.Pressured, "A second approver was asked for.")
	return out
}

// MayOpen says whether anybody may open a ticket; the refusal tells what the
// caller can do instead. Used by "check before you open" and by the act.
func MayOpen(a Account, r Ruling) error {
	switch {
	case a.Ended != 0:
		return Refuse("account-ended", "This account has ended.", "Nothing can be recovered on it.")
	case r.Refusal != nil:
		return r.Refusal
	}
	return nil
}

// MayReach refuses to recover from afar an account whose channels can neither prove
// who is calling nor warn the holder: that is done on site. least is how many mail
// addresses the policy asks for that may carry a proof (SP 800-63B-4 §4.6).
func MayReach(a Account, f Facts, usableMail int, least int64, desk InPerson) error {
	switch {
	case f.Device == "":
		return nil
	case f.Mail != Elsewhere && (f.Device != Lost || f.Lock != Locked || a.Row() == Privileged):
		return Refuse("device-not-safe", "The device that is gone may open the holder's mailboxes, so they can neither prove who is calling nor warn the holder.",
			"When no mailbox is open on it, say so on the form. "+desk.Words())
	case int64(usableMail) < least:
		return desk.refuse("two-addresses", "Fewer than "+count(least, "mail address")+" of this account may be used as proof.")
	}
	return nil
}

// InPerson is the desk that is named wherever no other path exists; the
// setting is required (R60).
type InPerson struct{ Place, Hours, Phone string }

// Words is the pointer as pages and mails write it.
func (d InPerson) Words() string {
	s := "Go to " + d.Place + " (" + d.Hours + ") with your badge and a document"
	if d.Phone != "" {
		s += ", or call " + d.Phone
	}
	return s + "."
}

func (d InPerson) refuse(code, text string) error { return Refuse(code, text, d.Words()) }
