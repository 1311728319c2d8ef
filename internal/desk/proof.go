package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"slices"

	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// open refuses every step but the one that is open, and gives the ticket's
// workflow and records. It is asked by every act that proves something.
func (c *Change) open(ctx context.Context, t recovery.Ticket, id recovery.StepID) ([]recovery.Evidence, error) {
	all, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	return all, mayProve(t, all, id)
}

func mayProve(t recovery.Ticket, all []recovery.Evidence, id recovery.StepID) error {
	w, ok := recovery.WorkflowOf(t.WorkflowVersion)
	if !ok || t.Self() {
		return recovery.Refuse("wrong-state", "This ticket has no steps at the desk.", "The holder goes on with it on the recovery page.")
	}
	return recovery.MayProve(t, w, all, id)
}

// SendCode mails the code of step 1 to one of the account's usable addresses.
// Refused: a step that is not open, a ticket nobody holds, an address that may
// carry no proof or is needed for the last one, a fourth code within an hour.
func (d *Desk) SendCode(ctx context.Context, actor Actor, reference, address string) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		proofs, err := c.open(ctx, t, recovery.StepMailCode)
		if err != nil {
			return err
		}
		if err := c.held(ctx, t); err != nil {
			return err
		}
		addresses, err := c.Tx.Addresses(ctx, t.Account)
		if err != nil {
			return err
		}
		usable := recovery.Usable(addresses, t.Facts, d.Settings.AccountMail, c.Now)
		if err := recovery.MayCarry(address, usable, proofs); err != nil {
			return err
		}
		a := usable[slices.IndexFunc(usable, func(a recovery.Address) bool { return a.ID == address })]
		if err := c.issueCode(ctx, t, recovery.StepMailCode, a); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.CodeSent, Ticket: t.ID, Account: t.Account,
			Data: map[string]string{"step": string(recovery.StepMailCode), "address": address}})
	})
}

// EnterCode takes the digits that the holder typed in the claimed browser. Five
// wrong entries fail the run, whatever codes were sent between.
func (d *Desk) EnterCode(ctx context.Context, actor Actor, secret, digits string) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.claimed(ctx, secret)
		if err != nil {
			return err
		}
		if _, err := c.open(ctx, t, recovery.StepMailCode); err != nil {
			return err
		}
		channel, err := c.takeIssued(ctx, t, recovery.StepMailCode, digits, overFor(t, recovery.StepMailCode))
		if err != nil {
			return err
		}
		return c.passed(ctx, t, recovery.Evidence{Step: recovery.StepMailCode, Channel: channel})
	})
}

// EnterPassword takes the password that the holder typed in the claimed
// browser. It is compared only while its step is open, so no stranger can buy
// server time. Five wrong entries fail the run.
func (d *Desk) EnterPassword(ctx context.Context, actor Actor, secret, password string) error {
	if password == "" || len(password) > 4*recovery.PasswordMax {
		return recovery.Refuse("password-missing", "Enter your password.", "This did not count as a try.").On("password")
	}
	factor, looked, right, err := d.checkPassword(ctx, secret, password)
	if err != nil {
		return err
	}
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.claimed(ctx, secret)
		if err != nil {
			return err
		}
		if _, err := c.open(ctx, t, recovery.StepPassword); err != nil {
			return err
		}
		now, err := passwordOf(ctx, c.Tx.View, t.Account)
		if err != nil {
			return err
		}
		if !looked || now.ID != factor.ID || now.Secret != factor.Secret {
			return store.ErrConflict // the step opened, or the password was replaced, while we compared
		}
		if !right {
			return c.wrongEntry(ctx, t, recovery.StepPassword, recovery.WrongPassword, overFor(t, recovery.StepPassword))
		}
		return c.passed(ctx, t, recovery.Evidence{Step: recovery.StepPassword, Channel: factor.ID})
	})
}

// checkPassword is the slow beat: it decides nothing. While the step is not
// open it does not look at the password; the change then refuses.
func (d *Desk) checkPassword(ctx context.Context, secret, password string) (f recovery.Factor, looked, right bool, _ error) {
	v := d.view()
	t, seen, err := claimOf(ctx, v, secret)
	if err != nil {
		return f, false, false, d.report(err)
	}
	if f, err = passwordOf(ctx, v, t.Account); err != nil {
		return f, false, false, d.report(err)
	}
	proofs, err := v.Evidence(ctx, t.ID)
	if err != nil {
		return f, false, false, d.report(err)
	}
	if recovery.MayType(t, seen, d.now()) != nil || mayProve(t, proofs, recovery.StepPassword) != nil {
		return f, false, false, nil
	}
	err = d.Directory.CheckPassword(ctx, f.Secret, password)
	if errors.Is(err, directory.ErrPassword) {
		return f, true, false, nil
	}
	return f, true, err == nil, d.report(err)
}

// passwordOf reads the live password, an empty one when there is none.
func passwordOf(ctx context.Context, v store.View, account string) (recovery.Factor, error) {
	f, err := v.PasswordOf(ctx, account)
	if errors.Is(err, store.ErrNotFound) {
		return recovery.Factor{}, nil
	}
	return f, err
}

