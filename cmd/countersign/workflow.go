package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/internal/recovery"
)

type workflowCmd struct {
	Show     workflowShowCmd     `cmd:"" help:"Print the workflows in force."`
	Check    workflowCheckCmd    `cmd:"" help:"Say line by line what is wrong with a file of workflows."`
	Explain  workflowExplainCmd  `cmd:"" help:"Say what a workflow asks, what it is worth and who goes by it."`
	Simulate workflowSimulateCmd `cmd:"" help:"Say which tickets of the last 90 days would have gone another way."`
}

type workflowShowCmd struct {
	Shipped bool `help:"The shipped ones, whatever was published."`
}

// Run prints the shipped file, and after it whatever was published instead of a
// part of it.
func (c workflowShowCmd) Run(a *app) error {
	if _, err := a.out.Write(recovery.WorkflowsFile); err != nil || c.Shipped {
		return err
	}
	b, err := readRules(a, false)
	for _, id := range slices.Sorted(maps.Keys(b.bodies)) {
		fmt.Fprintf(a.out, "\n# published instead of the shipped %s: %s\n# ---\n%s", id, b.flows[id].Version, b.bodies[id])
	}
	return err
}

type workflowCheckCmd struct {
	File string `arg:"" help:"File of workflows: all, or those that change."`
}

// Run prints FILE:LINE: reason for each fault and exits 1, or one line and exits 0.
func (c workflowCheckCmd) Run(a *app) error {
	b, err := readRules(a, false)
	if err != nil {
		return err
	}
	all, err := b.lay(a, c.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: good; with it there are %d workflows\n", c.File, len(all))
	return err
}

// lay reads a file of workflows over those in force.
func (b rulebook) lay(a *app, path string) (recovery.Workflows, error) {
	file, err := readRuleFile(path)
	if err != nil {
		return nil, err
	}
	all, faults := recovery.LayWorkflows(file, b.policy, b.flows)
	return all, tellFaults(a, path, faults)
}

type workflowExplainCmd struct {
	ID string `arg:"" help:"Workflow, such as desk-p2."`
}

// Run prints a workflow's steps with what each proof is worth, where it leads,
// and the rows that go by it.
func (c workflowExplainCmd) Run(a *app) error {
	b, err := readRules(a, false)
	if err != nil {
		return err
	}
	w, ok := b.flows[c.ID]
	if !ok {
		return usagef("there is no workflow %q; there are %s", c.ID, strings.Join(slices.Sorted(maps.Keys(b.flows)), ", "))
	}
	fmt.Fprintf(a.out, "%s: %s, worth %s\n", w.Version, w.Name, w.Level)
	for i, s := range w.Steps {
		fmt.Fprintf(a.out, "  step %d    %s: any one of\n", i+1, s.Title)
		for _, m := range s.Methods {
			seen := "the agent says so"
			if m.Observed() {
				seen = "the server sees it"
			}
			fmt.Fprintf(a.out, "            %-16s channel group %s, %s\n", m, m.Group(), seen)
		}
	}
	fmt.Fprintf(a.out, "  otherwise %s\n  raised    %s\n", orAny(w.Otherwise), orAny(w.Raised))
	for _, e := range recovery.Events {
		for _, row := range recovery.Populations {
			for _, way := range b.policy.Cell(e, row).Ways {
				if way.Workflow == w.ID {
					fmt.Fprintf(a.out, "  used by   %s, %s account, way %s\n", e, row, way.ID)
				}
			}
		}
	}
	return nil
}

type workflowSimulateCmd struct {
	File string `arg:"" help:"File of workflows: all, or those that change."`
}

// Run prints which tickets would have gone another way. It only reads.
func (c workflowSimulateCmd) Run(a *app) error {
	b, err := readRules(a, true)
	if err != nil {
		return err
	}
	all, err := b.lay(a, c.File)
	if err != nil {
		return err
	}
	return tellEffects(a, b.tickets, recovery.SimulateWorkflows(b.policy, b.flows, all, b.tickets))
}
