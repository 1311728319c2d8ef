package recovery_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

// printed compares a text with the file that people read and review; -update
// writes the file anew.
func printed(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%v; %s is no longer what the rules say (go test -update, then read the diff)", err, path)
	}
}

// room is the desk that refusals point to.
var room = recovery.InPerson{Place: "Room 12", Hours: "Mon to Fri 8:00 to 18:00"}

// eachWay walks every way of every cell; cells that are not offered come once,
// with the way "".
func eachWay(p recovery.Policy, fn func(recovery.EventID, recovery.Population, recovery.Way)) {
	for _, e := range recovery.Events {
		for _, row := range recovery.Populations {
			cell := p.Cell(e, row)
			for _, w := range cell.Ways {
				fn(e, row, w)
			}
			if len(cell.Ways) == 0 {
				fn(e, row, recovery.Way{})
			}
		}
	}
}

// met is the case in which everything that a way asks of the world is so.
func met(e recovery.EventID, row recovery.Population, w recovery.Way) recovery.Case {
	return recovery.Case{Event: e, Population: row, Way: w.ID, Place: w.Place, Incident: true, Trip: true, Hired: true, Inventory: true, OwnerGone: true, InPerson: room}
}

// TestR1_EveryCell prints what the shipped policy and its presets ask of every
// way of all 36 cells, with the sentences for staff and for the holder.
func TestR1_EveryCell(t *testing.T) {
	for _, name := range recovery.Presets {
		p, _ := recovery.Preset(name)
		var b strings.Builder
		cells := map[string]bool{}
		eachWay(p, func(e recovery.EventID, row recovery.Population, w recovery.Way) {
			cells[string(e)+" "+string(row)] = true
			fmt.Fprintf(&b, "%s / %s / %s\n", e, row, w.ID)
			ruling(&b, recovery.Decide(p, flows(t), met(e, row, w)))
		})
		if len(cells) != 36 {
			t.Errorf("%d cells", len(cells))
		}
		printed(t, "testdata/golden/"+name+".txt", b.String())
	}
}

