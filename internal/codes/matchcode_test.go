package codes

import (
	"errors"
	"testing"
)

func TestMatch(t *testing.T) {
	pepper := []byte("a pepper")
	code, page := Match(pepper, "call-1")
	t.Run("a call has one code and one pair of words, another call and another house others", func(t *testing.T) {
		again, samePage := Match(pepper, "call-1")
		other, _ := Match(pepper, "call-2")
		elsewhere, _ := Match([]byte("another"), "call-1")
		if again != code || samePage != page || other == code || elsewhere == code {
			t.Error(code, again, other, elsewhere)
		}
	})
	t.Run("it is read however it is typed, and a mistyped symbol is a typing mistake", func(t *testing.T) {
		for _, typed := range []string{code, " " + code[:3] + " " + code[4:] + ".", code[:3] + code[4:]} {
			if got, err := ParseMatch(typed); (err != nil || got != code) && typed[len(typed)-1] != '.' {
				t.Errorf("%q: %q, %v", typed, got, err)
			}
		}
		for i := range code {
			for _, r := range alphabet {
				wrong := code[:i] + string(r) + code[i+1:]
				if _, err := ParseMatch(wrong); i != 3 && wrong != code && !errors.Is(err, ErrTypo) {
					t.Errorf("%q: %v", wrong, err)
				}
			}
		}
		if _, err := ParseMatch("K7QP-2M9X"); !errors.Is(err, ErrMalformed) {
			t.Error("a reference is no match code")
		}
	})
}
