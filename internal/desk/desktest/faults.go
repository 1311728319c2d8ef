package desktest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/ledger"
	"countersign/internal/store"
)

// Attempt is one run of an act, on furniture of its own.
type Attempt struct {
	// Act is the act under test; it must hand ctx on.
	Act func(ctx context.Context) error
	// Done, if not nil, checks that an act that answered nil is wholly done.
	Done func()
	// Keeps names the tables in which a keep may spend something although the
	// act failed; one act.failed entry may then be written too.
	Keeps []string
}

// Faults makes every statement of an act fail in turn, for n = 1, 2, 3 … until
// the act gets through unharmed (T25): the statement fails, its context is
// cancelled, it panics, the whole transaction ends under it. Each run is done
// once alone (then also begin, savepoints, head and commit fail) and, in the
// modes that could reach it, once with a neighbour in the same commit group. After a failed run nothing of the act
// may be left, the neighbour's entry must be there, once, and the ledger must
// verify. begin furnishes a run: account, ticket, code; furniture that a failed
// run left untouched is used again.
func (h *House) Faults(t *testing.T, begin func() Attempt) {
	t.Helper()
	if h.faults == nil {
		t.Fatal("make the house with Each or SQLite")
	}
	h.watch()
	for i, m := range modes {
		first, step, company := h.pace(i)
		t.Run("every statement "+m.name, func(t *testing.T) {
			h.series(t, begin, m, false, first, step)
			if m.harms {
				h.series(t, begin, m, true, first, company)
			}
			h.Verify()
		})
	}
}

// pace spreads the statements over the modes, so that a plain run strikes every
// statement once on SQLite and every fourth on PostgreSQL; in company, which is
// the store's affair more than the act's, every fourth of those. `make torture`
// strikes every statement in every mode.
func (h *House) pace(mode int) (first, step, company int) {
	switch {
	case Torture():
		return 1, 1, 1
	case h.Store.Postgres():
		return mode + 1, 4 * len(modes), 4 * len(modes)
	}
	return mode + 1, len(modes), 4 * len(modes)
}

// series lets every step-th statement fail until none is left to fail.
func (h *House) series(t *testing.T, begin func() Attempt, m mode, crowd bool, first, step int) {
	a := begin()
	before := h.changes(a.Keeps)
	for n := first; n < 2000; n += step {
		size := h.LedgerSize()
		h.faults.arm(m, n, !crowd && !m.marked)
		err := h.runOne(t, a, crowd)
		query := h.faults.disarm()
		where := fmt.Sprintf("statement %d (%s), in company %v", n, strings.Join(strings.Fields(query), " "), crowd)
		if crowd {
			size++ // the neighbour's entry
		}
		h.judge(t, where, err, a, before, size)
		if query == "" {
			if err != nil {
				t.Fatalf("the act fails without any fault: %v", err)
			}
			return
		}
		if t.Failed() {
			return
		}
		if err == nil || a.Keeps != nil { // otherwise nothing of it is left
			a = begin()
			before = h.changes(a.Keeps)
		}
	}
	t.Fatal("the act never got through")
}

// judge compares what is left with what was there.
func (h *House) judge(t *testing.T, where string, err error, a Attempt, before map[string]int64, size int64) {
	t.Helper()
	if err == nil {
		if a.Done != nil {
			a.Done()
		}
		return
	}
	for table, n := range h.changes(a.Keeps) {
		if n != before[table] {
			t.Errorf("%s: the act failed (%v) and left something in %s", where, err, table)
		}
	}
	extra := h.LedgerSize() - size
	if extra < 0 || extra > 1 || extra == 1 && a.Keeps == nil {
		t.Errorf("%s: the act failed (%v) and the ledger has %+d entries", where, err, extra)
	}
}

// runOne does the act, alone or in one commit group with a neighbour.
func (h *House) runOne(t *testing.T, a Attempt, crowd bool) error {
	act := func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic: %v", v)
			}
		}()
		return a.Act(context.WithValue(t.Context(), marked{}, true))
	}
	if !crowd {
		return act()
	}
	held, gate := make(chan struct{}), make(chan struct{})
	neighbour, done := make(chan error, 1), make(chan error, 1)
	go h.Store.Write(t.Context(), func(context.Context, *store.Tx) error { close(held); <-gate; return nil })
	<-held
	go func() { neighbour <- h.Store.Write(t.Context(), leaveEntry) }()
	h.queued(1)
	go func() { done <- act() }()
	h.queued(2)
	close(gate)
	err := <-done
	if err := <-neighbour; err != nil {
		t.Errorf("the neighbour was harmed: %v", err)
	}
	return err
}

