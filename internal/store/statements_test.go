package store

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// Whoever prepares a statement waits for the write pool's one connection. The
// transaction that has the connection must not wait for the one that prepares.
func TestStatements(t *testing.T) {
	s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "s.db"), Clock: func() int64 { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("a transaction runs on while another goroutine waits to prepare", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		learnt := make(chan struct{})
		err := s.Scratch(t.Context(), func(actx context.Context, x *Scratch) error {
			waiting := s.write.Stats().WaitCount
			go func() { s.statements.learn(ctx, `SELECT 40 + 2`); close(learnt) }()
			for s.write.Stats().WaitCount == waiting {
				runtime.Gosched()
			}
			_, err := x.exec(actx, "sweep", `DELETE FROM drafts WHERE at < $1`, int64(0))
			select {
			case <-learnt:
				t.Error("the transaction waited for the one that waits for it")
			default:
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		<-learnt
		if s.statements.find(`SELECT 40 + 2`) == nil {
			t.Error("the statement was not kept")
		}
	})
}
