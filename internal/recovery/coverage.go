package recovery

import (
	"slices"
)

// Approvers' groups as coverage looks at them: who must be there so that A1 and
// A2 can be had at all.
const (
	CoverAny      = "any"      // A1: somebody
	CoverSecurity = "security" // A2: somebody of security
	CoverOther    = "other"    // A2: somebody of another group
)

// Cover is one approver whose role and key count, with the shifts.
type Cover struct {
	Staff  Staff
	Shifts []Shift
}

// Gap is a stretch in which a quorum group has nobody on shift.
type Gap struct {
	Group string
	Span
}

// Words names the group whose approvers are missing.
func (g Gap) Words() string {
	switch g.Group {
	case CoverSecurity:
		return "nobody of the group security"
	case CoverOther:
		return "nobody of a group beside security"
	}
	return "nobody eligible"
}

// Coverage lists the gaps between two moments, by what the shifts say; what
// people switch on does not count (R60). Where nobody is there at all, only that
// is told. A group that has no approver is no gap in shifts: see Ungrouped.
func Coverage(all []Cover, from, to int64) []Gap {
	var out []Gap
	add := func(group string, spans, in []Span) {
		for _, hole := range in {
			for _, g := range Gaps(spans, hole.From, hole.To) {
				out = append(out, Gap{group, g})
			}
		}
	}
	somebody := spansOf(all, from, to, func(Staff) bool { return true })
	add(CoverAny, somebody, []Span{{from, to}})
	there := covered(somebody, from, to)
	for group, in := range map[string]func(Staff) bool{CoverSecurity: inSecurity, CoverOther: inOther} {
		if slices.ContainsFunc(all, func(c Cover) bool { return in(c.Staff) }) {
			add(group, spansOf(all, from, to, in), there)
		}
	}
	slices.SortFunc(out, func(a, b Gap) int {
		if a.From != b.From {
			return int(min(1, max(-1, a.From-b.From)))
		}
		return slices.Index([]string{CoverAny, CoverSecurity, CoverOther}, a.Group) - slices.Index([]string{CoverAny, CoverSecurity, CoverOther}, b.Group)
	})
	return out
}

// Ungrouped names what A2 asks for and no approver belongs to, in words.
func Ungrouped(all []Cover) []string {
	var out []string
	if !slices.ContainsFunc(all, func(c Cover) bool { return inSecurity(c.Staff) }) {
		out = append(out, "No approver belongs to the group security")
	}
	if !slices.ContainsFunc(all, func(c Cover) bool { return inOther(c.Staff) }) {
		out = append(out, "No approver belongs to a group beside security")
	}
	return out
}

func inSecurity(s Staff) bool { return slices.Contains(s.Groups, SecurityGroup) }
func inOther(s Staff) bool    { return otherGroup(s.Groups) }

func spansOf(all []Cover, from, to int64, in func(Staff) bool) []Span {
	var out []Span
	for _, c := range all {
		if !in(c.Staff) {
			continue
		}
		for _, s := range c.Shifts {
			out = append(out, s.Spans(from, to)...)
		}
	}
	return out
}

// covered is the complement of the gaps.
func covered(spans []Span, from, to int64) []Span { return Gaps(Gaps(spans, from, to), from, to) }
