package desk

import (
	"fmt"
	"slices"
	"strings"

	"countersign/internal/recovery"
)

// ImportReport is what an import or an edit did, or would do.
type ImportReport struct {
	Founding  bool // the first import: it becomes the baseline that the founding roster signs (R27)
	Added     []string
	Changed   []AccountDiff
	Ended     []string // and Returned: among Changed
	Returned  []string
	Unchanged int
	// Notes are worth a look and stop nothing.
	Notes []LineProblem
	// Problems is why nothing was imported; More counts those not listed.
	Problems []LineProblem
	More     int
	// Why lists why one administrator alone does not make this change; Needed is
	// how many keys put it in force, 0 for at once.
	Why    []string
	Needed int64
	// Digest is over the whole difference: who confirms it confirms just this.
	Digest string
	Filed  *recovery.Proposal // when it waits for keys
}

// AccountDiff is what an import changed on one account. Addresses are masked.
type AccountDiff struct {
	ID     string
	Line   int
	New    bool
	Values []ValueDiff
	Why    []string // why it needs a second key
}

// ValueDiff is one value before and after; "" is an empty value.
type ValueDiff struct{ Field, Before, After string }

func inUse(a recovery.Account) string {
	if a.Ended != 0 {
		return "ended"
	}
	return "in use"
}

// overlay replaces the rows of values that were planned before.
func overlay(all, more []recovery.ValueRun) []recovery.ValueRun {
	for _, r := range more {
		n := slices.IndexFunc(all, func(x recovery.ValueRun) bool { return x.Field == r.Field && x.Text == r.Text })
		if n < 0 {
			all = append(all, r)
			continue
		}
		all[n] = r
	}
	return all
}

// links are the persons who stopped or started to answer for an account.
func links(before, after recovery.Account) []string {
	var out []string
	for _, l := range [][2]string{{before.Manager, after.Manager}, {before.Sponsor, after.Sponsor}, {before.Person, after.Person}} {
		for _, id := range l {
			if l[0] != l[1] && id != "" && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

func masks(all []recovery.Address) string {
	var out []string
	for _, a := range all {
		out = append(out, recovery.Mask(a))
	}
	return strings.Join(out, " ")
}

func maskMail(mail string) string {
	if mail == "" {
		return ""
	}
	return recovery.Mask(recovery.Address{Kind: recovery.Mail, Value: mail})
}

func values(all []recovery.Address) []string {
	var out []string
	for _, a := range all {
		out = append(out, a.Value)
	}
	return out
}

// lines tell the holder which addresses changed, at every one of them (R27).
func (m move) lines() []string {
	var out []string
	say := func(all []recovery.Address, text string) {
		for _, a := range all {
			out = append(out, fmt.Sprintf(text, recovery.Mask(a)))
		}
	}
	say(m.end, "%s is no longer on record")
	say(m.add, "%s was added")
	say(m.revive, "%s was put back on record")
	return out
}
