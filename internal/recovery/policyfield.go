package recovery

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

var typeOfPolicy = reflect.TypeFor[Policy]()

// Field is one value of a policy by its path in the file, for diffs, forms and
// deviation records.
type Field struct {
	Path, Value string
	Strict      string // which way is stricter: more, less, yes, no, named; "" when neither is
	Ceiling     Ceiling
	Capped      bool
	Words       []string // what may stand here; nil for free values
	value       reflect.Value
}

// Fields lists every value of a policy in the order of its file.
func (p Policy) Fields() []Field {
	var out []Field
	collect(reflect.ValueOf(p), "", reflect.StructField{}, &out)
	return out
}

func collect(v reflect.Value, path string, tag reflect.StructField, out *[]Field) {
	switch {
	case v.Type() == reflect.TypeFor[Cell]():
		c := v.Interface().(Cell)
		if c.Instead != "" {
			*out = append(*out, Field{Path: path + ".instead", Value: c.Instead, value: reflect.ValueOf(c.Instead)})
		}
		for _, w := range c.Ways {
			collect(reflect.ValueOf(w), path+"."+w.ID, reflect.StructField{}, out)
		}
	case v.Type() == reflect.TypeFor[map[string]Deviation]():
		all := v.Interface().(map[string]Deviation)
		for _, of := range slices.Sorted(maps.Keys(all)) {
			collect(reflect.ValueOf(all[of]), join(path, of), reflect.StructField{}, out)
		}
	case v.Type() == reflect.TypeFor[Duration](), v.Kind() != reflect.Struct && v.Kind() != reflect.Map:
		c, capped := ceilings[tag.Tag.Get("ceiling")]
		*out = append(*out, Field{Path: path, Value: write(v), Strict: tag.Tag.Get("strict"), Ceiling: c, Capped: capped, Words: wordsOf(v.Type()), value: v})
	case v.Kind() == reflect.Map:
		for _, key := range known[v.Type().Key()] {
			if row := v.MapIndex(reflect.ValueOf(key).Convert(v.Type().Key())); row.IsValid() {
				collect(row, join(path, key), reflect.StructField{}, out)
			}
		}
	default:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if key := f.Tag.Get("policy"); key != "" && key != "-" {
				collect(v.FieldByIndex(f.Index), join(path, key), f, out)
			}
		}
	}
}

func wordsOf(t reflect.Type) []string {
	if t.Kind() == reflect.Bool {
		return []string{"yes", "no"}
	}
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return known[t]
}

// write is a value as the file has it.
func write(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case Duration:
		return x.String()
	case bool:
		if x {
			return "yes"
		}
		return "no"
	case int64:
		return strconv.FormatInt(x, 10)
	}
	if v.Kind() != reflect.Slice {
		return v.String()
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = write(v.Index(i))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Difference is one value that two policies do not share. Loosens is set when
// the later one asks for less, or when nobody can say which asks for less.
type Difference struct {
	Path, Before, After string
	Loosens             bool
}

// String is the line that a second person signs.
func (d Difference) String() string {
	word := "tightens"
	if d.Loosens {
		word = "loosens"
	}
	return fmt.Sprintf("%s: %s -> %s (%s)", d.Path, orNone(d.Before), orNone(d.After), word)
}

func orNone(text string) string { return or(text, "none") }

// Differences lists what changes from one policy to the next, in file order. How
// a policy is called, and on which one it is built, is no difference.
func Differences(before, after Policy) []Difference {
	old, next := byPath(before), byPath(after)
	var out []Difference
	for _, f := range after.Fields() {
		was, ok := old[f.Path]
		if plain(f.Path) || ok && was.Value == f.Value || !ok && f.empty() {
			continue
		}
		loosens := !ok && !strings.HasSuffix(f.Path, ".instead") || ok && looser(was, f)
		out = append(out, Difference{Path: f.Path, Before: was.Value, After: f.Value, Loosens: loosens && !harder(f.Path, old, next)})
	}
	for _, f := range before.Fields() {
		if _, still := next[f.Path]; !still && !f.empty() {
			// A way that goes away asks for more; a pointer that goes away made room for one.
			out = append(out, Difference{Path: f.Path, Before: f.Value, Loosens: strings.HasSuffix(f.Path, ".instead")})
		}
	}
	return out
}

// empty says whether an optional field says nothing.
func (f Field) empty() bool { return f.Value == "" || f.Value == "[]" }

// harder says whether a path is the workflow of a way that asks for a higher
// level than before.
func harder(path string, old, next map[string]Field) bool {
	way, ok := strings.CutSuffix(path, ".workflow")
	return ok && Level(next[way+".proof"].Value).Above(Level(old[way+".proof"].Value))
}

func byPath(p Policy) map[string]Field {
	out := map[string]Field{}
	for _, f := range p.Fields() {
		out[f.Path] = f
	}
	return out
}

// looser says whether the later value asks for less. What has no order counts
// as looser: it waits like a loosening.
func looser(before, after Field) bool {
	switch after.Strict {
	case "yes":
		return after.Value == "no"
	case "no":
		return after.Value == "yes"
	case "more":
		return !covers(after.value, before.value)
	case "less":
		return !covers(before.value, after.value)
	case "named":
		return before.Value != ""
	}
	return !strings.HasSuffix(after.Path, ".instead")
}

// covers says whether a is at least b: longer, more, a higher level, or a list
// that has everything of the other.
func covers(a, b reflect.Value) bool {
	switch x := a.Interface().(type) {
	case Duration:
		return x.span() >= b.Interface().(Duration).span()
	case int64:
		return x >= b.Int()
	case Level, Quorum:
		all := known[a.Type()]
		return slices.Index(all, a.String()) >= slices.Index(all, b.String())
	}
	if a.Kind() != reflect.Slice {
		return false
	}
	have := map[any]bool{}
	for i := range a.Len() {
		have[a.Index(i).Interface()] = true
	}
	for i := range b.Len() {
		if !have[b.Index(i).Interface()] {
			return false
		}
	}
	return true
}

// Loosens says whether any of the differences asks for less (R4: 24 hours).
func Loosens(all []Difference) bool {
	return slices.ContainsFunc(all, func(d Difference) bool { return d.Loosens })
}
