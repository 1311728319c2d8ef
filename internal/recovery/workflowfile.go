package recovery

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Workflows are the workflows in force, by id.
type Workflows map[string]Workflow

// ParseWorkflows reads a file of workflows, whole or not at all. policy is what
// they serve: each must reach the level it names in every way its steps can be
// passed. All faults are listed, in the order of their lines.
func ParseWorkflows(file []byte, policy Policy) (Workflows, []Fault) {
	all, r := readWorkflows(file)
	for _, w := range all {
		if r.sound(w.ID) {
			r.workflow(w, all, policy)
		}
	}
	return all, r.sorted()
}

// LayWorkflows reads a file that changes some workflows of those in force: they
// are judged together, and with the rows of the policy that go by them.
func LayWorkflows(file []byte, policy Policy, inForce Workflows) (Workflows, []Fault) {
	changed, r := readWorkflows(file)
	all := maps.Clone(inForce)
	maps.Copy(all, changed)
	for _, w := range changed {
		if r.sound(w.ID) {
			r.workflow(w, all, policy)
		}
	}
	eachWay(policy, func(e EventID, row Population, w Way) {
		for _, f := range all[w.Workflow].reach(all) {
			if text := wrongFlow(w, all); text != "" && changed[f.ID].ID != "" && r.sound(f.ID+".steps") {
				r.at(f.ID, "%s: %s %s", f.ID, wayPath(e, row, w.ID), text)
			}
		}
	})
	return all, r.sorted()
}

func eachWay(p Policy, fn func(EventID, Population, Way)) {
	for _, e := range Events {
		for _, row := range Populations {
			for _, w := range p.Rows[e][row].Ways {
				fn(e, row, w)
			}
		}
	}
}

