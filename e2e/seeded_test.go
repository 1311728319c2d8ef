package e2e

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// The demo's own people: their keys are programs and in no browser, so they read
// and write here, and sign nothing.

// seeded signs one of the demo's staff in: the session is written beside the
// server, as the sign-in would write it.
func (p *product) seeded(t *testing.T, id string) *person {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Path: filepath.Join(p.Dir, "countersign.db"), Clock: func() int64 { return time.Now().UnixMicro() }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	token, err := codes.NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return addSession(ctx, tx, token, id) }); err != nil {
		t.Fatal(err)
	}
	who := &person{tab: newTab(t), p: p}
	who.open("/login")
	if _, err := chromedp.Call(who.ctx, network.SetCookie, network.SetCookieParams{Name: "countersign-staff", Value: token, URL: p.URL}); err != nil {
		t.Fatal(err)
	}
	return who
}

func addSession(ctx context.Context, tx *store.Tx, token, id string) error {
	keys, err := tx.Keys(ctx, id)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.Counted != 0 {
			return tx.AddSession(ctx, store.Session{ID: "session-" + id, TokenHash: codes.HashToken("session", token), Kind: desk.StaffSession, Person: id, Factor: k.ID,
				Began: tx.Now(), Proved: tx.Now(), Ends: tx.Now() + recovery.SessionLife})
		}
	}
	return store.ErrNotFound
}

// seededHolder is the holder of an account whose recovery was closed long ago: a
// fresh browser and the password, without a passkey.
func seededHolder(t *testing.T, p *product) (who *person, account string) {
	t.Helper()
	return &person{tab: newTab(t), p: p, password: "correct horse battery staple"}, "vera.valemont"
}
