package desk

import (
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// work begins every act of an agent on a ticket: it reads the ticket, refuses
// whoever may not work it, takes or renews the lease and notes the agent's part
// (R13, R23). Refusals: role-missing, own-account, own-request, own-approval,
// leased.
func (c *Change) work(ctx context.Context, reference string) (recovery.Ticket, error) {
	staff, t, err := c.agentOn(ctx, reference)
	if err != nil {
		return t, err
	}
	if err := c.lease(ctx, t, staff.Person.ID); err != nil {
		return t, err
	}
	return c.joins(ctx, t, staff.Person.ID)
}

// agentOn is work without lease and part, for acts that are no step of the
// workflow.
func (c *Change) agentOn(ctx context.Context, reference string) (recovery.Staff, recovery.Ticket, error) {
	return c.ticketFor(ctx, reference, recovery.Agent, func(s recovery.Staff, parts recovery.Parts) error { return recovery.MayWork(s.Person.ID, parts) })
}

// ticketFor reads a ticket for an act of somebody with this role, unless may
// refuses the person for a part in it (R23).
func (c *Change) ticketFor(ctx context.Context, reference string, role recovery.Role, may func(recovery.Staff, recovery.Parts) error) (recovery.Staff, recovery.Ticket, error) {
	staff, err := c.staffer(ctx, role)
	if err != nil {
		return staff, recovery.Ticket{}, err
	}
	t, err := c.Tx.TicketByReference(ctx, reference)
	if err != nil {
		return staff, t, err
	}
	if err := inScope(ctx, c.Tx.View, staff, t.Account); err != nil {
		return staff, t, err
	}
	c.concern(t.ID, t.Account)
	c.at("/tickets/" + t.Reference)
	if err := c.obeys(ctx, t); err != nil {
		return staff, t, err
	}
	parts, err := c.parts(ctx, t)
	if err != nil {
		return staff, t, err
	}
	return staff, t, may(staff, parts)
}

// lease takes or renews the agent's hold on a ticket.
func (c *Change) lease(ctx context.Context, t recovery.Ticket, person string) error {
	err := c.Tx.Lease(ctx, t.ID, person, c.Now+recovery.LeaseLife)
	if !errors.Is(err, store.ErrConflict) {
		return err
	}
	return c.errLeased(ctx, t)
}

// joins makes the agent a part of the ticket. One who worked on the account in
// the last seven days makes the ticket ask for one approver more.
func (c *Change) joins(ctx context.Context, t recovery.Ticket, person string) (recovery.Ticket, error) {
	if err := c.Tx.TakePart(ctx, t.ID, person, PartAgent); err != nil {
		return t, err
	}
	if t.State != recovery.Proofing {
		return t, nil
	}
	ruling, err := c.desk.ruling(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return t, err
	}
	more := t.Under(ruling)
	switch {
	case more == t:
		return t, nil
	case more.WorkflowVersion != t.WorkflowVersion:
		return c.raised(ctx, t, more, ruling)
	}
	return more, c.Tx.SaveTicket(ctx, t, more)
}

// raised lets a ticket go on by the stronger workflow that the policy asks for by
// now: the one that its own names for that, otherwise the row's. Proofs of steps
// that both have, by methods that both have, stay.
func (c *Change) raised(ctx context.Context, t, more recovery.Ticket, ruling recovery.Ruling) (recovery.Ticket, error) {
	flow, err := c.desk.workflow(ctx, c.Tx.View, t.WorkflowVersion)
	if err != nil {
		return t, err
	}
	rules, err := c.desk.rules(ctx, c.Tx.View, c.Now)
	if err != nil {
		return t, err
	}
	next, level := recovery.StartsOver(t, flow, rules.Flows, ruling)
	more.WorkflowVersion, more.Level = next.Version, level
	if err := c.Tx.SaveTicket(ctx, t, more); err != nil {
		return t, err
	}
	all, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return t, err
	}
	if err := c.opens(ctx, more, all); err != nil {
		return t, err
	}
	return more, c.record(ctx, recovery.Event{Kind: recovery.WorkflowChanged, Ticket: t.ID, Account: t.Account,
		Data: map[string]string{"before": t.WorkflowVersion, "after": more.WorkflowVersion, "why": "raised"}})
}

// TakeLease begins or takes over the work on a ticket. A ticket that nobody works
// needs no reason; taking it over from somebody who does asks for one, and it is
// recorded. The new agent is part of the ticket. It refuses a missing reason, a
// ticket at rest and whoever may not work it.
func (d *Desk) TakeLease(ctx context.Context, actor Actor, reference, reason string) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		staff, t, err := c.agentOn(ctx, reference)
		if err != nil {
			return err
		}
		if t.State.Resting() || t.State == recovery.Frozen {
			return recovery.MayMove(t.State, recovery.Proofing)
		}
		held, err := renewed(ctx, c.Tx.View, t)
		if err != nil {
			return err
		}
		if held.Live(c.Now) && held.Person != staff.Person.ID {
			reason, err = recovery.CheckText("reason", reason)
		} else {
			err = recovery.FitText("reason", reason, recovery.TextMax)
		}
		if err != nil {
			return err
		}
		if err := c.Tx.TakeLease(ctx, t.ID, t.Lease.Person, staff.Person.ID, c.Now+recovery.LeaseLife); err != nil {
			return err
		}
		if _, err := c.joins(ctx, t, staff.Person.ID); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.LeaseTaken, Ticket: t.ID, Account: t.Account, Detail: reason,
			Data: map[string]string{"from": held.Person}})
	})
}

