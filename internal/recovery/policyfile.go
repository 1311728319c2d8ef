package recovery

import (
	"fmt"
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
// policy is not to be used. The file is YAML 1.2 without anchors; every key must
// be known, every value of the policy must be there, and no value may be over
// its ceiling.
func ParsePolicy(file []byte) (Policy, []Fault) {
	var p Policy
	r, root := openFile(file)
	if root == nil {
		return p, r.faults
	}
	r.read(root, reflect.ValueOf(&p).Elem(), "")
	p.sources = r.sources
	if len(r.faults) == 0 {
		r.check(p)
	}
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return a.Line - b.Line })
	return p, r.faults
}

// fileReader walks a YAML tree beside a Go value.
type fileReader struct {
	faults  []Fault
	sources map[string]string
	lines   map[string]int
}

func openFile(file []byte) (*fileReader, *yaml.Node) {
	r := &fileReader{sources: map[string]string{}, lines: map[string]int{}}
	if len(file) > PolicyBytesMax {
		r.fault(1, "the file is longer than %d bytes", PolicyBytesMax)
		return r, nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(file, &doc); err != nil {
		r.notYAML(err)
		return r, nil
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		r.fault(1, "the file is empty or no list of `key: value` lines")
		return r, nil
	}
	return r, doc.Content[0]
}

// notYAML takes the line out of the library's words: "yaml: line 7: …".
func (r *fileReader) notYAML(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if digits, words, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(digits); err == nil {
				line, text = n, words
			}
		}
	}
	r.fault(line, "this is not YAML: %s", text)
}

func (r *fileReader) fault(line int, format string, args ...any) {
	r.faults = append(r.faults, Fault{Line: line, Text: fmt.Sprintf(format, args...)})
}

// at is a fault about the value at a path.
func (r *fileReader) at(path, format string, args ...any) {
	line := r.lines[path]
	for line == 0 && path != "" {
		path = path[:max(0, lastDot(path))]
		line = r.lines[path]
	}
	r.fault(max(1, line), format, args...)
}

// join makes the path of a value from its keys.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// known lists the words of every enumerated type of a policy.
var known = map[reflect.Type][]string{
	reflect.TypeFor[Level]():      words(Levels),
	reflect.TypeFor[Quorum]():     words(Quorums),
	reflect.TypeFor[Artefact]():   words(Artefacts),
	reflect.TypeFor[Place]():      words(Places),
	reflect.TypeFor[Audience]():   words(Audiences),
	reflect.TypeFor[Demand]():     words(Demands),
	reflect.TypeFor[EventID]():    words(Events),
	reflect.TypeFor[Population](): words(Populations),
	reflect.TypeFor[Method]():     words(Methods),
	reflect.TypeFor[Relation]():   words(Relations),
}

func words[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return out
}

func (r *fileReader) read(n *yaml.Node, v reflect.Value, path string) {
	r.lines[path] = n.Line
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		r.fault(n.Line, "anchors and aliases are not used here; write the value out")
		return
	}
	switch v.Type() {
	case reflect.TypeFor[Duration]():
		r.duration(n, v, path)
		return
	case reflect.TypeFor[Cell]():
		r.cell(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		r.record(n, v, path)
	case reflect.Map:
		r.table(n, v, path)
	case reflect.Slice:
		r.list(n, v, path)
	default:
		r.scalar(n, v, path)
	}
}

// pairs walks a mapping and keeps its `source`; a key that stands twice is a fault.
func (r *fileReader) pairs(n *yaml.Node, path string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, "%s must be a list of `key: value` lines", or(path, "the file"))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case seen[key.Value]:
			r.fault(key.Line, "%s stands twice", join(path, key.Value))
		case key.Value == "source":
			r.sources[path] = strings.TrimSpace(value.Value)
		default:
			each(key, value)
		}
		seen[key.Value] = true
	}
}

func (r *fileReader) record(n *yaml.Node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	seen := map[string]bool{}
	r.pairs(n, path, func(key, value *yaml.Node) {
		f, ok := fields[key.Value]
		if !ok {
			r.fault(key.Line, "unknown key %s; here stand %s", join(path, key.Value), list(keysOf(v.Type())))
			return
		}
		seen[key.Value] = true
		r.read(value, v.FieldByIndex(f.Index), join(path, key.Value))
		r.ceiling(f, v.FieldByIndex(f.Index), join(path, key.Value))
	})
	for _, key := range keysOf(v.Type()) {
		if !seen[key] && fields[key].Tag.Get("optional") == "" {
			r.fault(n.Line, "%s is missing", join(path, key))
		}
	}
}

