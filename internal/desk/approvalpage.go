package desk

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Sizes of the approvals page. Requests wait for half an hour only, so what
// waits fits on one page.
const (
	waitingMax  = 200
	decidedPage = 50
)

// ApprovalLine is one request on the approvals page.
type ApprovalLine struct {
	store.ApprovalRow
	Signed int64
	Needed int64 // second readers included
	Mine   bool  // the actor was drawn and has it reserved
	// Why the actor may not decide on it; nil means that it waits for the actor.
	Why *recovery.Refusal
}

// WaitingApprovals lists what waits: for the actor, and for others with the
// rule that keeps the actor out.
func (d *Desk) WaitingApprovals(ctx context.Context, actor Actor) (mine, others []ApprovalLine, err error) {
	staff, err := d.reader(ctx, actor, receiptReaders...)
	if err != nil {
		return nil, nil, d.report(err)
	}
	err = d.Store.Snapshot(ctx, func(v store.View) error {
		mine, others, err = d.waiting(ctx, v, staff, d.now())
		return err
	})
	return mine, others, d.report(err)
}

func (d *Desk) waiting(ctx context.Context, v store.View, staff recovery.Staff, now int64) (mine, others []ApprovalLine, err error) {
	rows, err := v.WaitingApprovals(ctx, waitingMax)
	if err != nil {
		return nil, nil, err
	}
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return nil, nil, err
	}
	took, err := v.WaitingParts(ctx, now-rules.Stricter.Repeat.After(0))
	if err != nil {
		return nil, nil, err
	}
	young, err := v.RecoveredApprovers(ctx, now-rules.Stricter.YoungApprover.After(0))
	if err != nil {
		return nil, nil, err
	}
	duty, err := v.DutyOf(ctx, staff.Person.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		if now >= r.Ends {
			continue // over, though not yet swept
		}
		parts := waitingParts(r, took)
		parts.Young = young
		line := ApprovalLine{ApprovalRow: r, Signed: int64(len(parts.Approvers)), Needed: r.Needed, Mine: r.Drawn == staff.Person.ID && now < r.Reserved}
		parts.Signers = recovery.Signers{Signatures: r.Needed, Groups: r.Groups, From: r.GroupFrom}
		if len(parts.Approvers) > 0 {
			if err := line.signers(ctx, v, &parts); err != nil {
				return nil, nil, err
			}
		}
		why := errors.Join(mayAct(staff, now, recovery.Approver), recovery.MayApprove(staff, parts), recovery.MustBeOn(duty, now),
			recovery.MayDecideFirst(r.Approval, staff.Person.ID, now))
		if errors.As(why, &line.Why) {
			others = append(others, line)
			continue
		}
		mine = append(mine, line)
	}
	slices.SortStableFunc(mine, func(a, b ApprovalLine) int { return first(b.Mine) - first(a.Mine) })
	return mine, others, nil
}

func first(is bool) int {
	if is {
		return 1
	}
	return 0
}

// signers completes a request that was signed once: second readers and groups.
func (l *ApprovalLine) signers(ctx context.Context, v store.View, parts *recovery.Parts) error {
	signed, err := v.Signatures(ctx, l.ID)
	if err != nil {
		return err
	}
	l.Needed = recovery.SignaturesNeeded(l.Approval, signed)
	parts.Signers, err = signersOf(ctx, v, l.Approval, l.GroupFrom, signed)
	return err
}

// waitingParts picks one ticket's people from those of all that wait.
func waitingParts(r store.ApprovalRow, took []store.WaitingPart) recovery.Parts {
	p := recovery.Parts{Holder: r.Holder, Requester: r.Requester}
	for _, t := range took {
		if t.Ticket != r.Ticket {
			continue
		}
		switch t.Part {
		case PartAgent:
			p.Agents = append(p.Agents, t.Person)
		case PartVoucher:
			p.Vouchers = append(p.Vouchers, t.Person)
		case "supplier":
			p.Supplier = true
		case "signed":
			p.Approvers = append(p.Approvers, t.Person)
		case "denied":
			p.Deniers = append(p.Deniers, t.Person)
		}
	}
	return p
}

// DecidedApprovals lists what no longer waits, newest first; more says that
// there is an older page behind the last row.
func (d *Desk) DecidedApprovals(ctx context.Context, actor Actor, before int64, beforeID string) (rows []store.ApprovalRow, more bool, err error) {
	if _, err := d.reader(ctx, actor, receiptReaders...); err != nil {
		return nil, false, d.report(err)
	}
	rows, err = d.view().DecidedApprovals(ctx, before, beforeID, decidedPage+1)
	if len(rows) > decidedPage {
		rows, more = rows[:decidedPage], true
	}
	return rows, more, d.report(err)
}

