package store

import (
	"context"

	"countersign/internal/recovery"
)

// Assistants lists the interpreters and assistants of a ticket, in order.
func (v View) Assistants(ctx context.Context, ticket string) ([]recovery.Assistant, error) {
	return list(ctx, v, "list assistants", func(s scanner) (recovery.Assistant, error) {
		var a recovery.Assistant
		err := s.Scan(&a.ID, &a.Ticket, &a.Name, &a.Role, &a.By, &a.At)
		return a, err
	}, `SELECT id, ticket, name, role, by_person, at FROM assistants WHERE ticket = $1 ORDER BY at, id`, ticket)
}

// AddAssistant notes one.
func (t *Tx) AddAssistant(ctx context.Context, a recovery.Assistant) error {
	return t.insert(ctx, "add an assistant", `
		INSERT INTO assistants (id, ticket, name, role, by_person, at) VALUES ($1, $2, $3, $4, $5, $6)`, a.ID, a.Ticket, a.Name, a.Role, a.By, a.At)
}
