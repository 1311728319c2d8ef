package desk

import (
	"context"
	"errors"
	"strings"

	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// afterCompletion decides what a ticket waits for once the holder is back in:
// its review, its letters, or nothing. It sets State, ReviewDue, Due and
// Outcome; the caller has recorded RecoveryDone (which opens the letters) and
// saves the ticket. A desk ticket always has its completion letter open then
// (SP 800-63A-4 §3.10): without a review it rests under review with the outcome
// "letters" until those are posted.
func (c *Change) afterCompletion(ctx context.Context, t *recovery.Ticket) error {
	letters, err := c.Tx.Letters(ctx, t.ID)
	if err != nil {
		return err
	}
	why, within, err := c.reviewDrawn(ctx, *t)
	if err != nil {
		return err
	}
	switch {
	case len(why) > 0:
		t.State, t.ReviewDue = recovery.InReview, within.After(c.Now)
		t.Due, t.DueWhat = t.ReviewDue, "review"
		return c.record(ctx, recovery.Event{Kind: recovery.ReviewDue, Ticket: t.ID, Account: t.Account, Data: map[string]string{"why": recovery.JoinReasons(why)}})
	case !t.Self() || openLetters(letters):
		t.State, t.Outcome = recovery.InReview, recovery.LettersOnly
		t.Due, t.DueWhat = c.Now+recovery.LettersWithin, "letters"
		if !within.Zero() {
			t.Due = within.After(c.Now)
		}
	default:
		t.State, t.Outcome, t.Due, t.DueWhat = recovery.Closed, "recovered", 0, ""
	}
	return nil
}

func openLetters(all []recovery.Letter) bool {
	for _, l := range all {
		if l.Done == 0 {
			return true
		}
	}
	return false
}

// reviewDrawn says why a completed ticket is reviewed, and within what time, by the
// row's own rule; no reason is no review.
func (c *Change) reviewDrawn(ctx context.Context, t recovery.Ticket) (why []recovery.ReviewReason, within recovery.Duration, err error) {
	again, err := c.Tx.SecondLooks(ctx, t.ID)
	if err != nil {
		return nil, within, err
	}
	ruling, err := c.desk.ruling(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return nil, within, err
	}
	if len(again) == 0 && ruling.Way.Review.None() {
		return nil, ruling.Way.Review.Within, nil
	}
	first, err := c.firstPair(ctx, t)
	if err != nil {
		return nil, within, err
	}
	x, err := c.desk.extra(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return nil, within, err
	}
	draw, err := c.desk.Draw()
	why, within = recovery.ReviewReasons(ruling.Way.Review, first, x, draw), ruling.Way.Review.Within
	if len(again) > 0 {
		why, within = append([]recovery.ReviewReason{recovery.ReviewKeyLost}, why...), recovery.SecondLookWithin
	}
	return why, within, err
}

// firstPair says whether an agent and an approver of the ticket met for the first time.
func (c *Change) firstPair(ctx context.Context, t recovery.Ticket) (bool, error) {
	parts, err := c.parts(ctx, t)
	if err != nil {
		return false, err
	}
	for _, a := range parts.Agents {
		for _, b := range parts.Approvers {
			met, err := c.Tx.PairedBefore(ctx, a, b, t.ID)
			if err != nil || !met {
				return true, err
			}
		}
	}
	return false, nil
}

// Review records a reviewer's finding. Refused: whoever had a part in the
// ticket or reports to someone who had, a ticket that awaits no review, a
// concern without words.
func (d *Desk) Review(ctx context.Context, actor Actor, reference string, f recovery.Finding, words string) error {
	return d.change(ctx, actor, recovery.ReviewRefused, nil, func(ctx context.Context, c *Change) error {
		staff, t, err := c.reviewer(ctx, reference)
		if err != nil {
			return err
		}
		if err := recovery.MayFind(t, f, words); err != nil {
			return err
		}
		if err := recovery.FitText("text", words, recovery.TextMax); err != nil {
			return err
		}
		if err := c.Tx.TakePart(ctx, t.ID, staff.Person.ID, PartReviewer); err != nil {
			return err
		}
		done := t
		done.Reviewed, done.ReviewedBy, done.DueWhat = c.Now, staff.Person.ID, "closing"
		if err := c.Tx.SaveTicket(ctx, t, done); err != nil {
			return err
		}
		e := recovery.Event{Kind: recovery.Reviewed, Ticket: t.ID, Account: t.Account, Data: map[string]string{"finding": string(f)}, Detail: strings.TrimSpace(words)}
		if f == recovery.FindingConcern {
			e.Kind = recovery.ReviewConcern
		}
		return c.record(ctx, e)
	})
}

// reviewer reads the ticket and refuses whoever may not review it (R23).
func (c *Change) reviewer(ctx context.Context, reference string) (recovery.Staff, recovery.Ticket, error) {
	return c.ticketFor(ctx, reference, recovery.Reviewer, recovery.MayReview)
}

// CloseTicket closes a ticket when nothing on it is open. Where a review was
// due a reviewer closes; where only letters were, the agent may. The refusal
// names what is open.
func (d *Desk) CloseTicket(ctx context.Context, actor Actor, reference string) error {
	return d.change(ctx, actor, recovery.ReviewRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.closer(ctx, reference)
		if err != nil {
			return err
		}
		letters, err := c.Tx.Letters(ctx, t.ID)
		if err != nil {
			return err
		}
		restored, err := c.restored(ctx, t)
		if err != nil {
			return err
		}
		if err := recovery.MayClose(t, letters, restored); err != nil {
			return err
		}
		closed := t
		closed.State, closed.Due, closed.DueWhat, closed.Outcome = recovery.Closed, 0, "", "recovered"
		if t.Completed == 0 {
			closed.Outcome = "recovered-elsewhere"
		}
		if err := c.Tx.SaveTicket(ctx, t, closed); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.TicketClosed, Ticket: t.ID, Account: t.Account, Data: map[string]string{"outcome": closed.Outcome}})
	})
}

