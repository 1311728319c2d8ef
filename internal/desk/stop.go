package desk

import (
	"context"
	"errors"
	"strconv"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// StopPage is what "this was not me" shows before anything is done: a mail
// scanner may follow the link, so only a POST stops (class B18).
type StopPage struct {
	Reference string // "" when the message was about no recovery
	Event     recovery.EventID
	Opened    int64
	Completed int64
	Stopped   bool // somebody stopped it already
}

// StopPage reads what a stop link is about. Refusals link-used and link-ended.
func (d *Desk) StopPage(ctx context.Context, token string) (StopPage, error) {
	v := d.view()
	s, t, err := stopOf(ctx, v, token, d.now())
	if err != nil {
		return StopPage{}, d.report(err)
	}
	if s.Ticket == "" {
		return StopPage{}, nil
	}
	p := StopPage{Reference: t.Reference, Event: t.Event, Opened: t.Opened, Completed: t.Completed, Stopped: t.State == recovery.Frozen}
	if p.Stopped {
		return p, nil
	}
	rules, err := d.rules(ctx, v, d.now())
	if err != nil {
		return p, d.report(err)
	}
	return p, recovery.MayStop(t, rules.After, d.now())
}

// stopOf finds a live stop link with its ticket, if it has one.
func stopOf(ctx context.Context, v store.View, token string, now int64) (store.Stop, recovery.Ticket, error) {
	token, err := codes.ParseToken(token)
	if err != nil {
		return store.Stop{}, recovery.Ticket{}, recovery.LinkOver(false)
	}
	s, err := v.StopByToken(ctx, codes.HashToken("stop", token))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return s, recovery.Ticket{}, recovery.LinkOver(false)
	case err != nil:
		return s, recovery.Ticket{}, err
	case s.Used != 0 || now >= s.Ends:
		return s, recovery.Ticket{}, recovery.LinkOver(s.Used != 0)
	}
	t, err := ticketOfStop(ctx, v, s)
	return s, t, err
}

// ticketOfStop is the ticket that a message was about, the zero one when it was
// about none.
func ticketOfStop(ctx context.Context, v store.View, s store.Stop) (recovery.Ticket, error) {
	if s.Ticket == "" {
		return recovery.Ticket{}, nil
	}
	return v.Ticket(ctx, s.Ticket)
}

// Stop is "this was not me": the ticket is frozen, its proofs, requests, codes,
// attempts and recovery sessions are dead at once, the code sets are retired and
// security is told (R24, R35). Within 30 days after completion also everything
// enrolled since the ticket opened is suspended, every session of the account
// ends, and the ticket is open again as a suspected takeover (R29). Whatever the
// message was about, every other recovery of the account that is under way, or was
// completed since, is stopped too, travel windows registered since are cancelled, and
// no browser counts as known any more (R41).
// The link works once, from every address that was told, old ones too.
// Refusals: link-used, link-ended, already-stopped.
func (d *Desk) Stop(ctx context.Context, actor Actor, token string) error {
	return d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		s, t, err := stopOf(ctx, c.Tx.View, token, c.Now)
		if err != nil {
			return err
		}
		return c.stop(ctx, s, t)
	})
}

// StopByCode is Stop with the code of the same message, typed where the link cannot
// be followed. Refused without counting: stop-typo. Refused in the same words,
// whatever the cause, and counted by address: stop-code-over.
func (d *Desk) StopByCode(ctx context.Context, actor Actor, typed string) error {
	code, err := codes.ParseStopCode(typed)
	if err != nil {
		return recovery.Refuse("stop-typo", "A stop code has 10 letters and numbers, like K7QP2-M9X4T.", "Check it again; this did not count as a try.").On("code")
	}
	guess := try{method: "stop", prefix: recovery.Prefix(actor.IP)}
	if shut, err := d.closed(ctx, guess); err != nil || shut {
		return closedAs(recovery.CodeOver(""), d.report(err))
	}
	hash := codes.HashStopCode(d.Keys.Pepper, code)
	return d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		if shut, err := c.closed(ctx, guess); err != nil || shut {
			return closedAs(recovery.CodeOver(""), err)
		}
		s, err := c.Tx.StopByCode(ctx, hash)
		if errors.Is(err, store.ErrNotFound) {
			return c.countedTry(guess, recovery.CodeOver(""))
		}
		if err != nil {
			return err
		}
		return c.stopTyped(ctx, s, guess)
	})
}

// stopTyped stops what a code that exists belongs to. Why it stops nothing is for
// the record only.
func (c *Change) stopTyped(ctx context.Context, s store.Stop, guess try) error {
	t, err := ticketOfStop(ctx, c.Tx.View, s)
	if err != nil {
		return err
	}
	c.concern(s.Ticket, s.Account)
	err = recovery.LinkOver(s.Used != 0)
	if s.Used == 0 && c.Now < s.Ends {
		err = c.stop(ctx, s, t)
	}
	var refusal *recovery.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	refusal = recovery.CodeOver(refusal.Code)
	if err := c.matched(ctx, s.CodeHash, refusal); err != nil {
		return err
	}
	return c.countedTry(guess, refusal)
}

