package desk

import (
	"context"
	"errors"
	"fmt"

	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Delivery limits. A mail that no hop takes for a day becomes a letter task; the
// next hop itself retries for days (RFC 5321 §4.5.4.1).
const (
	mailGiveUp    = recovery.Day
	mailRetryMax  = 15 * recovery.Minute
	mailRetryBase = 5 * recovery.Second
)

// ErrExpired says that a message has nothing to say any more: its code has ended.
var ErrExpired = errors.New("what the message says has ended")

// Mail opens the sealed letter of a mail job and writes the message. A repeat of
// the job writes the same message with the same id.
func (d *Desk) Mail(ctx context.Context, j store.Job) (notify.Message, error) {
	if j.Ends != 0 && d.now() >= j.Ends {
		return notify.Message{}, ErrExpired
	}
	var l letter
	if err := d.unseal(j.Sealed, j.ID, &l); err != nil {
		return notify.Message{}, fmt.Errorf("mail job: %w", err)
	}
	m, err := compose(l)
	if err != nil {
		return m, err
	}
	m.To, m.ID = l.To, j.ID
	return m, nil
}

// MailAccepted notes that the next hop took a message. The first opening notice
// that is accepted at an independent address lets the recovery go on (R26).
func (d *Desk) MailAccepted(ctx context.Context, j store.Job) error {
	return d.change(ctx, Actor{Kind: System}, recovery.JobFailed, nil, func(ctx context.Context, c *Change) error {
		if err := c.Tx.FinishJob(ctx, j); err != nil {
			return err
		}
		if err := c.Tx.AcceptNotice(ctx, j.Object); err != nil {
			return err
		}
		n, err := c.Tx.Notice(ctx, j.Object)
		if err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.NoticeAccepted, Ticket: n.Ticket, Account: n.Account, Object: n.ID,
			Data: map[string]string{"notice": n.Kind, "address": n.Address}}); err != nil {
			return err
		}
		if n.Kind != string(recovery.NoticeOpened) || n.Ticket == "" {
			return nil
		}
		return c.openingAccepted(ctx, n)
	})
}

// MailDelayed gives a message back for a later try, with growing back-off.
func (d *Desk) MailDelayed(ctx context.Context, j store.Job, problem string) error {
	wait := mailRetryBase
	for i := int64(1); i < j.Tries && wait < mailRetryMax; i++ {
		wait *= 2
	}
	return d.report(d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
		return s.DelayJob(ctx, j, s.Now()+min(wait, mailRetryMax), problem)
	}))
}

// MailOver says whether a message has been tried for long enough.
func (d *Desk) MailOver(j store.Job) bool { return d.now()-j.Made >= mailGiveUp }

// MailFailed gives a message up. Inside a ticket it becomes a letter task that
// stays open and named (R26).
func (d *Desk) MailFailed(ctx context.Context, j store.Job, problem string) error {
	return d.change(ctx, Actor{Kind: System}, recovery.JobFailed, nil, func(ctx context.Context, c *Change) error {
		if err := c.Tx.FailJob(ctx, j, problem); err != nil {
			return err
		}
		if err := c.Tx.FailNotice(ctx, j.Object, problem); err != nil {
			return err
		}
		n, err := c.Tx.Notice(ctx, j.Object)
		if err != nil {
			return err
		}
		if n.Ticket != "" && n.Address != "" && n.Kind != string(recovery.NoticeIssuedCode) && n.Kind != string(recovery.NoticeIssuedText) {
			l := recovery.Letter{ID: d.newID(), Ticket: n.Ticket, Account: n.Account, Kind: recovery.LetterUndelivered, Made: c.Now}
			if err := c.Tx.AddLetter(ctx, l); err != nil {
				return err
			}
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.NoticeFailed, Ticket: n.Ticket, Account: n.Account, Object: n.ID,
			Data: map[string]string{"notice": n.Kind, "address": n.Address}, Detail: problem}); err != nil {
			return err
		}
		if n.Kind != string(recovery.NoticeOpened) || n.Ticket == "" {
			return nil
		}
		return c.openingInVain(ctx, n)
	})
}

// ClaimJob leases the job that is due longest; store.ErrNotFound when none is.
func (d *Desk) ClaimJob(ctx context.Context, worker string) (store.Job, error) {
	var j store.Job
	err := d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
		var err error
		j, err = s.ClaimJob(ctx, worker, jobLease)
		return err
	})
	return j, d.report(err)
}

// jobLease is how long a worker may take; a crashed worker's job waits as long.
const jobLease = recovery.Minute

// NextJob is how long until a job is due, at most a minute; negative means now.
func (d *Desk) NextJob(ctx context.Context) (int64, error) {
	at, err := d.view().NextJob(ctx)
	if err != nil || at == 0 || at >= never {
		return recovery.Minute, err
	}
	return min(at-d.now(), recovery.Minute), nil
}
