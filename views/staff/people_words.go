package staff

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"countersign/internal/recovery"
	"countersign/views/ui"
)

// right is one line of the matrix "who can do what".
type right struct {
	what  string
	roles []recovery.Role
}

// rights says in words what the desk checks in each act; the desk decides, not
// this list.
var rights = []right{
	{"See the queue and tickets", []recovery.Role{recovery.Agent, recovery.Approver, recovery.Reviewer, recovery.Auditor}},
	{"Open a ticket, run its steps, ask for approval", []recovery.Role{recovery.Agent}},
	{"Approve or deny with a security key", []recovery.Role{recovery.Approver}},
	{"Read approvals and receipts", []recovery.Role{recovery.Approver, recovery.Reviewer, recovery.Auditor, recovery.Administrator}},
	{"Review and close", []recovery.Role{recovery.Reviewer}},
	{"Read accounts", recovery.Roles},
	{"Read the audit list", []recovery.Role{recovery.Reviewer, recovery.Auditor, recovery.Administrator}},
	{"Invite people, confirm keys, end roles", []recovery.Role{recovery.Administrator}},
	{"Sign changes of the house with a security key", []recovery.Role{recovery.Administrator}},
	{"Veto a change of the house once", []recovery.Role{recovery.Auditor}},
}

func roleName(r recovery.Role) string { return strings.ToUpper(string(r[:1])) + string(r[1:]) }

// further are the roles that the person could be given.
func (p PersonPage) further() []ui.Option {
	var out []ui.Option
	for _, r := range recovery.Roles {
		if !p.Person.Holds(r) {
			out = append(out, ui.Option{Value: string(r), Label: roleName(r)})
		}
	}
	return out
}

// signedBy names who has signed, if anybody has.
func signedBy(people []string) string {
	if len(people) == 0 {
		return ""
	}
	return ": " + strings.Join(people, ", ")
}

func roleHint(r recovery.Role) string {
	return map[recovery.Role]string{
		recovery.Agent:         "Opens tickets and leads callers through the steps.",
		recovery.Approver:      "Signs approvals and denials.",
		recovery.Reviewer:      "Looks at what was done and closes it.",
		recovery.Auditor:       "Reads the audit list.",
		recovery.Administrator: "Invites people and confirms keys.",
	}[r]
}

func roleNames() []string {
	out := make([]string, len(recovery.Roles))
	for i, r := range recovery.Roles {
		out[i] = roleName(r)
	}
	return out
}

func roleWords(roles []recovery.Role) string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return wordList(out, "none")
}

func heldWords(s recovery.Staff) string { return roleWords(s.Held()) }

func wordList(all []string, none string) string {
	if len(all) == 0 {
		return none
	}
	return strings.Join(all, ", ")
}

func keyWords(keys []recovery.Key) string {
	confirmed, waiting := 0, 0
	for _, k := range keys {
		switch {
		case !k.Live():
		case k.Counted == 0:
			waiting++
		default:
			confirmed++
		}
	}
	if waiting == 0 {
		return fmt.Sprintf("%d confirmed", confirmed)
	}
	return fmt.Sprintf("%d confirmed, %d to be confirmed", confirmed, waiting)
}

func keyState(k recovery.Key, now int64) templ.Component {
	switch {
	case !k.Live():
		return ui.Status(ui.Stop, "Suspended: "+k.SuspendedWhy)
	case k.Counted == 0:
		return ui.Status(ui.Held, "To be confirmed")
	case now < k.Decides:
		return ui.Status(ui.Held, "Too new to decide")
	}
	return nil
}

func keyUsed(k recovery.Key, p PersonPage) templ.Component {
	if k.Used == 0 {
		return nil
	}
	return ui.Time(k.Used, p.Page.Zone)
}

func decides(k recovery.Key, p PersonPage) templ.Component {
	if k.Counted == 0 || !k.Live() {
		return ui.Status(ui.Flat, "No")
	}
	return countsSince(k.Decides, p)
}

func hasRole(roles []recovery.Role, r recovery.Role) bool { return slices.Contains(roles, r) }

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func personPath(id string) string { return "/staff/" + url.PathEscape(id) }

func keyPath(k recovery.Key) string { return personPath(k.Person) + "/keys/" + url.PathEscape(k.ID) }

func nextLabel(path string) string {
	if path == "/login" {
		return "Go to sign-in"
	}
	return "Back to your page"
}
