package recovery

import "testing"

func TestBuiltin(t *testing.T) {
	p, faults := ParsePolicy(StandardFile)
	for _, f := range faults {
		t.Errorf("standard.yaml:%s", f)
	}
	if len(faults) > 0 {
		t.FailNow()
	}
	all, faults := ParseWorkflows(WorkflowsFile, p)
	for _, f := range faults {
		t.Errorf("workflows.yaml:%s", f)
	}
	for _, name := range Presets {
		p, _ := Preset(name)
		for _, f := range CheckHouse(p, all) {
			t.Errorf("%s.yaml:%s", name, f)
		}
	}
}
