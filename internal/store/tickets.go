package store

import (
	"context"

	"countersign/internal/recovery"
)

const ticketColumns = `t.id, t.reference, t.account, t.holder, t.revision, t.event, t.population, t.tier, t.device, t.lock_state,
	t.intake, t.requester, t.opened_by, t.reason, t.policy_version, t.workflow_version, t.level, t.state, t.state_since, t.opened,
	t.due, t.due_what, t.run, t.claim_hash, t.claimed, t.notice_accepted, t.window_ends, t.approvals_needed, t.pressured,
	t.executed, t.completed, t.review_due, t.reviewed, t.reviewed_by, t.frozen_by, t.outcome, t.lease_person, t.lease_until,
	t.source, t.stopped, t.way, t.artefact, t.groups_needed, t.group_from, t.next_due, t.next_what, t.mail_at, t.taken, t.doubt_since,
	t.incident, t.parked, t.returns, t.returned, t.continuation, t.came_back`

func ticketFields(t *recovery.Ticket) []any {
	return []any{&t.ID, &t.Reference, &t.Account, &t.Holder, &t.Revision, &t.Event, &t.Population, &t.Tier, &t.Facts.Device, &t.Facts.Lock,
		&t.Intake, &t.Requester, &t.OpenedBy, &t.Reason, &t.PolicyVersion, &t.WorkflowVersion, &t.Level, &t.State, &t.StateSince, &t.Opened,
		&t.Due, &t.DueWhat, &t.Run, &t.ClaimHash, &t.Claimed, &t.NoticeAccepted, &t.WindowEnds, &t.ApprovalsNeeded, &t.Pressured,
		&t.Executed, &t.Completed, &t.ReviewDue, &t.Reviewed, &t.ReviewedBy, &t.FrozenBy, &t.Outcome, &t.Lease.Person, &t.Lease.Until,
		&t.Source, &t.Stopped, &t.Way, &t.Artefact, &t.GroupsNeeded, &t.GroupFrom, &t.Next, &t.NextWhat,
		&t.Facts.Mail, &t.Facts.Taken, &t.Facts.Since, &t.Incident,
		&t.FirstParked, &t.Returns, &t.Returned, &t.Continuation, &t.CameBack}
}

func scanTicket(s scanner) (recovery.Ticket, error) {
	var t recovery.Ticket
	err := s.Scan(ticketFields(&t)...)
	return t, err
}

// Ticket reads a ticket by its row id.
func (v View) Ticket(ctx context.Context, id string) (recovery.Ticket, error) {
	return get(ctx, v, "read a ticket", scanTicket, `SELECT `+ticketColumns+` FROM tickets t WHERE t.id = $1`, id)
}

// TicketByReference reads a ticket by the reference that is spoken and shown.
func (v View) TicketByReference(ctx context.Context, ref string) (recovery.Ticket, error) {
	return get(ctx, v, "read a ticket", scanTicket, `SELECT `+ticketColumns+` FROM tickets t WHERE t.reference = $1`, ref)
}

// TicketByClaim reads the ticket that a browser claimed, by the hash of its secret.
func (v View) TicketByClaim(ctx context.Context, hash string) (recovery.Ticket, error) {
	return get(ctx, v, "read a claimed ticket", scanTicket, `SELECT `+ticketColumns+` FROM tickets t WHERE t.claim_hash = $1 AND t.claim_hash <> ''`, hash)
}

// TicketsOf lists the tickets of an account, newest first, at most limit.
func (v View) TicketsOf(ctx context.Context, account string, limit int64) ([]recovery.Ticket, error) {
	return list(ctx, v, "list an account's tickets", scanTicket, `
		SELECT `+ticketColumns+` FROM tickets t WHERE t.account = $1 ORDER BY t.opened DESC, t.id DESC LIMIT $2`, account, limit)
}

// TicketsLike lists tickets of other accounts that came from the same source, or
// that the same agent opened with the same words, since a moment, newest first, at
// most limit. An empty key matches nothing.
func (v View) TicketsLike(ctx context.Context, account, source, pattern string, since, limit int64) ([]recovery.Ticket, error) {
	return list(ctx, v, "list linked tickets", scanTicket, `
		SELECT `+ticketColumns+` FROM tickets t WHERE t.account <> $1 AND t.opened >= $4 AND
			((t.source_key = $2 AND t.source_key <> '') OR (t.pattern = $3 AND t.pattern <> ''))
		ORDER BY t.opened DESC, t.id DESC LIMIT $5`, account, source, pattern, since, limit)
}

// OpenTicketsIn lists the tickets of the named accounts beside which no other can
// be opened; an account has at most one (index tickets_one_open).
func (v View) OpenTicketsIn(ctx context.Context, accounts []string) ([]recovery.Ticket, error) {
	return listIn(ctx, v, "list open tickets", scanTicket, `SELECT `+ticketColumns+` FROM tickets t
		WHERE t.state NOT IN ('closed','denied','failed','expired','withdrawn','review','frozen','lapsed') AND t.due_what <> 're-enrol' AND t.account IN `, accounts)
}

