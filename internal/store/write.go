package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// act is one change that waits for the writer.
type act struct {
	ctx  context.Context
	fn   func(context.Context, *Tx) error
	done chan error
}

// maxGroup bounds how many acts share one commit.
const maxGroup = 128

// groupStats counts commits and acts, for metrics and the group benchmark.
type groupStats struct{ commits, acts atomic.Int64 }

// Groups returns how many commits and acts the writer has done.
func (s *Store) Groups() (commits, acts int64) { return s.groups.commits.Load(), s.groups.acts.Load() }

// Waiting is how many changes wait for the writer.
func (s *Store) Waiting() int { return len(s.acts) }

// Write runs fn as one change and answers after its commit. Several waiting
// changes may share a commit, each in its own savepoint: fn is a closure
// without outside effects that may run twice. fn's context is detached from the
// caller's cancellation, because on both databases a cancelled statement can end
// the whole transaction; it has a ceiling of its own (Config.Patience).
func (s *Store) Write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	a := &act{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case <-s.stop:
		return ErrClosed
	case s.acts <- a:
	}
	select {
	case err := <-a.done:
		return err
	case <-s.done: // the writer ended; it answered before, or never took the act
		select {
		case err := <-a.done:
			return err
		default:
			return ErrClosed
		}
	}
}

// longer is how much more time Long gives.
const longer = 5

type longAct struct{}

// Long marks the context of an act that takes in a whole file: its ceiling is five
// times the others', still under what everybody waits for the writer's turn.
func Long(ctx context.Context) context.Context { return context.WithValue(ctx, longAct{}, true) }

func (s *Store) patienceOf(a *act) time.Duration {
	if a.ctx.Value(longAct{}) != nil {
		return longer * s.patience
	}
	return s.patience
}

func (s *Store) writer() {
	defer close(s.done)
	for {
		select {
		case a := <-s.acts:
			s.commitGroup(s.drain(a))
		case <-s.stop:
			for {
				select {
				case a := <-s.acts:
					s.commitGroup(s.drain(a))
				default:
					return
				}
			}
		}
	}
}

// drain takes what waits already; there is no timer.
func (s *Store) drain(first *act) []*act {
	group := []*act{first}
	for len(group) < maxGroup {
		select {
		case a := <-s.acts:
			group = append(group, a)
		default:
			return group
		}
	}
	return group
}

// errDead says that the transaction did not survive one of its acts.
var errDead = errors.New("the transaction ended")

// commitGroup commits the group together; when the transaction dies, each act
// runs again alone, so that no neighbour pays for another's failure.
func (s *Store) commitGroup(group []*act) {
	errs, err := s.attempt(group)
	if err != nil && len(group) > 1 {
		for _, a := range group {
			errs, err := s.attempt([]*act{a})
			a.done <- firstOf(err, errs, 0)
		}
		return
	}
	for i, a := range group {
		a.done <- firstOf(err, errs, i)
	}
}

func firstOf(err error, errs []error, i int) error {
	if err == nil {
		return errs[i]
	}
	// The act's own error explains a dead transaction best.
	if len(errs) > i && errs[i] != nil && errors.Is(err, errDead) {
		return errs[i]
	}
	return err
}

// attempt runs the acts in one transaction. A non-nil error means that nothing
// of it was committed.
func (s *Store) attempt(group []*act) ([]error, error) {
	ctx, cancel := context.WithTimeout(context.Background(), max(queueTimeout, longer*s.patience))
	defer cancel()
	t, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer t.tx.Rollback()
	errs := make([]error, len(group))
	start := t.head
	for i, a := range group {
		var alive bool
		if errs[i], alive = t.run(ctx, a, s.patienceOf(a)); !alive {
			return errs, errDead
		}
	}
	if t.head != start {
		if err := t.saveHead(ctx); err != nil {
			return errs, err
		}
	}
	if err := t.tx.Commit(); err != nil {
		return errs, fmt.Errorf("commit: %w", err)
	}
	s.groups.commits.Add(1)
	s.groups.acts.Add(int64(len(group)))
	if t.head != start && s.checkpoint != nil {
		if err := s.checkpoint(t.head); err != nil {
			return errs, nil // committed all the same; verification will show the missing checkpoint
		}
	}
	return errs, nil
}

// begin takes the head row: from here on no other writer runs, on either database.
func (s *Store) begin(ctx context.Context) (*Tx, error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	w := s.watch(tx)
	t := &Tx{View: View{q: w}, tx: w, hashes: map[int64]tlog.Hash{}}
	if err := t.takeHead(ctx, s.clock()); err != nil {
		tx.Rollback()
		return nil, err
	}
	return t, nil
}

// run runs one act in its own savepoint and says whether the transaction lives.
func (t *Tx) run(ctx context.Context, a *act, patience time.Duration) (err error, alive bool) {
	if _, err := t.tx.ExecContext(ctx, `SAVEPOINT act`); err != nil {
		return wrap("savepoint", err), false
	}
	m := t.mark()
	actCtx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), patience)
	defer cancel()
	if err := runSafely(func() error { return a.fn(actCtx, t) }); err != nil {
		if _, back := t.tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT act`); back != nil {
			return err, false
		}
		t.reset(m)
		return err, t.Ping(ctx) == nil
	}
	_, err = t.tx.ExecContext(ctx, `RELEASE SAVEPOINT act`)
	return wrap("release savepoint", err), err == nil
}

func runSafely(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return fn()
}
