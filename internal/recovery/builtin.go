package recovery

import _ "embed"

// The shipped policy and workflows, as they are handed out by `policy show`.
var (
	//go:embed builtin/standard.yaml
	StandardFile []byte
	//go:embed builtin/workflows.yaml
	WorkflowsFile []byte
)

// Builtin reads the shipped policy and workflows. A fault in them is a
// programming error that no test lets through.
func Builtin() (Policy, Workflows) {
	p, faults := ParsePolicy(StandardFile)
	if len(faults) > 0 {
		panic("the shipped policy: " + faults[0].String())
	}
	all, faults := ParseWorkflows(WorkflowsFile, p)
	if len(faults) > 0 {
		panic("the shipped workflows: " + faults[0].String())
	}
	return p, all
}
