package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/internal/store/storetest"
)

// keyring is what a copy of a database needs to be read with.
type keyring = desk.Keys

// room is a furnished house whose database file floors may copy or open.
type room struct {
	*desktest.House
	l     *lab
	path  string
	codes []string // code i is a live one of account i
}

func newRoom(l *lab) *room {
	return openRoom(l, keyring{}, filepath.Join(l.TempDir(), "countersign.db"), nil)
}

// openRoom furnishes a house on the file at path; keys, if any, replace its own.
func openRoom(l *lab, keys keyring, path string, trace store.Trace) *room {
	clock := storetest.NewClock()
	s := storetest.Open(l, store.Config{Path: path, Clock: clock.Now, Trace: trace})
	r := &room{House: desktest.New(l, s, clock), l: l, path: path}
	if keys.Pepper != nil {
		r.Desk.Keys = keys
	}
	return r
}

// copied is the path of a copy of the room's file as it is now.
func (r *room) copied() string {
	path := filepath.Join(r.l.TempDir(), "countersign.db")
	_, err := r.raw().Exec(`VACUUM INTO ?`, path)
	must(err)
	return path
}

// again opens a copy of the room.
func (r *room) again() *room {
	other := openRoom(r.l, r.Desk.Keys, r.copied(), nil)
	other.codes = r.codes
	return other
}

// raw opens the room's file with the pragmas of the store's pools.
func (r *room) raw() *sql.DB { return rawOpen(r.l, r.path) }

func rawOpen(l *lab, path string) *sql.DB {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "foreign_keys(1)", "synchronous(FULL)", "journal_mode(WAL)",
		"cache_size(-16000)", "mmap_size(268435456)"}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	must(err)
	l.Cleanup(func() { db.Close() })
	return db
}

func accountName(i int) string { return fmt.Sprintf("a-%06d", i) }

// holders puts n accounts into the room, each with one live backup code.
func (r *room) holders(n int) {
	r.codes = make([]string, n)
	r.holder(0) // hashes the one password
	crowd(32, n-1, func(i int) { r.holder(i + 1) })
}

func (r *room) holder(i int) {
	id := accountName(i)
	r.Account(id)
	code, err := codes.New(rand.Reader)
	must(err)
	r.codes[i] = code.String()
	r.Write(func(ctx context.Context, tx *store.Tx) error {
		set := recovery.CodeSet{ID: "set-" + id, Account: id, Made: tx.Now(), Ends: tx.Now() + 300*recovery.Day}
		if err := tx.AddCodeSet(ctx, set, []string{codes.Hash(r.Desk.Keys.Pepper, id, code)}, []string{"code-" + id}); err != nil {
			return err
		}
		return tx.ConfirmCodeSet(ctx, set.ID, recovery.InSafe)
	})
}

// present redeems the code of account i without HTTP, from an address.
func (r *room) present(i int, ip string) error {
	_, err := r.Desk.PresentCode(context.Background(), desk.Actor{Kind: desk.Stranger, IP: ip}, desk.PresentCode{
		Account: accountName(i), Code: r.codes[i], Facts: recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}})
	return err
}

// signedIn is the holder of an account, signed in with its passkey.
func (r *room) signedIn(account string) desk.Actor {
	s := store.Session{ID: "session-" + account, Kind: desk.HolderSession, Account: account, Person: account, Factor: account + "-passkey",
		TokenHash: "x", Began: r.Clock.Now(), Proved: r.Clock.Now(), Seen: r.Clock.Now(), Ends: r.Clock.Now() + recovery.Day}
	r.Write(func(ctx context.Context, tx *store.Tx) error { return tx.AddSession(ctx, s) })
	return desk.Actor{Kind: desk.Holder, Person: account, Account: account, Session: s.ID}
}
