package ledger

import (
	"errors"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestR50_Tree(t *testing.T) {
	const n = 70
	m := newLog(t, n, "s")
	t.Run("the frontier and the stored hashes give the same roots", func(t *testing.T) {
		var f frontier
		for seq := range int64(n) {
			if f.root() != must[Hash](t)(Root(seq, m)) {
				t.Fatalf("size %d", seq)
			}
			hashes := f.next(RecordHash(m.rows[seq].Body), nil)
			if !slices.Equal(hashes, m.hashes[StoredIndex(seq):StoredCount(seq+1)]) {
				t.Fatalf("hashes of entry %d", seq)
			}
			f.add(hashes)
		}
	})
	t.Run("every inclusion proof holds for its entry and for nothing else", func(t *testing.T) {
		for size := int64(1); size <= n; size += 3 {
			root := must[Hash](t)(Root(size, m))
			for seq := range size {
				p := must[[]Hash](t)(ProveInclusion(size, seq, m))
				if err := CheckInclusion(p, size, root, seq, m.rows[seq].Body); err != nil {
					t.Fatal(err)
				}
				refused(t, CheckInclusion(p, size, root, seq, m.rows[(seq+1)%n].Body), ErrProof)
				refused(t, CheckInclusion(append(p, Hash{}), size, root, seq, m.rows[seq].Body), ErrProof)
				refused(t, CheckInclusion(p, size, Hash{}, seq, m.rows[seq].Body), ErrProof)
			}
			refused(t, CheckInclusion(nil, size, root, size, m.rows[0].Body), ErrProof)
			refused(t, CheckInclusion(nil, size, root, -1, m.rows[0].Body), ErrProof)
		}
	})
	t.Run("every consistency proof holds for its two sizes and for no forgery", func(t *testing.T) {
		forged := newLog(t, n, "forged")
		for size := int64(0); size <= n; size += 5 {
			for old := range size + 1 {
				p := must[[]Hash](t)(ProveConsistency(old, size, m))
				if err := CheckConsistency(p, m.point(t, old), m.point(t, size)); err != nil {
					t.Fatal(old, size, err)
				}
				if old > 0 {
					refused(t, CheckConsistency(p, forged.point(t, old), m.point(t, size)), ErrProof)
				}
				if old > 0 && old < size {
					refused(t, CheckConsistency(p, m.point(t, old), forged.point(t, size)), ErrProof)
				}
				refused(t, CheckConsistency(append(p, Hash{}), m.point(t, old), m.point(t, size)), ErrProof)
			}
		}
		refused(t, CheckConsistency(nil, Checkpoint{}, m.point(t, 9)), ErrProof)
		refused(t, CheckConsistency(nil, m.point(t, 0), Checkpoint{}), ErrProof)
		refused(t, CheckConsistency(nil, m.point(t, 9), m.point(t, 5)), ErrProof)
	})
	t.Run("sizes and numbers that cannot be are errors, not panics", func(t *testing.T) {
		_, err1 := Append(-1, "x", m)
		_, err2 := Root(-1, m)
		_, err3 := ProveInclusion(5, 5, m)
		_, err4 := ProveConsistency(6, 5, m)
		_, err5 := ProveConsistency(-1, 5, m)
		_, err6 := Root(n+1, m)
		_, err7 := Append(n+1, "x", m)
		for i, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
			if err == nil {
				t.Errorf("case %d is accepted", i+1)
			}
		}
	})
	t.Run("a reader's error is passed on", func(t *testing.T) {
		locked := errors.New("locked")
		r := tlog.HashReaderFunc(func([]int64) ([]Hash, error) { return nil, locked })
		_, err := Append(1, "x", r)
		refused(t, err, locked)
		_, err = ProveConsistency(2, 5, r)
		refused(t, err, locked)
	})
}

func TestHashText(t *testing.T) {
	m := newLog(t, 9, "s")
	t.Run("hashes read back from their text", func(t *testing.T) {
		for n := range m.hashes {
			got := must[[]Hash](t)(ParseHashes(EncodeHashes(m.hashes[:n])))
			if !slices.Equal(got, m.hashes[:n]) {
				t.Fatalf("%d hashes read back as %d", n, len(got))
			}
		}
	})
	t.Run("other spellings are refused", func(t *testing.T) {
		good := m.hashes[0].String()
		for _, bad := range []string{"\n", good + "\n", good[:43], good + " ", "\r" + good, good[:42] + "B=", "?" + good[1:]} {
			if h, err := ParseHashes(bad); err == nil {
				t.Fatalf("%q read as %v", bad, h)
			}
		}
	})
}
