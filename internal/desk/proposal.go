package desk

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// A proposal is how the house changes (R4, R28, R56): an act files what it would
// do with (*Change).propose, further people sign it with their keys, and the last
// signature, or the sweep after a delay, does it. Who signs and what is done
// stands in proposalKindOf; what a kind does lives in that noun's own file.

// purposeProposal is what a challenge of BeginProposal is for.
const purposeProposal = "proposal"

// FileProposal files a change for the command line, or for an act of another
// package that has made the lines itself. On the machine it needs the keys of
// two administrators, filed by a person one further key. Refused like propose.
func (d *Desk) FileProposal(ctx context.Context, actor Actor, p recovery.Proposal) (recovery.Proposal, error) {
	err := d.change(ctx, actor, recovery.ProposalRefused, nil, func(ctx context.Context, c *Change) (err error) {
		p, err = c.propose(ctx, p)
		return err
	})
	return p, err
}

// propose files a change: Kind, Object, Title, Body, Lines and, for what makes
// the house laxer, Delay are the caller's; the rest is filled in. A person files
// with a fresh touch. What the kind could not put in force now is refused now.
// Approvers, administrators and auditors are told.
func (c *Change) propose(ctx context.Context, p recovery.Proposal) (recovery.Proposal, error) {
	kind, err := proposalKindOf(p.Kind)
	if err != nil {
		return p, err
	}
	if err := c.mayFile(ctx, kind); err != nil {
		return p, err
	}
	p.ID, p.FiledBy, p.Filed, p.Ends = c.desk.newID(), c.Actor.Person, c.Now, c.Now+recovery.ProposalWait
	p.State = recovery.ProposalWaiting
	if p.Needed, err = kind.needed(p); err != nil {
		return p, err
	}
	if err := recovery.CheckProposal(p); err != nil {
		return p, err
	}
	if err := kind.check(ctx, c, p); err != nil {
		return p, err
	}
	p.Entry, err = c.recordEntry(ctx, recovery.Event{Kind: recovery.ProposalFiled, Object: p.ID, Until: p.Ends, What: append([]string{p.Title}, p.Lines...),
		Data: map[string]string{"proposal": p.ID, "kind": string(p.Kind), "digest": p.Digest()}, Detail: p.Title})
	if err != nil {
		return p, err
	}
	c.at("/proposals/" + p.ID)
	return p, c.Tx.AddProposal(ctx, p)
}

// mayFile lets the machine file, and people whose role the kind names, behind a
// fresh touch.
func (c *Change) mayFile(ctx context.Context, kind proposalKind) error {
	if c.Actor.Kind == Machine || c.Actor.Kind == System {
		return nil
	}
	staff, err := c.staffer(ctx, kind.files...)
	if err != nil {
		return err
	}
	if err := kind.member(staff); err != nil {
		return err
	}
	return c.fresh(ctx)
}

// BeginProposal freezes the statement of a decision (approve, deny, or an
// auditor's veto) and asks a key for it. It refuses what DecideProposal would
// refuse. Denials and vetoes need a reason.
func (d *Desk) BeginProposal(ctx context.Context, actor Actor, id, decision, reason string) (Touch, error) {
	var text, data string
	err := d.Store.Snapshot(ctx, func(v store.View) error {
		p, err := v.Proposal(ctx, id)
		if err != nil {
			return err
		}
		f := frozen{Person: actor.Person, NotAfter: p.NotAfter(), keysAt: d.now()}
		if f.Decision, err = recovery.ParseProposalDecision(decision); err != nil {
			return err
		}
		if f.Reason, err = proposalReason(f.Decision, reason); err != nil {
			return err
		}
		if err := d.mayDecideProposal(ctx, v, actor, p, f.Decision, d.now()); err != nil {
			return err
		}
		if data, err = f.encode(); err != nil {
			return err
		}
		text, err = d.proposalText(ctx, v, p, f)
		return err
	})
	if err != nil {
		return Touch{}, d.refuse(ctx, actor, recovery.ProposalRefused, recovery.Ticket{}, err)
	}
	touch, err := d.beginTouch(ctx, actor, ask{purpose: purposeProposal, subject: id, statement: text, data: data, decides: true})
	if err != nil {
		return Touch{}, d.refuse(ctx, actor, recovery.ProposalRefused, recovery.Ticket{}, err)
	}
	return touch, nil
}

func proposalReason(decision recovery.Decision, reason string) (string, error) {
	if decision == recovery.Approve && reason == "" {
		return "", nil
	}
	return recovery.CheckText("reason", reason)
}

