package recovery

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// off is what an overlay writes where it does not offer a way.
const off = "off"

// withBase lays a file that names a `base` over that shipped policy: what the
// file has counts, all else comes from the base. A mapping is laid key by key, a
// list or a single value as a whole; a way that is `off` is gone. A row that says
// `instead` has no ways. nil when there is no such base.
func (r *fileReader) withBase(root *yaml.Node) *yaml.Node {
	i := keyOf(root, "base")
	if i < 0 {
		return root
	}
	name := root.Content[i+1]
	file, ok := PresetFile(name.Value)
	if !ok || name.Kind != yaml.ScalarNode {
		r.fault(name.Line, "", "there is no shipped policy %q to build on; use %s", name.Value, list(Presets))
		return nil
	}
	below, under := openFile(file)
	if under = below.withBase(under); len(below.faults) > 0 {
		r.fault(name.Line, "", "the shipped policy %s does not read", name.Value)
		return nil
	}
	maps.Copy(r.sources, below.sources)
	moveTo(under, name.Line)
	r.lay(under, root, "", "")
	return under
}

// keyOf finds a key of a mapping: its place in Content, -1 for none.
func keyOf(n *yaml.Node, key string) int {
	if n.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// moveTo gives a tree that comes from elsewhere the line that asked for it.
func moveTo(n *yaml.Node, line int) {
	n.Line = line
	for _, c := range n.Content {
		moveTo(c, line)
	}
}

// lay puts the values of over into base, both mappings. source is the nearest
// one in the overlay: what it changes needs one, the base's speaks for the base.
func (r *fileReader) lay(base, over *yaml.Node, path, source string) {
	base.Line = over.Line
	if i := keyOf(over, "source"); i >= 0 {
		source = over.Content[i+1].Value
	}
	dropOther(base, over)
	seen := map[string]bool{}
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := over.Content[i], over.Content[i+1]
		here := join(path, key.Value)
		if seen[key.Value] {
			r.fault(key.Line, here, "%s stands twice", here)
		}
		seen[key.Value] = true
		at := keyOf(base, key.Value)
		switch {
		case key.Value == "source" && at >= 0:
		case value.Value == off && at >= 0 && isWay(base.Content[at+1]):
			base.Content = slices.Delete(base.Content, at, at+2)
		case at < 0:
			base.Content = append(base.Content, key, value)
			r.sourced(key, value, here, source)
		case base.Content[at+1].Kind == yaml.MappingNode && value.Kind == yaml.MappingNode && value.Anchor == "":
			base.Content[at].Line = key.Line
			r.lay(base.Content[at+1], value, here, source)
		default:
			base.Content[at], base.Content[at+1] = key, value
			r.sourced(key, value, here, source)
		}
	}
}

// dropOther: a row either has ways or says where to go instead.
func dropOther(base, over *yaml.Node) {
	instead := keyOf(over, "instead") >= 0
	ways := slices.ContainsFunc(over.Content, isWay)
	for i := 0; i+1 < len(base.Content); {
		if instead && isWay(base.Content[i+1]) || ways && base.Content[i].Value == "instead" {
			base.Content = slices.Delete(base.Content, i, i+2)
			continue
		}
		i += 2
	}
}

func isWay(n *yaml.Node) bool { return keyOf(n, "artefact") >= 0 }

// sourced wants a source for a value that the overlay brings.
func (r *fileReader) sourced(key, value *yaml.Node, path, source string) {
	if plain(path) || under(path, "deviations") || key.Value == "source" || keyOf(value, "source") >= 0 {
		return
	}
	if source == "" {
		r.fault(key.Line, path, "%s names no `source`; write \"ours\" where it is your own judgement", path)
	}
	r.sources[path] = source
}
