package desk

import (
	"context"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// StartRecovery opens the recovery session of a complete pair, once, in the
// browser that gave it, as soon as the opening notice was accepted at an
// independent address (R26). The session can enrol a new passkey and nothing
// else (R10); its 30 minutes begin here. It answers the session's secret; the
// same form again gets the same one. Refusals: attempt-over, notice-pending, and those of PairProved.
func (d *Desk) StartRecovery(ctx context.Context, actor Actor, secret string) (token string, err error) {
	token = codes.DeriveToken(d.Keys.Pepper, RecoverySession, secret)
	err = d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		a, t, err := attemptOf(ctx, c.Tx.View, secret)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		if err := c.obeys(ctx, t); err != nil {
			return err
		}
		if runs, err := c.runs(ctx, t, token); runs || err != nil {
			return err
		}
		if err := a.MayStart(t, c.Now); err != nil {
			return err
		}
		proofs, err := c.Tx.Evidence(ctx, t.ID)
		if err != nil {
			return err
		}
		w, err := d.workflow(ctx, c.Tx.View, t.WorkflowVersion)
		if err != nil {
			return err
		}
		if err := recovery.PairProved(t, w, proofs, c.Rules.Fresh, a.Proved); err != nil {
			return err
		}
		if err := c.stillSelf(ctx, t); err != nil {
			return err
		}
		if err := c.mailboxStands(ctx, t, proofs); err != nil {
			return err
		}
		if err := c.Tx.SpendAttempt(ctx, a.ID); err != nil {
			return err
		}
		return c.openRecovery(ctx, t, token)
	})
	return ifDone(token, err)
}

// mailboxStands refuses a pair whose mailbox was struck off since its code was typed.
func (c *Change) mailboxStands(ctx context.Context, t recovery.Ticket, proofs []recovery.Evidence) error {
	for _, e := range proofs {
		if e.Method != recovery.ByMailCode {
			continue
		}
		if err := c.stillUsable(ctx, t, e.Method, e.Channel); err != nil {
			return err
		}
	}
	return nil
}

// ifDone gives a secret away only when the act was done.
func ifDone(token string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return token, nil
}

// runs says whether the recovery session of a secret is open already: the first
// answer may never have arrived.
func (c *Change) runs(ctx context.Context, t recovery.Ticket, token string) (bool, error) {
	s, err := c.Tx.SessionByToken(ctx, codes.HashToken("session", token))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	live := s.Kind == RecoverySession && s.Ticket == t.ID && s.Ended == 0 && c.Now < s.Ends
	return live && recovery.MayEnrol(t, c.Now) == nil, err
}

// openRecovery starts the recovery session of a ticket; its end is the ticket's.
func (c *Change) openRecovery(ctx context.Context, t recovery.Ticket, token string) error {
	life, err := c.desk.session(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return err
	}
	s, err := c.startSessionAs(ctx, token, store.Session{Kind: RecoverySession, Account: t.Account, Ticket: t.ID}, life.Micros)
	if err != nil {
		return err
	}
	next := t
	next.Due, next.DueWhat = s.Ends, dueEnrol
	if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
		return err
	}
	c.at("/recover/enrol")
	if err := c.record(ctx, recovery.Event{Kind: recovery.OpenedKind(t), Ticket: t.ID, Account: t.Account, Object: s.ID, Until: s.Ends}); err != nil {
		return err
	}
	return c.oweReEnrolment(ctx, next)
}

// CollectingLapse ends the time of a holder who did not come (R7). After an
// executed reset the account stays locked and the ticket says so; a self-service
// ticket changed nothing and has expired. A Pass that was used is over, and its
// ticket waits for the new sign-in method. Any other ticket is left alone.
func (d *Desk) CollectingLapse(ctx context.Context, ticket string) error {
	return d.change(ctx, Actor{Kind: System}, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.Tx.Ticket(ctx, ticket)
		if err != nil || t.State != recovery.Collecting || t.Due == 0 || c.Now < t.Due {
			return err
		}
		c.concern(t.ID, t.Account)
		r, owed, err := openDuty(ctx, c.Tx.View, t.ID)
		switch {
		case err != nil:
			return err
		case owed && r.Missed(c.Now):
			return c.missed(ctx, r)
		case owed && t.Tier == recovery.Pass:
			return c.passOver(ctx, t, r)
		}
		return c.lapse(ctx, t, t.DueWhat)
	})
}

// lapse closes everything that could still enrol in a ticket.
func (c *Change) lapse(ctx context.Context, t recovery.Ticket, why string) error {
	to, err := c.lapseTo(ctx, t, why)
	if err != nil {
		return err
	}
	kind := recovery.RecoveryLapsed
	if to == recovery.Expired {
		kind = recovery.TicketExpired
	}
	return c.record(ctx, recovery.Event{Kind: kind, Ticket: t.ID, Account: t.Account, Data: map[string]string{"why": why}})
}

// lapseTo is lapse without its entry; it answers where the ticket went.
func (c *Change) lapseTo(ctx context.Context, t recovery.Ticket, why string) (recovery.State, error) {
	if err := c.closeRecovery(ctx, t, "lapsed"); err != nil {
		return "", err
	}
	to := recovery.LapsedTo(t)
	next := t
	next.State, next.Due, next.DueWhat, next.Outcome = to, 0, "", why
	next.Revision++
	looks, err := c.Tx.SecondLooks(ctx, t.ID)
	if err != nil {
		return "", err
	}
	if len(looks) > 0 && to == recovery.Lapsed { // nobody comes back, and somebody looks again all the same (S6)
		next.State, next.ReviewDue = recovery.InReview, recovery.SecondLookWithin.After(c.Now)
		next.Due, next.DueWhat = next.ReviewDue, "review"
	}
	return to, c.move(ctx, t, next)
}

// closeRecovery ends a ticket's attempt, its recovery sessions, its codes and the
// duty that nothing can meet any more.
func (c *Change) closeRecovery(ctx context.Context, t recovery.Ticket, why string) error {
	if err := c.Tx.EndReEnrolment(ctx, t.ID, why); err != nil {
		return err
	}
	return c.endAccess(ctx, t, why)
}

// endAccess ends what of a ticket could still be used.
func (c *Change) endAccess(ctx context.Context, t recovery.Ticket, why string) error {
	if err := c.Tx.EndAttempt(ctx, t.ID); err != nil {
		return err
	}
	if err := c.Tx.EndSessionsIn(ctx, t.ID, why); err != nil {
		return err
	}
	return c.Tx.VoidIssued(ctx, t.ID, "")
}
