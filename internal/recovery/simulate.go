package recovery

import (
	"cmp"
	"fmt"
	"slices"
)

// Past is a ticket of the past as a simulation needs it: the case it was, and
// what happened.
type Past struct {
	Reference string
	Opened    int64
	Case      Case
	State     State
	Signed    int64 // approvers who signed
}

// Effect is one thing that would have been otherwise for one ticket. Text goes on
// after "it" or a number: "would have needed a second approver".
type Effect struct {
	Reference string
	Text      string
	Less      bool // less would have been asked for
}

// Simulate says what a change of policy would have meant for tickets of the past,
// in their order. A ticket that changes in nothing has no effect.
func Simulate(before, after Policy, flows Workflows, tickets []Past) []Effect {
	return simulate(before, after, flows, flows, tickets)
}

// SimulateWorkflows says which tickets would have gone another way by other
// workflows.
func SimulateWorkflows(p Policy, before, after Workflows, tickets []Past) []Effect {
	return simulate(p, p, before, after, tickets)
}

func simulate(p, q Policy, flows, others Workflows, tickets []Past) []Effect {
	var out []Effect
	for _, t := range tickets {
		was, is := Decide(p, flows, t.Case), Decide(q, others, t.Case)
		e := effects{t: t, out: out}
		e.compare(was, is)
		out = e.out
	}
	return out
}

// effects collects what changes for one ticket.
type effects struct {
	t   Past
	out []Effect
}

func (e *effects) say(less bool, text string) {
	e.out = append(e.out, Effect{Reference: e.t.Reference, Text: text, Less: less})
}

func (e *effects) compare(was, is Ruling) {
	switch {
	case was.Refusal != nil && is.Refusal != nil:
		return
	case is.Refusal != nil:
		e.say(false, "would not have been offered ("+is.Refusal.Code+")")
		return
	case was.Refusal != nil:
		e.say(true, "would have been offered")
		return
	}
	if was.Way.Proof != is.Way.Proof {
		e.say(was.Way.Proof.Above(is.Way.Proof), "would have been proofed to "+string(is.Way.Proof))
	}
	if !sameSteps(was.Workflow, is.Workflow) {
		e.say(false, "would have gone by the steps of "+is.Workflow.ID)
	}
	e.people(was, is)
	e.times(was.Way, is.Way)
	if was.Way.Artefact != is.Way.Artefact {
		e.say(true, "would have been given "+artefactNames[is.Way.Artefact])
	}
	for _, who := range is.Way.Notify {
		if !slices.Contains(was.Way.Notify, who) {
			e.say(false, "would have been told to "+string(who))
		}
	}
	for _, who := range was.Way.Notify {
		if !slices.Contains(is.Way.Notify, who) {
			e.say(true, "would not have been told to "+string(who))
		}
	}
}

// people compares who decides. A ticket that had as many signatures already would
// not have needed more.
func (e *effects) people(was, is Ruling) {
	switch {
	case is.Approvers > was.Approvers && e.t.Signed < is.Approvers:
		e.say(false, "would have needed "+ordinal(is.Approvers)+" approver")
	case is.Approvers < was.Approvers:
		e.say(true, "would have needed "+ordinal(was.Approvers)+" approver no more")
	}
	if is.Groups != was.Groups && (is.Groups > 1 || was.Groups > 1) {
		e.say(is.Groups < was.Groups, fmt.Sprintf("would have needed approvers of %d groups", is.Groups))
	}
	if is.From != was.From && is.From != "" {
		e.say(false, "would have needed an approver from "+is.From)
	}
}

func (e *effects) times(was, is Way) {
	for _, d := range []struct {
		was, is Duration
		more    bool // longer asks for more
		text    string
	}{
		{was.Window, is.Window, true, "would have waited for an objection for "},
		{was.Life, is.Life, false, "would have been given something that lives for "},
		{was.ReEnrol, is.ReEnrol, false, "would have had to enrol within "},
		{was.Review.Within, is.Review.Within, false, "would have been reviewed within "},
	} {
		if d.was != d.is {
			e.say((d.is.span() < d.was.span()) == d.more, d.text+d.is.Words())
		}
	}
	if was.Review.Percent != is.Review.Percent {
		e.say(is.Review.Percent < was.Review.Percent, fmt.Sprintf("would have been reviewed with a chance of %d %%", is.Review.Percent))
	}
}

// sameSteps says whether two workflows ask for the same.
func sameSteps(a, b Workflow) bool {
	return len(a.Steps) == len(b.Steps) && (len(a.Steps) == 0 || &a.Steps[0] == &b.Steps[0] || slices.EqualFunc(a.Steps, b.Steps, func(x, y Step) bool {
		return x.ID == y.ID && slices.Equal(x.Methods, y.Methods)
	}))
}

func ordinal(n int64) string {
	switch n {
	case 1:
		return "an"
	case 2:
		return "a second"
	case 3:
		return "a third"
	}
	return fmt.Sprintf("a %dth", n)
}

// Count is effects of one kind: how many tickets, and which.
type Count struct {
	Text       string
	Less       bool
	References []string
}

// String is the line of a summary: "12 would have needed a second approver".
func (c Count) String() string { return fmt.Sprintf("%d %s", len(c.References), c.Text) }

// Summary writes a line for each kind of effect, the most frequent first.
func Summary(all []Effect) []string {
	var out []string
	for _, c := range Counts(all) {
		out = append(out, c.String())
	}
	return out
}

// Counts puts effects of one kind together, the most frequent first.
func Counts(all []Effect) []Count {
	type kind struct {
		text string
		less bool
	}
	at := map[kind]int{}
	var out []Count
	for _, e := range all {
		i, ok := at[kind{e.Text, e.Less}]
		if !ok {
			i = len(out)
			at[kind{e.Text, e.Less}] = i
			out = append(out, Count{Text: e.Text, Less: e.Less})
		}
		out[i].References = append(out[i].References, e.Reference)
	}
	slices.SortStableFunc(out, func(a, b Count) int {
		return cmp.Or(len(b.References)-len(a.References), cmp.Compare(a.Text, b.Text))
	})
	return out
}
