package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/recovery"
)

type policyCmd struct {
	Show     policyShowCmd     `cmd:"" help:"Print the policy in force, or a preset."`
	Check    policyCheckCmd    `cmd:"" help:"Say line by line what is wrong with a policy file."`
	Explain  policyExplainCmd  `cmd:"" help:"Say what the policy asks in one case, and why."`
	Simulate policySimulateCmd `cmd:"" help:"Say what a policy file would have meant for the tickets of the last 90 days."`
}

type policyShowCmd struct {
	Preset string `placeholder:"NAME" help:"A shipped policy instead: standard, high-assurance or small-house."`
	Full   bool   `help:"Write out every value, whatever the file is built on."`
}

// Run prints a file that `policy check` takes.
func (c policyShowCmd) Run(a *app) error {
	b, err := c.file(a)
	if err == nil {
		_, err = a.out.Write(b)
	}
	return err
}

func (c policyShowCmd) file(a *app) ([]byte, error) {
	file, ok := recovery.PresetFile(c.Preset)
	switch {
	case c.Preset == "":
		b, err := readRules(a, false)
		if err != nil {
			return nil, err
		}
		file = b.file
	case !ok:
		return nil, usagef("there is no preset %q; use %s", c.Preset, strings.Join(recovery.Presets, ", "))
	}
	if c.Full {
		p, _ := recovery.ReadPolicy(file)
		return p.File(), nil
	}
	return file, nil
}

type policyCheckCmd struct {
	File string `arg:"" help:"Policy file."`
}

// Run prints FILE:LINE: reason for each fault and exits 1, or one line and exits 0.
func (c policyCheckCmd) Run(a *app) error {
	b, err := readRules(a, false)
	if err != nil {
		return err
	}
	p, err := b.check(a, c.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: policy %s is good, deviations: %d\n", c.File, p.Version, len(p.Deviations))
	return err
}

// check reads a policy file as if it were to come into force now.
func (b rulebook) check(a *app, path string) (recovery.Policy, error) {
	file, err := readRuleFile(path)
	if err != nil {
		return recovery.Policy{}, err
	}
	p, faults := recovery.ParsePolicy(file)
	if len(faults) == 0 {
		faults = append(recovery.CheckHouse(p, b.flows), p.Ended(b.now)...)
	}
	slices.SortStableFunc(faults, func(a, b recovery.Fault) int { return a.Line - b.Line })
	return p, tellFaults(a, path, faults)
}

type policySimulateCmd struct {
	File string `arg:"" help:"Policy file."`
}

// Run prints how many tickets would have needed what. It only reads.
func (c policySimulateCmd) Run(a *app) error {
	b, err := readRules(a, true)
	if err != nil {
		return err
	}
	p, err := b.check(a, c.File)
	if err != nil {
		return err
	}
	return tellEffects(a, b.tickets, recovery.Simulate(b.policy, p, b.flows, b.tickets))
}

type policyExplainCmd struct {
	Event      string `required:"" placeholder:"E" help:"What happened: device-loss, factor-reset …"`
	Population string `required:"" placeholder:"P" help:"standard, privileged, contractor or service."`
	Way        string `placeholder:"W" help:"One way of the row only."`
	JSON       bool   `name:"json" help:"As JSON; docs/policy-file.md says what stands in it."`
}

// explained is the JSON of `policy explain`. Keys are only ever added.
type explained struct {
	Policy     string         `json:"policy"`
	Event      string         `json:"event"`
	Population string         `json:"population"`
	Offered    bool           `json:"offered"`
	Instead    string         `json:"instead,omitempty"` // where to go when it is not offered
	Ways       []explainedWay `json:"ways"`
}

type explainedWay struct {
	Way        string    `json:"way"`
	Place      string    `json:"place"`
	Proofing   string    `json:"proofing"`
	Workflow   string    `json:"workflow"`
	Also       []string  `json:"also"`
	Approvers  int64     `json:"approvers"`
	Groups     int64     `json:"groups"`
	From       string    `json:"from"`
	Artefact   string    `json:"artefact"`
	Tier       string    `json:"tier"`
	Life       string    `json:"life"`
	ReEnrol    string    `json:"reEnrol"`
	Window     string    `json:"window"`
	Notify     []string  `json:"notify"`
	ReviewIn   string    `json:"reviewWithin"`
	ReviewPart int64     `json:"reviewPercent"`
	Because    []because `json:"because"`
}

type because struct {
	Text   string `json:"text"`
	Path   string `json:"path"` // of the value in the policy file
	Source string `json:"source"`
	Public bool   `json:"public"` // the account holder may read it
}

// Run prints the decision with its reasons, as if every condition of the row were met.
func (c policyExplainCmd) Run(a *app) error {
	e, row := recovery.EventID(c.Event), recovery.Population(c.Population)
	if !slices.Contains(recovery.Events, e) {
		return usagef("there is no event %q; use %s", c.Event, listWords(recovery.Events))
	}
	if !slices.Contains(recovery.Populations, row) {
		return usagef("there is no population %q; use %s", c.Population, listWords(recovery.Populations))
	}
	b, err := readRules(a, false)
	if err != nil {
		return err
	}
	x, err := b.explain(e, row, c.Way)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(a.out)
		out.SetIndent("", "  ")
		return out.Encode(x)
	}
	x.print(a)
	return nil
}

