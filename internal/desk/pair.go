package desk

import (
	"context"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// PresentPassword gives the second proof of the pair in the browser that
// presented the code. The password is hashed only for a live attempt: a stranger
// buys no server time. Five wrong ones end the attempt and fail the ticket; the
// code stays spent, the other codes live. A right one completes the pair; the
// session starts when the holder could be told (StartRecovery).
// Refusals: attempt-over, wrong-password.
func (d *Desk) PresentPassword(ctx context.Context, actor Actor, secret, password string) error {
	if password == "" || len(password) > 4*recovery.PasswordMax {
		return recovery.Refuse("password-missing", "Enter your password.", "This did not count as a try.").On("password")
	}
	a, t, err := attemptOf(ctx, d.view(), secret)
	if err == nil {
		err = a.MayTry(t, d.now())
	}
	if err != nil {
		return d.report(err)
	}
	factor, right, err := d.comparePassword(ctx, a.Account, password)
	if err != nil {
		return d.report(err)
	}
	return d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		a, t, err := attemptOf(ctx, c.Tx.View, secret)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		if err := c.obeys(ctx, t); err != nil {
			return err
		}
		if err := a.MayTry(t, c.Now); err != nil {
			return err
		}
		if err := c.samePassword(ctx, factor, t.Account); err != nil {
			return err
		}
		if !right {
			return c.wrongEntry(ctx, t, recovery.ByPassword.Slot(), func(ctx context.Context, c *Change) error { return c.failAttempt(ctx, t) })
		}
		return c.completePair(ctx, a, t, factor)
	})
}

// attemptOf finds the attempt of a browser's secret with its ticket.
func attemptOf(ctx context.Context, v store.View, secret string) (recovery.Attempt, recovery.Ticket, error) {
	secret, err := codes.ParseToken(secret)
	if err != nil {
		return recovery.Attempt{}, recovery.Ticket{}, recovery.NoAttempt()
	}
	a, err := v.AttemptBySecret(ctx, codes.HashToken("attempt", secret))
	if errors.Is(err, store.ErrNotFound) {
		return a, recovery.Ticket{}, recovery.NoAttempt()
	}
	if err != nil {
		return a, recovery.Ticket{}, err
	}
	t, err := v.Ticket(ctx, a.Ticket)
	return a, t, err
}

// comparePassword compares with the account's live password; an account without
// one costs as much and never matches.
func (d *Desk) comparePassword(ctx context.Context, account, password string) (f recovery.Factor, right bool, err error) {
	if f, err = passwordOf(ctx, d.view(), account); err != nil {
		return f, false, err
	}
	err = d.Directory.CheckPassword(ctx, f.Secret, password)
	if errors.Is(err, directory.ErrPassword) {
		return f, false, nil
	}
	return f, err == nil, err
}

// samePassword is the decision about what prepare compared: a password that was
// replaced meanwhile decides nothing.
func (c *Change) samePassword(ctx context.Context, checked recovery.Factor, account string) error {
	now, err := passwordOf(ctx, c.Tx.View, account)
	if err == nil && (now.ID != checked.ID || now.Secret != checked.Secret) {
		err = store.ErrConflict
	}
	return err
}

// failAttempt ends attempt and ticket after the last try.
func (c *Change) failAttempt(ctx context.Context, t recovery.Ticket) error {
	if err := c.Tx.EndAttempt(ctx, t.ID); err != nil {
		return err
	}
	if err := c.end(ctx, t, recovery.Failed, "password-tries"); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.RunFailed, Ticket: t.ID, Account: t.Account,
		Data: map[string]string{"step": string(recovery.ByPassword), "method": string(recovery.ByPassword), "why": "tries"}})
}

// completePair writes the second proof and lets the ticket wait for the notice.
func (c *Change) completePair(ctx context.Context, a recovery.Attempt, t recovery.Ticket, f recovery.Factor) error {
	proofs, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	w, err := c.desk.workflow(ctx, c.Tx.View, t.WorkflowVersion)
	if err != nil {
		return err
	}
	open, _, _ := w.Current(t.Run, proofs)
	if err := recovery.MayProve(t, w, proofs, open.ID, recovery.ByPassword); err != nil {
		return err
	}
	e := recovery.Evidence{Step: open.ID, Method: recovery.ByPassword, Result: recovery.Passed, Channel: f.ID}
	if err := c.addEvidence(ctx, t, &e); err != nil {
		return err
	}
	if err := recovery.PairProved(t, w, append(proofs, e), c.Rules.Fresh, c.Now); err != nil {
		return err
	}
	if err := c.Tx.ProveAttempt(ctx, a.ID); err != nil {
		return err
	}
	next := t
	next.State, next.Due, next.DueWhat = recovery.Collecting, c.Rules.Fresh.NoticeWait.After(c.Now), dueNotice
	if err := c.move(ctx, t, next); err != nil {
		return err
	}
	c.at("/recover/enrol")
	return c.record(ctx, recovery.Event{Kind: recovery.PairComplete, Ticket: t.ID, Account: t.Account})
}
