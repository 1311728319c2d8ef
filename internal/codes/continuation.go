package codes

import "strings"

const (
	continuationSymbols = 16 // 75 bits (SP 800-63A-4 §3.9 asks for 64) and a check symbol
	continuationGroup   = 4
	labelContinuation   = "countersign/continuation-code/v1"
)

// Continuation writes the start of a fresh token (see [NewToken]) as the code with
// which the holder of a parked recovery goes on, K7QP-2M9X-4TRC-8WV5: 75 of its
// random bits and a check symbol. A token of another form is [ErrMalformed].
func Continuation(token string) (string, error) {
	if _, err := ParseToken(token); err != nil {
		return "", err
	}
	body := strings.ToUpper(token[:continuationSymbols-1])
	return grouped(body+string(alphabet[double(fold(body))]), continuationGroup), nil
}

// ParseContinuation reads a continuation code as a person types it, as forgivingly
// as [Parse], and returns the form with dashes, [ErrMalformed] or [ErrTypo].
func ParseContinuation(text string) (string, error) {
	s, err := normalise(text, continuationSymbols)
	if err != nil {
		return "", err
	}
	if fold(s) != 0 {
		return "", ErrTypo
	}
	return grouped(s, continuationGroup), nil
}

// HashContinuation is what is stored of a continuation code, bound to its ticket.
// An empty pepper is a programming error and panics.
func HashContinuation(pepper []byte, ticketID, code string) string {
	return keyed(pepper, labelContinuation, ticketID, code)
}
