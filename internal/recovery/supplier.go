package recovery

import "slices"

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
