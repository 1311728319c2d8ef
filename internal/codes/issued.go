package codes

import (
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"strings"
)

// issuedDigits is the length of an issued code: SP 800-63B-4 §4.2.1.2 asks for
// six decimal digits at least.
const issuedDigits = 8

// NewIssued makes an issued code of 8 digits, each of the 10⁸ equally likely.
// The error is r's.
func NewIssued(r io.Reader) (string, error) {
	n, err := rand.Int(r, big.NewInt(100_000_000))
	if err != nil {
		return "", fmt.Errorf("codes: make issued code: %w", err)
	}
	return fmt.Sprintf("%0*d", issuedDigits, n), nil
}

// ParseIssued reads 8 digits as a person types them, with spaces or dashes, O
// for 0, I and L for 1. It returns [ErrMalformed], which costs no try.
func ParseIssued(text string) (string, error) {
	s, err := normalise(text, issuedDigits)
	if err != nil {
		return "", err
	}
	if strings.Trim(s, "0123456789") != "" {
		return "", ErrMalformed
	}
	return s, nil
}
