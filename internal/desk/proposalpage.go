package desk

import (
	"context"
	"errors"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// ProposalLine is one open proposal on the list.
type ProposalLine struct {
	recovery.Proposal
	Signed int64
	// Why the actor may not sign it; nil means that it waits for the actor.
	Why *recovery.Refusal
}

// OpenProposals lists what is open: what waits for the actor's key, and the rest
// with the rule that keeps the actor out.
func (d *Desk) OpenProposals(ctx context.Context, actor Actor) (mine, others []ProposalLine, err error) {
	if _, err := d.houseReader(ctx, actor); err != nil {
		return nil, nil, d.report(err)
	}
	err = d.Store.Snapshot(ctx, func(v store.View) error {
		rows, err := v.OpenProposals(ctx, waitingMax)
		if err != nil {
			return err
		}
		signers, err := v.ProposalSigners(ctx)
		if err != nil {
			return err
		}
		for _, p := range rows {
			line := ProposalLine{Proposal: p, Signed: int64(len(signers[p.ID]))}
			err := d.mayDecideProposal(ctx, v, actor, p, recovery.Approve, d.now())
			switch {
			case err == nil:
				mine = append(mine, line)
			case errors.As(err, &line.Why):
				others = append(others, line)
			default:
				return err
			}
		}
		return nil
	})
	return mine, others, d.report(err)
}

// ClosedProposals lists what no longer waits, newest first; more says that there
// is an older page behind the last row.
func (d *Desk) ClosedProposals(ctx context.Context, actor Actor, before int64, beforeID string) (rows []recovery.Proposal, more bool, err error) {
	if _, err := d.houseReader(ctx, actor); err != nil {
		return nil, false, d.report(err)
	}
	rows, err = d.view().ClosedProposals(ctx, before, beforeID, decidedPage+1)
	if len(rows) > decidedPage {
		rows, more = rows[:decidedPage], true
	}
	return rows, more, d.report(err)
}

// ProposalView is everything that is read before signing, and after.
type ProposalView struct {
	recovery.Proposal
	Filer    string // name, "" for the command line
	Subjects []recovery.Person
	Signed   []SignedView
	// Why the actor may not sign and may not veto; nil when that button is shown.
	Why, WhyNoVeto *recovery.Refusal
	Withdraw       bool     // the actor may take it back
	Keys           []string // names of the actor's keys that may decide
}

// ProposalPage reads one proposal, for everyone whose role counts.
func (d *Desk) ProposalPage(ctx context.Context, actor Actor, id string) (ProposalView, error) {
	staff, err := d.houseReader(ctx, actor)
	if err != nil {
		return ProposalView{}, d.report(err)
	}
	var p ProposalView
	err = d.Store.Snapshot(ctx, func(v store.View) error {
		if p.Proposal, err = v.Proposal(ctx, id); err != nil {
			return err
		}
		if err := p.people(ctx, v); err != nil {
			return err
		}
		p.Withdraw = recovery.MayWithdraw(p.Proposal, staff, d.now()) == nil
		return d.mayPressProposal(ctx, v, actor, &p)
	})
	return p, d.report(err)
}

func (p *ProposalView) people(ctx context.Context, v store.View) error {
	if p.FiledBy != "" {
		who, err := v.Person(ctx, p.FiledBy)
		if err != nil {
			return err
		}
		p.Filer = who.Name
	}
	kind, err := proposalKindOf(p.Kind)
	if err != nil {
		return err
	}
	about, err := kind.subjects(p.Proposal)
	if err != nil {
		return err
	}
	for _, id := range about {
		who, err := v.Person(ctx, id)
		if err != nil {
			return err
		}
		p.Subjects = append(p.Subjects, who)
	}
	signed, err := v.ProposalSignatures(ctx, p.ID)
	if err != nil {
		return err
	}
	p.Signed, err = signedViews(ctx, v, signed)
	return err
}

// signedViews adds names to signed decisions.
func signedViews(ctx context.Context, v store.View, signed []recovery.Signature) ([]SignedView, error) {
	var out []SignedView
	for _, g := range signed {
		who, err := v.Person(ctx, g.Person)
		if err != nil {
			return nil, err
		}
		key, err := v.Key(ctx, g.Key)
		if err != nil {
			return nil, err
		}
		out = append(out, SignedView{Signature: g, Name: who.Name, KeyName: key.Name, Digest: stepup.StatementDigest(g.Statement)})
	}
	return out, nil
}

// mayPressProposal says which buttons the page has for this actor, and for which keys.
func (d *Desk) mayPressProposal(ctx context.Context, v store.View, actor Actor, p *ProposalView) error {
	err := d.mayDecideProposal(ctx, v, actor, p.Proposal, recovery.Approve, d.now())
	if err != nil && !errors.As(err, &p.Why) {
		return err
	}
	err = d.mayDecideProposal(ctx, v, actor, p.Proposal, recovery.Veto, d.now())
	if err != nil && !errors.As(err, &p.WhyNoVeto) {
		return err
	}
	keys, err := v.Keys(ctx, actor.Person)
	if err != nil {
		return err
	}
	usable, err := askable(keys, true, d.now())
	var none *recovery.Refusal
	if errors.As(err, &none) {
		if p.Why == nil {
			p.Why = none
		}
		if p.WhyNoVeto == nil {
			p.WhyNoVeto = none
		}
		return nil
	}
	for _, k := range usable {
		p.Keys = append(p.Keys, k.Name)
	}
	return err
}
