package recovery

import (
	"fmt"
	"slices"
)

// House is what the people of a desk can do: what a policy is held against before
// it is published. Only roles and keys that count are in it (R28).
type House struct {
	Approvers      []Cover // each holds a key that decides; with groups and shifts
	Agents         int64
	Trained        int64 // agents whose training for comparing documents has not run out
	Reviewers      int64
	Administrators int64
	People         int64 // different persons with a role
	Keys           int64 // of all of them together
	Week           Span  // the week that shifts are read for
}

// Impossible lists what a policy asks for that nobody of the house could do, a
// sentence each. Where there are no shifts at all, people switch themselves on,
// and nothing is said about hours.
func Impossible(p Policy, h House) []string {
	var out []string
	say := func(impossible bool, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); impossible && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	say(h.Agents == 0, "Nobody could open a ticket: there is no agent.")
	say(len(h.Approvers) == 0, "Nobody could approve: no approver holds a key.")
	for _, q := range []Quorum{A1, A2} {
		if len(h.Approvers) > 0 && p.uses(func(w Way) bool { return w.Approvals == q }) {
			h.quorum(q, p.Quorums[q], say)
		}
	}
	say(h.Reviewers == 0, "Nobody could review: there is no reviewer.")
	say(h.Trained == 0 && p.uses(func(w Way) bool { return w.Proof == P3 }), "P3 document comparison: no trained agent.")
	say(h.Administrators < p.House.Administrators, "The policy asks for %s, the house has %s.", count(p.House.Administrators, "administrator"), count(h.Administrators, ""))
	say(len(h.Approvers) > 0 && int64(len(h.Approvers)) < p.House.Approvers, "The policy asks for %s, the house has %s.", count(p.House.Approvers, "approver"), count(int64(len(h.Approvers)), ""))
	say(h.Reviewers > 0 && h.Reviewers < p.House.Reviewers, "The policy asks for %s, the house has %s.", count(p.House.Reviewers, "reviewer"), count(h.Reviewers, ""))
	say(h.People < p.House.PeopleAtLeast, "The policy asks for %s, the house has %s: nobody could review without having approved.", count(p.House.PeopleAtLeast, "person"), count(h.People, ""))
	say(h.Keys < p.House.KeysAtLeast, "The policy asks for %s, the house has %s.", count(p.House.KeysAtLeast, "security key"), count(h.Keys, ""))
	return out
}

// uses says whether any way of the policy is so.
func (p Policy) uses(is func(Way) bool) bool {
	for _, row := range p.Rows {
		for _, c := range row {
			if slices.ContainsFunc(c.Ways, is) {
				return true
			}
		}
	}
	return false
}

// quorum looks whether the approvers could be a quorum at all, and at which hours
// of the week they could not.
func (h House) quorum(q Quorum, rule QuorumRule, say func(bool, string, ...any)) {
	all := h.Approvers
	n, groups, from := int64(len(all)), groupsOf(all), inGroup(all, rule.From)
	say(n < rule.Approvers, "%s needs %s, only %s holds a key.", q, count(rule.Approvers, "approver"), count(n, ""))
	say(groups < rule.Groups && rule.Groups > 1, "%s needs %s, only %s has approvers.", q, count(rule.Groups, "group"), count(groups, ""))
	say(rule.From != "" && from == 0, "%s needs an approver from %s, and nobody there holds a key.", q, rule.From)
	if n < rule.Approvers || groups < rule.Groups && rule.Groups > 1 || rule.From != "" && from == 0 {
		return // at no hour
	}
	gaps := h.gaps(func(on []Cover) bool {
		return int64(len(on)) >= rule.Approvers && (rule.Groups < 2 || groupsOf(on) >= rule.Groups) && (rule.From == "" || inGroup(on, rule.From) > 0)
	})
	if len(gaps) == 0 {
		return
	}
	why := "too few of them are on shift together"
	if n == 1 {
		why = "only one approver holds a key"
	}
	more := ""
	if len(gaps) > 1 {
		more = fmt.Sprintf(" and %d more times in the week", len(gaps)-1)
	}
	say(true, "Nobody could approve %s from %s to %s%s: %s.", q, UTC(gaps[0].From), UTC(gaps[0].To), more, why)
}

// gaps are the stretches of the week in which those on shift are not enough.
func (h House) gaps(enough func([]Cover) bool) []Span {
	on := make([][]Span, len(h.Approvers))
	edges := []int64{h.Week.From, h.Week.To}
	for i, c := range h.Approvers {
		on[i] = spansOf([]Cover{c}, h.Week.From, h.Week.To, func(Staff) bool { return true })
		for _, s := range on[i] {
			edges = append(edges, max(h.Week.From, s.From), min(h.Week.To, s.To))
		}
	}
	if len(edges) == 2 {
		return nil
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var out []Span
	for i := range edges[1:] {
		var there []Cover
		for k, c := range h.Approvers {
			if slices.ContainsFunc(on[k], func(s Span) bool { return s.From <= edges[i] && edges[i] < s.To }) {
				there = append(there, c)
			}
		}
		switch {
		case enough(there):
		case len(out) > 0 && out[len(out)-1].To == edges[i]:
			out[len(out)-1].To = edges[i+1]
		default:
			out = append(out, Span{edges[i], edges[i+1]})
		}
	}
	return out
}

// groupsOf is how many different groups approvers can sign for: as many as they
// have between them, one person for one group.
func groupsOf(all []Cover) int64 {
	names := map[string]bool{}
	for _, c := range all {
		for _, g := range c.Staff.Groups {
			names[g] = true
		}
	}
	return min(int64(len(names)), int64(len(all)))
}

func inGroup(all []Cover, group string) int64 {
	n := int64(0)
	for _, c := range all {
		if slices.Contains(c.Staff.Groups, group) {
			n++
		}
	}
	return n
}

// count writes a number with its noun: "one approver", "two groups", "5 keys".
func count(n int64, noun string) string {
	number := fmt.Sprint(n)
	if n <= 2 {
		number = []string{"none", "one", "two"}[n]
	}
	switch {
	case noun == "":
		return number
	case n == 1:
		return number + " " + noun
	case noun == "person":
		return number + " people"
	case noun == "mail address":
		return number + " mail addresses"
	}
	return number + " " + noun + "s"
}