func readWorkflows(file []byte) (Workflows, *fileReader) {
	all := Workflows{}
	r, root := openFile(file)
	if root == nil {
		return all, r
	}
	r.pairs(root, "", func(key, value *yaml.Node) {
		if !idForm.MatchString(key.Value) {
			r.fault(key.Line, key.Value, "%q is no name for a workflow; write small letters, digits and hyphens", key.Value)
			return
		}
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
	if len(r.faults) == 0 && len(all) != 1 {
		r.fault(1, "", "the file holds no workflow, or several")
	}
	for _, w := range all {
		return w, r.sorted()
	}
	return Workflow{}, r.sorted()
}

// workflow refuses one that nobody could finish, that proves less than it says,
// or that leads to less or back to itself.
func (r *fileReader) workflow(w Workflow, all Workflows, p Policy) {
	seen := map[StepID]bool{}
	path := w.ID + ".steps"
	for i, s := range w.Steps {
		switch {
		case !idForm.MatchString(string(s.ID)) || seen[s.ID]:
			r.at(path, "%s: step %d needs an id of its own, of small letters, digits and hyphens", w.ID, i+1)
		case s.ID.again():
			r.at(path, "%s: step %q has the id of a proof that follows every workflow; choose another", w.ID, s.ID)
		case s.Title == "":
			r.at(path, "%s: step %q needs a title", w.ID, s.ID)
		case len(s.Methods) == 0:
			r.at(path, "%s: nobody can do step %q: it names no method", w.ID, s.ID)
		case slices.Equal(s.Methods, []Method{BySMSCode}):
			r.at(path, "%s: step %q needs a way beside the text message, which is restricted (SP 800-63B-4 §3.2.9)", w.ID, s.ID)
		}
		seen[s.ID] = true
	}
	if w.Number < 1 {
		r.at(w.ID+".version", "%s.version counts from 1", w.ID)
	}
	if w.Name == "" {
		r.at(w.ID+".name", "%s.name is empty", w.ID)
	}
	switch {
	case len(w.Steps) == 0:
		r.at(path, "%s has no steps", w.ID)
	case r.sound(path):
		if weak := w.weakest(p); weak != nil {
			r.at(w.ID, "%s does not reach %s when its steps are passed by %s", w.ID, w.Level, list(words(weak)))
		}
	}
	r.leads(w, all)
}

// leads looks at where a workflow leads: to equal or more, never in a circle.
func (r *fileReader) leads(w Workflow, all Workflows) {
	if other, ok := all[w.Otherwise]; w.Otherwise != "" {
		switch {
		case !ok:
			r.at(w.ID+".otherwise", "%s: there is no workflow %q", w.ID, w.Otherwise)
		case w.circle(all):
			r.at(w.ID+".otherwise", "%s: `otherwise` leads back to it in a circle", w.ID)
		case w.Level.Above(other.Level):
			r.at(w.ID+".otherwise", "%s: %q is worth less (%s)", w.ID, w.Otherwise, other.Level)
		}
	}
	if other, ok := all[w.Raised]; w.Raised != "" {
		switch {
		case !ok:
			r.at(w.ID+".raised", "%s: there is no workflow %q", w.ID, w.Raised)
		case !other.Level.Above(w.Level):
			r.at(w.ID+".raised", "%s: %q is not worth more (%s), so `raised` would lead in a circle", w.ID, w.Raised, other.Level)
		}
	}
}

// weakest finds methods, one a step and from different groups, that do not reach
// the workflow's level; nil when there are none.
func (w Workflow) weakest(p Policy) []Method {
	found, weak := w.passings(nil, func(by []Method) bool { return p.Reaches(w.Level, by) })
	if !found {
		return firstMethods(w)
	}
	return weak
}

// passings walks every way in which the steps can be passed, one method each and
// no group twice (MayProve refuses a second proof of one group), until good
// refuses one. found says that there was any.
func (w Workflow) passings(by []Method, good func([]Method) bool) (found bool, bad []Method) {
	if len(by) == len(w.Steps) {
		if good(by) {
			return true, nil
		}
		return true, slices.Clone(by)
	}
	for _, m := range w.Steps[len(by)].Methods {
		if slices.ContainsFunc(by, func(b Method) bool { return b.Group() == m.Group() }) {
			continue
		}
		f, bad := w.passings(append(by[:len(by):len(by)], m), good)
		if found = found || f; bad != nil {
			return true, bad
		}
	}
	return found, nil
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

// circle says whether `otherwise` leads back to the workflow itself.
func (w Workflow) circle(all Workflows) bool {
	at, ok := w, true
	for range all {
		if at, ok = all[at.Otherwise]; !ok || at.ID == w.ID {
			return ok
		}
	}
	return false
}

// CheckHouse refuses a policy whose rows name workflows that do not exist, do
// not reach the row's level, or can be passed without what the row asks for. The
// lines are those of the policy's file.
func CheckHouse(p Policy, all Workflows) []Fault {
	var out []Fault
	eachWay(p, func(e EventID, row Population, w Way) {
		path := wayPath(e, row, w.ID)
		if text := wrongFlow(w, all); text != "" {
			out = append(out, Fault{lineOf(p.lines, path+".workflow"), path + " " + text})
		}
	})
	slices.SortStableFunc(out, func(a, b Fault) int { return a.Line - b.Line })
	return out
}

func wrongFlow(w Way, all Workflows) string {
	flow, ok := all[w.Workflow]
	switch {
	case w.Workflow == "" && w.Place == AtMe:
		return ""
	case !ok:
		return fmt.Sprintf("goes by a workflow that does not exist: %q", w.Workflow)
	case w.Proof.Above(flow.Level):
		return fmt.Sprintf("asks for %s, its workflow %s reaches %s only", w.Proof, flow.ID, flow.Level)
	case w.Asks(NeedSecondKey) && !flow.Demands(ByAuthenticator):
		return fmt.Sprintf("asks for a second security key, its workflow %s can be passed without", flow.ID)
	}
	if w.Asks(NeedSponsor) {
		for _, f := range flow.reach(all) {
			if !f.Demands(ByVoucher) {
				return fmt.Sprintf("asks for the sponsor's word, the workflow %s can be passed without a voucher", f.ID)
			}
		}
	}
	return ""
}

// reach are a workflow and all those that it leads to.
func (w Workflow) reach(all Workflows) []Workflow {
	out := []Workflow{w}
	for i := 0; i < len(out); i++ {
		for _, id := range []string{out[i].Otherwise, out[i].Raised} {
			next, ok := all[id]
			if ok && !slices.ContainsFunc(out, func(f Workflow) bool { return f.ID == id }) {
				out = append(out, next)
			}
		}
	}
	return out
}

// Uses says whether a step of the workflow can be passed by a method.
func (w Workflow) Uses(m Method) bool {
	return slices.ContainsFunc(w.Steps, func(s Step) bool { return slices.Contains(s.Methods, m) })
}

// Demands says whether a step of the workflow can be passed by one method only.
func (w Workflow) Demands(m Method) bool {
	return slices.ContainsFunc(w.Steps, func(s Step) bool { return slices.Equal(s.Methods, []Method{m}) })
}
