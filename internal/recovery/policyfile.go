package recovery

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Fault is one thing wrong with a policy or workflow file: the line, counted
// from 1, and what to do about it.
type Fault struct {
	Line int
	Text string
}

// String writes the fault as `LINE: text`.
func (f Fault) String() string { return fmt.Sprintf("%d: %s", f.Line, f.Text) }

// PolicyBytesMax bounds a policy or workflow file. Ours.
const PolicyBytesMax = 256 << 10

// ParsePolicy reads a policy file, whole or not at all: with any fault the
// policy is not to be used. The file is YAML without anchors; every key must be
// known, every value of the policy must be there (or come from the shipped policy
// that `base` names), no value may be over its ceiling, and what asks for less
// than the shipped policy must have its deviation. All faults are listed, in the
// order of their lines. Deviations that have ended are told by Ended, because
// only that needs the time.
func ParsePolicy(file []byte) (Policy, []Fault) {
	p, r := readPolicy(file)
	if p.Version != "" && !bytes.Equal(file, StandardFile) {
		r.deviations(p)
	}
	return p, r.sorted()
}

// ReadPolicy reads a file that was judged when it was published: it stays what it
// was when a later version ships a stricter policy.
func ReadPolicy(file []byte) (Policy, []Fault) {
	p, r := readPolicy(file)
	return p, r.sorted()
}

// readPolicy is ParsePolicy before the file is compared with the shipped one.
func readPolicy(file []byte) (Policy, *fileReader) {
	var p Policy
	r, root := openFile(file)
	if root == nil {
		return p, r
	}
	if root = r.withBase(root); root == nil {
		return p, r
	}
	r.read(root, reflect.ValueOf(&p).Elem(), "")
	r.check(p)
	p.sources, p.lines, p.excuses = r.sources, r.lines, slices.Sorted(maps.Keys(p.Deviations))
	return p, r
}

// fileReader walks a YAML tree beside a Go value.
type fileReader struct {
	faults  []Fault
	bad     map[string]bool // paths that have a fault: nothing more is said about them
	sources map[string]string
	lines   map[string]int
}

func openFile(file []byte) (*fileReader, *yaml.Node) {
	r := &fileReader{bad: map[string]bool{}, sources: map[string]string{}, lines: map[string]int{}}
	if len(file) > PolicyBytesMax {
		r.fault(1, "", "the file is longer than %d bytes", PolicyBytesMax)
		return r, nil
	}
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(file))
	if err := d.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		r.notYAML(file, err)
		return r, nil
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		r.fault(1, "", "the file is empty or no list of `key: value` lines")
		return r, nil
	}
	switch err := d.Decode(&more); {
	case err == nil:
		r.fault(more.Line, "", "a second document begins here; write one file for each")
	case !errors.Is(err, io.EOF):
		r.notYAML(file, err)
		return r, nil
	}
	return r, doc.Content[0]
}

// notYAML takes the line out of the library's words: "yaml: line 7: …". What its
// parser says ("did not find expected …") counts lines from 0, a tab may be told
// one line early, and of an anchor that is not there it tells no line.
func (r *fileReader) notYAML(file []byte, err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if digits, words, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(digits); err == nil {
				line, text = n, words
			}
		}
		if strings.HasPrefix(text, "did not find expected") {
			line++
		}
	} else if rest, ok := strings.CutPrefix(text, "unknown anchor '"); ok {
		name, _, _ := strings.Cut(rest, "'")
		before, _, _ := bytes.Cut(file, []byte("*"+name))
		line = 1 + bytes.Count(before, []byte("\n"))
	}
	if strings.Contains(text, "tab character") {
		for i, l := range strings.Split(string(file), "\n") {
			if i+1 >= line && strings.Contains(l[:len(l)-len(strings.TrimLeft(l, " \t"))], "\t") {
				line = i + 1
				break
			}
		}
	}
	r.fault(max(1, line), "", "this is not YAML: %s", text)
}

// fault notes what is wrong at a line, about the value at a path.
func (r *fileReader) fault(line int, path, format string, args ...any) {
	r.bad[path] = true
	r.faults = append(r.faults, Fault{Line: line, Text: fmt.Sprintf(format, args...)})
}

// at is a fault about the value at a path, at the line of the value or of what
// it would stand in.
func (r *fileReader) at(path, format string, args ...any) {
	r.fault(lineOf(r.lines, path), path, format, args...)
}

// lineOf is where the value at a path stands, or the nearest above it.
func lineOf(lines map[string]int, path string) int {
	for {
		if line := lines[path]; line != 0 || path == "" {
			return max(1, line)
		}
		path = path[:max(0, lastDot(path))]
	}
}

// sound says whether nothing at, below or above a path has a fault, so that it
// can be judged as a whole.
func (r *fileReader) sound(path string) bool {
	for bad := range r.bad {
		if bad == "" || under(bad, path) || under(path, bad) {
			return false
		}
	}
	return true
}

// under says whether a path is another one or lies below it.
func under(path, above string) bool {
	return strings.HasPrefix(path, above) && (len(path) == len(above) || path[len(above)] == '.')
}

// sorted are the faults in the order of the file.
func (r *fileReader) sorted() []Fault {
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return a.Line - b.Line })
	return r.faults
}
