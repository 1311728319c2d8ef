package store

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tx is a change. It holds the ledger's head row, so no other writer runs.
type Tx struct {
	View
	tx     txn
	now    int64
	head   Head
	hashes map[int64]tlog.Hash // written in this transaction, not yet readable elsewhere
	writes int64
}

// Now is the one moment of this transaction: max(clock, head.at), Unix microseconds.
func (t *Tx) Now() int64 { return t.now }

// Writes counts the rows written so far; an act that wrote and recorded
// nothing is refused by the desk.
func (t *Tx) Writes() int64 { return t.writes }

// mark is what a savepoint must restore beside the database's own state.
type mark struct {
	head   Head
	writes int64
}

func (t *Tx) mark() mark { return mark{t.head, t.writes} }

func (t *Tx) reset(m mark) {
	for idx := range t.hashes {
		if idx >= storedCount(m.head.Size) {
			delete(t.hashes, idx)
		}
	}
	t.head, t.writes = m.head, m.writes
}

// Savepoint runs fn; when fn fails, everything it wrote is undone and the
// transaction goes on.
func (t *Tx) Savepoint(ctx context.Context, fn func() error) error {
	if _, err := t.tx.ExecContext(ctx, `SAVEPOINT change`); err != nil {
		return wrap("savepoint", err)
	}
	m := t.mark()
	err := runSafely(fn)
	if err == nil {
		_, err = t.tx.ExecContext(ctx, `RELEASE SAVEPOINT change`)
		err = wrap("release savepoint", err)
	}
	if err != nil {
		return t.undo(ctx, m, err)
	}
	return nil
}

// undo goes back to the savepoint and answers why. It does not use the caller's
// cancellation: a cancelled act must still be undone, and one whose savepoint
// could not be released too, or the caller would commit what it calls failed.
func (t *Tx) undo(ctx context.Context, m mark, err error) error {
	ctx = context.WithoutCancel(ctx)
	if _, back := t.tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT change`); back != nil {
		return fmt.Errorf("%w (and undoing it: %w)", err, back)
	}
	t.reset(m)
	if _, rel := t.tx.ExecContext(ctx, `RELEASE SAVEPOINT change`); rel != nil {
		return fmt.Errorf("%w (and undoing it: %w)", err, rel)
	}
	return err
}

// PanicError is a panic inside an act, turned into an error so that the act's
// neighbours in the group are unharmed.
type PanicError struct {
	Value any
	Stack []byte
}

// Error implements error.
func (p *PanicError) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// exec writes; it is the only way a Tx changes anything.
func (t *Tx) exec(ctx context.Context, op, query string, args ...any) (int64, error) {
	n, err := exec(ctx, t.tx, op, query, args...)
	t.writes += n
	return n, err
}

// insert writes one row.
func (t *Tx) insert(ctx context.Context, op, query string, args ...any) error {
	n, err := t.exec(ctx, op, query, args...)
	return exactlyOne(op, n, err)
}

// guarded is an update or delete whose WHERE names its guard: it must hit
// exactly one row, or the answer is ErrConflict.
func (t *Tx) guarded(ctx context.Context, op, query string, args ...any) error {
	n, err := t.exec(ctx, op, query, args...)
	return exactlyOne(op, n, err)
}
