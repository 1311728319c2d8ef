package desk

import (
	"context"
	"fmt"
	"strconv"

	"countersign/internal/recovery"
)

// quiet says whether an event is about the end of a ticket whose opening was told
// to nobody yet: its notices are held back until a first proof, so its end is not
// told one by one either. Security hears of it in the day's digest
// (policy-defaults, "Notices").
func (c *Change) quiet(ctx context.Context, e recovery.Event) (bool, error) {
	switch e.Kind {
	case recovery.RunFailed, recovery.TicketExpired, recovery.TicketWithdrawn:
	default:
		return false, nil
	}
	if e.Ticket == "" {
		return false, nil
	}
	notices, err := c.Tx.NoticesOf(ctx, e.Ticket)
	for _, n := range notices {
		if n.Held != 0 {
			return true, err
		}
	}
	return false, err
}

// metaDigest names when the last digest of unproved openings was due.
const metaDigest = "unproved-digest"

// digestMax bounds the accounts that one digest names.
const digestMax = 50

// DigestUnproved tells security, once a day, on which accounts tickets were opened
// that nobody proved anything in and that the holder was not told about one by one.
// On a day without any it says nothing. The sweep calls it.
func (d *Desk) DigestUnproved(ctx context.Context) error {
	last, err := fact(ctx, d.view(), metaDigest)
	if err != nil || !digestDue(last, d.now()) {
		return d.report(err)
	}
	held, err := d.view().HeldOpenings(ctx, 0, d.now(), 1)
	if err != nil || len(held) == 0 {
		return d.report(err)
	}
	return d.change(ctx, Actor{Kind: System}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		last, err := fact(ctx, c.Tx.View, metaDigest)
		if err != nil || !digestDue(last, c.Now) {
			return err
		}
		since, _ := strconv.ParseInt(last, 10, 64)
		all, err := c.Tx.HeldOpenings(ctx, since, c.Now, digestMax)
		if err != nil || len(all) == 0 {
			return err
		}
		e := recovery.Event{Kind: recovery.UnprovedDigest, Data: map[string]string{"accounts": strconv.Itoa(len(all))}}
		for _, h := range all {
			e.What = append(e.What, fmt.Sprintf("account %s: tickets without a proof: %d", h.Account, h.Tickets))
		}
		if err := c.Tx.SetMeta(ctx, metaDigest, strconv.FormatInt(c.Now, 10)); err != nil {
			return err
		}
		return c.record(ctx, e)
	})
}

func digestDue(last string, now int64) bool {
	at, _ := strconv.ParseInt(last, 10, 64)
	return now-at >= recovery.Day
}
