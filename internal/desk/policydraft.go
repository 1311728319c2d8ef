package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// PolicyFile is the id of the policy among drafts; every other id is a workflow's.
const PolicyFile = "policy"

// PolicyDraft is what an administrator edits: the text of a policy or workflow,
// what it would change, and what speaks against it. Nothing of it is in force.
type PolicyDraft struct {
	ID, Text    string
	Saved       int64 // 0: nothing is edited yet, Text is what is in force
	Faults      []recovery.Fault
	Policy      recovery.Policy // as the draft reads, when it has no faults
	Base        string          // version in force
	Differences []recovery.Difference
	Loosens     bool
	Lines       []string // the diff as it is signed
	Impossible  []string // why nobody could work by it
}

// Ready says whether the draft can be filed.
func (p PolicyDraft) Ready() bool {
	return p.Saved != 0 && len(p.Faults) == 0 && len(p.Impossible) == 0 && len(p.Lines) > 0
}

// PolicyDraft reads the actor's own draft of a file.
func (d *Desk) PolicyDraft(ctx context.Context, actor Actor, id string) (PolicyDraft, error) {
	staff, err := d.reader(ctx, actor, recovery.Administrator)
	if err != nil {
		return PolicyDraft{}, err
	}
	v, now := d.view(), d.now()
	saved, err := v.PolicyDraft(ctx, staff.Person.ID, id)
	if errors.Is(err, store.ErrNotFound) {
		saved.Body, err = d.next(ctx, v, id, now)
	}
	if err != nil {
		return PolicyDraft{}, d.report(err)
	}
	p, err := d.judge(ctx, v, id, saved.Body, now)
	p.Saved = saved.At
	return p, d.report(err)
}

// judge reads a draft against what is in force.
func (d *Desk) judge(ctx context.Context, v store.View, id, text string, now int64) (PolicyDraft, error) {
	p := PolicyDraft{ID: id, Text: text}
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return p, err
	}
	if id == PolicyFile {
		return p, d.judgePolicy(ctx, v, &p, rules, now)
	}
	return p, d.judgeWorkflow(&p, rules)
}

func (d *Desk) judgePolicy(ctx context.Context, v store.View, p *PolicyDraft, rules Rules, now int64) error {
	p.Base = rules.Version
	p.Policy, p.Faults = recovery.ParsePolicy([]byte(p.Text))
	if len(p.Faults) > 0 {
		return nil
	}
	if p.Faults = append(recovery.CheckHouse(p.Policy, rules.Flows), p.Policy.Ended(now)...); len(p.Faults) > 0 {
		return nil
	}
	p.Differences = recovery.Differences(rules.Policy, p.Policy)
	p.Loosens = recovery.Loosens(p.Differences)
	for _, x := range p.Differences {
		p.Lines = append(p.Lines, x.String())
	}
	_, err := v.PublishedVersion(ctx, p.Policy.Version)
	switch {
	case p.Policy.Version == rules.Version || p.Policy.Version == d.Policy.Version || err == nil:
		p.Impossible = append(p.Impossible, "policy: the version "+p.Policy.Version+" exists already; give the file another one")
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	house, err := d.houseFor(ctx, v, now)
	before := recovery.Impossible(rules.Policy, house)
	for _, text := range recovery.Impossible(p.Policy, house) {
		if !slices.Contains(before, text) { // what the house cannot do already is no reason against a change
			p.Impossible = append(p.Impossible, text)
		}
	}
	return err
}

func (d *Desk) judgeWorkflow(p *PolicyDraft, rules Rules) error {
	now := rules.Flows[p.ID]
	p.Base = now.Version
	flow, faults := recovery.ParseWorkflow([]byte(p.Text))
	if len(faults) == 0 {
		_, faults = recovery.LayWorkflows([]byte(p.Text), rules.Policy, rules.Flows)
	}
	if p.Faults = faults; len(faults) > 0 {
		return nil
	}
	switch {
	case flow.ID != p.ID:
		p.Impossible = append(p.Impossible, fmt.Sprintf("the file is about %q, not %q", flow.ID, p.ID))
	case flow.Number <= now.Number:
		p.Impossible = append(p.Impossible, fmt.Sprintf("version: must be above %d", now.Number))
	}
	p.Lines, p.Loosens = recovery.WorkflowLines(now, flow)
	return nil
}

// next is the file that an edit starts from: what is in force, with the next
// version number.
func (d *Desk) next(ctx context.Context, v store.View, id string, now int64) (string, error) {
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return "", err
	}
	if id == PolicyFile {
		text, err := d.policyText(ctx, v, rules.Version)
		return recovery.NextVersion(text, rules.Version), err
	}
	flow, ok := rules.Flows[id]
	if !ok {
		return "", store.ErrNotFound
	}
	flow.Number++
	return recovery.WriteWorkflow(flow), nil
}

