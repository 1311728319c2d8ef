package desk

import (
	"context"
	"slices"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// shown are the newest of an account's tickets, for pages.
func shown(all []recovery.Earlier) []recovery.Ticket {
	out := make([]recovery.Ticket, 0, min(len(all), earlierShown))
	for _, e := range all[:min(len(all), earlierShown)] {
		out = append(out, e.Ticket)
	}
	return out
}

// earlierOf lists the tickets of an account but one, newest first.
func earlierOf(ctx context.Context, v store.View, account, except string) ([]recovery.Earlier, error) {
	tickets, err := v.TicketsOf(ctx, account, earlierMax)
	if err != nil {
		return nil, err
	}
	var out []recovery.Earlier
	for _, t := range tickets {
		if t.ID == except {
			continue
		}
		e := recovery.Earlier{Ticket: t}
		if t.State == recovery.Failed {
			proofs, err := v.Evidence(ctx, t.ID)
			if err != nil {
				return nil, err
			}
			e.Proved = slices.ContainsFunc(proofs, func(p recovery.Evidence) bool { return p.Result == recovery.Passed })
		}
		out = append(out, e)
	}
	return out, nil
}

// extraSince is what makes a ticket stricter than its row, as the rows stand.
func extraSince(ctx context.Context, v store.View, earlier []recovery.Earlier, t recovery.Ticket, agents []string, p recovery.Policy) (recovery.Extra, error) {
	r := p.Stricter
	x := recovery.History(earlier, t.Source, r, t.Opened)
	x.Pressured = t.Pressured != 0
	x.LowerTier = recovery.LowerTier(earlier, t, r)
	addresses, err := v.Addresses(ctx, t.Account)
	if err != nil {
		return x, err
	}
	x.Uproots = t.Uproots(addresses, p.Channels)
	deniers, err := v.DeniedBy(ctx, t.Account, t.Opened-r.Repeat.Micros)
	if err != nil {
		return x, err
	}
	x.DeniedBefore = len(deniers) > 0
	for _, a := range agents {
		same, err := v.WorkedSince(ctx, t.Account, a, PartAgent, t.ID, t.Opened-r.SameAgent.Micros)
		if err != nil {
			return x, err
		}
		x.SameAgent = x.SameAgent || same
	}
	return x.Under(p), nil
}

// OtherTier is an earlier ticket of the account at another tier, as approvers and
// reviewers see it: what was asked, by whom, and how it ended (S13).
type OtherTier struct {
	Ticket recovery.Ticket
	By     string // name of the agent, "" for the holder
	Step   string // title of the step that failed
}

// otherTiers reads them for a ticket.
func (d *Desk) otherTiers(ctx context.Context, v store.View, t recovery.Ticket) ([]OtherTier, error) {
	rules, err := d.rules(ctx, v, d.now())
	if err != nil {
		return nil, err
	}
	earlier, err := earlierOf(ctx, v, t.Account, t.ID)
	if err != nil {
		return nil, err
	}
	var out []OtherTier
	for _, e := range recovery.OtherTiers(earlier, t, rules.Stricter) {
		o := OtherTier{Ticket: e.Ticket, Step: stepThatFailed(e.Ticket)}
		if o.Ticket.OpenedBy != "" {
			if o.By, err = nameOf(ctx, v, o.Ticket.OpenedBy); err != nil {
				return nil, err
			}
		}
		out = append(out, o)
	}
	return out, nil
}

// extra is what makes an open ticket stricter than its row: pages, statements
// and the review show the same sentences.
func (d *Desk) extra(ctx context.Context, v store.View, t recovery.Ticket, now int64) (recovery.Extra, error) {
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return recovery.Extra{}, err
	}
	earlier, err := earlierOf(ctx, v, t.Account, t.ID)
	if err != nil {
		return recovery.Extra{}, err
	}
	parts, err := d.partsOf(ctx, v, t, t.Opened)
	if err != nil {
		return recovery.Extra{}, err
	}
	x, err := extraSince(ctx, v, earlier, t, parts.Agents, rules.Policy)
	if err != nil {
		return x, err
	}
	letters, err := v.Letters(ctx, t.ID)
	x.InHand = slices.ContainsFunc(letters, func(l recovery.Letter) bool { return l.Kind == recovery.LetterInHand })
	return x, err
}
