package store

import (
	"context"

	"countersign/internal/recovery"
)

// LostKey is the report that a staff key is out of its owner's hands.
type LostKey struct {
	Key             string
	Since, Reported int64
	By              string
}

// LostKey reads the report of a key.
func (v View) LostKey(ctx context.Context, key string) (LostKey, error) {
	return get(ctx, v, "read a lost key", func(s scanner) (LostKey, error) {
		var l LostKey
		err := s.Scan(&l.Key, &l.Since, &l.Reported, &l.By)
		return l, err
	}, `SELECT key_id, since, reported, by_person FROM lost_keys WHERE key_id = $1`, key)
}

// ReportKey writes the report of a key, once.
func (t *Tx) ReportKey(ctx context.Context, l LostKey) error {
	return t.insert(ctx, "report a key", `INSERT INTO lost_keys (key_id, since, reported, by_person) VALUES ($1, $2, $3, $4)`, l.Key, l.Since, l.Reported, l.By)
}

// TicketsApprovedWith lists the tickets that a key approved since a moment, in
// requests that still stand, oldest first.
func (v View) TicketsApprovedWith(ctx context.Context, key string, since, limit int64) ([]recovery.Ticket, error) {
	return list(ctx, v, "list a key's tickets", scanTicket, `SELECT `+ticketColumns+` FROM tickets t
		WHERE t.id IN (SELECT g.ticket FROM signatures g JOIN approvals a ON a.id = g.approval
			WHERE g.key_id = $1 AND g.decision = 'approve' AND g.at >= $2 AND a.state IN ('waiting', 'approved')) ORDER BY t.opened, t.id LIMIT $3`, key, since, limit)
}

// LookAgain notes that a ticket is reviewed again because of a lost key.
func (t *Tx) LookAgain(ctx context.Context, ticket, key string) error {
	return t.insert(ctx, "look at a ticket again", `INSERT INTO second_looks (ticket, key_id, at) VALUES ($1, $2, $3)`, ticket, key, t.now)
}

// SecondLooks lists the keys because of which a ticket is reviewed again.
func (v View) SecondLooks(ctx context.Context, ticket string) ([]string, error) {
	return list(ctx, v, "list second looks", one[string], `SELECT key_id FROM second_looks WHERE ticket = $1 ORDER BY at, key_id`, ticket)
}

// LookedAtAgain lists the tickets under review that are there because of a lost key.
func (v View) LookedAtAgain(ctx context.Context) ([]string, error) {
	return list(ctx, v, "list tickets looked at again", one[string], `
		SELECT DISTINCT s.ticket FROM second_looks s JOIN tickets t ON t.id = s.ticket WHERE t.state = 'review'`)
}

// LookedAtFor lists the tickets that are reviewed again because of a key, oldest first.
func (v View) LookedAtFor(ctx context.Context, key string) ([]recovery.Ticket, error) {
	return list(ctx, v, "list a key's second looks", scanTicket, `SELECT `+ticketColumns+` FROM tickets t
		WHERE t.id IN (SELECT s.ticket FROM second_looks s WHERE s.key_id = $1) ORDER BY t.opened, t.id`, key)
}

// LiveBecauseOf lists those of them whose holder can still enrol.
func (v View) LiveBecauseOf(ctx context.Context, key string) ([]recovery.Ticket, error) {
	return list(ctx, v, "list a key's live recoveries", scanTicket, `SELECT `+ticketColumns+` FROM tickets t
		WHERE t.state = 'collecting' AND t.id IN (SELECT s.ticket FROM second_looks s WHERE s.key_id = $1) ORDER BY t.opened, t.id`, key)
}
