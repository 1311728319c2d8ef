package recovery

// What the next deadline of a ticket is about, beside the state's own.
const (
	DueCode  = "code"   // the code that was sent stops working
	DueProof = "proof"  // the first proof of the run stops counting
	DueOpens = "window" // the objection window ends and the reset runs
	DueHold  = "hold"   // the hold ends
)

// NextDue is the next deadline of any kind and what it is about: the end of the
// state, of a live code, of the first proof, of the objection window. Deadlines
// that are over are no next ones; when all are, the state's own stays. An
// agent's lease is no deadline: it ends by itself and nothing is lost. codeEnds
// is the end of the live code, 0 for none. The rules look at t.Due, never at
// this: it is what pages show and sort by.
func NextDue(t Ticket, f FreshRule, proofs []Evidence, codeEnds, now int64) (at int64, what string) {
	at, what = t.Due, t.DueWhat
	earlier := func(end int64, why string) {
		if end > now && (at == 0 || at <= now || end < at) {
			at, what = end, why
		}
	}
	switch t.State {
	case Proofing:
		earlier(codeEnds, DueCode)
		for _, e := range proofs {
			if e.Run == t.Run && e.Fresh(f, now) {
				earlier(e.At+f.Proof.Micros, DueProof)
			}
		}
	case Collecting:
		earlier(codeEnds, DueCode)
	case Approved:
		if t.Awaits(f) {
			earlier(t.WindowEnds, DueBack)
		} else {
			earlier(t.WindowEnds, DueOpens)
		}
	}
	return at, what
}
