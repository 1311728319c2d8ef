package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// orderPause is how long a directory that failed is left alone.
const orderPause = recovery.Minute

// noticeAccepted starts the objection window: an independent address took the
// opening notice (R26, R29). The first acceptance counts.
func (c *Change) noticeAccepted(ctx context.Context, t recovery.Ticket) error {
	if t.NoticeAccepted != 0 {
		return nil
	}
	ruling, err := c.desk.ruling(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return err
	}
	next := t
	next.NoticeAccepted, next.WindowEnds = c.Now, ruling.Way.Window.After(c.Now)
	if t.State == recovery.Approved {
		_, signed, err := c.givenApproval(ctx, t)
		if err != nil {
			return err
		}
		next.Due, next.DueWhat = signaturesEnd(signed), dueExecution
	}
	if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
		return err
	}
	return c.scheduleReset(ctx, next)
}

// scheduleReset queues the execution of an approved ticket for the end of its
// objection window. Approval and notice come in any order; the second queues.
func (c *Change) scheduleReset(ctx context.Context, t recovery.Ticket) error {
	if t.State != recovery.Approved || t.NoticeAccepted == 0 {
		return nil
	}
	return c.queue(ctx, store.Job{Kind: JobExecute, Object: t.ID, Ticket: t.ID, Account: t.Account, RunAt: max(c.Now, t.WindowEnds),
		Unique: fmt.Sprintf("%s:%s:%d", JobExecute, t.ID, t.Revision)})
}

// ExecuteReset is the final gate, and orders the reset. It asks again all that
// approval asked: window over, notice accepted, and for every signature its
// person, its key, its bytes, and that the statement is still what the rows
// say. A signature that no longer holds sends the ticket back to proofing for a
// new request. Where the window was long it waits for the holder to come back.
// The job is finished whatever the answer.
func (d *Desk) ExecuteReset(ctx context.Context, j store.Job) error {
	err := d.change(ctx, Actor{Kind: System}, recovery.ResetFailed, nil, func(ctx context.Context, c *Change) error {
		c.stay(func(ctx context.Context, c *Change) error { return c.Tx.FinishJob(ctx, j) })
		t, err := c.Tx.Ticket(ctx, j.Object)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		if err := c.obeys(ctx, t); err != nil {
			return err
		}
		if err := recovery.MayExecute(t, c.Now); err != nil {
			return err
		}
		if err := cmp.Or(c.stillOffered(ctx, t), c.signaturesHold(ctx, t)); err != nil {
			c.stay(func(ctx context.Context, c *Change) error { return c.backToProofing(ctx, t) })
			return err
		}
		if t.Awaits(c.Rules.Fresh) {
			return c.await(ctx, t, j)
		}
		return c.order(ctx, t, j)
	})
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) {
		return nil // recorded; there is nothing to repeat
	}
	return err
}

// order hands the reset to the directory.
func (c *Change) order(ctx context.Context, t recovery.Ticket, j store.Job) error {
	next := t
	next.State, next.Due, next.DueWhat = recovery.Executing, c.Rules.Request.Execute.After(c.Now), dueDirectory
	if err := c.move(ctx, t, next); err != nil {
		return err
	}
	if err := c.Tx.FinishJob(ctx, j); err != nil {
		return err
	}
	if err := c.queue(ctx, store.Job{Kind: JobOrder, Object: t.ID, Ticket: t.ID, Account: t.Account,
		Unique: fmt.Sprintf("%s:%s:%d", JobOrder, t.ID, t.Revision)}); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ResetOrdered, Ticket: t.ID, Account: t.Account})
}

// signaturesHold refuses unless as many signatures as the request needs are
// still good.
func (c *Change) signaturesHold(ctx context.Context, t recovery.Ticket) error {
	a, signed, err := c.givenApproval(ctx, t)
	if err != nil {
		return err
	}
	parts, err := c.desk.decisionParts(ctx, c.Tx.View, a, t, signed, c.Now)
	if err != nil {
		return err
	}
	for _, g := range signed {
		if err := c.signatureHolds(ctx, a, t, g, parts); err != nil {
			return err
		}
	}
	if int64(len(signed)) < recovery.SignaturesNeeded(a, signed) || !parts.Signers.Complete() {
		return recovery.Refuse("signatures-missing", "The request does not carry all its signatures.", "The agent asks again from the ticket.")
	}
	return nil
}

