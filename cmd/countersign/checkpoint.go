package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"countersign/internal/ledger"
	"countersign/internal/store"
)

// checkpointFile is the append-only file of signed heads: whoever keeps a copy
// of one note can later prove that nothing before it was changed or cut (R50).
const checkpointFile = "checkpoint"

// tailBytes holds some dozens of notes: enough to find the newest one and
// whatever a crash left half written.
const tailBytes = 16 << 10

// checkpoints appends one note after each commit group. The server and verbs
// beside it append to the same file, so each append holds a lock on it.
type checkpoints struct {
	mu     sync.Mutex
	file   *os.File
	signer *ledger.Signer
	size   int64 // of the file after our last append
}

// openCheckpoints opens the file and drops a note that a crash cut short. The
// second result is the newest note, size -1 when there is none.
func openCheckpoints(dir string, signer *ledger.Signer) (*checkpoints, ledger.Checkpoint, error) {
	path := filepath.Join(dir, checkpointFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, ledger.Checkpoint{}, fmt.Errorf("open the checkpoints: %w", err)
	}
	c := &checkpoints{file: f, signer: signer, size: -1}
	var newest ledger.Checkpoint
	err = c.locked(func() error {
		newest, err = c.repair()
		return err
	})
	if err != nil {
		f.Close()
		return nil, newest, fmt.Errorf("%s: %w", path, err)
	}
	return c, newest, nil
}

func (c *checkpoints) locked(fn func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := unix.Flock(int(c.file.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock the checkpoints: %w", err)
	}
	defer unix.Flock(int(c.file.Fd()), unix.LOCK_UN)
	return fn()
}

// repair reads the end of the file, drops a torn last note and returns the
// newest whole one.
func (c *checkpoints) repair() (newest ledger.Checkpoint, err error) {
	end, err := readEnd(c.file, c.signer)
	if err != nil {
		return end.newest, err
	}
	c.size = end.size - int64(end.torn)
	if end.torn > 0 {
		return end.newest, c.file.Truncate(c.size)
	}
	if end.open {
		c.size++
		_, err = c.file.WriteString("\n")
	}
	return end.newest, err
}

// fileEnd is what the end of a checkpoint file looks like.
type fileEnd struct {
	newest ledger.Checkpoint // size -1 when there is none
	size   int64             // of the file
	torn   int               // bytes of a last note that was cut short
	open   bool              // the last note lacks its blank line
}

func readEnd(f *os.File, signer *ledger.Signer) (end fileEnd, err error) {
	end.newest.Size = -1
	info, err := f.Stat()
	if err != nil {
		return end, err
	}
	end.size = info.Size()
	tail := make([]byte, min(end.size, tailBytes))
	if _, err := f.ReadAt(tail, end.size-int64(len(tail))); err != nil {
		return end, err
	}
	if int64(len(tail)) < end.size {
		tail = fromNote(tail, signer.Origin())
	}
	points, torn, err := ledger.ParseCheckpoints(tail, signer.VerifierKey())
	if err != nil {
		return end, err
	}
	for _, p := range points {
		if p.Size >= end.newest.Size {
			end.newest = p
		}
	}
	end.torn, end.open = torn, torn == 0 && len(tail) > 0 && !bytes.HasSuffix(tail, []byte("\n\n"))
	return end, nil
}

// fromNote cuts off what precedes the first whole note of a tail.
func fromNote(tail []byte, origin string) []byte {
	mark := []byte("\n\n" + origin + "\n")
	if i := bytes.Index(tail, mark); i >= 0 {
		return tail[i+2:]
	}
	return nil
}

// add signs a head and appends it. It is called after the commit.
func (c *checkpoints) add(h store.Head) error {
	text, err := c.signer.Sign(ledger.Checkpoint{Origin: c.signer.Origin(), Size: h.Size, Root: h.Root})
	if err != nil {
		return err
	}
	note := ledger.AppendForm(text)
	return c.locked(func() error {
		size, err := c.file.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		if size != c.size { // another process wrote, or our last append failed half-way
			if _, err := c.repair(); err != nil {
				return err
			}
		}
		n, err := c.file.WriteString(note)
		c.size += int64(n)
		if err != nil {
			c.size = -1
		}
		return err
	})
}

func (c *checkpoints) close() error { return c.file.Close() }

// newestCheckpoint reads the newest note of DIR/checkpoint and changes nothing;
// size -1 when there is none.
func newestCheckpoint(dir string, signer *ledger.Signer) (ledger.Checkpoint, error) {
	f, err := os.Open(filepath.Join(dir, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ledger.Checkpoint{Size: -1}, nil
	}
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	defer f.Close()
	end, err := readEnd(f, signer)
	return end.newest, err
}

// readCheckpoints reads a whole file of notes. A torn last one is left out.
func readCheckpoints(path, vkey string) ([]ledger.Checkpoint, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	points, torn, err := ledger.ParseCheckpoints(raw, vkey)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if torn > 0 && len(points) == 0 {
		return nil, fmt.Errorf("%s: %w", path, errNoCheckpoint)
	}
	return points, nil
}

var errNoCheckpoint = errors.New("it holds no whole checkpoint")
