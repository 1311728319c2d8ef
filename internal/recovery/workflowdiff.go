package recovery

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// WriteWorkflow writes one workflow as ParseWorkflow reads it.
func WriteWorkflow(w Workflow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n  version: %d\n  name: %s\n  level: %s\n", w.ID, w.Number, strconv.Quote(w.Name), w.Level)
	for _, x := range [][2]string{{"raised", w.Raised}, {"otherwise", w.Otherwise}} {
		if x[1] != "" {
			fmt.Fprintf(&b, "  %s: %s\n", x[0], x[1])
		}
	}
	b.WriteString("  steps:\n")
	for _, s := range w.Steps {
		fmt.Fprintf(&b, "    - {id: %s, title: %s, methods: [%s]}\n", s.ID, strconv.Quote(s.Title), strings.Join(words(s.Methods), ", "))
	}
	return b.String()
}

// WorkflowLines is the diff of two versions of a workflow, and whether the later
// one asks for less: a step or a demand is gone, a step can be passed in a
// further way, the level is lower.
func WorkflowLines(before, after Workflow) (lines []string, loosens bool) {
	add := func(loose bool, format string, args ...any) {
		word := " (tightens)"
		if loose {
			word = " (loosens)"
		}
		lines, loosens = append(lines, fmt.Sprintf(format, args...)+word), loosens || loose
	}
	for _, f := range [][3]string{{"name", before.Name, after.Name}, {"raised", before.Raised, after.Raised}, {"otherwise", before.Otherwise, after.Otherwise}} {
		if f[1] != f[2] {
			add(true, "%s: %s -> %s", f[0], orNone(f[1]), orNone(f[2]))
		}
	}
	if before.Level != after.Level {
		add(before.Level.Above(after.Level), "level: %s -> %s", orNone(string(before.Level)), after.Level)
	}
	for _, s := range before.Steps {
		if !slices.ContainsFunc(after.Steps, func(n Step) bool { return n.ID == s.ID }) {
			add(true, "- step %s: %s by %s", s.ID, s.Title, list(words(s.Methods)))
		}
	}
	for _, s := range after.Steps {
		i := slices.IndexFunc(before.Steps, func(o Step) bool { return o.ID == s.ID })
		if i < 0 {
			add(len(before.Steps) == 0, "+ step %s: %s by %s", s.ID, s.Title, list(words(s.Methods)))
			continue
		}
		if o := before.Steps[i]; o.Title != s.Title || !slices.Equal(o.Methods, s.Methods) {
			further := slices.ContainsFunc(s.Methods, func(m Method) bool { return !slices.Contains(o.Methods, m) })
			add(further || o.Title != s.Title, "  step %s: %s by %s -> %s by %s", s.ID, o.Title, list(words(o.Methods)), s.Title, list(words(s.Methods)))
		}
	}
	if order := func(w Workflow) (out []StepID) {
		for _, s := range w.Steps {
			out = append(out, s.ID)
		}
		return out
	}; len(lines) == 0 && !slices.Equal(order(before), order(after)) {
		add(true, "the order of the steps: %v -> %v", order(before), order(after))
	}
	return lines, loosens
}

var versionLine = regexp.MustCompile(`(?m)^policy:.*$`)

// NextVersion writes the version that follows into a policy file:
// "standard-2" becomes "standard-3", "ours" becomes "ours-2".
func NextVersion(file, version string) string {
	stem, n := version, 1
	if i := strings.LastIndexByte(version, '-'); i > 0 {
		if k, err := strconv.Atoi(version[i+1:]); err == nil {
			stem, n = version[:i], k
		}
	}
	return versionLine.ReplaceAllString(file, fmt.Sprintf("policy: %s-%d", stem, n+1))
}
