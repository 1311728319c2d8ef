package recovery

import "slices"

// StepID names a step of a workflow; a workflow's file gives it.
type StepID string

// Group is what one theft gives (R16).
type Group string

// Channel groups.
const (
	GroupMailbox Group = "mailbox"
	GroupNumber  Group = "number"
	GroupDevice  Group = "device"
	GroupPaper   Group = "paper"
	GroupPerson  Group = "person"
	GroupMemory  Group = "memory"
)

// Step is one thing to be proved, by any one of its methods: they are of equal
// worth (R61). What each method is stands in the step library (GuideOf).
type Step struct {
	ID      StepID   `policy:"id"`
	Title   string   `policy:"title"`
	Methods []Method `policy:"methods"`
}

// By says whether a method can pass the step.
func (s Step) By(m Method) bool { return slices.Contains(s.Methods, m) }

// Workflow is a versioned, ordered list of steps.
type Workflow struct {
	ID        string `policy:"-"`
	Version   string `policy:"-"` // ID and Number; tickets pin it
	Number    int64  `policy:"version"`
	Name      string `policy:"name"`
	Level     Level  `policy:"level"`
	Raised    string `policy:"raised" optional:"yes"`    // by which one when a level more is asked for
	Otherwise string `policy:"otherwise" optional:"yes"` // by which one when a step is not possible
	Steps     []Step `policy:"steps"`
}

// Step finds a step of the workflow.
func (w Workflow) Step(id StepID) (Step, bool) {
	for _, s := range w.Steps {
		if s.ID == id {
			return s, true
		}
	}
	return Step{}, false
}

// Result of a step.
type Result string

// Results.
const (
	Passed   Result = "passed"
	NotMatch Result = "failed"
	// NotPossible leads to another method of the step, or the whole ticket to the
	// workflow's `otherwise` (R13).
	NotPossible Result = "not-possible"
)

// Evidence is what an agent or the system recorded for one step.
type Evidence struct {
	ID, Ticket string
	Run        int64
	Step       StepID
	Method     Method
	Result     Result
	Group      Group
	Channel    string // address or factor id: one channel (R40)
	By         string // person, "" when the server observed it
	At         int64
	Void       int64 // released claim or frozen: no longer counts
	Record     string
	Document   string // kind, issuer, last four: never an image
	Cue        string
	Note       string
}

// Counts says whether the record is a proof of a run.
func (e Evidence) Counts(run int64) bool { return e.Run == run && e.Void == 0 && e.Result == Passed }

// Fresh says whether the evidence still counts.
func (e Evidence) Fresh(f FreshRule, now int64) bool {
	return e.Void == 0 && e.Result == Passed && now-e.At < f.Proof.Micros
}

// Current is the step that is open: the first without a passed proof in this
// run. done is true when all are passed. A later step cannot be reached in any
// other way (R13).
func (w Workflow) Current(run int64, all []Evidence) (step Step, n int, done bool) {
	for i, s := range w.Steps {
		if _, ok := s.proof(run, all); !ok {
			return s, i + 1, false
		}
	}
	return Step{}, len(w.Steps), true
}

// proof is the newest proof of the step in a run. A proof by a method that the
// step does not have is of another workflow's step of that name, and no proof here.
func (s Step) proof(run int64, all []Evidence) (Evidence, bool) {
	var out Evidence
	ok := false
	for _, e := range all {
		if e.Step == s.ID && s.By(e.Method) && e.Counts(run) && e.At >= out.At {
			out, ok = e, true
		}
	}
	return out, ok
}
