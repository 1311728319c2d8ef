package recovery

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

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
		r.fault(n.Line, path, "anchors and aliases are not used here; write the value out")
		return
	}
	switch v.Type() {
	case reflect.TypeFor[Duration]():
		r.duration(n, v, path)
		return
	case reflect.TypeFor[Cell]():
		r.cell(n, v, path)
		return
	case reflect.TypeFor[map[string]Deviation]():
		r.records(n, v, path)
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

// pairs walks a mapping and keeps its `source`; a key that stands twice is a
// fault, and so is one that is no plain word.
func (r *fileReader) pairs(n *yaml.Node, path string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, path, "%s must be a list of `key: value` lines", or(path, "the file"))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if value.Kind != yaml.ScalarNode {
			value.Line = key.Line // people look for a section where its name stands
		}
		switch {
		case key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Value == "" || strings.ContainsFunc(key.Value, unicode.IsControl):
			r.fault(key.Line, path, "a key of %s is no plain word", or(path, "the file"))
		case seen[key.Value]:
			r.fault(key.Line, join(path, key.Value), "%s stands twice", join(path, key.Value))
		case key.Value == "source":
			r.source(value, path)
		default:
			each(key, value)
		}
		seen[key.Value] = true
	}
}

// source keeps where the values of a section come from.
func (r *fileReader) source(n *yaml.Node, path string) {
	text, ok := r.text(n, join(path, "source"))
	if ok && text == "" {
		r.fault(n.Line, join(path, "source"), "%s is empty; write \"ours\" where it is your own judgement", join(path, "source"))
	}
	r.sources[path] = text
}

func (r *fileReader) record(n *yaml.Node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	seen := map[string]bool{}
	r.pairs(n, path, func(key, value *yaml.Node) {
		f, ok := fields[key.Value]
		if !ok {
			r.fault(key.Line, join(path, key.Value), "unknown key %s; here stand %s", join(path, key.Value), list(keysOf(v.Type())))
			return
		}
		seen[key.Value] = true
		r.read(value, v.FieldByIndex(f.Index), join(path, key.Value))
		r.ceiling(f, v.FieldByIndex(f.Index), join(path, key.Value))
	})
	for _, key := range keysOf(v.Type()) {
		if !seen[key] && fields[key].Tag.Get("optional") == "" {
			r.fault(n.Line, join(path, key), "%s is missing", join(path, key))
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
			r.fault(key.Line, join(path, key.Value), "unknown key %s; here stand %s", join(path, key.Value), list(all))
			return
		}
		seen[key.Value] = true
		row := reflect.New(v.Type().Elem()).Elem()
		r.read(value, row, join(path, key.Value))
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), row)
	})
	for _, key := range all {
		if !seen[key] {
			r.fault(n.Line, join(path, key), "the row %s is missing", join(path, key))
		}
	}
}

// idForm is what ids in files look like: of ways, workflows, steps and versions.
var idForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// cell reads the ways of a row in their order, or where to go instead.
func (r *fileReader) cell(n *yaml.Node, v reflect.Value, path string) {
	var c Cell
	r.pairs(n, path, func(key, value *yaml.Node) {
		here := join(path, key.Value)
		if key.Value == "instead" {
			r.lines[here] = value.Line
			c.Instead, _ = r.text(value, here)
			return
		}
		if !idForm.MatchString(key.Value) {
			r.fault(key.Line, here, "%q is no name for a way; write small letters, digits and hyphens", key.Value)
			return
		}
		w := Way{ID: key.Value}
		r.read(value, reflect.ValueOf(&w).Elem(), here)
		c.Ways = append(c.Ways, w)
	})
	switch {
	case !r.sound(path):
	case len(c.Ways) == 0 && c.Instead == "":
		r.fault(n.Line, path, "%s offers no way, so it must say where to go `instead`", path)
	case len(c.Ways) > 0 && c.Instead != "":
		r.at(path+".instead", "%s offers ways, so nobody would read its `instead`", path)
	}
	v.Set(reflect.ValueOf(c))
}

// records reads a section whose keys are paths of values.
func (r *fileReader) records(n *yaml.Node, v reflect.Value, path string) {
	out := map[string]Deviation{}
	r.pairs(n, path, func(key, value *yaml.Node) {
		var d Deviation
		r.read(value, reflect.ValueOf(&d).Elem(), join(path, key.Value))
		out[key.Value] = d
	})
	v.Set(reflect.ValueOf(out))
}

func (r *fileReader) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n.Line, path, "%s must be a list like [one, two]", path)
		return
	}
	for i, item := range n.Content {
		e := reflect.New(v.Type().Elem()).Elem()
		r.read(item, e, path)
		if e.Comparable() && slices.ContainsFunc(n.Content[:i], func(o *yaml.Node) bool { return o.Value == item.Value }) {
			r.fault(item.Line, path, "%s lists %q twice", path, item.Value)
		}
		v.Set(reflect.Append(v, e))
	}
	r.lines[path] = n.Line
}

func (r *fileReader) duration(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		r.fault(n.Line, path, "%s: a length of time is one value, like 10m", path)
		return
	}
	d, err := ParseDuration(n.Value)
	if err != nil {
		r.fault(n.Line, path, "%s: %v", path, err)
	}
	v.Set(reflect.ValueOf(d))
}

// textMost bounds one value, in characters. Ours: it stands in statements.
const textMost = 400

// text reads one value of printable characters on one line; folded lines are one.
func (r *fileReader) text(n *yaml.Node, path string) (string, bool) {
	text := strings.Join(strings.Fields(n.Value), " ")
	switch {
	case n.Kind != yaml.ScalarNode || n.Anchor != "":
		r.fault(n.Line, path, "%s must be one value", path)
	case utf8.RuneCountInString(text) > textMost:
		r.fault(n.Line, path, "%s is longer than %d characters", path, textMost)
	case strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }):
		r.fault(n.Line, path, "%s has characters that cannot be seen", path)
	default:
		return text, true
	}
	return "", false
}

func (r *fileReader) scalar(n *yaml.Node, v reflect.Value, path string) {
	text, ok := r.text(n, path)
	if !ok {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		if text != "yes" && text != "no" {
			r.fault(n.Line, path, "%s is yes or no", path)
			return
		}
		v.SetBool(text == "yes")
	case reflect.Int64:
		i, err := strconv.ParseInt(text, 10, 32)
		if err != nil || i < 0 || text[0] == '+' {
			r.fault(n.Line, path, "%s must be a whole number", path)
			return
		}
		v.SetInt(i)
	default:
		if all, ok := known[v.Type()]; ok && !slices.Contains(all, text) {
			r.fault(n.Line, path, "%s: there is no %q; use %s", path, text, list(all))
			return
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
