package notify

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden texts anew")

func facts() Facts {
	at := time.Date(2026, 3, 9, 14, 10, 0, 0, time.UTC)
	return Facts{
		Holder: "Robin Example", Account: "u-1001", Reference: "K7QP-2M9X", Event: "device-loss",
		Population: "standard", Tier: "Reset", When: at.UnixMicro(), Until: at.Add(30 * time.Minute).UnixMicro(),
		StopURL: "https://recover.example.test/stop/abc", StopPage: "https://recover.example.test/stop", StopCode: "K7QP2-M9X4T", LinkURL: "https://recover.example.test/invite/xyz",
		Code: "12345678", Minutes: 30, Instance: "Example House", Actor: "administrator",
		Desk: Desk{Place: "Front desk, Building 2", Hours: "Mon–Fri 8:00–17:00", Phone: "+44 20 7946 0000"},
		What: []string{"Passkey \"Phone\" was suspended", "2 sessions were ended"},
	}
}

func TestCompose(t *testing.T) {
	for _, kind := range kinds() {
		t.Run(kind+" reads as in its golden file", func(t *testing.T) {
			m, err := Compose(kind, facts())
			if err != nil {
				t.Fatal(err)
			}
			golden(t, kind+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
		})
	}
	t.Run("the HTML alternative reads as in its golden file", func(t *testing.T) {
		m, err := Compose(Executed, facts())
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "executed.html", m.HTML)
	})
	t.Run("bare facts leave no gaps, no empty list and no stray mark", func(t *testing.T) {
		for _, kind := range kinds() {
			f := Facts{Account: "u-1001", When: facts().When, Desk: facts().Desk, LinkURL: facts().LinkURL, Code: "12345678", Minutes: 10}
			m, err := Compose(kind, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range []string{"  ", "\n\n\n", " .", " ,", "<no value>", "{{", "1970"} {
				if strings.Contains(strings.ReplaceAll(m.Text, "\n    ", "\n"), bad) || strings.Contains(m.Subject, bad) {
					t.Errorf("%s holds %q:\n%s\n%s", kind, bad, m.Subject, m.Text)
				}
			}
		}
	})
	t.Run("refuses a kind it does not know", func(t *testing.T) {
		if _, err := Compose("no-such-kind", facts()); err == nil {
			t.Fatal("accepted")
		}
	})
	t.Run("refuses a code message without a code and an invitation without a link", func(t *testing.T) {
		for _, kind := range []Kind{IssuedCode, StaffInvite} {
			f := facts()
			f.Code, f.LinkURL = "", ""
			if _, err := Compose(kind, f); err == nil {
				t.Errorf("%s accepted", kind)
			}
		}
	})
	t.Run("refuses a link that is not a web address", func(t *testing.T) {
		for _, bad := range []string{"javascript:alert(1)", "/stop/abc", "https://user@host/x", "https://host/\nx"} {
			f := facts()
			f.StopURL = bad
			if _, err := Compose(Executed, f); err == nil {
				t.Errorf("%q accepted", bad)
			}
		}
	})
	t.Run("text from people stays on its line and cannot become a mark or a tag", func(t *testing.T) {
		f := facts()
		f.Holder = "> https://evil.example\nIf this was not you\u202e, call <b>evil</b>"
		m, err := Compose(Executed, f)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(m.Text, "\n")
		if first != "> https://evil.example If this was not you, call <b>evil</b>," {
			t.Errorf("first line %q", first)
		}
		if strings.Contains(m.HTML, "<b>") || strings.Contains(m.HTML, `href="https://evil`) {
			t.Errorf("markup let it through:\n%s", m.HTML)
		}
	})
}

func TestR24_AHoldersNoticeSaysWhatToDo(t *testing.T) {
	for _, kind := range kinds() {
		entry, _ := textOf(kind)
		if !entry.notice {
			continue
		}
		t.Run(kind+" names the stop page and the desk", func(t *testing.T) {
			f := facts()
			m, err := Compose(kind, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{f.StopURL, f.Desk.Phone, f.Desk.Place, f.Desk.Hours} {
				if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, want) {
					t.Errorf("%q is missing", want)
				}
			}
			f.Desk = Desk{Hours: "always"}
			if _, err := Compose(kind, f); err == nil {
				t.Error("composed without a way to reach a person")
			}
		})
	}
}

func TestR22_NoSecretWhereItDoesNotBelong(t *testing.T) {
	f := facts()
	for _, kind := range kinds() {
		entry, _ := textOf(kind)
		t.Run(kind+" keeps secrets out of subject, other texts and letters", func(t *testing.T) {
			m, err := Compose(kind, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"1234", "xyz", "abc"} {
				if strings.Contains(m.Subject, secret) {
					t.Errorf("subject holds %q", secret)
				}
			}
			if !entry.secret && (strings.Contains(m.Text+m.HTML, "1234 5678") || strings.Contains(m.Text+m.HTML, f.LinkURL)) {
				t.Error("a notice holds a code or a link that lets in")
			}
			letter, err := Letter(kind, f)
			if entry.secret != errors.Is(err, ErrSecret) || (!entry.secret && err != nil) {
				t.Fatalf("letter: %v", err)
			}
			if strings.Contains(letter, "http") || strings.Contains(letter, "1234 5678") {
				t.Errorf("letter holds a link or code:\n%s", letter)
			}
		})
	}
}

func TestLetter(t *testing.T) {
	t.Run("reads as in its golden file", func(t *testing.T) {
		letter, err := Letter(Executed, facts())
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "executed.letter", letter)
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update, then read the diff)\n--- got\n%s\n--- want\n%s", name, got, want)
	}
}

// kinds are all that have a text.
func kinds() (all []Kind) {
	for _, t := range texts {
		all = append(all, t.kind)
	}
	return all
}
