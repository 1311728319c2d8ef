package recovery

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// File writes the whole policy as a file of its own, every value with its
// source, whatever it was built on: what is published and handed out does not
// change its meaning when a later version ships another base.
func (p Policy) File() []byte {
	w := fileWriter{sources: p.sources}
	p.Base = ""
	w.fields(reflect.ValueOf(p), "", 0)
	return w.Bytes()
}

type fileWriter struct {
	bytes.Buffer
	sources map[string]string
}

func (w *fileWriter) line(depth int, key, value string) {
	w.WriteString(strings.TrimRight(strings.Repeat("  ", depth)+key+": "+value, " ") + "\n")
}

func (w *fileWriter) fields(v reflect.Value, path string, depth int) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		key, value := f.Tag.Get("policy"), v.FieldByIndex(f.Index)
		if key == "" || key == "-" || f.Tag.Get("optional") != "" && (value.IsZero() || value.Kind() == reflect.Map && value.Len() == 0) {
			continue
		}
		w.value(key, value, join(path, key), depth)
	}
}

func (w *fileWriter) value(key string, v reflect.Value, path string, depth int) {
	switch x := v.Interface().(type) {
	case Duration:
		w.line(depth, key, x.String())
		return
	case Cell:
		w.line(depth, key, "")
		w.source(path, depth+1)
		if x.Instead != "" {
			w.line(depth+1, "instead", strconv.Quote(x.Instead))
		}
		for _, way := range x.Ways {
			w.value(way.ID, reflect.ValueOf(way), join(path, way.ID), depth+1)
		}
		return
	case map[string]Deviation:
		w.line(depth, key, "")
		for _, of := range sortedKeys(x) {
			w.value(of, reflect.ValueOf(x[of]), join(path, of), depth+1)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		w.line(depth, key, "")
		w.source(path, depth+1)
		w.fields(v, path, depth+1)
	case reflect.Map:
		w.line(depth, key, "")
		w.source(path, depth+1)
		for _, of := range known[v.Type().Key()] {
			if row := v.MapIndex(reflect.ValueOf(of).Convert(v.Type().Key())); row.IsValid() {
				w.value(of, row, join(path, of), depth+1)
			}
		}
	default:
		w.line(depth, key, inFile(v))
	}
}

// source writes where a section comes from; a single value that an overlay
// changed is named with its own source.
func (w *fileWriter) source(path string, depth int) {
	var parts []string
	if s := w.sources[path]; s != "" {
		parts = append(parts, s)
	}
	for _, at := range sortedKeys(w.sources) {
		rest, ok := strings.CutPrefix(at, path+".")
		if ok && !strings.Contains(rest, ".") && w.leaf(at) {
			parts = append(parts, rest+" "+w.sources[at])
		}
	}
	if text := strings.Join(slices.Compact(parts), "; "); text != "" {
		w.line(depth, "source", strconv.Quote(text))
	}
}

// leaf says whether a path of the policy names a single value.
func (w *fileWriter) leaf(path string) bool {
	t, ok := typeAt(path)
	return ok && (t == reflect.TypeFor[Duration]() || t.Kind() != reflect.Struct && t.Kind() != reflect.Map)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// bare are values that need no quotes in a file.
var bare = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+ -]*$`)

// inFile is a value as a file has it, quoted where it must be.
func inFile(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = inFile(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	text := write(v)
	if v.Kind() != reflect.String || bare.MatchString(text) {
		return text
	}
	return strconv.Quote(text)
}

// typeAt is the type of the value at a path of a policy; ok is false where a
// policy has none. A way may have any name.
func typeAt(path string) (t reflect.Type, ok bool) {
	t = typeOfPolicy
	for path != "" {
		key, rest, _ := strings.Cut(path, ".")
		switch {
		case t == reflect.TypeFor[map[string]Deviation]():
			i := strings.LastIndexByte(path, '.')
			if i < 0 {
				return reflect.TypeFor[Deviation](), true
			}
			t, path = reflect.TypeFor[Deviation](), path[i+1:]
			continue
		case t == reflect.TypeFor[Cell]() && key == "instead":
			return reflect.TypeFor[string](), rest == ""
		case t == reflect.TypeFor[Cell]():
			t = reflect.TypeFor[Way]()
		case t == reflect.TypeFor[Duration]():
			return nil, false
		case t.Kind() == reflect.Map && slices.Contains(known[t.Key()], key):
			t = t.Elem()
		case t.Kind() == reflect.Struct:
			f, found := fieldsOf(t)[key]
			if !found {
				return nil, false
			}
			t = f.Type
		default:
			return nil, false
		}
		path = rest
	}
	return t, true
}

// asValue reads what an editor typed for a path: the value as a file has it.
func asValue(path, typed string) (string, error) {
	t, ok := typeAt(path)
	if !ok || t.Kind() == reflect.Map || t.Kind() == reflect.Struct && t != reflect.TypeFor[Duration]() {
		return "", fmt.Errorf("the policy has no value %s", path)
	}
	v := reflect.New(t).Elem()
	switch {
	case t.Kind() == reflect.Slice:
		for _, item := range strings.Split(strings.Trim(typed, "[] "), ",") {
			if item = strings.TrimSpace(item); item != "" {
				v.Set(reflect.Append(v, reflect.ValueOf(item).Convert(t.Elem())))
			}
		}
		return inFile(v), nil
	case t.Kind() == reflect.String:
		v.SetString(strings.TrimSpace(typed))
		return inFile(v), nil
	}
	if typed = strings.TrimSpace(typed); !bare.MatchString(typed) {
		return strconv.Quote(typed), nil // the parser says what is wrong with it
	}
	return typed, nil
}