func (b rulebook) explain(e recovery.EventID, row recovery.Population, way string) (explained, error) {
	x := explained{Policy: b.policy.Version, Event: string(e), Population: string(row), Ways: []explainedWay{}}
	cell := b.policy.Cell(e, row)
	x.Offered, x.Instead = len(cell.Ways) > 0, cell.Instead
	var names []string
	for _, w := range cell.Ways {
		names = append(names, w.ID)
		if way == "" || way == w.ID {
			x.Ways = append(x.Ways, b.explainWay(e, row, w))
		}
	}
	if x.Offered && len(x.Ways) == 0 {
		return x, usagef("%s of %s accounts has no way %q; it has %s", e, row, way, strings.Join(names, ", "))
	}
	return x, nil
}

func (b rulebook) explainWay(e recovery.EventID, row recovery.Population, w recovery.Way) explainedWay {
	d := recovery.Decide(b.policy, b.flows, recovery.Case{Event: e, Population: row, Way: w.ID, Place: w.Place, Incident: true, Trip: true, Hired: true, Inventory: true, OwnerGone: true})
	out := explainedWay{Way: w.ID, Place: string(w.Place), Proofing: string(d.Way.Proof), Workflow: d.Workflow.Version, Also: texts(d.Way.Also),
		Approvers: d.Approvers, Groups: d.Groups, From: d.From, Artefact: string(w.Artefact), Tier: string(d.Tier()), Life: d.Way.Life.String(),
		ReEnrol: d.Way.ReEnrol.String(), Window: d.Way.Window.String(), Notify: texts(d.Way.Notify), ReviewIn: d.Way.Review.Within.String(), ReviewPart: d.Way.Review.Percent}
	for _, r := range d.Because {
		out.Because = append(out.Because, because{r.Text, r.Source, b.policy.Source(r.Source), r.Public})
	}
	if none := w.Artefact.Unissued(); none != nil {
		at := "rows." + string(e) + "." + string(row) + "." + w.ID + ".artefact"
		out.Because = append(out.Because, because{none.Text + " " + none.Next, at, b.policy.Source(at), true})
	}
	return out
}

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = string(t)
	}
	return out
}

func listWords[T ~string](all []T) string { return strings.Join(texts(all), ", ") }

func (x explained) print(a *app) {
	fmt.Fprintf(a.out, "policy %s: %s, %s account\n", x.Policy, x.Event, x.Population)
	if !x.Offered {
		fmt.Fprintf(a.out, "not offered: %s\n", x.Instead)
	}
	for _, w := range x.Ways {
		fmt.Fprintf(a.out, "\nway %s (%s)\n", w.Way, w.Place)
		for _, line := range []struct{ name, text string }{
			{"proofing", strings.TrimSuffix(w.Proofing+" by "+w.Workflow, " by ")},
			{"also", strings.Join(w.Also, ", ")},
			{"decide", recovery.QuorumRule{Approvers: w.Approvers, Groups: w.Groups, From: w.From}.Words()},
			{"gives", fmt.Sprintf("%s (%s), for %s, new enrolment within %s", w.Artefact, w.Tier, w.Life, w.ReEnrol)},
			{"window", w.Window},
			{"told", strings.Join(w.Notify, ", ")},
			{"review", fmt.Sprintf("%d %% within %s", w.ReviewPart, w.ReviewIn)},
		} {
			fmt.Fprintf(a.out, "  %-9s %s\n", line.name, orAny(line.text))
		}
		for _, r := range w.Because {
			fmt.Fprintf(a.out, "  because   %s [%s: %s]\n", r.Text, r.Path, r.Source)
		}
	}
}

func orAny(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
