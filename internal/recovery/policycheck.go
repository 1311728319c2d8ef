package recovery

import (
	"fmt"
	"slices"
)

// check looks at what no single value shows: levels that refer to each other,
// quorums that are none, ways that contradict themselves, values that name no
// source. What has a fault already is left alone.
func (r *fileReader) check(p Policy) {
	for _, key := range []struct{ path, value string }{{"policy", p.Version}, {"preset", p.Preset}} {
		if r.sound(key.path) && !idForm.MatchString(key.value) {
			r.at(key.path, "%s: %q is no name; write small letters, digits and hyphens, like acme-3", key.path, key.value)
		}
	}
	if p.Name == "" && r.sound("name") {
		r.at("name", "name is empty")
	}
	for _, l := range Levels {
		r.level(p, l)
	}
	r.quorums(p)
	if r.sound("house.loosening-waits") && p.House.Loosening.span() < LooseningLeast {
		r.at("house.loosening-waits", "house.loosening-waits is %s; what loosens waits for at least %s (R4)", p.House.Loosening, For(LooseningLeast))
	}
	if r.sound("channels.independent-addresses") && p.Channels.Least < AddressesLeast {
		r.at("channels.independent-addresses", "channels.independent-addresses is %d; at least %d are asked for (SP 800-63B-4 §4.6)", p.Channels.Least, AddressesLeast)
	}
	for _, e := range Events {
		for _, row := range Populations {
			r.row(p, e, row)
		}
	}
	for _, section := range keysOf(typeOfPolicy) {
		if !plain(section) && r.sources[section] == "" && r.sound(section) && !r.sourcedBelow(section) {
			r.at(section, "%s names no `source`; write \"ours\" where it is your own judgement", section)
		}
	}
}

func (r *fileReader) row(p Policy, e EventID, row Population) {
	path := "rows." + string(e) + "." + string(row)
	for _, w := range p.Rows[e][row].Ways {
		if r.sound(wayPath(e, row, w.ID)) {
			r.way(e, w, wayPath(e, row, w.ID))
		}
	}
	if r.sound(path) && r.sources[path] == "" && r.sources["rows."+string(e)] == "" {
		r.at(path, "%s names no `source`; write \"ours\" where it is your own judgement", path)
	}
}

// quorums refuses numbers that would let one person do it, or nobody.
func (r *fileReader) quorums(p Policy) {
	if !r.sound("approvals") {
		return
	}
	none, one, two := p.Quorums[A0], p.Quorums[A1], p.Quorums[A2]
	switch {
	case none.Approvers != 0 || none.Groups != 0 || none.From != "":
		r.at("approvals.A0", "approvals.A0 is nobody: no approvers, no groups")
	case one.Approvers < 1:
		r.at("approvals.A1.approvers", "approvals.A1 needs an approver: nobody recovers an account alone")
	case two.Approvers < 2 && two.Extra.span() < Day:
		r.at("approvals.A2.approvers", "approvals.A2 needs two approvers, or one and a `window-at-least` of 24h")
	case two.Approvers < 1:
		r.at("approvals.A2.approvers", "approvals.A2 needs an approver: nobody recovers an account alone")
	}
	for _, q := range []Quorum{A1, A2} {
		if !r.sound("approvals." + string(q)) {
			continue
		}
		if rule := p.Quorums[q]; rule.Groups < 1 || rule.Groups > rule.Approvers {
			r.at("approvals."+string(q)+".groups", "approvals.%s.groups is %d; it is 1 to %d, the number of approvers", q, rule.Groups, rule.Approvers)
		}
	}
}

// plain are the keys that name the policy and need no source, and the rows,
// which name theirs one by one.
func plain(section string) bool {
	return slices.Contains([]string{"policy", "name", "preset", "base", "rows", "deviations"}, section)
}

// sourcedBelow says whether every entry of a section names its own source.
func (r *fileReader) sourcedBelow(section string) bool {
	found := false
	for path := range r.lines {
		if parent := path[:max(0, lastDot(path))]; parent == section {
			if r.sources[path] == "" {
				return false
			}
			found = true
		}
	}
	return found
}

func wayPath(e EventID, row Population, id string) string {
	return fmt.Sprintf("rows.%s.%s.%s", e, row, id)
}

func (r *fileReader) level(p Policy, l Level) {
	path := "levels." + string(l)
	if !r.sound(path) {
		return
	}
	if p.Levels[l].Observed < 1 {
		r.at(path+".server-observed", "%s: one proof at least is seen by the server; what an agent records never suffices", path)
	}
	for _, text := range p.Levels[l].AnyOf {
		for _, word := range splitPlus(text) {
			if !levelWord(word) {
				r.at(path+".any-of", "%s: there is no proof called %q; use %s, the classes code, password and presence, or a lower level", path, word, list(words(Methods)))
			}
		}
	}
	ways, ok := p.alternatives(l, 0)
	switch {
	case !ok && r.sound("levels"):
		r.at(path+".any-of", "%s refers to itself in a circle", path)
	case ok && len(ways) == 0:
		r.at(path+".any-of", "%s can be reached in no way", path)
	}
}

func levelWord(word string) bool {
	return slices.Contains(Levels, Level(word)) || slices.Contains([]string{"code", "password", "presence"}, word) || slices.Contains(Methods, Method(word))
}

// way refuses what no ticket could obey, and what would break a promise.
func (r *fileReader) way(e EventID, w Way, path string) {
	if c, ok := lifeCeiling(e, w.Artefact); ok && w.Life.span() > c.Most.span() {
		r.at(path+".life", "%s.life is %s; a %s lives at most %s (%s)", path, w.Life, w.Artefact, c.Most, c.Source)
	}
	needsLife := slices.Contains([]Artefact{PassSession, LoanKey, LeasedKey, Binding}, w.Artefact)
	switch {
	case w.Place == AtDesk && w.Proof == P0:
		r.at(path+".proof", "%s: P0 is asserted at /me; at the desk it proves nothing", path)
	case w.Artefact == FactorGone && w.Approvals == A0:
		r.at(path+".approvals", "%s: a factor reset needs an approver (A1 or A2)", path)
	case w.Approvals == A0 && w.Place == AtDesk:
		r.at(path+".approvals", "%s: nothing leaves the desk on one person's word (A1 or A2)", path)
	case w.Artefact == FactorGone && w.Place != AtDesk:
		r.at(path+".place", "%s: a factor reset goes through the desk", path)
	case needsLife && w.Life.Zero():
		r.at(path, "%s: a %s needs a life", path, w.Artefact)
	case w.Life.Days > 0 && w.Artefact != LoanKey:
		r.at(path+".life", "%s: only a loan lives by business days", path)
	case (w.Artefact == PassSession || w.Artefact == LoanKey) && (w.AAL < 1 || w.AAL > 2):
		r.at(path+".aal-at-most", "%s: say aal-at-most, 1 or 2: a Pass never yields more than AAL2 (SP 800-63B-4 §2.2.1, §5.1)", path)
	case w.Workflow == "" && w.Place != AtMe:
		r.at(path, "%s names no workflow", path)
	case len(w.Notify) == 0:
		r.at(path+".notify", "%s tells nobody", path)
	case w.Review.Percent > 100:
		r.at(path+".review.percent", "%s: more than 100 %% cannot be reviewed", path)
	case (w.Review.Percent > 0 || w.Review.FirstPairs || w.Review.Risk) && w.Review.Within.Zero():
		r.at(path+".review.within", "%s: a review needs a deadline", path)
	}
}
