package desk

import (
	"context"
	"strings"

	"countersign/internal/recovery"
)

// NoteAssistant records an interpreter or assistant of the holder on the ticket:
// name and role, for whoever reads the ticket later. The person decides nothing
// and proves nothing (R61). Refused: whoever may not work the ticket, a ticket
// that is over, a missing name or role, a sixth person.
func (d *Desk) NoteAssistant(ctx context.Context, actor Actor, reference, name string, role recovery.AssistantRole) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if t.State.Resting() {
			return recovery.MayMove(t.State, recovery.Proofing)
		}
		a := recovery.Assistant{ID: c.desk.newID(), Ticket: t.ID, Name: strings.TrimSpace(name), Role: role, By: actor.Person, At: c.Now}
		if err := a.Check(); err != nil {
			return err
		}
		all, err := c.Tx.Assistants(ctx, t.ID)
		if err != nil {
			return err
		}
		if len(all) >= recovery.AssistantsMax {
			return recovery.Refuse("assistants-enough", "Five people are noted on this ticket already.", "Write a note instead.").On("assistant")
		}
		if err := c.Tx.AddAssistant(ctx, a); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.AssistantNoted, Ticket: t.ID, Account: t.Account, Object: a.ID, Detail: a.Name,
			Data: map[string]string{"role": string(role)}})
	})
}
