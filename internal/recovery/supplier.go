package recovery

import (
	"slices"
	"strings"
)

// Sees says whether an account is inside what the person may see. People of the
// house see all; a supplier's agents see the accounts of their departments, and
// never privileged or service accounts (S22).
func (s Staff) Sees(a Account) bool {
	row := a.Row()
	return !s.Outsourced || (row == Standard || row == Contractor) && slices.Contains(s.Scope, a.Department)
}

// InHouse refuses a supplier's people what is about the house itself.
func (s Staff) InHouse() error {
	if !s.Outsourced {
		return nil
	}
	return Refuse("supplier", "This is for people of the house; your group is a supplier's.", "Ask your contact in the house.")
}

// MayOutsource refuses a group without a scope, and the one that A2 rests on.
func MayOutsource(group string, groups, departments, known []string) error {
	switch {
	case !slices.Contains(groups, group):
		return Refuse("group-unknown", "Nobody belongs to a group "+Quote(group)+".", "Choose one of the groups.").On("group")
	case group == SecurityGroup:
		return Refuse("group-security", "The group security decides for the house, so it stays in the house.", "Put the supplier's people into a group of their own.").On("group")
	case len(departments) == 0:
		return Refuse("scope-missing", "Choose the departments whose accounts the group works for.", "Without one its agents would see nothing.").On("department")
	case slices.ContainsFunc(departments, func(d string) bool { return !slices.Contains(known, d) }):
		return Refuse("scope-missing", "There is a department that no account has.", "Choose from the list.").On("department")
	}
	return nil
}

// SupplierChange is what becomes of a group: a supplier's, with the departments
// whose accounts it sees, or, without any, one of the house.
type SupplierChange struct {
	Group       string   `json:"group"`
	Departments []string `json:"departments,omitempty"`
}

// Narrows says that a supplier's group keeps only a part of the scope it has:
// one person may do that at once. Everything else gives somebody more, or takes
// roles from people of the house.
func (s SupplierChange) Narrows(before []string) bool {
	return len(s.Departments) > 0 && len(s.Departments) < len(before) &&
		!slices.ContainsFunc(s.Departments, func(d string) bool { return !slices.Contains(before, d) })
}

// MayChange refuses a change that changes nothing. Both scopes are sorted.
func (s SupplierChange) MayChange(before []string) error {
	switch {
	case !slices.Equal(before, s.Departments):
		return nil
	case len(before) == 0:
		return Refuse("not-outsourced", "The group "+Quote(s.Group)+" is of the house.", "The page about groups shows which are a supplier's.").On("group")
	}
	return Refuse("no-change", "The group "+Quote(s.Group)+" has just this scope.", "Choose other departments.").On("department")
}

// Title is one line for lists.
func (s SupplierChange) Title() string {
	if len(s.Departments) == 0 {
		return "Group " + s.Group + " is taken into the house"
	}
	return "Group " + s.Group + " is a supplier's"
}

// Lines say the change to people: whom it is about, and what they see and decide
// before and after.
func (s SupplierChange) Lines(before []string, members []Staff) []string {
	lines := []string{"  group " + Quote(s.Group)}
	for _, m := range members {
		var roles []string
		for _, r := range m.Held() {
			roles = append(roles, string(r))
		}
		lines = append(lines, "  "+m.Person.ID+" "+Quote(m.Person.Name)+", "+strings.Join(roles, ", "))
	}
	const house, supplier = "a group of the house: every role counts, every account is seen", "a supplier's group: agents only, the client approves what they work on"
	switch {
	case len(before) == 0:
		lines = append(lines, "- "+house, "+ "+supplier)
	case len(s.Departments) == 0:
		lines = append(lines, "- "+supplier, "+ "+house)
	default:
		lines = append(lines, "  "+supplier)
	}
	for _, d := range before {
		if !slices.Contains(s.Departments, d) {
			lines = append(lines, "- department "+Quote(d))
		}
	}
	for _, d := range s.Departments {
		mark := "+ "
		if slices.Contains(before, d) {
			mark = "  "
		}
		lines = append(lines, mark+"department "+Quote(d))
	}
	return lines
}
