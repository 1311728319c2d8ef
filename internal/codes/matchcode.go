package codes

import "encoding/base32"

const (
	matchSymbols = 6 // 5 of the keyed hash (25 bits, throttled, minutes) and a check symbol
	matchGroup   = 3
	labelMatch   = "countersign/match-code/v1"
)

// Match makes both halves of what proves a call: the code that whoever rings
// reads out, K7Q-P2M, and two numbers below 256 for the words that only our page
// shows to whoever types it. Both follow from the call's id and the pepper, so
// neither is stored. An empty pepper is a programming error and panics.
func Match(pepper []byte, call string) (code string, page [2]int) {
	sum := mac(pepper, labelMatch, call)
	body := base32.NewEncoding(alphabet).WithPadding(base32.NoPadding).EncodeToString(sum[:5])[:matchSymbols-1]
	return grouped(body+string(alphabet[double(fold(body))]), matchGroup), [2]int{int(sum[8]), int(sum[9])}
}

// ParseMatch reads a match code as a person types what was read out, as
// forgivingly as [Parse]. It returns [ErrMalformed] or [ErrTypo]; neither costs a try.
func ParseMatch(text string) (string, error) {
	s, err := normalise(text, matchSymbols)
	if err != nil {
		return "", err
	}
	if fold(s) != 0 {
		return "", ErrTypo
	}
	return grouped(s, matchGroup), nil
}

// HashMatch is what is stored to find a call by its code.
func HashMatch(pepper []byte, code string) string { return keyed(pepper, labelMatch, "find", code) }
