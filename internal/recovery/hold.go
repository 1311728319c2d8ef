package recovery

import "slices"

// HoldAddresses are those that may carry the further proof: not struck off, and
// without a proof in the recovery that caused the hold.
func HoldAddresses(all []Address, proofs []Evidence, c Circumstances) []Address {
	var out []Address
	for _, a := range all {
		carried := slices.ContainsFunc(proofs, func(e Evidence) bool { return e.Channel == a.ID })
		if a.Kind == Mail && !carried && a.Struck(c) == "" {
			out = append(out, a)
		}
	}
	return out
}

// MayConfirmHold refuses an account that is not held, one whose hold was not
// caused by a recovery of ours, and a sixth entry.
func MayConfirmHold(a Account, t Ticket, tries, most, now int64) error {
	switch {
	case a.Hold <= now:
		return Refuse("not-held", "Your account is not at lower assurance.", "There is nothing to confirm.")
	case t.Completed == 0:
		return Refuse("hold-waits", "This hold ends by itself at "+UTC(a.Hold)+".", "")
	case tries >= most:
		return HoldTries(a)
	}
	return nil
}

// HoldTries is the answer once as many wrong codes were entered as there are tries.
func HoldTries(a Account) *Refusal {
	return Refuse("hold-tries", "Too many wrong codes were entered, so no further one is taken.", "Your account leaves the lower assurance by itself at "+UTC(a.Hold)+".").On("code")
}