// givenApproval is the request that was approved for the ticket's revision,
// with its signatures.
func (c *Change) givenApproval(ctx context.Context, t recovery.Ticket) (recovery.Approval, []recovery.Signature, error) {
	all, err := c.Tx.ApprovalsOf(ctx, t.ID)
	if err != nil {
		return recovery.Approval{}, nil, err
	}
	for _, a := range all {
		if a.State == recovery.ApprovalGiven && a.Revision == t.Revision {
			signed, err := c.Tx.Signatures(ctx, a.ID)
			return a, signed, err
		}
	}
	return recovery.Approval{}, nil, recovery.Refuse("signatures-missing", "No approved request belongs to the ticket as it is now.", "The agent asks again from the ticket.")
}

// signaturesEnd is until when a set of signatures may be executed: the earliest
// end that one of their statements names, 0 when there is none.
func signaturesEnd(signed []recovery.Signature) int64 {
	end := int64(0)
	for _, g := range signed {
		if at, ok := signedUntil(g); ok && (end == 0 || at < end) {
			end = at
		}
	}
	return end
}

// signatureHolds asks of one signature what was asked when it was made. The
// person must still be an approver and the key still in use: a key that was
// lost or copied before the reset ran has not decided anything (S6).
func (c *Change) signatureHolds(ctx context.Context, a recovery.Approval, t recovery.Ticket, g recovery.Signature, parts recovery.Parts) error {
	staff, err := c.Tx.Staff(ctx, g.Person)
	if err != nil {
		return err
	}
	if err := mayAct(staff, c.Now, recovery.Approver); err != nil {
		return err
	}
	if err := recovery.MayApprove(staff, without(parts, g.Person)); err != nil {
		return err
	}
	if err := c.signatureVerifies(ctx, g, stepup.KindDecided); err != nil {
		return err
	}
	return c.statementHolds(ctx, a, t, g)
}

// signatureVerifies asks whether the key still decides, checks the stored bytes as
// anyone could from the receipt, and that the ledger recorded just this decision
// and the admission of just this public key: a key that somebody wrote into the
// row has neither. kind is that of the ledger entry which records such decisions.
func (c *Change) signatureVerifies(ctx context.Context, g recovery.Signature, kind string) error {
	key, err := c.Tx.Key(ctx, g.Key)
	if err != nil {
		return err
	}
	if err := key.MayDecide(c.Now); err != nil {
		return err
	}
	broken := recovery.Refuse("signature-broken", "A stored signature does not verify.", "An administrator verifies the ledger; then it is asked for again.")
	data, err := receiptOf(g, key).Encode()
	if err != nil {
		return err
	}
	if r := stepup.VerifyReceipt(data, ""); r.Status != stepup.ValidNotTied || r.Decision != string(recovery.Approve) {
		return broken
	}
	decided, err := c.entryAbout(ctx, g.Entry, kind, key)
	if err != nil {
		return err
	}
	admitted, err := c.entryAbout(ctx, key.ConfirmEntry, stepup.KindKeyCounted, key)
	if err != nil {
		return err
	}
	if key.Person != g.Person || admitted == nil || decided[stepup.DataStatement] != stepup.StatementDigest(g.Statement) {
		return broken
	}
	return nil
}

// entryAbout is what a ledger entry of this kind says about this very key of its
// person; nil when it is about anything else.
func (c *Change) entryAbout(ctx context.Context, seq int64, kind string, key recovery.Key) (map[string]string, error) {
	row, err := c.Tx.LedgerEntry(ctx, seq)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	data := row.Entry.Data
	if err != nil || row.Entry.Kind != kind || data[stepup.DataPerson] != key.Person || data[stepup.DataKey] != stepup.Digest(unbase64(key.PublicKey)) {
		return nil, err
	}
	return data, nil
}

