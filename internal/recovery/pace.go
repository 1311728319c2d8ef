package recovery

// Hurry says why a decision needs a second reader: its approver made as many in
// the last hour as the policy lets one make, or more of them in too little time
// each than it lets pass (policy-defaults, "Approvals"). decided and quick count
// those before it.
func (r RequestRule) Hurry(decided, quick int64) string {
	switch {
	case decided >= r.HourlyMost:
		return "hourly"
	case quick > r.HastyMost:
		return "quick"
	}
	return ""
}

// HurryWords is the reason as pages write it; whatever the numbers were then.
func HurryWords(why string) string {
	switch why {
	case "hourly":
		return "many decisions within an hour, so a second reader signs too"
	case "quick":
		return "several decisions with hardly any time to read, so a second reader signs too"
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
