package recovery

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// EditPolicy changes one value of a policy file, by its path, and leaves every
// other line as it is, comments too. A value that the file does not have, because
// it is built on a base, is added, and a source with it where none stands above.
// The faults are those of the file as it would be.
func EditPolicy(file []byte, path, value string) ([]byte, []Fault) {
	text, err := asValue(path, value)
	if err != nil {
		return file, []Fault{{1, err.Error()}}
	}
	out, fault := setIn(file, path, text)
	if fault != nil {
		return file, []Fault{*fault}
	}
	_, faults := ParsePolicy(out)
	if slices.ContainsFunc(faults, func(f Fault) bool { return strings.Contains(f.Text, "names no `source`") }) && baseLine(out) > 0 {
		if out, fault = setIn(out, "source", "ours"); fault == nil {
			_, faults = ParsePolicy(out)
		}
	}
	return out, faults
}

// baseLine is the line of a file's `base`, 0 for none.
func baseLine(file []byte) int {
	_, root := openFile(file)
	if root == nil {
		return 0
	}
	if i := keyOf(root, "base"); i >= 0 {
		return root.Content[i].Line
	}
	return 0
}

// setIn puts a value, written as YAML, at a path.
func setIn(file []byte, path, value string) ([]byte, *Fault) {
	r, root := openFile(file)
	if root == nil {
		return nil, &r.faults[0]
	}
	t := lines(strings.Split(strings.TrimRight(string(file), "\n"), "\n"))
	at, keys := root, keysIn(path)
	for {
		i := keyOf(at, keys[0])
		switch {
		case i < 0:
			return t.insert(at, keys, value), nil
		case len(keys) == 1:
			return t.replace(at.Content[i], at.Content[i+1], value)
		case at.Content[i+1].Kind != yaml.MappingNode:
			return nil, &Fault{at.Content[i+1].Line, "a list of `key: value` lines was expected here"}
		}
		at, keys = at.Content[i+1], keys[1:]
	}
}

// lines are a file's.
type lines []string

func (t lines) bytes() []byte {
	return append(bytes.TrimRight([]byte(strings.Join(t, "\n")), "\n"), '\n')
}

// replace puts a value in the place of a node.
func (t lines) replace(key, n *yaml.Node, value string) ([]byte, *Fault) {
	if n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle == 0 && n.Line > key.Line {
		last := t.last(n)
		head := strings.TrimRight(t[key.Line-1], " ") + " " + value
		return append(slices.Clone(t[:key.Line-1]), append(lines{head}, t[last:]...)...).bytes(), nil
	}
	from, to, toLine, ok := t.extent(n)
	if !ok {
		return nil, &Fault{n.Line, "this value goes over several lines in a way that cannot be changed here; change the file"}
	}
	head, tail := t[n.Line-1][:from], t[toLine][to:]
	return append(slices.Clone(t[:n.Line-1]), append(lines{head + value + tail}, t[toLine+1:]...)...).bytes(), nil
}

// extent is where a value ends that begins at its node: byte offsets in the first
// and in the last line, and the index of that line.
func (t lines) extent(n *yaml.Node) (from, to, line int, ok bool) {
	line = n.Line - 1
	from = len(string([]rune(t[line])[:n.Column-1]))
	rest := t[line][from:]
	switch {
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0, n.Kind == yaml.SequenceNode && strings.HasPrefix(rest, "["):
		to, line = t.closing(line, from)
		return from, to, line, line >= 0
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && strings.HasPrefix(rest, n.Value):
		return from, from + len(n.Value), line, true
	}
	return 0, 0, 0, false
}

// closing finds the end of what a quote or a bracket opens; line -1 for none.
func (t lines) closing(line, from int) (to, end int) {
	var quote byte
	depth := 0
	for ; line < len(t); line, from = line+1, 0 {
		for i := from; i < len(t[line]); i++ {
			c := t[line][i]
			switch {
			case quote == '"' && c == '\\':
				i++
			case quote == '\'' && c == quote && strings.HasPrefix(t[line][i+1:], "'"):
				i++
			case quote != 0 && c == quote:
				quote = 0
			case quote != 0:
			case c == '"' || c == '\'':
				quote = c
			case c == '[' || c == '{':
				depth++
			case c == ']' || c == '}':
				depth--
			}
			if quote == 0 && depth == 0 {
				return i + 1, line
			}
		}
	}
	return 0, -1
}

// last is the number of the last line of a node.
func (t lines) last(n *yaml.Node) int {
	line := n.Line
	if len(n.Content) == 0 {
		if _, _, end, ok := t.extent(n); ok {
			line = end + 1
		}
	}
	for _, c := range n.Content {
		line = max(line, t.last(c))
	}
	return line
}

// insert adds a value that a mapping does not have: at its end, or for the file
// itself after its head.
func (t lines) insert(n *yaml.Node, keys []string, value string) []byte {
	if from := len(string([]rune(t[n.Line-1])[:n.Column-1])); strings.HasPrefix(t[n.Line-1][from:], "{") {
		to, line := t.closing(n.Line-1, from)
		sep := ", "
		if len(n.Content) == 0 {
			sep = ""
		}
		t = slices.Clone(t)
		t[line] = t[line][:to-1] + sep + flow(keys, value) + t[line][to-1:]
		return t.bytes()
	}
	at := t.last(n)
	if i := keyOf(n, "base"); keys[0] == "source" && i >= 0 {
		at = n.Content[i].Line
	}
	return slices.Insert(slices.Clone(t), at, block(keys, value, n.Column-1)...).bytes()
}

// keysIn are the keys of a path; what a deviation is about is one key.
func keysIn(path string) []string {
	if rest, ok := strings.CutPrefix(path, "deviations."); ok {
		if i := lastDot(rest); i >= 0 {
			return []string{"deviations", rest[:i], rest[i+1:]}
		}
	}
	return strings.Split(path, ".")
}

func block(keys []string, value string, indent int) []string {
	var out []string
	for i, key := range keys {
		line := strings.Repeat(" ", indent+2*i) + key + ":"
		if i == len(keys)-1 {
			line += " " + value
		}
		out = append(out, line)
	}
	return out
}

func flow(keys []string, value string) string {
	return strings.Join(keys, ": {") + ": " + value + strings.Repeat("}", len(keys)-1)
}
