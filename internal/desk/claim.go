package desk

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// ClaimTicket lets the browser that enters a reference claim its ticket, once
// (R40). The secret goes into that browser's cookie; the row holds its hash. The
// same form again gets the same secret.
// Whatever the reason why not, the answer is reference-unknown.
func (d *Desk) ClaimTicket(ctx context.Context, actor Actor, typed string) (secret string, err error) {
	ref, err := codes.ParseReference(typed)
	if err != nil {
		return "", recovery.Refuse("reference-typo", "A reference has 8 letters and numbers, like K7QP-2M9X.", "Check it again, or ask your help desk.").On("reference")
	}
	guess := try{method: "reference", prefix: recovery.Prefix(actor.IP)}
	if shut, err := d.closed(ctx, guess); err != nil || shut {
		return "", closedAs(recovery.UnknownReference(), d.report(err))
	}
	if secret, err = d.secretOf(actor, "claim", ref); err != nil {
		return "", d.report(err)
	}
	hash := codes.HashToken("claim", secret)
	err = d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.claimable(ctx, ref, guess)
		if t.ClaimHash == hash { // the same form again: its answer may never have arrived
			return nil
		}
		if err != nil {
			return err
		}
		claimed := t
		claimed.ClaimHash, claimed.Claimed = hash, c.Now
		if err := c.Tx.SaveTicket(ctx, t, claimed); err != nil {
			return err
		}
		if err := c.opens(ctx, claimed, nil); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.TicketClaimed, Ticket: t.ID, Account: t.Account})
	})
	return ifDone(secret, err)
}

// claimable reads a ticket that waits for a browser. Everything else is one
// refusal, and a failure of whoever guesses references.
func (c *Change) claimable(ctx context.Context, ref string, guess try) (recovery.Ticket, error) {
	if shut, err := c.closed(ctx, guess); err != nil || shut {
		return recovery.Ticket{}, closedAs(recovery.UnknownReference(), err) // not looked at, so not counted
	}
	c.stay(func(ctx context.Context, c *Change) error { return c.failed(ctx, guess) })
	t, err := c.Tx.TicketByReference(ctx, ref)
	if errors.Is(err, store.ErrNotFound) {
		return t, recovery.UnknownReference()
	}
	if err != nil {
		return t, err
	}
	return t, recovery.MayClaim(t, c.Now)
}

// closedAs is what a closed lane answers: the same as a failure.
func closedAs(refusal *recovery.Refusal, err error) error {
	if err != nil {
		return err
	}
	return refusal
}

// claimOf finds the ticket that a browser's secret holds, live or not.
func claimOf(ctx context.Context, v store.View, secret string) (t recovery.Ticket, seen int64, err error) {
	token, err := codes.ParseToken(secret)
	if err != nil {
		return t, 0, recovery.NoClaim()
	}
	t, err = v.TicketByClaim(ctx, codes.HashToken("claim", token))
	if errors.Is(err, store.ErrNotFound) {
		return t, 0, recovery.NoClaim()
	}
	if err != nil {
		return t, 0, err
	}
	seen, err = v.ClaimSeen(ctx, t.ID)
	return t, seen, err
}

// claimed is the ticket on which this browser may type a proof now.
func (c *Change) claimed(ctx context.Context, secret string) (recovery.Ticket, error) {
	t, seen, err := claimOf(ctx, c.Tx.View, secret)
	if err != nil {
		return t, err
	}
	c.concern(t.ID, t.Account)
	if err := c.obeys(ctx, t); err != nil {
		return t, err
	}
	return t, recovery.MayType(t, c.Rules.Fresh, seen, c.Now)
}

// mayType is recovery.MayType for the beat before a change.
func (d *Desk) mayType(ctx context.Context, v store.View, t recovery.Ticket, seen int64) error {
	rules, err := d.rulesFor(ctx, v, t, d.now())
	if err != nil {
		return err
	}
	return recovery.MayType(t, rules.Fresh, seen, d.now())
}

// held refuses an agent's step while no browser holds the ticket: a proof
// belongs to the claim.
func (c *Change) held(ctx context.Context, t recovery.Ticket) error {
	seen, err := c.Tx.ClaimSeen(ctx, t.ID)
	if err != nil {
		return err
	}
	return recovery.MayType(t, c.Rules.Fresh, seen, c.Now)
}

