package store

import (
	"context"
	"database/sql"
)

// Job is one outward effect or one scheduled act. It is inserted in the
// business transaction, claimed by a lease, and repeated with back-off.
type Job struct {
	ID, Kind, Object, Ticket, Account string
	Payload                           string // ids only
	Sealed                            string // a secret under the seal key; cleared when done
	Unique                            string // at most one open job has it; "" for none
	Made, RunAt                       int64
	Ends                              int64 // give up at; 0 = never
	Tries                             int64
	LeaseUntil                        int64
	LeaseBy                           string
	Done, Failed                      int64
	Problem                           string
}

const jobColumns = `id, kind, object, ticket, account, payload, sealed, COALESCE(unique_key, ''), made, run_at, ends, tries, lease_until, lease_by, done, failed, problem`

func scanJob(s scanner) (Job, error) {
	var j Job
	err := s.Scan(&j.ID, &j.Kind, &j.Object, &j.Ticket, &j.Account, &j.Payload, &j.Sealed, &j.Unique, &j.Made, &j.RunAt, &j.Ends, &j.Tries,
		&j.LeaseUntil, &j.LeaseBy, &j.Done, &j.Failed, &j.Problem)
	return j, err
}

// AddJob queues a job in the act's transaction. A job whose unique key is open
// already is not queued twice.
func (t *Tx) AddJob(ctx context.Context, j Job) error {
	unique := sql.NullString{String: j.Unique, Valid: j.Unique != ""}
	_, err := t.exec(ctx, "queue a job", `
		INSERT INTO jobs (id, kind, object, ticket, account, payload, sealed, unique_key, made, run_at, ends, tries, lease_until, lease_by, done, failed, problem)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, '', 0, 0, '')
		ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL AND done = 0 AND failed = 0 DO NOTHING`,
		j.ID, j.Kind, j.Object, j.Ticket, j.Account, j.Payload, j.Sealed, unique, j.Made, j.RunAt, j.Ends)
	return err
}

// Job reads a job.
func (v View) Job(ctx context.Context, id string) (Job, error) {
	return get(ctx, v, "read a job", scanJob, `SELECT `+jobColumns+` FROM jobs WHERE id = $1`, id)
}

// OpenJob reads the open job of a kind about an object: the mail of a notice.
func (v View) OpenJob(ctx context.Context, kind, object string) (Job, error) {
	return get(ctx, v, "read an open job", scanJob, `
		SELECT `+jobColumns+` FROM jobs WHERE kind = $1 AND object = $2 AND done = 0 AND failed = 0 ORDER BY made, id LIMIT 1`, kind, object)
}

// ClaimJob leases the job that is due longest. The outer WHERE repeats the lease
// condition: without it PostgreSQL hands one job to several workers.
// ErrNotFound means that nothing is due.
func (s *Scratch) ClaimJob(ctx context.Context, worker string, lease int64) (Job, error) {
	return get(ctx, s.View, "claim a job", scanJob, `
		UPDATE jobs SET lease_until = $1, lease_by = $2, tries = tries + 1
		WHERE id = (SELECT id FROM jobs WHERE done = 0 AND failed = 0 AND run_at <= $3 AND lease_until <= $3 ORDER BY run_at, id LIMIT 1)
			AND done = 0 AND failed = 0 AND lease_until <= $3
		RETURNING `+jobColumns, s.now+lease, worker, s.now)
}

// DelayJob gives a job back for a later try. Only its lease holder may.
func (s *Scratch) DelayJob(ctx context.Context, j Job, runAt int64, problem string) error {
	n, err := s.exec(ctx, "delay a job", `
		UPDATE jobs SET run_at = $3, lease_until = 0, lease_by = '', problem = $4 WHERE id = $1 AND lease_by = $2 AND done = 0 AND failed = 0`,
		j.ID, j.LeaseBy, runAt, problem)
	return exactlyOne("delay a job", n, err)
}

// FinishJob ends a job and clears its secret. Only its lease holder may.
func (t *Tx) FinishJob(ctx context.Context, j Job) error {
	return t.guarded(ctx, "finish a job", `
		UPDATE jobs SET done = $3, sealed = '', lease_until = 0 WHERE id = $1 AND lease_by = $2 AND done = 0 AND failed = 0`, j.ID, j.LeaseBy, t.now)
}

// FailJob gives a job up and clears its secret.
func (t *Tx) FailJob(ctx context.Context, j Job, problem string) error {
	return t.guarded(ctx, "fail a job", `
		UPDATE jobs SET failed = $3, sealed = '', lease_until = 0, problem = $4 WHERE id = $1 AND lease_by = $2 AND done = 0 AND failed = 0`,
		j.ID, j.LeaseBy, t.now, problem)
}

// NextJob is when the next open job is due, 0 when none waits.
func (v View) NextJob(ctx context.Context) (int64, error) {
	return get(ctx, v, "read the next job", one[int64], `SELECT COALESCE(MIN(CASE WHEN run_at < lease_until THEN lease_until ELSE run_at END), 0) FROM jobs WHERE done = 0 AND failed = 0`)
}

// OutboxLag is the age of the oldest job that is due and not done, microseconds.
func (v View) OutboxLag(ctx context.Context, now int64) (int64, error) {
	return get(ctx, v, "read the outbox lag", one[int64], `
		SELECT COALESCE(MAX($1 - run_at), 0) FROM jobs WHERE done = 0 AND failed = 0 AND run_at <= $1`, now)
}
