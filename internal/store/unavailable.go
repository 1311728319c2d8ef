package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Unavailable says whether an error is the database's own trouble, which may
// pass without anybody changing the program: disk full or failing, locked,
// read-only, connection lost, too slow. Nothing was changed; the same request
// may work later.
func Unavailable(err error) bool {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	var network net.Error
	switch {
	case errors.As(err, &lite):
		return busyOrBroken(lite.Code() & 0xff)
	case errors.As(err, &pg):
		// 08 connection, 53 out of resources, 55P03 lock timeout, 57 shutdown or cancelled, 58 I/O.
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || pg.Code == "55P03" ||
			strings.HasPrefix(pg.Code, "57") || strings.HasPrefix(pg.Code, "58")
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) || errors.Is(err, ErrClosed)
}

func busyOrBroken(code int) bool {
	switch code {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}