// overFor ends the run when the last try of a step is used up.
func overFor(t recovery.Ticket, id recovery.StepID) step {
	return func(ctx context.Context, c *Change) error {
		return c.failRun(ctx, t, recovery.Evidence{Step: id}, "tries")
	}
}

// passed writes a proof and opens the next step.
func (c *Change) passed(ctx context.Context, t recovery.Ticket, e recovery.Evidence) error {
	e.Result = recovery.Passed
	before, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	if err := c.addEvidence(ctx, t, &e); err != nil {
		return err
	}
	if err := c.firstProof(ctx, t, before); err != nil {
		return err
	}
	w, _ := recovery.WorkflowOf(t.WorkflowVersion)
	if next, _, done := w.Current(t.Run, append(before, e)); !done && next.ID == recovery.StepVideo {
		if err := c.drawCue(ctx, t); err != nil {
			return err
		}
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ProofPassed, Ticket: t.ID, Account: t.Account, Object: e.ID,
		Data: map[string]string{"step": string(e.Step), "group": string(e.Group), "channel": e.Channel}})
}

// firstProof lets go what waited for it: opening notices that were held back
// (R26). From here the run has as long as this proof counts.
func (c *Change) firstProof(ctx context.Context, t recovery.Ticket, before []recovery.Evidence) error {
	if slices.ContainsFunc(before, func(e recovery.Evidence) bool { return e.Run == t.Run && e.Result == recovery.Passed && e.Void == 0 }) {
		return nil
	}
	longer := t
	longer.Due = c.Now + recovery.ProofFresh
	if err := c.Tx.SaveTicket(ctx, t, longer); err != nil {
		return err
	}
	notices, err := c.Tx.NoticesOf(ctx, t.ID)
	if err != nil {
		return err
	}
	for _, n := range notices {
		if n.Held == 0 {
			continue
		}
		if err := c.Tx.ReleaseNotice(ctx, n.ID); err != nil {
			return err
		}
		if err := c.Tx.ReleaseHeldMail(ctx, n.ID); err != nil {
			return err
		}
	}
	return nil
}

// addEvidence writes what was recorded for a step of the ticket's run.
func (c *Change) addEvidence(ctx context.Context, t recovery.Ticket, e *recovery.Evidence) error {
	e.ID, e.Ticket, e.Run, e.At = c.desk.newID(), t.ID, t.Run, c.Now
	w, _ := recovery.WorkflowOf(t.WorkflowVersion)
	for _, s := range w.Steps {
		if s.ID == e.Step {
			e.Group = s.Group
		}
	}
	return c.Tx.AddEvidence(ctx, *e)
}

// failRun ends a run whose proof failed; the record stays and the next agent sees it.
func (c *Change) failRun(ctx context.Context, t recovery.Ticket, e recovery.Evidence, why string) error {
	e.Result = recovery.NotMatch
	if err := c.addEvidence(ctx, t, &e); err != nil {
		return err
	}
	if err := c.end(ctx, t, recovery.Failed, string(e.Step)+":"+why); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.RunFailed, Ticket: t.ID, Account: t.Account, Object: e.ID,
		Data: map[string]string{"step": string(e.Step), "why": why}, Detail: e.Note, What: []string{"Nothing was changed. Your account is as it was."}})
}

// countNotPossible counts a step that an agent called not possible: a lead sees
// who does so often (R13).
func (c *Change) countNotPossible(ctx context.Context, person string) error {
	return c.Tx.Count(ctx, notPossibleOf(person), 1)
}

func notPossibleOf(person string) string { return "not-possible." + person }

// drawCue draws what the person on the video is asked to do, once a run, when
// the step opens: a recording made before does not fit (SP 800-63A-4 §3.14).
func (c *Change) drawCue(ctx context.Context, t recovery.Ticket) error {
	n, err := rand.Int(c.desk.Rand, big.NewInt(int64(len(recovery.Cues))))
	if err != nil {
		return err
	}
	return c.Tx.AddCue(ctx, t.ID, t.Run, recovery.Cues[n.Int64()])
}

// RecordVideo takes what the agent saw. A match is a proof, no match fails the
// run, not possible withdraws the ticket: the in-person desk is the policy's
// only other way, so the workflow cannot be shortened (R13).
func (d *Desk) RecordVideo(ctx context.Context, actor Actor, reference string, in recovery.Video) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if _, err := c.open(ctx, t, recovery.StepVideo); err != nil {
			return err
		}
		if err := c.held(ctx, t); err != nil {
			return err
		}
		if err := in.Check(); err != nil {
			return err
		}
		cue, err := c.Tx.Cue(ctx, t.ID, t.Run)
		if err != nil {
			return err
		}
		e := recovery.Evidence{Step: recovery.StepVideo, Channel: "video", By: actor.Person, Record: in.Record, Cue: cue, Note: in.Note}
		switch in.Outcome {
		case recovery.NoMatch:
			return c.failRun(ctx, t, e, recovery.NoMatch)
		case recovery.NoVideo:
			e.Result = recovery.NotPossible
			if err := c.addEvidence(ctx, t, &e); err != nil {
				return err
			}
			if err := c.countNotPossible(ctx, actor.Person); err != nil {
				return err
			}
			return c.withdraw(ctx, t, recovery.NoVideo, in.Note)
		}
		return c.passed(ctx, t, e)
	})
}
