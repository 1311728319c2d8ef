package recovery

import (
	"errors"
	"strings"
	"testing"
)

func TestSpoken(t *testing.T) {
	t.Run("there are 256 words, none close to another", func(t *testing.T) {
		if len(spoken) != 256 {
			t.Errorf("%d words", len(spoken))
		}
		for i, a := range spoken {
			for _, b := range spoken[i+1:] {
				if apart(a, b) < 2 {
					t.Errorf("%q and %q sound alike", a, b)
				}
			}
		}
	})
	t.Run("what was drawn is what is read back, however it is typed", func(t *testing.T) {
		words := Spoken([SpokenWords]int{0, 100, 255})
		for _, typed := range []string{words, strings.ToUpper(words), " " + strings.ReplaceAll(words, " ", " - ") + ".", strings.ReplaceAll(words, " ", ",\n")} {
			if got, err := ParseSpoken(typed); err != nil || got != words {
				t.Errorf("%q: %q, %v", typed, got, err)
			}
		}
	})
	t.Run("what is none of our words costs no try", func(t *testing.T) {
		for _, typed := range []string{"", "acorn", "acorn actor", "acorn actor admiral alley", "acorn actor qwerty", "1 2 3"} {
			var r *Refusal
			if _, err := ParseSpoken(typed); !errors.As(err, &r) || r.Code != "words-typo" || r.Field != "words" {
				t.Errorf("%q: %v", typed, err)
			}
		}
	})
}

// apart is how many letters have to change to make one word of the other.
func apart(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			swap := last
			if a[i] != b[j] {
				swap++
			}
			last = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, swap)
		}
	}
	return row[len(b)]
}
