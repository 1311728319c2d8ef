package recovery

import (
	"errors"
	"strings"
	"testing"
)

func TestMayUsePassword(t *testing.T) {
	a := Account{ID: "ana.ruiz", Name: "Ana Ruiz Lopez"}
	mails := []string{"ana@one.example", "aruiz77@two.example"}
	for password, code := range map[string]string{
		"":                                "password-short",
		"seven77":                         "password-short",
		strings.Repeat("ab ", 86):         "password-long",
		"bad\xffbytes":                    "password-text",
		"Password1!":                      "password-obvious",
		"!!Welcome2026":                   "password-obvious",
		"12345678":                        "password-obvious",
		"87654321":                        "password-obvious",
		"aaaaaaaaaaaa":                    "password-obvious",
		"19900412":                        "password-obvious",
		"ana.ruiz":                        "password-obvious",
		"Ana.Ruiz99":                      "password-obvious",
		"AnaRuizLopez":                    "password-obvious",
		"aruiz77@two.example":             "password-obvious",
		"correct horse":                   "",
		"ключ от дома":                    "",
		"пароль-длинный":                  "",
		"Ana has four horses":             "",
		strings.Repeat("a long one ", 23): "",
	} {
		var r *Refusal
		got := ""
		if errors.As(MayUsePassword(password, a, mails), &r) {
			got = r.Code
			if r.Field != "password" {
				t.Errorf("%q: field %q", password, r.Field)
			}
		}
		if got != code {
			t.Errorf("%q: %q, want %q", password, got, code)
		}
	}
}
