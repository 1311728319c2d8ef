package recovery

import _ "embed"

// The shipped policy, the presets that are built on it, and the workflows, as
// they are handed out by `policy show` and `workflow show`.
var (
	//go:embed builtin/standard.yaml
	StandardFile []byte
	//go:embed builtin/high-assurance.yaml
	highAssuranceFile []byte
	//go:embed builtin/small-house.yaml
	smallHouseFile []byte
	//go:embed builtin/workflows.yaml
	WorkflowsFile []byte
)

// Names of the presets (policy-defaults, "Presets").
const (
	StandardPreset = "standard"
	HighAssurance  = "high-assurance"
	SmallHouse     = "small-house"
)

// Presets lists the shipped policies.
var Presets = []string{StandardPreset, HighAssurance, SmallHouse}

// PresetFile is the file of a shipped policy.
func PresetFile(name string) (file []byte, ok bool) {
	switch name {
	case StandardPreset:
		return StandardFile, true
	case HighAssurance:
		return highAssuranceFile, true
	case SmallHouse:
		return smallHouseFile, true
	}
	return nil, false
}

// Preset reads a shipped policy; ok is false when there is none of that name. A
// fault in one is a programming error that no test lets through.
func Preset(name string) (p Policy, ok bool) {
	file, ok := PresetFile(name)
	if !ok {
		return p, false
	}
	p, faults := ParsePolicy(file)
	if len(faults) > 0 {
		panic("the shipped policy " + name + ": " + faults[0].String())
	}
	return p, true
}

// Builtin reads the shipped policy and workflows.
func Builtin() (Policy, Workflows) {
	p, _ := Preset(StandardPreset)
	all, faults := ParseWorkflows(WorkflowsFile, p)
	if len(faults) > 0 {
		panic("the shipped workflows: " + faults[0].String())
	}
	return p, all
}
