package recovery

import "slices"

// StepFresh is the last proof: it opens an executed recovery in the claimed browser,
// over a channel that carried no proof in the ticket before (R40). It follows the
// workflow, it is not part of it.
const StepFresh StepID = "fresh-code"

// Closing words of a ticket whose last proof was wrong: its run failed after
// everything else was proved, so the next one is stricter.
const (
	LastProofWrong = "last-proof"
	LastCodeWrong  = "fresh-code-tries"
)

// lastly are the methods of the last proof, all of equal worth (R61). Sign-in methods
// and backup codes are not among them: the execution took them away. What is known
// shows nobody.
var lastly = []Method{ByMailCode, BySMSCode, ByCallBack, ByVoucher, InPersonBadge}

// lastStep is the last proof as a step of the workflow.
var lastStep = Step{ID: StepFresh, Title: "The last proof", Methods: lastly}

// again says whether the step comes after proofs that were given before: it takes
// none of their channels.
func (id StepID) again() bool { return id == StepFresh || id.returns() }

// carried says whether a channel carried a proof of the ticket, in any run.
func carried(channel string, proofs []Evidence) bool {
	return slices.ContainsFunc(proofs, func(e Evidence) bool { return e.Channel == channel && e.Result == Passed })
}

// PersonChannel is the channel of a person's word.
func PersonChannel(person string) string { return "person:" + person }

// ForStep are the channels as a step may use them: those that carried a proof before
// are struck off for the last one. People are measured one by one (MayComeAgain).
func ForStep(id StepID, all []Channel, proofs []Evidence) []Channel {
	if id != StepFresh {
		return all
	}
	out := slices.Clone(all)
	for i, ch := range out {
		if ch.Struck == "" && ch.Kind != ChannelPerson && carried(ch.ID, proofs) {
			out[i].Struck = "it carried a proof in this ticket"
		}
	}
	return out
}

// MayComeAgain refuses a fresh proof, after parking or at the end, over a channel
// that carried a proof in this ticket before, in any run.
func MayComeAgain(e Evidence, before []Evidence) error {
	if !e.Step.again() || !carried(e.Channel, before) {
		return nil
	}
	return Refuse("channel-used", "The fresh proof comes over another channel than the ones before.", "Choose another of the ways that are offered.").On("method")
}

// MayTakeLast refuses the last proof by a call or in person to whoever worked on the
// ticket before it was executed (ran): both rest on the word of the agent who takes
// them, and a second pair of eyes is what makes that another channel (R13, R40).
func MayTakeLast(id StepID, m Method, ran bool) error {
	if !ran || id != StepFresh || m != InPersonBadge && m != ByCallBack {
		return nil
	}
	return Refuse("same-eyes", "You worked on this ticket before it was carried out, so you do not take its last proof.", "A colleague takes the ticket over, who did not work on it before, and rings, or compares the holder, badge and document again.").On("method")
}

// SeenInPerson says whether an agent compared the holder, badge and document on site
// in this run.
func SeenInPerson(run int64, all []Evidence) bool {
	return slices.ContainsFunc(all, func(e Evidence) bool { return e.Method == InPersonBadge && e.Counts(run) })
}

// MayEnd refuses a request for approval that could not be carried out: no channel is
// left for the last proof, none of the channels and none of the addresses (last) that
// the execution may put back, or no address takes the notice (reached), and nobody met
// the holder, who could be handed it and be seen once more (R26, R40, R60).
func MayEnd(t Ticket, all []Channel, last []Address, proofs []Evidence, reached bool, desk InPerson) error {
	if SeenInPerson(t.Run, proofs) {
		return nil
	}
	if !reached {
		return Refuse("notice-in-hand", "No address of this account can take the notice that somebody asks for a recovery, so it is handed over in person.",
			"Release the claim and proof the holder on site. Tell the holder: "+desk.Words())
	}
	left := slices.ContainsFunc(ForStep(StepFresh, all, proofs), func(ch Channel) bool {
		return ch.Struck == "" && !carried(PersonChannel(ch.ID), proofs) && slices.ContainsFunc(ch.Methods, func(m Method) bool { return slices.Contains(lastly, m) })
	})
	if !left && len(Unused(last, proofs)) == 0 {
		return Refuse("last-proof-none", "Every channel of this account carried a proof or may carry none, so nothing is left for the last proof.",
			"Release the claim and proof the holder on site. Tell the holder: "+desk.Words())
	}
	return nil
}

// MayHandOver refuses to note that the opening notice was handed over to somebody
// whom nobody compared with badge and document (R26).
func MayHandOver(t Ticket, proofs []Evidence) error {
	switch t.State {
	case Proofing, Held, WaitingApproval, Approved:
	default:
		return Refuse("wrong-state", "This ticket is "+t.State.Words()+", so nothing waits for the notice.", "Reload the ticket to see where it stands.")
	}
	if !SeenInPerson(t.Run, proofs) {
		return Refuse("not-seen", "Nobody has compared the holder, badge and document on site in this run.", "Do that first; then hand the notice over.")
	}
	return nil
}

// OnSite is the workflow that a ticket goes by whose account no channel reaches: the
// first of its alternatives whose first proof is the person at the desk.
func (w Workflow) OnSite(all Workflows) (Workflow, bool) {
	for range len(all) {
		if w.Meets() {
			return w, true
		}
		next, ok := all[w.Otherwise]
		if !ok {
			return Workflow{}, false
		}
		w = next
	}
	return Workflow{}, false
}

// Meets says whether the workflow cannot be passed without meeting the holder.
func (w Workflow) Meets() bool {
	return slices.ContainsFunc(w.Steps, func(s Step) bool { return len(s.Methods) == 1 && s.Methods[0] == InPersonBadge })
}
