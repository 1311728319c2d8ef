package desk

import (
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// NotPossible records that a method of the open step cannot be done. It leads to
// another method of the step or, when none is left, to the workflow's other way
// of at least equal worth; where there is none the ticket ends and names the
// in-person desk. Refused: a step that is not open, a ticket nobody holds, a
// missing reason, and a method for which the directory has what it needs, before
// it was tried (R13).
func (d *Desk) NotPossible(ctx context.Context, actor Actor, reference string, id recovery.StepID, method recovery.Method, why string) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if err := c.held(ctx, t); err != nil {
			return err
		}
		return c.notPossible(ctx, t, id, method, why)
	})
}

// notPossible is NotPossible inside an act that found it out.
func (c *Change) notPossible(ctx context.Context, t recovery.Ticket, id recovery.StepID, method recovery.Method, why string) error {
	w, err := c.steps(ctx, t)
	if err != nil {
		return err
	}
	all, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	channels, err := c.desk.channels(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return err
	}
	tried, err := c.tried(ctx, t, id, method, all)
	if err != nil {
		return err
	}
	if err := recovery.MayCallImpossible(t, w, all, id, method, channels, tried); err != nil {
		return err
	}
	if why, err = recovery.CheckText("note", why); err != nil {
		return err
	}
	e := recovery.Evidence{Step: id, Method: method, Result: recovery.NotPossible, By: c.Actor.Person, Note: why}
	if err := c.addEvidence(ctx, t, &e); err != nil {
		return err
	}
	if err := c.Tx.VoidIssued(ctx, t.ID, method.Slot()); err != nil {
		return err
	}
	if err := c.countNotPossible(ctx, c.Actor.Person); err != nil {
		return err
	}
	if err := c.record(ctx, recovery.Event{Kind: recovery.ProofImpossible, Ticket: t.ID, Account: t.Account, Object: e.ID, Detail: why,
		Data: map[string]string{"step": string(id), "method": string(method)}}); err != nil {
		return err
	}
	s, _ := w.Step(id)
	if recovery.DeadEnd(recovery.Offers(s, t.Run, append(all, e), channels)) {
		return c.goOtherwise(ctx, t, w, append(all, e), channels, why)
	}
	return nil
}

// tried says whether a method was tried in this run, or no address is left to try it
// with: only then the directory's having what it needs does not speak against "not
// possible".
func (c *Change) tried(ctx context.Context, t recovery.Ticket, id recovery.StepID, method recovery.Method, proofs []recovery.Evidence) (bool, error) {
	switch method {
	case recovery.ByMailCode:
		addresses, err := c.Tx.Addresses(ctx, t.Account)
		if err != nil {
			return false, err
		}
		around, err := c.desk.around(ctx, c.Tx.View, t, c.Now)
		if err != nil || len(recovery.Carriers(addresses, around, id, proofs)) == 0 {
			return true, err
		}
	case recovery.ByCallBack:
		return c.rang(ctx, t)
	case recovery.ByVoucher:
		return c.askedVoucher(ctx, t)
	}
	switch recovery.GuideOf(method).Needs {
	case recovery.NeedMail, recovery.NeedNumber:
		code, err := c.Tx.IssuedCode(ctx, t.ID, method.Slot())
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return code.Run == t.Run, err
	}
	return false, nil
}

// goOtherwise takes a ticket whose step nobody can pass to the workflow's other
// way: a new run with that workflow pinned. First proofs that are the same in
// both go along. Without another way the ticket ends; its page says who helps,
// where and when (R60).
func (c *Change) goOtherwise(ctx context.Context, t recovery.Ticket, w recovery.Workflow, all []recovery.Evidence, channels []recovery.Channel, why string) error {
	r, err := c.desk.rules(ctx, c.Tx.View, c.Now)
	if err != nil {
		return err
	}
	other, ok := recovery.Otherwise(w, r.Flows, t.Run, all, channels)
	if !ok {
		return c.withdraw(ctx, t, string(recovery.NotPossible), why)
	}
	next := t
	next.WorkflowVersion, next.Run, next.Due = other.Version, t.Run+1, c.Rules.Fresh.Proof.After(c.Now)
	next.Revision++
	if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
		return err
	}
	var carried []recovery.Evidence
	for _, e := range recovery.Carried(w, other, t.Run, all) {
		e.ID, e.Run = c.desk.newID(), next.Run
		if err := c.Tx.AddEvidence(ctx, e); err != nil {
			return err
		}
		carried = append(carried, e)
	}
	if err := c.opens(ctx, next, carried); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.WorkflowChanged, Ticket: t.ID, Account: t.Account,
		Data: map[string]string{"before": t.WorkflowVersion, "after": next.WorkflowVersion, "why": string(recovery.NotPossible)}})
}
