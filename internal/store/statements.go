package store

import (
	"context"
	"database/sql"
	"sync"
)

// maxStatements bounds the kept statements of one pool: filters make a few
// texts for each list, and nothing may grow without end.
const maxStatements = 500

// statements keeps the prepared statements of one SQLite pool. modernc keeps
// none by itself, and to parse a text costs as much as to run it (12 µs against
// 7 µs for an insert with two indexes). pgx keeps its own.
type statements struct {
	db   *sql.DB
	mu   sync.RWMutex
	kept map[string]*sql.Stmt
}

func newStatements(db *sql.DB) *statements {
	return &statements{db: db, kept: map[string]*sql.Stmt{}}
}

func (s *statements) find(query string) *sql.Stmt {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.kept[query]
}

// learn prepares a text for next time. One that cannot be prepared is run as it
// is, and fails there. The lock is not held meanwhile: to prepare may wait for
// the pool's connection, and whoever has that looks its own statements up here.
func (s *statements) learn(ctx context.Context, query string) *sql.Stmt {
	if stmt, full := s.look(query); stmt != nil || full {
		return stmt
	}
	stmt, err := s.db.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	return s.keep(query, stmt)
}

func (s *statements) look(query string) (stmt *sql.Stmt, full bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.kept[query], len(s.kept) >= maxStatements
}

// keep keeps a statement, unless another goroutine was first: then that one.
func (s *statements) keep(query string, stmt *sql.Stmt) *sql.Stmt {
	s.mu.Lock()
	first := s.kept[query]
	if first == nil {
		s.kept[query] = stmt
	}
	s.mu.Unlock()
	if first == nil {
		return stmt
	}
	stmt.Close()
	return first
}

// preparedDB is the read pool with its statements.
type preparedDB struct {
	*sql.DB
	statements *statements
}

func (p preparedDB) stmt(ctx context.Context, query string) *sql.Stmt {
	if stmt := p.statements.find(query); stmt != nil {
		return stmt
	}
	return p.statements.learn(ctx, query)
}

func (p preparedDB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := p.stmt(ctx, query); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, query, args...)
}

func (p preparedDB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if stmt := p.stmt(ctx, query); stmt != nil {
		return stmt.QueryRowContext(ctx, args...)
	}
	return p.DB.QueryRowContext(ctx, query, args...)
}

// preparedTx is a transaction of the write pool with its statements. The pool
// has one connection and this transaction holds it, so what is new is prepared
// after the commit.
type preparedTx struct {
	*sql.Tx
	statements *statements
	unknown    *[]string
}

func (p preparedTx) stmt(ctx context.Context, query string) *sql.Stmt {
	if stmt := p.statements.find(query); stmt != nil {
		return p.Tx.StmtContext(ctx, stmt)
	}
	*p.unknown = append(*p.unknown, query)
	return nil
}

func (p preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := p.stmt(ctx, query); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return p.Tx.QueryContext(ctx, query, args...)
}

func (p preparedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if stmt := p.stmt(ctx, query); stmt != nil {
		return stmt.QueryRowContext(ctx, args...)
	}
	return p.Tx.QueryRowContext(ctx, query, args...)
}

func (p preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if stmt := p.stmt(ctx, query); stmt != nil {
		return stmt.ExecContext(ctx, args...)
	}
	return p.Tx.ExecContext(ctx, query, args...)
}

// Commit commits and then prepares what was new.
func (p preparedTx) Commit() error {
	if err := p.Tx.Commit(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), ctxTimeout)
	defer cancel()
	for _, query := range *p.unknown {
		p.statements.learn(ctx, query)
	}
	return nil
}
