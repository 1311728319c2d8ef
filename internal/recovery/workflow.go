package recovery

import (
	"slices"
	"strconv"
	"strings"
)

// StepID names a step of a workflow.
type StepID string

// The steps that exist.
const (
	StepMailCode StepID = "mail-code"
	StepPassword StepID = "password"
	StepVideo    StepID = "video"
	StepBackup   StepID = "backup-code"
	// StepFresh is the fresh proof that opens an approved recovery in the
	// claimed browser (R40). It follows the workflow, it is not part of it.
	StepFresh StepID = "fresh-code"
)

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

// Step is one thing to be proved. Observed tells who saw it: the server, or
// only the agent (R13).
type Step struct {
	ID       StepID   `policy:"id"`
	Title    string   `policy:"title"`
	Methods  []Method `policy:"methods"` // any one of them, of equal worth (R61)
	Why      string
	Say      string // what the agent reads out
	Group    Group
	Observed bool
}

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

// DeskWorkflow is the documented workflow of an assisted reset after the loss
// of a locked device: a P1 pair and live video (level P2).
var DeskWorkflow = Workflow{
	Version: "device-loss-desk-1",
	Name:    "Device loss, at the desk",
	Steps: []Step{
		{ID: StepMailCode, Title: "Code to a registered mailbox", Group: GroupMailbox, Observed: true,
			Why: "Shows that the caller reads a mailbox that has been on record for at least 30 days.",
			Say: "I am sending a code to one of your mail addresses. Type it on the recovery page. Never read it out to me."},
		{ID: StepPassword, Title: "Password", Group: GroupMemory, Observed: true,
			Why: "Shows that the caller knows the account's password. It is typed on the recovery page only.",
			Say: "Type your password on the recovery page. I cannot see it and must not hear it."},
		{ID: StepVideo, Title: "Live video and photo comparison", Group: GroupPerson,
			Why: "Compares the person on the call with the photo in the HR system. The cue is drawn now, so that a recording does not fit.",
			Say: "Keep your face in the picture and do what I ask next."},
	},
}

// PairWorkflow is self-service: one backup code and the bound password.
var PairWorkflow = Workflow{
	Version: "device-loss-self-1",
	Name:    "Device loss, self-service",
	Steps: []Step{
		{ID: StepBackup, Title: "Backup code", Group: GroupPaper, Observed: true, Why: "A code from the holder's saved set."},
		{ID: StepPassword, Title: "Password", Group: GroupMemory, Observed: true, Why: "The account's password."},
	},
}

// WorkflowOf finds a workflow by version.
func WorkflowOf(version string) (Workflow, bool) {
	for _, w := range []Workflow{DeskWorkflow, PairWorkflow} {
		if w.Version == version {
			return w, true
		}
	}
	return Workflow{}, false
}

// Result of a step.
type Result string

// Results.
const (
	Passed   Result = "passed"
	NotMatch Result = "failed"
	// NotPossible leads to the policy's alternative path only (R13).
	NotPossible Result = "not-possible"
)

// Evidence is what an agent or the system recorded for one step.
type Evidence struct {
	ID, Ticket string
	Run        int64
	Step       StepID
	Result     Result
	Group      Group
	Channel    string // address or factor id: one channel (R40)
	By         string // person, "" when the server observed it
	At         int64
	Void       int64 // released claim or frozen: no longer counts
	Record     string
	Cue        string
	Note       string
}

// Fresh says whether the evidence still counts.
func (e Evidence) Fresh(now int64) bool {
	return e.Void == 0 && e.Result == Passed && now-e.At < ProofFresh
}

// Current is the step that is open: the first without a passed proof in this
// run. done is true when all are passed and fresh. A later step cannot be
// reached in any other way (R13).
func (w Workflow) Current(run int64, all []Evidence) (step Step, n int, done bool) {
	for i, s := range w.Steps {
		if !passed(s.ID, run, all) {
			return s, i + 1, false
		}
	}
	return Step{}, len(w.Steps), true
}

