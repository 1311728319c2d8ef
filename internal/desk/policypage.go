package desk

import (
	"context"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// PolicyView is the policy in force, or a version, for staff.
type PolicyView struct {
	Rules    Rules
	Versions []store.Published
	Waiting  []recovery.Proposal // policies and workflows that wait for keys or for their effect
	MayEdit  bool
}

// PolicyPage reads what is in force. Every member of staff may (R3).
func (d *Desk) PolicyPage(ctx context.Context, actor Actor) (PolicyView, error) {
	staff, err := d.reader(ctx, actor, recovery.Roles...)
	if err != nil {
		return PolicyView{}, err
	}
	p := PolicyView{MayEdit: staff.Has(recovery.Administrator, d.now())}
	v := d.view()
	if p.Rules, err = d.rules(ctx, v, d.now()); err != nil {
		return p, d.report(err)
	}
	if p.Versions, err = v.AllPublished(ctx); err != nil {
		return p, d.report(err)
	}
	open, err := v.OpenProposals(ctx, waitingMax)
	for _, x := range open {
		if x.Kind == recovery.ProposePolicy || x.Kind == recovery.ProposeWorkflow {
			p.Waiting = append(p.Waiting, x)
		}
	}
	return p, d.report(err)
}

// PolicyText is the file of a version, for reading and for export.
func (d *Desk) PolicyText(ctx context.Context, actor Actor, version string) (string, error) {
	if _, err := d.reader(ctx, actor, recovery.Roles...); err != nil {
		return "", err
	}
	v := d.view()
	text, err := d.policyText(ctx, v, version)
	if err != nil {
		for _, w := range d.Flows {
			if w.Version == version {
				return recovery.WriteWorkflow(w), nil
			}
		}
	}
	return text, d.report(err)
}

// PublicWays is what the public pages offer now, before anybody typed a name.
type PublicWays struct {
	Backup, Mailed bool
	// Closed says that they take no codes for the time being (R25). Why, and for how
	// long, is not for callers (R3).
	Closed bool
	// Hold is how long an account stays restricted after a recovery in an unknown
	// browser, Window how long the holder of a standard account can object at the desk.
	Hold, Window recovery.Duration
}

// PublicWays reads which ways of the policy in force the public pages can walk, for
// any kind of account.
func (d *Desk) PublicWays(ctx context.Context) (PublicWays, error) {
	r, err := d.PublicPolicy(ctx)
	if err != nil {
		return PublicWays{}, err
	}
	threat, err := d.view().Threat(ctx)
	w := PublicWays{Closed: threat.On(d.now()), Hold: r.After.UnknownHold}
	for _, way := range r.Cell(recovery.DeviceLoss, recovery.Standard).Ways {
		if way.Place == recovery.AtDesk && w.Window.Zero() {
			w.Window = way.Window
		}
	}
	for _, row := range recovery.Populations {
		for _, way := range r.Cell(recovery.DeviceLoss, row).Ways {
			w.Backup = w.Backup || way.Place == recovery.OnPages && way.Artefact == recovery.BackupCode
			w.Mailed = w.Mailed || way.Place == recovery.OnPages && way.Artefact == recovery.SentCode
		}
	}
	return w, d.report(err)
}

// PublicPolicy is what anybody may read: each row in the words that Ruling.Public
// allows (R3).
func (d *Desk) PublicPolicy(ctx context.Context) (Rules, error) {
	r, err := d.rules(ctx, d.view(), d.now())
	return r, d.report(err)
}
