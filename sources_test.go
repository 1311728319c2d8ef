package countersign_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	maxFile     = 400 // lines
	maxFunction = 60
)

// long lists what may be longer, each with its reason. Keep it short.
var long = map[string]string{}

// source is one of our Go files, parsed.
type source struct {
	path string // from the module's root
	pkg  string
	test bool
	file *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	var list []source
	for _, p := range packages(t) {
		tests := append(slices.Clone(p.TestGoFiles), p.XTestGoFiles...)
		for _, name := range append(slices.Clone(p.GoFiles), tests...) {
			fset := token.NewFileSet()
			full := filepath.Join(p.Dir, name)
			file, err := parser.ParseFile(fset, full, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			path, err := filepath.Rel(root, full)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, source{path, p.path(), slices.Contains(tests, name), file, fset})
		}
	}
	return list
}

func TestHouseSources(t *testing.T) {
	for _, s := range sources(t) {
		for _, problem := range s.problems() {
			t.Error(problem)
		}
	}
	t.Run("a clock, a weak random source and a long function are found", func(t *testing.T) {
		for name, text := range map[string]string{
			"time.Now":          `package x; import "time"; var t = time.Now`,
			"a renamed clock":   `package x; import clock "time"; var t = clock.Since(t0)`,
			"math/rand":         `package x; import "math/rand"`,
			"math/rand/v2":      `package x; import "math/rand/v2"`,
			"the long function": "package x; func f() {" + strings.Repeat("\n", maxFunction) + "}",
			"the long file":     "package x" + strings.Repeat("\n//", maxFile),
		} {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, "x.go", text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if len((source{"internal/x/x.go", "internal/x", false, file, fset}).problems()) != 1 {
				t.Errorf("%s is not found", name)
			}
		}
	})
}

func (s source) problems() (problems []string) {
	if _, exempt := long[s.path]; !exempt && !strings.HasSuffix(s.path, "_templ.go") {
		problems = append(problems, s.lengthProblems()...)
	}
	if s.test || outsideProduct(s.pkg) {
		return problems
	}
	return append(problems, s.clockProblems()...)
}

// outsideProduct are programs and helpers that measure or test the product.
func outsideProduct(pkg string) bool {
	_, support := testSupport[pkg]
	return support || pkg == "internal/bench" || pkg == "e2e"
}

func (s source) lengthProblems() (problems []string) {
	if lines := s.fset.Position(s.file.FileEnd).Line; lines > maxFile {
		problems = append(problems, fmt.Sprintf("%s has %d lines: split it (at most %d)", s.path, lines, maxFile))
	}
	if s.test {
		return problems // a test's subtests are its sentences
	}
	for _, decl := range s.file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if lines := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; lines > maxFunction {
			problems = append(problems, fmt.Sprintf("%s: %s has %d lines (at most %d)", s.path, f.Name.Name, lines, maxFunction))
		}
	}
	return problems
}

// clockProblems finds the machine's clock and randomness that can be guessed.
// Time is an argument; only cmd reads it.
func (s source) clockProblems() (problems []string) {
	for _, spec := range s.file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		if path == "math/rand" || path == "math/rand/v2" {
			problems = append(problems, fmt.Sprintf("%s imports %s: use crypto/rand", s.path, path))
		}
		if path != "time" || strings.HasPrefix(s.pkg, "cmd/") {
			continue
		}
		name := "time"
		if spec.Name != nil {
			name = spec.Name.Name
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := clockRead(n, name); ok {
				problems = append(problems, fmt.Sprintf("%s: time.%s: time is an argument", s.fset.Position(n.Pos()), call))
			}
			return true
		})
	}
	return problems
}

func clockRead(n ast.Node, timeName string) (string, bool) {
	selector, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	from, ok := selector.X.(*ast.Ident)
	if !ok || from.Name != timeName {
		return "", false
	}
	name := selector.Sel.Name
	return name, name == "Now" || name == "Since" || name == "Until"
}
