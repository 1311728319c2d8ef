package desk

import (
	"context"

	"countersign/internal/recovery"
)

// AddSignal records what a caller knew when asked. Whoever decides sees it; no
// rule ever looks at it. Refused: who may not work the ticket, a ticket that is
// not proofed, a form that is not filled in.
func (d *Desk) AddSignal(ctx context.Context, actor Actor, reference string, in recovery.Signal) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if err := recovery.MaySignal(t); err != nil {
			return err
		}
		if err := in.Check(); err != nil {
			return err
		}
		in.ID, in.Ticket, in.Run, in.Person, in.At = d.newID(), t.ID, t.Run, actor.Person, c.Now
		if err := c.Tx.AddSignal(ctx, in); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.SignalAdded, Ticket: t.ID, Account: t.Account, Object: in.ID, Detail: in.Note,
			Data: map[string]string{"topic": in.Topic, "knew": string(in.Knew)}})
	})
}
