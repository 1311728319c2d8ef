package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Rules are a policy with the workflows that it uses.
type Rules struct {
	recovery.Policy
	Flows recovery.Workflows
}

// Decide is recovery.Decide with these rules.
func (r Rules) Decide(c recovery.Case) recovery.Ruling { return recovery.Decide(r.Policy, r.Flows, c) }

// rules are those in force at a moment: the shipped ones, and over them whatever
// two people published.
func (d *Desk) rules(ctx context.Context, v store.View, now int64) (Rules, error) {
	r := Rules{Policy: d.Policy, Flows: maps.Clone(d.Flows)}
	published, err := v.InForce(ctx, now)
	if err != nil {
		return r, err
	}
	for _, p := range published {
		if err := d.lay(ctx, v, &r, p); err != nil {
			return r, err
		}
	}
	return r, nil
}

// rulesOf are those that a ticket pinned: its policy version with the workflows
// in force. A version that the house does not know is the shipped one.
func (d *Desk) rulesOf(ctx context.Context, v store.View, version string, now int64) (Rules, error) {
	r, err := d.rules(ctx, v, now)
	if err != nil || version == r.Version {
		return r, err
	}
	r.Policy = d.Policy
	p, err := v.PublishedVersion(ctx, version)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return r, nil
	case err != nil:
		return r, err
	}
	return r, d.lay(ctx, v, &r, p)
}

// rulesFor are those that an open ticket obeys: value by value the stricter of the
// version it was opened under and the one in force (R4).
func (d *Desk) rulesFor(ctx context.Context, v store.View, t recovery.Ticket, now int64) (Rules, error) {
	current, err := d.rules(ctx, v, now)
	if err != nil || t.PolicyVersion == "" || t.PolicyVersion == current.Version {
		return current, err
	}
	pinned, err := d.rulesOf(ctx, v, t.PolicyVersion, now)
	current.Policy = recovery.StricterValues(pinned.Policy, current.Policy)
	return current, err
}

// rulesFor are those that an open ticket obeys in this act.
func (c *Change) rulesFor(ctx context.Context, t recovery.Ticket) (Rules, error) {
	return c.desk.rulesFor(ctx, c.Tx.View, t, c.Now)
}

// obeys lets the rest of the act go by the rules that an open ticket obeys.
func (c *Change) obeys(ctx context.Context, t recovery.Ticket) (err error) {
	c.Rules, err = c.rulesFor(ctx, t)
	return err
}

// lay puts a published version over the rules. Parsed files are kept: a version
// never changes.
func (d *Desk) lay(ctx context.Context, v store.View, r *Rules, p store.Published) error {
	kept, ok := d.parsed.Load(p.Version)
	if !ok {
		var err error
		if kept, err = d.parse(ctx, v, p); err != nil {
			return fmt.Errorf("read %s %s: %w", p.Kind, p.Version, err)
		}
		d.parsed.Store(p.Version, kept)
	}
	switch kept := kept.(type) {
	case recovery.Policy:
		r.Policy = kept
	case recovery.Workflow:
		r.Flows[kept.ID] = kept
	}
	return nil
}

func (d *Desk) parse(ctx context.Context, v store.View, p store.Published) (any, error) {
	whole, err := v.PublishedVersion(ctx, p.Version)
	if err != nil {
		return nil, err
	}
	if p.Kind == store.PublishedPolicy {
		policy, faults := recovery.ReadPolicy([]byte(whole.Body))
		return policy, faulty(faults)
	}
	flow, faults := recovery.ParseWorkflow([]byte(whole.Body))
	return flow, faulty(faults)
}

func faulty(faults []recovery.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("line %s", faults[0])
}

// flow is the workflow that a ticket goes by: what it pinned, with the fresh
// proofs of one that was parked.
func (d *Desk) flow(ctx context.Context, v store.View, t recovery.Ticket) (recovery.Workflow, error) {
	w, err := d.workflow(ctx, v, t.WorkflowVersion)
	return w.For(t), err
}

// workflow finds the steps of a published or shipped version.
func (d *Desk) workflow(ctx context.Context, v store.View, version string) (recovery.Workflow, error) {
	if own := recovery.OwnKey(); own.Version == version {
		return own, nil
	}
	for _, w := range d.Flows {
		if w.Version == version {
			return w, nil
		}
	}
	r := Rules{Flows: recovery.Workflows{}}
	p, err := v.PublishedVersion(ctx, version)
	if err == nil {
		err = d.lay(ctx, v, &r, p)
	}
	for _, w := range r.Flows {
		return w, err
	}
	return recovery.Workflow{}, err
}

