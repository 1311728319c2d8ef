package main

import (
	"fmt"
	"os"
	"strings"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// rulebook is the policy and the workflows in force: those that two people
// published, where --data or --dsn names a house, else the shipped ones.
type rulebook struct {
	file    []byte // of the policy
	policy  recovery.Policy
	flows   recovery.Workflows
	bodies  map[string][]byte // of published workflows, by id
	tickets []recovery.Past   // of the last 90 days, when they were asked for
	now     int64
}

// readRules reads the rules in force; past asks for tickets as well.
func readRules(a *app, past bool) (rulebook, error) {
	b := rulebook{file: recovery.StandardFile, bodies: map[string][]byte{}}
	b.policy, b.flows = recovery.Builtin()
	c := &clock{}
	if a.settings.Data == "" && a.settings.DSN == "" {
		if past {
			return b, usagef("say whose tickets: --data DIR or --dsn URL")
		}
		b.now = c.Now()
		return b, nil
	}
	if a.settings.Data != "" {
		if err := c.readOffset(a.settings.Data); err != nil {
			return b, err
		}
	}
	b.now = c.Now()
	s, err := openLog(a)
	if err != nil {
		return b, err
	}
	defer s.Close()
	err = s.Snapshot(a, func(v store.View) error {
		if err := b.published(a, v); err != nil || !past {
			return err
		}
		b.tickets, err = desk.PastTickets(a, v, b.now-desk.SimulationSpan)
		return err
	})
	return b, err
}

// published lays what is in force over what is shipped.
func (b *rulebook) published(a *app, v store.View) error {
	all, err := v.InForce(a, b.now)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p, err = v.PublishedVersion(a, p.Version); err != nil {
			return err
		}
		var faults []recovery.Fault
		if p.Kind == store.PublishedPolicy {
			b.file = []byte(p.Body)
			b.policy, faults = recovery.ReadPolicy(b.file)
		} else {
			var w recovery.Workflow
			w, faults = recovery.ParseWorkflow([]byte(p.Body))
			b.flows[w.ID], b.bodies[w.ID] = w, []byte(p.Body)
		}
		if len(faults) > 0 {
			return fmt.Errorf("read %s %s: line %s", p.Kind, p.Version, faults[0])
		}
	}
	return nil
}

// readRuleFile reads a policy or workflow file; what is too long is the parser's to tell.
func readRuleFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, usageError{err}
	}
	if info.Size() > 4*recovery.PolicyBytesMax {
		return nil, usagef("%s is no policy or workflow: it has %d bytes", path, info.Size())
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{err}
	}
	return file, nil
}

// tellFaults prints FILE:LINE: reason for each fault.
func tellFaults(a *app, path string, faults []recovery.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	for _, f := range faults {
		fmt.Fprintf(a.out, "%s:%s\n", path, f)
	}
	return exitError(exitNo)
}

// shownMost bounds how many references a line of a simulation names.
const shownMost = 20

// tellEffects prints what a change would have meant.
func tellEffects(a *app, tickets []recovery.Past, effects []recovery.Effect) error {
	touched := map[string]bool{}
	for _, e := range effects {
		touched[e.Reference] = true
	}
	fmt.Fprintf(a.out, "%d tickets of the last 90 days, %d of them would have gone otherwise\n", len(tickets), len(touched))
	for _, c := range recovery.Counts(effects) {
		more := ""
		shown := c.References
		if len(shown) > shownMost {
			more, shown = fmt.Sprintf(" and %d more", len(shown)-shownMost), shown[:shownMost]
		}
		fmt.Fprintf(a.out, "%s: %s%s\n", c, strings.Join(shown, ", "), more)
	}
	return nil
}
