package codes

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"io"
)

// Domain labels keep one kind of hash from ever standing for another. They are
// part of what is stored: changing one makes every stored hash of it useless.
const (
	labelBackup = "countersign/backup-code/v1"
	labelIssued = "countersign/issued-code/v1"
	labelToken  = "countersign/link-token/v1"
	labelChild  = "countersign/derived-token/v1"
)

// Hash is what is stored of a backup code: HMAC-SHA-256 under the pepper, bound
// to the account, so that a code moved to another account's row is worthless
// (SP 800-63B-4 §3.1.2.2). Base64url without padding, 43 characters.
// An empty pepper is a programming error and panics.
func Hash(pepper []byte, accountID string, c Code) string {
	return keyed(pepper, labelBackup, accountID, string(c))
}

// HashIssued is what is stored of an issued code, bound to its ticket and
// method. Eight digits are guessable by whoever has hash and pepper: lifetime
// and tries protect them, the hash only keeps them out of the database.
// An empty pepper is a programming error and panics.
func HashIssued(pepper []byte, ticketID, method, digits string) string {
	return keyed(pepper, labelIssued, ticketID, method, digits)
}

// HashToken is what is stored of a link token, bound to its purpose ("invite",
// "stop", …). 128 random bits need no key.
func HashToken(purpose, token string) string {
	return digest(sha256.New(), labelToken, purpose, token)
}

// Equal compares two hashes in constant time (ASVS 11.2.4).
func Equal(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

func keyed(pepper []byte, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(mac(pepper, parts...))
}

func mac(pepper []byte, parts ...string) []byte {
	if len(pepper) == 0 {
		// A forgotten field would otherwise turn every keyed hash into a plain one.
		panic("codes: empty pepper")
	}
	return sum(hmac.New(sha256.New, pepper), parts...)
}

func digest(h hash.Hash, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(sum(h, parts...))
}

// sum feeds each part behind its length, so that no two lists of parts give the
// same input.
func sum(h hash.Hash, parts ...string) []byte {
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		io.WriteString(h, p)
	}
	return h.Sum(nil)
}
