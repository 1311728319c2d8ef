package recovery

import (
	"fmt"
	"slices"
	"strings"
)

// Incident is what emergency tickets belong to: opened by two keys, for a named
// scope, a few tickets and a few days (policy-defaults, "Incident").
type Incident struct {
	ID, Name     string
	Departments  []string // whose accounts it lists
	Accounts     []string // and single accounts
	Openers      []string // persons: neither agent nor approver in its tickets
	Proposal     string
	Opened, Ends int64
	Most, Used   int64 // tickets
	Closed       int64
	ClosedBy     string
}

// Open says whether tickets may still be opened or carried out under it.
func (i Incident) Open(now int64) bool { return i.ID != "" && i.Closed == 0 && now < i.Ends }

// Left is how many further tickets it allows.
func (i Incident) Left() int64 { return max(0, i.Most-i.Used) }

// Lists says whether the incident is about an account. A contractor's has to be
// named; a department brings in its own people only.
func (i Incident) Lists(a Account) bool {
	return slices.Contains(i.Accounts, a.ID) || a.Row() != Contractor && a.Department != "" && slices.Contains(i.Departments, a.Department)
}

// Scope words whom the incident is about.
func (i Incident) Scope() string {
	var parts []string
	if len(i.Departments) > 0 {
		parts = append(parts, "departments "+strings.Join(i.Departments, ", "))
	}
	if len(i.Accounts) > 0 {
		parts = append(parts, "accounts "+strings.Join(i.Accounts, ", "))
	}
	return strings.Join(parts, "; ")
}

// Outline is Scope without the ids, for mails that suppliers' people get too.
func (i Incident) Outline() string {
	if n := len(i.Accounts); n > 0 {
		i.Accounts = []string{fmt.Sprintf("that it names, %d of them", n)}
	}
	return i.Scope()
}

// NewIncident is what the first of the two keys files.
type NewIncident struct {
	Name        string   `json:"name"`
	Departments []string `json:"departments"`
	Accounts    []string `json:"accounts"`
	Hours       int64    `json:"hours"`
	Tickets     int64    `json:"tickets"`
}

// MayOpenIncident refuses an incident without name or scope, or beyond the policy.
func MayOpenIncident(n NewIncident, rule IncidentRule) error {
	switch {
	case strings.TrimSpace(n.Name) == "":
		return Refuse("incident-name", "Say what the incident is.", "A few words, as people will call it.").On("name")
	case len(n.Departments)+len(n.Accounts) == 0:
		return Refuse("incident-scope", "Say whom the incident is about.", "Name departments, accounts or both.").On("departments")
	case n.Hours < 1 || n.Hours*Hour > rule.Life.Micros:
		return Refuse("incident-hours", "An incident lasts for at most "+rule.Life.Words()+".", "Give fewer hours.").On("hours")
	case n.Tickets < 1 || n.Tickets > rule.Tickets:
		return Refuse("incident-tickets", fmt.Sprintf("An incident has at most %d tickets.", rule.Tickets), "Give a smaller number.").On("tickets")
	}
	return FitText("name", n.Name, NameMax)
}

// Lines are the incident as its proposal shows it.
func (n NewIncident) Lines() []string {
	lines := []string{"+ incident " + Quote(n.Name), fmt.Sprintf("+ for %d hours, at most %d emergency tickets", n.Hours, n.Tickets)}
	for _, d := range n.Departments {
		lines = append(lines, "+ department "+Quote(d))
	}
	for _, a := range n.Accounts {
		lines = append(lines, "+ account "+a)
	}
	return append(lines, "  who opens it is neither agent nor approver in its tickets")
}

// MayUse refuses an incident that is not open, is used up or is about others.
func (i Incident) MayUse(a Account, now int64) error {
	switch {
	case !i.Open(now):
		return Refuse("incident-closed", "This incident is closed.", "Choose an open one, or another event.").On("incident")
	case !i.Lists(a):
		return Refuse("incident-other", "This incident does not list the account.", "Choose another incident, or another event.").On("incident")
	case i.Left() == 0:
		return Refuse("incident-full", fmt.Sprintf("This incident has had its %d tickets.", i.Most), "Two administrators open another one, or the ticket goes by another event.").On("incident")
	}
	return nil
}

// MayCloseIncident refuses to close what is closed. One person closes: nothing
// becomes laxer by it.
func MayCloseIncident(i Incident, now int64) error {
	if i.Open(now) {
		return nil
	}
	return Refuse("incident-closed", "This incident is closed already.", "")
}
