package desk

import (
	"cmp"
	"context"
	"slices"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// openStep refuses every step and method but an open one, and gives the ticket's
// records. Each act that proves something asks it.
func (c *Change) openStep(ctx context.Context, t recovery.Ticket, step recovery.StepID, method recovery.Method) ([]recovery.Evidence, error) {
	all, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	w, err := c.steps(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := recovery.MayProve(t, w, all, step, method); err != nil {
		return nil, err
	}
	channels, err := c.desk.channels(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return nil, err
	}
	channels = recovery.ForStep(step, channels, all)
	if why := recovery.Unreachable(method, channels); why != "" {
		return nil, recovery.Refuse("channel-struck", why, "Choose another of the ways that are offered.").On("method")
	}
	return all, nil
}

// steps is the workflow of a ticket that is proofed at the desk.
func (c *Change) steps(ctx context.Context, t recovery.Ticket) (recovery.Workflow, error) {
	if t.Self() {
		return recovery.Workflow{}, recovery.Refuse("wrong-state", "This ticket has no steps at the desk.", "The holder goes on with it on the recovery page.")
	}
	return c.desk.flow(ctx, c.Tx.View, t)
}

// proofing is what the proofs of a ticket are measured by now.
type proofing struct {
	flow   recovery.Workflow
	policy recovery.Policy
	ruling recovery.Ruling
}

func (d *Desk) proofing(ctx context.Context, v store.View, t recovery.Ticket, now int64) (p proofing, err error) {
	if p.flow, err = d.flow(ctx, v, t); err != nil {
		return p, err
	}
	r, err := d.rulesFor(ctx, v, t, now)
	if err != nil {
		return p, err
	}
	p.policy = r.Policy
	p.ruling, err = d.ruling(ctx, v, t, now)
	return p, err
}

// passed writes a proof and opens the next step.
func (c *Change) passed(ctx context.Context, t recovery.Ticket, e recovery.Evidence) error {
	e.Result = recovery.Passed
	before, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	if err := recovery.MayComeAgain(e, before); err != nil {
		return err
	}
	if err := c.addEvidence(ctx, t, &e); err != nil {
		return err
	}
	if err := c.firstProof(ctx, t, before); err != nil {
		return err
	}
	if err := c.Tx.VoidIssued(ctx, t.ID, ""); err != nil { // a code that waits belongs to the step that is over
		return err
	}
	if err := c.opens(ctx, t, append(before, e)); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ProofPassed, Ticket: t.ID, Account: t.Account, Object: e.ID,
		Data: map[string]string{"step": string(e.Step), "method": string(e.Method), "group": string(e.Group), "channel": e.Channel}})
}

// opens makes ready what the open step of a run needs: the cue of a video.
func (c *Change) opens(ctx context.Context, t recovery.Ticket, all []recovery.Evidence) error {
	w, err := c.desk.flow(ctx, c.Tx.View, t)
	if err != nil {
		return err
	}
	next, _, done := w.Current(t.Run, all)
	if done || !next.By(recovery.ByVideo) && !next.By(recovery.ByVideoDocument) {
		return nil
	}
	return c.drawCue(ctx, t)
}

// firstProof lets go what waited for it: opening notices that were held back
// (R26). From here the run has as long as this proof counts.
func (c *Change) firstProof(ctx context.Context, t recovery.Ticket, before []recovery.Evidence) error {
	if slices.ContainsFunc(before, func(e recovery.Evidence) bool { return e.Run == t.Run && e.Result == recovery.Passed && e.Void == 0 }) {
		return nil
	}
	longer := t
	longer.Due = c.Rules.Fresh.Proof.After(c.Now)
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
	e.ID, e.Ticket, e.Run, e.At, e.Group = c.desk.newID(), t.ID, t.Run, c.Now, e.Method.Group()
	return c.Tx.AddEvidence(ctx, *e)
}

// failRun ends a run whose proof failed; the record stays and the next agent sees it.
func (c *Change) failRun(ctx context.Context, t recovery.Ticket, e recovery.Evidence, why string) error {
	e.Result = recovery.NotMatch
	if err := c.addEvidence(ctx, t, &e); err != nil {
		return err
	}
	if e.Step == recovery.StepFresh {
		return c.lastFailed(ctx, t, e, why)
	}
	w, err := c.desk.flow(ctx, c.Tx.View, t)
	if err != nil {
		return err
	}
	s, _ := w.Step(e.Step)
	if err := c.end(ctx, t, recovery.Failed, cmp.Or(recovery.GuideOf(e.Method).Title, s.Title)+":"+why); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.RunFailed, Ticket: t.ID, Account: t.Account, Object: e.ID,
		Data: map[string]string{"step": string(e.Step), "method": string(e.Method), "why": why}, Detail: e.Note, What: []string{"Nothing was changed. Your account is as it was."}})
}

// countNotPossible counts a step that an agent called not possible: a lead sees
// who does so often (R13).
func (c *Change) countNotPossible(ctx context.Context, person string) error {
	return c.Tx.Count(ctx, notPossibleOf(person), 1)
}

func notPossibleOf(person string) string { return "not-possible." + person }

// overFor ends the run when the last try of a method is used up.
func overFor(t recovery.Ticket, id recovery.StepID, m recovery.Method) step {
	return func(ctx context.Context, c *Change) error {
		return c.failRun(ctx, t, recovery.Evidence{Step: id, Method: m}, "tries")
	}
}
