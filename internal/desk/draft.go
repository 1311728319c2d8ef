package desk

import (
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Kept is the answer to a draft: when it was saved, and whether somebody else
// took the ticket over while it was typed.
type Kept struct {
	At   int64
	Lost LostLease
}

// LostLease says who took a ticket over from the reader, and when. The zero
// value says that nobody did.
type LostLease struct {
	Name string
	At   int64
}

// SaveDraft keeps an unfinished note: one a person and ticket, forgotten a day
// after the last word or when the note is kept. It is a scratch row that only its
// author reads again, and it renews the author's own lease: typing is work.
// Refused: who may not write notes, a ticket at rest, text that is too long.
func (d *Desk) SaveDraft(ctx context.Context, actor Actor, reference, text string) (Kept, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent, recovery.Approver, recovery.Reviewer)
	if err != nil {
		return Kept{}, err
	}
	v := d.view()
	t, err := v.TicketByReference(ctx, reference)
	if err == nil {
		err = inScope(ctx, v, staff, t.Account)
	}
	if err != nil {
		return Kept{}, d.report(err)
	}
	if t.State.Resting() {
		return Kept{}, recovery.Refuse("wrong-state", "The ticket is "+t.State.Words()+", so no draft is kept.", "Keep the note itself.")
	}
	if err := recovery.FitText("note", text, recovery.TextMax); err != nil {
		return Kept{}, err
	}
	k := Kept{}
	err = d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
		k.At = s.Now()
		return s.SaveDraft(ctx, staff.Person.ID, t.ID, text)
	})
	if err == nil {
		k.Lost, err = lostLease(ctx, v, t, staff.Person.ID, d.now())
	}
	return k, d.report(err)
}

// lostLease finds who took the ticket over from a person who does not have it
// back since.
func lostLease(ctx context.Context, v store.View, t recovery.Ticket, person string, now int64) (LostLease, error) {
	if person == t.Lease.Person || !t.Lease.Live(now) {
		return LostLease{}, nil
	}
	rows, err := v.LedgerEntries(ctx, store.LedgerFilter{Ticket: t.ID, Kind: string(recovery.LeaseTaken), Limit: 1})
	if err != nil || len(rows) == 0 || rows[0].Entry.Data["from"] != person {
		return LostLease{}, err
	}
	name, err := nameOf(ctx, v, t.Lease.Person)
	return LostLease{Name: name, At: rows[0].Entry.At}, err
}

// fillDrafts reads the reader's unfinished note and who else is typing one, and
// renews the lease by what its holder types.
func (p *TicketPage) fillDrafts(ctx context.Context, v store.View, reader string, now int64) error {
	drafts, err := v.Drafts(ctx, p.Ticket.ID)
	if err != nil {
		return err
	}
	for _, x := range drafts {
		if x.Person == p.Ticket.Lease.Person {
			p.Ticket.Lease = p.Ticket.Lease.Renewed(x.At)
		}
		switch {
		case x.Person == reader:
			p.Draft = x
		case x.Text != "" && now-x.At < recovery.LeaseLife:
			name, err := nameOf(ctx, v, x.Person)
			if err != nil {
				return err
			}
			p.Typing = append(p.Typing, name)
		}
	}
	p.Lost, err = lostLease(ctx, v, p.Ticket, reader, now)
	return err
}

// renewed is the lease of a ticket, as far as its holder is typing.
func renewed(ctx context.Context, v store.View, t recovery.Ticket) (recovery.Lease, error) {
	drafts, err := v.Drafts(ctx, t.ID)
	l := t.Lease
	for _, x := range drafts {
		if x.Person == l.Person {
			l = l.Renewed(x.At)
		}
	}
	return l, err
}

// errLeased refuses an act on a ticket that somebody else works.
func (c *Change) errLeased(ctx context.Context, t recovery.Ticket) error {
	l, err := renewed(ctx, c.Tx.View, t)
	if err != nil {
		return err
	}
	p, err := c.Tx.Person(ctx, l.Person)
	if errors.Is(err, store.ErrNotFound) {
		p, err = recovery.Person{Name: l.Person}, nil
	}
	if err != nil {
		return err
	}
	return recovery.Refuse("leased", p.Name+" is working on this ticket until "+recovery.UTC(l.Until)+".",
		"Take the ticket over if that is agreed, or wait.")
}
