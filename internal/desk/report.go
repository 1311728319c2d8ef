package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// ReportLoss is what a stranger gives on the public page.
type ReportLoss struct {
	Account string // as typed: an id or a mail address
	What    string
	Code    string // a backup code, as typed; "" for a mere warning
	Browser string // secret of the known-browser cookie, "" for none
}

// ReportLoss takes a report of loss from the public page. Whoever knows no more than
// a name only warns: the holder is told at every address, security too, and the desk
// sees it; once a day and account. With a live backup code, which is spent, it
// suspends every passkey, ends every session and what is under way on the pages,
// and lets the other codes sleep; any other code, and one that meets a closed lane,
// warns. The answer is the same for every name and every well-formed code (R39).
// Refused before anything is looked at: account-missing, loss-missing, code-typo,
// code-malformed.
func (d *Desk) ReportLoss(ctx context.Context, actor Actor, in ReportLoss) error {
	what, err := recovery.ParseLoss(in.What)
	if err != nil {
		return err
	}
	name := recovery.AccountName(in.Account)
	if name == "" {
		return recovery.AccountMissing()
	}
	if in.Code == "" {
		return d.askWarning(ctx, actor, what, name)
	}
	p, err := d.present(ctx, actor, PresentCode{Account: name, Code: in.Code, Browser: in.Browser, Facts: lostAndLocked})
	if err != nil {
		return d.report(err)
	}
	shut, err := d.closed(ctx, p.try)
	if err != nil {
		return d.report(err)
	}
	if !shut {
		err = d.change(ctx, actor, recovery.BackupRefused, nil, func(ctx context.Context, c *Change) error { return c.reportWithCode(ctx, p, what) })
	}
	if shut || refusedAs(err, recovery.NotYou().Code) {
		return d.askWarning(ctx, actor, what, name)
	}
	return err
}

// askWarning leaves the looking up to the worker, so that a known name takes no
// longer than an unknown one.
func (d *Desk) askWarning(ctx context.Context, actor Actor, what recovery.Loss, name string) error {
	account, err := d.view().AccountByName(ctx, name)
	if err != nil && !isNotFound(err) {
		return d.report(err)
	}
	prefix := recovery.Prefix(actor.IP)
	j := store.Job{ID: d.newID(), Kind: JobWarn, Object: string(what), Account: account.ID, Payload: prefix, Unique: JobWarn + ":" + prefix + ":" + d.bucket(name)}
	err = d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error { return s.AddJob(ctx, j) })
	d.Nudge()
	return d.report(err)
}

// WarnLoss does what an unproved report of a stranger may do. Each counts as a
// failure of its address, so that nobody warns the whole directory.
func (d *Desk) WarnLoss(ctx context.Context, j store.Job) error {
	return d.change(ctx, Actor{Kind: System}, recovery.JobFailed, nil, func(ctx context.Context, c *Change) error {
		if err := c.Tx.DropJob(ctx, j); err != nil {
			return err
		}
		from := try{method: "report", prefix: j.Payload}
		if shut, err := c.closed(ctx, from); err != nil || shut {
			return err
		}
		if err := c.failed(ctx, from); err != nil || j.Account == "" {
			return err
		}
		return c.warn(ctx, j.Account, recovery.Loss(j.Object))
	})
}

// warn writes an unproved report and tells the holder, once a day and account.
func (c *Change) warn(ctx context.Context, account string, what recovery.Loss) error {
	open, err := c.Tx.OpenReports(ctx, account)
	if err != nil || slices.ContainsFunc(open, func(r recovery.LossReport) bool { return c.Now-r.Made < recovery.Day }) {
		return err
	}
	r := recovery.LossReport{ID: c.desk.newID(), Account: account, What: what, Made: c.Now}
	if c.Actor.Kind == StaffAct {
		r.By = c.Actor.Person
	}
	if err := c.Tx.AddReport(ctx, r); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.LossReported, Account: account, Object: r.ID, What: []string{what.Words()}, Data: map[string]string{"what": string(what)}})
}

// reportWithCode suspends for a live code; any other counts a try.
func (c *Change) reportWithCode(ctx context.Context, p presented, what recovery.Loss) error {
	if shut, err := c.closed(ctx, p.try); err != nil || shut {
		return closedAs(didNotWork(""), err)
	}
	code, err := c.Tx.CodeByHash(ctx, p.hash)
	switch {
	case isNotFound(err):
		err = c.countedTry(p.try, didNotWork(""))
	case err == nil:
		c.concern("", code.Account)
		err = c.codeLives(ctx, p, code)
	}
	if err != nil {
		return err
	}
	r := recovery.LossReport{ID: c.desk.newID(), Account: code.Account, What: what, Proof: recovery.ProvedByCode}
	if err := c.Tx.SpendCode(ctx, code, r.Holder()); err != nil {
		return err
	}
	if err := c.suspend(ctx, r, nil); err != nil {
		return err
	}
	return c.cleared(ctx, p.try)
}

