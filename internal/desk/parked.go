package desk

import (
	"context"
	"errors"
	"strconv"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// ParkTicket lets a proofed ticket wait with the account locked, as long as the
// policy says, because nobody can decide now or the holder must leave (R60). A
// request that waits is void. The holder is told, the account's sessions end, and
// the claimed page shows a continuation code once. Refused: a ticket that is not
// proofed whole, one that no browser holds, a missing reason, and more time than
// the policy gives in all.
func (d *Desk) ParkTicket(ctx context.Context, actor Actor, reference, reason string) error {
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		if reason, err = recovery.CheckText("reason", reason); err != nil {
			return err
		}
		if err := c.mayPark(ctx, t); err != nil {
			return err
		}
		next := t
		next.State, next.Due, next.DueWhat = recovery.Held, t.ParkEnd(c.Rules.Fresh, c.Now), recovery.DueParked
		next.Continuation, next.Revision = "", t.Revision+1
		if t.FirstParked == 0 {
			next.FirstParked = c.Now
		}
		if err := c.park(ctx, t, next); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.TicketParked, Ticket: t.ID, Account: t.Account, Detail: reason, Until: next.Due,
			Data: map[string]string{"from": string(t.State), "until": recovery.UTC(next.Due)}})
	})
}

func (c *Change) mayPark(ctx context.Context, t recovery.Ticket) error {
	evidence, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	p, err := c.desk.proofing(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return err
	}
	if err := recovery.MayPark(t, p.flow, evidence, p.policy, p.ruling, c.Now); err != nil {
		return err
	}
	return c.held(ctx, t)
}

// park voids what waits on the ticket and ends what is signed in.
func (c *Change) park(ctx context.Context, t, next recovery.Ticket) error {
	if _, err := c.Tx.VoidApprovals(ctx, t.ID); err != nil {
		return err
	}
	if err := c.Tx.VoidIssued(ctx, t.ID, ""); err != nil {
		return err
	}
	if err := c.endHolderSessions(ctx, t.Account, "parked"); err != nil {
		return err
	}
	return c.move(ctx, t, next)
}

// ShowContinuation makes the continuation code of a parked ticket and answers it,
// once, to the browser that holds the ticket; only its hash stays. The same form
// again gets the same code: its answer may never have arrived. Refused: any other
// browser, a ticket that is not parked, and a second time.
func (d *Desk) ShowContinuation(ctx context.Context, actor Actor, claim string) (code string, err error) {
	token, err := d.secretOf(actor, "continuation", claim)
	if err != nil {
		return "", d.report(err)
	}
	if code, err = codes.Continuation(token); err != nil {
		return "", d.report(err)
	}
	err = d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, _, err := claimOf(ctx, c.Tx.View, claim)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		hash := codes.HashContinuation(d.Keys.Pepper, t.ID, code)
		if recovery.MayContinue(t, c.Now) == nil && t.Continuation == hash {
			return nil
		}
		if err := recovery.MayShowContinuation(t, c.Now); err != nil {
			return err
		}
		next := t
		next.Continuation = hash
		if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.CodeShown, Ticket: t.ID, Account: t.Account})
	})
	return ifDone(code, err)
}

// ContinueTicket takes the continuation code, in the browser that holds the parked
// ticket, and lets it be proofed again: one fresh proof over another channel, then
// a new request. The code is spent. A typing mistake (code-malformed, code-typo)
// costs no try; five wrong codes end the ticket. Refused: any other browser, a
// ticket that is not parked, or no longer, and a code that nobody was shown.
func (d *Desk) ContinueTicket(ctx context.Context, actor Actor, claim, typed string) error {
	code, err := parseContinuation(typed)
	if err != nil {
		return err
	}
	return d.change(ctx, actor, recovery.TicketRefused, nil, func(ctx context.Context, c *Change) error {
		t, _, err := claimOf(ctx, c.Tx.View, claim)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		if err := c.obeys(ctx, t); err != nil {
			return err
		}
		if err := recovery.MayContinue(t, c.Now); err != nil {
			return err
		}
		if t.Continuation == "" {
			return recovery.Refuse("continuation-none", "No continuation code of this recovery was shown yet.", "Show it on this page first.").On("code")
		}
		if !codes.Equal(t.Continuation, codes.HashContinuation(d.Keys.Pepper, t.ID, code)) {
			return c.wrongEntry(ctx, t, recovery.SlotContinuation,
				func(ctx context.Context, c *Change) error { return c.expireTicket(ctx, t, "continuation-tries") })
		}
		return c.continued(ctx, t)
	})
}

