package desk

import (
	"context"

	"countersign/internal/recovery"
)

// HoldTicket lets a ticket wait for a while (life, µs), at most as long after its
// opening as it could be parked: the caller has to fetch
// something, a colleague has to be asked. No proof is taken meanwhile; the claim,
// the codes and the proofs keep their own clocks. The holder is told. At the end
// the ticket expires unless it was resumed. Refused: any state but proofing, a
// missing reason, an end that is over.
func (d *Desk) HoldTicket(ctx context.Context, actor Actor, reference, reason string, life int64) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if reason, err = recovery.CheckText("reason", reason); err != nil {
			return err
		}
		until := min(c.Now+life, c.Rules.Fresh.Parked.After(t.Opened))
		if err := recovery.MayHold(t, until, c.Now); err != nil {
			return err
		}
		next := t
		next.State, next.Due, next.DueWhat = recovery.Held, until, recovery.DueHold
		if err := c.move(ctx, t, next); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.TicketHeld, Ticket: t.ID, Account: t.Account, Detail: reason, Until: until,
			Data: map[string]string{"until": recovery.UTC(until)}})
	})
}

// ResumeTicket goes on with a ticket that is on hold. What was proved counts as
// long as it always did. Refused: a ticket that is not on hold, one whose hold
// is over, and one that is parked.
func (d *Desk) ResumeTicket(ctx context.Context, actor Actor, reference string) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if t.Parked() {
			return recovery.Refuse("parked", "This ticket is parked until "+recovery.UTC(t.Due)+".",
				"The holder goes on with it in the browser that holds it, by the continuation code. Who does not have it starts over: release the claim.")
		}
		if t.State != recovery.Held || c.Now >= t.Due {
			return recovery.Refuse("not-on-hold", "This ticket is not on hold.", "Reload the ticket to see where it stands.")
		}
		next := t
		next.State, next.Due, next.DueWhat = recovery.Proofing, c.Rules.Fresh.Proof.After(c.Now), dueProofing
		if err := c.move(ctx, t, next); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.TicketResumed, Ticket: t.ID, Account: t.Account})
	})
}
