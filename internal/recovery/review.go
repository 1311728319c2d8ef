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

// ReviewReason is one reason why a ticket is reviewed, as its entry keeps it.
type ReviewReason string

// Why tickets are reviewed.
const (
	ReviewPair    ReviewReason = "first-pair"
	ReviewRisk    ReviewReason = "risk"
	ReviewAll     ReviewReason = "row"
	ReviewSample  ReviewReason = "sample"
	ReviewKeyLost ReviewReason = "key-lost"
)

var reviewWords = map[ReviewReason]string{ReviewPair: "its agent and an approver worked together for the first time", ReviewRisk: "something made it riskier",
	ReviewAll: "every ticket of its row is reviewed", ReviewSample: "it was drawn", ReviewKeyLost: "again, because a key that approved it was reported lost"}

// ReviewReasons are why a completed desk recovery is reviewed, none when it is not:
// with a first agent–approver pair or any risk where the row says so, else by a draw
// from 0 to 99 (policy-defaults, "Rows").
func ReviewReasons(r ReviewRule, firstPair bool, x Extra, draw int64) []ReviewReason {
	var out []ReviewReason
	add := func(is bool, why ReviewReason) {
		if is && !r.Within.Zero() {
			out = append(out, why)
		}
	}
	add(r.FirstPairs && firstPair, ReviewPair)
	add(r.Risk && x.Any(), ReviewRisk)
	add(r.Percent >= 100, ReviewAll)
	add(r.Percent < 100 && draw < r.Percent, ReviewSample)
	return out
}

// JoinReasons is how an entry keeps them; ReviewWords says them.
func JoinReasons(all []ReviewReason) string {
	out := make([]string, len(all))
	for i, why := range all {
		out[i] = string(why)
	}
	return strings.Join(out, " ")
}

// ReviewWords says why a ticket is reviewed, from what its entry keeps; "" for an
// entry that says nothing.
func ReviewWords(kept string) string {
	var out []string
	for _, why := range strings.Fields(kept) {
		if words := reviewWords[ReviewReason(why)]; words != "" {
			out = append(out, words)
		}
	}
	return strings.Join(out, "; ")
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

var letterWords = map[string]string{
	LetterOpening:     "the opening notice, because no gateway reaches the holder's number",
	LetterCompletion:  "the completion notice, by post or telephone",
	LetterUndelivered: "the notice that no mail server took",
	LetterInHand:      "the opening notice, handed over in person",
}

// Words names a letter task.
func (l Letter) Words() string {
	return letterWords[l.Kind]
}
