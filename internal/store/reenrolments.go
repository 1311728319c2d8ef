package store

import (
	"context"

	"countersign/internal/recovery"
)

const reEnrolColumns = `r.ticket, r.account, r.strength, r.began, r.due, r.chased, r.met, r.factor, r.ended, r.why FROM reenrolments r`

func scanReEnrol(s scanner) (recovery.ReEnrolment, error) {
	var r recovery.ReEnrolment
	err := s.Scan(&r.Ticket, &r.Account, &r.Strength, &r.Began, &r.Due, &r.Chased, &r.Met, &r.Factor, &r.Ended, &r.Why)
	return r, err
}

// ReEnrolment reads the duty of a ticket.
func (v View) ReEnrolment(ctx context.Context, ticket string) (recovery.ReEnrolment, error) {
	return get(ctx, v, "read a duty to enrol", scanReEnrol, `SELECT `+reEnrolColumns+` WHERE r.ticket = $1`, ticket)
}

// OpenReEnrolments lists the duties of an account that wait, the first to end first.
func (v View) OpenReEnrolments(ctx context.Context, account string) ([]recovery.ReEnrolment, error) {
	return list(ctx, v, "list duties to enrol", scanReEnrol, `SELECT `+reEnrolColumns+`
		WHERE r.account = $1 AND r.met = 0 AND r.ended = 0 ORDER BY r.due, r.ticket`, account)
}

// DueReEnrolments lists duties that are over, or half over and told to nobody, at
// most limit.
func (v View) DueReEnrolments(ctx context.Context, now, limit int64) ([]recovery.ReEnrolment, error) {
	return list(ctx, v, "list due duties to enrol", scanReEnrol, `SELECT `+reEnrolColumns+`
		WHERE r.met = 0 AND r.ended = 0 AND (r.due <= $1 OR r.chased = 0 AND r.began + (r.due - r.began) / 2 <= $1) ORDER BY r.due, r.ticket LIMIT $2`, now, limit)
}

// OweReEnrolment writes the duty of a ticket, once.
func (t *Tx) OweReEnrolment(ctx context.Context, r recovery.ReEnrolment) error {
	return t.insert(ctx, "owe a duty to enrol", `
		INSERT INTO reenrolments (ticket, account, strength, began, due, chased, met, factor, ended, why) VALUES ($1, $2, $3, $4, $5, 0, 0, '', 0, '')`,
		r.Ticket, r.Account, r.Strength, r.Began, r.Due)
}

// ChaseReEnrolment notes that holder and manager were told.
func (t *Tx) ChaseReEnrolment(ctx context.Context, ticket string) error {
	return t.guarded(ctx, "chase a duty to enrol", `UPDATE reenrolments SET chased = $2 WHERE ticket = $1 AND chased = 0 AND met = 0 AND ended = 0`, ticket, t.now)
}

// MeetReEnrolment ends an open duty by what was enrolled.
func (t *Tx) MeetReEnrolment(ctx context.Context, ticket, factor string) error {
	return t.guarded(ctx, "meet a duty to enrol", `UPDATE reenrolments SET met = $2, factor = $3 WHERE ticket = $1 AND met = 0 AND ended = 0`, ticket, t.now, factor)
}

// EndReEnrolment ends an open duty that came to nothing; a ticket without one is
// left alone.
func (t *Tx) EndReEnrolment(ctx context.Context, ticket, why string) error {
	_, err := t.exec(ctx, "end a duty to enrol", `UPDATE reenrolments SET ended = $2, why = $3 WHERE ticket = $1 AND met = 0 AND ended = 0`, ticket, t.now, why)
	return err
}

// LivePasses lists the tickets of the tier Pass that give access now, the first to
// end first, at most limit.
func (v View) LivePasses(ctx context.Context, now, limit int64) ([]recovery.Ticket, error) {
	return list(ctx, v, "list live passes", scanTicket, `SELECT `+ticketColumns+` FROM tickets t
		WHERE t.state = 'collecting' AND t.tier = 'pass' AND t.due_what <> 're-enrol' AND t.due > $1 ORDER BY t.due, t.id LIMIT $2`, now, limit)
}
