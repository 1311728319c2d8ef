package recovery

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// FoldName is a name without what an eye passes over: compatibility forms
// (NFKC), case and marks are gone, spaces are single. Two people with the same
// folded name are namesakes (R52).
func FoldName(name string) string {
	if ascii(name) { // most names; a file has thousands
		return strings.Join(strings.Fields(strings.ToLower(name)), " ")
	}
	t := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), cases.Fold(), norm.NFKC)
	out, _, err := transform.String(t, name)
	if err != nil {
		out = strings.ToLower(name)
	}
	return strings.Join(strings.Fields(out), " ")
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// nameWordsMax bounds the words of one name that a search finds; ours.
const nameWordsMax = 8

// NameWords are the beginnings by which a name is found: each word of the folded
// name, and what follows a hyphen or an apostrophe in it.
func NameWords(name string) []string {
	var out []string
	for _, w := range strings.Fields(FoldName(name)) {
		out = append(out, w)
		for i, r := range w {
			if rest := w[i+utf8.RuneLen(r):]; !unicode.IsLetter(r) && !unicode.IsNumber(r) && rest != "" {
				out = append(out, rest)
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), nameWordsMax)]
}

// Bounds of a search. Two letters are a whole name for many people; one would
// list the house. Ours.
const (
	SearchMin      = 2
	searchWordsMax = 4
)

// SearchWords are the words that a search looks for, each the beginning of a
// word of the name, of the id or of a mail address. Empty when all of them are
// shorter than SearchMin.
func SearchWords(text string) []string {
	all := strings.Fields(FoldName(text))
	if !slices.ContainsFunc(all, func(w string) bool { return utf8.RuneCountInString(w) >= SearchMin }) {
		return nil
	}
	return all[:min(len(all), searchWordsMax)]
}

// Head is what an index compares of a word: its first two characters.
func Head(word string) string {
	r := []rune(word)
	return string(r[:min(len(r), 2)])
}
