package desk

import (
	"context"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// AddNote writes plain text on a ticket. Anyone whose role works with tickets
// may; a note makes nobody a part of it.
func (d *Desk) AddNote(ctx context.Context, actor Actor, reference, words string) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		staff, err := c.staffer(ctx, recovery.Agent, recovery.Approver, recovery.Reviewer)
		if err != nil {
			return err
		}
		t, err := c.Tx.TicketByReference(ctx, reference)
		if err != nil {
			return err
		}
		if err := inScope(ctx, c.Tx.View, staff, t.Account); err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		if words, err = recovery.CheckText("note", words); err != nil {
			return err
		}
		n := store.Note{ID: c.desk.newID(), Ticket: t.ID, Person: staff.Person.ID, At: c.Now, Text: words}
		if err := c.Tx.AddNote(ctx, n); err != nil {
			return err
		}
		if err := c.Tx.DropDraft(ctx, staff.Person.ID, t.ID); err != nil {
			return err
		}
		if err := c.Tx.RenewLease(ctx, t.ID, staff.Person.ID, c.Now+recovery.LeaseLife); err != nil {
			return err
		}
		c.at("/tickets/" + t.Reference + "#notes")
		return c.record(ctx, recovery.Event{Kind: recovery.TicketNoted, Ticket: t.ID, Account: t.Account, Object: n.ID, Detail: words})
	})
}

// letterNotice is the notice that a letter task prints.
var letterNotice = map[string]recovery.Notice{
	recovery.LetterOpening:     recovery.NoticeOpened,
	recovery.LetterCompletion:  recovery.NoticeCompleted,
	recovery.LetterUndelivered: recovery.NoticeOpened,
	recovery.LetterInHand:      recovery.NoticeOpened,
}

// TickLetter notes that a letter was posted, or handed over: name and date (R26).
// Handing over the opening notice lets the recovery go on; it is refused (not-seen)
// until somebody compared the holder on site.
func (d *Desk) TickLetter(ctx context.Context, actor Actor, reference, id string) error {
	return d.change(ctx, actor, recovery.LetterRefused, nil, func(ctx context.Context, c *Change) error {
		staff, err := c.staffer(ctx, recovery.Agent, recovery.Reviewer)
		if err != nil {
			return err
		}
		t, l, err := letterOn(ctx, c.Tx.View, reference, id)
		if err != nil {
			return err
		}
		if err := inScope(ctx, c.Tx.View, staff, t.Account); err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		if staff.Person.ID == t.Holder {
			return recovery.Refuse("own-account", "You cannot tick off a letter to yourself.", "Another person posts it.")
		}
		if l.Done != 0 {
			return recovery.Refuse("letter-done", "This letter was ticked off at "+recovery.UTC(l.Done)+".", "Reload the ticket.")
		}
		if l.Kind == recovery.LetterInHand {
			if err := c.handedOver(ctx, t); err != nil {
				return err
			}
		}
		if err := c.Tx.TickLetter(ctx, id, staff.Person.ID); err != nil {
			return err
		}
		c.at("/tickets/" + t.Reference + "#letters")
		return c.record(ctx, recovery.Event{Kind: recovery.LetterDone, Ticket: t.ID, Account: t.Account, Object: id, Data: map[string]string{"kind": l.Kind}})
	})
}

// LetterSheet is the text of a letter task, to print and post. It holds no code
// and no link: staff print it (R22).
func (d *Desk) LetterSheet(ctx context.Context, actor Actor, reference, id string) (string, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent, recovery.Reviewer)
	if err != nil {
		return "", err
	}
	v := d.view()
	t, l, err := letterOn(ctx, v, reference, id)
	if err == nil {
		err = inScope(ctx, v, staff, t.Account)
	}
	if err != nil {
		return "", d.report(err)
	}
	account, err := v.Account(ctx, t.Account)
	if err != nil {
		return "", d.report(err)
	}
	out, err := d.letterText(t, l, account)
	return out, d.report(err)
}

// letterOn reads a letter task of this very ticket, not of another one (class B23).
func letterOn(ctx context.Context, v store.View, reference, id string) (recovery.Ticket, recovery.Letter, error) {
	t, err := v.TicketByReference(ctx, reference)
	if err != nil {
		return t, recovery.Letter{}, err
	}
	l, err := v.Letter(ctx, id)
	if err == nil && l.Ticket != t.ID {
		err = store.ErrNotFound
	}
	return t, l, err
}
