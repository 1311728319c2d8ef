package desktest

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/softkey"
	"countersign/internal/store"
	"countersign/internal/store/storetest"
)

// Mould is a house that was furnished once and put away. Copies of it open in
// milliseconds, with all its rows and keys, so that a test may begin again as
// often as it likes. SQLite only; its files are not synced.
type Mould struct {
	dir    string
	file   []byte
	config desk.Config
	at     int64
	logKey string
	keys   map[string]*softkey.Key
}

// NewMould furnishes a house in dir and puts it away.
func NewMould(tb testing.TB, dir string, furnish func(*House)) *Mould {
	tb.Helper()
	m := &Mould{dir: dir}
	path := m.path()
	h := furnished(tb, store.Config{Path: path, Unsynced: true})
	furnish(h)
	must(tb, h.Store.Close())
	var err error
	m.file, err = os.ReadFile(path)
	must(tb, err)
	m.config, m.at, m.logKey, m.keys = h.Desk.Config, h.Clock.Now(), h.LogKey, h.keys
	return m
}

func (m *Mould) path() string { return filepath.Join(m.dir, "countersign.db") }

// Open opens a copy; rand is its desk's randomness. One copy is open at a time:
// the house before must be shut.
func (m *Mould) Open(tb testing.TB, rand io.Reader) *House {
	tb.Helper()
	must(tb, os.WriteFile(m.path(), m.file, 0o600))
	clock, f := storetest.NewClock(), &faults{}
	clock.Add(m.at - clock.Now())
	s, err := store.Open(tb.Context(), store.Config{Path: m.path(), Unsynced: true, Clock: clock.Now, Fault: f.see})
	must(tb, err)
	cfg := m.config
	cfg.Store, cfg.Rand, cfg.Draw = s, rand, nil
	return &House{TB: tb, Desk: desk.New(cfg), Store: s, Clock: clock, LogKey: m.logKey, keys: maps.Clone(m.keys), faults: f}
}

// Shut closes a copy and removes its files.
func (m *Mould) Shut(tb testing.TB, h *House) {
	tb.Helper()
	must(tb, h.Store.Close())
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(m.path() + end); err != nil && !os.IsNotExist(err) {
			tb.Fatal(err)
		}
	}
}