// fieldsOf are the fields of a struct by the key that names them in a file.
func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	for _, key := range reflect.VisibleFields(t) {
		if tag := key.Tag.Get("policy"); tag != "" && tag != "-" {
			out[tag] = key
		}
	}
	return out
}

func keysOf(t reflect.Type) []string {
	var out []string
	for _, f := range reflect.VisibleFields(t) {
		if tag := f.Tag.Get("policy"); tag != "" && tag != "-" {
			out = append(out, tag)
		}
	}
	return out
}

// table reads a map whose keys are all of an enumerated type's words: none may
// be missing, none unknown.
func (r *fileReader) table(n *yaml.Node, v reflect.Value, path string) {
	all := known[v.Type().Key()]
	v.Set(reflect.MakeMap(v.Type()))
	seen := map[string]bool{}
	r.pairs(n, path, func(key, value *yaml.Node) {
		if !slices.Contains(all, key.Value) {
			r.fault(key.Line, "unknown key %s; here stand %s", join(path, key.Value), list(all))
			return
		}
		seen[key.Value] = true
		row := reflect.New(v.Type().Elem()).Elem()
		r.read(value, row, join(path, key.Value))
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), row)
	})
	for _, key := range all {
		if !seen[key] {
			r.fault(n.Line, "the row %s is missing", join(path, key))
		}
	}
}

// cell reads the ways of a row in their order, or where to go instead.
func (r *fileReader) cell(n *yaml.Node, v reflect.Value, path string) {
	var c Cell
	r.pairs(n, path, func(key, value *yaml.Node) {
		if key.Value == "instead" {
			c.Instead = strings.TrimSpace(value.Value)
			return
		}
		w := Way{ID: key.Value}
		r.read(value, reflect.ValueOf(&w).Elem(), join(path, key.Value))
		c.Ways = append(c.Ways, w)
	})
	if len(c.Ways) == 0 && c.Instead == "" {
		r.fault(n.Line, "%s offers no way, so it must say where to go `instead`", path)
	}
	v.Set(reflect.ValueOf(c))
}

func (r *fileReader) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n.Line, "%s must be a list like [one, two]", path)
		return
	}
	for _, item := range n.Content {
		e := reflect.New(v.Type().Elem()).Elem()
		r.read(item, e, path)
		v.Set(reflect.Append(v, e))
	}
	r.lines[path] = n.Line
}

func (r *fileReader) duration(n *yaml.Node, v reflect.Value, path string) {
	d, err := ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.fault(n.Line, "%s: %v", path, orErr(err, "a length of time is one value like 10m"))
		return
	}
	v.Set(reflect.ValueOf(d))
}

func (r *fileReader) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		r.fault(n.Line, "%s must be one value", path)
		return
	}
	text := strings.TrimSpace(n.Value)
	switch v.Kind() {
	case reflect.Bool:
		if text != "yes" && text != "no" {
			r.fault(n.Line, "%s is yes or no", path)
			return
		}
		v.SetBool(text == "yes")
	case reflect.Int64:
		i, err := strconv.ParseInt(text, 10, 32)
		if err != nil || i < 0 {
			r.fault(n.Line, "%s must be a whole number", path)
			return
		}
		v.SetInt(i)
	default:
		if all, ok := known[v.Type()]; ok && !slices.Contains(all, text) {
			r.fault(n.Line, "%s: there is no %q; use %s", path, text, list(all))
			return
		}
		if text == "" && v.Type() == reflect.TypeFor[string]() && strings.HasSuffix(path, "policy") {
			r.fault(n.Line, "%s is empty", path)
		}
		v.SetString(text)
	}
}

func (r *fileReader) ceiling(f reflect.StructField, v reflect.Value, path string) {
	c, ok := ceilings[f.Tag.Get("ceiling")]
	if !ok {
		return
	}
	switch value := v.Interface().(type) {
	case Duration:
		if value.span() > c.Most.span() {
			r.at(path, "%s is %s; nobody can set more than %s (%s)", path, value, c.Most, c.Source)
		}
	case int64:
		if value > c.Count {
			r.at(path, "%s is %d; nobody can set more than %d (%s)", path, value, c.Count, c.Source)
		}
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func orErr(err error, text string) string {
	if err != nil {
		return err.Error()
	}
	return text
}

// list writes words for a sentence: "a, b and c".
func list(all []string) string {
	switch len(all) {
	case 0:
		return "nothing"
	case 1:
		return all[0]
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}
