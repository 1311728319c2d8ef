package recovery

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// commonPasswords are the cores of what is guessed first (SP 800-63B-4 §3.1.1.2
// asks for a list of known, expected and context-specific words). The core of a
// password is what is left without digits and signs at its ends.
var commonPasswords = []string{"password", "passwort", "passwd", "passw0rd", "p@ssword", "p@ssw0rd", "welcome", "willkommen", "letmein", "iloveyou",
	"qwerty", "qwertz", "azerty", "qwertyui", "qwertyuiop", "asdfgh", "asdfghjkl", "zxcvbnm", "admin", "administrator", "changeme", "secret",
	"monkey", "dragon", "sunshine", "princess", "football", "baseball", "superman", "master", "trustno", "abc", "abcdefgh", "summer", "winter",
	"spring", "autumn", "january", "december", "countersign"}

// MayUsePassword refuses passwords that are too short, too long or the first
// thing to guess: a common one, or the account's own id, name or address. There
// are no other rules of composition (SP 800-63B-4 §3.1.1.2).
func MayUsePassword(password string, a Account, mails []string) error {
	say := func(code, text, next string) error { return Refuse(code, text, next).On("password") }
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return say("password-text", "This password holds something that is no text.", "Type it by hand.")
	case n < PasswordMin:
		return say("password-short", "Use at least 8 characters.", "A sentence of a few words is easy to keep in mind.")
	case n > PasswordMax:
		return say("password-long", "Use at most 256 characters.", "")
	case obvious(password, a, mails):
		return say("password-obvious", "This password is one of the first that are guessed.",
			"Use a sentence of a few words that does not hold your name.")
	}
	return nil
}

func obvious(password string, a Account, mails []string) bool {
	lower := strings.ToLower(password)
	core := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	if strings.Count(lower, lower[:utf8Len(lower)])*utf8Len(lower) == len(lower) || straight(lower) {
		return true
	}
	for _, w := range append(own(a, mails), commonPasswords...) {
		if core == w || lower == w {
			return true
		}
	}
	return strings.IndexFunc(lower, unicode.IsLetter) < 0 && len(lower) < 12 // dates and numbers
}

// own are the words that anybody tries for this account.
func own(a Account, mails []string) []string {
	words := []string{a.ID, a.Name, strings.ReplaceAll(a.Name, " ", ""), strings.ReplaceAll(a.Name, " ", "."), strings.ReplaceAll(a.Name, " ", "-")}
	words = append(words, strings.Fields(a.Name)...)
	for _, m := range mails {
		local, _, _ := strings.Cut(m, "@")
		words = append(words, m, local)
	}
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, strings.ToLower(w))
		}
	}
	return out
}

func utf8Len(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// straight says whether the characters run up or down one by one: 12345678.
func straight(s string) bool {
	up, down := true, true
	var last rune
	for i, r := range s {
		if i > 0 {
			up, down = up && r == last+1, down && r == last-1
		}
		last = r
	}
	return up || down
}
