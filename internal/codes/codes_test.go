package codes

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

var errNoise = errors.New("no entropy")

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestR30_BackupCode(t *testing.T) {
	t.Run("a code is 25 symbols in five groups of five and reads back as itself", func(t *testing.T) {
		seen := map[Code]bool{}
		for range 1000 {
			c := must[Code](t)(New(rand.Reader))
			if len(c) != 25 || strings.Trim(string(c), alphabet) != "" || seen[c] {
				t.Fatalf("bad or repeated code %q", string(c))
			}
			seen[c] = true
			if s := c.String(); len(s) != 29 || s[5] != '-' || s[23] != '-' || s[24] == '-' {
				t.Fatalf("written %q", s)
			}
			if got := must[Code](t)(Parse(c.String())); got != c {
				t.Fatalf("%q reads back as %q", string(c), string(got))
			}
		}
	})
	t.Run("24 symbols carry exactly the 120 random bits", func(t *testing.T) {
		src := bytes.Repeat([]byte{0xff}, 15)
		c := must[Code](t)(New(bytes.NewReader(src)))
		if string(c[:24]) != strings.Repeat("Z", 24) {
			t.Fatalf("got %q", string(c))
		}
		for bit := range 120 {
			b := make([]byte, 15)
			b[bit/8] = 1 << (bit % 8)
			if c := must[Code](t)(New(bytes.NewReader(b))); strings.Count(string(c[:24]), "0") != 23 {
				t.Fatalf("bit %d gives %q", bit, string(c))
			}
		}
	})
	t.Run("the check symbol is fixed for all time", func(t *testing.T) {
		src := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
		if c := must[Code](t)(New(bytes.NewReader(src))); c.String() != golden {
			t.Fatalf("got %s, want %s", c, golden)
		}
		if _, err := Parse("K7QP2-M9X4T-RC8WV-N3HJD-6YBA6"); err != nil { // the example of docs/design.md
			t.Fatal(err)
		}
	})
	t.Run("a failing random source makes no code", func(t *testing.T) {
		if c, err := New(iotest.ErrReader(errNoise)); c != "" || !errors.Is(err, errNoise) {
			t.Fatalf("got %q, %v", string(c), err)
		}
		if _, err := New(bytes.NewReader(make([]byte, 14))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("short read: %v", err)
		}
	})
}

// golden was checked with another formula: Σ dᵢ·2^(24-i) = 0 over GF(32).
const golden = "000G4-0R40M-30E20-9185G-R38ED"

func TestR30_TypingMistakesAreToldApart(t *testing.T) {
	for range 20 {
		c := []byte(must[Code](t)(New(rand.Reader)))
		for i := range c {
			for _, other := range []byte(alphabet) {
				if other != c[i] {
					expectTypo(t, c, func(w []byte) { w[i] = other })
				}
			}
			for j := range i {
				if c[i] != c[j] {
					expectTypo(t, c, func(w []byte) { w[i], w[j] = w[j], w[i] })
				}
			}
		}
	}
}

// expectTypo edits a copy of the code and wants ErrTypo for it.
func expectTypo(t *testing.T, c []byte, edit func([]byte)) {
	t.Helper()
	w := bytes.Clone(c)
	edit(w)
	if _, err := Parse(string(w)); !errors.Is(err, ErrTypo) {
		t.Fatalf("%s typed as %s: %v", c, w, err)
	}
}

