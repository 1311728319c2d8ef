package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// clock is the house's clock, Unix microseconds UTC: the machine's, plus what
// the demo was moved forward by, or a fixed moment while the demo is seeded.
type clock struct{ offset, fixed atomic.Int64 }

// Now reads the clock.
func (c *clock) Now() int64 {
	if at := c.fixed.Load(); at != 0 {
		return at
	}
	return time.Now().UnixMicro() + c.offset.Load()
}

// clockFile keeps how far a demo's clock was moved, in microseconds. Its
// presence also marks the directory as a demo's before any database exists.
const clockFile = "demo-clock"

// readOffset reads the demo's offset; 0 without a file.
func (c *clock) readOffset(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, clockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the demo's clock: %w", err)
	}
	by, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil || by < 0 {
		return fmt.Errorf("%s does not hold a number of microseconds", filepath.Join(dir, clockFile))
	}
	c.offset.Store(by)
	return nil
}

// move puts the clock forward and keeps that in dir.
func (c *clock) move(dir string, by time.Duration) error {
	path := filepath.Join(dir, clockFile)
	text := strconv.FormatInt(c.offset.Load()+by.Microseconds(), 10) + "\n"
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return fmt.Errorf("keep the demo's clock: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep the demo's clock: %w", err)
	}
	c.offset.Add(by.Microseconds())
	return nil
}
