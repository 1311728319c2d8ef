package recovery

import (
	"fmt"
	"slices"
	"strings"
)

// RosterPerson is one person of the founding roster, as the rows have it.
type RosterPerson struct {
	Person Person
	Roles  []Role   // that count
	Keys   []string // digests of the confirmed keys in use
}

// Missing lists in words what a roster lacks of the people and keys without whom
// a house may not run real tickets, nil when it can be signed (R57). A person may
// be counted in several roles.
func (r HouseRule) Missing(all []RosterPerson) []string {
	var out []string
	for _, need := range []struct {
		role       Role
		least, key int64
	}{{Administrator, r.Administrators, 1}, {Approver, r.Approvers, r.KeysEach}, {Reviewer, r.Reviewers, 1}} {
		if text := missing(all, need.role, need.least, need.key); text != "" {
			out = append(out, text)
		}
	}
	keys := int64(0)
	for _, p := range all {
		keys += int64(len(p.Keys))
	}
	if n := int64(len(all)); n < r.PeopleAtLeast {
		out = append(out, fmt.Sprintf("%d of %d people", n, r.PeopleAtLeast))
	}
	if keys < r.KeysAtLeast {
		out = append(out, fmt.Sprintf("%d of %d keys", keys, r.KeysAtLeast))
	}
	return out
}

// missing says of one role how many people lack, and who lacks keys.
func missing(all []RosterPerson, role Role, least, keys int64) string {
	complete := int64(0)
	var short []string
	for _, p := range all {
		if !slices.Contains(p.Roles, role) {
			continue
		}
		if int64(len(p.Keys)) >= keys {
			complete++
			continue
		}
		short = append(short, fmt.Sprintf("%s has %d", p.Person.ID, len(p.Keys)))
	}
	if complete >= least {
		return ""
	}
	text := fmt.Sprintf("%d of %d %s", complete, least, role)
	if keys > 1 {
		text += fmt.Sprintf(" with %d keys", keys)
	}
	if len(short) > 0 {
		text += " (" + strings.Join(short, ", ") + ")"
	}
	return text
}

// MayRun refuses real tickets until everybody on the founding roster has signed
// it (R57). missing is what the roster still lacks, if anything.
func MayRun(signed bool, missing []string) error {
	if signed {
		return nil
	}
	text := "No real ticket runs yet: the founding roster is not signed."
	if len(missing) > 0 {
		text += " Counting now: " + strings.Join(missing, "; ") + "."
	}
	return Refuse("not-founded", text, "The Staff page shows who is missing, and whose signature.")
}

// MaySignRoster refuses a roster that lacks somebody, or that is signed already.
func MaySignRoster(founded bool, missing []string) error {
	switch {
	case founded:
		return Refuse("already-founded", "The founding roster is signed; founding happens once.", "Changes of staff are proposals now.")
	case len(missing) > 0:
		return Refuse("roster-incomplete", "The founding roster lacks people or keys: "+strings.Join(missing, "; ")+".", "The Staff page shows what each person lacks.")
	}
	return nil
}