func TestR30_ForgivingReading(t *testing.T) {
	want := Code(strings.ReplaceAll(golden, "-", ""))
	for name, typed := range map[string]string{
		"lower case":              strings.ToLower(golden),
		"no separators":           string(want),
		"spaces around and in":    "  " + strings.ReplaceAll(golden, "-", "  ") + "\r\n",
		"letter O for zero":       strings.ReplaceAll(golden, "0", "O"),
		"small o for zero":        strings.ReplaceAll(golden, "0", "o"),
		"I for one":               strings.ReplaceAll(golden, "1", "I"),
		"small l for one":         strings.ReplaceAll(golden, "1", "l"),
		"typographic dashes":      strings.ReplaceAll(golden, "-", "\u2011\u2013−"),
		"no-break and zero-width": strings.ReplaceAll(golden, "-", "\u00a0\u200b\u00ad"),
	} {
		t.Run(name+" is read", func(t *testing.T) {
			if got, err := Parse(typed); err != nil || got != want {
				t.Fatalf("%q: %q, %v", typed, string(got), err)
			}
		})
	}
	for name, typed := range map[string]string{
		"nothing":               "",
		"24 symbols":            golden[:28],
		"26 symbols":            golden + "0",
		"a U":                   "U" + golden[1:],
		"a star":                "*" + golden[1:],
		"a long s":              "ſ" + golden[1:],
		"a full-width digit":    "０" + golden[1:],
		"not UTF-8":             "\xff" + golden[1:],
		"a NUL":                 "\x00" + golden[1:],
		"a page of blank space": golden + strings.Repeat(" ", 1<<16),
	} {
		t.Run(name+" is malformed", func(t *testing.T) {
			if got, err := Parse(typed); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%q, %v", string(got), err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{golden, strings.ToLower(golden), golden[1:], "K7QP2-M9X4T-RC8WV-N3HJD-6YBA6", "０", "\xff\x00", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := Parse(text); err == nil {
			if again, err := Parse(c.String()); err != nil || again != c || len(c) != 25 {
				t.Fatalf("%q read as %q, then %q, %v", text, string(c), string(again), err)
			}
		}
		if s, err := ParseReference(text); err == nil && (len(s) != 9 || s[4] != '-') {
			t.Fatalf("%q read as reference %q", text, s)
		}
		if s, err := ParseIssued(text); err == nil && (len(s) != 8 || strings.Trim(s, "0123456789") != "") {
			t.Fatalf("%q read as issued code %q", text, s)
		}
		if s, err := ParseToken(text); err == nil && (s != text || len(s) != 26) {
			t.Fatalf("%q read as token %q", text, s)
		}
	})
}

func TestR30_Hashes(t *testing.T) {
	pepper, other := []byte("0123456789abcdef0123456789abcdef"), []byte("another pepper of thirty-two byt")
	code := must[Code](t)(Parse(golden))
	t.Run("what is stored is SHA-256, keyed for typed codes, of label and parts behind their lengths", func(t *testing.T) {
		for _, c := range []struct {
			got   string
			h     hash.Hash
			parts []string
		}{
			{Hash(pepper, "acct-1", code), hmac.New(sha256.New, pepper), []string{"countersign/backup-code/v1", "acct-1", string(code)}},
			{HashIssued(pepper, "t-1", "mail", "01234567"), hmac.New(sha256.New, pepper), []string{"countersign/issued-code/v1", "t-1", "mail", "01234567"}},
			{HashToken("invite", "abc"), sha256.New(), []string{"countersign/link-token/v1", "invite", "abc"}},
		} {
			for _, part := range c.parts {
				c.h.Write([]byte{0, 0, 0, 0, 0, 0, 0, byte(len(part))})
				c.h.Write([]byte(part))
			}
			if want := base64.RawURLEncoding.EncodeToString(c.h.Sum(nil)); c.got != want {
				t.Fatalf("%s: got %s, want %s", c.parts[0], c.got, want)
			}
		}
	})
	t.Run("every input counts and no two kinds or splits collide", func(t *testing.T) {
		seen := map[string]int{}
		for i, h := range []string{
			Hash(pepper, "a", code), Hash(other, "a", code), Hash(pepper, "b", code), Hash(pepper, "a", code[1:]),
			Hash(pepper, "a"+string(code[:1]), code[1:]),
			HashIssued(pepper, "t", "mail", "12345678"), HashIssued(other, "t", "mail", "12345678"),
			HashIssued(pepper, "u", "mail", "12345678"), HashIssued(pepper, "t", "sms", "12345678"),
			HashIssued(pepper, "t", "mail", "12345679"), HashIssued(pepper, "tm", "ail", "12345678"),
			HashIssued(pepper, "t", "mail1", "2345678"),
			HashToken("invite", "abc"), HashToken("stop", "abc"), HashToken("invite", "abd"), HashToken("invitea", "bc"),
		} {
			if j, dup := seen[h]; dup || len(h) != 43 {
				t.Fatalf("hash %d equals hash %d: %s", i, j, h)
			}
			seen[h] = i
		}
	})
	t.Run("an empty pepper panics instead of hashing without a key", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Fatal("hashed without a pepper")
			}
		}()
		Hash(nil, "a", code)
	})
	t.Run("Equal says whether two hashes are the same", func(t *testing.T) {
		if !Equal("abc", "abc") || Equal("abc", "abd") || Equal("abc", "ab") || Equal("", "a") {
			t.Fatal("wrong answer")
		}
	})
}

