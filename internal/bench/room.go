package main

import (
	"database/sql"
	"net/url"

	"countersign/internal/desk/desktest"
	"countersign/internal/store/storetest"
)

// room is a furnished house whose database file floors may open beside it.
type room struct {
	*desktest.House
	l    *lab
	path string
}

func newRoom(l *lab) *room {
	clock, cfg := storetest.NewClock(), storetest.SQLite(l)
	cfg.Clock = clock.Now
	return &room{desktest.New(l, storetest.Open(l, cfg), clock), l, cfg.Path}
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
