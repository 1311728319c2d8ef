package desk

import (
	"context"
	"fmt"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// await lets an approved reset whose window was long wait for its holder: nothing
// is taken away while nobody is there to set up what replaces it. The holder is
// told until when. The job is finished.
func (c *Change) await(ctx context.Context, t recovery.Ticket, j store.Job) error {
	next := t
	next.Due, next.DueWhat = t.BackBy(c.Rules.Fresh, c.Now), recovery.DueReturn
	if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
		return err
	}
	if err := c.Tx.FinishJob(ctx, j); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ResetAwaits, Ticket: t.ID, Account: t.Account, Until: next.Due,
		Data: map[string]string{"until": recovery.UTC(next.Due)}})
}

// ComeBack lets an approved reset run that waits for its holder, who is back on the
// claimed page; it runs at once. Refused: any other browser, a ticket that waits
// for nobody, a window that is not over, and a wait that is.
func (d *Desk) ComeBack(ctx context.Context, actor Actor, claim string) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, _, err := claimOf(ctx, c.Tx.View, claim)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		if err := c.obeys(ctx, t); err != nil {
			return err
		}
		if err := recovery.MayComeBack(t, c.Rules.Fresh, c.Now); err != nil {
			return err
		}
		next := t
		next.CameBack, next.DueWhat = c.Now, dueExecution
		if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
			return err
		}
		if t.DueWhat == recovery.DueReturn { // otherwise the job of the window's end has still to run
			if err := c.queue(ctx, store.Job{Kind: JobExecute, Object: t.ID, Ticket: t.ID, Account: t.Account,
				Unique: fmt.Sprintf("%s:%s:%d:back", JobExecute, t.ID, t.Revision)}); err != nil {
				return err
			}
		}
		return c.record(ctx, recovery.Event{Kind: recovery.HolderCameBack, Ticket: t.ID, Account: t.Account})
	})
}

// waits is what a reset waits for once it is approved, in words; "" for the
// objection window alone.
func (d *Desk) waits(ctx context.Context, v store.View, t recovery.Ticket, now int64) (string, error) {
	rules, err := d.rulesFor(ctx, v, t, now)
	if err != nil {
		return "", err
	}
	ruling, err := d.ruling(ctx, v, t, now)
	return rules.Fresh.Waits(ruling.Way.Window), err
}