// mayDecideProposal is everything that must hold before a person may decide on
// a proposal: its row as it was filed, the role or the name, no part in it.
func (d *Desk) mayDecideProposal(ctx context.Context, v store.View, actor Actor, p recovery.Proposal, decision recovery.Decision, now int64) error {
	if actor.Kind != StaffAct {
		return recovery.NeedRole(recovery.Administrator)
	}
	if err := asFiled(ctx, v, p); err != nil {
		return err
	}
	kind, err := proposalKindOf(p.Kind)
	if err != nil {
		return err
	}
	roles := kind.signs
	if decision == recovery.Veto {
		roles = []recovery.Role{recovery.Auditor}
	}
	staff, err := staffOf(ctx, v, actor)
	if err != nil {
		return err
	}
	if err := mayAct(staff, now, roles...); err != nil {
		return err
	}
	if err := kind.member(staff); decision != recovery.Veto && err != nil {
		return err
	}
	people, err := proposalPeople(ctx, v, kind, p)
	if err != nil {
		return err
	}
	if decision != recovery.Veto {
		return recovery.MaySignProposal(p, actor.Person, people, now)
	}
	before, err := v.VetoedBefore(ctx, p)
	if err != nil {
		return err
	}
	return recovery.MayVeto(p, actor.Person, people, before, now)
}

// asFiled refuses a proposal whose row is not what the ledger says was filed.
func asFiled(ctx context.Context, v store.View, p recovery.Proposal) error {
	row, err := v.LedgerEntry(ctx, p.Entry)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if e := row.Entry; err != nil || e.Kind != string(recovery.ProposalFiled) || e.Object != p.ID || e.Data["digest"] != p.Digest() {
		return recovery.Refuse("proposal-altered", "This proposal is not what was filed: somebody changed its row.", "An administrator verifies the ledger; then it is filed again.")
	}
	return nil
}

func proposalPeople(ctx context.Context, v store.View, kind proposalKind, p recovery.Proposal) (recovery.ProposalPeople, error) {
	var people recovery.ProposalPeople
	var err error
	if people.Subjects, err = kind.subjects(p); err != nil {
		return people, err
	}
	if kind.named {
		people.Named = people.Subjects
	}
	signed, err := v.ProposalSignatures(ctx, p.ID)
	for _, g := range signed {
		people.Signed = append(people.Signed, g.Person)
	}
	return people, err
}

// proposalText is the exact text that is signed, from the rows as v has them now.
func (d *Desk) proposalText(ctx context.Context, v store.View, p recovery.Proposal, f frozen) (string, error) {
	s := recovery.ProposalStatement{RPID: d.RP.ID, Demo: d.Settings.Demo, Proposal: p, Decision: f.Decision, Reason: f.Reason}
	kind, err := proposalKindOf(p.Kind)
	if err != nil {
		return "", err
	}
	about, err := kind.subjects(p)
	if err != nil {
		return "", err
	}
	for _, id := range about {
		who, err := v.Person(ctx, id)
		if err != nil {
			return "", err
		}
		s.Subjects = append(s.Subjects, who)
	}
	if p.FiledBy != "" {
		if s.Filer, err = v.Person(ctx, p.FiledBy); err != nil {
			return "", err
		}
	}
	if s.Signer, err = v.Person(ctx, f.Person); err != nil {
		return "", err
	}
	keys, err := v.Keys(ctx, f.Person)
	s.KeyQuality = recovery.KeyQuality(recovery.DecidingKeys(keys, f.keysAt))
	return s.Text(), err
}

// ProposalDecision is a person's signed answer to a proposal.
type ProposalDecision struct {
	Proposal string
	// Decision is the button that was pressed; it must be the one that was frozen.
	Decision recovery.Decision
	Answer   Answer
}

