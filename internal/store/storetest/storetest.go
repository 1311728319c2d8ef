// Package storetest opens stores for tests: every test of store and desk runs
// on SQLite and on PostgreSQL.
package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/internal/store"
)

// Clock is a hand-moved clock, Unix microseconds. It starts at a fixed moment.
type Clock struct{ at atomic.Int64 }

// NewClock starts at 2026-03-02 09:00:00 UTC, a Monday.
func NewClock() *Clock {
	c := &Clock{}
	c.at.Store(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

// Now reads the clock.
func (c *Clock) Now() int64 { return c.at.Load() }

// Add moves the clock by microseconds; backwards too.
func (c *Clock) Add(d int64) { c.at.Add(d) }

// Each runs fn once on SQLite and once on PostgreSQL, as subtests.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store, clock *Clock)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) store.Config{"sqlite": SQLite, "postgres": Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // both databases at once
			clock := NewClock()
			cfg := open(t)
			cfg.Clock = clock.Now
			fn(t, Open(t, cfg), clock)
		})
	}
}

// SQLite is a fresh database file, migrated, whose commits do not wait for the
// disk: what survives a power cut is tested on whole processes.
func SQLite(tb testing.TB) store.Config {
	tb.Helper()
	file, err := migratedFile()
	if err != nil {
		tb.Fatalf("storetest: migrate: %v", err)
	}
	path := filepath.Join(tb.TempDir(), "countersign.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		tb.Fatal(err)
	}
	return store.Config{Path: path, Unsynced: true, Patience: time.Hour}
}

// migratedFile is a migrated database without a row, made once: migrating takes
// longer than most tests.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "countersign-migrated-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "countersign.db")
	if err := migrated(store.Config{Path: path, Unsynced: true}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// migrated brings a database to the schema of today and closes it.
func migrated(cfg store.Config) error {
	ctx := context.Background()
	cfg.Clock = NewClock().Now
	s, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(ctx), s.Close())
}

// Postgres is a fresh database, migrated, of a cluster that lives as long as the test process.
func Postgres(tb testing.TB) store.Config {
	tb.Helper()
	template, err := migratedDatabase()
	if err != nil {
		tb.Fatalf("storetest: migrate: %v", err)
	}
	return store.Config{DSN: copyOf(tb, template), Patience: time.Hour}
}

// migratedDatabase is the name of a migrated database without a row, made once.
var migratedDatabase = sync.OnceValues(func() (string, error) {
	const name = "migrated"
	pg, err := sharedCluster()
	if err != nil {
		return "", err
	}
	if _, err := pg.admin.Exec("CREATE DATABASE " + name); err != nil {
		return "", err
	}
	return name, migrated(store.Config{DSN: pg.dsn(name)})
})

// Open opens and migrates a store and closes it with the test.
func Open(tb testing.TB, cfg store.Config) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}
