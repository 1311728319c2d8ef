// Package store holds all SQL, for SQLite and PostgreSQL alike.
//
// Three ways in, three types. A View reads from a read-only pool. A Tx is a
// change: writers are serial on both databases, because each one first takes
// the ledger's head row; a Tx can append to the ledger. A Scratch is a small
// write without head row and ledger, for the tables whose rows grant nothing.
//
// Every guarded update names its guard in WHERE and must hit exactly one row;
// otherwise it answers ErrConflict. Rows are structs of package recovery.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // database/sql driver "sqlite"

	"countersign/migrations"
)

// Errors that callers tell apart.
var (
	// ErrNotFound says that no row has this id.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that a guarded write did not hit exactly one row:
	// somebody else changed it first.
	ErrConflict = errors.New("changed meanwhile")
	// ErrClosed says that the store no longer takes writes.
	ErrClosed = errors.New("store is closed")
)

// Config says where the data lives. Exactly one of Path (SQLite file) and DSN
// (PostgreSQL) is set.
type Config struct {
	Path string
	DSN  string
	// Clock is the wall clock, Unix microseconds.
	Clock func() int64
	// Unsynced commits without waiting for the disk (SQLite): only while a demo's
	// past is made, which a crash discards as a whole.
	Unsynced bool
	// Patience is the ceiling of one act in the writer, two seconds unless it is
	// set: tests give more, so that a busy machine decides nothing.
	Patience time.Duration
	// Checkpoint is called after each commit group with the new head. It may be
	// nil. It must not block for long.
	Checkpoint func(Head) error
	// Fault is for tests, Trace for benchmarks; see there.
	Fault Fault
	Trace Trace
}

// Store is one open database.
type Store struct {
	write, read *sql.DB
	postgres    bool
	clock       func() int64
	patience    time.Duration
	checkpoint  func(Head) error
	fault       Fault
	trace       Trace
	reader      querier     // the read pool
	statements  *statements // of the write pool; nil on PostgreSQL
	acts        chan *act
	stop, done  chan struct{}
	groups      groupStats
}

// Open connects and starts the writer. It does not migrate.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{postgres: cfg.DSN != "", clock: forward(cfg.Clock), patience: cmp.Or(cfg.Patience, ctxTimeout), checkpoint: cfg.Checkpoint, fault: cfg.Fault, trace: cfg.Trace,
		acts: make(chan *act, 1024), stop: make(chan struct{}), done: make(chan struct{})}
	var err error
	if s.postgres {
		err = s.openPostgres(cfg.DSN)
	} else {
		err = s.openSQLite(cfg.Path, cfg.Unsynced)
	}
	if err != nil {
		return nil, err
	}
	if err := s.write.PingContext(ctx); err != nil {
		s.closePools()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	go s.writer()
	return s, nil
}

// forward is a clock that stands still while the wall clock is behind what it
// said before: what has ended stays ended for readers too (R7). A change has the
// ledger's head as a further floor, which outlives the process.
func forward(clock func() int64) func() int64 {
	var last atomic.Int64
	return func() int64 {
		now := clock()
		for {
			before := last.Load()
			if now <= before {
				return before
			}
			if last.CompareAndSwap(before, now) {
				return now
			}
		}
	}
}

func (s *Store) openSQLite(path string, unsynced bool) error {
	if err := ownFile(path); err != nil {
		return err
	}
	sync := "synchronous(FULL)"
	if unsynced {
		sync = "synchronous(OFF)"
	}
	pragma := func(txlock string, more ...string) string {
		q := url.Values{}
		for _, p := range append([]string{"busy_timeout(10000)", "foreign_keys(1)", sync}, more...) {
			q.Add("_pragma", p)
		}
		if txlock != "" {
			q.Set("_txlock", txlock)
		}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	var err error
	if s.write, err = sql.Open("sqlite", pragma("immediate", "journal_mode(WAL)")); err != nil {
		return fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", pragma("", "query_only(1)", "cache_size(-16000)", "mmap_size(268435456)")); err != nil {
		return fmt.Errorf("open %s for reading: %w", filepath.Base(path), err)
	}
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(8)
	s.reader, s.statements = preparedDB{s.read, newStatements(s.read)}, newStatements(s.write)
	return nil
}

// ownFile creates the database file readable by its owner only.
func ownFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the database file: %w", err)
	}
	return f.Close()
}

func (s *Store) openPostgres(dsn string) error {
	with := func(extra string) string {
		params := "lock_timeout=5000&statement_timeout=5000&idle_in_transaction_session_timeout=10000" + extra
		if strings.Contains(dsn, "://") {
			sep := "?"
			if strings.Contains(dsn, "?") {
				sep = "&"
			}
			return dsn + sep + params
		}
		return dsn + " " + strings.ReplaceAll(params, "&", " ")
	}
	var err error
	if s.write, err = sql.Open("pgx", with("")); err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	s.write.SetMaxOpenConns(6)
	if s.read, err = sql.Open("pgx", with("&default_transaction_read_only=on")); err != nil {
		return fmt.Errorf("open PostgreSQL for reading: %w", err)
	}
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(8)
	s.reader = s.read
	return nil
}

// Migrate brings the schema up to date; doing it twice changes nothing.
func (s *Store) Migrate(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return s.foldNames(ctx)
}

// Migrated says whether the schema is the one this program was built for.
func (s *Store) Migrated(ctx context.Context) (bool, error) {
	p, err := s.provider()
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return false, fmt.Errorf("read the schema version: %w", err)
	}
	return !pending, nil
}

func (s *Store) provider() (*goose.Provider, error) {
	dialect, other := goose.DialectSQLite3, "postgres"
	if s.postgres {
		dialect, other = goose.DialectPostgres, "sqlite"
	}
	names, err := migrations.FS.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	var exclude []string
	for _, n := range names {
		if strings.HasSuffix(n.Name(), "."+other+".sql") {
			exclude = append(exclude, n.Name())
		}
	}
	p, err := goose.NewProvider(dialect, s.write, migrations.FS, goose.WithExcludeNames(exclude))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}

// Close stops the writer after the acts that wait, then closes the pools.
func (s *Store) Close() error {
	select {
	case <-s.stop:
		return nil
	default:
	}
	close(s.stop)
	<-s.done
	return s.closePools()
}

func (s *Store) closePools() error {
	var errs []error
	for _, db := range []*sql.DB{s.write, s.read} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Clock is the wall clock the store was opened with.
func (s *Store) Clock() int64 { return s.clock() }

// Postgres says which database this is.
func (s *Store) Postgres() bool { return s.postgres }

// Ceilings: of one act in the writer unless the configuration says otherwise, and
// of waiting for the writer's turn and everything that shares it.
const (
	ctxTimeout   = 2 * time.Second
	queueTimeout = 15 * time.Second
)
