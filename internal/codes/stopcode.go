package codes

import (
	"fmt"
	"io"
)

const (
	stopSymbols = 10 // 50 bits: typed by people, throttled, and all it does is freeze
	stopGroup   = 5
	labelStop   = "countersign/stop-code/v1"
)

// NewStopCode makes the code that is typed where a stop link cannot be followed,
// K7QP2-M9X4T. The error is r's.
func NewStopCode(r io.Reader) (string, error) {
	s, err := randomSymbols(r, stopBytes, alphabet)
	if err != nil {
		return "", fmt.Errorf("codes: make stop code: %w", err)
	}
	return grouped(s[:stopSymbols], stopGroup), nil
}

// stopBytes is the next whole number of groups of 5 bytes above 50 bits: whole
// groups keep every symbol equally likely.
const stopBytes = 10

// ParseStopCode reads a stop code as a person types it, as forgivingly as [Parse],
// and returns the form with the dash, or [ErrMalformed].
func ParseStopCode(text string) (string, error) {
	s, err := normalise(text, stopSymbols)
	if err != nil {
		return "", err
	}
	return grouped(s, stopGroup), nil
}

// HashStopCode is what is stored of a stop code. It is short, so the hash is keyed:
// a stolen database gives none away. An empty pepper is a programming error and
// panics.
func HashStopCode(pepper []byte, code string) string { return keyed(pepper, labelStop, code) }