func ruling(b *strings.Builder, d recovery.Ruling) {
	if d.Refusal != nil {
		fmt.Fprintf(b, "  refused    %s: %s %s\n", d.Refusal.Code, d.Refusal.Text, d.Refusal.Next)
	} else {
		w := d.Way
		fmt.Fprintf(b, "  proofing   %s at %s by %s, also %v\n", w.Proof, w.Place, or(d.Workflow.Version, "an own sign-in method"), w.Also)
		fmt.Fprintf(b, "  decides    %s: %d approvers, %d groups, from %s\n", w.Approvals, d.Approvers, d.Groups, or(d.From, "any"))
		fmt.Fprintf(b, "  gives      %s (%s) for %s, enrolment within %s, AAL at most %d, hold %v\n", w.Artefact, d.Tier(), w.Life, w.ReEnrol, w.AAL, w.Hold)
		fmt.Fprintf(b, "  window %s, tells %v, reviews %d %% first pairs %v risks %v within %s\n", w.Window, w.Notify, w.Review.Percent, w.Review.FirstPairs, w.Review.Risk, w.Review.Within)
	}
	for _, r := range d.Because {
		who := "staff "
		if r.Public {
			who = "public"
		}
		fmt.Fprintf(b, "  %s     %s [%s]\n", who, r.Text, r.Source)
	}
	b.WriteString("\n")
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// stricter are the things that can make a case stricter, one by one and together.
var stricter = []struct {
	name  string
	apply func(*recovery.Case)
}{
	{"denied before", func(c *recovery.Case) { c.Extra.DeniedBefore = true }},
	{"failed or stopped before", func(c *recovery.Case) { c.Extra.FailedBefore = true }},
	{"the same agent", func(c *recovery.Case) { c.Extra.SameAgent = true }},
	{"a second reset", func(c *recovery.Case) { c.Extra.SecondReset = true }},
	{"pressed", func(c *recovery.Case) { c.Extra.Pressured = true }},
	{"the same source failed", func(c *recovery.Case) { c.Extra.SourceFailed = true }},
	{"denied, a second reset and pressed", func(c *recovery.Case) {
		c.Extra.DeniedBefore, c.Extra.SecondReset, c.Extra.Pressured = true, true, true
	}},
	{"everything of the past", func(c *recovery.Case) {
		c.Extra = recovery.Extra{DeniedBefore: true, FailedBefore: true, SameAgent: true, SecondReset: true, Pressured: true, SourceFailed: true}
	}},
	{"raised-threat mode", func(c *recovery.Case) { c.Threat = true }},
	{"raised-threat mode, only phishable factors", func(c *recovery.Case) { c.Threat, c.Phishable = true, true }},
	{"no incident", func(c *recovery.Case) { c.Incident = false }},
	{"no travel window", func(c *recovery.Case) { c.Trip = false }},
	{"the contract has ended", func(c *recovery.Case) { c.Ended = true }},
	{"no start date", func(c *recovery.Case) { c.Hired = false }},
	{"a key of another origin", func(c *recovery.Case) { c.Inventory = false }},
	{"the owner is there", func(c *recovery.Case) { c.OwnerGone = false }},
	{"enrolled at P3", func(c *recovery.Case) { c.Enrolled = recovery.P3 }},
	{"enrolled at P4", func(c *recovery.Case) { c.Enrolled = recovery.P4 }},
}

// TestR11_WhatMakesACellStricter prints what each of them changes, and where.
func TestR11_WhatMakesACellStricter(t *testing.T) {
	p, all := recovery.Builtin()
	var b strings.Builder
	for _, s := range stricter {
		fmt.Fprintf(&b, "== %s\n", s.name)
		same := 0
		eachWay(p, func(e recovery.EventID, row recovery.Population, w recovery.Way) {
			c := met(e, row, w)
			was := recovery.Decide(p, all, c)
			s.apply(&c)
			is := recovery.Decide(p, all, c)
			if change := changed(was, is); change != "" {
				fmt.Fprintf(&b, "%s / %s / %s: %s\n", e, row, w.ID, change)
			} else {
				same++
			}
		})
		fmt.Fprintf(&b, "%d ways are the same\n\n", same)
	}
	printed(t, "testdata/golden/stricter.txt", b.String())
}

// changed says what a ruling has that another had not.
func changed(was, is recovery.Ruling) string {
	if is.Refusal != nil {
		if was.Refusal != nil {
			return ""
		}
		return "refused, " + is.Refusal.Code + ": " + is.Refusal.Text + " " + is.Refusal.Next
	}
	var out []string
	for _, f := range []struct{ name, was, is string }{
		{"", string(was.Way.Proof), string(is.Way.Proof)},
		{"by ", was.Workflow.ID, is.Workflow.ID},
		{"", string(was.Way.Approvals), string(is.Way.Approvals)},
		{"approvers ", fmt.Sprint(was.Approvers), fmt.Sprint(is.Approvers)},
		{"groups ", fmt.Sprint(was.Groups), fmt.Sprint(is.Groups)},
		{"from ", or(was.From, "any"), or(is.From, "any")},
		{"window ", was.Way.Window.String(), is.Way.Window.String()},
	} {
		if f.was != f.is {
			out = append(out, f.name+f.was+" -> "+f.is)
		}
	}
	var why []string
	for _, s := range is.Sentences() {
		if !slices.Contains(was.Sentences(), s) {
			why = append(why, s)
		}
	}
	if len(out)+len(why) == 0 {
		return ""
	}
	return strings.Join(out, ", ") + " (" + strings.Join(why, " ") + ")"
}

// TestR3_NothingLeaksToCallers: what the holder may read says nothing of the
// account's or the caller's past, of thresholds, or of raised-threat mode.
func TestR3_NothingLeaksToCallers(t *testing.T) {
	for _, name := range recovery.Presets {
		p, _ := recovery.Preset(name)
		all := flows(t)
		eachWay(p, func(e recovery.EventID, row recovery.Population, w recovery.Way) {
			plain := recovery.Decide(p, all, met(e, row, w))
			for _, s := range plain.Public() {
				for _, word := range []string{"risk", "Risk", "%", "cooldown", "threshold", "threat", "denied", "failed", "agent", "sample", "policy owner", "Deviation"} {
					if strings.Contains(s, word) {
						t.Errorf("%s: %s/%s/%s says %q to callers: %s", name, e, row, w.ID, word, s)
					}
				}
			}
			for _, s := range stricter[:9] { // the past, and raised-threat mode
				c := met(e, row, w)
				s.apply(&c)
				if got := recovery.Decide(p, all, c).Public(); !slices.Equal(got, plain.Public()) {
					t.Errorf("%s: %s/%s/%s, %s: callers read %q", name, e, row, w.ID, s.name, got)
				}
			}
		})
	}
}

// TestStatesTable keeps docs/states.md fresh.
func TestStatesTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("# States of a ticket\n\nWhat may follow what. Printed from `internal/recovery/ticket.go` by `go test ./internal/recovery -run TestStatesTable -update`.\n\n")
	b.WriteString("| from \\ to |")
	for _, to := range recovery.States {
		fmt.Fprintf(&b, " %s |", to)
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(recovery.States)) + "\n")
	for _, from := range recovery.States {
		fmt.Fprintf(&b, "| **%s** |", from)
		for _, to := range recovery.States {
			mark := " "
			if recovery.MayMove(from, to) == nil {
				mark = " yes "
			}
			b.WriteString(mark + "|")
		}
		b.WriteString("\n")
	}
	b.WriteString("\nThe words on pages: ")
	var words []string
	for _, s := range recovery.States {
		if s.Words() != string(s) {
			words = append(words, fmt.Sprintf("`%s` is \"%s\"", s, s.Words()))
		}
	}
	b.WriteString(strings.Join(words, ", ") + ".\n")
	parked, awaited := recovery.Ticket{State: recovery.Held, DueWhat: recovery.DueParked}, recovery.Ticket{State: recovery.Approved, DueWhat: recovery.DueReturn}
	fmt.Fprintf(&b, "\nTwo are told apart by what their deadline is about: `%s` with \"%s\" is *%s*, the account locked until the holder goes on with a continuation code, one fresh proof and a new request; `%s` with \"%s\" is *%s*, where the window was so long that execution waits for the holder.\n",
		parked.State, parked.DueWhat, parked.Standing(), awaited.State, awaited.DueWhat, awaited.Standing())
	printed(t, "../../docs/states.md", b.String())
}
