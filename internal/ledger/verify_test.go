package ledger

import (
	"errors"
	"strings"
	"testing"
)

const logSize = 100

// checkVerify verifies with the given checkpoints and compares what counts.
func checkVerify(t *testing.T, m *memory, points []Checkpoint, bad, matched int64) {
	t.Helper()
	r := must[Report](t)(Verify(m, points))
	if r.OK() || r.BadEntry != bad || r.MatchedCheckpoint != matched {
		t.Fatalf("ok %v, first bad %d (want %d), matched %d (want %d): %s", r.OK(), r.BadEntry, bad, r.MatchedCheckpoint, matched, r.Why)
	}
}

func TestR50_AnUntouchedLogVerifies(t *testing.T) {
	for _, n := range []int64{0, 1, 2, 3, 7, 8, 9, 64, logSize} {
		m := newLog(t, n, "s")
		var points []Checkpoint
		for size := n; size >= 0; size-- { // newest first: the order given does not matter
			points = append(points, m.point(t, size))
		}
		r := must[Report](t)(Verify(m, points))
		if !r.OK() || r.Size != n || r.Root != m.root || r.BadEntry != -1 || r.MatchedCheckpoint != -1 {
			t.Fatalf("%d entries: %+v", n, r)
		}
	}
}

func TestR50_EveryFieldOfEveryRowCounts(t *testing.T) {
	whole := newLog(t, logSize, "s")
	flips := map[string]func(r *Row){
		"number":      func(r *Row) { r.Seq++ },
		"time":        func(r *Row) { r.At++ },
		"kind":        func(r *Row) { r.Kind += "x" },
		"actor":       func(r *Row) { r.Actor = "staff-8" },
		"ticket":      func(r *Row) { r.Ticket = "" },
		"account":     func(r *Row) { r.Account += " " },
		"text":        func(r *Row) { r.Body = strings.Replace(r.Body, "step-1", "step-2", 1) },
		"text data":   func(r *Row) { r.Body = strings.Replace(r.Body, `"count":"`, `"count":"1`, 1) },
		"text form":   func(r *Row) { r.Body += " " },
		"text absent": func(r *Row) { r.Body = "" },
		"both kinds": func(r *Row) {
			r.Body, r.Kind = strings.Replace(r.Body, "ticket.opened", "ticket.closed", 1), "ticket.closed"
		},
	}
	for name, flip := range flips {
		t.Run("a changed "+name+" is found at its entry", func(t *testing.T) {
			for i := range whole.rows {
				m := whole.clone()
				flip(&m.rows[i])
				checkVerify(t, m, nil, int64(i), -1)
			}
		})
	}
}

func TestR50_EveryStoredHashCounts(t *testing.T) {
	whole := newLog(t, logSize, "s")
	owner := make([]int64, len(whole.hashes))
	for seq := range int64(logSize) {
		for i := StoredIndex(seq); i < StoredCount(seq+1); i++ {
			owner[i] = seq
		}
	}
	for i, seq := range owner {
		changed, missing, renumbered := whole.clone(), whole.clone(), whole.clone()
		changed.hashes[i][i%32] ^= 1
		checkVerify(t, changed, nil, seq, -1)
		missing.index, missing.hashes = append(missing.index[:i], missing.index[i+1:]...), append(missing.hashes[:i], missing.hashes[i+1:]...)
		checkVerify(t, missing, nil, seq, -1)
		renumbered.index[i]++
		checkVerify(t, renumbered, nil, seq, -1)
	}
	more := whole.clone()
	more.index, more.hashes = append(more.index, int64(len(owner))), append(more.hashes, Hash{})
	checkVerify(t, more, nil, logSize, -1)
}

func TestR50_RowsDeletedRepeatedMovedInsertedOrCut(t *testing.T) {
	whole := newLog(t, logSize, "s")
	for i := range int64(logSize - 1) {
		gone, twice, swapped := whole.clone(), whole.clone(), whole.clone()
		gone.rows = append(gone.rows[:i], gone.rows[i+1:]...)
		checkVerify(t, gone, nil, i, -1)
		twice.rows = append(twice.rows[:i+1], whole.rows[i:]...)
		checkVerify(t, twice, nil, i+1, -1)
		swapped.rows[i], swapped.rows[i+1] = swapped.rows[i+1], swapped.rows[i]
		checkVerify(t, swapped, nil, i, -1)

		renumbered := whole.clone()
		a, b := renumbered.rows[i], renumbered.rows[i+1]
		a.Seq, b.Seq = b.Seq, a.Seq
		renumbered.rows[i], renumbered.rows[i+1] = b, a
		checkVerify(t, renumbered, nil, i, -1)

		inserted := whole.clone()
		e := entry(i, "forged")
		inserted.rows[i] = Row{e.Seq, e.At, e.Kind, e.Actor, e.Ticket, e.Account, must[string](t)(e.Encode())}
		inserted.rows = append(inserted.rows[:i+1], whole.rows[i:]...)
		checkVerify(t, inserted, nil, i, -1)

		cut := whole.clone()
		cut.rows = cut.rows[:i]
		checkVerify(t, cut, nil, i, -1)
		cut.hashes, cut.index = cut.hashes[:StoredCount(i)], cut.index[:StoredCount(i)]
		checkVerify(t, cut, nil, i, -1)
		cut.size = i
		checkVerify(t, cut, nil, i, -1) // the head's root still tells
	}
}