func passed(id StepID, run int64, all []Evidence) bool {
	for _, e := range all {
		if e.Run == run && e.Step == id && e.Void == 0 && e.Result == Passed {
			return true
		}
	}
	return false
}

// MayProve refuses any step but the current one, and any proof on a ticket
// that is not being proofed (R13; regression classes B9, B10).
func MayProve(t Ticket, w Workflow, all []Evidence, id StepID) error {
	if t.State != Proofing {
		return Refuse("wrong-state", "This ticket is "+t.State.Words()+"; no proof is taken now.",
			"Reload the ticket to see where it stands.")
	}
	cur, n, done := w.Current(t.Run, all)
	if done || cur.ID != id {
		return Refuse("step-order", "That step is not open.",
			"Step "+strconv.Itoa(n)+" comes first; steps cannot be skipped or repeated.")
	}
	return nil
}

// MayRequest refuses a request for approval before every step is passed and
// fresh, and before the proofs the level needs were seen by the server (R11,
// R13, R16: two different groups).
func MayRequest(t Ticket, w Workflow, all []Evidence, now int64) error {
	if err := MayMove(t.State, WaitingApproval); err != nil {
		return err
	}
	observed, groups := 0, map[Group]bool{}
	for _, s := range w.Steps {
		e, ok := latest(s.ID, t.Run, all)
		if !ok {
			return Refuse("proofing-incomplete", "\""+s.Title+"\" has not been passed.", "Finish the workflow first.")
		}
		if !e.Fresh(now) {
			return Refuse("proof-stale", "\""+s.Title+"\" was passed more than 60 minutes ago.",
				"Release the claim and start the proofing again.")
		}
		groups[e.Group] = true
		if s.Observed {
			observed++
		}
	}
	if observed < 1 || len(groups) < 2 {
		return Refuse("proofs-not-independent", "The proofs do not come from two independent channels.", "")
	}
	return nil
}

func latest(id StepID, run int64, all []Evidence) (Evidence, bool) {
	var out Evidence
	ok := false
	for _, e := range all {
		if e.Run == run && e.Step == id && e.Void == 0 && e.Result == Passed && e.At >= out.At {
			out, ok = e, true
		}
	}
	return out, ok
}

// Cues are what the server asks the person on the video to do; one is drawn at
// random for each run (SP 800-63A-4 §3.14).
var Cues = []string{
	"Turn your head slowly to the left and back.",
	"Turn your head slowly to the right and back.",
	"Pass your open hand slowly in front of your face.",
	"Touch your left ear with your right hand.",
	"Touch your right ear with your left hand.",
	"Look up, then down, then at the camera.",
	"Hold up four fingers beside your chin.",
	"Hold up two fingers in front of your mouth.",
	"Lean back until your shoulders are in the picture.",
	"Cover one eye with your hand, then the other.",
}

// Video is what the agent records of the live video: which record of the HR
// system was compared, and the outcome. The photo stays in the HR system.
type Video struct{ Record, Outcome, Note string }

// Outcomes of the video step: on, failed, or the in-person desk instead.
const (
	Match   = "match"
	NoMatch = "no-match"
	NoVideo = "not-possible"
)

// VideoOutcomes lists them.
var VideoOutcomes = []string{Match, NoMatch, NoVideo}

// Check refuses a record that misses something.
func (v Video) Check() error {
	switch {
	case !slices.Contains(VideoOutcomes, v.Outcome):
		return Refuse("outcome-missing", "Say how the comparison ended.", "").On("outcome")
	case v.Outcome != NoVideo && strings.TrimSpace(v.Record) == "":
		return Refuse("record-missing", "Enter the id of the HR record whose photo you compared.", "").On("record")
	case v.Outcome != Match && strings.TrimSpace(v.Note) == "":
		return Refuse("note-missing", "Describe what you saw, or why it was not possible.", "").On("note")
	}
	if err := FitText("record", v.Record, RecordMax); err != nil {
		return err
	}
	return FitText("note", v.Note, TextMax)
}
