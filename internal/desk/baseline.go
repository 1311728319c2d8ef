package desk

import (
	"context"
	"fmt"
	"strconv"

	"countersign/internal/recovery"
)

// baseline is what the directory held when the founding roster was filed. Until
// everybody on the roster has signed it, values count from when they were first
// seen; from the signature on they count as unchanged, known by baseline only.
// There is one, because a house is founded once: every later first sight and
// change waits (R27).
type baseline struct {
	Accounts int    `json:"accounts"`
	Digest   string `json:"digest"` // SHA-256 of every value on record
}

// baseline reads it from the rows as they are now.
func (c *Change) baseline(ctx context.Context) (baseline, error) {
	n, digest, err := c.Tx.DirectoryDigest(ctx)
	return baseline{n, digest}, err
}

func (b baseline) lines() []string {
	return []string{fmt.Sprintf("+ baseline: the directory data of %d accounts counts as unchanged from now on", b.Accounts), "+ baseline SHA-256 " + b.Digest}
}

// signBaseline lets the values count that were signed for. Refused when the
// directory is not what it was when the roster was filed.
func (c *Change) signBaseline(ctx context.Context, signed baseline, proposal string) error {
	now, err := c.baseline(ctx)
	if err != nil {
		return err
	}
	if now != signed {
		return recovery.Refuse("baseline-changed", "The directory data changed since the roster was filed, so nobody has signed for it as it is.", "File the roster again.")
	}
	if err := c.Tx.SignBaseline(ctx); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.BaselineSigned, Object: proposal,
		Data: map[string]string{"proposal": proposal, "accounts": strconv.Itoa(signed.Accounts), "digest": signed.Digest}})
}