// ApprovalView is everything an approver reads before deciding, and everybody
// after.
type ApprovalView struct {
	recovery.Approval
	Facts   recovery.Statement // without decision and reason
	Names   map[string]string  // of the persons in the evidence
	Told    int                // mail addresses that are told
	InHand  bool               // none of them counts: an agent hands the opening notice over
	Signals []recovery.Signal  // what the caller knew: no proof
	Others  []OtherTier        // asked before at another tier
	Signed  []SignedView
	// Why the actor may not decide; nil when the form is shown.
	Why  *recovery.Refusal
	Keys []string // names of the actor's keys that may decide
	// Needed is how many signatures, second readers included.
	Needed int64
	// Waits says what the reset waits for once it is approved, beside its window.
	Waits string
	// Could are those who could decide while it waits; DrawnName is who was drawn.
	Could     []Candidate
	DrawnName string
}

// SignedView is one signed decision.
type SignedView struct {
	recovery.Signature
	Name, KeyName, Digest string
}

// ApprovalPage reads one request for whoever may read approvals.
func (d *Desk) ApprovalPage(ctx context.Context, actor Actor, id string) (ApprovalView, error) {
	if _, err := d.reader(ctx, actor, receiptReaders...); err != nil {
		return ApprovalView{}, d.report(err)
	}
	var p ApprovalView
	err := d.Store.Snapshot(ctx, func(v store.View) error {
		var err error
		if p.Approval, err = v.Approval(ctx, id); err != nil {
			return err
		}
		t, err := v.Ticket(ctx, p.Ticket)
		if err != nil {
			return err
		}
		f, err := d.freeze(ctx, v, actor, t)
		if err != nil {
			return err
		}
		if p.Waits, err = d.waits(ctx, v, t, d.now()); err != nil {
			return err
		}
		if p.Facts, err = d.statement(ctx, v, p.Approval, t, f); err != nil {
			return err
		}
		if p.Signals, err = v.Signals(ctx, t.ID); err != nil {
			return err
		}
		if p.Others, err = d.otherTiers(ctx, v, t); err != nil {
			return err
		}
		if err := p.people(ctx, v); err != nil {
			return err
		}
		letters, err := v.Letters(ctx, t.ID)
		if err != nil {
			return err
		}
		p.InHand = slices.ContainsFunc(letters, func(l recovery.Letter) bool { return l.Kind == recovery.LetterInHand && l.Done == t.NoticeAccepted })
		if err := d.awaited(ctx, v, &p, t); err != nil {
			return err
		}
		return d.mayPress(ctx, v, actor, &p)
	})
	return p, d.report(err)
}

// people fills in names, who signed, and who is told.
func (p *ApprovalView) people(ctx context.Context, v store.View) error {
	addresses, err := v.Addresses(ctx, p.Facts.Account.ID)
	if err != nil {
		return err
	}
	p.Told = len(slices.DeleteFunc(addresses, func(a recovery.Address) bool { return a.Kind != recovery.Mail || a.Ended != 0 }))
	p.Names = map[string]string{}
	for _, x := range p.Signals {
		if err := addNames(ctx, v, p.Names, x.Person); err != nil {
			return err
		}
	}
	for _, e := range p.Facts.Evidence {
		if e.By == "" || p.Names[e.By] != "" {
			continue
		}
		who, err := v.Person(ctx, e.By)
		if err != nil {
			return err
		}
		p.Names[e.By] = who.Name
	}
	signed, err := v.Signatures(ctx, p.ID)
	if err != nil {
		return err
	}
	p.Signed, err = signedViews(ctx, v, signed)
	return err
}

// awaited fills in who can decide while the request waits.
func (d *Desk) awaited(ctx context.Context, v store.View, p *ApprovalView, t recovery.Ticket) (err error) {
	signed := make([]recovery.Signature, len(p.Signed))
	for i, g := range p.Signed {
		signed[i] = g.Signature
	}
	now := d.now()
	p.Needed = recovery.SignaturesNeeded(p.Approval, signed)
	if p.State != recovery.ApprovalWaiting {
		return nil
	}
	if p.Drawn != "" && now < p.Reserved {
		if p.DrawnName, err = nameOf(ctx, v, p.Drawn); err != nil {
			return err
		}
	}
	p.Could, err = d.candidates(ctx, v, p.Approval, t, now)
	return err
}

// mayPress says whether the page has a form for this actor, and for which keys.
func (d *Desk) mayPress(ctx context.Context, v store.View, actor Actor, p *ApprovalView) error {
	err := d.mayDecide(ctx, v, actor, p.Approval, p.Facts.Ticket, d.now())
	if errors.As(err, &p.Why) {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := v.Keys(ctx, actor.Person)
	if err != nil {
		return err
	}
	usable, err := askable(keys, true, d.now())
	if errors.As(err, &p.Why) {
		return nil
	}
	for _, k := range usable {
		p.Keys = append(p.Keys, k.Name)
	}
	return err
}
