package ledger

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/mod/sumdb/note"
)

func TestR50_Checkpoint(t *testing.T) {
	m, s := newLog(t, 9, "s"), newSigner(t, origin)
	want := m.point(t, 9)
	text := must[string](t)(s.Sign(want))
	t.Run("the note is three lines, a blank line and a signature, and opens with the public key", func(t *testing.T) {
		body := fmt.Sprintf("%s\n9\n%s\n\n— %s ", origin, m.root, origin)
		if !strings.HasPrefix(text, body) || strings.Count(text, "\n") != 5 {
			t.Fatalf("note:\n%s", text)
		}
		if got := must[Checkpoint](t)(Open(text, s.VerifierKey()+"\n")); got != want {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("no byte of it can be changed", func(t *testing.T) {
		for i := range len(text) {
			for bit := range 7 {
				b := []byte(text)
				b[i] ^= 1 << bit
				if c, err := Open(string(b), s.VerifierKey()); err == nil {
					t.Fatalf("byte %d, bit %d: %+v", i, bit, c)
				}
			}
		}
	})
	t.Run("another key, also of the same name, is refused", func(t *testing.T) {
		_, err := Open(text, newSigner(t, origin).VerifierKey())
		refused(t, err, ErrCheckpoint)
		if _, err := Open(text, "not a key"); err == nil {
			t.Fatal("opened without a key")
		}
	})
	t.Run("a witness's further signature is ignored", func(t *testing.T) {
		other := must[string](t)(newSigner(t, "witness.example").Sign(Checkpoint{"witness.example", 9, m.root}))
		both := text + other[strings.Index(other, "— "):]
		if got := must[Checkpoint](t)(Open(both, s.VerifierKey())); got != want {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("a note by this key that is not a checkpoint of this log is refused", func(t *testing.T) {
		for _, body := range []string{"hello\n", strings.Replace(want.body(), origin, "other.example", 1)} {
			signed := must[[]byte](t)(note.Sign(&note.Note{Text: body}, s.key))
			_, err := Open(string(signed), s.VerifierKey())
			refused(t, err, ErrCheckpoint)
		}
	})
	t.Run("a signer signs for its own log only", func(t *testing.T) {
		for _, c := range []Checkpoint{{"other.example", 9, m.root}, {"", 9, m.root}, {origin, -1, m.root}} {
			if text, err := s.Sign(c); err == nil {
				t.Fatalf("signed %q", text)
			}
		}
	})
	t.Run("an origin that is no key name and a failing random source make no key", func(t *testing.T) {
		for _, name := range []string{"", "two words", "a+b", "\xff"} {
			if _, vkey, err := NewKey(bytes.NewReader(make([]byte, 64)), name); err == nil || vkey != "" {
				t.Fatalf("%q: %q, %v", name, vkey, err)
			}
		}
		if _, _, err := NewKey(iotest.ErrReader(io.ErrClosedPipe), origin); err == nil {
			t.Fatal("made a key without randomness")
		}
		for _, bad := range []string{"", s.VerifierKey(), "PRIVATE+KEY+a+00000000+AAAA"} {
			if _, err := NewSigner(bad); err == nil {
				t.Fatalf("%q is taken for a signing key", bad)
			}
		}
	})
}

func TestCheckpointBodyHasOneSpelling(t *testing.T) {
	root := Hash{1}.String()
	if _, err := parseBody("a\n5\n" + root + "\n"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "a\n5\n" + root, "a\n5\n", "a\n05\n" + root + "\n", "a\n+5\n" + root + "\n", "a\n-5\n" + root + "\n", "a\n \n" + root + "\n",
		"a\n5\n" + root[1:] + "\n", "a\n5\n" + root + "\nextension\n", "a\n9223372036854775808\n" + root + "\n", "a\r\n5\n" + root + "\n\n",
	} {
		if c, err := parseBody(bad); err == nil {
			t.Errorf("%q reads as %+v", bad, c)
		}
	}
}

// checkpointFile is an append-only file of the log's checkpoints.
func checkpointFile(t testing.TB, m *memory, s *Signer) (file string, points []Checkpoint) {
	for size := int64(0); size <= m.size; size++ {
		points = append(points, m.point(t, size))
		file += AppendForm(must[string](t)(s.Sign(points[size])))
	}
	return file, points
}

func TestR50_CheckpointFile(t *testing.T) {
	m, s := newLog(t, 4, "s"), newSigner(t, origin)
	file, points := checkpointFile(t, m, s)
	last := strings.LastIndex(file, origin+"\n") // where the last note begins
	t.Run("an appended file reads back in order", func(t *testing.T) {
		got, torn, err := ParseCheckpoints([]byte(file), s.VerifierKey())
		if err != nil || torn != 0 || !slices.Equal(got, points) {
			t.Fatalf("%v, %d, %v", got, torn, err)
		}
		got, torn, err = ParseCheckpoints(nil, s.VerifierKey())
		if err != nil || torn != 0 || len(got) != 0 {
			t.Fatalf("empty file: %v, %d, %v", got, torn, err)
		}
	})
	t.Run("a crash at any byte of an append loses that note only and says how much to drop", func(t *testing.T) {
		for end := last + 1; end < len(file)-1; end++ {
			got, torn, err := ParseCheckpoints([]byte(file[:end]), s.VerifierKey())
			if err != nil || torn != end-last || !slices.Equal(got, points[:4]) {
				t.Fatalf("cut at %d: %v, %d, %v", end, got, torn, err)
			}
		}
	})
	t.Run("a bare note without the blank line behind it is a whole one", func(t *testing.T) {
		got, torn, err := ParseCheckpoints([]byte(file[last:len(file)-1]), s.VerifierKey())
		if err != nil || torn != 0 || !slices.Equal(got, points[4:]) {
			t.Fatalf("%v, %d, %v", got, torn, err)
		}
	})
	t.Run("a note that is not signed by the log is refused wherever it stands", func(t *testing.T) {
		forged, _ := checkpointFile(t, m, newSigner(t, origin))
		for _, bad := range []string{
			strings.Replace(file, "\n2\n", "\n3\n", 1), forged, file + forged, forged[:len(forged)-1],
			strings.Replace(file, "\n4\n", "\n5\n", 1), file[:last] + "\n" + file[last:], file[:last-9] + file[last:], "x\n\n" + file,
		} {
			_, _, err := ParseCheckpoints([]byte(bad), s.VerifierKey())
			refused(t, err, ErrCheckpoint)
		}
		if _, _, err := ParseCheckpoints([]byte(file), "no key"); err == nil {
			t.Fatal("read without a key")
		}
	})
}

func FuzzParseCheckpoints(f *testing.F) {
	s := signerFrom(f, bytes.NewReader(make([]byte, 64)), origin) // fixed: kept inputs stay signed
	file, _ := checkpointFile(f, newLog(f, 3, "s"), s)
	for _, seed := range []string{file, file[:len(file)-1], file[:len(file)/2], "a\n1\nb\n\n— a b\n\n", "\n\n\n\n", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		points, torn, err := ParseCheckpoints(data, s.VerifierKey())
		if err != nil {
			return
		}
		if torn > len(data) || torn == 0 && len(data) > 0 && len(points) == 0 {
			t.Fatalf("%d bytes, %d points, %d torn", len(data), len(points), torn)
		}
		again, rest, err := ParseCheckpoints(data[:len(data)-torn], s.VerifierKey())
		if err != nil || rest != 0 || !slices.Equal(again, points) {
			t.Fatalf("without the torn end: %v, %d, %v", again, rest, err)
		}
	})
}

func BenchmarkParseCheckpoints(b *testing.B) {
	s := newSigner(b, origin)
	file, points := checkpointFile(b, newLog(b, 100, "s"), s)
	for b.Loop() {
		if _, _, err := ParseCheckpoints([]byte(file), s.VerifierKey()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(points))/b.Elapsed().Seconds(), "checkpoints/s")
}
