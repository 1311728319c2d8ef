package recovery

// FrozenByHolder marks a ticket that a stop link froze.
const FrozenByHolder = "holder"

// LinkOver is the answer to a stop link that is unknown, used or too old.
func LinkOver(used bool) *Refusal {
	if used {
		return Refuse("link-used", "This link has been used.", "If you need more help, call your help desk or go there.")
	}
	return Refuse("link-ended", "This link no longer works.", "If a recovery of your account was not you, call your help desk or go there.")
}

// CodeOver is the one answer to every stop code that stops nothing: unknown, used,
// too old, or nothing left to stop.
func CodeOver(reason string) *Refusal {
	r := Refuse("stop-code-over", "This code stops nothing: it is not one of ours, it was used, or its time is over.",
		"Check it against the message. If a recovery of your account was not you, call your help desk or go there.").On("code")
	r.Reason = reason
	return r
}

// Reached says whether "this was not me" about something of a moment stops this
// other ticket of the account as well: one under way, and one that was completed
// after that moment less than 30 days ago. A thief must not go on beside what was
// stopped, nor keep what came of it.
func (e Earlier) Reached(since int64, after AfterRule, now int64) bool {
	t := e.Ticket
	return e.underWay() || t.State != Frozen && t.Completed != 0 && t.Completed >= since && now-t.Completed < after.Stop.Micros
}

// MayStop refuses "this was not me" where nothing can be stopped any more: the
// ticket is frozen already, or its 30 days after completion are over (R29).
func MayStop(t Ticket, after AfterRule, now int64) error {
	switch {
	case t.State == Frozen:
		return Refuse("already-stopped", "This recovery is stopped already.", "Security has been told. Your help desk goes on with you in person.")
	case t.Completed != 0 && now-t.Completed >= after.Stop.Micros:
		return LinkOver(false)
	}
	return nil
}

// Stop is the ticket after "this was not me" (R24). A completed recovery is
// opened again as a suspected takeover (R29). A ticket that came to nothing keeps
// its state and is marked, so that the next one is stricter.
func (t Ticket) Stop(now int64) Ticket {
	t.FrozenBy, t.Stopped = FrozenByHolder, now
	if t.State.Resting() && t.Completed == 0 {
		return t
	}
	if t.Completed != 0 {
		t.Event, t.Outcome = SuspectedTakeover, string(SuspectedTakeover)
	} else {
		t.Outcome = "stopped"
	}
	t.State, t.Due, t.DueWhat = Frozen, 0, ""
	t.Revision++
	return t
}

// EnrolledSince are the live factors that came in since the ticket opened: what
// Stop suspends after completion.
func EnrolledSince(t Ticket, all []Factor) []Factor {
	var out []Factor
	for _, f := range all {
		if f.Live() && (t.ID != "" && f.Ticket == t.ID || f.Added >= t.Opened) {
			out = append(out, f)
		}
	}
	return out
}
