package desk

import (
	"context"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// FilePolicy files the actor's draft for another person's key (R4). What asks
// for less than now waits 24 hours after the last signature, during which an
// auditor may veto it; what only tightens takes effect with the signature.
// Refused: a draft with faults, one that nobody could work by, one that changes
// nothing, and one that was begun before somebody else published.
func (d *Desk) FilePolicy(ctx context.Context, actor Actor, id string) (recovery.Proposal, error) {
	draft, err := d.PolicyDraft(ctx, actor, id)
	if err != nil {
		return recovery.Proposal{}, err
	}
	p := recovery.Proposal{Kind: recovery.ProposePolicy, Object: draft.Base, Title: "Policy " + draft.Policy.Version + " instead of " + draft.Base, Body: draft.Text, Lines: draft.Lines}
	if draft.Policy.Base != "" { // a later version may ship another base
		p.Body = string(draft.Policy.File())
	}
	if id != PolicyFile {
		p.Kind, p.Object, p.Title = recovery.ProposeWorkflow, id+" "+draft.Base, "Workflow "+id+" instead of "+draft.Base
	}
	rules, err := d.rules(ctx, d.view(), d.now())
	if err != nil {
		return recovery.Proposal{}, d.report(err)
	}
	p.Delay = policyDelay(rules, draft.Loosens)
	return d.FileProposal(ctx, actor, p)
}

// policySigners may put a policy in force with their key.
var policySigners = []recovery.Role{recovery.Administrator, recovery.Approver}

// policyDelay is how long what loosens waits by the rules in force; no policy
// makes it shorter than 24 hours.
func policyDelay(r Rules, loosens bool) int64 {
	if !loosens {
		return 0
	}
	return r.House.Loosening.After(0)
}

// checkPolicy refuses what could not be put in force now.
func checkPolicy(ctx context.Context, c *Change, p recovery.Proposal) error {
	_, err := c.publishable(ctx, p)
	return err
}

// publishable reads a proposal's file against the rules as they are now.
func (c *Change) publishable(ctx context.Context, p recovery.Proposal) (PolicyDraft, error) {
	id, base := PolicyFile, p.Object
	if p.Kind == recovery.ProposeWorkflow {
		id, base, _ = strings.Cut(p.Object, " ")
	}
	draft, err := c.desk.judge(ctx, c.Tx.View, id, p.Body, c.Now)
	switch {
	case err != nil:
		return draft, err
	case len(draft.Faults) > 0:
		return draft, recovery.Refuse("file-faults", "The file has faults: line "+draft.Faults[0].String()+".", "Mend it and file it again.")
	case len(draft.Impossible) > 0:
		return draft, recovery.Refuse("policy-impossible", draft.Impossible[0]+".", "Mend it and file it again.")
	case draft.Base != base:
		return draft, recovery.Refuse("policy-moved-on", "Something else was published since: "+draft.Base+" is in force.", "Start a new draft from it.")
	case p.Delay < policyDelay(c.Rules, draft.Loosens):
		return draft, recovery.Refuse("delay-missing", "What asks for less waits "+c.Rules.House.Loosening.Words()+" after the last signature.", "File the draft again.")
	case strings.Join(draft.Lines, "\n") != strings.Join(p.Lines, "\n"):
		return draft, recovery.Refuse("lines-differ", "The lines are not what the file changes.", "File the draft again.")
	}
	return draft, nil
}

// applyPolicy publishes what was signed.
func applyPolicy(ctx context.Context, c *Change, p recovery.Proposal) error {
	draft, err := c.publishable(ctx, p)
	if err != nil {
		return err
	}
	published := store.Published{Version: draft.Policy.Version, Kind: store.PublishedPolicy, Body: p.Body, Proposal: p.ID, Effective: c.Now}
	if p.Kind == recovery.ProposeWorkflow {
		flow, _ := recovery.ParseWorkflow([]byte(p.Body))
		published.Version, published.Kind, published.ID = flow.Version, store.PublishedWorkflow, flow.ID
	}
	if err := c.Tx.Publish(ctx, published); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.PolicyPublished, Object: published.Version, What: p.Lines,
		Data: map[string]string{"version": published.Version, "before": draft.Base, "kind": published.Kind, "proposal": p.ID, "digest": p.Digest()}})
}
