package desk

import (
	"context"
	"errors"
	"strconv"

	"countersign/internal/recovery"
)

// What a ticket's deadline is about, while an approval is asked for and executed.
const (
	dueApproval  = "approval"   // the request stops waiting
	dueNotice    = "notice"     // the opening notice must be accepted
	dueExecution = "execution"  // the signature ends
	dueDirectory = "directory"  // the directory must have answered
	dueHolder    = "collecting" // the holder must have come back
	dueProofing  = "proofing"   // the claimed page ends
)

// AskApproval files an agent's request for signatures on the ticket as it is
// now. Refused without the role, to the holder and the requester, with a step
// of the workflow missing or stale, and without a reason (R11, R13, R23).
func (d *Desk) AskApproval(ctx context.Context, actor Actor, ref, reason string) (recovery.Approval, error) {
	var a recovery.Approval
	err := d.change(ctx, actor, recovery.ApprovalRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, ref)
		if err != nil {
			return err
		}
		if reason, err = recovery.CheckText("reason", reason); err != nil {
			return err
		}
		a, err = c.ask(ctx, t, reason)
		return err
	})
	return a, err
}

// ask moves the ticket to waiting and writes the request. The revision moves on:
// what is signed names it, so any later edit voids what was signed.
func (c *Change) ask(ctx context.Context, t recovery.Ticket, reason string) (recovery.Approval, error) {
	evidence, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return recovery.Approval{}, err
	}
	p, err := c.desk.proofing(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return recovery.Approval{}, err
	}
	if err := recovery.MayRequest(t, p.flow, evidence, p.policy, p.ruling, c.Now); err != nil {
		return recovery.Approval{}, err
	}
	if err := c.stillOffered(ctx, t); err != nil {
		return recovery.Approval{}, err
	}
	if reached, err := c.desk.mayEnd(ctx, c.Tx.View, t, evidence, c.Now); err != nil {
		return recovery.Approval{}, err
	} else if !reached {
		if err := c.inHand(ctx, t); err != nil {
			return recovery.Approval{}, err
		}
	}
	wait, err := c.approvalWait(ctx, t)
	if err != nil {
		return recovery.Approval{}, err
	}
	next := t
	next.State, next.Revision = recovery.WaitingApproval, t.Revision+1
	next.Due, next.DueWhat = wait.After(c.Now), dueApproval
	a := recovery.Approval{ID: c.desk.newID(), Ticket: t.ID, Revision: next.Revision, AskedBy: c.Actor.Person, Reason: reason,
		Asked: c.Now, Ends: next.Due, Needed: max(1, t.ApprovalsNeeded), Groups: t.GroupsNeeded, State: recovery.ApprovalWaiting}
	if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
		return a, err
	}
	if err := c.Tx.AddApproval(ctx, a); err != nil {
		return a, err
	}
	err = c.record(ctx, recovery.Event{Kind: recovery.ApprovalAsked, Ticket: t.ID, Account: t.Account, Object: a.ID, Detail: reason,
		Data: map[string]string{"approval": a.ID, "needed": strconv.FormatInt(a.Needed, 10), "groups": strconv.FormatInt(a.Groups, 10),
			"revision": strconv.FormatInt(a.Revision, 10), "evidence": recovery.EvidenceDigest(recovery.ThisRun(t, evidence))}})
	if err != nil {
		return a, err
	}
	if t.Event == recovery.Emergency {
		return a, c.askEmergency(ctx, a, next)
	}
	return a, c.draw(ctx, a, next)
}

// approvalWait is how long a request waits: less in an emergency.
func (c *Change) approvalWait(ctx context.Context, t recovery.Ticket) (recovery.Duration, error) {
	rules, err := c.rulesFor(ctx, t)
	if t.Event == recovery.Emergency {
		return rules.Request.WaitEmergency, err
	}
	return rules.Request.Wait, err
}

// WithdrawRequest takes a waiting request back; the ticket is in proofing again
// and what was signed for the request is void.
func (d *Desk) WithdrawRequest(ctx context.Context, actor Actor, ref string) error {
	return d.change(ctx, actor, recovery.ApprovalRefused, nil, func(ctx context.Context, c *Change) error {
		staff, t, err := c.agentOn(ctx, ref)
		if err != nil {
			return err
		}
		if t, err = c.joins(ctx, t, staff.Person.ID); err != nil {
			return err
		}
		if t.State != recovery.WaitingApproval {
			return recovery.Refuse("nothing-waits", "No request for approval waits on this ticket.", "Reload the ticket to see where it stands.")
		}
		if err := c.backToProofing(ctx, t); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.RequestWithdrawn, Ticket: t.ID, Account: t.Account})
	})
}