// stop does what "this was not me" means.
func (c *Change) stop(ctx context.Context, s store.Stop, t recovery.Ticket) error {
	c.concern(s.Ticket, s.Account)
	if err := c.Tx.UseStop(ctx, s.TokenHash); err != nil {
		return err
	}
	others, err := c.reached(ctx, s, t)
	if err != nil {
		return err
	}
	data := map[string]string{"address": s.Address}
	switch may := recovery.MayStop(t, c.Rules.After, c.Now); {
	case s.Ticket == "":
		err = c.endHolderSessions(ctx, s.Account, WhyStopped)
	case may == nil:
		err = c.freeze(ctx, t, data)
	case len(others) == 0:
		err = may
	}
	if err != nil {
		return err
	}
	if err := c.freezeAll(ctx, s, others); err != nil {
		return err
	}
	if err := c.Tx.ForgetBrowsers(ctx, s.Account); err != nil {
		return err
	}
	if err := c.cancelTrips(ctx, s.Account, doubtFrom(s, t), WhyStopped); err != nil {
		return err
	}
	if err := c.retireCodes(ctx, s.Account, "", WhyStopped); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.Stopped, Ticket: s.Ticket, Account: s.Account, Data: data})
}

// doubtFrom is from when on what happened to the account is in doubt.
func doubtFrom(s store.Stop, t recovery.Ticket) int64 {
	if s.Ticket == "" {
		return s.Made
	}
	return t.Opened
}

// reached are the other tickets of the account that the stop is about as well.
func (c *Change) reached(ctx context.Context, s store.Stop, t recovery.Ticket) ([]recovery.Ticket, error) {
	all, err := earlierOf(ctx, c.Tx.View, s.Account, s.Ticket)
	var out []recovery.Ticket
	for _, e := range all {
		if e.Reached(doubtFrom(s, t), c.Rules.After, c.Now) {
			out = append(out, e.Ticket)
		}
	}
	return out, err
}

// freezeAll stops tickets that the message was not about.
func (c *Change) freezeAll(ctx context.Context, s store.Stop, all []recovery.Ticket) error {
	for _, t := range all {
		data := map[string]string{"address": s.Address}
		if err := c.freeze(ctx, t, data); err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.Stopped, Ticket: t.ID, Account: s.Account, Data: data}); err != nil {
			return err
		}
	}
	return nil
}

// freeze stops one ticket; data is told what that took.
func (c *Change) freeze(ctx context.Context, t recovery.Ticket, data map[string]string) error {
	if err := recovery.MayStop(t, c.Rules.After, c.Now); err != nil {
		return err
	}
	if t.Completed != 0 {
		if err := c.undo(ctx, t, data); err != nil {
			return err
		}
	}
	if err := c.closeRecovery(ctx, t, WhyStopped); err != nil {
		return err
	}
	if _, err := c.Tx.VoidApprovals(ctx, t.ID); err != nil {
		return err
	}
	if err := c.Tx.VoidEvidence(ctx, t.ID); err != nil {
		return err
	}
	data["from"] = string(t.State)
	after := t.Stop(c.Now)
	if after.State == t.State {
		return c.Tx.SaveTicket(ctx, t, after)
	}
	return c.move(ctx, t, after)
}

// undo takes back what a completed recovery let in.
func (c *Change) undo(ctx context.Context, t recovery.Ticket, data map[string]string) error {
	all, err := c.Tx.Factors(ctx, t.Account)
	if err != nil {
		return err
	}
	in := recovery.EnrolledSince(t, all)
	for _, f := range in {
		if err := c.Tx.SuspendFactor(ctx, f.ID, t.ID, c.Now); err != nil {
			return err
		}
	}
	data["suspended"] = strconv.Itoa(len(in))
	return c.endHolderSessions(ctx, t.Account, WhyStopped)
}

// EraseFactors forgets, for good, factors whose recovery was completed so long
// ago that Stop no longer reaches it, and not stopped since (R29). The sweep
// calls it.
func (d *Desk) EraseFactors(ctx context.Context) error {
	rules, err := d.rules(ctx, d.view(), d.now())
	if err != nil {
		return d.report(err)
	}
	due, err := d.view().ErasableFactors(ctx, d.now()-rules.After.Stop.After(0), sweepBatch)
	if err != nil || len(due) == 0 {
		return d.report(err)
	}
	return d.change(ctx, Actor{Kind: System}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		due, err := c.Tx.ErasableFactors(ctx, c.Now-c.Rules.After.Stop.After(0), sweepBatch)
		if err != nil {
			return err
		}
		for _, f := range due {
			if err := c.Tx.EraseFactor(ctx, f.ID, c.Now); err != nil {
				return err
			}
			if err := c.record(ctx, recovery.Event{Kind: recovery.FactorErased, Ticket: f.SuspendedBy, Account: f.Account, Object: f.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}
