package codes

import (
	"fmt"
	"io"
)

const (
	referenceBytes   = 5 // 40 bits fill 8 symbols exactly
	referenceSymbols = 8
	referenceGroup   = 4
)

// NewReference makes the name of a ticket, K7QP-2M9X. It opens nothing. The
// error is r's.
func NewReference(r io.Reader) (string, error) {
	s, err := randomSymbols(r, referenceBytes, alphabet)
	if err != nil {
		return "", fmt.Errorf("codes: make reference: %w", err)
	}
	return grouped(s, referenceGroup), nil
}

// ParseReference reads a reference as a person types it, as forgivingly as
// [Parse], and returns the form with the dash, or [ErrMalformed].
func ParseReference(text string) (string, error) {
	s, err := normalise(text, referenceSymbols)
	if err != nil {
		return "", err
	}
	return grouped(s, referenceGroup), nil
}
