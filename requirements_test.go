package countersign_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// docs/requirements.md names for each promise the tests that hold it; a test
// that is gone, or a test of a promise that the table does not name, fails here.
func TestHouseRequirements(t *testing.T) {
	text, err := os.ReadFile("docs/requirements.md")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("git", "grep", "-hoE", "func Test[A-Za-z0-9_]+", "--", "*_test.go").Output()
	if err != nil {
		t.Fatal(err)
	}
	exists := map[string]bool{}
	for _, line := range strings.Fields(string(out)) {
		exists[line] = true
	}
	rows := regexp.MustCompile(`(?m)^\| (R\d+) \|[^|]*\|([^|]*)\|`).FindAllStringSubmatch(string(text), -1)
	named := map[string]bool{}
	for _, row := range rows {
		tests := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(row[2], -1)
		if len(tests) == 0 && strings.TrimSpace(row[2]) != "not yet" {
			t.Errorf("%s names no test and does not say \"not yet\"", row[1])
		}
		for _, m := range tests {
			named[m[1]] = true
			if !exists[m[1]] {
				t.Errorf("%s names %s, which does not exist", row[1], m[1])
			}
		}
	}
	if len(rows) != 53 {
		t.Errorf("%d promises, want 53 (R1–R61 without R43–R49 and R59)", len(rows))
	}
	for name := range exists {
		if regexp.MustCompile(`^TestR\d`).MatchString(name) && !named[name] {
			t.Errorf("%s holds a promise and is not in docs/requirements.md", name)
		}
	}
}
