package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"

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
		if err := c.Tx.SpendAttempt(ctx, a.ID); err != nil {
			return err
		}
		return c.openRecovery(ctx, t, token)
	})
	return ifDone(token, err)
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

// SendFreshCode sends the last proof of an executed reset to an address that
// carried no proof in this ticket, asked for in the claimed browser (R40).
// Refusals: no-claim, recovery-over, address-used, too many messages.
func (d *Desk) SendFreshCode(ctx context.Context, actor Actor, claim, address string) error {
	return d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		t, offered, err := c.collecting(ctx, claim)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(offered, func(a recovery.Address) bool { return a.ID == address })
		if i < 0 {
			return recovery.Refuse("address-used", "The last code goes to another of your addresses than the ones before.",
				"Choose one of the addresses that are offered.").On("address")
		}
		if err := c.issueCode(ctx, t, recovery.SlotFresh, offered[i]); err != nil {
			return err
		}
		c.at("/recover/ticket")
		return c.record(ctx, recovery.Event{Kind: recovery.CodeSent, Ticket: t.ID, Account: t.Account,
			Data: map[string]string{"step": string(recovery.StepFresh), "address": address}})
	})
}

// EnterFreshCode takes the last proof and opens the recovery session in the
// claimed browser. Five wrong entries end the holder's time: the account stays
// locked and the desk goes on. It answers the session's secret; the same code
// again in this browser gets the same one while the session runs.
func (d *Desk) EnterFreshCode(ctx context.Context, actor Actor, claim, typed string) (token string, err error) {
	if digits, err := codes.ParseIssued(typed); err == nil { // the change tells a typing mistake
		token = codes.DeriveToken(d.Keys.Pepper, RecoverySession, claim, digits)
	}
	err = d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		t, offered, err := c.collecting(ctx, claim)
		if t.DueWhat == dueEnrol {
			return c.enteredAgain(ctx, t, token, err)
		}
		if err != nil {
			return err
		}
		channel, err := c.takeIssued(ctx, t, recovery.SlotFresh, typed, func(ctx context.Context, c *Change) error { return c.lapse(ctx, t, "fresh-code-tries") })
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(offered, func(a recovery.Address) bool { return a.ID == channel }) {
			return recovery.Refuse("address-used", "This address can no longer be used for the last code.", "Ask for a code to another address.").On("address")
		}
		if err := c.Tx.AddEvidence(ctx, recovery.Evidence{ID: d.newID(), Ticket: t.ID, Run: t.Run, Step: recovery.StepFresh, Method: recovery.ByMailCode, Result: recovery.Passed,
			Group: recovery.GroupMailbox, Channel: channel, At: c.Now}); err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.ProofPassed, Ticket: t.ID, Account: t.Account, Data: map[string]string{"step": string(recovery.StepFresh)}}); err != nil {
			return err
		}
		return c.openRecovery(ctx, t, token)
	})
	return ifDone(token, err)
}

// enteredAgain is a last code that comes when the session is open: the right one
// opens it again, another one is refused and counted like any wrong entry.
func (c *Change) enteredAgain(ctx context.Context, t recovery.Ticket, token string, refusal error) error {
	n, err := c.Tx.Tries(ctx, t.ID, string(recovery.SlotFresh))
	if err != nil || token == "" {
		return cmp.Or(err, refusal)
	}
	rules, err := c.rulesFor(ctx, t)
	if err != nil || n >= rules.Tries(recovery.SlotFresh) {
		return cmp.Or(err, refusal)
	}
	if runs, err := c.runs(ctx, t, token); runs || err != nil {
		return err
	}
	c.stay(func(ctx context.Context, c *Change) error {
		_, err := c.Tx.CountTry(ctx, t.ID, string(recovery.SlotFresh))
		return err
	})
	var own *recovery.Refusal
	if !errors.As(refusal, &own) {
		return refusal
	}
	counted := *own
	counted.Matched = true // only the claimed browser gets here, and what is counted is on record
	return &counted
}

// collecting reads the executed ticket of a claimed browser and the addresses
// that may carry its last proof.
func (c *Change) collecting(ctx context.Context, claim string) (recovery.Ticket, []recovery.Address, error) {
	t, err := c.Tx.TicketByClaim(ctx, codes.HashToken("claim", claim))
	if errors.Is(err, store.ErrNotFound) || err == nil && t.Self() {
		return t, nil, recovery.NoClaim()
	}
	if err != nil {
		return t, nil, err
	}
	c.concern(t.ID, t.Account)
	if err := recovery.MayEnrol(t, c.Now); err != nil {
		return t, nil, err
	}
	if t.DueWhat == dueEnrol { // one session per execution
		return t, nil, recovery.Refuse("session-open", "The recovery is open in this browser already.", "Go on where you register your passkey.")
	}
	offered, err := c.desk.freshAddresses(ctx, c.Tx.View, t, c.Now)
	return t, offered, err
}

// freshAddresses are the addresses that may carry the last proof of a ticket.
func (d *Desk) freshAddresses(ctx context.Context, v store.View, t recovery.Ticket, now int64) ([]recovery.Address, error) {
	all, err := v.Addresses(ctx, t.Account)
	if err != nil {
		return nil, err
	}
	proofs, err := v.Evidence(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	around, err := d.around(ctx, v, t, now)
	return recovery.Unused(recovery.Usable(all, around), proofs), err
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
