package desk

import (
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// nextDues keeps the next deadline of every ticket that the act recorded
// something about: no act has to think of it, because none can be silent.
func (c *Change) nextDues(ctx context.Context) error {
	for id := range c.tickets {
		if err := c.nextDue(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (c *Change) nextDue(ctx context.Context, id string) error {
	t, err := c.Tx.Ticket(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	proofs, err := c.Tx.Evidence(ctx, id)
	if err != nil {
		return err
	}
	ends, err := c.Tx.CodeEnds(ctx, id)
	if err != nil {
		return err
	}
	at, what := recovery.NextDue(t, c.Rules.Fresh, proofs, ends, c.Now)
	if at == t.Next && what == t.NextWhat {
		return nil
	}
	return c.Tx.SaveNext(ctx, id, at, what)
}