// queued waits until n changes wait for the writer. An act that first writes a
// scratch row on SQLite gets no connection while the gate is shut, so the wait
// has an end: such an act then runs beside its neighbour instead of with it.
func (h *House) queued(n int) {
	for until := time.Now().Add(20 * time.Millisecond); h.Store.Waiting() < n && time.Now().Before(until); {
		runtime.Gosched()
	}
}

func leaveEntry(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Append(ctx, ledger.Entry{Kind: "server.started", Actor: "system"}, "", "")
	return err
}

// LedgerSize is the number of entries.
func (h *House) LedgerSize() int64 {
	h.TB.Helper()
	head, err := h.Store.View().LedgerHead(h.TB.Context())
	must(h.TB, err)
	return head.Size
}

// marked is the context key of the act under test.
type marked struct{}

// errFault is what an injected failure answers.
var errFault = errors.New("injected fault")

// mode is one way for a statement to go wrong.
type mode struct {
	name   string
	marked bool // only the act's own statements
	harms  bool // may reach the neighbours in the commit group
	strike func(ctx context.Context, tx *sql.Tx) context.Context
}

var modes = []mode{
	{name: "failing", harms: true, strike: func(ctx context.Context, tx *sql.Tx) context.Context {
		tx.ExecContext(ctx, `SELECT 1 FROM no_such_table`) // a real error: PostgreSQL aborts to the savepoint
		return ended{ctx, errFault}
	}},
	{name: "cancelled", strike: func(ctx context.Context, _ *sql.Tx) context.Context { return ended{ctx, context.Canceled} }},
	{name: "panicking", marked: true, strike: func(context.Context, *sql.Tx) context.Context { panic("injected panic") }},
	{name: "ending its transaction", harms: true, strike: func(ctx context.Context, tx *sql.Tx) context.Context {
		tx.Rollback()
		return ctx
	}},
}

// ended is a context that has ended with err.
type ended struct {
	context.Context
	err error
}

func (e ended) Err() error { return e.err }

func (e ended) Done() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// faults is the store's Fault of a house.
type faults struct {
	mu    sync.Mutex
	mode  *mode
	left  int
	all   bool
	fired string
	peek  func(*sql.Tx)

	watched bool // the database counts its changes
}

// arm lets the n-th statement of the act go wrong; with all, also those of the
// store itself.
func (f *faults) arm(m mode, n int, all bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode, f.left, f.all, f.fired = &m, n, all, ""
}

// disarm answers the statement that was struck, "" for none.
func (f *faults) disarm() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode = nil
	return f.fired
}

// see implements store.Fault.
func (f *faults) see(ctx context.Context, tx *sql.Tx, query string) context.Context {
	strike := f.turn(ctx, tx, query)
	if strike == nil {
		return ctx
	}
	return strike(ctx, tx)
}

func (f *faults) turn(ctx context.Context, tx *sql.Tx, query string) func(context.Context, *sql.Tx) context.Context {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.peek != nil {
		f.peek(tx)
		f.peek = nil
	}
	if f.mode == nil || f.fired != "" || !f.all && ctx.Value(marked{}) == nil {
		return nil
	}
	if f.left--; f.left > 0 {
		return nil
	}
	f.fired = query
	return f.mode.strike
}

// SQL runs raw SQL in a transaction of the store, for tests that look at rows.
func (h *House) SQL(fn func(tx *sql.Tx)) {
	h.TB.Helper()
	h.faults.mu.Lock()
	h.faults.peek = fn
	h.faults.mu.Unlock()
	must(h.TB, h.Store.Scratch(h.TB.Context(), func(ctx context.Context, s *store.Scratch) error { return s.Ping(ctx) }))
}

func tables(tb testing.TB, tx *sql.Tx, postgres bool) []string {
	tb.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if postgres {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	return texts(tb, tx, query)
}

// Anywhere is the first table that holds a text in clear, "" when none does.
func (h *House) Anywhere(text string) (where string) {
	h.TB.Helper()
	h.SQL(func(tx *sql.Tx) {
		for _, table := range tables(h.TB, tx, h.Store.Postgres()) {
			if strings.Contains(strings.Join(texts(h.TB, tx, `SELECT * FROM `+table), "\n"), text) {
				where = table
			}
		}
	})
	return where
}

// texts reads each row as one text.
func texts(tb testing.TB, tx *sql.Tx, query string) []string {
	tb.Helper()
	rows, err := tx.QueryContext(tb.Context(), query)
	must(tb, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(tb, err)
	var out []string
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		dest := make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		must(tb, rows.Scan(dest...))
		parts := make([]string, len(columns))
		for i, v := range values {
			parts[i] = v.String
		}
		out = append(out, strings.Join(parts, "\x00"))
	}
	must(tb, rows.Err())
	return out
}