// OpenOfPerson lists the tickets of all accounts of a person that wait for
// somebody, oldest first, at most limit.
func (v View) OpenOfPerson(ctx context.Context, person string, limit int64) ([]recovery.Ticket, error) {
	return list(ctx, v, "list a person's open tickets", scanTicket, `
		SELECT `+ticketColumns+` FROM accounts a JOIN tickets t ON t.account = a.id
		WHERE a.person = $1 AND t.state NOT IN ('closed', 'denied', 'failed', 'expired', 'withdrawn') ORDER BY t.opened, t.id LIMIT $2`, person, limit)
}

// DueTickets lists tickets in a state whose deadline has passed, oldest first.
func (v View) DueTickets(ctx context.Context, state recovery.State, now, limit int64) ([]recovery.Ticket, error) {
	return list(ctx, v, "list due tickets", scanTicket, `
		SELECT `+ticketColumns+` FROM tickets t WHERE t.state = $1 AND t.due > 0 AND t.due <= $2 ORDER BY t.due, t.id LIMIT $3`, state, now, limit)
}

// AddTicket writes a new ticket and keeps its reference from ever being used again.
func (t *Tx) AddTicket(ctx context.Context, k recovery.Ticket) error {
	if err := t.useReference(ctx, k.ID, k.Reference); err != nil {
		return err
	}
	if err := t.Count(ctx, "tickets."+string(k.State), 1); err != nil {
		return err
	}
	return t.insert(ctx, "add a ticket", `
		INSERT INTO tickets (id, reference, account, holder, revision, event, population, tier, device, lock_state, intake, requester, opened_by, reason,
			policy_version, workflow_version, level, state, state_since, opened, due, due_what, run, claim_hash, claimed, notice_accepted,
			window_ends, approvals_needed, pressured, executed, completed, review_due, reviewed, reviewed_by, frozen_by, outcome, lease_person, lease_until,
			source, source_key, pattern, way, artefact, groups_needed, group_from, next_due, next_what, mail_at, taken, doubt_since,
			incident)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
			$27, $28, $29, 0, 0, 0, 0, '', '', '', '', 0, $30, $31, $32, $33, $34, $35, $36, $21, $22, $37, $38, $39, $40)`,
		k.ID, k.Reference, k.Account, k.Holder, k.Revision, k.Event, k.Population, k.Tier, k.Facts.Device, k.Facts.Lock, k.Intake, k.Requester, k.OpenedBy, k.Reason,
		k.PolicyVersion, k.WorkflowVersion, k.Level, k.State, k.StateSince, k.Opened, k.Due, k.DueWhat, k.Run, k.ClaimHash, k.Claimed, k.NoticeAccepted,
		k.WindowEnds, k.ApprovalsNeeded, k.Pressured, k.Source, k.Source.Key(), recovery.Pattern(k.OpenedBy, k.Reason), k.Way, k.Artefact, k.GroupsNeeded, k.GroupFrom,
		k.Facts.Mail, k.Facts.Taken, k.Facts.Since, k.Incident)
}

func (t *Tx) useReference(ctx context.Context, ticket, ref string) error {
	return t.insert(ctx, "use a reference", `INSERT INTO references_used (reference, ticket, at) VALUES ($1, $2, $3)`, ref, ticket, t.now)
}

// SaveTicket writes everything about a ticket that acts change. The guard is
// the state and revision it was read with: whoever comes second gets
// ErrConflict. from is that earlier row.
func (t *Tx) SaveTicket(ctx context.Context, from, k recovery.Ticket) error {
	if from.Reference != k.Reference {
		if err := t.useReference(ctx, k.ID, k.Reference); err != nil {
			return err
		}
	}
	if from.State != k.State {
		k.StateSince = t.now
		if err := t.Count(ctx, "tickets."+string(from.State), -1); err != nil {
			return err
		}
		if err := t.Count(ctx, "tickets."+string(k.State), 1); err != nil {
			return err
		}
	}
	return t.guarded(ctx, "save a ticket", `
		UPDATE tickets SET reference = $4, revision = $5, state = $6, state_since = $7, due = $8, due_what = $9, run = $10, claim_hash = $11,
			claimed = $12, notice_accepted = $13, window_ends = $14, approvals_needed = $15, pressured = $16, executed = $17, completed = $18,
			review_due = $19, reviewed = $20, reviewed_by = $21, frozen_by = $22, outcome = $23, event = $24, level = $25, workflow_version = $26,
			groups_needed = $27, group_from = $28, stopped = $29, next_due = $8, next_what = $9,
			parked = $30, returns = $31, returned = $32, continuation = $33, came_back = $34
		WHERE id = $1 AND state = $2 AND revision = $3`,
		k.ID, from.State, from.Revision, k.Reference, k.Revision, k.State, k.StateSince, k.Due, k.DueWhat, k.Run, k.ClaimHash,
		k.Claimed, k.NoticeAccepted, k.WindowEnds, k.ApprovalsNeeded, k.Pressured, k.Executed, k.Completed,
		k.ReviewDue, k.Reviewed, k.ReviewedBy, k.FrozenBy, k.Outcome, k.Event, k.Level, k.WorkflowVersion, k.GroupsNeeded, k.GroupFrom, k.Stopped,
		k.FirstParked, k.Returns, k.Returned, k.Continuation, k.CameBack)
}

