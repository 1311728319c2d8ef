package desk

import (
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Actor is who acts. It carries no rights: an act reads roles from the rows.
type Actor struct {
	Kind    ActorKind
	Person  string // directory person: staff, or the holder
	Account string // holder: the account signed in to
	Session string // id of the session row
	IP      string
	Browser string // user agent, for the side row only
	// Request is the form's request id; the same one twice gives the same answer.
	Request string
	// Form is the id of a stranger's form: the same form again gets the same secret.
	Form string
}

// ActorKind tells who an actor is.
type ActorKind string

// Kinds of actor.
const (
	Stranger ActorKind = "stranger"
	StaffAct ActorKind = "staff"
	Holder   ActorKind = "holder"
	System   ActorKind = "system"  // jobs and schedules
	Machine  ActorKind = "machine" // the command line
)

// ID is how the ledger names the actor: ids only, never a name.
func (a Actor) ID() string {
	switch a.Kind {
	case StaffAct:
		return "person:" + a.Person
	case Holder:
		return "account:" + a.Account
	case Recoverer:
		return "recovery:" + a.Account
	}
	return string(a.Kind)
}

// known says whether refusals of this actor are entries of their own.
func (a Actor) known() bool { return a.Kind != Stranger }

// staffer reads the actor's standing as it is now and refuses when none of the
// roles counts (mutant: a role cached in the session).
func (c *Change) staffer(ctx context.Context, roles ...recovery.Role) (recovery.Staff, error) {
	if c.Actor.Kind != StaffAct {
		return recovery.Staff{}, recovery.NeedRole(roles[0])
	}
	s, err := staffOf(ctx, c.Tx.View, c.Actor)
	if err != nil {
		return s, err
	}
	return s, mayAct(s, c.Now, roles...)
}

// staffOf is the actor's standing as the key of the session gives it: an
// invitation to somebody who is staff already, or a stolen session, registers a
// key, and until a second administrator confirms it no role counts with it (R28).
func staffOf(ctx context.Context, v store.View, actor Actor) (recovery.Staff, error) {
	s, err := v.Staff(ctx, actor.Person)
	if err != nil || actor.Session == "" {
		return s, err
	}
	key, err := v.KeyOfSession(ctx, actor.Session)
	if errors.Is(err, store.ErrNotFound) {
		err = errSession
	}
	s.Unconfirmed = key.Counted == 0
	return s, err
}

func mayAct(s recovery.Staff, now int64, roles ...recovery.Role) error {
	return recovery.MayAct(s, now, roles...)
}

// reader refuses a read by anyone without one of the roles.
func (d *Desk) reader(ctx context.Context, actor Actor, roles ...recovery.Role) (recovery.Staff, error) {
	if actor.Kind != StaffAct {
		return recovery.Staff{}, recovery.NeedRole(roles[0])
	}
	s, err := d.staff(ctx, actor)
	if err != nil {
		return s, err
	}
	return s, mayAct(s, d.now(), roles...)
}

// houseReader lets everybody of the house read whose role counts, and nobody of
// a supplier.
func (d *Desk) houseReader(ctx context.Context, actor Actor) (recovery.Staff, error) {
	s, err := d.reader(ctx, actor, recovery.Roles...)
	if err != nil {
		return s, err
	}
	return s, s.InHouse()
}
