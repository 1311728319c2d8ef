package desk

import (
	"context"
	"slices"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// counts says whether an opening notice at an address lets the recovery go on: the
// address is independent, and it has carried no proof in this ticket so far (R26).
func (d *Desk) counts(ctx context.Context, v store.View, t recovery.Ticket, proofs []recovery.Evidence, now int64) (func(address string) bool, error) {
	addresses, err := v.Addresses(ctx, t.Account)
	if err != nil {
		return nil, err
	}
	around, err := d.around(ctx, v, t, now)
	return func(address string) bool {
		return !carried(address, proofs) && slices.ContainsFunc(addresses, func(a recovery.Address) bool { return a.ID == address && a.Independent(around) })
	}, err
}

// carried says whether a channel carried a proof of the ticket that still stands.
func carried(channel string, all []recovery.Evidence) bool {
	return slices.ContainsFunc(all, func(e recovery.Evidence) bool { return e.Channel == channel && e.Void == 0 })
}

// openingAccepted starts the objection window when the notice counts.
func (c *Change) openingAccepted(ctx context.Context, n store.NoticeRow) error {
	t, err := c.Tx.Ticket(ctx, n.Ticket)
	if err != nil || t.NoticeAccepted != 0 || t.State.Resting() {
		return err
	}
	proofs, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	counts, err := c.desk.counts(ctx, c.Tx.View, t, proofs, c.Now)
	if err != nil {
		return err
	}
	if !counts(n.Address) {
		return c.openingInVain(ctx, n)
	}
	return c.noticeAccepted(ctx, t)
}

// openingInVain makes the notice, which failed or was accepted where it does not
// count, a task to hand over when no address is left that could take it.
func (c *Change) openingInVain(ctx context.Context, n store.NoticeRow) error {
	t, err := c.Tx.Ticket(ctx, n.Ticket)
	if err != nil || t.Self() || t.State.Resting() {
		return err
	}
	proofs, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	if reached, err := c.desk.tells(ctx, c.Tx.View, t, proofs, c.Now); err != nil || reached {
		return err
	}
	return c.inHand(ctx, t)
}

// tells says whether the opening notice of a ticket was accepted where it counts,
// or still can be. One that was accepted where it did not count then is no more news.
func (d *Desk) tells(ctx context.Context, v store.View, t recovery.Ticket, proofs []recovery.Evidence, now int64) (bool, error) {
	if t.NoticeAccepted != 0 {
		return true, nil
	}
	notices, err := v.NoticesOf(ctx, t.ID)
	if err != nil {
		return false, err
	}
	counts, err := d.counts(ctx, v, t, proofs, now)
	return err == nil && slices.ContainsFunc(notices, func(n store.NoticeRow) bool {
		return n.Kind == string(recovery.NoticeOpened) && n.Accepted == 0 && n.Failed == 0 && counts(n.Address)
	}), err
}

// inHand opens the task to hand the opening notice over.
func (c *Change) inHand(ctx context.Context, t recovery.Ticket) error {
	return c.Tx.AddLetter(ctx, recovery.Letter{ID: c.desk.newID(), Ticket: t.ID, Account: t.Account, Kind: recovery.LetterInHand, Made: c.Now})
}

// handedBack takes back that the opening notice was put into somebody's hands: the
// comparison that it rested on is void, so it is a task again. It answers the notice
// and the window that are left.
func (c *Change) handedBack(ctx context.Context, t recovery.Ticket) (accepted, window int64, err error) {
	inHand, err := c.Tx.ReopenLetter(ctx, t.ID, recovery.LetterInHand, t.NoticeAccepted)
	if err != nil || inHand {
		return 0, 0, err
	}
	return t.NoticeAccepted, t.WindowEnds, nil
}

// handedOver starts the objection window as an accepted notice does: an agent of the
// ticket put it into the hands of the holder, who was compared on site (R26). Where
// nothing waits for it any more, it is a letter like every other.
func (c *Change) handedOver(ctx context.Context, t recovery.Ticket) error {
	if t.NoticeAccepted != 0 || t.State.Resting() || t.State == recovery.Frozen {
		return nil
	}
	t, err := c.work(ctx, t.Reference)
	if err != nil {
		return err
	}
	proofs, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	if err := recovery.MayHandOver(t, proofs); err != nil {
		return err
	}
	return c.noticeAccepted(ctx, t)
}
