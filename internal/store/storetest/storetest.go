// Package storetest opens stores for tests: every test of store and desk runs
// on SQLite and on PostgreSQL.
package storetest

import (
	"path/filepath"
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

// SQLite is a fresh database file.
func SQLite(tb testing.TB) store.Config {
	return store.Config{Path: filepath.Join(tb.TempDir(), "countersign.db")}
}

// Postgres is a fresh database of a cluster that lives as long as the test process.
func Postgres(tb testing.TB) store.Config {
	return store.Config{DSN: PostgresDSN(tb)}
}

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
