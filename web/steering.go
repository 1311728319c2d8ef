package web

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// steering writes a page without the characters that turn the direction of what
// follows or break its line: people's text could otherwise reorder our own words
// around it. They are spelled out, as in a statement (class B22). It stands
// behind every page, so no field can be forgotten.
type steering struct {
	to   io.Writer
	rest []byte // the beginning of a character that the last write cut
}

// Write implements io.Writer.
func (s *steering) Write(p []byte) (int, error) {
	n, from := len(p), 0
	if len(s.rest) > 0 {
		p, s.rest = append(s.rest, p...), nil
	}
	for i, size := lead(p, 0), 0; i < len(p); i = lead(p, i+size) {
		if len(p)-i < 3 {
			s.rest = bytes.Clone(p[i:])
			p = p[:i]
			break
		}
		var r rune
		if r, size = utf8.DecodeRune(p[i:]); !steers(r) {
			continue
		}
		if err := s.write(fmt.Appendf(bytes.Clone(p[from:i]), `\u{%04X}`, r)); err != nil {
			return 0, err
		}
		from = i + size
	}
	return n, s.write(p[from:])
}

// lead finds the next byte with which all of them begin in UTF-8, len(p) when
// there is none.
func lead(p []byte, from int) int {
	if i := bytes.IndexByte(p[from:], 0xE2); i >= 0 {
		return from + i
	}
	return len(p)
}

func (s *steering) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	_, err := s.to.Write(p)
	return err
}

// flush writes what was kept back.
func (s *steering) flush() error { return s.write(s.rest) }

// steers names the embeddings, overrides and isolates of direction (UAX #9) and
// the two separators.
func steers(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u2028' || r == '\u2029'
}
