package store

import (
	"context"
	"fmt"
	"strings"

	"countersign/internal/recovery"
)

// Throttle is the stored count of one lane of failures. It grants nothing.
type Throttle struct {
	Key string // begins with the lane's kind and a colon
	recovery.Lane
}

const throttleColumns = `lane, fails, first, last, until_at, told FROM throttles`

func scanThrottle(s scanner) (Throttle, error) {
	var t Throttle
	err := s.Scan(&t.Key, &t.Fails, &t.First, &t.Last, &t.Until, &t.Told)
	kind, _, _ := strings.Cut(t.Key, ":")
	t.Kind = recovery.LaneKind(kind)
	return t, err
}

// Throttles reads lanes by key; those without a failure are not among them.
func (v View) Throttles(ctx context.Context, keys []string) ([]Throttle, error) {
	marks, args := make([]string, len(keys)), make([]any, len(keys))
	for i, k := range keys {
		marks[i], args[i] = fmt.Sprintf("$%d", i+1), k
	}
	return list(ctx, v, "read throttles", scanThrottle, `SELECT `+throttleColumns+` WHERE lane IN (`+strings.Join(marks, ", ")+`)`, args...)
}

// OpenedThrottles lists wide lanes whose closing was told and that are open
// again, at most limit.
func (v View) OpenedThrottles(ctx context.Context, now, limit int64) ([]Throttle, error) {
	return list(ctx, v, "list reopened throttles", scanThrottle, `
		SELECT `+throttleColumns+` WHERE told > 0 AND until_at <= $1 AND substr(lane, 1, 1) IN ('a', 'd', 'g') ORDER BY lane LIMIT $2`, now, limit)
}

// SaveThrottle keeps a lane's count. Changes are serial, so reading and writing
// it in one Tx counts exactly. It is no change of the act's own: it grants nothing.
func (t *Tx) SaveThrottle(ctx context.Context, r Throttle) error {
	_, err := exec(ctx, t.tx, "save a throttle", `
		INSERT INTO throttles (lane, fails, first, last, until_at, told) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (lane) DO UPDATE SET fails = $2, first = $3, last = $4, until_at = $5, told = $6`,
		r.Key, r.Fails, r.First, r.Last, r.Until, r.Told)
	return err
}

// ClearThrottle forgets a lane.
func (t *Tx) ClearThrottle(ctx context.Context, key string) error {
	_, err := exec(ctx, t.tx, "clear a throttle", `DELETE FROM throttles WHERE lane = $1`, key)
	return err
}

// DropThrottles forgets lanes without a failure since a moment. Rows of failures
// (kind c) stay until a success.
func (s *Scratch) DropThrottles(ctx context.Context, before int64) error {
	_, err := s.exec(ctx, "drop throttles", `DELETE FROM throttles WHERE last < $1 AND told = 0 AND substr(lane, 1, 1) <> 'c'`, before)
	return err
}
