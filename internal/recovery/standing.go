package recovery

// Standing is an account's assurance in words: what it had, what it has now and
// what it must return to (R5). Low says that the three differ.
type Standing struct {
	Had, Has, Must string
	Low            bool
}

const (
	fullStanding = "Passkey with user verification (AAL2)"
	noStanding   = "No way to sign in"
)

// Standing judges an account by its factors that are not erased.
func (a Account) Standing(all []Factor, now int64) Standing {
	had, has := false, false
	for _, f := range all {
		if f.Kind == Passkey {
			had, has = true, has || f.Live()
		}
	}
	s := Standing{Had: noStanding, Has: noStanding, Must: fullStanding, Low: true}
	if had {
		s.Had = fullStanding
	}
	switch {
	case !has:
		return s
	case a.Hold > now:
		s.Has = "Passkey, at lower assurance until " + UTC(a.Hold) + ": no high-risk work"
		s.Must = fullStanding + ", when the time is over or a further proof is given"
		return s
	case a.MailedLink != 0:
		s.Had, s.Has, s.Must = "Nothing proofed", "Passkey enrolled by a mailed link, not proofed", fullStanding+", proofed"
		return s
	}
	return Standing{Had: fullStanding, Has: fullStanding, Must: fullStanding}
}
