// Package recovery holds the rules of account recovery: what a ticket, a
// workflow, a policy row, an approval and a code set are, and what is allowed.
//
// It is the ground floor. Nothing here does I/O, reads a clock or knows a
// database: every rule is a function of rows and of a moment given by the
// caller. Times are Unix microseconds in UTC; zero means "not yet".
//
// A rule that says no returns a *Refusal: a stable code, a sentence a person
// can act on and the next step (requirement R60). Everything that happens is an
// Event; the table in obligation.go says who must hear of it, so that no act
// can forget a notice (R12, R26).
package recovery
