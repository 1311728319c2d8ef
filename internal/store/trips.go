package store

import (
	"context"
	"strings"

	"countersign/internal/recovery"
)

const tripColumns = `id, account, begins, ends, channels, pool, registered, cancelled FROM trips`

func scanTrip(s scanner) (recovery.Trip, error) {
	var t recovery.Trip
	var channels string
	err := s.Scan(&t.ID, &t.Account, &t.Begins, &t.Ends, &channels, &t.Pool, &t.Registered, &t.Cancelled)
	t.Channels = strings.Fields(channels)
	return t, err
}

// Trips lists the travel windows of an account that are not over, first to begin first.
func (v View) Trips(ctx context.Context, account string, now int64) ([]recovery.Trip, error) {
	return list(ctx, v, "list travel windows", scanTrip, `SELECT `+tripColumns+` WHERE account = $1 AND cancelled = 0 AND ends > $2 ORDER BY begins, id`, account, now)
}

// Trip reads one travel window.
func (v View) Trip(ctx context.Context, id string) (recovery.Trip, error) {
	return get(ctx, v, "read a travel window", scanTrip, `SELECT `+tripColumns+` WHERE id = $1`, id)
}

// AddTrip registers a travel window.
func (t *Tx) AddTrip(ctx context.Context, r recovery.Trip) error {
	return t.insert(ctx, "register a travel window", `
		INSERT INTO trips (id, account, begins, ends, channels, pool, registered, cancelled) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`,
		r.ID, r.Account, r.Begins, r.Ends, strings.Join(r.Channels, " "), r.Pool, r.Registered)
}

// CancelTrip takes a travel window back.
func (t *Tx) CancelTrip(ctx context.Context, id string) error {
	return t.guarded(ctx, "cancel a travel window", `UPDATE trips SET cancelled = $2 WHERE id = $1 AND cancelled = 0`, id, t.now)
}

// ApproverGroups lists the groups that somebody belongs to whose role as approver counts.
func (v View) ApproverGroups(ctx context.Context, now int64) ([]string, error) {
	return list(ctx, v, "list groups of approvers", one[string], `
		SELECT DISTINCT g.name FROM staff_groups g JOIN staff_roles r ON r.person = g.person JOIN staff s ON s.person = g.person
		WHERE r.role = 'approver' AND r.ended = 0 AND r.counts > 0 AND r.counts <= $1 AND s.disabled = 0 AND `+inHouse+` ORDER BY g.name`, now)
}

// CountingIn lists the persons of a group of the house for whom some role counts now.
func (v View) CountingIn(ctx context.Context, group string, now int64) ([]string, error) {
	return list(ctx, v, "list a group", one[string], `
		SELECT DISTINCT g.person FROM staff_groups g JOIN staff_roles r ON r.person = g.person JOIN staff s ON s.person = g.person
		WHERE g.name = $1 AND r.ended = 0 AND r.counts > 0 AND r.counts <= $2 AND s.disabled = 0 AND `+inHouse+` ORDER BY g.person`, group, now)
}