// ruling is what the policy asks of an open ticket now: field by field the
// stricter of the version it was opened under and the one in force (R4).
func (d *Desk) ruling(ctx context.Context, v store.View, t recovery.Ticket, now int64) (recovery.Ruling, error) {
	x, err := d.extra(ctx, v, t, now)
	if err != nil {
		return recovery.Ruling{}, err
	}
	a, err := v.Account(ctx, t.Account)
	if err != nil {
		return recovery.Ruling{}, err
	}
	c, err := d.caseOf(ctx, v, a, t, now)
	if err != nil {
		return recovery.Ruling{}, err
	}
	c.Extra = x
	pinned, err := d.rulesOf(ctx, v, t.PolicyVersion, now)
	if err != nil {
		return recovery.Ruling{}, err
	}
	current, err := d.rules(ctx, v, now)
	if err != nil || current.Version == pinned.Version {
		return pinned.Decide(c), err
	}
	return recovery.Stricter(pinned.Decide(c), current.Decide(c), pinned.Version, current.Version), nil
}

// caseOf is what a decision about a ticket, or one that is about to be opened,
// rests on beside the past.
func (d *Desk) caseOf(ctx context.Context, v store.View, a recovery.Account, t recovery.Ticket, now int64) (recovery.Case, error) {
	c := recovery.Case{Event: t.Event, Population: t.Population, Way: t.Way, InPerson: d.Settings.InPerson,
		Ended: a.ContractOver(now), Hired: a.Starting(now), FirstDay: a.StartsOn}
	c.Place = t.Place()
	c.Phishable = c.Place == recovery.OnPages // what the pages take can be phished: codes and a password
	threat, err := v.Threat(ctx)
	if err != nil {
		return c, err
	}
	c.Threat = threat.On(now)
	if c.Enrolled, err = v.EnrolmentLevel(ctx, a.ID); err != nil {
		return c, err
	}
	if a.Population == recovery.Service {
		if c.OwnerGone, err = v.PersonLeft(ctx, a.Person); err != nil {
			return c, err
		}
	}
	switch t.Event {
	case recovery.FirstEnrolment:
		c.HadFactor, err = v.HadFactorBeside(ctx, a.ID, t.ID)
		return c, err
	case recovery.Emergency:
		i, err := incidentOf(ctx, v, t)
		c.Incident = i.Open(now) && i.Lists(a)
		return c, err
	case recovery.Travel:
		var trip recovery.Trip
		trip, c.Trip, err = tripOf(ctx, v, t, now)
		c.Pool = trip.Pool
	}
	return c, err
}

// stillOffered refuses what the policy stopped offering after the ticket was
// opened: a Pass while raised-threat mode is on, an emergency whose incident was
// closed, a contract that ended; and what asks for more by now, of the proofs too
// (R4, R25).
func (c *Change) stillOffered(ctx context.Context, t recovery.Ticket) error {
	p, err := c.desk.proofing(ctx, c.Tx.View, t, c.Now)
	switch {
	case err != nil:
		return err
	case p.ruling.Refusal != nil:
		return p.ruling.Refusal
	case t.Self():
		return nil
	case t.Under(p.ruling) != t:
		return recovery.Refuse("stricter-now", "The policy asks for more than when this was asked.", "The agent goes on from the ticket, which says what is missing.")
	}
	all, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return err
	}
	return recovery.StillReaches(t, p.flow, all, p.policy, p.ruling)
}

// Ruling is what the policy asks of an open ticket now, with its reasons: for the
// ticket's page and for approvers.
func (d *Desk) Ruling(ctx context.Context, actor Actor, reference string) (recovery.Ruling, error) {
	staff, err := d.reader(ctx, actor, recovery.Agent, recovery.Approver, recovery.Reviewer, recovery.Auditor)
	if err != nil {
		return recovery.Ruling{}, err
	}
	v := d.view()
	t, err := v.TicketByReference(ctx, reference)
	if err == nil {
		err = inScope(ctx, v, staff, t.Account)
	}
	if err != nil {
		return recovery.Ruling{}, d.report(err)
	}
	r, err := d.ruling(ctx, v, t, d.now())
	return r, d.report(err)
}
