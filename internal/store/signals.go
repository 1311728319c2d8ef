package store

import (
	"context"
	"errors"

	"countersign/internal/recovery"
)

// Signals lists what callers knew in a ticket, oldest first.
func (v View) Signals(ctx context.Context, ticket string) ([]recovery.Signal, error) {
	return list(ctx, v, "list signals", func(s scanner) (recovery.Signal, error) {
		var x recovery.Signal
		err := s.Scan(&x.ID, &x.Ticket, &x.Run, &x.Person, &x.At, &x.Topic, &x.Knew, &x.Note)
		return x, err
	}, `SELECT id, ticket, run, person, at, topic, knew, note FROM signals WHERE ticket = $1 ORDER BY at, id`, ticket)
}

// AddSignal writes what a caller knew.
func (t *Tx) AddSignal(ctx context.Context, x recovery.Signal) error {
	return t.insert(ctx, "add a signal", `INSERT INTO signals (id, ticket, run, person, at, topic, knew, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		x.ID, x.Ticket, x.Run, x.Person, x.At, x.Topic, x.Knew, x.Note)
}

// Training reads when a person was last trained; the zero value for never.
func (v View) Training(ctx context.Context, person string) (recovery.Training, error) {
	x, err := get(ctx, v, "read a training", func(s scanner) (recovery.Training, error) {
		var x recovery.Training
		err := s.Scan(&x.Person, &x.At, &x.By, &x.Recorded)
		return x, err
	}, `SELECT person, at, by_person, recorded FROM trainings WHERE person = $1`, person)
	if errors.Is(err, ErrNotFound) {
		return recovery.Training{}, nil
	}
	return x, err
}

// TrainedAgents counts the agents whose role counts and whose training is of a
// moment or later.
func (v View) TrainedAgents(ctx context.Context, now, since int64) (int64, error) {
	return get(ctx, v, "count trained agents", one[int64], `
		SELECT COUNT(DISTINCT r.person) FROM staff_roles r JOIN staff s ON s.person = r.person JOIN trainings x ON x.person = r.person
		WHERE r.role = 'agent' AND r.ended = 0 AND r.counts > 0 AND r.counts <= $1 AND s.disabled = 0 AND x.at > $2`, now, since)
}

// SetTraining writes when a person was last trained, over what stood there.
func (t *Tx) SetTraining(ctx context.Context, x recovery.Training) error {
	_, err := t.exec(ctx, "set a training", `
		INSERT INTO trainings (person, at, by_person, recorded) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person) DO UPDATE SET at = $2, by_person = $3, recorded = $4`, x.Person, x.At, x.By, t.now)
	return err
}

// VoidIssuedOf voids every code that was sent for an account and not used yet.
func (t *Tx) VoidIssuedOf(ctx context.Context, account string) error {
	_, err := t.exec(ctx, "void an account's issued codes", `
		UPDATE issued_codes SET void = $2 WHERE account = $1 AND spent = 0 AND void = 0`, account, t.now)
	return err
}
