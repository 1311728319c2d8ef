package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// ErrCheckpoint says that a text is not a checkpoint signed by the given key.
var ErrCheckpoint = errors.New("ledger: not a checkpoint signed by this log's key")

// Checkpoint is what a log says of itself (C2SP tlog-checkpoint): the first
// Size entries of the log Origin have this root.
type Checkpoint struct {
	Origin string // "HOST/countersign-audit/N"; also the name of the key
	Size   int64  // entries
	Root   Hash
}

// body is the signed text: origin, size and base64 root, a line each. tlog's
// own FormatTree writes another first line and so does not serve.
func (c Checkpoint) body() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// parseBody reads a body and accepts one spelling only; extension lines, which
// C2SP advises against, are refused.
func parseBody(text string) (Checkpoint, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) != 4 {
		return Checkpoint{}, errors.New("not three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, errors.New("the size is not a number")
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, err
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if c.body() != text {
		return Checkpoint{}, errors.New("not in canonical form")
	}
	return c, nil
}

// NewKey makes a log's key pair as one-line texts: skey signs and stays in a
// file of the server, vkey checks and may be handed to anyone. The origin must
// be a key name: not empty, no space, no "+". The errors are r's and the name's.
func NewKey(r io.Reader, origin string) (skey, vkey string, err error) {
	skey, vkey, err = note.GenerateKey(r, origin)
	if err != nil {
		return "", "", fmt.Errorf("ledger: make log key: %w", err)
	}
	if _, err := note.NewVerifier(vkey); err != nil {
		return "", "", fmt.Errorf("ledger: origin %q: %w", origin, err)
	}
	return skey, vkey, nil
}

// Signer signs a log's checkpoints with a key parsed once. It is safe for
// concurrent use.
type Signer struct {
	key  note.Signer
	vkey string
}

// NewSigner parses a signing key made by [NewKey]; space around it is ignored.
func NewSigner(skey string) (*Signer, error) {
	skey = strings.TrimSpace(skey)
	key, err := note.NewSigner(skey)
	if err != nil {
		return nil, fmt.Errorf("ledger: log key: %w", err)
	}
	// PRIVATE+KEY+name+hash+base64(algorithm ‖ seed), as NewSigner has just
	// checked; base64 may hold a "+" itself.
	secret, err := base64.StdEncoding.DecodeString(strings.SplitN(skey, "+", 5)[4])
	if err != nil {
		return nil, fmt.Errorf("ledger: log key: %w", err)
	}
	public := ed25519.NewKeyFromSeed(secret[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(key.Name(), public)
	if err != nil {
		return nil, fmt.Errorf("ledger: log key: %w", err)
	}
	return &Signer{key: key, vkey: vkey}, nil
}

// Origin is the log's name: what goes into its checkpoints.
func (s *Signer) Origin() string { return s.key.Name() }

// VerifierKey is the public key that checks what s signs.
func (s *Signer) VerifierKey() string { return s.vkey }

// Sign writes the signed note: three lines, a blank line, a signature line. It
// refuses another log's origin and a negative size. It cannot know whether the
// checkpoint is true: sign only the head of a committed log, for a log that
// signs two roots of one size has destroyed its evidence.
func (s *Signer) Sign(c Checkpoint) (string, error) {
	if c.Origin != s.Origin() || c.Size < 0 {
		return "", fmt.Errorf("ledger: sign size %d of %q with the key of %q", c.Size, c.Origin, s.Origin())
	}
	signed, err := note.Sign(&note.Note{Text: c.body()}, s.key)
	if err != nil {
		return "", fmt.Errorf("ledger: sign checkpoint: %w", err)
	}
	return string(signed), nil
}

// Open checks a signed note against the log's public key. Signatures by unknown
// keys (witnesses) are ignored. The error is ErrCheckpoint, or about vkey.
func Open(text, vkey string) (Checkpoint, error) {
	v, err := newVerifier(vkey)
	if err != nil {
		return Checkpoint{}, err
	}
	return open([]byte(text), v)
}

func newVerifier(vkey string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return nil, fmt.Errorf("ledger: log key: %w", err)
	}
	return v, nil
}

func open(text []byte, v note.Verifier) (Checkpoint, error) {
	n, err := note.Open(text, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	// note reads signatures whose last letter carries spare bits; one spelling only.
	for _, sig := range n.Sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("%w: the signature is not in canonical form", ErrCheckpoint)
		}
	}
	c, err := parseBody(n.Text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if c.Origin != v.Name() {
		return Checkpoint{}, fmt.Errorf("%w: it speaks of %q", ErrCheckpoint, c.Origin)
	}
	return c, nil
}

// AppendForm is a note as it is added to an append-only checkpoint file: the
// note and one blank line. Write it in one call.
func AppendForm(text string) string { return text + "\n" }

// ParseCheckpoints reads a file of notes, each followed by one blank line (the
// last may lack it), in the order of the file, and checks every signature.
//
// A last note cut short by a crash is left out and its length in bytes
// returned as torn. A writer drops those bytes before it appends, or the next
// note would be unreadable; a reader who was given the file by hand refuses it
// if no checkpoint is left. Anything else that is not a note signed by vkey is
// ErrCheckpoint.
func ParseCheckpoints(data []byte, vkey string) (points []Checkpoint, torn int, err error) {
	v, err := newVerifier(vkey)
	if err != nil {
		return nil, 0, err
	}
	for len(data) > 0 {
		text, rest := cutNote(data)
		if text == nil {
			return points, len(data), nil
		}
		c, err := open(text, v)
		if err != nil {
			return nil, 0, fmt.Errorf("checkpoint %d of the file: %w", len(points)+1, err)
		}
		points, data = append(points, c), rest
	}
	return points, 0, nil
}

// cutNote takes the first note off data: up to the blank line after its
// signatures, or up to the end if that is the end of a signature line. It
// returns nil if the note is cut short.
func cutNote(data []byte) (text, rest []byte) {
	blank := []byte("\n\n")
	body := bytes.Index(data, blank)
	if body < 0 {
		return nil, nil
	}
	sigs := body + len(blank)
	if end := bytes.Index(data[sigs:], blank); end >= 0 {
		return data[:sigs+end+1], data[sigs+end+len(blank):]
	}
	if len(data) > sigs && data[len(data)-1] == '\n' {
		return data, nil
	}
	return nil, nil
}
