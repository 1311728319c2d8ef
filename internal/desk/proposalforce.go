package desk

import (
	"context"
	"errors"
	"fmt"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// settleProposal moves a proposal once a decision is filed.
func (c *Change) settleProposal(ctx context.Context, p recovery.Proposal, decision recovery.Decision) (recovery.Proposal, error) {
	switch decision {
	case recovery.Deny:
		return c.endProposal(ctx, p, recovery.ProposalDenied, recovery.ProposalRejected)
	case recovery.Veto:
		return c.endProposal(ctx, p, recovery.ProposalVetoed, recovery.ProposalStopped)
	}
	signed, err := c.Tx.ProposalSignatures(ctx, p.ID)
	if err != nil || int64(len(signed)) < p.Needed {
		return p, err
	}
	if p.Delay == 0 {
		return c.putInForce(ctx, p)
	}
	next := p
	next.State, next.Effective = recovery.ProposalSigned, c.Now+p.Delay
	if err := c.Tx.SaveProposal(ctx, p.State, next); err != nil {
		return p, err
	}
	return next, c.record(ctx, recovery.Event{Kind: recovery.ProposalComplete, Object: p.ID, Until: next.Effective,
		What: append([]string{p.Title, "Signed. It comes into force at " + recovery.UTC(next.Effective) + " unless an auditor vetoes it."}, p.Lines...),
		Data: map[string]string{"proposal": p.ID, "kind": string(p.Kind), "digest": p.Digest(), "effective": fmt.Sprint(next.Effective)}})
}

// endProposal ends a proposal that changes nothing.
func (c *Change) endProposal(ctx context.Context, p recovery.Proposal, state recovery.ProposalState, kind recovery.EventKind) (recovery.Proposal, error) {
	next := p
	next.State, next.Decided = state, c.Now
	if err := c.Tx.SaveProposal(ctx, p.State, next); err != nil {
		return p, err
	}
	what := []string{p.Title, "It is " + state.Words() + ", and nothing is changed."}
	if next.Why != "" {
		what = append(what, next.Why)
	}
	return next, c.record(ctx, recovery.Event{Kind: kind, Object: p.ID, What: what, Detail: next.Why,
		Data: map[string]string{"proposal": p.ID, "kind": string(p.Kind)}})
}

// putInForce does what was signed, whole or not at all. When the rows have moved
// on since it was filed, or a signature no longer holds, the proposal has failed:
// the reason stays with it, and the signatures do.
func (c *Change) putInForce(ctx context.Context, p recovery.Proposal) (recovery.Proposal, error) {
	err := c.attempt(ctx, func() error {
		kind, err := c.proposalHolds(ctx, p)
		if err != nil {
			return err
		}
		return kind.apply(ctx, c, p)
	})
	if why := movedOn(err); why != "" {
		p.Why = why
		return c.endProposal(ctx, p, recovery.ProposalFailed, recovery.ProposalImpossible)
	}
	if err != nil {
		return p, err
	}
	next := p
	next.State, next.Effective, next.Decided = recovery.ProposalInForce, c.Now, c.Now
	if err := c.Tx.SaveProposal(ctx, p.State, next); err != nil {
		return p, err
	}
	return next, c.record(ctx, recovery.Event{Kind: recovery.ProposalEffected, Object: p.ID, What: append([]string{p.Title, "It is in force."}, p.Lines...),
		Data: map[string]string{"proposal": p.ID, "kind": string(p.Kind), "digest": p.Digest()}})
}

// movedOn words why a proposal cannot come into force; "" for success and for
// failures that may pass.
func movedOn(err error) string {
	var refusal *recovery.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal.Text + " " + refusal.Next
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
		return "What it would change has changed since it was filed. File it again."
	}
	return ""
}

// attempt runs a part of an act that may say no without undoing the rest.
func (c *Change) attempt(ctx context.Context, part func() error) error {
	recorded, kinds, stays := c.recorded, len(c.kinds), len(c.stays)
	err := c.Tx.Savepoint(ctx, part)
	if err != nil {
		c.recorded, c.kinds, c.stays = recorded, c.kinds[:kinds], c.stays[:stays]
	}
	return err
}

