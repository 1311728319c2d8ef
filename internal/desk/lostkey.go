package desk

import (
	"context"
	"strconv"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// purposeLostKey is the ceremony of a report that a key is lost.
const purposeLostKey = "staff-key-lost"

// lostMax bounds how many tickets one lost key brings back: an approver decides
// fewer between two looks at the key. Ours.
const lostMax = 500

// BeginReportKey freezes the report that a key is lost since a moment, for its
// owner, with another key, or for an administrator (S6).
func (d *Desk) BeginReportKey(ctx context.Context, actor Actor, keyID string, since int64) (Touch, error) {
	_, text, err := d.lostStatement(ctx, d.view(), actor, keyID, since, d.now())
	if err != nil {
		return Touch{}, d.report(err)
	}
	return d.beginTouch(ctx, actor, ask{purpose: purposeLostKey, subject: keyID, statement: text, data: strconv.FormatInt(since, 10)})
}

func (d *Desk) lostStatement(ctx context.Context, v store.View, actor Actor, keyID string, since, now int64) (recovery.Key, string, error) {
	if actor.Kind != StaffAct {
		return recovery.Key{}, "", recovery.NeedRole(recovery.Administrator)
	}
	reporter, err := staffOf(ctx, v, actor)
	if err != nil {
		return recovery.Key{}, "", err
	}
	k, err := v.Key(ctx, keyID)
	if err != nil {
		return k, "", err
	}
	if err := recovery.MayReport(k, reporter, since, now); err != nil {
		return k, "", err
	}
	owner, err := v.Person(ctx, k.Person)
	return k, recovery.LostStatement{RPID: d.RP.ID, Demo: d.Settings.Demo, Key: k, Owner: owner, Since: since, Reporter: reporter.Person}.Text(), err
}

// ReportKey takes a lost key out of use at once: its owner's sessions end, what
// it approved since the stated moment and is not executed goes back to proofing,
// and what is executed goes to review again (S6). Refused: anybody but the owner
// and administrators, the lost key's own word, a second report.
func (d *Desk) ReportKey(ctx context.Context, actor Actor, keyID string, answer Answer) error {
	t := &touched{purpose: purposeLostKey, subject: keyID, answer: answer}
	return d.change(ctx, actor, recovery.StaffRefused, t.spend, func(ctx context.Context, c *Change) error {
		since, err := strconv.ParseInt(t.spent.Data, 10, 64)
		if err != nil {
			return err
		}
		k, text, err := d.lostStatement(ctx, c.Tx.View, actor, keyID, since, c.Now)
		if err != nil {
			return err
		}
		with, _, err := c.finishTouch(ctx, t)
		if err != nil {
			return err
		}
		if err := recovery.MayReportWith(k, with); err != nil {
			return err
		}
		if text != t.spent.Statement {
			return recovery.Refuse("request-changed", "Something about this key changed after you read the report.", "Open the page again and read it anew.")
		}
		c.at("/staff/" + k.Person)
		return c.lose(ctx, k, since, with)
	})
}

// lose does what follows from a report.
func (c *Change) lose(ctx context.Context, k recovery.Key, since int64, with recovery.Key) error {
	if _, err := c.Tx.LostKey(ctx, k.ID); !missing(err) {
		if err != nil {
			return err
		}
		return recovery.Refuse("already-reported", "This key was reported already.", "The person's page shows what became of its approvals.")
	}
	if err := c.Tx.ReportKey(ctx, store.LostKey{Key: k.ID, Since: since, Reported: c.Now, By: c.Actor.Person}); err != nil {
		return err
	}
	if k.Live() {
		if err := c.suspendKey(ctx, k, "it was reported lost"); err != nil {
			return err
		}
	}
	back, again, err := c.undecide(ctx, k, since)
	if err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.StaffKeyLost, Object: k.Person, Data: map[string]string{"person": k.Person, "key": k.Digest, "with": with.Digest,
		"since": recovery.UTC(since), "back": strconv.Itoa(back), "again": strconv.Itoa(again)}})
}

