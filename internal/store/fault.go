package store

import (
	"context"
	"database/sql"
)

// Fault sees every statement of a change or a scratch before it runs; tests use
// it to make the n-th one fail (T25). It returns the context to run the statement
// with: one that has ended fails it. It may panic, or end tx under the act's
// feet. Nil everywhere but in tests.
type Fault func(ctx context.Context, tx *sql.Tx, query string) context.Context

// txn is a transaction, watched or not.
type txn interface {
	querier
	Commit() error
	Rollback() error
}

// watch puts the kept statements and the fault, if there are any, in front of a
// transaction.
func (s *Store) watch(tx *sql.Tx) txn {
	var t txn = tx
	if s.statements != nil {
		t = preparedTx{Tx: tx, statements: s.statements, unknown: new([]string)}
	}
	if s.trace != nil {
		t = traced{t, s.trace}
	}
	if s.fault == nil {
		return t
	}
	return watched{txn: t, tx: tx, fault: s.fault}
}

// Trace hears every statement of a change or a scratch with its arguments; the
// benchmarks replay them. Nil everywhere else.
type Trace func(query string, args []any)

type traced struct {
	txn
	trace Trace
}

func (t traced) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	t.trace(query, args)
	return t.txn.QueryContext(ctx, query, args...)
}

func (t traced) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	t.trace(query, args)
	return t.txn.QueryRowContext(ctx, query, args...)
}

func (t traced) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	t.trace(query, args)
	return t.txn.ExecContext(ctx, query, args...)
}

type watched struct {
	txn
	tx    *sql.Tx
	fault Fault
}

func (w watched) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return w.txn.QueryContext(w.fault(ctx, w.tx, query), query, args...)
}

func (w watched) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return w.txn.QueryRowContext(w.fault(ctx, w.tx, query), query, args...)
}

func (w watched) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return w.txn.ExecContext(w.fault(ctx, w.tx, query), query, args...)
}

// Commit is a statement too.
func (w watched) Commit() error {
	if err := w.fault(context.Background(), w.tx, "COMMIT").Err(); err != nil {
		return err
	}
	return w.txn.Commit()
}
