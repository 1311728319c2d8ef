package recovery

import "slices"

// Signal is what a caller knew or did not know. It is shown to whoever decides
// and is no step: knowledge can never pass one (SP 800-63A-4 §2.5.1, §3.2.1).
type Signal struct {
	ID, Ticket string
	Run        int64
	Person     string // who asked
	At         int64
	Topic      string
	Knew       Knew
	Note       string
}

// Knew is how the caller answered.
type Knew string

// Answers.
const (
	DidKnow    Knew = "knew"
	DidNotKnow Knew = "did-not-know"
)

// Topics are what agents may ask about; the answers are not kept.
var Topics = []string{"employee number", "manager's name", "start date", "last work on the account", "something else"}

// Check refuses a signal that is not filled in.
func (s Signal) Check() error {
	switch {
	case !slices.Contains(Topics, s.Topic):
		return Refuse("topic-missing", "Say what you asked about.", "").On("topic")
	case s.Knew != DidKnow && s.Knew != DidNotKnow:
		return Refuse("answer-missing", "Say whether the caller knew it.", "").On("knew")
	}
	return FitText("signal-note", s.Note, TextMax)
}

// MaySignal refuses a signal on a ticket that is not being proofed.
func MaySignal(t Ticket) error {
	if t.State == Proofing {
		return nil
	}
	return Refuse("wrong-state", "This ticket is "+t.State.Words()+"; no signal is recorded now.", "Write a note instead.")
}
