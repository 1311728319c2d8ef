package ledger

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is the hash of an entry, a subtree or the whole log (SHA-256).
type Hash = tlog.Hash

// HashReader reads stored hashes by their index; see [StoredIndex].
type HashReader = tlog.HashReader

// ErrProof says that a proof does not prove what it was given for.
var ErrProof = errors.New("ledger: the proof does not hold")

// RecordHash is the leaf hash of an entry's text: SHA-256(0x00 ‖ body), RFC
// 6962 §2.1.
func RecordHash(body string) Hash {
	return tlog.RecordHash([]byte(body))
}

// Append gives the hashes to store for entry seq, the first at
// [StoredIndex](seq), the rest right behind it. It reads at most log₂ seq older
// hashes from r in one call. The errors are r's and a negative seq.
func Append(seq int64, body string, r HashReader) ([]Hash, error) {
	if seq < 0 {
		return nil, fmt.Errorf("ledger: append entry %d", seq)
	}
	h, err := tlog.StoredHashes(seq, []byte(body), r)
	if err != nil {
		return nil, fmt.Errorf("ledger: append entry %d: %w", seq, err)
	}
	return h, nil
}

// StoredIndex is the index of entry seq's leaf hash among the stored hashes.
func StoredIndex(seq int64) int64 {
	return tlog.StoredHashIndex(0, seq)
}

// StoredCount is the number of stored hashes of a log of size entries.
func StoredCount(size int64) int64 {
	return tlog.StoredHashCount(size)
}

// Root is the root hash of the first size entries: of any size up to the
// present one, so old checkpoints can be compared. The errors are r's and a
// negative size.
func Root(size int64, r HashReader) (Hash, error) {
	if size < 0 {
		return Hash{}, fmt.Errorf("ledger: root of size %d", size)
	}
	h, err := tlog.TreeHash(size, r)
	if err != nil {
		return Hash{}, fmt.Errorf("ledger: root of size %d: %w", size, err)
	}
	return h, nil
}

// ProveInclusion makes the proof that entry seq stands in the log of size.
func ProveInclusion(size, seq int64, r HashReader) ([]Hash, error) {
	p, err := tlog.ProveRecord(size, seq, r)
	if err != nil {
		return nil, fmt.Errorf("ledger: prove entry %d of %d: %w", seq, size, err)
	}
	return p, nil
}

// CheckInclusion checks that body is entry seq of the log with that size and
// root. The error is ErrProof.
func CheckInclusion(proof []Hash, size int64, root Hash, seq int64, body string) error {
	if err := tlog.CheckRecord(proof, size, root, seq, RecordHash(body)); err != nil {
		return fmt.Errorf("%w: entry %d of %d: %w", ErrProof, seq, size, err)
	}
	return nil
}

// ProveConsistency makes the proof that the log of size new begins with the log
// of size old. Every log begins with the empty one: that proof is empty.
func ProveConsistency(old, new int64, r HashReader) ([]Hash, error) {
	if old == 0 && new >= 0 {
		return nil, nil
	}
	p, err := tlog.ProveTree(new, old, r)
	if err != nil {
		return nil, fmt.Errorf("ledger: prove that %d entries begin with %d: %w", new, old, err)
	}
	return p, nil
}

// CheckConsistency checks that the log behind new begins with the log behind
// old; origins are not compared. The error is ErrProof.
func CheckConsistency(proof []Hash, old, new Checkpoint) error {
	if old.Size == 0 && new.Size >= 0 {
		if len(proof) == 0 && old.Root == (&frontier{}).root() && (new.Size > 0 || new.Root == old.Root) {
			return nil
		}
		return fmt.Errorf("%w: from the empty log", ErrProof)
	}
	if err := tlog.CheckTree(proof, new.Size, new.Root, old.Size, old.Root); err != nil {
		return fmt.Errorf("%w: %d entries do not begin with %d: %w", ErrProof, new.Size, old.Size, err)
	}
	return nil
}

// EncodeHashes writes hashes or a proof as text: standard base64, one a line,
// no line end after the last, "" for none.
func EncodeHashes(hashes []Hash) string {
	lines := make([]string, len(hashes))
	for i, h := range hashes {
		lines[i] = h.String()
	}
	return strings.Join(lines, "\n")
}

// ParseHashes reads what EncodeHashes wrote; the error says which line is not a
// hash.
func ParseHashes(text string) ([]Hash, error) {
	if text == "" {
		return nil, nil
	}
	var hashes []Hash
	for line := range strings.SplitSeq(text, "\n") {
		h, err := parseHash(line)
		if err != nil {
			return nil, fmt.Errorf("ledger: hash %d: %w", len(hashes), err)
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}

// parseHash accepts one spelling only: the decoder alone would skip line ends
// and ignore spare bits.
func parseHash(text string) (Hash, error) {
	h, err := tlog.ParseHash(text)
	if err == nil && h.String() != text {
		err = errors.New("malformed hash")
	}
	return h, err
}

// frontier is a growing tree without its past: the roots of the complete
// subtrees, largest first, which is all that further leaves and the root need.
// Memory is log₂ of the size.
type frontier struct {
	size  int64
	roots []Hash
}

// next appends to buf the hashes that a log stores for the leaf that would come
// next: the leaf and the root of every subtree that it completes.
func (f *frontier) next(leaf Hash, buf []Hash) []Hash {
	buf = append(buf, leaf)
	for i, n := len(f.roots)-1, f.size; n&1 == 1; i, n = i-1, n>>1 {
		leaf = tlog.NodeHash(f.roots[i], leaf)
		buf = append(buf, leaf)
	}
	return buf
}

// add takes the leaf whose hashes are those of next.
func (f *frontier) add(hashes []Hash) {
	completed := len(hashes) - 1
	f.roots = append(f.roots[:len(f.roots)-completed], hashes[completed])
	f.size++
}

func (f *frontier) root() Hash {
	if f.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // the empty tree reads nothing and cannot fail
		return h
	}
	h := f.roots[len(f.roots)-1]
	for i := len(f.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.roots[i], h)
	}
	return h
}
