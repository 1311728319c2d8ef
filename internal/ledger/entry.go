package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrEntry says that a text is not an entry in canonical form, or that an
// entry cannot be written as one.
var ErrEntry = errors.New("ledger: not a canonical entry")

// version is the entry format. A new format gets a new number and Decode keeps
// reading the old one: leaves are never rewritten.
const version = 1

// Entry is one line of the audit log: ids, codes, counts and salted digests,
// never a name, an address or free text.
type Entry struct {
	Seq     int64             // place in the log, from 0, without gaps
	At      int64             // unix microseconds UTC, never below the entry before
	Kind    string            // event id, "approval.granted"; never empty
	Actor   string            // who did it, an id
	Ticket  string            // the ticket's id, "" if none
	Account string            // the account's id, "" if none
	Object  string            // what else it was done to, "" if none
	Data    map[string]string // further ids, codes and counts
	Detail  string            // DetailDigest of the erasable side row, "" if none
}

// Encode writes the one canonical text of the entry: JSON without spaces, the
// fields in fixed order behind "v":1, empty ones left out, keys of Data sorted
// by bytes, strings escaped as in RFC 8785. It is written by hand so that no
// other encoder's change of habits can ever alter a leaf. It refuses, with
// ErrEntry, numbers below 0, an entry without kind, a malformed digest, and
// text that is not UTF-8 or holds NUL (PostgreSQL stores neither).
func (e Entry) Encode() (string, error) {
	if e.Seq < 0 || e.At < 0 || e.Kind == "" || !isDigest(e.Detail) || !e.storable() {
		return "", fmt.Errorf("%w: entry %d", ErrEntry, e.Seq)
	}
	b := append(make([]byte, 0, 256), `{"v":`...)
	b = strconv.AppendInt(b, version, 10)
	b = strconv.AppendInt(append(b, `,"seq":`...), e.Seq, 10)
	b = strconv.AppendInt(append(b, `,"at":`...), e.At, 10)
	b = appendField(b, "kind", e.Kind)
	b = appendField(b, "actor", e.Actor)
	b = appendField(b, "ticket", e.Ticket)
	b = appendField(b, "account", e.Account)
	b = appendField(b, "object", e.Object)
	b = appendData(b, e.Data)
	return string(append(appendField(b, "detail", e.Detail), '}')), nil
}

// Decode reads an entry's text and refuses, with ErrEntry, every text that
// Encode would not have written: unknown, repeated or reordered fields, spaces,
// other escapes, another version.
func Decode(text string) (Entry, error) {
	r := reader{rest: text}
	e := Entry{Seq: r.number(`{"v":1,"seq":`), At: r.number(`,"at":`), Kind: r.field("kind"), Actor: r.field("actor"),
		Ticket: r.field("ticket"), Account: r.field("account"), Object: r.field("object"), Data: r.data(), Detail: r.field("detail")}
	if r.bad {
		return Entry{}, fmt.Errorf("%w: not entry text of version %d", ErrEntry, version)
	}
	again, err := e.Encode()
	if err != nil {
		return Entry{}, err
	}
	if again != text {
		return Entry{}, fmt.Errorf("%w: entry %d is written differently", ErrEntry, e.Seq)
	}
	return e, nil
}

// DetailDigest is the leaf's commitment to a side row: hex SHA-256(salt ‖ text).
// Use random salts of one fixed length (128 bits or more): without a secret
// salt a short text could be guessed, and salts of several lengths would let
// the border move.
func DetailDigest(salt, text string) string {
	sum := sha256.Sum256([]byte(salt + text))
	return hex.EncodeToString(sum[:])
}

func isDigest(s string) bool {
	return s == "" || len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// storable says whether every string is UTF-8 without NUL.
func (e Entry) storable() bool {
	good := func(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
	for k, v := range e.Data {
		if !good(k) || !good(v) {
			return false
		}
	}
	return good(e.Kind) && good(e.Actor) && good(e.Ticket) && good(e.Account) && good(e.Object)
}

func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return appendString(b, value)
}

func appendData(b []byte, data map[string]string) []byte {
	if len(data) == 0 {
		return b
	}
	b = append(b, `,"data":`...)
	sep := byte('{')
	for _, k := range slices.Sorted(maps.Keys(data)) {
		b = appendString(append(b, sep), k)
		b = appendString(append(b, ':'), data[k])
		sep = ','
	}
	return append(b, '}')
}

// appendString quotes s as RFC 8785 §3.2.2.2 does: only the quote, the
// backslash and control characters are escaped, the latter in the short form
// where JSON has one and as lower-case \u00xx otherwise.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		case strings.IndexByte("\b\t\n\f\r", c) >= 0:
			b = append(b, '\\', "btn?fr"[c-'\b'])
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return append(b, '"')
}
