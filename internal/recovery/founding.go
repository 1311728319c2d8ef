package recovery

import (
	"fmt"
	"slices"
	"strings"
)

// FoundingNeeds are the people without whom a house may not run real tickets
// (R57). A person may be counted in several roles.
type FoundingNeeds struct {
	Administrators, Approvers, Reviewers, Agents int
	ApproverKeys                                 int // confirmed keys of each of those approvers
}

// FoundingOf are the needs of a policy's preset. The small house's five keys
// belong to three people: two who are administrator, approver and reviewer, and
// an agent (policy-defaults, "Presets").
func FoundingOf(preset string) FoundingNeeds {
	if preset == SmallHouse {
		return FoundingNeeds{Administrators: 2, Approvers: 2, Reviewers: 2, Agents: 1, ApproverKeys: 2}
	}
	return FoundingNeeds{Administrators: 2, Approvers: 2, Reviewers: 1, ApproverKeys: 2}
}

// RosterPerson is one person of the founding roster, as the rows have it.
type RosterPerson struct {
	Person Person
	Roles  []Role   // that count
	Keys   []string // digests of the confirmed keys in use
}

// Missing lists in words what the roster lacks, nil when it can be signed.
func (n FoundingNeeds) Missing(all []RosterPerson) []string {
	var out []string
	for _, need := range []struct {
		role       Role
		least, key int
	}{{Administrator, n.Administrators, 1}, {Approver, n.Approvers, n.ApproverKeys}, {Reviewer, n.Reviewers, 1}, {Agent, n.Agents, 1}} {
		if text := missing(all, need.role, need.least, need.key); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// missing says of one role how many people lack, and who lacks keys.
func missing(all []RosterPerson, role Role, least, keys int) string {
	complete := 0
	var short []string
	for _, p := range all {
		if !slices.Contains(p.Roles, role) {
			continue
		}
		if len(p.Keys) >= keys {
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
