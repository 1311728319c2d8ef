package store

import (
	"context"
	"fmt"

	"countersign/internal/recovery"
)

// Scratch is a small write without head row and ledger. It reaches the tables
// of ScratchTables only (a test proves it), and no rule grants anything from
// such a row alone: challenges, sightings, throttles, leases, drafts.
type Scratch struct {
	View
	tx  txn
	now int64
}

// ScratchTables are the tables a Scratch may write.
var ScratchTables = []string{"challenges", "session_seen", "claim_seen", "throttles", "drafts", "policy_drafts", "form_results", "jobs"}

// Now is the moment of this write, Unix microseconds.
func (s *Scratch) Now() int64 { return s.now }

// Scratch runs fn in its own transaction.
func (s *Store) Scratch(ctx context.Context, fn func(context.Context, *Scratch) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueTimeout)
	defer cancel()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin scratch: %w", err)
	}
	defer tx.Rollback()
	w := s.watch(tx)
	if err := fn(ctx, &Scratch{View: View{q: w}, tx: w, now: s.clock()}); err != nil {
		return err
	}
	return wrap("commit scratch", w.Commit())
}

func (s *Scratch) exec(ctx context.Context, op, query string, args ...any) (int64, error) {
	return exec(ctx, s.tx, op, query, args...)
}

// Sweep forgets scratch rows that are older than a moment, and challenges that
// have ended: any stranger can begin one, so they do not wait for that moment.
func (s *Scratch) Sweep(ctx context.Context, before int64) error {
	if _, err := s.exec(ctx, "sweep", `DELETE FROM challenges WHERE ends < $1`, s.now-recovery.ChallengeLife); err != nil {
		return err
	}
	for _, stmt := range []string{
		`DELETE FROM form_results WHERE at < $1`,
		`DELETE FROM session_seen WHERE seen < $1`,
		`DELETE FROM claim_seen WHERE seen < $1`,
		`DELETE FROM drafts WHERE at < $1`,
		`DELETE FROM policy_drafts WHERE at < $1`,
	} {
		if _, err := s.exec(ctx, "sweep", stmt, before); err != nil {
			return err
		}
	}
	return nil
}
