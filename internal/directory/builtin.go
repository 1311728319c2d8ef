package directory

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id: the OWASP Password Storage sheet's 19 MiB, t=2, p=1.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32
	argonSalt    = 16
)

// Builtin keeps accounts and factors in the desk's own tables.
type Builtin struct {
	// slots bounds how many password hashes run at once, so that a storm of
	// sign-ins cannot take the machine (performance.md, "Crypto").
	slots chan struct{}
}

// decoy is compared when an account has no password, so that the answer takes
// as long (R39). It is the hash of nothing: its key was never derived.
const decoy = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// NewBuiltin makes the builtin directory with two password slots.
func NewBuiltin() *Builtin { return &Builtin{slots: make(chan struct{}, 2)} }

// Apply answers Local: the desk's rows are the truth.
func (b *Builtin) Apply(context.Context, Order) (Outcome, error) { return Outcome{Local: true}, nil }

// HashPassword makes the PHC form of a password.
func (b *Builtin) HashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails
	key, err := b.argon(ctx, password, salt, argonTime, argonMemory, argonThreads, argonKey)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, enc(salt), enc(key)), nil
}

// CheckPassword compares in constant time; hash "" costs as much and says no.
func (b *Builtin) CheckPassword(ctx context.Context, hash, password string) error {
	has := hash != ""
	if !has {
		hash = decoy
	}
	p, err := parsePHC(hash)
	if err != nil {
		return err
	}
	key, err := b.argon(ctx, password, p.salt, p.time, p.memory, p.threads, uint32(len(p.key)))
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(key, p.key) != 1 || !has {
		return ErrPassword
	}
	return nil
}

// argon waits for a slot, so that at most two hashes run at once.
func (b *Builtin) argon(ctx context.Context, password string, salt []byte, time, memory uint32, threads uint8, size uint32) ([]byte, error) {
	select {
	case b.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a password slot: %w", ctx.Err())
	}
	defer func() { <-b.slots }()
	return argon2.IDKey([]byte(password), salt, time, memory, threads, size), nil
}

type phc struct {
	time, memory uint32
	threads      uint8
	salt, key    []byte
}

var errPHC = errors.New("stored password hash is damaged")

func parsePHC(text string) (phc, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errPHC
	}
	var p phc
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return phc{}, errPHC
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	p.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(p.key) == 0 || p.time == 0 || p.threads == 0 {
		return phc{}, errPHC
	}
	return p, nil
}
