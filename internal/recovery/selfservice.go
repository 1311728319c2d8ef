package recovery

import "cmp"

// MaySelfServe says whether an account may be recovered on the public pages with
// a backup code and the password as the ruling has it. earlier are the account's
// tickets. The refusals name the in-person desk; they are shown only to somebody
// who holds a live code. Cooldowns do not apply to this pair (policy-defaults,
// "What makes it stricter").
func MaySelfServe(p Policy, a Account, f Facts, usableMail int, r Ruling, earlier []Earlier, desk InPerson, now int64) error {
	if err := cmp.Or(MayOpen(a, r), MayReach(a, f, usableMail, p.Channels.Least, desk)); err != nil {
		return err
	}
	for _, e := range earlier {
		if e.Ticket.State == Frozen || e.Ticket.FrozenBy != "" && now-e.Ticket.StateSince < p.Stricter.Repeat.Micros {
			return desk.refuse("account-stopped", "A recovery of this account was stopped with \"this was not me\", so it is recovered in person.")
		}
		if e.Blocks() && !GivesWay(e) {
			return desk.refuse("already-open", "A recovery of this account is under way already.")
		}
	}
	return nil
}

// MayTell refuses, before any name is typed, what the public pages cannot do:
// a device that is stolen or unlocked may open the mailboxes that notices go to.
func MayTell(f Facts, desk InPerson) error {
	if f.Device == "" {
		f.Device = Stolen // nobody said what happened
	}
	return MayReach(Account{Population: Standard}, f, 0, 0, desk)
}

// GivesWay says whether an open ticket ends when the holder presents a live
// code, which proves more than a call: a desk ticket in which nothing was proved
// yet, or an own attempt that stopped half-way.
func GivesWay(e Earlier) bool {
	return e.Ticket.State == Proofing && (e.Ticket.Self() || !e.Proved)
}

// PairProved refuses to go on before every step of the pair was passed in this
// run, is fresh, was seen by the server, and comes from another group than the
// others: one code alone never recovers an account (R11, R16, R37).
func PairProved(t Ticket, w Workflow, all []Evidence, f FreshRule, now int64) error {
	groups := map[Group]bool{}
	for _, s := range w.Steps {
		e, ok := s.proof(t.Run, all)
		if !ok || !e.Method.Observed() {
			return Refuse("pair-incomplete", "Two different proofs are needed.", "Start again with a backup code.")
		}
		if !e.Fresh(f, now) {
			return Refuse("proof-stale", "The proofs were given more than "+f.Proof.Words()+" ago.", "Start again with another backup code.")
		}
		groups[e.Group] = true
	}
	if len(groups) < 2 {
		return Refuse("proofs-not-independent", "The proofs do not come from two independent channels.", "Go to your help desk.")
	}
	return nil
}

// Attempt is the collecting of proofs on the public pages, in one browser.
type Attempt struct {
	ID, Ticket, Account, SecretHash string
	Began, Ends                     int64
	KnownBrowser                    int64 // the browser signed in as this account before
	Proved                          int64 // the pair is complete
	Ended                           int64
}

// NoAttempt is the answer to a browser that collects no proofs, or no longer.
func NoAttempt() *Refusal {
	return Refuse("attempt-over", "This page has stopped working. Start again; nothing else was lost.",
		"Start again with another backup code, or ask your help desk.")
}

// MayTry refuses a password outside of a live attempt.
func (a Attempt) MayTry(t Ticket, now int64) error {
	if a.Ended != 0 || a.Proved != 0 || now >= a.Ends || t.State != Proofing || now >= t.Due {
		return NoAttempt()
	}
	return nil
}

// MayStart refuses the recovery session before the pair is complete and the
// holder could be told (R11, R26), and after the wait for that is over.
func (a Attempt) MayStart(t Ticket, now int64) error {
	switch {
	case a.Ended != 0 || a.Proved == 0 || t.State != Collecting || now >= t.Due:
		return NoAttempt()
	case t.NoticeAccepted == 0:
		return Refuse("notice-pending", "We have not been able to tell you at your registered addresses yet, so the recovery waits.",
			"This page goes on by itself. Check your mail.")
	}
	return nil
}

// MayEnrol refuses enrolment outside of the holder's time (R7): too early is told
// apart from too late.
func MayEnrol(t Ticket, now int64) error {
	switch t.State {
	case Draft, Proofing, Held, WaitingApproval, Approved, Executing:
		return Refuse("recovery-early", "This recovery is not that far yet, so nothing can be registered here.", "The page that holds your recovery says what comes next.")
	}
	if t.Binds() && (t.DueWhat == DueBinding || t.DueWhat == DueNumber) && now < t.Due {
		return Refuse("number-first", "The number that this device shows was not typed on the old device yet.", "Type it there, on your account page.")
	}
	if t.State != Collecting || t.DueWhat == DueReEnrol || now >= t.Due {
		return Refuse("recovery-over", "The time for this recovery is over, so nothing can be registered here.",
			"Ask your help desk how to go on.")
	}
	return nil
}

// HoldAfter is until when an account stays at its lower assurance: where both
// proofs can be phished, the way says so, and an unknown browser costs time (R41).
// The later of it and the hold that runs already.
func HoldAfter(a Account, w Way, knownBrowser bool, after AfterRule, now int64) int64 {
	if !w.Hold || knownBrowser {
		return a.Hold
	}
	return max(a.Hold, after.UnknownHold.After(now))
}

// StillSelf refuses to go on with a self-service ticket whose account is of
// another kind by now: its holder became staff, or the directory says so (R6, R23).
func StillSelf(t Ticket, a Account, desk InPerson) error {
	if !t.Self() || a.Row() == t.Population {
		return nil
	}
	return desk.refuse("population-changed", "The account became one of another kind ("+string(a.Row())+"), which is recovered in person.")
}

// LapsedTo is where a ticket goes whose holder did not come: nothing was changed
// by self-service before enrolment, so it has expired; after an executed reset
// the account stays locked.
func LapsedTo(t Ticket) State {
	if t.Executed == 0 || t.Binds() { // a binding that came to nothing took nothing away
		return Expired
	}
	return Lapsed
}