// backToProofing voids requests and signatures; the agent may ask again while
// the proofs are fresh.
func (c *Change) backToProofing(ctx context.Context, t recovery.Ticket) error {
	if err := recovery.MayMove(t.State, recovery.Proofing); err != nil {
		return err
	}
	rules, err := c.rulesFor(ctx, t)
	if err != nil {
		return err
	}
	next := t
	next.State, next.Revision, next.CameBack = recovery.Proofing, t.Revision+1, 0
	next.Due, next.DueWhat = rules.Fresh.Proof.After(c.Now), dueProofing
	if _, err := c.Tx.VoidApprovals(ctx, t.ID); err != nil {
		return err
	}
	return c.Tx.SaveTicket(ctx, t, next)
}

// ExpireApproval ends a request that nobody decided in time. The ticket goes
// back to proofing while its proofs count and expires otherwise; a time-out
// never approves (R15). A request that waits no longer, or still may, is left.
func (d *Desk) ExpireApproval(ctx context.Context, id string) error {
	return d.change(ctx, Actor{Kind: System}, recovery.ApprovalRefused, nil, func(ctx context.Context, c *Change) error {
		a, err := c.Tx.Approval(ctx, id)
		if err != nil || a.State != recovery.ApprovalWaiting || c.Now < a.Ends {
			return err
		}
		t, err := c.Tx.Ticket(ctx, a.Ticket)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		if err := c.Tx.SettleApproval(ctx, a.ID, recovery.ApprovalExpired); err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.ApprovalTimedOut, Ticket: t.ID, Account: t.Account, Object: a.ID}); err != nil {
			return err
		}
		return c.afterTimeOut(ctx, t)
	})
}

// afterTimeOut moves the ticket of a request that timed out.
func (c *Change) afterTimeOut(ctx context.Context, t recovery.Ticket) error {
	if t.State != recovery.WaitingApproval {
		return nil // an edit took it elsewhere and voids requests itself
	}
	if t.Event == recovery.Emergency { // nobody answered the whole chain: refused (S19)
		return c.expireTicket(ctx, t, "nobody-answered")
	}
	if t.Binds() { // there is no agent who would ask again
		return c.expireTicket(ctx, t, "approval-timed-out")
	}
	evidence, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	p, err := c.desk.proofing(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return err
	}
	if recovery.AfterTimeOut(t, p.flow, evidence, p.policy, p.ruling, c.Now) == recovery.Proofing {
		return c.backToProofing(ctx, t)
	}
	return c.expireTicket(ctx, t, "approval-timed-out")
}

// expireTicket ends a ticket whose time is over and voids what waits or was
// signed on it; the holder is told.
func (c *Change) expireTicket(ctx context.Context, t recovery.Ticket, why string) error {
	if err := recovery.MayMove(t.State, recovery.Expired); err != nil {
		return err
	}
	if err := c.end(ctx, t, recovery.Expired, why); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.TicketExpired, Ticket: t.ID, Account: t.Account, Data: map[string]string{"why": why}})
}

// ExpireApproved ends an approved ticket that can no longer be executed: its
// opening notice was never accepted (R26), its holder did not come back, or the
// signature's own end has come.
// Any other ticket is left alone.
func (d *Desk) ExpireApproved(ctx context.Context, ticket string) error {
	return d.change(ctx, Actor{Kind: System}, recovery.ApprovalRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.Tx.Ticket(ctx, ticket)
		if err != nil || !recovery.ApprovalLapsed(t, c.Now) {
			return err
		}
		why := "signature-ended"
		switch {
		case t.NoticeAccepted == 0:
			why = "notice-not-accepted"
		case t.DueWhat == recovery.DueReturn:
			why = "holder-did-not-return"
		}
		return c.expireTicket(ctx, t, why)
	})
}

// refuse records a refusal that was found before a change began, as the ledger
// entry that every refusal of a signed-in person is.
func (d *Desk) refuse(ctx context.Context, actor Actor, kind recovery.EventKind, t recovery.Ticket, err error) error {
	var refusal *recovery.Refusal
	if !errors.As(err, &refusal) {
		return d.report(err)
	}
	return d.change(ctx, actor, kind, nil, func(_ context.Context, c *Change) error {
		c.concern(t.ID, t.Account)
		return refusal
	})
}

// SweepApprovals ends what nobody decided and what was approved and can no
// longer be executed, each in an act of its own.
func (d *Desk) SweepApprovals(ctx context.Context) error {
	now := d.now()
	due, err := d.view().DueApprovals(ctx, now, sweepBatch)
	if err != nil {
		return d.report(err)
	}
	var errs []error
	for _, a := range due {
		errs = append(errs, d.ExpireApproval(ctx, a.ID))
	}
	approved, err := d.view().DueTickets(ctx, recovery.Approved, now, sweepBatch)
	errs = append(errs, err)
	for _, t := range approved {
		errs = append(errs, d.ExpireApproved(ctx, t.ID))
	}
	return errors.Join(errs...)
}
