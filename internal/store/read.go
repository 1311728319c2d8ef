package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// OpenRead opens a database for reading only, for verifiers: it creates no
// file, migrates nothing and starts no writer, and works beside a running
// server. Write and Scratch must not be called on it.
func OpenRead(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{postgres: cfg.DSN != "", clock: cfg.Clock, stop: make(chan struct{}), done: make(chan struct{})}
	close(s.done) // there is no writer to wait for
	var err error
	if s.postgres {
		if err = s.openPostgres(cfg.DSN); err == nil {
			err = s.write.Close()
			s.write = nil
		}
	} else {
		err = s.openSQLiteRead(cfg.Path)
	}
	if err != nil {
		return nil, err
	}
	if err := s.View().Ping(ctx); err != nil {
		s.closePools()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return s, nil
}

func (s *Store) openSQLiteRead(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s: %w", path, err)
	}
	q := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)", "query_only(1)"}}
	var err error
	if s.read, err = sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode()); err != nil {
		return fmt.Errorf("open %s for reading: %w", filepath.Base(path), err)
	}
	s.reader = s.read
	return nil
}
