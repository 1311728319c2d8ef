package desk

import (
	"context"

	"countersign/internal/recovery"
)

// BrowserHash is what is stored of a known-browser cookie.
var BrowserHash = browserHash

// EndHolderSessions runs the part that recoveries use, in an act of its own.
func (d *Desk) EndHolderSessions(ctx context.Context, account string) error {
	return d.change(ctx, Actor{Kind: System}, recovery.HolderRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.endHolderSessions(ctx, account, "test"); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.HolderSignedOut, Account: account})
	})
}

// RetireCodes runs the part that recoveries use, in an act of its own.
func (d *Desk) RetireCodes(ctx context.Context, account, why string) error {
	return d.change(ctx, Actor{Kind: System}, recovery.CodesRefused, nil, func(ctx context.Context, c *Change) error {
		return c.retireCodes(ctx, account, "", why)
	})
}

// VouchingKeys counts the passkeys that may vouch for a population.
func VouchingKeys(all []recovery.Factor, p recovery.Population) int { return len(vouching(all, p)) }
