package recovery

import "fmt"

// Refusal is a "no" that people may see and that is recorded (R60): a stable
// code for scripts and reports, a sentence that says what happened, and the
// next step. Fields may name the form field it belongs to.
type Refusal struct {
	Code  string // stable, kebab-case, e.g. "own-account"
	Text  string // what happened, in words of ui.md §4
	Next  string // who, where, when
	Field string // form field, "" if none
	// Matched is set when a stranger presented a live or spent secret: such
	// refusals are ledger entries of their own, all others are counted.
	Matched bool
	// Reason is for the record only, where it may say more than people may see:
	// a failed sign-in has one sentence for all causes. "" means Code.
	Reason string
}

// Recorded is what the ledger notes of the refusal.
func (r *Refusal) Recorded() string {
	if r.Reason != "" {
		return r.Reason
	}
	return r.Code
}

// Error implements error with code and sentence; no secret is ever part of it.
func (r *Refusal) Error() string { return r.Code + ": " + r.Text }

// Refuse makes a Refusal. next may be empty when the text says what to do.
func Refuse(code, text, next string) *Refusal {
	return &Refusal{Code: code, Text: text, Next: next}
}

// On names the form field that the refusal belongs to.
func (r *Refusal) On(field string) *Refusal {
	c := *r
	c.Field = field
	return &c
}

// Refusals that several rules share.
var (
	errRole = "Your roles do not include this."
)

// NeedRole refuses an act because a role is missing and names who grants it.
func NeedRole(role Role) *Refusal {
	return Refuse("role-missing", fmt.Sprintf("%s It needs the role %s.", errRole, role),
		"An administrator grants roles on the Staff page.")
}
