package countersign_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const rules = module + "/internal/recovery"

// unread lists the values of the policy that no act reads, each with the reason
// why it stands in the file all the same.
var unread = map[string]string{}

// TestHousePolicyValues holds the policy file to its word: what stands on the
// policy page is read by an act. Reading it to show, compare or write it is not
// meant: the files that only do that are not looked at.
func TestHousePolicyValues(t *testing.T) {
	exports := exportFiles(t)
	values := policyValues(t, exports)
	if len(values) < 80 {
		t.Fatalf("only %d values were found in the policy", len(values))
	}
	read := map[string]bool{}
	for _, path := range []string{"internal/recovery", "internal/desk", "internal/worker", "web", "cmd/countersign"} {
		for _, v := range readsOf(t, exports, path) {
			read[v] = true
		}
	}
	for _, v := range slices.Sorted(maps.Keys(values)) {
		switch reason, listed := unread[v]; {
		case !read[v] && !listed:
			t.Errorf("recovery.%s (%s) stands in the policy and no act reads it", v, values[v])
		case read[v] && listed:
			t.Errorf("recovery.%s is read by now: take it off the list (%s)", v, reason)
		}
	}
	for v := range unread {
		if values[v] == "" {
			t.Errorf("recovery.%s is no value of the policy", v)
		}
	}
}

// onlyShows are the files of the rules and of the desk that parse, write, compare
// and lay out policies, and nothing else.
func onlyShows(path string) bool {
	name := filepath.Base(path)
	return strings.HasSuffix(name, "_templ.go") || strings.Contains(name, "policy") && name != "policypublish.go" ||
		slices.Contains([]string{"simulate.go", "simulation.go", "deviation.go", "stricter.go"}, name)
}

// policyValues are the fields of the policy's structs that are values of its
// file: "RequestRule.Wait" and its key.
func policyValues(t *testing.T, exports map[string]string) map[string]string {
	t.Helper()
	pkg, err := imports(exports).Import(rules)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		s, ok := pkg.Scope().Lookup(name).Type().Underlying().(*types.Struct)
		if !ok || name == "Policy" || name == "Deviation" {
			continue
		}
		for i := range s.NumFields() {
			if key := reflect.StructTag(s.Tag(i)).Get("policy"); key != "" && key != "-" {
				out[name+"."+s.Field(i).Name()] = key
			}
		}
	}
	return out
}

// readsOf lists the policy's fields that a package reads, tests not counted.
func readsOf(t *testing.T, exports map[string]string, path string) (out []string) {
	t.Helper()
	fset := token.NewFileSet()
	files, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	info := types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}}
	checker := types.Config{Importer: imports(exports)}
	if _, err := checker.Check(module+"/"+path, fset, parsed, &info); err != nil {
		t.Fatal(err)
	}
	for _, file := range parsed {
		if onlyShows(fset.Position(file.Pos()).Filename) {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncDecl); ok && strings.HasSuffix(strings.ToLower(f.Name.Name), "words") {
				return false
			}
			if at, ok := n.(*ast.SelectorExpr); ok {
				if s := info.Selections[at]; s != nil && s.Kind() == types.FieldVal {
					out = append(out, fieldOf(s))
				}
			}
			return true
		})
	}
	return out
}

// fieldOf names a selected field by the struct that declares it.
func fieldOf(s *types.Selection) string {
	at := s.Recv()
	for _, i := range s.Index()[:len(s.Index())-1] {
		at = structOf(at).Field(i).Type()
	}
	if p, ok := at.Underlying().(*types.Pointer); ok {
		at = p.Elem()
	}
	named, ok := at.(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != rules {
		return ""
	}
	return named.Obj().Name() + "." + s.Obj().Name()
}

func structOf(t types.Type) *types.Struct {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	return t.Underlying().(*types.Struct)
}

func imports(exports map[string]string) types.Importer {
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
}

// exportFiles are the compiled forms of everything that the product imports.
func exportFiles(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export", "./cmd/countersign").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return files
		} else if err != nil {
			t.Fatal(err)
		}
		files[p.ImportPath] = p.Export
	}
}