// proposalHolds asks again all that the decisions asked: the row as filed, and of
// each signature its person, its key, its bytes and its text. A key that was lost
// or a role that ended before the effect has not decided anything.
func (c *Change) proposalHolds(ctx context.Context, p recovery.Proposal) (proposalKind, error) {
	kind, err := proposalKindOf(p.Kind)
	if err != nil {
		return kind, err
	}
	if err := asFiled(ctx, c.Tx.View, p); err != nil {
		return kind, err
	}
	if c.Now > p.NotAfter() {
		return kind, recovery.Refuse("proposal-expired", "Its signatures ended at "+recovery.UTC(p.NotAfter())+".", "File it again.")
	}
	about, err := kind.subjects(p)
	if err != nil {
		return kind, err
	}
	people := recovery.ProposalPeople{Subjects: about}
	if kind.named {
		people.Named = about
	}
	if err := c.filerHolds(ctx, p, kind); err != nil {
		return kind, err
	}
	all, err := c.Tx.ProposalSignatures(ctx, p.ID)
	if err != nil {
		return kind, err
	}
	for _, g := range all {
		if err := c.proposalSignatureHolds(ctx, p, kind, people, g); err != nil {
			return kind, err
		}
		people.Signed = append(people.Signed, g.Person)
	}
	if int64(len(all)) < p.Needed {
		return kind, recovery.Refuse("signatures-missing", "It does not carry all its signatures.", "File it again.")
	}
	return kind, nil
}

// filerHolds refuses what somebody filed who may not file any more: the filer is
// one of its hands. Where it names its signers they are all of them.
func (c *Change) filerHolds(ctx context.Context, p recovery.Proposal, kind proposalKind) error {
	if p.FiledBy == "" || kind.named {
		return nil
	}
	staff, err := c.Tx.Staff(ctx, p.FiledBy)
	if err != nil {
		return err
	}
	if mayAct(staff, c.Now, kind.files...) != nil || kind.member(staff) != nil {
		return recovery.Refuse("filer-gone", "Whoever filed it may not do so any more.", "Somebody who may files it again.")
	}
	return nil
}

func (c *Change) proposalSignatureHolds(ctx context.Context, p recovery.Proposal, kind proposalKind, people recovery.ProposalPeople, g recovery.Signature) error {
	staff, err := c.Tx.Staff(ctx, g.Person)
	if err != nil {
		return err
	}
	if err := mayAct(staff, c.Now, kind.signs...); err != nil {
		return err
	}
	if err := kind.member(staff); err != nil {
		return err
	}
	asked := p
	asked.State = recovery.ProposalWaiting
	if err := recovery.MaySignProposal(asked, g.Person, people, g.At); err != nil {
		return err
	}
	if err := c.signatureVerifies(ctx, g, stepup.KindProposalDecided); err != nil {
		return err
	}
	return signedThis(p, g)
}

// signedThis compares the signed text with the proposal: its digest covers
// everything that was filed.
func signedThis(p recovery.Proposal, g recovery.Signature) error {
	broken := recovery.Refuse("signature-broken", "A stored signature is about another proposal.", "An administrator verifies the ledger; then it is filed again.")
	s, err := stepup.ParseStatement(g.Statement)
	if err != nil || s.Label != stepup.ProposalLabel {
		return broken
	}
	for name, want := range map[string]string{"proposal": p.ID, "proposal-sha256": p.Digest(), stepup.HeaderApproverID: g.Person, stepup.HeaderDecision: string(recovery.Approve)} {
		if got, ok := s.Value(name); !ok || got != want {
			return broken
		}
	}
	return nil
}

// SweepProposals ends what nobody signed in time and puts in force what is
// signed and whose delay is over, each in an act of its own.
func (d *Desk) SweepProposals(ctx context.Context) error {
	due, err := d.view().DueProposals(ctx, d.now(), sweepBatch)
	if err != nil {
		return d.report(err)
	}
	var errs []error
	for _, p := range due {
		errs = append(errs, d.FinishProposal(ctx, p.ID))
	}
	return errors.Join(errs...)
}

// FinishProposal does what the clock says about a proposal: it expires, or it
// comes into force. One that is not due is left alone.
func (d *Desk) FinishProposal(ctx context.Context, id string) error {
	return d.change(store.Long(ctx), Actor{Kind: System}, recovery.ProposalRefused, nil, func(ctx context.Context, c *Change) error {
		p, err := c.Tx.Proposal(ctx, id)
		switch {
		case err != nil:
			return err
		case p.State == recovery.ProposalWaiting && c.Now >= p.Ends:
			_, err = c.endProposal(ctx, p, recovery.ProposalExpired, recovery.ProposalTimedOut)
		case p.State == recovery.ProposalSigned && c.Now >= p.Effective:
			_, err = c.putInForce(ctx, p)
		}
		return err
	})
}
