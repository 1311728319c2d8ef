package staff

import (
	"countersign/internal/recovery"
	"countersign/views/ui"
)

// doIt names the button that confirms a difference.
func doIt(d DirectoryDiff) string {
	if d.Needed > 0 {
		return "Ask for the second key"
	}
	return "Make this change"
}

func (p EditAccountPage) action() string { return AccountPath(p.Account.ID) + "/change" }

// hidden are the form's fields, which the second form carries on.
func (p EditAccountPage) hidden() []string {
	return []string{"department", "manager_id", "sponsor_id", "group", "contract_end", "email2", "phone", "population", "remove_email2", "remove_phone", "ended"}
}

func (p EditAccountPage) fields() []ui.Field {
	field := func(name, label, hint string) ui.Field {
		return ui.Field{Name: name, Label: label, Hint: hint, Value: p.Typed[name], Error: ui.ErrorFor(p.Page.Errors, name), Dir: "ltr"}
	}
	department := field("department", "Department", "")
	department.Dir = ""
	return []ui.Field{department, field("manager_id", "Manager", "Id of a person of the directory; the owner of a service account."),
		field("sponsor_id", "Sponsor", "Id of the person who answers for a contractor."), field("group", "Group", ""),
		field("contract_end", "End of contract", "Last day of work, like 2026-11-30."),
		field("email2", "New second mail address", keeps(p.Email2)), field("phone", "New number", keeps(p.Phone))}
}

// keeps says what an empty field leaves as it is; addresses are shown masked.
func keeps(masked string) string {
	if masked == "" {
		return "None is on record."
	}
	return "On record: " + masked + ". Leave this empty to keep it."
}

func populationOptions(now string) []ui.Option {
	var out []ui.Option
	for _, p := range recovery.Populations {
		if p != recovery.Service {
			out = append(out, ui.Option{Value: string(p), Label: string(p), Selected: string(p) == now})
		}
	}
	return out
}