// policyText is the file of a version: published, or shipped.
func (d *Desk) policyText(ctx context.Context, v store.View, version string) (string, error) {
	p, err := v.PublishedVersion(ctx, version)
	if errors.Is(err, store.ErrNotFound) && version == d.Policy.Version {
		return string(recovery.StandardFile), nil
	}
	return p.Body, err
}

// SavePolicyDraft keeps what was typed or imported: whole, or, with faults, not
// at all. The faults carry line numbers; the live rules are not touched.
func (d *Desk) SavePolicyDraft(ctx context.Context, actor Actor, id, text string) (PolicyDraft, error) {
	staff, err := d.reader(ctx, actor, recovery.Administrator)
	if err != nil {
		return PolicyDraft{}, err
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	p, err := d.judge(ctx, d.view(), id, text, d.now())
	if err != nil || len(p.Faults) > 0 {
		return p, d.report(err)
	}
	return p, d.keepPolicyDraft(ctx, staff.Person.ID, id, text)
}

func (d *Desk) keepPolicyDraft(ctx context.Context, person, id, text string) error {
	return d.report(d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
		return s.SavePolicyDraft(ctx, person, id, text)
	}))
}

// EditPolicyDraft changes single values of the policy draft; the text around
// them, comments too, stays. why is kept as the deviation record of every value
// that asks for less than the shipped policy then (SP 800-63-4 §3.4.2). Refused as
// a whole, with the faults, when one value does not fit.
func (d *Desk) EditPolicyDraft(ctx context.Context, actor Actor, values map[string]string, why recovery.Deviation) (PolicyDraft, error) {
	p, err := d.PolicyDraft(ctx, actor, PolicyFile)
	if err != nil {
		return p, err
	}
	text := []byte(p.Text)
	set := func(path, value string) {
		after, faults := recovery.EditPolicy(text, path, value)
		if len(faults) > 0 && bytes.Equal(after, text) {
			p.Faults = append(p.Faults, faults...)
		}
		text = after
	}
	for _, f := range p.Policy.Fields() {
		if value, typed := values[f.Path]; typed && value != f.Value {
			set(f.Path, value)
			d.deviate(text, f.Path, why, set)
		}
	}
	if len(p.Faults) > 0 {
		return p, nil
	}
	return d.SavePolicyDraft(ctx, actor, PolicyFile, string(text))
}

// deviate adds the record of a value, when it is one that needs it.
func (d *Desk) deviate(text []byte, path string, why recovery.Deviation, set func(path, value string)) {
	edited, _ := recovery.ParsePolicy(text)
	needs := slices.ContainsFunc(recovery.Deviations(d.Policy, edited), func(x recovery.Difference) bool { return x.Path == path })
	if !needs || why == (recovery.Deviation{}) {
		return
	}
	for _, x := range [][2]string{{"owner", why.Owner}, {"rationale", why.Rationale}, {"until", string(why.Until)}} {
		set("deviations."+path+"."+x[0], x[1])
	}
}

// DropPolicyDraft forgets the actor's draft.
func (d *Desk) DropPolicyDraft(ctx context.Context, actor Actor, id string) error {
	staff, err := d.reader(ctx, actor, recovery.Administrator)
	if err != nil {
		return err
	}
	return d.report(d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
		return s.DropPolicyDraft(ctx, staff.Person.ID, id)
	}))
}

// StartPolicyDraft begins again: from what is in force, or from a preset.
func (d *Desk) StartPolicyDraft(ctx context.Context, actor Actor, preset string) error {
	staff, err := d.reader(ctx, actor, recovery.Administrator)
	if err != nil {
		return err
	}
	if preset == "" {
		return d.DropPolicyDraft(ctx, actor, PolicyFile)
	}
	file, ok := recovery.PresetFile(preset)
	if !ok {
		return recovery.Refuse("preset-unknown", "There is no preset of that name.", "Choose one of the list.").On("preset")
	}
	rules, err := d.rules(ctx, d.view(), d.now())
	if err != nil {
		return d.report(err)
	}
	version := preset + "-1"
	if strings.HasPrefix(rules.Version, preset+"-") {
		version = rules.Version
	}
	return d.keepPolicyDraft(ctx, staff.Person.ID, PolicyFile, recovery.NextVersion(string(file), version))
}
