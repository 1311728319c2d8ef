package codes

import (
	"strings"
	"unicode"
)

// normalise turns what a person typed or pasted into exactly n symbols of the
// alphabet, or returns ErrMalformed.
func normalise(text string, n int) (string, error) {
	if len(text) > maxTyped {
		return "", ErrMalformed
	}
	s := strings.Map(symbol, text)
	if len(s) != n || strings.Trim(s, alphabet) != "" {
		return "", ErrMalformed
	}
	return s, nil
}

// symbol maps one typed rune: separators vanish, letters that look like digits
// become them, anything unknown becomes U, which the alphabet does not have.
func symbol(r rune) rune {
	if 'a' <= r && r <= 'z' {
		r -= 'a' - 'A'
	}
	switch {
	case r == 'O':
		return '0'
	case r == 'I' || r == 'L':
		return '1'
	case r < unicode.MaxASCII && strings.IndexByte(alphabet, byte(r)) >= 0:
		return r
	case separator(r):
		return -1
	}
	return 'U'
}

// separator knows what word processors and mail programs make of a space or a
// dash: every Unicode space and dash, the minus sign, and invisible characters
// such as the soft hyphen and the zero-width space.
func separator(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf) || r == '−'
}
