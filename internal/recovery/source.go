package recovery

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Source is where a request came from, as an agent's telephone, mailbox or chat
// shows it: "phone:+442079460999", "mail:someone@one.example". It proves nothing
// (R16); it links attempts to each other. "" on self-service.
type Source string

// Withheld is what an agent types when no number or name is shown. All such
// requests of one intake are one source.
const Withheld = "withheld"

// SourceMax bounds what is typed as a source. Characters; RFC 5321 §4.5.3.1
// bounds a mail address to 254.
const SourceMax = 254

// phoneKey is how many of a number's last digits are compared: with or without
// the country's and the house's prefix it is one number. Ours.
const phoneKey = 9

// SourceOf reads what an agent typed for an intake. Somebody who stands at the
// desk has no source but that; every other intake needs one, or "withheld".
func SourceOf(intake Intake, typed string) (Source, error) {
	if intake == OnSite {
		return Source(OnSite), nil
	}
	if err := FitText("source", typed, SourceMax); err != nil {
		return "", err
	}
	value := AccountName(typed)
	if intake == ByPhone && !strings.EqualFold(value, Withheld) {
		value = number(value)
	}
	if value = strings.ToLower(value); value == "" {
		return "", Refuse("source-missing", "Enter where the request came from.", "The number that is shown, or the address. Type \""+Withheld+"\" when none is shown.").On("source")
	}
	return Source(string(intake) + ":" + value), nil
}

// number keeps the digits of a telephone number and a leading plus sign, "" when
// there are none.
func number(text string) string {
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, text)
	switch {
	case digits == "" || strings.ContainsFunc(text, unicode.IsLetter):
		return ""
	case strings.HasPrefix(text, "+"):
		return "+" + digits
	case strings.HasPrefix(digits, "00"):
		return "+" + digits[2:]
	}
	return digits
}

func (s Source) parts() (kind Intake, value string) {
	k, value, _ := strings.Cut(string(s), ":")
	return Intake(k), value
}

// Known says whether the source names somebody: withheld numbers and people who
// stand at the desk are not linked to each other across accounts.
func (s Source) Known() bool {
	_, value := s.parts()
	return value != "" && value != Withheld
}

// Key is what sources are compared by.
func (s Source) Key() string {
	kind, value := s.parts()
	if kind == ByPhone && value != Withheld {
		value = strings.TrimPrefix(value, "+")
		value = value[max(0, len(value)-phoneKey):]
	}
	if kind == "" {
		return ""
	}
	return string(kind) + ":" + value
}

// Masked is the source as pages show it: enough to tell two of them apart.
func (s Source) Masked() string {
	kind, value := s.parts()
	switch {
	case kind == "" || kind == OnSite:
		return ""
	case value == Withheld:
		return Withheld
	case kind == ByPhone:
		return Mask(Address{Kind: Phone, Value: value})
	case strings.Contains(value, "@"):
		return Mask(Address{Kind: Mail, Value: value})
	}
	first, _ := utf8.DecodeRuneInString(value)
	return string(first) + "…"
}

// Pattern is what two requests of one agent have in common when the same text was
// typed for both: a digest over letters and digits only, so that a full stop makes
// no other text. "" for words too few to mean anything.
func Pattern(agent, reason string) string {
	words := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, reason)
	if utf8.RuneCountInString(words) < patternMin {
		return ""
	}
	sum := sha256.Sum256([]byte(agent + " " + words))
	return hex.EncodeToString(sum[:])
}

// patternMin is how many letters a text needs to link two tickets: "lost phone"
// is what every second caller says. Ours.
const patternMin = 24
