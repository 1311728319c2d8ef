package desk

import (
	"context"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// passesShown bounds the list of live Passes, and how many one act revokes: a house
// with more has other worries. Ours.
const passesShown = 200

// RevokePass ends one live Pass at once: its session and what could still be
// enrolled in it (R20). By an administrator or somebody of security, with a key
// touched lately. The holder and security are told. Refused: pass-over.
func (d *Desk) RevokePass(ctx context.Context, actor Actor, reference string) error {
	return d.change(ctx, actor, recovery.PassRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.mayRevoke(ctx); err != nil {
			return err
		}
		t, err := c.Tx.TicketByReference(ctx, reference)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		c.at("/threat")
		return c.revoke(ctx, t)
	})
}

// RevokePasses ends every live Pass in one act. Refused like RevokePass, and
// pass-over when there is none.
func (d *Desk) RevokePasses(ctx context.Context, actor Actor) error {
	return d.change(ctx, actor, recovery.PassRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.mayRevoke(ctx); err != nil {
			return err
		}
		all, err := c.Tx.LivePasses(ctx, c.Now, passesShown)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return recovery.MayRevoke(recovery.Ticket{}, c.Now)
		}
		for _, t := range all {
			if err := c.revoke(ctx, t); err != nil {
				return err
			}
		}
		c.at("/threat")
		return nil
	})
}

func (c *Change) mayRevoke(ctx context.Context) error {
	staff, err := c.staffer(ctx, recovery.Roles...)
	if err != nil {
		return err
	}
	if err := recovery.MayRevokeAs(staff, c.Now); err != nil {
		return err
	}
	return c.fresh(ctx)
}

func (c *Change) revoke(ctx context.Context, t recovery.Ticket) error {
	if err := recovery.MayRevoke(t, c.Now); err != nil {
		return err
	}
	if _, err := c.lapseTo(ctx, t, "revoked"); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.PassRevoked, Ticket: t.ID, Account: t.Account, What: []string{"The Pass was revoked. It gave what it gave until now, and nothing more."}})
}

// livePasses are those that a reader of the house may see.
func livePasses(ctx context.Context, v store.View, s recovery.Staff, now int64) ([]recovery.Ticket, error) {
	if s.Outsourced {
		return nil, nil
	}
	return v.LivePasses(ctx, now, passesShown)
}

// PassView is what a ticket's page says about its Pass.
type PassView struct {
	Duty    recovery.ReEnrolment // to enrol; the zero one when the ticket owes none
	Revokes bool                 // the reader may revoke a Pass
}

func passView(ctx context.Context, v store.View, t recovery.Ticket, s recovery.Staff, now int64) (p PassView, err error) {
	p.Revokes = recovery.MayRevokeAs(s, now) == nil
	p.Duty, _, err = openDuty(ctx, v, t.ID)
	return p, err
}
