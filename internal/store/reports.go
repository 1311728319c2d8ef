package store

import (
	"context"

	"countersign/internal/recovery"
)

const reportColumns = `id, account, what, by_person, proof, made, suspends, ended, ended_why FROM loss_reports`

func scanReport(s scanner) (recovery.LossReport, error) {
	var r recovery.LossReport
	err := s.Scan(&r.ID, &r.Account, &r.What, &r.By, &r.Proof, &r.Made, &r.Suspends, &r.Ended, &r.EndedWhy)
	return r, err
}

// OpenReports lists an account's reports of loss that nobody ended, newest first,
// at most 20.
func (v View) OpenReports(ctx context.Context, account string) ([]recovery.LossReport, error) {
	return list(ctx, v, "list reports", scanReport, `SELECT `+reportColumns+` WHERE account = $1 AND ended = 0 ORDER BY made DESC, id DESC LIMIT 20`, account)
}

// AddReport writes a report of loss.
func (t *Tx) AddReport(ctx context.Context, r recovery.LossReport) error {
	return t.insert(ctx, "add a report", `
		INSERT INTO loss_reports (id, account, what, by_person, proof, made, suspends, ended, ended_why) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')`,
		r.ID, r.Account, r.What, r.By, r.Proof, r.Made, r.Suspends)
}

// EndReport ends a report, once.
func (t *Tx) EndReport(ctx context.Context, id, why string) error {
	return t.guarded(ctx, "end a report", `UPDATE loss_reports SET ended = $2, ended_why = $3 WHERE id = $1 AND ended = 0`, id, t.now, why)
}

// ResumeFactors lets the factors that were suspended in somebody's name sign in
// again; it answers how many.
func (t *Tx) ResumeFactors(ctx context.Context, account, by string) (int64, error) {
	return t.exec(ctx, "resume factors", `
		UPDATE factors SET suspended = 0, suspended_by = '' WHERE account = $1 AND suspended_by = $2 AND suspended > 0 AND erased = 0`, account, by)
}

// HandOverFactors makes a ticket the reason for what reports suspended: they are
// erased with the others that it took away (R29).
func (t *Tx) HandOverFactors(ctx context.Context, account, ticket string) error {
	_, err := t.exec(ctx, "hand factors over", `
		UPDATE factors SET suspended_by = $2 WHERE account = $1 AND suspended > 0 AND erased = 0 AND substr(suspended_by, 1, 7) = 'report:'`, account, ticket)
	return err
}

// SleepCodeSets lets the account's live sets be accepted from a moment on; 0 is now.
func (t *Tx) SleepCodeSets(ctx context.Context, account string, until int64) error {
	_, err := t.exec(ctx, "put code sets to sleep", `UPDATE code_sets SET asleep = $2 WHERE account = $1 AND retired = 0`, account, until)
	return err
}

// AddJob queues a job that is nobody's act yet: what a stranger asked for. One with
// an open unique key is not queued twice.
func (s *Scratch) AddJob(ctx context.Context, j Job) error {
	_, err := s.exec(ctx, "queue a stranger's job", `
		INSERT INTO jobs (id, kind, object, ticket, account, payload, sealed, unique_key, made, run_at, ends, tries, lease_until, lease_by, done, failed, problem)
		VALUES ($1, $2, $3, '', $4, $5, '', $6, $7, $7, 0, 0, 0, '', 0, 0, '')
		ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL AND done = 0 AND failed = 0 DO NOTHING`, j.ID, j.Kind, j.Object, j.Account, j.Payload, j.Unique, s.now)
	return err
}

// DropJob forgets a stranger's job that is done. Only its lease holder may. It is no
// change of the act's own: nothing rests on the row.
func (t *Tx) DropJob(ctx context.Context, j Job) error {
	n, err := exec(ctx, t.tx, "drop a stranger's job", `DELETE FROM jobs WHERE id = $1 AND lease_by = $2 AND done = 0 AND failed = 0`, j.ID, j.LeaseBy)
	return exactlyOne("drop a stranger's job", n, err)
}