func TestIssued(t *testing.T) {
	t.Run("a code is eight digits, leading zeros kept, each digit used in each place", func(t *testing.T) {
		var used [8][10]int
		for range 4000 {
			s := must[string](t)(NewIssued(rand.Reader))
			if got := must[string](t)(ParseIssued(s)); got != s || len(s) != 8 {
				t.Fatalf("%q reads back as %q", s, got)
			}
			for i := range s {
				used[i][s[i]-'0']++
			}
		}
		for i := range used {
			for d, n := range used[i] {
				if n < 250 || n > 550 { // 400 expected, σ = 19
					t.Fatalf("digit %d stands %d times of 4000 in place %d", d, n, i)
				}
			}
		}
		if s := must[string](t)(NewIssued(bytes.NewReader(make([]byte, 64)))); s != "00000000" {
			t.Fatalf("zero is written %q", s)
		}
	})
	t.Run("a draw of 10⁸ or more is drawn again, not folded", func(t *testing.T) {
		src := append(bytes.Repeat([]byte{0xff}, 4), 0, 0, 0, 7)
		if s := must[string](t)(NewIssued(bytes.NewReader(src))); s != "00000007" {
			t.Fatalf("got %q", s)
		}
	})
	t.Run("reading forgives separators and look-alikes, nothing else", func(t *testing.T) {
		if s, err := ParseIssued(" 12-34 O6 l8 "); err != nil || s != "12340618" {
			t.Fatalf("%q, %v", s, err)
		}
		for _, bad := range []string{"", "1234567", "123456789", "1234567A", "１２３４５６７８"} {
			if s, err := ParseIssued(bad); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%q read as %q, %v", bad, s, err)
			}
		}
	})
	t.Run("a failing random source makes no code", func(t *testing.T) {
		if s, err := NewIssued(iotest.ErrReader(errNoise)); s != "" || !errors.Is(err, errNoise) {
			t.Fatalf("%q, %v", s, err)
		}
	})
}

func TestToken(t *testing.T) {
	t.Run("a token is 26 lower-case symbols of 128 bits and reads back", func(t *testing.T) {
		a, b := must[string](t)(NewToken(rand.Reader)), must[string](t)(NewToken(rand.Reader))
		if got := must[string](t)(ParseToken(a)); got != a || len(a) != 26 || a == b || a != strings.ToLower(a) {
			t.Fatalf("%q, %q, read %q", a, b, got)
		}
		full := must[string](t)(NewToken(bytes.NewReader(bytes.Repeat([]byte{0xff}, 16))))
		if full != strings.Repeat("z", 25)+"w" {
			t.Fatalf("all bits set: %q", full)
		}
	})
	t.Run("one token has one spelling", func(t *testing.T) {
		good := strings.Repeat("z", 25) + "w"
		for _, bad := range []string{"", good[1:], good + "0", strings.ToUpper(good), good[:25] + "z", good[:25] + "\n", good[:24] + "\r\n", "o" + good[1:]} {
			if s, err := ParseToken(bad); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%q read as %q, %v", bad, s, err)
			}
		}
	})
	t.Run("a failing random source makes no token", func(t *testing.T) {
		if s, err := NewToken(iotest.ErrReader(errNoise)); s != "" || !errors.Is(err, errNoise) {
			t.Fatalf("%q, %v", s, err)
		}
	})
}

