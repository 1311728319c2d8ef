package store

import (
	"context"
	"encoding/json"
	"fmt"

	"countersign/internal/recovery"
)

const incidentColumns = `id, name, departments, accounts, openers, proposal, opened, ends, most, used, closed, closed_by FROM incidents`

func scanIncident(s scanner) (recovery.Incident, error) {
	var i recovery.Incident
	var departments, accounts, openers string
	err := s.Scan(&i.ID, &i.Name, &departments, &accounts, &openers, &i.Proposal, &i.Opened, &i.Ends, &i.Most, &i.Used, &i.Closed, &i.ClosedBy)
	for text, into := range map[string]*[]string{departments: &i.Departments, accounts: &i.Accounts, openers: &i.Openers} {
		if err == nil {
			err = json.Unmarshal([]byte(text), into)
		}
	}
	return i, err
}

// Incident reads one incident.
func (v View) Incident(ctx context.Context, id string) (recovery.Incident, error) {
	return get(ctx, v, "read an incident", scanIncident, `SELECT `+incidentColumns+` WHERE id = $1`, id)
}

// OpenIncidents lists those that are open at a moment, first to end first.
func (v View) OpenIncidents(ctx context.Context, now int64) ([]recovery.Incident, error) {
	return list(ctx, v, "list open incidents", scanIncident, `SELECT `+incidentColumns+` WHERE closed = 0 AND ends > $1 ORDER BY ends, id`, now)
}

// Incidents lists the newest incidents, at most limit.
func (v View) Incidents(ctx context.Context, limit int64) ([]recovery.Incident, error) {
	return list(ctx, v, "list incidents", scanIncident, `SELECT `+incidentColumns+` ORDER BY opened DESC, id DESC LIMIT $1`, limit)
}

// TicketsIn lists the tickets of an incident, oldest first.
func (v View) TicketsIn(ctx context.Context, incident string) ([]recovery.Ticket, error) {
	return list(ctx, v, "list an incident's tickets", scanTicket, `SELECT `+ticketColumns+` FROM tickets t WHERE t.incident = $1 AND t.incident <> '' ORDER BY t.opened, t.id`, incident)
}

// AddIncident writes an incident that two keys opened.
func (t *Tx) AddIncident(ctx context.Context, i recovery.Incident) error {
	var texts []string
	for _, l := range [][]string{i.Departments, i.Accounts, i.Openers} {
		b, err := json.Marshal(append([]string{}, l...))
		if err != nil {
			return fmt.Errorf("add an incident: %w", err)
		}
		texts = append(texts, string(b))
	}
	return t.insert(ctx, "add an incident", `
		INSERT INTO incidents (id, name, departments, accounts, openers, proposal, opened, ends, most, used, closed, closed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, '')`, i.ID, i.Name, texts[0], texts[1], texts[2], i.Proposal, i.Opened, i.Ends, i.Most)
}

// UseIncident counts one more ticket; one too many, or a closed incident, is a conflict.
func (t *Tx) UseIncident(ctx context.Context, id string) error {
	return t.guarded(ctx, "use an incident", `UPDATE incidents SET used = used + 1 WHERE id = $1 AND closed = 0 AND used < most AND ends > $2`, id, t.now)
}

// CloseIncident ends an incident early.
func (t *Tx) CloseIncident(ctx context.Context, id, by string) error {
	return t.guarded(ctx, "close an incident", `UPDATE incidents SET closed = $3, closed_by = $2 WHERE id = $1 AND closed = 0`, id, by, t.now)
}

// PairedUnreviewed lists the approvers who signed another emergency in which an
// agent of this ticket worked, and whose review is not done.
func (v View) PairedUnreviewed(ctx context.Context, ticket string) ([]string, error) {
	return list(ctx, v, "list pairs of emergencies", one[string], `
		SELECT DISTINCT b.person FROM ticket_people m JOIN ticket_people a ON a.person = m.person AND a.part = 'agent' AND a.ticket <> m.ticket
		JOIN tickets t ON t.id = a.ticket JOIN ticket_people b ON b.ticket = a.ticket AND b.part = 'approver'
		WHERE m.ticket = $1 AND m.part = 'agent' AND t.event = 'emergency' AND t.executed > 0 AND t.reviewed = 0 AND t.state <> 'closed' ORDER BY b.person`, ticket)
}

// EmergencyReviewOverdue lists the approvers of emergencies whose review is overdue.
func (v View) EmergencyReviewOverdue(ctx context.Context, now int64) ([]string, error) {
	return list(ctx, v, "list overdue reviews of emergencies", one[string], `
		SELECT DISTINCT b.person FROM tickets t JOIN ticket_people b ON b.ticket = t.id AND b.part = 'approver'
		WHERE t.state = 'review' AND t.event = 'emergency' AND t.reviewed = 0 AND t.review_due > 0 AND t.review_due <= $1 ORDER BY b.person`, now)
}

// WorkedIn lists who had a part in the other tickets of an incident.
func (v View) WorkedIn(ctx context.Context, incident, except string) ([]string, error) {
	return list(ctx, v, "list who worked in an incident", one[string], `
		SELECT DISTINCT p.person FROM tickets t JOIN ticket_people p ON p.ticket = t.id
		WHERE t.incident = $1 AND t.incident <> '' AND t.id <> $2 AND p.part IN ('agent', 'approver', 'voucher') ORDER BY p.person`, incident, except)
}
