package recovery

// MayHold refuses to hold a ticket that is not being proofed, one that the
// holder opened, and an end that is over. The end is at most as long after the opening as
// a ticket may be parked: holding again and again leads no further.
func MayHold(t Ticket, until, now int64) error {
	switch {
	case t.Self():
		return Refuse("self-service", "The holder opened this ticket on the public pages; it cannot be held.", "It ends by itself.")
	case t.State != Proofing:
		return Refuse("wrong-state", "The ticket is "+t.State.Words()+", so it cannot be put on hold.", "Reload the ticket to see where it stands.")
	case now >= t.Due:
		return Refuse("ticket-expired", "The time for this recovery ended at "+UTC(t.Due)+".", "Open a new ticket.")
	case until <= now:
		return Refuse("hold-over", "Choose until when the ticket is on hold.", "").On("until")
	}
	return nil
}

// Outcomes of a ticket that was taken back. It counts as abandoned once its
// first step was begun: a run that ends without a result is kept and shown (R13).
const Abandoned = "abandoned"

// OutcomeWords is a ticket's closing word for people, "" when there is none.
func OutcomeWords(t Ticket) string {
	words, ok := outcomes[t.Outcome]
	switch {
	case ok:
		return words
	case t.State == Failed:
		return "a proof failed"
	}
	return t.Outcome
}

var outcomes = map[string]string{
	"settled": "stopped; a suspected-takeover ticket undid it", "lifted": "stopped, and the holder lifted it",
	"recovered": "the account was recovered", "denied": "the request was denied", "time": "its time ran out",
	"approval-timed-out": "nobody decided in time", "notice-not-accepted": "no notice could be delivered", "signature-ended": "the approval ran out",
	"holder-did-not-return": "its holder did not come back", "continuation-tries": "wrong continuation codes",
	"by-agent": "withdrawn before the first step", "by-holder": "withdrawn by the holder before the first step",
	"holder-presented-code":              "the holder used a backup code instead",
	Abandoned + ":by-agent":              "abandoned: withdrawn by the agent after the first step was begun",
	Abandoned + ":by-holder":             "abandoned: withdrawn by the holder after the first step was begun",
	Abandoned + ":not-possible":          "abandoned: video was not possible",
	Abandoned + ":holder-presented-code": "abandoned: the holder used a backup code instead",
}
