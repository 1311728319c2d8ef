package desk

import (
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// emergencyPeople adds who keeps out of an emergency ticket (R18, S19): the
// openers of its incident, approvers who met one of its agents in an emergency
// that nobody has reviewed yet, approvers whose last emergency's review is
// overdue, and, for the review, whoever worked in the incident.
func emergencyPeople(ctx context.Context, v store.View, t recovery.Ticket, p *recovery.Parts, now int64) error {
	if t.Event != recovery.Emergency {
		return nil
	}
	i, err := incidentOf(ctx, v, t)
	if err != nil {
		return err
	}
	p.Openers = i.Openers
	if p.Paired, err = v.PairedUnreviewed(ctx, t.ID); err != nil {
		return err
	}
	if p.Behind, err = v.EmergencyReviewOverdue(ctx, now); err != nil {
		return err
	}
	p.Inside, err = v.WorkedIn(ctx, t.Incident, t.ID)
	return err
}

// askEmergency tells every approver and security at once that an emergency
// waits, and climbs to the administrators half-way. Nobody is drawn: whoever is
// awake decides. A time-out refuses.
func (c *Change) askEmergency(ctx context.Context, a recovery.Approval, t recovery.Ticket) error {
	if err := c.Tx.DrawApproval(ctx, a.ID, "", 0); err != nil {
		return err
	}
	err := c.record(ctx, recovery.Event{Kind: recovery.EmergencyAsked, Ticket: t.ID, Account: t.Account, Object: a.ID, Until: a.Ends, Link: "/approvals/" + a.ID,
		What: []string{"An emergency recovery waits for an approver."}, Data: map[string]string{"approval": a.ID, "incident": t.Incident}})
	if err != nil {
		return err
	}
	return c.queue(ctx, store.Job{Kind: JobClimb, Object: a.ID, Ticket: t.ID, Account: t.Account, RunAt: a.Asked + (a.Ends-a.Asked)/2, Unique: JobClimb + ":" + a.ID})
}

// Climb tells the administrators that no approver has answered an emergency yet.
// A request that was decided meanwhile is left alone.
func (d *Desk) Climb(ctx context.Context, j store.Job) error {
	return d.change(ctx, Actor{Kind: System}, recovery.ApprovalRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.Tx.FinishJob(ctx, j); err != nil {
			return err
		}
		a, err := c.Tx.Approval(ctx, j.Object)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		waits := err == nil && a.State == recovery.ApprovalWaiting && c.Now < a.Ends
		e := recovery.Event{Kind: recovery.EmergencyAnswered, Ticket: j.Ticket, Account: j.Account, Object: j.Object}
		if waits {
			e = recovery.Event{Kind: recovery.EmergencyClimbed, Ticket: j.Ticket, Account: j.Account, Object: a.ID, Until: a.Ends, Link: "/approvals/" + a.ID,
				What: []string{"No approver has answered an emergency recovery yet.", "Wake one. If nobody answers, it is refused; it is never approved by waiting."}}
		}
		return c.record(ctx, e)
	})
}
