package recovery_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

func workflowFaults(file []byte) []recovery.Fault {
	p, _ := recovery.Preset(recovery.StandardPreset)
	_, faults := recovery.ParseWorkflows(file, p)
	return faults
}

func TestParseWorkflows(t *testing.T) {
	file := string(recovery.WorkflowsFile)
	const site = "site-p3:\n  version: 1\n  name: In person with a document and a voucher\n  level: P3\n"
	for _, w := range []wrong{
		{"an unknown key", "self-codes:\n  version: 1\n", "self-codes:\n  version: 1\n  colour: red\n", "unknown key self-codes.colour", 0},
		{"a missing level", "  name: Self-service with a backup code\n  level: P1\n", "  name: Self-service with a backup code\n", "self-codes.level is missing", -3},
		{"an unknown method", "methods: [backup-code]}", "methods: [horoscope]}", `there is no "horoscope"`, 0},
		{"a question that anybody could answer", "methods: [backup-code]}", "methods: [mothers-name]}", `there is no "mothers-name"`, 0},
		{"a step that nobody can do", "methods: [backup-code]}", "methods: []}", "it names no method", -1},
		{"a step by text message alone", "methods: [backup-code]}", "methods: [sms-code]}", "needs a way beside the text message", -1},
		{"two steps of one id", "{id: password, title: Password,", "{id: backup-code, title: Password,", "step 2 needs an id of its own", -2},
		{"a step that would be taken for the last proof", "{id: password, title: Password,", "{id: fresh-code, title: Password,", "has the id of a proof that follows every workflow", -2},
		{"a step that would be taken for the one after parking", "{id: password, title: Password,", "{id: return-1, title: Password,", "has the id of a proof that follows every workflow", -2},
		{"a step without a title", "title: Password,", "title: \"\",", "needs a title", -2},
		{"no steps", "  name: Self-service with a backup code\n  level: P1\n  otherwise: desk-p2\n  steps:\n    - {id: backup-code, title: Backup code, methods: [backup-code]}\n    - {id: password, title: Password, methods: [password]}\n",
			"  name: Self-service with a backup code\n  level: P1\n  otherwise: desk-p2\n  steps: []\n", "has no steps", 0},
		{"one that does not reach its level", site, strings.Replace(site, "P3", "P4", 1), "does not reach P4 when its steps are passed by mail-code, in-person and voucher", -3},
		{"two proofs of one theft", "methods: [backup-code]}\n    - {id: password, title: Password, methods: [password]}", "methods: [backup-code]}\n    - {id: password, title: Password, methods: [backup-code]}", "does not reach P1", -7},
		{"a circle", site, site + "  otherwise: site-p3\n", "leads back to it in a circle", 0},
		{"an otherwise that does not exist", site, site + "  otherwise: nowhere\n", `there is no workflow "nowhere"`, 0},
		{"an otherwise that is worth less", site, site + "  otherwise: site-p2\n", `"site-p2" is worth less`, 0},
		{"a raised that does not exist", site, site + "  raised: nowhere\n", `there is no workflow "nowhere"`, 0},
		{"a raised that raises nothing", site, site + "  raised: desk-p3\n", "is not worth more", 0},
		{"a version of nothing", "desk-p2:\n  version: 1", "desk-p2:\n  version: 0", "counts from 1", 0},
		{"an id that is none", "self-issued:\n", "Self Issued:\n", "is no name for a workflow", 0},
		{"one that stands twice", "self-issued:\n", "self-codes:\n", "self-codes stands twice", 0},
		{"an anchor", "desk-p2:\n  version: 1", "desk-p2:\n  version: &v 1", "anchors and aliases", 0},
	} {
		t.Run(w.name+" is told at its line", func(t *testing.T) { told(t, file, w, workflowFaults) })
	}
}

func TestCheckHouse(t *testing.T) {
	file, all := string(recovery.StandardFile), flows(t)
	check := func(file []byte) []recovery.Fault {
		p, faults := recovery.ParsePolicy(file)
		return append(faults, recovery.CheckHouse(p, all)...)
	}
	for _, w := range []wrong{
		{"a row whose workflow does not exist", "workflow: desk-p2\n", "workflow: desk-p9\n", "does not exist", 0},
		{"a row whose workflow is too weak", "workflow: desk-p3\n", "workflow: desk-p2\n", "asks for P3, its workflow desk-p2 reaches P2 only", 0},
		{"a row whose sponsor could be left out", "workflow: sponsored-p2\n", "workflow: desk-p2\n", "can be passed without a voucher", 0},
		{"a row whose second key could be left out", "workflow: second-key-p2\n", "workflow: desk-p2\n", "can be passed without", 0},
	} {
		t.Run(w.name+" is told at its line", func(t *testing.T) { told(t, file, w, check) })
	}
	for _, name := range recovery.Presets {
		t.Run("the shipped workflows fit the preset "+name, func(t *testing.T) {
			p, _ := recovery.Preset(name)
			for _, f := range recovery.CheckHouse(p, all) {
				t.Errorf("%s.yaml:%s", name, f)
			}
		})
	}
}

func flows(t *testing.T) recovery.Workflows {
	t.Helper()
	_, all := recovery.Builtin()
	return all
}

// A step that is not possible leads to what is worth as much, to the end.
func TestWorkflowsLeadOn(t *testing.T) {
	for id, w := range flows(t) {
		for range 10 {
			next, ok := flows(t)[w.Otherwise]
			if !ok {
				break
			}
			if w.Level.Above(next.Level) {
				t.Errorf("%s leads from %s to %s", id, w.Level, next.Level)
			}
			w = next
		}
		if w.Otherwise != "" || !slices.ContainsFunc(w.Steps, func(s recovery.Step) bool { return slices.Contains(s.Methods, recovery.InPersonBadge) }) {
			t.Errorf("%s does not end where somebody can go in person: %s", id, w.ID)
		}
	}
}

func FuzzParseWorkflows(f *testing.F) {
	f.Add(recovery.WorkflowsFile)
	f.Add([]byte("a:\n  version: 1\n  name: x\n  level: P1\n  otherwise: a\n  steps:\n    - {id: a, title: b, methods: [mail-code]}\n"))
	p, _ := recovery.Preset(recovery.StandardPreset)
	f.Fuzz(func(t *testing.T, file []byte) {
		if strings.Count(string(file), "methods") > 40 {
			return // long files say nothing new
		}
		all, faults := recovery.ParseWorkflows(file, p)
		for _, w := range all {
			if len(faults) == 0 && len(w.Steps) == 0 {
				t.Error("a workflow without steps is good")
			}
		}
		recovery.CheckHouse(p, all)
	})
}