// ReleaseClaim lets another browser claim the ticket: everything that was
// proved or approved is void, the proofing starts over, and the reference is a
// new one (R40). Once the reset is executed there is no release: what the
// claimed browser does not collect lapses, and a new ticket starts from the
// beginning.
func (d *Desk) ReleaseClaim(ctx context.Context, actor Actor, reference, reason string) (recovery.Ticket, error) {
	var released recovery.Ticket
	err := d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if err := recovery.MayRelease(t); err != nil {
			return err
		}
		if reason, err = recovery.CheckText("reason", reason); err != nil {
			return err
		}
		if released, err = c.release(ctx, t); err != nil {
			return err
		}
		c.at("/tickets/" + released.Reference)
		return c.record(ctx, recovery.Event{Kind: recovery.ClaimReleased, Ticket: t.ID, Account: t.Account, Detail: reason,
			Data: map[string]string{"from": string(t.State), "reference": released.Reference}})
	})
	return released, err
}

func (c *Change) release(ctx context.Context, t recovery.Ticket) (recovery.Ticket, error) {
	if err := c.Tx.VoidEvidence(ctx, t.ID); err != nil {
		return t, err
	}
	if _, err := c.Tx.VoidApprovals(ctx, t.ID); err != nil {
		return t, err
	}
	if err := c.Tx.VoidIssued(ctx, t.ID, ""); err != nil {
		return t, err
	}
	ref, err := codes.NewReference(c.desk.Rand)
	if err != nil {
		return t, err
	}
	p, err := c.desk.proofing(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return t, err
	}
	r, err := c.desk.rules(ctx, c.Tx.View, c.Now)
	if err != nil {
		return t, err
	}
	flow, level := recovery.StartsOver(t, p.flow, r.Flows, p.ruling)
	n := t
	n.WorkflowVersion, n.Level = flow.Version, level
	n.Reference, n.ClaimHash, n.Claimed = ref, "", 0
	n.Returns, n.Returned, n.Continuation, n.CameBack = 0, 0, "", 0
	n.Run++
	n.Revision++
	if n.NoticeAccepted, n.WindowEnds, err = c.handedBack(ctx, t); err != nil {
		return n, err
	}
	n.State, n.Due, n.DueWhat = recovery.Proofing, c.Rules.Fresh.Proof.After(c.Now), "proofing"
	return n, c.Tx.SaveTicket(ctx, t, n)
}

// WithdrawClaimed takes the ticket back from the claimed page: the holder no
// longer wants it. It is refused once the reset is executed.
func (d *Desk) WithdrawClaimed(ctx context.Context, actor Actor, secret string) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, _, err := claimOf(ctx, c.Tx.View, secret)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		return c.withdraw(ctx, t, "by-holder", "")
	})
}

// ClaimPage is what the claimed browser may know: where the recovery stands and
// the one field that is open. No names of staff.
type ClaimPage struct {
	Ticket     recovery.Ticket
	Workflow   recovery.Workflow
	Step       recovery.StepID   // whose turn it is; StepFresh after execution, "" when none is open
	Methods    []recovery.Method // by which the step can be passed now
	N          int               // number of the step in its workflow
	CodeTo     string            // masked address a live code went to, "" when none waits
	CodeBy     recovery.Method   // the method that it belongs to
	CodeUntil  int64
	Choices    []Choice // addresses for the last proof (StepFresh)
	CallUntil  int64    // a call-back is on: its words may be asked for
	CheckLink  string   // of an identity check that waits
	CheckUntil int64
	Back       int64 // until when an approved ticket waits for its holder, 0 when it does not
	Idle       bool  // the claim ended because nobody used the page
	Proved     bool  // the last proof is given; the recovery session can be opened
	Enrolling  bool  // the recovery session is open
	Owes       bool  // the access is over, or weaker than the row asks: the duty to enrol goes on
}

// Choice is an address by id, masked.
type Choice struct{ ID, Masked string }

// ClaimedTicket is the page of the browser that holds a ticket. active says
// that a person opened it; the page's own reloads do not keep the claim alive.
func (d *Desk) ClaimedTicket(ctx context.Context, secret string, active bool) (ClaimPage, error) {
	v := d.view()
	t, seen, err := claimOf(ctx, v, secret)
	if err != nil {
		return ClaimPage{}, d.report(err)
	}
	rules, err := d.rulesFor(ctx, v, t, d.now())
	if err != nil {
		return ClaimPage{}, d.report(err)
	}
	p := ClaimPage{Ticket: t, Idle: t.State == recovery.Proofing && !recovery.ClaimLive(t, rules.Fresh, seen, d.now())}
	if p.Idle {
		return p, nil
	}
	if t.State == recovery.Approved && t.Awaits(rules.Fresh) {
		p.Back = t.BackBy(rules.Fresh, d.now())
	}
	if active {
		if err := d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error { return s.SawClaim(ctx, t.ID) }); err != nil {
			return p, d.report(err)
		}
	}
	return p, d.report(d.claimStep(ctx, v, &p))
}

