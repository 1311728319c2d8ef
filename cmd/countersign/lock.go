package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockServer keeps a second server off the same data. The kernel drops the lock
// with the process, so a crash leaves nothing to clean up. Verbs of the command
// line do not take it: they may work beside the server.
func lockServer(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		pid, _ := os.ReadFile(path) // only to be helpful
		f.Close()
		return nil, fmt.Errorf("another server (process %s) runs on %s; one server per data directory. Stop it first, or give another directory", firstLine(pid), dir)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

func firstLine(b []byte) string {
	for i, c := range b {
		if c == '\n' {
			return string(b[:i])
		}
	}
	return "unknown"
}
