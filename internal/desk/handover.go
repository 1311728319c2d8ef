package desk

import (
	"context"
	"slices"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Colleague is an agent who could get a ticket.
type Colleague struct{ ID, Name string }

// Colleagues lists the agents to whom the reader may hand a ticket over: those
// whose role counts and whom nothing in the ticket bars.
func (d *Desk) Colleagues(ctx context.Context, actor Actor, reference string) ([]Colleague, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent)
	if err != nil {
		return nil, err
	}
	v := d.view()
	t, err := v.TicketByReference(ctx, reference)
	if err == nil {
		err = inScope(ctx, v, staff, t.Account)
	}
	if err != nil {
		return nil, d.report(err)
	}
	parts, err := d.partsOf(ctx, v, t, d.now())
	if err != nil {
		return nil, d.report(err)
	}
	ids, err := v.CountingStaff(ctx, recovery.Agent, d.now())
	if err != nil {
		return nil, d.report(err)
	}
	var out []Colleague
	for _, id := range ids {
		if id == staff.Person.ID || recovery.MayWork(id, parts) != nil {
			continue
		}
		sees, err := seesTicket(ctx, v, id, t)
		if err != nil {
			return nil, d.report(err)
		}
		if !sees {
			continue
		}
		name, err := nameOf(ctx, v, id)
		if err != nil {
			return nil, d.report(err)
		}
		out = append(out, Colleague{id, name})
	}
	return out, nil
}

// seesTicket says whether a ticket is inside what a member of staff may see.
func seesTicket(ctx context.Context, v store.View, person string, t recovery.Ticket) (bool, error) {
	s, err := v.Staff(ctx, person)
	if err != nil {
		return false, err
	}
	if err = inScope(ctx, v, s, t.Account); missing(err) {
		return false, nil
	}
	return err == nil, err
}

// HandOver gives a ticket to another agent of the desk, or with to "" back to the
// queue. The note says where it stands and is kept on the ticket; the receiver
// becomes a part of it and is told. Refused: a ticket at rest or opened by the
// holder, one that somebody else works, a missing note, a receiver who is no
// agent or may not work it.
func (d *Desk) HandOver(ctx context.Context, actor Actor, reference, to, note string) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if note, err = recovery.CheckText("note", note); err != nil {
			return err
		}
		if t.Self() || t.State.Resting() {
			return recovery.Refuse("wrong-state", "No agent works on this ticket, so there is nothing to hand over.", "Reload the ticket to see where it stands.")
		}
		if err := c.receives(ctx, t, to); err != nil {
			return err
		}
		n := store.Note{ID: c.desk.newID(), Ticket: t.ID, Person: actor.Person, At: c.Now, Text: note}
		if err := c.Tx.AddNote(ctx, n); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.TicketHanded, Ticket: t.ID, Account: t.Account, Object: to, Detail: note,
			Data: map[string]string{"to": to, "note": n.ID}, What: []string{"Ticket " + t.Reference}})
	})
}

// receives gives the lease to the receiver, who is a part of the ticket from here on.
func (c *Change) receives(ctx context.Context, t recovery.Ticket, to string) error {
	from := c.Actor.Person
	if to == "" {
		return c.Tx.TakeLease(ctx, t.ID, from, "", 0)
	}
	agents, err := c.Tx.CountingStaff(ctx, recovery.Agent, c.Now)
	if err != nil {
		return err
	}
	if to == from || !slices.Contains(agents, to) {
		return recovery.Refuse("no-colleague", "This person is no other agent of the desk.", "Choose somebody from the list.").On("to")
	}
	parts, err := c.parts(ctx, t)
	if err != nil {
		return err
	}
	sees, err := seesTicket(ctx, c.Tx.View, to, t)
	if err != nil {
		return err
	}
	if !sees || recovery.MayWork(to, parts) != nil {
		return recovery.Refuse("colleague-barred", "This person has another part in the ticket and cannot work on it.", "Choose somebody from the list.").On("to")
	}
	if err := c.Tx.TakeLease(ctx, t.ID, from, to, c.Now+recovery.LeaseLife); err != nil {
		return err
	}
	_, err = c.joins(ctx, t, to)
	return err
}
