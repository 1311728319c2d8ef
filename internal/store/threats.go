package store

import (
	"context"

	"countersign/internal/recovery"
)

const threatColumns = `id, by_person, reason, began, ends, extended, proposal, warned, ended FROM threats`

func scanThreat(s scanner) (recovery.Threat, error) {
	var t recovery.Threat
	err := s.Scan(&t.ID, &t.By, &t.Reason, &t.Began, &t.Ends, &t.Extended, &t.Proposal, &t.Warned, &t.Ended)
	return t, err
}

// Threat reads the raised-threat mode that no sweep has ended; an empty one when
// there is none. Ask it whether it is on.
func (v View) Threat(ctx context.Context) (recovery.Threat, error) {
	all, err := list(ctx, v, "read the raised-threat mode", scanThreat, `SELECT `+threatColumns+` WHERE ended = 0`)
	if err != nil || len(all) == 0 {
		return recovery.Threat{}, err
	}
	return all[0], nil
}

// Threats lists the newest modes, at most limit.
func (v View) Threats(ctx context.Context, limit int64) ([]recovery.Threat, error) {
	return list(ctx, v, "list raised-threat modes", scanThreat, `SELECT `+threatColumns+` ORDER BY began DESC, id DESC LIMIT $1`, limit)
}

// AddThreat switches the mode on; a second one beside it is a conflict.
func (t *Tx) AddThreat(ctx context.Context, m recovery.Threat) error {
	return t.insert(ctx, "switch raised-threat mode on", `
		INSERT INTO threats (id, by_person, reason, began, ends, extended, proposal, warned, ended) VALUES ($1, $2, $3, $4, $5, 0, '', 0, 0)`,
		m.ID, m.By, m.Reason, m.Began, m.Ends)
}

// SaveThreat writes what changes on a mode that has not ended.
func (t *Tx) SaveThreat(ctx context.Context, from, m recovery.Threat) error {
	return t.guarded(ctx, "save a raised-threat mode", `
		UPDATE threats SET ends = $3, extended = $4, proposal = $5, warned = $6, ended = $7 WHERE id = $1 AND ended = 0 AND ends = $2 AND warned = $8`,
		m.ID, from.Ends, m.Ends, m.Extended, m.Proposal, m.Warned, m.Ended, from.Warned)
}
