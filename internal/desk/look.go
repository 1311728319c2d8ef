package desk

import (
	"context"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Whoami is the actor's standing now, for the top bar.
func (d *Desk) Whoami(ctx context.Context, actor Actor) (recovery.Staff, error) {
	return d.staff(ctx, actor)
}

// SessionLives says whether a session is neither ended nor past its end, nor
// left idle: what a live page asks again while it is open.
func (d *Desk) SessionLives(ctx context.Context, id string) (bool, error) {
	s, err := d.view().Session(ctx, id)
	return err == nil && live(s, d.now()), err
}

// changedMax bounds how many entries one look at the ledger reads.
const changedMax = 500

// ChangedSince says how far the ledger is and which tickets have entries since
// an earlier size, for live pages. Since 0 answers the size only.
func (d *Desk) ChangedSince(ctx context.Context, since int64) (int64, []string, error) {
	head, err := d.view().LedgerHead(ctx)
	if err != nil || since == 0 || head.Size == since {
		return head.Size, nil, err
	}
	rows, err := d.view().LedgerEntries(ctx, store.LedgerFilter{Limit: min(head.Size-since, changedMax)})
	if err != nil {
		return since, nil, err
	}
	seen := map[string]bool{}
	var tickets []string
	for _, r := range rows {
		if t := r.Entry.Ticket; t != "" && !seen[t] {
			seen[t] = true
			tickets = append(tickets, t)
		}
	}
	return head.Size, tickets, nil
}
