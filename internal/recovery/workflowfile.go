package recovery

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Workflows are the workflows in force, by id.
type Workflows map[string]Workflow

// ParseWorkflows reads a file of workflows, whole or not at all. policy is what
// they serve: each must reach the level it names in every way its steps can be
// passed.
func ParseWorkflows(file []byte, policy Policy) (Workflows, []Fault) {
	all, r := readWorkflows(file)
	if len(r.faults) == 0 {
		for _, w := range all {
			r.workflow(w, all, policy)
		}
	}
	slices.SortFunc(r.faults, func(a, b Fault) int { return a.Line - b.Line })
	return all, r.faults
}

func readWorkflows(file []byte) (Workflows, *fileReader) {
	r, root := openFile(file)
	all := Workflows{}
	if root == nil {
		return all, r
	}
	r.pairs(root, "", func(key, value *yaml.Node) {
		w := Workflow{ID: key.Value}
		r.read(value, reflect.ValueOf(&w).Elem(), key.Value)
		w.Version = fmt.Sprintf("%s-%d", w.ID, w.Number)
		all[w.ID] = w
	})
	return all, r
}

// ParseWorkflow reads a file that holds one workflow and was checked when it was
// published: its form only.
func ParseWorkflow(file []byte) (Workflow, []Fault) {
	all, r := readWorkflows(file)
	for _, w := range all {
		return w, r.faults
	}
	r.fault(1, "the file holds no workflow")
	return Workflow{}, r.faults
}

// workflow refuses one that nobody could finish, that proves less than it says,
// or that leads back to itself.
func (r *fileReader) workflow(w Workflow, all Workflows, p Policy) {
	seen := map[StepID]bool{}
	for i, s := range w.Steps {
		path := fmt.Sprintf("%s.steps", w.ID)
		switch {
		case s.ID == "" || seen[s.ID]:
			r.at(path, "%s: step %d needs an id of its own", w.ID, i+1)
		case len(s.Methods) == 0:
			r.at(path, "%s: nobody can do step %q: it names no method", w.ID, s.ID)
		case slices.Equal(s.Methods, []Method{BySMSCode}):
			r.at(path, "%s: step %q needs a way beside the text message, which is restricted (SP 800-63B-4 §3.2.9)", w.ID, s.ID)
		}
		seen[s.ID] = true
	}
	if len(w.Steps) == 0 {
		r.at(w.ID, "%s has no steps", w.ID)
	}
	if weak := w.weakest(p); weak != nil && len(w.Steps) > 0 {
		r.at(w.ID, "%s does not reach %s when its steps are passed by %s", w.ID, w.Level, list(words(weak)))
	}
	if w.circle(all) {
		r.at(w.ID+".otherwise", "%s: `otherwise` leads back to it in a circle", w.ID)
	}
	if _, ok := all[w.Otherwise]; w.Otherwise != "" && !ok {
		r.at(w.ID+".otherwise", "%s: there is no workflow %q", w.ID, w.Otherwise)
	}
	if other, ok := all[w.Otherwise]; ok && w.Level.Above(other.Level) {
		r.at(w.ID+".otherwise", "%s: %q is worth less (%s)", w.ID, w.Otherwise, other.Level)
	}
}

// weakest finds methods, one a step and from different groups, that do not reach
// the workflow's level; nil when there are none.
func (w Workflow) weakest(p Policy) []Method {
	found := false
	var walk func(i int, by []Method) []Method
	walk = func(i int, by []Method) []Method {
		if i == len(w.Steps) {
			found = true
			if p.Reaches(w.Level, by) {
				return nil
			}
			return slices.Clone(by)
		}
		for _, m := range w.Steps[i].Methods {
			if slices.ContainsFunc(by, func(b Method) bool { return b.Group() == m.Group() }) {
				continue // MayProve refuses a second proof of one group
			}
			if weak := walk(i+1, append(slices.Clone(by), m)); weak != nil {
				return weak
			}
		}
		return nil
	}
	weak := walk(0, nil)
	if weak == nil && !found {
		return firstMethods(w)
	}
	return weak
}

func firstMethods(w Workflow) []Method {
	var out []Method
	for _, s := range w.Steps {
		if len(s.Methods) > 0 {
			out = append(out, s.Methods[0])
		}
	}
	return out
}

func (w Workflow) circle(all Workflows) bool {
	at, ok := w, true
	for range len(all) + 1 {
		if at.Otherwise == "" {
			return false
		}
		if at, ok = all[at.Otherwise]; !ok {
			return false
		}
	}
	return true
}

// CheckHouse refuses a policy whose rows name workflows that do not exist or do
// not reach the row's level.
func CheckHouse(p Policy, all Workflows) []string {
	var out []string
	for _, e := range Events {
		for _, row := range Populations {
			for _, w := range p.Rows[e][row].Ways {
				if w.Place == AtMe && w.Workflow == "" {
					continue
				}
				flow, ok := all[w.Workflow]
				path := wayPath(e, row, w.ID)
				switch {
				case !ok:
					out = append(out, fmt.Sprintf("%s: there is no workflow %q", path, w.Workflow))
				case w.Proof.Above(flow.Level):
					out = append(out, fmt.Sprintf("%s asks for %s, its workflow %s reaches %s only", path, w.Proof, w.Workflow, flow.Level))
				case w.Asks(NeedSponsor) && !flow.Uses(ByVoucher):
					out = append(out, fmt.Sprintf("%s asks for the sponsor's word, its workflow %s has no voucher", path, w.Workflow))
				}
			}
		}
	}
	return out
}

// Uses says whether a step of the workflow can be passed by a method.
func (w Workflow) Uses(m Method) bool {
	return slices.ContainsFunc(w.Steps, func(s Step) bool { return slices.Contains(s.Methods, m) })
}

// ID of a version: "desk-p2-3" is version 3 of "desk-p2".
func workflowID(version string) string {
	if i := strings.LastIndexByte(version, '-'); i > 0 {
		return version[:i]
	}
	return version
}
