package desk

import (
	"context"
	"slices"
	"strconv"

	"countersign/internal/recovery"
)

// tells counts accounts whose holders a plan writes to.
func (p plan) tells() int {
	n := len(p.moves)
	for _, t := range p.changed {
		if len(t.lines()) > 0 {
			n++
		}
	}
	return n
}

// runs are the values that a plan puts on record or takes off.
func (p plan) runs() []recovery.ValueRun {
	var out []recovery.ValueRun
	for _, t := range p.changed {
		out = append(out, t.runs...)
	}
	return out
}

// lines tell the holder what else than addresses changed.
func (t turn) lines() []string {
	var out []string
	for _, v := range t.diff.Values {
		if recovery.Told(v.Field) {
			out = append(out, recovery.FieldWords[v.Field]+": "+orNone(v.Before)+" → "+orNone(v.After))
		}
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// turned tells those whom the change of an account is about: its holder at every
// address, and whoever answered for it or does now. An account that ends loses
// its sessions, codes and ways to sign in.
func (c *Change) turned(ctx context.Context, t turn) error {
	if lines := t.lines(); len(lines) > 0 {
		e := recovery.Event{Kind: recovery.EvidenceChanged, Account: t.diff.ID, What: lines, People: t.told, Until: c.Rules.Channels.OldNotice.After(c.Now),
			Data: map[string]string{"values": strconv.Itoa(len(lines)), "people": strconv.Itoa(len(t.told))}}
		if err := c.record(ctx, e); err != nil {
			return err
		}
	}
	if t.before.Ended == 0 && t.after.Ended != 0 {
		return c.accountEnds(ctx, t.diff.ID)
	}
	return nil
}

func (c *Change) accountEnds(ctx context.Context, account string) error {
	if err := c.endHolderSessions(ctx, account, "account-ended"); err != nil {
		return err
	}
	if err := c.retireCodes(ctx, account, "", WhyAccountEnded); err != nil {
		return err
	}
	factors, err := c.Tx.Factors(ctx, account)
	if err != nil {
		return err
	}
	factors = slices.DeleteFunc(factors, func(f recovery.Factor) bool { return !f.Live() })
	for _, f := range factors {
		if err := c.Tx.SuspendFactor(ctx, f.ID, "account-ended", c.Now); err != nil {
			return err
		}
	}
	return c.record(ctx, recovery.Event{Kind: recovery.AccountEnded, Account: account, Data: map[string]string{"factors": strconv.Itoa(len(factors))}})
}

// moveAddresses changes an existing account's addresses; the event tells the
// holder at the new and, for 90 days, at the old ones (R27).
func (c *Change) moveAddresses(ctx context.Context, m move) error {
	for _, a := range m.end {
		if err := c.Tx.EndAddress(ctx, a.ID, c.Now); err != nil {
			return err
		}
	}
	for _, a := range m.revive {
		if err := c.Tx.ReviveAddress(ctx, a.ID, c.Now); err != nil {
			return err
		}
	}
	people, err := c.hearsOfNumber(ctx, m)
	if err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.AddressReplaced, Account: m.account, Until: c.Rules.Channels.OldNotice.After(c.Now), What: m.lines(), People: people,
		Data: map[string]string{"added": strconv.Itoa(len(m.add) + len(m.revive)), "ended": strconv.Itoa(len(m.end))}})
}

// hearsOfNumber is whoever is told in the holder's stead when a number changes,
// because nothing can be written to it: the manager.
func (c *Change) hearsOfNumber(ctx context.Context, m move) ([]string, error) {
	phone := func(a recovery.Address) bool { return a.Kind == recovery.Phone }
	if !slices.ContainsFunc(slices.Concat(m.add, m.end, m.revive), phone) {
		return nil, nil
	}
	a, err := c.Tx.Account(ctx, m.account)
	if err != nil || a.Manager == "" {
		return nil, err
	}
	return []string{a.Manager}, nil
}