// WithdrawTicket takes a ticket back before its reset is executed; the holder is
// told. Refused without a reason and once there is something to undo.
func (d *Desk) WithdrawTicket(ctx context.Context, actor Actor, reference, reason string) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if reason, err = recovery.CheckText("reason", reason); err != nil {
			return err
		}
		return c.withdraw(ctx, t, "by-agent", reason)
	})
}

// FailProofing ends the run of a caller who cannot pass the open step: no proof
// was entered, and the agent says what happened. Holder and security are told; the
// next agent sees it (S1). Refused without words, and when no step is open.
func (d *Desk) FailProofing(ctx context.Context, actor Actor, reference, note string) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		all, err := c.Tx.Evidence(ctx, t.ID)
		if err != nil {
			return err
		}
		w, err := c.steps(ctx, t)
		if err != nil {
			return err
		}
		step, _, done := w.Current(t.Run, all)
		if t.State != recovery.Proofing || done {
			return recovery.Refuse("wrong-state", "No step of this ticket is open, so there is nothing that the caller could not do.", "Reload the ticket to see where it stands.")
		}
		if note, err = recovery.CheckText("reason", note); err != nil {
			return err
		}
		return c.failRun(ctx, t, recovery.Evidence{Step: step.ID, By: actor.Person, Note: note}, "could-not")
	})
}

// withdraw ends a ticket that nothing came of: codes and requests die with it.
func (c *Change) withdraw(ctx context.Context, t recovery.Ticket, why, detail string) error {
	if err := recovery.MayMove(t.State, recovery.Withdrawn); err != nil {
		return err
	}
	outcome, err := c.abandons(ctx, t, why)
	if err != nil {
		return err
	}
	if err := c.end(ctx, t, recovery.Withdrawn, outcome); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.TicketWithdrawn, Ticket: t.ID, Account: t.Account, Data: map[string]string{"why": outcome}, Detail: detail})
}

// abandons is the outcome of a ticket that is taken back. After the first step
// was begun it counts as abandoned, for the agent who did it too: who stops many
// runs half-way is seen (R13).
func (c *Change) abandons(ctx context.Context, t recovery.Ticket, why string) (string, error) {
	begun, err := c.Tx.Begun(ctx, t.ID)
	if err != nil || !begun {
		return why, err
	}
	if c.Actor.Kind == StaffAct {
		err = c.Tx.Count(ctx, "abandoned."+c.Actor.Person, 1)
	}
	return recovery.Abandoned + ":" + why, err
}

// end moves a ticket to rest before execution: requests and codes are void.
func (c *Change) end(ctx context.Context, t recovery.Ticket, to recovery.State, why string) error {
	if _, err := c.Tx.VoidApprovals(ctx, t.ID); err != nil {
		return err
	}
	if err := c.Tx.VoidIssued(ctx, t.ID, ""); err != nil {
		return err
	}
	ended := t
	ended.State, ended.Due, ended.DueWhat, ended.Outcome = to, 0, "", why
	ended.Revision++
	return c.Tx.SaveTicket(ctx, t, ended)
}

// ExpireTicket ends a ticket whose proofing or hold ran out of time; the holder
// is told. A ticket that moved on meanwhile is left alone.
func (d *Desk) ExpireTicket(ctx context.Context, id string) error {
	return d.change(ctx, Actor{Kind: System}, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.Tx.Ticket(ctx, id)
		if err != nil || t.State != recovery.Proofing && t.State != recovery.Held || t.Due == 0 || c.Now < t.Due {
			return err
		}
		if err := c.end(ctx, t, recovery.Expired, "time"); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.TicketExpired, Ticket: t.ID, Account: t.Account, Data: map[string]string{"what": t.DueWhat}})
	})
}

// Pressured records "I am being pressured": one more approver, at most two in
// all, and a word to security. To whoever looks on it is an ordinary step. What
// waits for approval goes back, because the request changed. Pressed again, it
// only tells security again.
func (d *Desk) Pressured(ctx context.Context, actor Actor, reference string) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		told := recovery.Event{Kind: recovery.TicketPressured, Ticket: t.ID, Account: t.Account}
		if t.Pressured != 0 {
			return c.record(ctx, told)
		}
		stays := t.State == recovery.Proofing || t.Parked() // only the holder goes on with what is parked
		if !stays {
			if err := recovery.MayMove(t.State, recovery.Proofing); err != nil {
				return err
			}
		}
		if _, err := c.Tx.VoidApprovals(ctx, t.ID); err != nil {
			return err
		}
		more := t
		more.Pressured, more.ApprovalsNeeded = c.Now, max(t.ApprovalsNeeded, min(2, t.ApprovalsNeeded+1)) // never fewer than were asked for
		more.Revision++
		if !stays {
			more.State, more.Due, more.DueWhat = recovery.Proofing, c.Rules.Fresh.Proof.After(c.Now), "proofing"
		}
		if err := c.Tx.SaveTicket(ctx, t, more); err != nil {
			return err
		}
		return c.record(ctx, told)
	})
}