func TestR50_TheHeadCounts(t *testing.T) {
	whole := newLog(t, logSize, "s")
	for name, c := range map[string]struct {
		edit func(m *memory)
		bad  int64
	}{
		"a size too large is found at the first missing entry": {func(m *memory) { m.size += 3 }, logSize},
		"a size too small is found at the first extra entry":   {func(m *memory) { m.size -= 3 }, logSize - 3},
		"a wrong root is found behind the last entry":          {func(m *memory) { m.root[0] ^= 1 }, logSize},
		"a size below 0 is found at the start":                 {func(m *memory) { *m = memory{size: -1, root: must[Hash](t)(Root(0, nil))} }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := whole.clone()
			c.edit(m)
			checkVerify(t, m, nil, c.bad, -1)
		})
	}
	t.Run("a time that decreases is found though every hash is right", func(t *testing.T) {
		m := newLog(t, 5, "s")
		e := entry(5, "s")
		e.At = m.rows[4].At - 1
		m.push(t, e)
		m.push(t, entry(6, "s"))
		checkVerify(t, m, nil, 5, -1)
	})
}

func TestR50_CheckpointsFindARewrittenOrCutLog(t *testing.T) {
	whole := newLog(t, logSize, "s")
	var points []Checkpoint
	for size := int64(10); size <= logSize; size += 10 {
		points = append(points, whole.point(t, size))
	}
	t.Run("a log rewritten from any entry on matches up to the checkpoint before it", func(t *testing.T) {
		for from := range int64(logSize) {
			m := newLog(t, 0, "s")
			for seq := range int64(logSize) {
				salt := "s"
				if seq >= from {
					salt = "forged"
				}
				m.push(t, entry(seq, salt))
			}
			if r := must[Report](t)(Verify(m, nil)); !r.OK() {
				t.Fatalf("the forgery is not even consistent: %+v", r)
			}
			checkVerify(t, m, points, -1, from/10*10)
		}
	})
	t.Run("a log cut or restored from a backup matches the last checkpoint within it", func(t *testing.T) {
		for n := range int64(logSize) {
			checkVerify(t, newLog(t, n, "s"), points, -1, n/10*10)
		}
	})
	t.Run("another log matches none", func(t *testing.T) {
		checkVerify(t, newLog(t, logSize, "other"), points, -1, 0)
		checkVerify(t, newLog(t, 2*logSize, "other"), points, -1, 0)
	})
	t.Run("a log that only grew matches all", func(t *testing.T) {
		if r := must[Report](t)(Verify(newLog(t, 2*logSize, "s"), points)); !r.OK() || r.MatchedCheckpoint != -1 {
			t.Fatalf("%+v", r)
		}
	})
	t.Run("two checkpoints of one size cannot both match", func(t *testing.T) {
		fork := Checkpoint{origin, 50, newLog(t, 50, "other").root}
		checkVerify(t, whole, []Checkpoint{points[4], fork}, -1, 50)
	})
	t.Run("a bad entry leaves the checkpoints before it matched", func(t *testing.T) {
		m := whole.clone()
		m.rows[37].Actor = "staff-8"
		checkVerify(t, m, points, 37, 30)
		checkVerify(t, m, points[:3], 37, -1)
	})
}

func TestVerifySaysWhenTheLogCannotBeRead(t *testing.T) {
	torn := errors.New("disk I/O error")
	for _, n := range []int{0, 7, 12} {
		m := newLog(t, 7, "s")
		m.broken = torn
		if n < len(m.hashes) {
			m.hashes, m.index = m.hashes[:n], m.index[:n]
		}
		if r, err := Verify(m, nil); !errors.Is(err, torn) {
			t.Fatalf("%d hashes: %+v, %v", n, r, err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	m := newLog(b, 10_000, "s")
	for b.Loop() {
		if r := must[Report](b)(Verify(m, nil)); !r.OK() {
			b.Fatal(r.Why)
		}
	}
	b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "entries/s")
}
