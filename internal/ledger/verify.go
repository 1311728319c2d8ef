package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Row is an entry as it is stored: its text and the columns people search by.
type Row struct {
	Seq, At                      int64
	Kind, Actor, Ticket, Account string
	Body                         string
}

// Source is a stored log, seen in one snapshot.
//
// Rows and Hashes are read alternately, a row and then its hashes: on a
// connection that keeps one result open at a time (PostgreSQL) each reads by
// pages. Both hand on whatever is stored, in order of number, and stop with the
// error that the function returns.
type Source interface {
	Head() (size int64, root Hash, err error)
	Rows(func(Row) error) error
	Hashes(func(index int64, h Hash) error) error
}

// Report is what Verify found.
type Report struct {
	Size int64 // entries read and found good
	Root Hash  // root of those entries
	// BadEntry is the number of the first entry that is damaged or missing, -1
	// if none. If all entries are good and only the head is wrong, it is Size:
	// the place where entries and head part.
	BadEntry int64
	Why      string // what is wrong, "" if nothing
	// MatchedCheckpoint is the size of the newest given checkpoint that still
	// matches, 0 if none does, -1 if all do or none was given.
	MatchedCheckpoint int64
}

// OK says whether nothing is wrong.
func (r Report) OK() bool { return r.Why == "" }

// errStop ends a stream early; it never leaves the package.
var errStop = errors.New("ledger: stop")

// Verify reads the whole log once, in memory of log₂ its size: numbers without
// gaps from 0, canonical texts, columns that agree with them, times that never
// decrease, stored hashes equal to recomputed ones, the head, and every
// checkpoint's root. It ends at the first bad entry. A log that was rewritten
// or cut with all its hashes agrees with itself and is found by the
// checkpoints alone: then BadEntry is -1 and MatchedCheckpoint bounds the
// damage. The error is the source's: the log could not be read.
func Verify(src Source, checkpoints []Checkpoint) (Report, error) {
	size, root, err := src.Head()
	if err != nil {
		return Report{}, fmt.Errorf("ledger: read head: %w", err)
	}
	v := &verification{headSize: size, headRoot: root, bad: -1, points: slices.Clone(checkpoints)}
	slices.SortStableFunc(v.points, func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	next, stop := iter.Pull2(v.hashes(src))
	defer stop()
	v.next = next
	v.comparePoints()
	if err := src.Rows(v.row); err != nil && !errors.Is(err, errStop) {
		return Report{}, fmt.Errorf("ledger: read entries: %w", err)
	}
	v.end()
	if v.err != nil {
		return Report{}, fmt.Errorf("ledger: read hashes: %w", v.err)
	}
	return v.report(), nil
}

// verification is one run: how far the log is good, and what is wrong with it.
type verification struct {
	headSize int64
	headRoot Hash
	tree     frontier
	buf      []Hash
	at       int64
	next     func() (int64, Hash, bool) // the next stored hash
	index    int64                      // its expected index
	err      error                      // the source could not read hashes

	points   []Checkpoint // by size
	compared int          // points[:compared] lie within the entries read
	matched  int64        // size of the newest that matches, 0 if none
	unlike   *Checkpoint  // the smallest that does not match

	bad int64
	why string
}

// hashes turns the source's stream of stored hashes into one that can be read
// beside the rows.
func (v *verification) hashes(src Source) iter.Seq2[int64, Hash] {
	return func(yield func(int64, Hash) bool) {
		err := src.Hashes(func(index int64, h Hash) error {
			if !yield(index, h) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			v.err = err
		}
	}
}

// row takes the next row and returns errStop at the first bad one.
func (v *verification) row(r Row) error {
	want := v.tree.size
	switch why := v.checkRow(r); {
	case why != "":
		return v.damage(want, why)
	case want >= v.headSize:
		return v.damage(want, fmt.Sprintf("the head counts %d entries, and there are more", v.headSize))
	}
	v.buf = v.tree.next(RecordHash(r.Body), v.buf[:0])
	if why := v.checkHashes(v.buf); why != "" {
		return v.damage(want, why)
	}
	v.tree.add(v.buf)
	v.at = r.At
	v.comparePoints()
	return nil
}

// checkRow says what is wrong with the row itself.
func (v *verification) checkRow(r Row) string {
	if r.Seq != v.tree.size {
		return fmt.Sprintf("entry %d stands in its place", r.Seq)
	}
	e, err := Decode(r.Body)
	if err != nil {
		return "its text is not a canonical entry"
	}
	if r != (Row{e.Seq, e.At, e.Kind, e.Actor, e.Ticket, e.Account, r.Body}) {
		return "the columns do not agree with the entry's text"
	}
	if r.At < v.at {
		return "it is older than the entry before it"
	}
	return ""
}

// checkHashes compares one entry's stored hashes with the recomputed ones.
func (v *verification) checkHashes(want []Hash) string {
	for _, h := range want {
		index, stored, ok := v.next()
		if !ok || index != v.index {
			return fmt.Sprintf("its stored hash %d is missing", v.index)
		}
		if stored != h {
			return fmt.Sprintf("its stored hash %d is not the hash of the text", v.index)
		}
		v.index++
	}
	return ""
}

// comparePoints compares the checkpoints of the size reached.
func (v *verification) comparePoints() {
	for ; v.compared < len(v.points) && v.points[v.compared].Size <= v.tree.size; v.compared++ {
		p := v.points[v.compared]
		if p.Size == v.tree.size && p.Root == v.tree.root() {
			v.matched = p.Size
		} else if v.unlike == nil {
			v.unlike = &p
		}
	}
}

// end looks for what lies beyond the last row, then at head and checkpoints.
func (v *verification) end() {
	if v.why != "" || v.err != nil {
		return
	}
	n := v.tree.size
	_, _, more := v.next()
	switch {
	case v.err != nil:
	case n != v.headSize:
		v.damage(n, fmt.Sprintf("it is missing: the head counts %d entries", v.headSize))
	case more:
		v.damage(n, "it is missing: hashes of it are stored")
	case v.tree.root() != v.headRoot:
		v.damage(n, "the head's root is not the root of the entries before it")
	case v.unlike != nil:
		v.why = fmt.Sprintf("the entries are not those of the signed checkpoint of size %d", v.unlike.Size)
	case v.compared < len(v.points):
		v.why = fmt.Sprintf("a signed checkpoint counts %d entries", v.points[len(v.points)-1].Size)
	}
}

func (v *verification) damage(seq int64, why string) error {
	v.bad, v.why = seq, why
	return errStop
}

func (v *verification) report() Report {
	r := Report{v.tree.size, v.tree.root(), v.bad, v.why, v.matched}
	if v.unlike == nil && v.compared == len(v.points) {
		r.MatchedCheckpoint = -1
	}
	return r
}