// suspend does what a proved report means. chosen are the passkeys that it is
// about; none chosen means all.
func (c *Change) suspend(ctx context.Context, r recovery.LossReport, chosen []string) error {
	r.Made, r.Suspends = c.Now, c.Now
	all, err := c.Tx.Factors(ctx, r.Account)
	if err != nil {
		return err
	}
	told := []string{"reported: " + r.What.Words()}
	for _, f := range recovery.GoneWith(all) {
		if len(chosen) > 0 && !slices.Contains(chosen, f.ID) {
			continue
		}
		if err := c.Tx.SuspendFactor(ctx, f.ID, r.Holder(), c.Now); err != nil {
			return err
		}
		told = append(told, "suspended: passkey "+strconv.Quote(f.Name))
	}
	if err := c.Tx.AddReport(ctx, r); err != nil {
		return err
	}
	if err := c.endSelf(ctx, r.Account, "reported"); err != nil {
		return err
	}
	if err := c.endHolderSessions(ctx, r.Account, "reported"); err != nil {
		return err
	}
	if err := c.Tx.SleepCodeSets(ctx, r.Account, recovery.AsleepUntilLifted); err != nil {
		return err
	}
	if err := c.Tx.ForgetBrowsers(ctx, r.Account); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.LossSuspended, Account: r.Account, Object: r.ID, What: told,
		Data: map[string]string{"what": string(r.What), "proof": string(r.Proof), "suspended": strconv.Itoa(len(told) - 1)}})
}

// endSelf ends what is under way on the public pages and at /me: whoever holds half of
// a proof there may be the one whom the report is about.
func (c *Change) endSelf(ctx context.Context, account, why string) error {
	open, err := c.Tx.OpenTicketsIn(ctx, []string{account})
	if err != nil {
		return err
	}
	for _, t := range open {
		if !t.Self() {
			continue
		}
		if err := c.endOwn(ctx, t, why); err != nil {
			return err
		}
	}
	return nil
}

func (c *Change) endOwn(ctx context.Context, t recovery.Ticket, why string) error {
	if t.State == recovery.Collecting {
		return c.lapse(ctx, t, why)
	}
	if recovery.MayMove(t.State, recovery.Withdrawn) != nil {
		return nil // it has ended, or is stopped
	}
	if err := c.Tx.EndAttempt(ctx, t.ID); err != nil {
		return err
	}
	return c.withdraw(ctx, t, why, "")
}

// DeskReport is a report that an agent takes.
type DeskReport struct {
	Account string
	What    string
	Number  string // id of the directory number that was called back and answered; "" for a mere warning
	Note    string // what was said
}

// ReportAtDesk takes a report at the desk. An answered call-back to a directory
// number that is unchanged for 30 days suspends; without one it warns. Refused: no
// role, the agent's own account, no words, a number that is no evidence, and a
// second warning within a day.
func (d *Desk) ReportAtDesk(ctx context.Context, actor Actor, in DeskReport) error {
	return d.change(ctx, actor, recovery.LossRefused, nil, func(ctx context.Context, c *Change) error {
		staff, err := c.staffer(ctx, recovery.Agent)
		if err != nil {
			return err
		}
		a, err := c.Tx.Account(ctx, in.Account)
		if err != nil {
			return err
		}
		if err := inScope(ctx, c.Tx.View, staff, a.ID); err != nil {
			return err
		}
		c.concern("", a.ID)
		c.at("/accounts/" + a.ID)
		if err := recovery.MayWork(staff.Person.ID, recovery.Parts{Holder: a.Person}); err != nil {
			return err
		}
		what, err := recovery.ParseLoss(in.What)
		if err != nil {
			return err
		}
		note, err := recovery.CheckText("note", in.Note)
		if err != nil {
			return err
		}
		return c.reportTaken(ctx, a, what, in.Number, note)
	})
}

func (c *Change) reportTaken(ctx context.Context, a recovery.Account, what recovery.Loss, number, note string) error {
	if number == "" {
		before := c.recorded
		if err := c.warn(ctx, a.ID, what); err != nil || c.recorded > before {
			return err
		}
		return recovery.Refuse("reported-already", "This account was reported within the last day, and its holder was told.", "Call the holder back at a directory number to suspend it.")
	}
	addresses, err := c.Tx.Addresses(ctx, a.ID)
	if err != nil {
		return err
	}
	if err := recovery.MayCallAbout(c.Rules.Policy, addresses, number, c.Now); err != nil {
		return err
	}
	r := recovery.LossReport{ID: c.desk.newID(), Account: a.ID, What: what, By: c.Actor.Person, Proof: recovery.ProvedByCall}
	if err := c.suspend(ctx, r, nil); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.LossTaken, Account: a.ID, Object: r.ID, Detail: note, Data: map[string]string{"address": number}})
}