// DecideProposal files a signed decision. The challenge is spent first and
// stays spent; then everything is asked again and the statement written anew:
// when it differs from what was signed, nothing is filed. A denial and a veto are
// terminal. The last signature that is needed puts the proposal in force, or
// starts its delay.
func (d *Desk) DecideProposal(ctx context.Context, actor Actor, in ProposalDecision) (recovery.Proposal, error) {
	t := &touched{purpose: purposeProposal, subject: in.Proposal, answer: in.Answer}
	var p recovery.Proposal
	err := d.change(store.Long(ctx), actor, recovery.ProposalRefused, t.spend, func(ctx context.Context, c *Change) (err error) {
		if p, err = c.Tx.Proposal(ctx, in.Proposal); err != nil {
			return err
		}
		if err := d.mayDecideProposal(ctx, c.Tx.View, actor, p, in.Decision, c.Now); err != nil {
			return err
		}
		key, assertion, err := c.finishDecision(ctx, t)
		if err != nil {
			return err
		}
		f, err := c.signedProposal(ctx, p, t, assertion)
		if err != nil {
			return err
		}
		if in.Decision != f.Decision {
			return recovery.Refuse("decision-differs", "The key signed another decision than the one that was sent.", "Read the proposal again and sign what you decide.")
		}
		if err := c.fileDecision(ctx, p, key, t, assertion, f); err != nil {
			return err
		}
		c.at("/proposals/" + p.ID)
		p, err = c.settleProposal(ctx, p, f.Decision)
		return err
	})
	return p, err
}

// signedProposal compares what was signed with the rows as they are now.
func (c *Change) signedProposal(ctx context.Context, p recovery.Proposal, t *touched, assertion stepup.Assertion) (frozen, error) {
	if assertion.BackupEligible {
		return frozen{}, recovery.Refuse("key-"+stepup.BackupEligible, "This key can be copied to another device, so it signs no proposal.", "Use a device-bound security key.")
	}
	f, err := thaw(t.spent.Data, c.Now)
	if err != nil {
		return f, err
	}
	text, err := c.desk.proposalText(ctx, c.Tx.View, p, f)
	if err != nil {
		return f, err
	}
	if text != t.spent.Statement {
		return f, recovery.Refuse("request-changed", "Something in this proposal changed after you read it, so nothing was signed.", "Read it again before you decide.")
	}
	return f, nil
}

// fileDecision writes the signed decision and the ledger entry that its receipt rests on.
func (c *Change) fileDecision(ctx context.Context, p recovery.Proposal, key recovery.Key, t *touched, assertion stepup.Assertion, f frozen) error {
	g := recovery.Signature{ID: c.desk.newID(), Approval: p.ID, Person: c.Actor.Person, Key: key.ID, Decision: f.Decision, Statement: t.spent.Statement,
		Nonce: t.spent.Nonce, ClientData: base64URL(assertion.ClientDataJSON), AuthData: base64URL(assertion.AuthenticatorData),
		Signature: base64URL(assertion.Signature), CredentialID: base64URL(assertion.CredentialID), At: c.Now}
	var err error
	g.Entry, err = c.recordEntry(ctx, recovery.Event{Kind: recovery.ProposalDecided, Object: p.ID, Detail: f.Reason,
		Data: map[string]string{"proposal": p.ID, stepup.DataDecision: string(f.Decision), stepup.DataStatement: stepup.StatementDigest(g.Statement),
			stepup.DataKey: key.Digest, stepup.DataPerson: c.Actor.Person}})
	if err != nil {
		return err
	}
	return c.Tx.AddProposalSignature(ctx, g)
}

// WithdrawProposal takes back what is not in force yet: the filer does, or any
// administrator what the command line filed.
func (d *Desk) WithdrawProposal(ctx context.Context, actor Actor, id string) error {
	return d.change(ctx, actor, recovery.ProposalRefused, nil, func(ctx context.Context, c *Change) error {
		staff, err := c.staffer(ctx, recovery.Roles...)
		if err != nil {
			return err
		}
		p, err := c.Tx.Proposal(ctx, id)
		if err != nil {
			return err
		}
		if err := recovery.MayWithdraw(p, staff, c.Now); err != nil {
			return err
		}
		c.at("/proposals/" + p.ID)
		_, err = c.endProposal(ctx, p, recovery.ProposalWithdrawn, recovery.ProposalTakenBack)
		return err
	})
}

// ProposalReceipt is the file that proves one signed decision on a proposal to
// anyone, like Receipt.
func (d *Desk) ProposalReceipt(ctx context.Context, actor Actor, proposal, signature string) ([]byte, error) {
	if _, err := d.houseReader(ctx, actor); err != nil {
		return nil, d.report(err)
	}
	var file []byte
	err := d.Store.Snapshot(ctx, func(v store.View) error {
		all, err := v.ProposalSignatures(ctx, proposal)
		if err != nil {
			return err
		}
		n := slices.IndexFunc(all, func(g recovery.Signature) bool { return g.ID == signature })
		if n < 0 {
			return store.ErrNotFound
		}
		file, err = d.prove(ctx, v, all[n])
		return err
	})
	return file, d.report(err)
}
