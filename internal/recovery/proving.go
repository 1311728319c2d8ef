package recovery

import (
	"slices"
	"strconv"
	"strings"
)

// MayStep refuses every step but the one that is open, and any ticket that is
// not being proofed (R13; regression classes B9, B10).
func MayStep(t Ticket, w Workflow, all []Evidence, id StepID) (Step, error) {
	if t.State != Proofing && !(t.State == Collecting && id == StepFresh) {
		return Step{}, Refuse("wrong-state", "This ticket is "+t.State.Words()+"; no proof is taken now.",
			"Reload the ticket to see where it stands.")
	}
	cur, n, done := w.Current(t.Run, all)
	if done || cur.ID != id {
		return cur, Refuse("step-order", "That step is not open.",
			"Step "+strconv.Itoa(n)+" comes first; steps cannot be skipped or repeated.")
	}
	return cur, nil
}

// MayProve refuses a proof unless its step is open, its method is one of the
// step's, was not called impossible in this run, and its channel group gave no
// other proof of this run: what one theft gives counts once (R13, R16).
func MayProve(t Ticket, w Workflow, all []Evidence, id StepID, m Method) error {
	s, err := MayStep(t, w, all, id)
	if err != nil {
		return err
	}
	if !s.By(m) {
		return Refuse("method-not-offered", "That is no way to pass this step.", "Choose one of the ways that are offered.").On("method")
	}
	if why := spentMethod(t.Run, all, id, m); why != "" {
		return Refuse("method-spent", why, "Choose another of the ways that are offered.").On("method")
	}
	return nil
}

// spentMethod says why a method passes nothing more in a run, "" when it may.
func spentMethod(run int64, all []Evidence, id StepID, m Method) string {
	for _, e := range all {
		switch {
		case e.Run != run || e.Void != 0:
		case e.Step == id && e.Method == m && e.Result == NotPossible:
			return "It was recorded as not possible in this run."
		case id == StepFresh || id.returns() && m == ByMailCode: // measured by the channel, see MayComeAgain
		case e.Result == Passed && e.Group == m.Group():
			return "A proof over the same kind of channel (" + string(e.Group) + ") was given in this run."
		}
	}
	return ""
}

// Offer is a method of the open step, or why it cannot be used now.
type Offer struct {
	Method  Method
	Blocked string // in words; "" when it can be used
}

// Offers lists the methods of a step as the run stands: what the account's
// channels cannot carry is named with the reason, never hidden.
func Offers(s Step, run int64, all []Evidence, channels []Channel) []Offer {
	out := make([]Offer, len(s.Methods))
	for i, m := range s.Methods {
		out[i] = Offer{Method: m, Blocked: spentMethod(run, all, s.ID, m)}
		if out[i].Blocked == "" {
			out[i].Blocked = Unreachable(m, channels)
		}
	}
	return out
}

// DeadEnd says whether nothing of a step can be done any more.
func DeadEnd(all []Offer) bool {
	return !slices.ContainsFunc(all, func(o Offer) bool { return o.Blocked == "" })
}

// MayCallImpossible refuses "not possible" where the directory has what the
// method needs and nobody tried yet, and a second time in a run (R13).
func MayCallImpossible(t Ticket, w Workflow, all []Evidence, id StepID, m Method, channels []Channel, tried bool) error {
	s, err := MayStep(t, w, all, id)
	if err != nil {
		return err
	}
	if !s.By(m) {
		return Refuse("method-not-offered", "That is no way to pass this step.", "Choose one of the ways that are offered.").On("method")
	}
	if id == StepFresh { // what is executed goes by no other workflow
		return Refuse("last-proof", "The last proof has no other way than those that are offered.", "If none of them is done in time, the account stays locked and a new ticket is opened.")
	}
	open := Offers(s, t.Run, all, channels)
	if DeadEnd(open) { // nothing is left of the step, so any of its ways says so
		return nil
	}
	if spentMethod(t.Run, all, id, m) != "" {
		return Refuse("method-spent", "That way is closed in this run already.", "Choose another of the ways that are offered.").On("method")
	}
	if GuideOf(m).Needs != "" && !tried && Unreachable(m, channels) == "" {
		return Refuse("directory-has-it", "The directory has "+string(GuideOf(m).Needs)+" that can be used.", tryFirst[m]).On("method")
	}
	return nil
}

// tryFirst is what is done before a method may be called impossible.
var tryFirst = map[Method]string{
	ByMailCode: "Send the code first; say so when it cannot be read.",
	BySMSCode:  "Send the code first; say so when it cannot be read.",
	ByCallBack: "There is an unchanged number on record: place the call.",
	ByVoucher:  "There is a person on record who can vouch: ask them.",
}

