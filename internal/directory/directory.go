// Package directory acts on identity providers, outward only: an Order is
// applied, the outcome comes back, the desk's own rows follow in an act of
// their own.
//
// Builtin is the directory that lives in our own tables. Its Apply answers
// Local: the desk suspends the old factors and ends the sessions in the
// transaction that finishes the reset.
package directory

import (
	"context"
	"errors"
)

// Verb is what an Order asks for.
type Verb string

// Verbs.
const (
	SuspendFactors Verb = "suspend-factors"
)

// Order is one thing to do to one account because of one ticket.
type Order struct {
	ID, Account, Ticket string
	Verb                Verb
}

// Outcome says where an order took effect.
type Outcome struct {
	// Local: nothing outside to do; the desk's rows are the truth.
	Local bool
	// Reference of the foreign system, for the ledger.
	Reference string
}

// Directory is an identity provider.
type Directory interface {
	// Apply carries an order out. It may be called again with the same order.
	Apply(ctx context.Context, o Order) (Outcome, error)
	// CheckPassword compares a password with the account's stored hash. It costs
	// the same for an account without one. ErrPassword means no.
	CheckPassword(ctx context.Context, hash, password string) error
	// HashPassword makes the stored form of a new password.
	HashPassword(ctx context.Context, password string) (string, error)
}

// ErrPassword says that the password is not the account's.
var ErrPassword = errors.New("wrong password")
