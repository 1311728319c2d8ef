package ledger

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
)

// memory is a stored log in memory: the rows, the hashes and the head.
type memory struct {
	rows   []Row
	index  []int64
	hashes []Hash
	size   int64
	root   Hash
	broken error // what Hashes ends with
}

func (m *memory) Head() (int64, Hash, error) { return m.size, m.root, nil }

func (m *memory) Rows(f func(Row) error) error {
	for _, r := range m.rows {
		if err := f(r); err != nil {
			return fmt.Errorf("row: %w", err)
		}
	}
	return nil
}

func (m *memory) Hashes(f func(int64, Hash) error) error {
	for i, h := range m.hashes {
		if err := f(m.index[i], h); err != nil {
			return fmt.Errorf("hash: %w", err)
		}
	}
	return m.broken
}

func (m *memory) ReadHashes(indexes []int64) ([]Hash, error) {
	var out []Hash
	for _, i := range indexes {
		if i >= int64(len(m.hashes)) {
			return nil, fmt.Errorf("no hash %d", i)
		}
		out = append(out, m.hashes[i])
	}
	return out, nil
}

func (m *memory) clone() *memory {
	c := *m
	c.rows, c.index, c.hashes = slices.Clone(m.rows), slices.Clone(m.index), slices.Clone(m.hashes)
	return &c
}

func entry(seq int64, salt string) Entry {
	return Entry{
		Seq: seq, At: 1_700_000_000_000_000 + seq/3, Kind: "ticket.opened", Actor: "staff-7", Ticket: fmt.Sprint("t-", seq/4),
		Account: fmt.Sprint("a-", seq%5), Object: "step-1", Data: map[string]string{"count": fmt.Sprint(seq), "code": "x" + salt},
		Detail: DetailDigest(salt, "Somebody"),
	}
}

// push appends an entry the way a writer does.
func (m *memory) push(t testing.TB, e Entry) {
	t.Helper()
	body := must[string](t)(e.Encode())
	hashes := must[[]Hash](t)(Append(e.Seq, body, m))
	for i, h := range hashes {
		m.index = append(m.index, StoredIndex(e.Seq)+int64(i))
		m.hashes = append(m.hashes, h)
	}
	m.rows = append(m.rows, Row{e.Seq, e.At, e.Kind, e.Actor, e.Ticket, e.Account, body})
	m.size = e.Seq + 1
	m.root = must[Hash](t)(Root(m.size, m))
}

func newLog(t testing.TB, n int64, salt string) *memory {
	t.Helper()
	m := &memory{root: must[Hash](t)(Root(0, nil))}
	for seq := range n {
		m.push(t, entry(seq, salt))
	}
	return m
}

// point is the log's true checkpoint of that size.
func (m *memory) point(t testing.TB, size int64) Checkpoint {
	t.Helper()
	return Checkpoint{origin, size, must[Hash](t)(Root(size, m))}
}

const origin = "desk.example/countersign-audit/1"

func newSigner(t testing.TB, name string) *Signer {
	t.Helper()
	return signerFrom(t, rand.Reader, name)
}

func signerFrom(t testing.TB, r io.Reader, name string) *Signer {
	t.Helper()
	skey, vkey, err := NewKey(r, name)
	if err != nil {
		t.Fatal(err)
	}
	s := must[*Signer](t)(NewSigner(skey + "\n"))
	if s.VerifierKey() != vkey || s.Origin() != name {
		t.Fatalf("the signer derives %q, the key pair has %q", s.VerifierKey(), vkey)
	}
	return s
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func refused(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}
