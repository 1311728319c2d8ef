package recovery

import "strings"

// Finding is what a reviewer found.
type Finding string

// Findings.
const (
	FindingOK      Finding = "ok"
	FindingConcern Finding = "concern"
)

// LettersOnly is the outcome of a ticket that rests under review only until its
// letters are posted.
const LettersOnly = "letters"

// DueForReview says whether a completed desk recovery is reviewed: with a first
// agent–approver pair or any risk where the row says so, else by a draw from 0 to 99
// (policy-defaults, "Rows").
func DueForReview(r ReviewRule, firstPair bool, x Extra, draw int64) bool {
	return !r.Within.Zero() && (r.FirstPairs && firstPair || r.Risk && x.Any() || draw < r.Percent)
}

// MayFind refuses a review of a ticket that awaits none.
func MayFind(t Ticket, f Finding, text string) error {
	switch {
	case t.State != InReview || t.ReviewDue == 0:
		return Refuse("wrong-state", "This ticket awaits no review; it is "+t.State.Words()+".", "The Reviews page lists what awaits one.")
	case t.Reviewed != 0:
		return Refuse("already-reviewed", "This ticket was reviewed at "+UTC(t.Reviewed)+".", "It can be closed when nothing else is open.")
	case f != FindingOK && f != FindingConcern:
		return Refuse("finding-missing", "Say what you found: in order, or a concern.", "").On("finding")
	case f == FindingConcern && strings.TrimSpace(text) == "":
		return Refuse("text-missing", "Describe the concern.", "The administrators are told about it.").On("text")
	}
	return nil
}

// None says whether a row has nothing reviewed.
func (r ReviewRule) None() bool { return r.Percent == 0 && !r.FirstPairs && !r.Risk }

// MayClose refuses to close a ticket while the holder has no new factor, its
// review or a letter is open (R21, R26); the refusal names what is open.
// restored says that a lapsed ticket's account has ended or was recovered since.
// What was stopped, denied or came to nothing stays what it is: it makes the
// account's next ticket stricter, and no member of staff takes that away (R24).
func MayClose(t Ticket, letters []Letter, restored bool) error {
	if t.State != InReview && t.State != Lapsed {
		return Refuse("wrong-state", "The ticket is "+t.State.Words()+", so it cannot be closed.", "Reload the ticket to see where it stands.")
	}
	if t.Completed == 0 && !restored {
		return Refuse("not-enrolled", "The holder has not set up a new sign-in method.", "The ticket closes when the account is recovered by another ticket, or has ended.")
	}
	if t.ReviewDue != 0 && t.Reviewed == 0 {
		return Refuse("review-open", "The review of this ticket is open.", "A reviewer records a finding first.")
	}
	for _, l := range letters {
		if l.Done == 0 {
			return Refuse("letter-open", "A letter on this ticket is not posted yet: "+l.Words()+".", "Post it and tick it off on the ticket.")
		}
	}
	return nil
}

// Words names a letter task.
func (l Letter) Words() string {
	if l.Kind == LetterOpening {
		return "the opening notice, because no gateway reaches the holder's number"
	}
	return "the completion notice, by post or telephone"
}
