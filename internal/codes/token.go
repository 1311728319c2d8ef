package codes

import (
	"encoding/base32"
	"fmt"
	"io"
)

const tokenBytes = 16 // 128 bits (ASVS 11.5.1)

// NewToken makes the secret of a mailed link: 128 random bits as 26 lower-case
// symbols. The error is r's.
func NewToken(r io.Reader) (string, error) {
	s, err := randomSymbols(r, tokenBytes, lowerAlphabet)
	if err != nil {
		return "", fmt.Errorf("codes: make link token: %w", err)
	}
	return s, nil
}

// DeriveToken makes the token of a next stage from the secrets of the one
// before: whoever sends the same form again gets the same token, so an answer
// that was lost on its way is not lost for good. Nobody can compute it without
// the pepper. An empty pepper is a programming error and panics.
func DeriveToken(pepper []byte, purpose string, secrets ...string) string {
	b := mac(pepper, append([]string{labelChild, purpose}, secrets...)...)
	return base32.NewEncoding(lowerAlphabet).WithPadding(base32.NoPadding).EncodeToString(b[:tokenBytes])
}

// ParseToken accepts a token exactly as [NewToken] wrote it: links are followed,
// not typed. It returns [ErrMalformed].
func ParseToken(text string) (string, error) {
	enc := base32.NewEncoding(lowerAlphabet).WithPadding(base32.NoPadding)
	if len(text) != enc.EncodedLen(tokenBytes) {
		return "", ErrMalformed
	}
	// The last symbol carries two unused bits, and the decoder skips line ends:
	// without the comparison one token would have several spellings.
	b, err := enc.DecodeString(text)
	if err != nil || enc.EncodeToString(b) != text {
		return "", ErrMalformed
	}
	return text, nil
}