// continued opens the fresh proof of a ticket whose holder came back.
func (c *Change) continued(ctx context.Context, t recovery.Ticket) error {
	next := t
	next.State, next.Due, next.DueWhat = recovery.Proofing, c.Rules.Fresh.Proof.After(c.Now), dueProofing
	next.Continuation, next.Returns, next.Returned, next.Revision = "", t.Returns+1, c.Now, t.Revision+1
	if err := c.move(ctx, t, next); err != nil {
		return err
	}
	all, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	if err := c.opens(ctx, next, all); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.TicketContinued, Ticket: t.ID, Account: t.Account,
		Data: map[string]string{"returns": strconv.FormatInt(next.Returns, 10)}})
}

// parseContinuation reads a typed continuation code; neither refusal counts as a try.
func parseContinuation(typed string) (string, error) {
	code, err := codes.ParseContinuation(typed)
	switch {
	case errors.Is(err, codes.ErrTypo):
		return "", recovery.Refuse("code-typo", "There is a typing mistake in this code. Check it again; this did not count as a try.", "").On("code")
	case err != nil:
		return "", recovery.Refuse("code-malformed", "Enter a code of 16 letters and numbers, like K7QP-2M9X-4TRC-8WV5.", "").On("code")
	}
	return code, nil
}

// unlocked refuses a sign-in while a recovery of the account is parked (R60).
func (c *Change) unlocked(ctx context.Context, account string) error {
	t, err := parkedOf(ctx, c.Tx.View, account, c.Now)
	if err != nil || t.ID == "" {
		return err
	}
	r := recovery.AccountParked(t, c.desk.Settings.InPerson)
	r.Matched = true // a live passkey of the account answered
	return r
}

// parkedOf is the account's parked ticket, a zero one when there is none.
func parkedOf(ctx context.Context, v store.View, account string, now int64) (recovery.Ticket, error) {
	open, err := v.OpenTicketsIn(ctx, []string{account})
	for _, t := range open {
		if t.Parked() && now < t.Due {
			return t, err
		}
	}
	return recovery.Ticket{}, err
}

// fillParking says in advance whether a ticket can be parked, until when, and
// whether anybody could decide on it instead (R60).
func (d *Desk) fillParking(ctx context.Context, v store.View, p *TicketPage, m proofing) error {
	t := p.Ticket
	if t.State != recovery.WaitingApproval && (t.State != recovery.Proofing || !p.Done) || t.Self() {
		return nil
	}
	p.MayPark = p.ClaimLive && recovery.MayPark(t, m.flow, p.Evidence, m.policy, m.ruling, d.now()) == nil
	p.ParkEnd = t.ParkEnd(p.Fresh, d.now())
	asked := recovery.Approval{Ticket: t.ID, Revision: t.Revision, Needed: max(1, t.ApprovalsNeeded), Groups: t.GroupsNeeded}
	all, err := v.ApprovalsOf(ctx, t.ID)
	for _, a := range all {
		if a.State == recovery.ApprovalWaiting {
			asked = a
		}
	}
	if err != nil {
		return err
	}
	could, err := d.candidates(ctx, v, asked, t, d.now())
	p.Nobody = Nobody(could)
	return err
}
