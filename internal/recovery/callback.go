package recovery

import "strconv"

// CallBack is one call that an agent places to a number of the directory. The
// holder reads three words from the claimed page; the agent types them and the
// server compares. An inbound call is none, whatever number it shows (R16).
type CallBack struct {
	ID, Ticket string
	Run        int64
	Step       StepID
	Address    string // the number: one channel
	Agent      string // whose call it is; only this person is shown the number
	Made, Ends int64
	Hash       string // of the words; "" until the claimed browser asked for them
	Closed     int64
	Outcome    string
	Match      string // keyed hash of the match code; the code is stored nowhere
	Looked     int64  // when the reverse check page first showed this call
	Matched    int64  // when the agent typed the words of that page
}

// Fates of a call-back.
const (
	CallAnswered    = "answered"     // the words were right
	CallNotAnswered = "not-answered" // nobody picked up, or somebody else did
	CallOver        = "over"         // another call was begun
)

// CallBackLife bounds a call and its words (SP 800-63B-4 §3.1.3.2: a secret that
// is compared out of band lives 10 minutes at most).
const CallBackLife = 10 * Minute

// CallBackTries is how often wrong words may be typed. Ours.
const CallBackTries = 3

// CallBacksPerRun bounds how often a number is rung. Ours.
const CallBacksPerRun = 5

// Live says whether the call is still on: over on the microsecond it ends (R7).
func (c CallBack) Live(run, now int64) bool { return c.Closed == 0 && c.Run == run && now < c.Ends }

// Ours says whether the desk's call is still on as the reverse check page tells it:
// the holder may look it up after the words were compared, too.
func (c CallBack) Ours(now int64) bool {
	return now < c.Ends && (c.Closed == 0 || c.Outcome == CallAnswered)
}

// NobodyRang is the one answer to a match code of no call of ours, whatever the
// cause: it ended, there never was one, or the lane is closed.
func NobodyRang() *Refusal {
	return Refuse("nobody-rang", "Nobody of ours is ringing you with this code.", "Hang up. Ring the number on your badge, and report it.")
}

// MayMatch refuses the page's words from anybody but the agent who rings, before
// the page was opened, and twice. They are no proof, so nothing counts tries.
func MayMatch(c CallBack, agent string) error {
	switch {
	case c.Agent != agent:
		return NoCall()
	case c.Looked == 0:
		return Refuse("match-unseen", "Nobody has looked this call up on the reverse check page yet.", "Whoever is on the line may not be looking at our page: read out the address again.").On("match")
	case c.Matched != 0:
		return Refuse("match-done", "The words of the reverse check page were right already.", "Go on with the call.").On("match")
	}
	return nil
}

// WrongMatch is the answer to words that the reverse check page does not show.
func WrongMatch() *Refusal {
	return Refuse("match-wrong", "The reverse check page shows other words.", "Ask again. If they stay wrong, whoever is on the line looks at a page that is not ours: hang up and tell security.").On("match")
}

// MayCallBack refuses a number that is not of the directory, that is struck off
// in this ticket, and one that was rung often enough. struck says why, "" when it
// is not.
func MayCallBack(a Address, account, struck string, rung int64) error {
	if a.Kind != Phone || a.Account != account || a.Ended != 0 {
		return Refuse("number-unknown", "This number is not on record for the account.", "Choose one of the numbers that are offered; numbers cannot be typed.").On("address")
	}
	if struck != "" {
		return Refuse("number-struck", "This number carries no proof in this ticket: "+struck+".", "Choose another way to prove this step.").On("address")
	}
	if rung >= CallBacksPerRun {
		return Refuse("calls-enough", "This run has seen "+strconv.Itoa(CallBacksPerRun)+" call-backs.", "Choose another way to prove this step.").On("address")
	}
	return nil
}

// NoCall is the answer when no call-back is on.
func NoCall() *Refusal {
	return Refuse("call-over", "No call-back is on: it has ended, or none was begun.", "The help desk begins a new one. This did not count as a try.")
}
