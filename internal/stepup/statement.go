package stepup

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Labels are the first lines of statements: they keep a signature over an
// approval, or over a change of the house, from being anything else.
const (
	StatementLabel = "countersign/approval/v1"
	ProposalLabel  = "countersign/proposal/v1"
)

// recordedAs is the kind of log entry that records a decision on a statement
// with this label; "" for a label that nobody signs.
func recordedAs(label string) string {
	switch label {
	case StatementLabel:
		return KindDecided
	case ProposalLabel:
		return KindProposalDecided
	}
	return ""
}

// Names of the header lines that a receipt depends on.
const (
	HeaderRPID       = "rp-id"
	HeaderDecision   = "decision"
	HeaderApproverID = "approver-id"
)

// NonceSize is the length of an approval's nonce in bytes.
const NonceSize = 32

// Challenge is what an approver's key signs: nonce ‖ SHA-256(statement), 64
// bytes. The nonce keeps it unpredictable (WebAuthn §13.4.3), the digest binds
// it to the text.
func Challenge(nonce []byte, statement string) []byte {
	sum := sha256.Sum256([]byte(statement))
	return append(append(make([]byte, 0, len(nonce)+len(sum)), nonce...), sum[:]...)
}

// Statement is the head of the text that an approver reads and signs; its label
// says whether it is about a ticket or about a change of the house:
//
//	countersign/approval/v1
//	rp-id: desk.example
//	decision: approve
//	approver-id: …
//
//	> text that people wrote
//
// Header lines are `name: value` and end at the first empty line or at the end
// of the text. What follows is for people only and never parsed, so nothing
// written there can pass for a header.
type Statement struct {
	Label   string
	headers []header
}

type header struct{ name, value string }

// ParseStatement reads the header lines. It refuses text that is not UTF-8,
// control characters other than line ends, and a line that is no header.
func ParseStatement(text string) (Statement, error) {
	if !utf8.ValidString(text) {
		return Statement{}, errors.New("statement: not UTF-8")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }); i >= 0 {
		return Statement{}, fmt.Errorf("statement: control character at byte %d", i)
	}
	head, _, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\n\n")
	lines := strings.Split(head, "\n")
	if recordedAs(lines[0]) == "" {
		return Statement{}, fmt.Errorf("statement: first line is neither %s nor %s", StatementLabel, ProposalLabel)
	}
	s := Statement{Label: lines[0]}
	for i, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ": ")
		if !ok || !headerName(name) {
			return Statement{}, fmt.Errorf("statement: line %d is not a header", i+2)
		}
		s.headers = append(s.headers, header{name, value})
	}
	return s, nil
}

// Value returns the header of that name, and false when there is none or more
// than one: of two values nobody can say which was meant.
func (s Statement) Value(name string) (string, bool) {
	value, n := "", 0
	for _, h := range s.headers {
		if h.name == name {
			value, n = h.value, n+1
		}
	}
	return value, n == 1
}

func headerName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
