package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// scanner is a row that can be read: *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// View reads. On its own it reads from the read-only pool; inside a Tx or a
// Scratch it reads what that transaction sees.
type View struct{ q querier }

// View returns a reader of the read pool.
func (s *Store) View() View { return View{q: s.reader} }

// Snapshot runs fn on one consistent snapshot.
func (s *Store) Snapshot(ctx context.Context, fn func(View) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := s.read.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin a snapshot: %w", err)
	}
	defer tx.Rollback()
	return fn(View{q: tx})
}

// Ping says whether the database answers.
func (v View) Ping(ctx context.Context) error {
	var one int64
	return wrap("ping", v.q.QueryRowContext(ctx, `SELECT 1`).Scan(&one))
}

// get reads one row with scan; sql.ErrNoRows becomes ErrNotFound.
func get[T any](ctx context.Context, v View, op string, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	out, err := scan(v.q.QueryRowContext(ctx, query, args...))
	if err != nil {
		var zero T
		return zero, wrap(op, err)
	}
	return out, nil
}

// list reads all rows with scan.
func list[T any](ctx context.Context, v View, op string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := v.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, wrap(op, err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, wrap(op, err)
		}
		out = append(out, row)
	}
	return out, wrap(op, rows.Err())
}

// one is a scan function for a single column.
func one[T any](s scanner) (T, error) {
	var v T
	err := s.Scan(&v)
	return v, err
}

func wrap(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", op, ErrNotFound)
	}
	return fmt.Errorf("%s: %w", op, err)
}

// exec writes and returns how many rows it hit.
func exec(ctx context.Context, q querier, op, query string, args ...any) (int64, error) {
	res, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, wrap(op, err)
	}
	n, err := res.RowsAffected()
	return n, wrap(op, err)
}

// exactlyOne turns a guarded write that hit any other number of rows into
// ErrConflict.
func exactlyOne(op string, n int64, err error) error {
	switch {
	case err != nil:
		return err
	case n != 1:
		return fmt.Errorf("%s: %w", op, ErrConflict)
	}
	return nil
}