// claimStep fills in whose turn it is.
func (d *Desk) claimStep(ctx context.Context, v store.View, p *ClaimPage) error {
	proofs, err := v.Evidence(ctx, p.Ticket.ID)
	if err != nil {
		return err
	}
	addresses, err := v.Addresses(ctx, p.Ticket.Account)
	if err != nil {
		return err
	}
	if p.Workflow, err = d.flow(ctx, v, p.Ticket); err != nil {
		return err
	}
	step, n, done := p.Workflow.Current(p.Ticket.Run, proofs)
	p.N = n
	switch {
	case p.Ticket.State == recovery.Proofing && !done:
		p.Step = step.ID
		return d.claimMethods(ctx, v, p, step, proofs, addresses)
	case p.Ticket.State == recovery.Collecting && p.Ticket.DueWhat == recovery.DueReEnrol:
		p.Owes = true
	case p.Ticket.State == recovery.Collecting && p.Ticket.DueWhat == dueEnrol:
		p.Enrolling = true
	case p.Ticket.State == recovery.Collecting:
		if p.Proved = done; done {
			return nil
		}
		p.Step = recovery.StepFresh
		return d.claimLast(ctx, v, p, step, proofs, addresses)
	}
	return nil
}

// claimLast fills in the last proof: where its code may go, and the other ways.
func (d *Desk) claimLast(ctx context.Context, v store.View, p *ClaimPage, last recovery.Step, proofs []recovery.Evidence, addresses []recovery.Address) error {
	if err := d.claimMethods(ctx, v, p, last, proofs, addresses); err != nil {
		return err
	}
	p.Methods = slices.DeleteFunc(p.Methods, func(m recovery.Method) bool { return m == recovery.ByMailCode || m == recovery.BySMSCode })
	to, err := d.lastAddresses(ctx, v, p.Ticket, d.now())
	if err != nil {
		return err
	}
	p.Choices = choices(to)
	return d.claimCode(ctx, v, p, recovery.SlotFresh, addresses)
}

// claimMethods fills in by what the open step can be passed, and the code that
// waits for it. Which channel is struck, and why, is not the page's to tell.
func (d *Desk) claimMethods(ctx context.Context, v store.View, p *ClaimPage, step recovery.Step, proofs []recovery.Evidence, addresses []recovery.Address) error {
	if p.Ticket.Self() {
		return nil
	}
	channels, err := d.channels(ctx, v, p.Ticket, d.now())
	if err != nil {
		return err
	}
	around, err := d.around(ctx, v, p.Ticket, d.now())
	if err != nil {
		return err
	}
	for _, o := range recovery.Offers(step, p.Ticket.Run, proofs, recovery.ForStep(step.ID, channels, proofs)) {
		if o.Blocked != "" || o.Method == recovery.ByMailCode && len(recovery.Carriers(addresses, around, step.ID, proofs)) == 0 {
			continue
		}
		p.Methods = append(p.Methods, o.Method)
		if err := d.claimExtras(ctx, v, p, o.Method); err != nil {
			return err
		}
		if p.CodeTo == "" {
			p.CodeBy = o.Method
			err = d.claimCode(ctx, v, p, o.Method.Slot(), addresses)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// claimCode fills in the code that waits to be typed.
func (d *Desk) claimCode(ctx context.Context, v store.View, p *ClaimPage, slot recovery.Slot, addresses []recovery.Address) error {
	code, err := v.IssuedCode(ctx, p.Ticket.ID, slot)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!code.Live(d.now()) || code.Run != p.Ticket.Run) {
		return nil
	}
	for _, a := range addresses {
		if a.ID == code.Address {
			p.CodeTo, p.CodeUntil = recovery.Mask(a), code.Ends
		}
	}
	return err
}

func choices(all []recovery.Address) []Choice {
	out := make([]Choice, len(all))
	for i, a := range all {
		out[i] = Choice{ID: a.ID, Masked: recovery.Mask(a)}
	}
	return out
}