// ReportOwn is the holder's report at /me, with a passkey that is still bound: the
// chosen passkeys are suspended, every session ends, the codes sleep. Refused: no
// fresh touch, nothing chosen.
func (d *Desk) ReportOwn(ctx context.Context, actor Actor, what string, chosen []string, answer Answer) error {
	return d.holderAct(ctx, actor, answer, func(ctx context.Context, c *Change) error {
		loss, err := recovery.ParseLoss(what)
		if err != nil {
			return err
		}
		if len(chosen) == 0 {
			return recovery.Refuse("passkeys-missing", "Choose what is to be suspended.", "Leave out the passkey that you still have in your hand.").On("passkeys")
		}
		c.at("/me/login?done=reported")
		return c.suspend(ctx, recovery.LossReport{ID: d.newID(), Account: actor.Account, What: loss, Proof: recovery.ProvedByPasskey}, chosen)
	})
}

// holderAct is an act of the signed-in holder that needs a passkey within the last
// five minutes; answer may be the one of a touch for it, or the zero one.
func (d *Desk) holderAct(ctx context.Context, actor Actor, answer Answer, fn step) error {
	t := &touched{purpose: purposeHolderTouch, subject: actor.Account, answer: answer}
	var keep step
	if answer.Challenge != "" {
		keep = t.spend
	}
	return d.change(ctx, actor, recovery.LossRefused, keep, func(ctx context.Context, c *Change) error {
		c.concern("", actor.Account)
		if err := c.freshHolder(ctx, t); err != nil {
			return err
		}
		return fn(ctx, c)
	})
}

// Lift is "that was me": the holder, with a passkey that was bound before and is not
// suspended, ends the reports of the account and closes what was stopped. What was
// suspended by reports signs in again and the codes wake; a stopped recovery stays
// ended and makes the next one stricter. Refused: nothing-to-lift, passkey-too-new.
func (d *Desk) Lift(ctx context.Context, actor Actor, answer Answer) error {
	return d.holderAct(ctx, actor, answer, func(ctx context.Context, c *Change) error {
		s, err := c.Tx.Session(ctx, actor.Session)
		if err != nil {
			return err
		}
		factors, err := c.Tx.Factors(ctx, actor.Account)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(factors, func(f recovery.Factor) bool { return f.ID == s.Factor })
		stopped, reports, err := liftable(ctx, c.Tx.View, actor.Account)
		if err != nil {
			return err
		}
		if reports, err = recovery.MayLift(factors[i], stopped, reports); err != nil {
			return err
		}
		c.at("/me?done=lifted")
		return c.lift(ctx, stopped, reports)
	})
}

// liftable are the account's stopped tickets and its open reports.
func liftable(ctx context.Context, v store.View, account string) (stopped []recovery.Ticket, reports []recovery.LossReport, err error) {
	all, err := v.TicketsOf(ctx, account, earlierMax)
	if err != nil {
		return nil, nil, err
	}
	stopped = slices.DeleteFunc(all, func(t recovery.Ticket) bool { return t.State != recovery.Frozen })
	reports, err = v.OpenReports(ctx, account)
	return stopped, reports, err
}

func (c *Change) lift(ctx context.Context, stopped []recovery.Ticket, reports []recovery.LossReport) error {
	a, err := c.Tx.Account(ctx, c.Actor.Account)
	if err != nil {
		return err
	}
	for _, t := range stopped {
		closed := t
		closed.State, closed.Outcome = recovery.Closed, "lifted"
		if err := c.move(ctx, t, closed); err != nil {
			return err
		}
	}
	for _, r := range reports {
		if err := c.Tx.EndReport(ctx, r.ID, "holder"); err != nil {
			return err
		}
		if _, err := c.Tx.ResumeFactors(ctx, a.ID, r.Holder()); err != nil {
			return err
		}
	}
	if len(reports) > 0 {
		if err := c.Tx.SleepCodeSets(ctx, a.ID, a.Hold); err != nil {
			return err
		}
	}
	return c.record(ctx, recovery.Event{Kind: recovery.LossLifted, Account: a.ID, Data: map[string]string{"tickets": strconv.Itoa(len(stopped)), "reports": strconv.Itoa(len(reports))}})
}

// settleReports ends the reports of an account that was recovered; what they
// suspended goes with what the recovery took away.
func (c *Change) settleReports(ctx context.Context, t recovery.Ticket) error {
	reports, err := c.Tx.OpenReports(ctx, t.Account)
	if err != nil {
		return err
	}
	for _, r := range reports {
		if err := c.Tx.EndReport(ctx, r.ID, "recovered"); err != nil {
			return err
		}
	}
	return c.Tx.HandOverFactors(ctx, t.Account, t.ID)
}

// standingReports are the reports that pages flag.
func (d *Desk) standingReports(ctx context.Context, v store.View, account string, now int64) ([]recovery.LossReport, error) {
	rules, err := d.rules(ctx, v, now)
	if err != nil {
		return nil, err
	}
	all, err := v.OpenReports(ctx, account)
	return slices.DeleteFunc(all, func(r recovery.LossReport) bool { return !r.Standing(rules.Stricter, now) }), err
}

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// refusedAs says whether an act was refused with this code.
func refusedAs(err error, code string) bool {
	var refusal *recovery.Refusal
	return errors.As(err, &refusal) && refusal.Code == code
}
