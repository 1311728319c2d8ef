package desk

import (
	"context"

	"countersign/internal/recovery"
)

// ChangeForTest lets tests of the seam run an act of their own.
func (d *Desk) ChangeForTest(ctx context.Context, a Actor, refused recovery.EventKind, keep, fn func(context.Context, *Change) error) error {
	return d.change(ctx, a, refused, keep, fn)
}

// RecordForTest records from within such an act.
func (c *Change) RecordForTest(ctx context.Context, e recovery.Event) error { return c.record(ctx, e) }

// AtForTest says where the form leads.
func (c *Change) AtForTest(to string) { c.at(to) }
