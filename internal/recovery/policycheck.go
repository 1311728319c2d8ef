package recovery

import (
	"fmt"
	"slices"
)

// check looks at what no single value shows: levels that refer to each other,
// ways that contradict themselves, values that name no source.
func (r *fileReader) check(p Policy) {
	for _, l := range Levels {
		r.level(p, l)
	}
	for _, e := range Events {
		for _, row := range Populations {
			for _, w := range p.Rows[e][row].Ways {
				r.way(p, w, wayPath(e, row, w.ID))
			}
			if path := "rows." + string(e) + "." + string(row); r.sources[path] == "" && r.sources["rows."+string(e)] == "" {
				r.at(path, "%s names no `source`; write \"ours\" where it is your own judgement", path)
			}
		}
	}
	r.restricted(p.Issued)
	for _, section := range keysOf(typeOfPolicy) {
		if _, nested := r.sources[section]; !nested && !plain(section) && !r.sourcedBelow(section) {
			r.at(section, "%s names no `source`; write \"ours\" where it is your own judgement", section)
		}
	}
}

// plain are the keys that name the policy and need no source, and the rows,
// which name theirs one by one.
func plain(section string) bool {
	return slices.Contains([]string{"policy", "name", "preset", "rows"}, section)
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
	for _, text := range p.Levels[l].AnyOf {
		for _, word := range splitPlus(text) {
			if !levelWord(word) {
				r.at(path+".any-of", "%s: there is no proof called %q; use %s, the classes code, password and presence, or a lower level", path, word, list(words(Methods)))
			}
		}
	}
	ways, ok := p.alternatives(l, 0)
	switch {
	case !ok:
		r.at(path+".any-of", "%s refers to itself in a circle", path)
	case len(ways) == 0:
		r.at(path+".any-of", "%s can be reached in no way", path)
	}
}

func levelWord(word string) bool {
	return slices.Contains(Levels, Level(word)) || slices.Contains([]string{"code", "password", "presence"}, word) || slices.Contains(Methods, Method(word))
}

// way refuses what no ticket could obey, and what would break a promise.
func (r *fileReader) way(p Policy, w Way, path string) {
	if c, ok := lives[w.Artefact]; ok && w.Life.span() > c.Most.span() {
		r.at(path+".life", "%s.life is %s; a %s lives at most %s (%s)", path, w.Life, w.Artefact, c.Most, c.Source)
	}
	switch {
	case w.Place == AtDesk && w.Proof == P0:
		r.at(path+".proof", "%s: P0 is asserted at /me; at the desk it proves nothing", path)
	case w.Artefact == FactorGone && w.Approvals == A0:
		r.at(path+".approvals", "%s: a factor reset needs an approver (A1 or A2)", path)
	case w.Artefact == FactorGone && w.Place != AtDesk:
		r.at(path+".place", "%s: a factor reset goes through the desk", path)
	case w.Tier() == Pass && w.Artefact != LoanKey && w.Life.Zero():
		r.at(path, "%s: a %s needs a life", path, w.Artefact)
	case w.Artefact == PassSession && w.AAL != 0 && w.AAL > 2:
		r.at(path+".aal-at-most", "%s: a Pass never yields more than AAL2 (SP 800-63B-4 §2.2.1, §5.1)", path)
	case w.Approvals == A0 && w.Place == AtDesk:
		r.at(path+".approvals", "%s: nothing leaves the desk on one person's word (A1 or A2)", path)
	case w.Workflow == "" && w.Place != AtMe:
		r.at(path, "%s names no workflow", path)
	case len(w.Notify) == 0:
		r.at(path+".notify", "%s tells nobody", path)
	}
}

// restricted refuses text messages without the four items that SP 800-63B-4
// §3.2.9 asks of whoever offers a restricted authenticator.
func (r *fileReader) restricted(rule IssuedRule) {
	if !rule.Gateway {
		return
	}
	items := rule.Restricted
	for _, item := range []struct{ key, text, what string }{
		{"alternative", items.Alternative, "which unrestricted way everybody is offered"},
		{"users-told", items.Told, "how users are told of the risk and of the alternative"},
		{"migration", items.Migration, "the plan to do without it"},
		{"risk", items.Risk, "the recorded risk decision"},
	} {
		if item.text == "" {
			r.at("issued-codes.sms-gateway", "issued-codes.sms-gateway: a text message is a restricted authenticator; write %s as issued-codes.restricted.%s (SP 800-63B-4 §3.2.9)", item.what, item.key)
		}
	}
}