func (c *Change) closer(ctx context.Context, reference string) (recovery.Ticket, error) {
	t, err := c.Tx.TicketByReference(ctx, reference)
	if err != nil {
		return t, err
	}
	if t.ReviewDue != 0 {
		_, t, err = c.reviewer(ctx, reference)
		return t, err
	}
	staff, err := c.staffer(ctx, recovery.Reviewer, recovery.Agent)
	if err != nil {
		return t, err
	}
	if err := inScope(ctx, c.Tx.View, staff, t.Account); err != nil {
		return t, err
	}
	c.concern(t.ID, t.Account)
	c.at("/tickets/" + t.Reference)
	if staff.Person.ID == t.Holder {
		return t, recovery.Refuse("own-account", "You cannot close a recovery of your own account.", "Another person closes it.")
	}
	return t, nil
}

// restored says whether a lapsed ticket's account was recovered by a later
// ticket, or has ended (R21).
func (c *Change) restored(ctx context.Context, t recovery.Ticket) (bool, error) {
	account, err := c.Tx.Account(ctx, t.Account)
	if err != nil || account.Ended != 0 {
		return account.Ended != 0, err
	}
	all, err := c.Tx.TicketsOf(ctx, t.Account, earlierMax)
	for _, o := range all {
		if o.ID != t.ID && o.Completed > t.Opened && o.State != recovery.Frozen {
			return true, err
		}
	}
	return false, err
}

// letterText composes a letter task's sheet.
func (d *Desk) letterText(t recovery.Ticket, l recovery.Letter, a recovery.Account) (string, error) {
	kind, ok := letterNotice[l.Kind]
	if !ok {
		return "", errors.New("letter task of an unknown kind: " + l.Kind)
	}
	s := d.Settings
	return notify.Letter(string(kind), notify.Facts{Holder: a.Name, Account: a.ID, Population: string(a.Population), Reference: t.Reference, Event: string(t.Event),
		Tier: t.Tier.Words(), When: l.Made, Instance: s.Instance, Desk: notify.Desk{Place: s.InPerson.Place, Hours: s.InPerson.Hours, Phone: s.InPerson.Phone}})
}

// ReviewsPage lists the tickets under review, first due first, and for each the
// codes of why (recovery.ReviewWords).
func (d *Desk) ReviewsPage(ctx context.Context, actor Actor) (rows []store.QueueRow, why map[string]string, err error) {
	staff, err := d.reader(ctx, actor, recovery.Reviewer, recovery.Agent, recovery.Auditor)
	if err != nil {
		return nil, nil, err
	}
	rows, err = d.view().Queue(ctx, store.QueueFilter{States: []recovery.State{recovery.InReview}, Supplier: staff.Outsourced, Departments: staff.Scope, Limit: 200})
	if err != nil {
		return nil, nil, d.report(err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.Ticket.ID
	}
	why, err = d.view().ReviewWhy(ctx, ids)
	return rows, why, d.report(err)
}
