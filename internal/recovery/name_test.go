package recovery

import (
	"slices"
	"testing"
)

func TestFoldName(t *testing.T) {
	for name, want := range map[string]string{
		"Ana  Lind": "ana lind", "ÁNA LIND": "ana lind", "Zo\u0308e": "zoe", "Zöe": "zoe", "Straße": "strasse", "Ａｎａ": "ana", "ﬁnn": "finn", " ": "", "Ωmega": "ωmega",
	} {
		t.Run(name+" folds", func(t *testing.T) {
			if got := FoldName(name); got != want {
				t.Errorf("%q folds to %q, want %q", name, got, want)
			}
		})
	}
}

func TestSearchWords(t *testing.T) {
	t.Run("a name is found by each word and by what follows a hyphen", func(t *testing.T) {
		if got, want := NameWords("Éva Berg-O'Neil"), []string{"berg-o'neil", "eva", "neil", "o'neil"}; !slices.Equal(got, want) {
			t.Errorf("words %q, want %q", got, want)
		}
	})
	t.Run("two letters are enough, one is not, beside a longer one it counts", func(t *testing.T) {
		for text, n := range map[string]int{"Bo": 1, "王芳": 1, "b": 0, "a b": 0, "": 0, "ana l": 2, "a b c de f": 4} {
			if got := SearchWords(text); len(got) != n {
				t.Errorf("%q gives %q", text, got)
			}
		}
	})
	t.Run("the head is two characters, not two bytes", func(t *testing.T) {
		if Head("王芳芳") != "王芳" || Head("a") != "a" {
			t.Error("it is not")
		}
	})
}