// Count moves a kept counter; pages never count rows.
func (t *Tx) Count(ctx context.Context, name string, by int64) error {
	_, err := exec(ctx, t.tx, "move a counter", `
		INSERT INTO counters (name, n) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET n = counters.n + $2`, name, by)
	return err
}

// Counter reads one kept counter, 0 when nothing was counted yet.
func (v View) Counter(ctx context.Context, name string) (int64, error) {
	return get(ctx, v, "read a counter", one[int64], `SELECT COALESCE(MAX(n), 0) FROM counters WHERE name = $1`, name)
}

// Counters reads all kept counters.
func (v View) Counters(ctx context.Context) (map[string]int64, error) {
	type counter struct {
		name string
		n    int64
	}
	all, err := list(ctx, v, "read counters", func(s scanner) (counter, error) {
		var c counter
		err := s.Scan(&c.name, &c.n)
		return c, err
	}, `SELECT name, n FROM counters`)
	out := make(map[string]int64, len(all))
	for _, c := range all {
		out[c.name] = c.n
	}
	return out, err
}

// Part is how a person took part in a ticket.
type Part struct {
	Person, Part string
	At           int64
}

// TakePart notes that a person took part; twice is once.
func (t *Tx) TakePart(ctx context.Context, ticket, person, part string) error {
	_, err := t.exec(ctx, "take part", `
		INSERT INTO ticket_people (ticket, person, part, at) VALUES ($1, $2, $3, $4) ON CONFLICT (ticket, person, part) DO NOTHING`, ticket, person, part, t.now)
	return err
}

// PartsOf lists who took part in a ticket, in order.
func (v View) PartsOf(ctx context.Context, ticket string) ([]Part, error) {
	return list(ctx, v, "list parts", func(s scanner) (Part, error) {
		var p Part
		err := s.Scan(&p.Person, &p.Part, &p.At)
		return p, err
	}, `SELECT person, part, at FROM ticket_people WHERE ticket = $1 ORDER BY at, person, part`, ticket)
}

// WorkedSince says whether a person took this part in another ticket of the account since a moment.
func (v View) WorkedSince(ctx context.Context, account, person, part, except string, since int64) (bool, error) {
	n, err := get(ctx, v, "read who worked", one[int64], `
		SELECT count(*) FROM (SELECT 1 FROM ticket_people p JOIN tickets t ON t.id = p.ticket
		WHERE t.account = $1 AND p.person = $2 AND p.part = $3 AND p.at >= $4 AND t.id <> $5 LIMIT 1) w`, account, person, part, since, except)
	return n > 0, err
}

const evidenceColumns = `id, ticket, run, step, method, result, grp, channel, by_person, at, void, record, document, cue, note FROM evidence`

func scanEvidence(s scanner) (recovery.Evidence, error) {
	var e recovery.Evidence
	err := s.Scan(&e.ID, &e.Ticket, &e.Run, &e.Step, &e.Method, &e.Result, &e.Group, &e.Channel, &e.By, &e.At, &e.Void, &e.Record, &e.Document, &e.Cue, &e.Note)
	return e, err
}

// Evidence lists everything recorded for a ticket, all runs, in order.
func (v View) Evidence(ctx context.Context, ticket string) ([]recovery.Evidence, error) {
	return list(ctx, v, "list evidence", scanEvidence, `SELECT `+evidenceColumns+` WHERE ticket = $1 ORDER BY at, id`, ticket)
}

// AddEvidence writes what was recorded for one step.
func (t *Tx) AddEvidence(ctx context.Context, e recovery.Evidence) error {
	return t.insert(ctx, "add evidence", `
		INSERT INTO evidence (id, ticket, run, step, method, result, grp, channel, by_person, at, void, record, document, cue, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, $14)`,
		e.ID, e.Ticket, e.Run, e.Step, e.Method, e.Result, e.Group, e.Channel, e.By, e.At, e.Record, e.Document, e.Cue, e.Note)
}

// VoidEvidence lets nothing recorded so far count any more.
func (t *Tx) VoidEvidence(ctx context.Context, ticket string) error {
	_, err := t.exec(ctx, "void evidence", `UPDATE evidence SET void = $2 WHERE ticket = $1 AND void = 0`, ticket, t.now)
	return err
}
