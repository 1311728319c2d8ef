// Package countersign_test holds the whole tree to the rules of docs/design.md:
// who may import whom, where the clock may be read, and how long things get.
package countersign_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors is the table of docs/design.md. A package may import lower floors only.
var floors = map[string]int{
	"cmd/countersign": 5, "internal/bench": 5, "e2e": 5,
	"web": 4, "internal/worker": 4,
	"internal/desk": 3, "views/staff": 3, "views/self": 3,
	"internal/store": 2, "internal/stepup": 2, "internal/directory": 2, "internal/notify": 2, "views/ui": 2,
	"internal/i18n": 1, "internal/softkey": 1, "migrations": 1, "static": 1,
	"internal/recovery": 0, "internal/recovery/builtin": 0, "internal/codes": 0, "internal/ledger": 0,
}

// testSupport stands one floor above what it supports. Only tests, the
// benchmarks and other test support may import it.
var testSupport = map[string]int{
	"internal/desk/machine": 5, "internal/desk/desktest": 4, "internal/store/storetest": 3,
}

const module = "countersign"

// goPackage is what `go list -json` says of one package.
type goPackage struct {
	Dir, ImportPath, Name, Doc         string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
}

func (p goPackage) path() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json", "./...").Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("go list: %v\n%s", err, failed.Stderr)
		}
		t.Fatal(err)
	}
	var list []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != module { // these tests themselves
			list = append(list, p)
		}
	}
}

func TestHouseFloors(t *testing.T) {
	for _, p := range packages(t) {
		t.Run(p.path()+" imports lower floors only", func(t *testing.T) {
			for _, problem := range floorProblems(p) {
				t.Error(problem)
			}
		})
	}
	t.Run("an import that is not lower, test support in the product, and echo outside web are found", func(t *testing.T) {
		for path, bad := range map[string]string{
			"internal/desk":  "countersign/web",
			"views/self":     "countersign/views/staff",
			"internal/codes": "countersign/internal/ledger",
			"web":            "countersign/internal/desk/desktest",
			"internal/store": "github.com/labstack/echo/v4",
			"internal/new":   "fmt",
			"internal/utils": "fmt",
		} {
			p := goPackage{ImportPath: module + "/" + path, Name: path[strings.LastIndexByte(path, '/')+1:], Doc: "x", Imports: []string{bad}}
			if len(floorProblems(p)) == 0 {
				t.Errorf("%s may import %s", path, bad)
			}
		}
	})
}

func floorProblems(p goPackage) (problems []string) {
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	floor, known := floorOf(p.path())
	if !known {
		complain("%s has no floor: add it to the table here and in docs/design.md", p.path())
		return problems
	}
	if slices.Contains([]string{"pkg", "utils", "util", "common", "models", "dto", "mocks"}, p.Name) {
		complain("a package is not called %s: say what it does", p.Name)
	}
	if p.Doc == "" && len(p.GoFiles) > 0 {
		complain("%s has no package comment", p.path())
	}
	for _, imported := range p.Imports {
		if strings.HasPrefix(imported, "github.com/labstack/echo") && !mayEcho(p.path()) {
			complain("%s imports echo: web is the one place that knows it", p.path())
		}
		target, ours := strings.CutPrefix(imported, module+"/")
		if !ours {
			continue
		}
		if _, support := testSupport[target]; support && !mayUseSupport(p.path()) {
			complain("%s imports %s, which is for tests", p.path(), target)
		}
		if below, known := floorOf(target); !known || below >= floor {
			complain("%s (floor %d) imports %s (floor %d)", p.path(), floor, target, below)
		}
	}
	return problems
}

func floorOf(path string) (int, bool) {
	if floor, ok := floors[path]; ok {
		return floor, true
	}
	floor, ok := testSupport[path]
	return floor, ok
}

// mayEcho: internal/bench measures against a bare echo.
func mayEcho(path string) bool { return path == "web" || path == "internal/bench" }

func mayUseSupport(path string) bool {
	_, support := testSupport[path]
	return support || path == "internal/bench" || path == "e2e"
}
