package store

import (
	"context"
	"errors"

	"countersign/internal/recovery"
)

// Lease takes or renews an agent's hold: free, ended, or the agent's own. A
// holder who is typing a note still holds it: the draft says when that was.
func (t *Tx) Lease(ctx context.Context, ticket, person string, until int64) error {
	n, err := exec(ctx, t.tx, "lease a ticket", `
		UPDATE tickets SET lease_person = $2, lease_until = $3 WHERE id = $1 AND (lease_person = $2 OR lease_until <= $4
			AND NOT EXISTS (SELECT 1 FROM drafts d WHERE d.person = tickets.lease_person AND d.ticket = tickets.id AND d.at > $5))`,
		ticket, person, until, t.now, t.now-recovery.LeaseLife)
	return exactlyOne("lease a ticket", n, err)
}

// TakeLease gives a ticket from the agent who was seen to hold it to another;
// person "" gives it back to the queue.
func (t *Tx) TakeLease(ctx context.Context, ticket, from, person string, until int64) error {
	return t.guarded(ctx, "take a lease", `
		UPDATE tickets SET lease_person = $3, lease_until = $4 WHERE id = $1 AND lease_person = $2`, ticket, from, person, until)
}

// RenewLease renews a lease that is the person's own; nobody else's is touched.
func (t *Tx) RenewLease(ctx context.Context, ticket, person string, until int64) error {
	_, err := t.exec(ctx, "renew a lease", `UPDATE tickets SET lease_until = $3 WHERE id = $1 AND lease_person = $2`, ticket, person, until)
	return err
}

// SaveNext keeps the next deadline that pages show.
func (t *Tx) SaveNext(ctx context.Context, ticket string, at int64, what string) error {
	return t.guarded(ctx, "save the next deadline", `UPDATE tickets SET next_due = $2, next_what = $3 WHERE id = $1`, ticket, at, what)
}

// CodeEnds is when the live code of a ticket stops working, 0 when there is none.
func (v View) CodeEnds(ctx context.Context, ticket string) (int64, error) {
	return get(ctx, v, "read a code's end", one[int64], `
		SELECT COALESCE(MAX(ends), 0) FROM issued_codes WHERE ticket = $1 AND spent = 0 AND void = 0`, ticket)
}

// Begun says whether the first step of a ticket was begun: a code was sent, or
// something was recorded.
func (v View) Begun(ctx context.Context, ticket string) (bool, error) {
	_, err := get(ctx, v, "see whether a ticket was begun", one[int64], `
		SELECT 1 FROM issued_codes WHERE ticket = $1 UNION ALL SELECT 1 FROM evidence WHERE ticket = $1 LIMIT 1`, ticket)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Draft is a note that is not kept yet.
type Draft struct {
	Person, Ticket, Text string
	At                   int64
}

// Drafts lists the unfinished notes on a ticket, newest first. They are shown
// to their own author only; of others a page shows that they are typing.
func (v View) Drafts(ctx context.Context, ticket string) ([]Draft, error) {
	return list(ctx, v, "list drafts", func(s scanner) (Draft, error) {
		var d Draft
		err := s.Scan(&d.Person, &d.Ticket, &d.Text, &d.At)
		return d, err
	}, `SELECT person, ticket, text, at FROM drafts WHERE ticket = $1 ORDER BY at DESC, person LIMIT 20`, ticket)
}

// SaveDraft keeps what somebody is typing; one draft a person and ticket.
func (s *Scratch) SaveDraft(ctx context.Context, person, ticket, text string) error {
	_, err := s.exec(ctx, "save a draft", `
		INSERT INTO drafts (person, ticket, text, at) VALUES ($1, $2, $3, $4) ON CONFLICT (person, ticket) DO UPDATE SET text = $3, at = $4`,
		person, ticket, text, s.now)
	return err
}

// DropDraft forgets a draft whose note is kept.
func (t *Tx) DropDraft(ctx context.Context, person, ticket string) error {
	_, err := t.exec(ctx, "drop a draft", `DELETE FROM drafts WHERE person = $1 AND ticket = $2`, person, ticket)
	return err
}
