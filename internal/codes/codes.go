// Package codes makes, reads, hashes and compares everything a person types or
// follows to prove something:
//
//   - a backup code ([Code]): 25 Crockford base32 symbols, saved in advance;
//   - an issued code: 8 digits, sent once over a registered channel;
//   - a link token: 26 symbols in the path of a mailed link;
//   - a reference: 8 symbols that name a ticket and open nothing.
//
// Each has New… (from the given random source, crypto/rand in the product),
// Parse… (what people type becomes the one normal form) and, where it is a
// secret, Hash… (the only form that may be stored). Always parse before hashing:
// the hash functions take normal forms as they are.
//
// A saved backup code carries 120 random bits, so a keyed hash suffices and no
// password hash ever runs for a stranger (SP 800-63B-4 §3.1.2.2, ASVS 6.5.2).
// The pepper is the key of that hash and lives in a file outside the database.
//
// The package does no I/O of its own, reads no clock and keeps no state.
package codes

import (
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
)

var (
	// ErrMalformed says that the text cannot be a code of this kind: wrong
	// length or a symbol outside the alphabet. It says nothing about any
	// account and costs no try.
	ErrMalformed = errors.New("codes: wrong length or symbol")
	// ErrTypo says that a backup code has the right form but its check symbol
	// does not fit: a typing mistake, which costs no try (R30).
	ErrTypo = errors.New("codes: the check symbol does not fit")
)

// Crockford's base32 alphabet: no I, L, O (read as 1, 1, 0) and no U.
const (
	alphabet      = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	lowerAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"
)

const (
	codeBytes   = 15 // 120 random bits fill 24 symbols exactly
	codeSymbols = 25 // and one check symbol
	codeGroup   = 5
)

// maxTyped bounds what a stranger can make us normalise, in bytes: a code with
// a wide separator after every symbol stays far below it.
const maxTyped = 200

// Code is a backup code in its normal form: 25 upper-case symbols, the last a
// check symbol. It is a live secret: never log it, store only [Hash].
type Code string

// New makes a backup code from 15 bytes of r. The error is r's.
func New(r io.Reader) (Code, error) {
	body, err := randomSymbols(r, codeBytes, alphabet)
	if err != nil {
		return "", fmt.Errorf("codes: make backup code: %w", err)
	}
	return Code(body + string(alphabet[double(fold(body))])), nil
}

// Parse reads a backup code as a person types it: any case, with or without
// spaces and dashes, O for 0, I and L for 1. It returns [ErrMalformed] or
// [ErrTypo]; neither costs a try.
func Parse(text string) (Code, error) {
	s, err := normalise(text, codeSymbols)
	if err != nil {
		return "", err
	}
	if fold(s) != 0 {
		return "", ErrTypo
	}
	return Code(s), nil
}

// String writes the code as it is shown and printed: K7QP2-M9X4T-….
func (c Code) String() string {
	return grouped(string(c), codeGroup)
}

// fold runs the check over GF(32) with x⁵+x²+1: c = 2·c ⊕ d for each symbol.
// Since 2 has order 31 there, 25 places have 25 different weights, and every
// single substitution and every swap of two symbols changes the result.
func fold(symbols string) byte {
	var c byte
	for i := range len(symbols) {
		c = double(c) ^ byte(strings.IndexByte(alphabet, symbols[i]))
	}
	return c
}

// double multiplies by 2 (that is, x) in GF(32).
func double(c byte) byte {
	c <<= 1
	if c&0x20 != 0 {
		c ^= 0x25 // x⁵+x²+1
	}
	return c
}

// randomSymbols writes n random bytes in base32.
func randomSymbols(r io.Reader, n int, letters string) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	return base32.NewEncoding(letters).WithPadding(base32.NoPadding).EncodeToString(b), nil
}

// grouped puts a dash after every n symbols but the last.
func grouped(s string, n int) string {
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && i%n == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
