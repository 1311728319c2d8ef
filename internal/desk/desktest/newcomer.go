package desktest

import (
	"context"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Newcomer puts the account of a person into the directory who starts today: two
// private mail addresses, the manager, nothing to sign in with; mutate may change it.
func (h *House) Newcomer(id, manager string, mutate ...func(*recovery.Account)) recovery.Account {
	h.TB.Helper()
	now := h.Clock.Now()
	a := recovery.Account{ID: id, Person: id, Name: "Name of " + id, Department: "Sales", Manager: manager, Population: recovery.Standard, Created: now, StartsOn: now / recovery.Day * recovery.Day}
	for _, m := range mutate {
		m(&a)
	}
	h.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SavePerson(ctx, recovery.Person{ID: id, Name: a.Name, Email: id + "@one.example", Manager: manager, FirstSeen: now}); err != nil {
			return err
		}
		if err := tx.SaveAccount(ctx, a); err != nil {
			return err
		}
		for i, v := range []string{id + "@one.example", id + "@two.example"} {
			if err := tx.AddAddress(ctx, recovery.Address{ID: id + "-mail-" + string(rune('1'+i)), Account: id, Kind: recovery.Mail, Value: v, FirstSeen: now}); err != nil {
				return err
			}
		}
		return nil
	})
	return a
}

// First is a filled-in "New ticket" form of a first enrolment.
func First(account string) desk.NewTicket {
	return desk.NewTicket{Account: account, Event: recovery.FirstEnrolment, Intake: recovery.OnSite, Reason: "First day of work"}
}
