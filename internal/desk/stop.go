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
	return p, recovery.MayStop(t, d.now())
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
	case s.Ticket == "":
		return s, recovery.Ticket{}, nil
	}
	t, err := v.Ticket(ctx, s.Ticket)
	return s, t, err
}

// Stop is "this was not me": the ticket is frozen, its proofs, requests, codes,
// attempts and recovery sessions are dead at once, the code sets are retired and
// security is told (R24, R35). Within 30 days after completion also everything
// enrolled since the ticket opened is suspended, every session of the account
// ends, and the ticket is open again as a suspected takeover (R29). Whatever the
// message was about, every other recovery that is under way on the account is
// frozen too, and no browser counts as known any more (R41). The link works
// once, from every address that was told, old ones too.
// Refusals: link-used, link-ended, already-stopped.
func (d *Desk) Stop(ctx context.Context, actor Actor, token string) error {
	return d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		s, t, err := stopOf(ctx, c.Tx.View, token, c.Now)
		if err != nil {
			return err
		}
		c.concern(s.Ticket, s.Account)
		if err := c.Tx.UseStop(ctx, s.TokenHash); err != nil {
			return err
		}
		data := map[string]string{"address": s.Address}
		if s.Ticket == "" {
			err = c.stopAccount(ctx, s, data)
		} else {
			err = c.freeze(ctx, t, data)
		}
		if err != nil {
			return err
		}
		if err := c.freezeOthers(ctx, s); err != nil {
			return err
		}
		if err := c.Tx.ForgetBrowsers(ctx, s.Account); err != nil {
			return err
		}
		if err := c.retireCodes(ctx, s.Account, "", WhyStopped); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.Stopped, Ticket: s.Ticket, Account: s.Account, Data: data})
	})
}

// stopAccount is Stop for a message that was about no recovery: the sessions of
// the account end, an invitation is void, and what a mailed link set up since
// the message was written is suspended.
func (c *Change) stopAccount(ctx context.Context, s store.Stop, data map[string]string) error {
	if _, err := c.Tx.VoidInvitesOf(ctx, s.Account); err != nil {
		return err
	}
	a, err := c.Tx.Account(ctx, s.Account)
	if err != nil {
		return err
	}
	if a.MailedLink == 0 || a.MailedLink < s.Made {
		return c.endHolderSessions(ctx, s.Account, WhyStopped)
	}
	return c.undo(ctx, recovery.Ticket{Account: s.Account, Opened: s.Made}, data)
}

// freezeOthers stops the recoveries of the account that are under way, other
// than the one the message was about: a thief must not go on beside it.
func (c *Change) freezeOthers(ctx context.Context, s store.Stop) error {
	all, err := earlierOf(ctx, c.Tx.View, s.Account, s.Ticket)
	if err != nil {
		return err
	}
	for _, e := range all {
		if !e.Blocks() {
			continue
		}
		data := map[string]string{"address": s.Address}
		if err := c.freeze(ctx, e.Ticket, data); err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.Stopped, Ticket: e.Ticket.ID, Account: s.Account, Data: data}); err != nil {
			return err
		}
	}
	return nil
}

// freeze stops one ticket; data is told what that took.
func (c *Change) freeze(ctx context.Context, t recovery.Ticket, data map[string]string) error {
	if err := recovery.MayStop(t, c.Now); err != nil {
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

// EraseFactors forgets, for good, factors whose recovery was completed 30 days
// ago and not stopped since (R29). The sweep calls it.
func (d *Desk) EraseFactors(ctx context.Context) error {
	due, err := d.view().ErasableFactors(ctx, d.now()-recovery.StopLife, sweepBatch)
	if err != nil || len(due) == 0 {
		return d.report(err)
	}
	return d.change(ctx, Actor{Kind: System}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		due, err := c.Tx.ErasableFactors(ctx, c.Now-recovery.StopLife, sweepBatch)
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
