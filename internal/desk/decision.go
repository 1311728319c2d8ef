package desk

import (
	"context"
	"encoding/base64"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// purposeApproval is what a challenge of BeginApproval is for.
const purposeApproval = "approval"

// Decide is an approver's answer to a request.
type Decide struct {
	Approval string
	// Decision is the button that was pressed; it must be the one that was frozen.
	Decision recovery.Decision
	Answer   Answer
}

// BeginApproval freezes decision and reason into the statement that the
// approver reads, and asks a key for it. It refuses, by name of the rule, what
// Approve would refuse: no role, a part in the ticket, no key that may decide,
// a request that no longer waits (R15, R23, R28). Only Approve decides.
func (d *Desk) BeginApproval(ctx context.Context, actor Actor, id, decision, reason string) (Touch, error) {
	var t recovery.Ticket
	var text, data string
	err := d.Store.Snapshot(ctx, func(v store.View) error {
		a, err := v.Approval(ctx, id)
		if err != nil {
			return err
		}
		if t, err = v.Ticket(ctx, a.Ticket); err != nil {
			return err
		}
		if err := d.mayDecide(ctx, v, actor, a, t, d.now()); err != nil {
			return err
		}
		f, err := d.freeze(ctx, v, actor, t)
		if err != nil {
			return err
		}
		if f.Decision, err = recovery.ParseDecision(decision); err != nil {
			return err
		}
		if f.Reason, err = recovery.CheckText("reason", reason); err != nil {
			return err
		}
		if data, err = f.encode(); err != nil {
			return err
		}
		text, err = d.statementText(ctx, v, a, t, f)
		return err
	})
	if err != nil {
		return Touch{}, d.refuse(ctx, actor, recovery.ApprovalRefused, t, err)
	}
	touch, err := d.beginTouch(ctx, actor, ask{purpose: purposeApproval, subject: id, statement: text, data: data, decides: true})
	if err != nil {
		return Touch{}, d.refuse(ctx, actor, recovery.ApprovalRefused, t, err)
	}
	return touch, nil
}

// mayDecide is everything that must hold before a person may decide on a request.
func (d *Desk) mayDecide(ctx context.Context, v store.View, actor Actor, a recovery.Approval, t recovery.Ticket, now int64) error {
	if actor.Kind != StaffAct {
		return recovery.NeedRole(recovery.Approver)
	}
	staff, err := staffOf(ctx, v, actor)
	if err != nil {
		return err
	}
	if err := mayAct(staff, now, recovery.Approver); err != nil {
		return err
	}
	if err := recovery.MayDecide(a, t, now); err != nil {
		return err
	}
	signed, err := v.Signatures(ctx, a.ID)
	if err != nil {
		return err
	}
	parts, err := d.decisionParts(ctx, v, a, t, signed, now)
	if err != nil {
		return err
	}
	if err := recovery.MayApprove(staff, parts); err != nil {
		return err
	}
	duty, err := v.DutyOf(ctx, actor.Person)
	if err != nil {
		return err
	}
	if err := recovery.MustBeOn(duty, now); err != nil {
		return err
	}
	return recovery.MayDecideFirst(a, actor.Person, now)
}

// Approve files a signed decision. The challenge is spent first and stays
// spent. Then everything is asked again: role, part in the ticket, state and
// revision, the key and its user verification; and the statement is written anew
// from the rows as they are now: when it differs from what was signed, nothing
// is filed (classes B13, B14, B16). A denial is terminal. The last signature
// that is needed approves the ticket and schedules its execution.
func (d *Desk) Approve(ctx context.Context, actor Actor, in Decide) (recovery.Signature, error) {
	touched := &touched{purpose: purposeApproval, subject: in.Approval, answer: in.Answer}
	var g recovery.Signature
	keep := func(ctx context.Context, c *Change) error {
		if err := c.concernApproval(ctx, in.Approval); err != nil {
			return err
		}
		return touched.spend(ctx, c)
	}
	err := d.change(ctx, actor, recovery.ApprovalRefused, keep, func(ctx context.Context, c *Change) error {
		a, err := c.Tx.Approval(ctx, in.Approval)
		if err != nil {
			return err
		}
		t, err := c.Tx.Ticket(ctx, a.Ticket)
		if err != nil {
			return err
		}
		if err := c.obeys(ctx, t); err != nil {
			return err
		}
		if err := d.mayDecide(ctx, c.Tx.View, actor, a, t, c.Now); err != nil {
			return err
		}
		key, assertion, err := c.finishDecision(ctx, touched)
		if err != nil {
			return err
		}
		f, err := c.signedFacts(ctx, a, t, touched, assertion)
		if err != nil {
			return err
		}
		if in.Decision != f.Decision {
			return recovery.Refuse("decision-differs", "The key signed another decision than the one that was sent.", "Read the request again and sign what you decide.")
		}
		if g, err = c.file(ctx, a, key, touched, assertion, f); err != nil {
			return err
		}
		c.at("/approvals/" + a.ID)
		return c.settleRequest(ctx, a, t, f.Decision)
	})
	return g, err
}

// concernApproval lets even the refusal of a spent challenge stand beside its ticket.
func (c *Change) concernApproval(ctx context.Context, id string) error {
	a, err := c.Tx.Approval(ctx, id)
	if err != nil {
		return err
	}
	t, err := c.Tx.Ticket(ctx, a.Ticket)
	c.concern(t.ID, t.Account)
	return err
}

// signedFacts compares what was signed with the rows as they are now.
func (c *Change) signedFacts(ctx context.Context, a recovery.Approval, t recovery.Ticket, touched *touched, assertion stepup.Assertion) (frozen, error) {
	if assertion.BackupEligible {
		return frozen{}, recovery.Refuse("key-"+stepup.BackupEligible, "This key can be copied to another device, so it signs no approval.", "Use a device-bound security key.")
	}
	f, err := thaw(touched.spent.Data, c.Now)
	if err != nil {
		return f, err
	}
	text, err := c.desk.statementText(ctx, c.Tx.View, a, t, f)
	if err != nil {
		return f, err
	}
	if text != touched.spent.Statement {
		return f, recovery.Refuse("request-changed", "Something in this request changed after you read it, so nothing was signed.", "Read the request again before you decide.")
	}
	return f, nil
}

// file writes the signed decision and the ledger entry that its receipt rests on.
func (c *Change) file(ctx context.Context, a recovery.Approval, key recovery.Key, touched *touched, assertion stepup.Assertion, f frozen) (recovery.Signature, error) {
	enc := base64.RawURLEncoding.EncodeToString
	g := recovery.Signature{ID: c.desk.newID(), Approval: a.ID, Ticket: a.Ticket, Person: c.Actor.Person, Key: key.ID, Decision: f.Decision,
		Statement: touched.spent.Statement, Nonce: touched.spent.Nonce, ClientData: enc(assertion.ClientDataJSON), AuthData: enc(assertion.AuthenticatorData),
		Signature: enc(assertion.Signature), CredentialID: enc(assertion.CredentialID), At: c.Now}
	data := map[string]string{"approval": a.ID, stepup.DataDecision: string(f.Decision), stepup.DataStatement: stepup.StatementDigest(g.Statement),
		stepup.DataKey: key.Digest, stepup.DataPerson: c.Actor.Person}
	var err error
	if g.Hasty, err = c.hasty(ctx, a.ID, touched.spent.Made); err != nil {
		return g, err
	}
	if g.Hasty != "" {
		data["hasty"] = g.Hasty
	}
	g.Entry, err = c.recordEntry(ctx, recovery.Event{Kind: recovery.ApprovalDecided, Ticket: a.Ticket, Account: c.account, Object: a.ID, Detail: f.Reason, Data: data})
	if err != nil {
		return g, err
	}
	if err := c.Tx.AddSignature(ctx, g); err != nil {
		return g, err
	}
	return g, c.Tx.TakePart(ctx, a.Ticket, c.Actor.Person, PartApprover)
}

// settleRequest moves request and ticket once a decision is filed. The ticket's
// revision stays: the statement names it, and execution compares it again.
func (c *Change) settleRequest(ctx context.Context, a recovery.Approval, t recovery.Ticket, decision recovery.Decision) error {
	next := t
	if decision == recovery.Deny {
		next.State, next.Due, next.DueWhat, next.Outcome = recovery.Denied, 0, "", "denied"
		if err := c.Tx.SettleApproval(ctx, a.ID, recovery.ApprovalDenied); err != nil {
			return err
		}
		if err := c.move(ctx, t, next); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.ApprovalDenied_, Ticket: t.ID, Account: t.Account, Object: a.ID})
	}
	signed, err := c.Tx.Signatures(ctx, a.ID)
	if err != nil {
		return err
	}
	if int64(len(signed)) < recovery.SignaturesNeeded(a, signed) {
		return c.draw(ctx, a, t)
	}
	next.State = recovery.Approved
	next.Due, next.DueWhat = c.Rules.Fresh.NoticeWait.After(c.Now), dueNotice
	if t.NoticeAccepted != 0 {
		next.Due, next.DueWhat = signaturesEnd(signed), dueExecution
	}
	if err := c.Tx.SettleApproval(ctx, a.ID, recovery.ApprovalGiven); err != nil {
		return err
	}
	if err := c.move(ctx, t, next); err != nil {
		return err
	}
	if err := c.record(ctx, recovery.Event{Kind: recovery.ApprovalComplete, Ticket: t.ID, Account: t.Account, Object: a.ID}); err != nil {
		return err
	}
	return c.scheduleReset(ctx, next)
}

// move saves a ticket in its next state when the state machine has that step.
func (c *Change) move(ctx context.Context, from, to recovery.Ticket) error {
	if err := recovery.MayMove(from.State, to.State); err != nil {
		return err
	}
	return c.Tx.SaveTicket(ctx, from, to)
}
