package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Origins of data. A database is born one or the other and stays it (R58).
const (
	OriginDemo  = "demo"
	OriginServe = "serve"
)

// Origin is how the data was born, "" before the first start.
func (d *Desk) Origin(ctx context.Context) (string, error) {
	return fact(ctx, d.view(), "origin")
}

// fact reads what is known about the installation, "" when nobody wrote it.
func fact(ctx context.Context, v store.View, name string) (string, error) {
	value, _, err := v.Meta(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return value, err
}

// StartServer records that a server starts: its version and the settings that bear on
// security, as they are in effect (R56). The first start marks the data's
// origin for good (R58); a start under the other origin is refused.
func (d *Desk) StartServer(ctx context.Context, origin string, facts map[string]string) error {
	return d.change(ctx, Actor{Kind: Machine}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		if err := c.born(ctx, origin); err != nil {
			return err
		}
		data := maps.Clone(facts)
		data["origin"] = origin
		return c.record(ctx, recovery.Event{Kind: recovery.ServerStarted, Data: data})
	})
}

// born marks the data, or refuses data that was born otherwise.
func (c *Change) born(ctx context.Context, origin string) error {
	was, err := fact(ctx, c.Tx.View, "origin")
	switch {
	case err != nil:
		return err
	case was == "":
		return c.Tx.SetMeta(ctx, "origin", origin)
	case was != origin:
		return recovery.Refuse("other-origin", fmt.Sprintf("This data was made by `countersign %s`.", was), "Give another data directory.")
	}
	return nil
}

// StopServer records that a server stops on purpose; a crash leaves no such entry.
func (d *Desk) StopServer(ctx context.Context) error {
	return d.change(ctx, Actor{Kind: Machine}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		return c.record(ctx, recovery.Event{Kind: recovery.ServerStopped})
	})
}

// ClockMoved records that the demo's clock goes forward by microseconds. It is
// refused outside of the demo, and backwards.
func (d *Desk) ClockMoved(ctx context.Context, by int64) error {
	return d.change(ctx, Actor{Kind: Machine}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		if !d.Settings.Demo || by <= 0 {
			return recovery.Refuse("clock-step", "Only the demo's clock moves, and only forward.", "")
		}
		return c.record(ctx, recovery.Event{Kind: recovery.ClockMoved, Data: map[string]string{"by": strconv.FormatInt(by, 10)}})
	})
}

// Seeded marks the demo's data as born one, and founded without a signed roster,
// and records that it is complete.
func (d *Desk) Seeded(ctx context.Context, counts map[string]string) error {
	return d.change(ctx, Actor{Kind: Machine}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		if !d.Settings.Demo {
			return recovery.Refuse("not-demo", "Only the demo is seeded.", "")
		}
		if err := c.born(ctx, OriginDemo); err != nil {
			return err
		}
		if err := c.Tx.SetMeta(ctx, factFounded, OriginDemo); err != nil {
			return err
		}
		data := maps.Clone(counts)
		data["founded"] = OriginDemo
		return c.record(ctx, recovery.Event{Kind: recovery.DemoSeeded, Data: data})
	})
}

// VoidInvites ends every printed invitation of a kind ("staff" or "holder"): the
// demo prints fresh ones at each start, and the unused older ones die.
func (d *Desk) VoidInvites(ctx context.Context, kind string) error {
	return d.change(ctx, Actor{Kind: Machine}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		open, err := c.Tx.OpenInvites(ctx, kind)
		if err != nil {
			return err
		}
		for _, i := range open {
			if i.Printed == 0 {
				continue
			}
			if err := c.Tx.VoidInvite(ctx, i.ID, c.Now); err != nil && !errors.Is(err, store.ErrConflict) {
				return err
			}
			if err := c.record(ctx, recovery.Event{Kind: recovery.StaffInviteVoid, Account: i.Account, Object: i.Person,
				Data: map[string]string{"invite": i.ID, "kind": i.Kind}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// House is what says whether the desk can work: how many people's roles count,
// and whether the founding roster is signed.
type House struct {
	Counting map[recovery.Role]int
	Founding Founding
}

// House counts whose roles count now, for doctor and metrics.
func (d *Desk) House(ctx context.Context) (House, error) {
	h := House{Counting: map[recovery.Role]int{}}
	for _, r := range recovery.Roles {
		ids, err := d.view().CountingStaff(ctx, r, d.now())
		if err != nil {
			return h, d.report(err)
		}
		h.Counting[r] = len(ids)
	}
	var err error
	h.Founding, err = d.founding(ctx, d.view(), d.now())
	return h, d.report(err)
}
