package recovery

import "slices"

// Earlier is an earlier ticket of an account as the next one must know it.
// Proved says whether a proof had been passed in it.
type Earlier struct {
	Ticket Ticket
	Proved bool
}

// Against says whether the ticket ended in a way that makes the next one
// stricter: denied, stopped by the holder, failed after a passed proof, or ended by
// a last proof that was wrong.
func (e Earlier) Against() bool {
	t := e.Ticket
	return t.State == Denied || t.State == Frozen || t.FrozenBy != "" || t.State == Failed && e.Proved || t.Outcome == LastProofWrong || t.Outcome == LastCodeWrong
}

// Fruitless says whether the run failed before any proof. That speaks against
// whoever called, not against the account: a stranger's prank must not lock its
// holder out.
func (e Earlier) Fruitless() bool { return e.Ticket.State == Failed && !e.Against() }

// since is when what speaks against the ticket happened: lifting a stop later makes
// it no younger.
func (e Earlier) since() int64 {
	if e.Ticket.Stopped != 0 {
		return e.Ticket.Stopped
	}
	return e.Ticket.StateSince
}

// Blocks says whether the account cannot have another ticket beside this one. One
// that only waits for a new sign-in method stands in nobody's way.
func (e Earlier) Blocks() bool { return e.underWay() && e.Ticket.DueWhat != DueReEnrol }

func (e Earlier) underWay() bool {
	s := e.Ticket.State
	return !s.Resting() && s != InReview && s != Lapsed && s != Frozen
}

// Cooldown is until when the desk opens nothing for the account: 30 minutes
// after a ticket that counts against it, 24 hours after two within 30 days
// (policy-defaults, "What makes it stricter"). Zero means now.
func Cooldown(all []Earlier, r StricterRule, now int64) int64 {
	return cooldown(all, r, now, Earlier.Against)
}

// SourceCooldown is until when the desk opens nothing for this account at the
// request of one source whose runs failed before any proof: the same times. Other
// callers are not held up by it.
func SourceCooldown(all []Earlier, from Source, r StricterRule, now int64) int64 {
	return cooldown(all, r, now, func(e Earlier) bool { return e.Fruitless() && from.same(e.Ticket.Source) })
}

func (s Source) same(other Source) bool { return s != "" && s.Key() == other.Key() }

func cooldown(all []Earlier, r StricterRule, now int64, counts func(Earlier) bool) int64 {
	n, last := 0, int64(0)
	for _, e := range all {
		if counts(e) && now-e.since() < r.Repeat.Micros {
			n, last = n+1, max(last, e.since())
		}
	}
	switch n {
	case 0:
		return 0
	case 1:
		return r.CooldownFirst.After(last)
	}
	return r.CooldownSecond.After(last)
}

// MayOpenAgain refuses a second open ticket, a stopped account to every event but
// the suspected takeover that undoes what was stopped, an account under cooldown, and
// a source under cooldown for this account. P0, P1 and proofing in person are never
// under cooldown: there nobody asks, or the refusal is lifted.
func MayOpenAgain(all []Earlier, event EventID, from Source, r StricterRule, desk InPerson, now int64) error {
	for _, e := range all {
		switch {
		case e.Blocks():
			return Refuse("already-open", "This account has an open ticket: "+e.Ticket.Reference+".", "Go on with that ticket, or withdraw it first.")
		case e.Ticket.State == Frozen && event != SuspectedTakeover:
			return Refuse("account-stopped", "The holder stopped ticket "+e.Ticket.Reference+" with \"this was not me\", so nothing else is opened for this account.",
				"An agent who did not work on it opens a ticket of the event suspected-takeover, in doubt since "+UTC(e.Ticket.Opened)+" at the latest. Or: "+desk.Words())
		}
	}
	if until := Cooldown(all, r, now); now < until {
		return desk.refuse("cooldown", "An earlier recovery of this account was denied or failed, so a new ticket can be opened from "+UTC(until)+" on.")
	}
	if until := SourceCooldown(all, from, r, now); now < until {
		return desk.refuse("source-cooldown", "An earlier attempt from the same place failed before anything was proved, so it can be tried again from "+UTC(until)+" on.")
	}
	return nil
}

// History is what makes a new ticket of the account stricter than its row, as
// far as earlier tickets tell. from is where the new request came from.
func History(all []Earlier, from Source, r StricterRule, now int64) Extra {
	var x Extra
	for _, e := range all {
		if recent := now-e.since() < r.Repeat.Micros; recent && e.Against() {
			x.FailedBefore = true
		} else if recent && e.Fruitless() && from.same(e.Ticket.Source) {
			x.SourceFailed = true
		}
		if e.Ticket.Completed != 0 && !e.Ticket.Binds() && now-e.Ticket.Completed < r.Repeat.Micros {
			x.SecondReset = true
		}
		if now-e.Ticket.Opened < r.Repeat.Micros {
			x.Opened++
		}
	}
	return x
}

// OtherTiers are the earlier tickets of the account at another tier than this one,
// within the time that counts, in their order.
func OtherTiers(all []Earlier, t Ticket, r StricterRule) []Earlier {
	var out []Earlier
	for _, e := range all {
		if o := e.Ticket; o.Tier != t.Tier && o.Opened <= t.Opened && t.Opened-o.Opened < r.Repeat.Micros {
			out = append(out, e)
		}
	}
	return out
}

// LowerTier says whether one of them asked for more and came to nothing (S13).
func LowerTier(all []Earlier, t Ticket, r StricterRule) bool {
	return slices.ContainsFunc(OtherTiers(all, t, r), func(e Earlier) bool { return e.Ticket.Tier.Above(t.Tier) && e.Ticket.Completed == 0 })
}

// Usable lists the mail addresses that may carry a proof in these circumstances
// (R16).
func Usable(all []Address, c Circumstances) []Address {
	var out []Address
	for _, a := range all {
		if a.Kind == Mail && a.Struck(c) == "" {
			out = append(out, a)
		}
	}
	return out
}

// Unused lists those addresses that carried no proof in the ticket so far, in
// any run: the last proof comes over one of them (R40).
func Unused(all []Address, proofs []Evidence) []Address {
	var out []Address
	for _, a := range all {
		if !slices.ContainsFunc(proofs, func(e Evidence) bool { return e.Channel == a.ID && e.Result == Passed }) {
			out = append(out, a)
		}
	}
	return out
}

// MayCarry refuses a code to an address that may carry no proof, and one that
// would leave none of those that can take the last proof.
func MayCarry(address string, usable, last []Address, proofs []Evidence) error {
	if !slices.ContainsFunc(usable, func(a Address) bool { return a.ID == address }) {
		return Refuse("address-not-usable", "This address may carry no proof in this ticket.", "Choose one of the addresses that are offered.").On("address")
	}
	left := slices.DeleteFunc(Unused(last, proofs), func(a Address) bool { return a.ID == address })
	if len(left) == 0 {
		return Refuse("last-channel", "This address is the only one left for the last proof.", "Send the code to the address that was used before.").On("address")
	}
	return nil
}
