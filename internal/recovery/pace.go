package recovery

// Hasty says why a decision needs a second reader: its approver made more than
// eight in the last hour, or three of them in less than fifteen seconds each
// (policy-defaults, "Approvals"). decided and quick count those before it.
func Hasty(decided, quick int64) string {
	switch {
	case decided >= HastyHourly:
		return "hourly"
	case quick >= HastyQuick:
		return "quick"
	}
	return ""
}

// HastyWords is the reason as pages write it.
func HastyWords(why string) string {
	switch why {
	case "hourly":
		return "more than eight decisions in an hour, so a second reader signs too"
	case "quick":
		return "three decisions in less than fifteen seconds each, so a second reader signs too"
	}
	return ""
}

// SignaturesNeeded is how many signatures a request needs: those it asked for,
// and a second reader for each that was given in haste.
func SignaturesNeeded(a Approval, signed []Signature) int64 {
	n := a.Needed
	for _, g := range signed {
		if g.Hasty != "" {
			n++
		}
	}
	return n
}
