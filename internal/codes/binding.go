package codes

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	bindingBody    = 27 // 135 bits; SP 800-63B-4 §4.1.2.2 asks for 128 where no number is compared
	bindingSymbols = bindingBody + 1
	bindingGroup   = 4
	bindingBytes   = 20 // whole groups of 5 bytes above 135 bits: every symbol equally likely
	labelBinding   = "countersign/binding-code/v1"
	labelNumber    = "countersign/binding-number/v1"
)

// NewBinding makes the code that goes from a signed-in screen to a new device:
// 27 random symbols and a check symbol, upper case, without dashes. The error is r's.
func NewBinding(r io.Reader) (string, error) {
	s, err := randomSymbols(r, bindingBytes, alphabet)
	if err != nil {
		return "", fmt.Errorf("codes: make binding code: %w", err)
	}
	body := s[:bindingBody]
	return body + string(alphabet[double(fold(body))]), nil
}

// ParseBinding reads a binding code as a person types it, as forgivingly as [Parse].
// It returns [ErrMalformed] or [ErrTypo]; neither costs a try.
func ParseBinding(text string) (string, error) {
	s, err := normalise(text, bindingSymbols)
	if err != nil {
		return "", err
	}
	if fold(s) != 0 {
		return "", ErrTypo
	}
	return s, nil
}

// GroupedBinding writes a binding code to be read from a screen: 7 groups of 4.
func GroupedBinding(code string) string { return grouped(code, bindingGroup) }

// HashBinding is what is stored of a binding code. An empty pepper is a programming
// error and panics.
func HashBinding(pepper []byte, code string) string { return keyed(pepper, labelBinding, code) }

// BindingNumber is the number that a new device shows for its session's secret: six
// digits, which nobody can compute without the pepper.
func BindingNumber(pepper []byte, session string) string {
	n := binary.BigEndian.Uint64(mac(pepper, labelNumber, session)) % 1_000_000
	return fmt.Sprintf("%06d", n)
}

// HashNumber is what is stored of a number, bound to its ticket.
func HashNumber(pepper []byte, ticket, number string) string {
	return keyed(pepper, labelNumber, ticket, number)
}

// ParseNumber reads six digits as a person types them. It returns [ErrMalformed],
// which costs no try.
func ParseNumber(text string) (string, error) {
	s, err := normalise(text, 6)
	if err != nil {
		return "", err
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return "", ErrMalformed
		}
	}
	return s, nil
}