func TestContinuation(t *testing.T) {
	code := must[string](t)(Continuation(must[string](t)(NewToken(rand.Reader))))
	t.Run("a code is 16 symbols in four groups, 75 random bits and a check symbol, and reads back as itself", func(t *testing.T) {
		if len(code) != 19 || strings.Count(code, "-") != 3 {
			t.Errorf("code %q", code)
		}
		if got := must[string](t)(ParseContinuation(" " + strings.ToLower(strings.ReplaceAll(code, "-", " ")))); got != code {
			t.Errorf("%q reads as %q", code, got)
		}
		token := must[string](t)(NewToken(rand.Reader))
		if a, b := must[string](t)(Continuation(token)), must[string](t)(Continuation(token)); a != b || !strings.HasPrefix(strings.ReplaceAll(a, "-", ""), strings.ToUpper(token[:15])) {
			t.Errorf("token %q gives %q and %q", token, a, b)
		}
	})
	t.Run("every swap and every wrong symbol is a typing mistake, anything else no code", func(t *testing.T) {
		body := []byte(strings.ReplaceAll(code, "-", ""))
		for i := range body {
			wrong := bytes.Clone(body)
			wrong[i] = alphabet[(strings.IndexByte(alphabet, wrong[i])+1)%32]
			if _, err := ParseContinuation(string(wrong)); !errors.Is(err, ErrTypo) {
				t.Errorf("symbol %d: %v", i, err)
			}
		}
		for _, text := range []string{"", code[:18], code + "0", strings.Repeat("U", 16)} {
			if _, err := ParseContinuation(text); !errors.Is(err, ErrMalformed) {
				t.Errorf("%q: %v", text, err)
			}
		}
		if _, err := Continuation("short"); !errors.Is(err, ErrMalformed) {
			t.Errorf("a short token: %v", err)
		}
	})
	t.Run("the stored hash is bound to pepper and ticket", func(t *testing.T) {
		h := HashContinuation([]byte("pepper"), "ticket", code)
		if h == HashContinuation([]byte("other"), "ticket", code) || h == HashContinuation([]byte("pepper"), "another", code) || strings.Contains(h, code) {
			t.Error("the hash is not bound")
		}
	})
}

func TestReference(t *testing.T) {
	t.Run("a reference is eight symbols in two groups and reads back however it is typed", func(t *testing.T) {
		s := must[string](t)(NewReference(bytes.NewReader([]byte{0x00, 0x44, 0x32, 0x14, 0xc7})))
		if s != "0123-4567" {
			t.Fatalf("got %q", s)
		}
		for _, typed := range []string{s, "ol234567", " 0123 4567 ", "OI23–4567"} {
			if got, err := ParseReference(typed); err != nil || got != s {
				t.Fatalf("%q read as %q, %v", typed, got, err)
			}
		}
	})
	t.Run("anything else is malformed", func(t *testing.T) {
		for _, bad := range []string{"", "K7QP-2M9", "K7QP-2M9XX", "K7QP-2M9U", "K7QP/2M9X"} {
			if s, err := ParseReference(bad); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%q read as %q, %v", bad, s, err)
			}
		}
	})
	t.Run("a failing random source makes no reference", func(t *testing.T) {
		if s, err := NewReference(iotest.ErrReader(errNoise)); s != "" || !errors.Is(err, errNoise) {
			t.Fatalf("%q, %v", s, err)
		}
	})
}