// statementHolds compares what was signed with what would be executed now.
func (c *Change) statementHolds(ctx context.Context, a recovery.Approval, t recovery.Ticket, g recovery.Signature) error {
	same, err := c.desk.stillTrue(ctx, c.Tx.View, a, t, g)
	if err != nil {
		return err
	}
	if !same {
		return recovery.Refuse("request-changed", "Something that was signed is no longer so.", "The agent asks again from the ticket.")
	}
	if until, ok := signedUntil(g); !ok || c.Now >= until {
		return recovery.Refuse("signature-ended", "The signature may no longer be executed.", "The agent asks again from the ticket.")
	}
	return nil
}

// FinishReset takes the directory's answer. On success the old passkeys are
// suspended, the holder's sessions ended, the code sets retired, and the holder
// has 30 minutes to come back to the claimed browser. A directory that fails is
// asked again for 15 minutes; then the ticket goes back for a new request.
func (d *Desk) FinishReset(ctx context.Context, j store.Job, out directory.Outcome, failure error) error {
	again := false
	err := d.change(ctx, Actor{Kind: System}, recovery.ResetFailed, nil, func(ctx context.Context, c *Change) error {
		again = false
		c.stay(func(ctx context.Context, c *Change) error { return c.Tx.FinishJob(ctx, j) })
		t, err := c.Tx.Ticket(ctx, j.Object)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		if err := c.obeys(ctx, t); err != nil {
			return err
		}
		if t.State != recovery.Executing {
			return recovery.Refuse("wrong-state", "The ticket is "+t.State.Words()+", so nothing is executed.", "Reload the ticket to see where it stands.")
		}
		if failure != nil {
			again, err = c.directoryFailed(ctx, t, j, failure)
			return err
		}
		if err := c.Tx.FinishJob(ctx, j); err != nil {
			return err
		}
		return c.executed(ctx, t, out)
	})
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) {
		return nil
	}
	if err == nil && again {
		return d.report(d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
			return s.DelayJob(ctx, j, s.Now()+orderPause, failure.Error())
		}))
	}
	return err
}

// directoryFailed records the failure; again says that the order is repeated.
func (c *Change) directoryFailed(ctx context.Context, t recovery.Ticket, j store.Job, failure error) (again bool, err error) {
	again = c.Now+orderPause < c.Rules.Request.Execute.After(t.StateSince)
	if !again {
		if err := c.Tx.FailJob(ctx, j, failure.Error()); err != nil {
			return false, err
		}
		if err := c.backToProofing(ctx, t); err != nil {
			return false, err
		}
	}
	return again, c.record(ctx, recovery.Event{Kind: recovery.ResetFailed, Ticket: t.ID, Account: t.Account, Detail: failure.Error(),
		Data: map[string]string{"reason": "directory", "try": strconv.FormatInt(j.Tries, 10)}})
}

// executed does in our own rows what the statement said and tells the holder.
func (c *Change) executed(ctx context.Context, t recovery.Ticket, out directory.Outcome) error {
	account, factors, _, err := subject(ctx, c.Tx.View, t)
	if err != nil {
		return err
	}
	for _, f := range factors {
		if err := c.Tx.SuspendFactor(ctx, f.ID, t.ID, c.Now); err != nil {
			return err
		}
	}
	if err := c.undoTakeover(ctx, t); err != nil {
		return err
	}
	if t.TakesAway() {
		if err := c.endHolderSessions(ctx, t.Account, "reset"); err != nil {
			return err
		}
		if err := c.retireCodes(ctx, t.Account, "", WhyRecovered); err != nil {
			return err
		}
	}
	if err := c.Tx.SetAccountMarks(ctx, account.ID, account.MailedLink, account.Hold, c.Rules.Populations[t.Population].ContactBlock.After(c.Now)); err != nil {
		return err
	}
	next := t
	next.State, next.Executed = recovery.Collecting, c.Now
	next.Due, next.DueWhat = c.Rules.Fresh.Collecting.After(c.Now), dueHolder
	if err := c.move(ctx, t, next); err != nil {
		return err
	}
	kind := recovery.ResetExecuted
	if !t.TakesAway() {
		kind = recovery.GrantReady
	}
	return c.record(ctx, recovery.Event{Kind: kind, Ticket: t.ID, Account: t.Account,
		Data: map[string]string{"suspended": strconv.Itoa(len(factors)), "order": out.Reference}})
}
