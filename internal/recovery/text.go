package recovery

import (
	"strings"
	"unicode/utf8"
)

// CheckText accepts the words that a form must carry: at least one character,
// at most TextMax. It returns them without outer space.
func CheckText(field, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", Refuse("text-missing", "Enter a few words.", "One sentence is enough; it becomes part of the record.").On(field)
	}
	return text, FitText(field, text, TextMax)
}

// FitText refuses words that are longer than most characters, or that not every
// database can keep.
func FitText(field, text string, most int) error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return Refuse("text-unreadable", "The text holds characters that cannot be kept.", "Type it again.").On(field)
	case utf8.RuneCountInString(text) > most:
		return Refuse("text-too-long", "The text is too long.", "Shorten it; notes on the ticket may follow one another.").On(field)
	}
	return nil
}
