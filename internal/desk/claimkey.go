package desk

import (
	"context"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

const purposeClaimKey = "claim-key"

// BeginClaimKey asks the browser that holds a ticket for a security key that is
// still bound to the account. Refusals: those of the claim, a step or method
// that is not open, key-none.
func (d *Desk) BeginClaimKey(ctx context.Context, secret string) (Touch, error) {
	v := d.view()
	t, seen, err := claimOf(ctx, v, secret)
	if err == nil {
		err = d.mayType(ctx, v, t, seen)
	}
	if err != nil {
		return Touch{}, d.report(err)
	}
	factors, err := v.Factors(ctx, t.Account)
	if err != nil {
		return Touch{}, d.report(err)
	}
	around, err := d.around(ctx, v, t, d.now())
	if err != nil {
		return Touch{}, d.report(err)
	}
	var may []recovery.Factor
	for _, f := range factors {
		if stillBound(f, around) {
			may = append(may, f)
		}
	}
	return d.askPasskey(ctx, may, t.Account, "", store.Challenge{Purpose: purposeClaimKey, Subject: t.ID, Owner: t.ClaimHash})
}

// stillBound says whether a key proves something at the desk: it lives, nothing
// struck it off, and it is a thing of its own that cannot be copied.
func stillBound(f recovery.Factor, around recovery.Circumstances) bool {
	return f.Kind == recovery.Passkey && f.Struck(around) == "" && !f.BackupEligible
}

// ProveKey takes the answer of a key in the browser that holds the ticket: user
// verification, a counter that grew, a challenge that is spent before anything is
// verified and belongs to this ticket and browser alone.
func (d *Desk) ProveKey(ctx context.Context, actor Actor, secret string, answer Answer) error {
	t, _, err := claimOf(ctx, d.view(), secret)
	if err != nil {
		return d.report(err)
	}
	touch := &touched{purpose: purposeClaimKey, subject: t.ID, answer: answer}
	spend := func(ctx context.Context, c *Change) error { return touch.spendOf(ctx, c, t.ClaimHash) }
	return d.change(ctx, actor, recovery.ProofRefused, spend, func(ctx context.Context, c *Change) error {
		t, err := c.claimed(ctx, secret)
		if err != nil {
			return err
		}
		id, method, err := c.typedStep(ctx, t, recovery.ByAuthenticator)
		if err != nil {
			return err
		}
		if c.Now >= touch.spent.Ends {
			return errTouchLate
		}
		around, err := c.desk.around(ctx, c.Tx.View, t, c.Now)
		if err != nil {
			return err
		}
		f, err := c.passkeyAsked(ctx, t.Account, touch, func(f recovery.Factor) bool { return stillBound(f, around) })
		if err != nil {
			return err
		}
		if err := c.verifyPasskey(ctx, f, touch); err != nil {
			return err
		}
		return c.passed(ctx, t, recovery.Evidence{Step: id, Method: method, Channel: f.ID})
	})
}
