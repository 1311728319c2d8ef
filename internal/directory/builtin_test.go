package directory_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"countersign/internal/directory"
)

func TestCheckPassword(t *testing.T) {
	b := directory.NewBuiltin()
	hash, err := b.HashPassword(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the right password passes, every other one is wrong", func(t *testing.T) {
		if err := b.CheckPassword(t.Context(), hash, "correct horse battery staple"); err != nil {
			t.Error(err)
		}
		for _, wrong := range []string{"", "correct horse battery stapl", "Correct horse battery staple"} {
			if err := b.CheckPassword(t.Context(), hash, wrong); !errors.Is(err, directory.ErrPassword) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
	})
	t.Run("two hashes of one password differ and name their cost", func(t *testing.T) {
		again, err := b.HashPassword(t.Context(), "correct horse battery staple")
		if err != nil || again == hash || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("%s, %v", again, err)
		}
	})
	t.Run("R39: an account without a password answers like a wrong one, not with an error of its own", func(t *testing.T) {
		if err := b.CheckPassword(t.Context(), "", ""); !errors.Is(err, directory.ErrPassword) {
			t.Error(err)
		}
	})
	t.Run("a damaged hash is an error, never a pass", func(t *testing.T) {
		for _, bad := range []string{"x", "$argon2id$v=19$m=0,t=0,p=0$AA$", strings.Replace(hash, "v=19", "v=16", 1), hash[:len(hash)-44]} {
			if err := b.CheckPassword(t.Context(), bad, "correct horse battery staple"); err == nil {
				t.Errorf("%q passes", bad)
			}
		}
	})
	// The choice between a free slot and an ended context is random: wait for the one that gives up.
	t.Run("who waits for a slot can give up", func(t *testing.T) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 { // a free slot may be taken first
			if err := b.CheckPassword(gone, hash, "x"); errors.Is(err, context.Canceled) {
				return
			}
		}
		t.Error("a cancelled check always ran")
	})
}
