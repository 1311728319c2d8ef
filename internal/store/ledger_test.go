package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign/internal/ledger"
	"countersign/internal/store"
	"countersign/internal/store/storetest"
)

func TestR51_GroupCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, clock *storetest.Clock) {
		appendOne := func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Append(ctx, ledger.Entry{Kind: "test.happened", Actor: "system"}, "salt", "a detail")
			return err
		}
		t.Run("acts that fail, panic or cancel leave no trace and harm no neighbour", func(t *testing.T) {
			var wg sync.WaitGroup
			results := make([]error, 60)
			for i := range results {
				wg.Add(1)
				go func() {
					defer wg.Done()
					results[i] = s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
						if err := appendOne(ctx, tx); err != nil {
							return err
						}
						switch i % 4 {
						case 1:
							return errors.New("refused")
						case 2:
							panic("boom")
						case 3:
							dead, cancel := context.WithCancel(ctx)
							cancel()
							return appendOne(dead, tx)
						}
						return nil
					})
				}()
			}
			wg.Wait()
			for i, err := range results {
				if (err == nil) != (i%4 == 0) {
					t.Errorf("act %d: %v", i, err)
				}
			}
			head, err := s.View().LedgerHead(t.Context())
			if err != nil || head.Size != 15 {
				t.Fatalf("ledger size %d, %v; want 15", head.Size, err)
			}
			verify(t, s, 15)
		})
		t.Run("time never runs backwards", func(t *testing.T) {
			clock.Add(-3600_000_000)
			before, _ := s.View().LedgerHead(t.Context())
			if err := s.Write(t.Context(), appendOne); err != nil {
				t.Fatal(err)
			}
			after, _ := s.View().LedgerHead(t.Context())
			if after.At < before.At {
				t.Fatalf("head went from %d to %d", before.At, after.At)
			}
		})
		t.Run("R50: the database itself refuses to change an entry", func(t *testing.T) {
			for _, stmt := range []string{"UPDATE ledger_entries SET kind = 'x'", "DELETE FROM ledger_entries", "UPDATE ledger_hashes SET hash = ''"} {
				if err := s.ExecForTest(t.Context(), stmt); err == nil {
					t.Errorf("%s went through", stmt)
				}
			}
		})
	})
}

func TestGroupsShareCommits(t *testing.T) {
	s := storetest.Open(t, withClock(storetest.SQLite(t)))
	var wg sync.WaitGroup
	before, _ := s.Groups()
	hold := make(chan struct{})
	started := make(chan struct{})
	wg.Add(1)
	go func() {
		defer wg.Done()
		s.Write(t.Context(), func(context.Context, *store.Tx) error { close(started); <-hold; return nil })
	}()
	<-started
	queued := make(chan struct{}, 40)
	for i := range 40 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			queued <- struct{}{}
			if err := s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Append(ctx, ledger.Entry{Kind: fmt.Sprint("test.", i), Actor: "system"}, "", "")
				return err
			}); err != nil {
				t.Error(err)
			}
		}()
	}
	for range 40 {
		<-queued
	}
	close(hold)
	wg.Wait()
	commits, _ := s.Groups()
	if commits-before > 20 {
		t.Errorf("40 waiting acts took %d commits", commits-before)
	}
	verify(t, s, 40)
}

func withClock(c store.Config) store.Config {
	c.Clock = storetest.NewClock().Now
	return c
}

func verify(t *testing.T, s *store.Store, want int64) {
	t.Helper()
	err := s.Snapshot(t.Context(), func(v store.View) error {
		r, err := ledger.Verify(store.LedgerSource{Ctx: t.Context(), View: v}, nil)
		if err == nil && (!r.OK() || r.Size != want) {
			t.Errorf("verify: %+v, want size %d", r, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestALongActHasFiveTimesAsLong(t *testing.T) {
	cfg := storetest.SQLite(t)
	cfg.Clock = storetest.NewClock().Now
	s := storetest.Open(t, cfg)
	left := func(ctx context.Context) (d time.Duration) {
		if err := s.Write(ctx, func(ctx context.Context, _ *store.Tx) error {
			ends, _ := ctx.Deadline()
			d = time.Until(ends)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return d
	}
	if usual := left(t.Context()); usual <= 0 || usual > cfg.Patience {
		t.Errorf("an act has %v", usual)
	}
	if long := left(store.Long(t.Context())); long <= cfg.Patience || long > 5*cfg.Patience {
		t.Errorf("a long act has %v", long)
	}
}