// undecide sends every ticket that the key approved since a moment where
// recovery.AfterLoss says, and counts them.
func (c *Change) undecide(ctx context.Context, k recovery.Key, since int64) (back, again int, err error) {
	all, err := c.Tx.TicketsApprovedWith(ctx, k.ID, since, lostMax)
	if err != nil {
		return 0, 0, err
	}
	for _, t := range all {
		goesBack, looked := recovery.AfterLoss(t)
		switch {
		case goesBack:
			back++
			err = c.voidFor(ctx, t, k)
		case looked:
			again++
			err = c.lookAgain(ctx, t, k)
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return back, again, nil
}

func (c *Change) voidFor(ctx context.Context, t recovery.Ticket, k recovery.Key) error {
	if err := c.backToProofing(ctx, t); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ApprovalVoided, Ticket: t.ID, Account: t.Account, Data: map[string]string{"why": "key-lost", "key": k.Digest}})
}

// lookAgain notes the reason and brings a ticket back to review; one whose
// holder is still expected is reviewed when it is done.
func (c *Change) lookAgain(ctx context.Context, t recovery.Ticket, k recovery.Key) error {
	if err := c.Tx.LookAgain(ctx, t.ID, k.ID); err != nil {
		return err
	}
	if t.State != recovery.Collecting {
		next := t
		next.State, next.Reviewed, next.ReviewedBy = recovery.InReview, 0, ""
		next.ReviewDue = recovery.SecondLookWithin.After(c.Now)
		next.Due, next.DueWhat = next.ReviewDue, "review"
		if t.State != next.State {
			if err := recovery.MayMove(t.State, next.State); err != nil {
				return err
			}
		}
		if err := c.Tx.SaveTicket(ctx, t, next); err != nil {
			return err
		}
	}
	return c.record(ctx, recovery.Event{Kind: recovery.ReviewDue, Ticket: t.ID, Account: t.Account, Data: map[string]string{"why": "key-lost", "key": k.Digest}})
}

// RevokeRecoveries ends every recovery that still lives on approvals of a lost
// key, in one act (S6): what could be enrolled in them cannot any more, and the
// accounts stay locked until they are recovered anew. By an administrator who
// touched a key lately.
func (d *Desk) RevokeRecoveries(ctx context.Context, actor Actor, keyID string) error {
	return d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		if _, err := c.staffer(ctx, recovery.Administrator); err != nil {
			return err
		}
		if err := c.fresh(ctx); err != nil {
			return err
		}
		k, err := c.Tx.Key(ctx, keyID)
		if err != nil {
			return err
		}
		live, err := c.Tx.LiveBecauseOf(ctx, keyID)
		if err != nil {
			return err
		}
		if len(live) == 0 {
			return recovery.Refuse("nothing-lives", "No recovery lives on approvals of this key.", "Reload the page to see what became of them.")
		}
		for _, t := range live {
			if err := c.lapse(ctx, t, "key-lost"); err != nil {
				return err
			}
		}
		c.at("/staff/" + k.Person)
		return nil
	})
}

// Loss is what became of a reported key's approvals.
type Loss struct {
	store.LostKey
	Again []recovery.Ticket // reviewed again
	Live  int               // of them, recoveries that can still enrol
}

// lossesOf reads the reports about a person's keys, by key id.
func lossesOf(ctx context.Context, v store.View, keys []recovery.Key) (map[string]Loss, error) {
	out := map[string]Loss{}
	for _, k := range keys {
		report, err := v.LostKey(ctx, k.ID)
		if missing(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		l := Loss{LostKey: report}
		if l.Again, err = v.LookedAtFor(ctx, k.ID); err != nil {
			return nil, err
		}
		for _, t := range l.Again {
			if t.State == recovery.Collecting {
				l.Live++
			}
		}
		out[k.ID] = l
	}
	return out, nil
}