// Otherwise is the workflow that a ticket goes by when a step of its own is not
// possible: the first of the chain in which every step still has a way, with this
// account's channels and without what was called impossible in this run.
func Otherwise(w Workflow, all Workflows, run int64, records []Evidence, channels []Channel) (Workflow, bool) {
	for range len(all) {
		next, ok := all[w.Otherwise]
		if !ok {
			return Workflow{}, false
		}
		if next.feasible(run, records, channels) {
			return next, true
		}
		w = next
	}
	return Workflow{}, false
}

// feasible says whether every step of the workflow has a way left.
func (w Workflow) feasible(run int64, records []Evidence, channels []Channel) bool {
	for _, s := range w.Steps {
		left := slices.ContainsFunc(s.Methods, func(m Method) bool {
			said := slices.ContainsFunc(records, func(e Evidence) bool {
				return e.Run == run && e.Void == 0 && e.Method == m && e.Result == NotPossible
			})
			return !said && Unreachable(m, channels) == ""
		})
		if !left {
			return false
		}
	}
	return true
}

// Carried are the proofs that go along when a ticket changes to another
// workflow: those of its first steps, as long as step and method are the same in
// both. Whatever does not fit is proved again (R6).
func Carried(from, to Workflow, run int64, all []Evidence) []Evidence {
	var out []Evidence
	for i, s := range to.Steps {
		if i >= len(from.Steps) || from.Steps[i].ID != s.ID {
			return out
		}
		e, ok := s.proof(run, all)
		if !ok {
			return out
		}
		out = append(out, e)
	}
	return out
}

// Passed are the methods by which the steps of a run were passed.
func (w Workflow) Passed(run int64, all []Evidence) []Method {
	var out []Method
	for _, s := range w.Steps {
		if e, ok := s.proof(run, all); ok {
			out = append(out, e.Method)
		}
	}
	return out
}

// MayRequest refuses a request for approval before every step is passed and
// fresh, while the policy offers nothing, and before the proofs reach the level
// that it asks for now, with as many of them seen by the server as the level
// demands (R11, R13, R16).
func MayRequest(t Ticket, w Workflow, all []Evidence, p Policy, r Ruling, now int64) error {
	if err := MayMove(t.State, WaitingApproval); err != nil {
		return err
	}
	if r.Refusal != nil {
		return r.Refusal
	}
	for _, s := range w.Steps {
		e, ok := s.proof(t.Run, all)
		if !ok {
			return Refuse("proofing-incomplete", "\""+s.Title+"\" has not been passed.", "Finish the workflow first.")
		}
		if !t.Counting(e, p.Fresh, now) {
			return Refuse("proof-stale", "\""+s.Title+"\" was passed more than "+p.Fresh.Proof.Words()+" ago.",
				"Release the claim and start the proofing again.")
		}
	}
	by := w.Passed(t.Run, all)
	if !p.Reaches(w.Level, by) {
		return Refuse("proofs-not-independent", "The proofs do not come from independent channels, or the server saw too few of them.",
			"Release the claim and start the proofing again.")
	}
	return reachesRuling(p, by, r)
}

// StillReaches refuses a request whose proofs are less than the policy asks for by
// now. How old they are is not asked again: they count while the request waits.
func StillReaches(t Ticket, w Workflow, all []Evidence, p Policy, r Ruling) error {
	return reachesRuling(p, w.Passed(t.Run, all), r)
}

// reachesRuling refuses proofs that were enough when the ticket opened and are
// not any more, and rows that ask for somebody's word or key beyond the level.
func reachesRuling(p Policy, by []Method, r Ruling) error {
	if !p.Reaches(r.Way.Proof, by) {
		return Refuse("level-raised", "Proofing "+string(r.Way.Proof)+" is asked for by now; these proofs do not reach it.",
			"Release the claim: the ticket starts over with \""+r.Workflow.Name+"\" ("+r.Workflow.Version+").")
	}
	for _, x := range []struct {
		d Demand
		m Method
	}{{NeedSponsor, ByVoucher}, {NeedSecondKey, ByAuthenticator}} {
		if r.Way.Asks(x.d) && !slices.Contains(by, x.m) {
			return Refuse("demand-open", demandWords[x.d].Text, "Release the claim and pass the step by \""+strings.ToLower(GuideOf(x.m).Title)+"\".")
		}
	}
	return nil
}

// StartsOver is the workflow and level of a ticket's next run: what it pinned,
// or the stronger one that the policy asks for by now.
func StartsOver(t Ticket, w Workflow, all Workflows, r Ruling) (Workflow, Level) {
	if !r.Way.Proof.Above(w.Level) {
		return w, t.Level
	}
	if up, ok := all[w.Raised]; ok && !r.Way.Proof.Above(up.Level) {
		return up, r.Way.Proof
	}
	return r.Workflow, r.Way.Proof
}
