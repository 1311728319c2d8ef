package desk

import (
	"context"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Parts a person can have in a ticket.
const (
	PartAgent    = "agent"
	PartVoucher  = "voucher"
	PartApprover = "approver"
	PartReviewer = "reviewer"
)

// parts lists who took part in a ticket, for the separation of duties (R23).
// Approvers are all who ever signed on this ticket, which is what the review
// asks; whoever decides on one request may put that request's signers there.
func (c *Change) parts(ctx context.Context, t recovery.Ticket) (recovery.Parts, error) {
	return c.desk.partsOf(ctx, c.Tx.View, t, c.Now)
}

func (d *Desk) partsOf(ctx context.Context, v store.View, t recovery.Ticket, now int64) (recovery.Parts, error) {
	p := recovery.Parts{Holder: t.Holder, Requester: t.Requester}
	rows, err := v.PartsOf(ctx, t.ID)
	if err != nil {
		return p, err
	}
	for _, r := range rows {
		switch r.Part {
		case PartAgent:
			p.Agents = append(p.Agents, r.Person)
		case PartVoucher:
			p.Vouchers = append(p.Vouchers, r.Person)
		case PartApprover:
			p.Approvers = append(p.Approvers, r.Person)
		case PartReviewer:
			p.Reviewers = append(p.Reviewers, r.Person)
		}
	}
	if p.Supplier, err = v.SupplierWorked(ctx, t.ID); err != nil {
		return p, err
	}
	rules, err := d.rulesFor(ctx, v, t, now)
	if err != nil {
		return p, err
	}
	since := now - rules.Stricter.Repeat.After(0)
	if p.Deniers, err = v.DeniedBy(ctx, t.Account, since); err != nil {
		return p, err
	}
	if p.InVain, err = v.SignedInVain(ctx, t.Account, t.ID, since); err != nil {
		return p, err
	}
	if p.Young, err = v.RecoveredApprovers(ctx, now-rules.Stricter.YoungApprover.After(0)); err != nil {
		return p, err
	}
	if err := takeoverPeople(ctx, v, t, &p, since); err != nil {
		return p, err
	}
	return p, emergencyPeople(ctx, v, t, &p, now)
}
