package desk

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// PresentCode is what a stranger gives on the public pages, in one POST.
type PresentCode struct {
	Account string         // name as typed: an id or a mail address
	Code    string         // as typed
	Facts   recovery.Facts // asked on the page before
	Browser string         // secret of the known-browser cookie, "" for none
}

// presented is a PresentCode made ready: parsed, looked up, hashed. Nothing is
// decided yet; an unknown name went the same way.
type presented struct {
	try   try
	hash  string
	facts recovery.Facts
}

// PresentCode spends a backup code and opens the self-service ticket with its
// attempt: ten minutes in this browser to add the password. It answers the
// browser's secret.
//
// Refused without counting: code-malformed, code-typo, device-not-safe. Refused
// in the same words, whatever the cause: an unknown account, a wrong, spent,
// retired, suspended or sleeping code, a closed throttle (R39). Refused without
// spending, to the holder of a live code only: too few addresses, another
// population, a recovery that is open or was stopped.
func (d *Desk) PresentCode(ctx context.Context, actor Actor, in PresentCode) (secret string, err error) {
	p, err := d.present(ctx, actor, in)
	if err != nil {
		return "", d.report(err)
	}
	closed, err := d.closed(ctx, p.try)
	if err != nil {
		return "", d.report(err)
	}
	if closed {
		return "", didNotWork("")
	}
	if secret, err = d.secretOf(actor, "attempt", p.hash); err != nil {
		return "", d.report(err)
	}
	err = d.change(ctx, actor, recovery.BackupRefused, nil, func(ctx context.Context, c *Change) error {
		return c.presentCode(ctx, p, codes.HashToken("attempt", secret))
	})
	return ifDone(secret, err)
}

// secretOf is a stranger's new secret: the same for the same form and what was
// given in it, so that an answer that was lost is not lost for good.
func (d *Desk) secretOf(actor Actor, purpose, given string) (string, error) {
	if _, err := codes.ParseToken(actor.Form); err != nil {
		return codes.NewToken(d.Rand)
	}
	return codes.DeriveToken(d.Keys.Pepper, purpose, actor.Form, given), nil
}

// present parses before anything else, so that a typing mistake costs nothing,
// and does the same work for every name.
func (d *Desk) present(ctx context.Context, actor Actor, in PresentCode) (presented, error) {
	if err := recovery.MayTell(in.Facts, d.Settings.InPerson); err != nil {
		return presented{}, err
	}
	code, err := parseCode(in.Code)
	if err != nil {
		return presented{}, err
	}
	name := recovery.AccountName(in.Account)
	account, err := d.view().AccountByName(ctx, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return presented{}, err
	}
	t, err := d.tryOn(ctx, tryCode, name, account, actor, in.Browser)
	return presented{try: t, hash: codes.Hash(d.Keys.Pepper, t.subject, code), facts: in.Facts}, err
}

// parseCode reads a typed backup code; neither refusal counts as a try (R30).
func parseCode(typed string) (codes.Code, error) {
	code, err := codes.Parse(typed)
	switch {
	case errors.Is(err, codes.ErrTypo):
		return "", recovery.Refuse("code-typo", "There is a typing mistake in this code. Check it again; this did not count as a try.", "").On("code")
	case err != nil:
		return "", recovery.Refuse("code-malformed", "Enter a code of 25 letters and numbers, like K7QP2-M9X4T-RC8WV-N3HJD-6YBA6.", "").On("code")
	}
	return code, nil
}

// didNotWork is the one answer to strangers; reason is for the ledger only.
func didNotWork(reason string) *recovery.Refusal {
	r := recovery.NotYou()
	r.Reason = reason
	return r
}

// presentCode decides inside the change. Writers are serial: whatever races, one
// finds the code unspent, and no more tries get through than the lanes allow.
func (c *Change) presentCode(ctx context.Context, p presented, secretHash string) error {
	closed, err := c.closed(ctx, p.try)
	if err != nil {
		return err
	}
	if closed {
		return didNotWork("")
	}
	code, err := c.Tx.CodeByHash(ctx, p.hash)
	if errors.Is(err, store.ErrNotFound) {
		return c.countedTry(p.try, didNotWork(""))
	}
	if err != nil {
		return err
	}
	c.concern("", code.Account)
	if again, err := c.sentAgain(ctx, code, secretHash); again || err != nil {
		return err
	}
	if err := c.codeLives(ctx, p, code); err != nil {
		return err
	}
	if err := c.kept(ctx, code); err != nil {
		return c.matchedRefusal(ctx, p, err)
	}
	t, err := c.selfTicket(ctx, code.Account, p.facts, recovery.BackupCode, secretHash)
	if err != nil {
		return c.matchedRefusal(ctx, p, err)
	}
	if err := c.redeem(ctx, t, code, p.try); err != nil {
		return err
	}
	return c.cleared(ctx, p.try)
}

// kept refuses a live code alone whose set is asked about half-way (R32).
func (c *Change) kept(ctx context.Context, code store.Code) error {
	set, err := c.Tx.CodeSet(ctx, code.Set)
	if err == nil && c.Rules.Codes.AsksAgain(set, c.Now) {
		return recovery.KeptNot(c.desk.Settings.InPerson)
	}
	return err
}

// sentAgain says whether this form spent this code already and its attempt
// lives: the first answer may never have arrived.
func (c *Change) sentAgain(ctx context.Context, code store.Code, secretHash string) (bool, error) {
	a, err := c.Tx.AttemptBySecret(ctx, secretHash)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return a.Account == code.Account && a.Ended == 0 && c.Now < a.Ends, err
}

// countedTry refuses a try and counts it although the act is undone.
func (c *Change) countedTry(t try, r *recovery.Refusal) error {
	c.stay(func(ctx context.Context, c *Change) error { return c.failed(ctx, t) })
	return r
}

// matchedRefusal makes a refusal to the holder of a live code an entry of its own.
func (c *Change) matchedRefusal(ctx context.Context, p presented, err error) error {
	return c.matchedAs(ctx, p.hash, err)
}

// matchedAs is matched for whatever refusal err is; hash names the live secret.
func (c *Change) matchedAs(ctx context.Context, hash string, err error) error {
	var refusal *recovery.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	own := *refusal
	if err := c.matched(ctx, hash, &own); err != nil {
		return err
	}
	return &own
}

// codeLives refuses a code that exists and opens nothing: recorded with the
// cause, counted as a try, told in the same words as an unknown one.
func (c *Change) codeLives(ctx context.Context, p presented, code store.Code) error {
	why, err := c.codeDead(ctx, code)
	if why == "" || err != nil {
		return err
	}
	refusal := didNotWork(why)
	if err := c.matched(ctx, p.hash, refusal); err != nil {
		return err
	}
	return c.countedTry(p.try, refusal)
}

// codeDead says why a code that exists opens nothing, "" when it is alive.
func (c *Change) codeDead(ctx context.Context, code store.Code) (string, error) {
	if code.Spent != 0 {
		return "code-spent", nil
	}
	set, err := c.Tx.CodeSet(ctx, code.Set)
	if err != nil {
		return "", err
	}
	var dead *recovery.Refusal
	if errors.As(set.Usable(c.Now), &dead) {
		return dead.Code, nil
	}
	return "", nil
}

// selfCase is what the public pages may do for an account now by a way that gives
// this artefact: its ruling, the addresses that may carry a proof, and the earlier
// tickets. It refuses where they have no path.
func (c *Change) selfCase(ctx context.Context, account string, f recovery.Facts, give recovery.Artefact) (ruling recovery.Ruling, usable []recovery.Address, earlier []recovery.Earlier, err error) {
	a, err := c.Tx.Account(ctx, account)
	if err != nil {
		return ruling, nil, nil, err
	}
	addresses, err := c.Tx.Addresses(ctx, account)
	if err != nil {
		return ruling, nil, nil, err
	}
	if earlier, err = c.earlier(ctx, account); err != nil {
		return ruling, nil, nil, err
	}
	t := recovery.Ticket{Event: recovery.DeviceLoss, Population: a.Row(), Facts: f, Way: c.Rules.Cell(recovery.DeviceLoss, a.Row()).WayTo(give)}
	around, err := c.desk.around(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return ruling, nil, nil, err
	}
	by, err := c.desk.caseOf(ctx, c.Tx.View, a, t, c.Now)
	if err != nil {
		return ruling, nil, nil, err
	}
	usable, ruling = recovery.Usable(addresses, around), c.Rules.Decide(by)
	return ruling, usable, earlier, recovery.MaySelfServe(c.Rules.Policy, a, f, len(usable), ruling, earlier, c.desk.Settings.InPerson, c.Now)
}

// selfTicket is the ticket that a live code would open; it refuses where the
// public pages have no path, and ends an open ticket that gives way.
func (c *Change) selfTicket(ctx context.Context, account string, f recovery.Facts, give recovery.Artefact, secretHash string) (recovery.Ticket, error) {
	ruling, _, earlier, err := c.selfCase(ctx, account, f, give)
	if err != nil {
		return recovery.Ticket{}, err
	}
	if err := c.giveWay(ctx, earlier); err != nil {
		return recovery.Ticket{}, err
	}
	a, err := c.Tx.Account(ctx, account)
	if err != nil {
		return recovery.Ticket{}, err
	}
	ref, err := codes.NewReference(c.desk.Rand)
	return recovery.Ticket{ID: c.desk.newID(), Reference: ref, Account: a.ID, Holder: a.Person, Revision: 1, Event: recovery.DeviceLoss,
		Population: a.Row(), Tier: ruling.Tier(), Facts: f, Intake: recovery.BySelf, Requester: a.Person, PolicyVersion: c.Rules.Version,
		WorkflowVersion: ruling.Workflow.Version, Level: ruling.Way.Proof, Way: ruling.Way.ID, Artefact: ruling.Way.Artefact, State: recovery.Proofing, StateSince: c.Now, Opened: c.Now,
		Due: c.Rules.Fresh.Attempt.After(c.Now), DueWhat: dueAttempt, Run: 1, ClaimHash: secretHash, Claimed: c.Now}, err
}

// dueAttempt and dueEnrol are deadlines of self-service.
const (
	dueAttempt = "attempt" // the second proof must be in
	dueEnrol   = "enrol"   // the new passkey must be registered
)

// earlier lists the account's tickets; for open ones it says whether anything
// was proved.
func (c *Change) earlier(ctx context.Context, account string) ([]recovery.Earlier, error) {
	all, err := earlierOf(ctx, c.Tx.View, account, "")
	if err != nil {
		return nil, err
	}
	for i, e := range all {
		if !e.Blocks() {
			continue
		}
		proofs, err := c.Tx.Evidence(ctx, e.Ticket.ID)
		if err != nil {
			return nil, err
		}
		all[i].Proved = slices.ContainsFunc(proofs, func(p recovery.Evidence) bool { return p.Result == recovery.Passed })
	}
	return all, nil
}

// giveWay withdraws the open tickets that a live code overtakes.
func (c *Change) giveWay(ctx context.Context, earlier []recovery.Earlier) error {
	for _, e := range earlier {
		if !e.Blocks() {
			continue
		}
		if err := c.Tx.EndAttempt(ctx, e.Ticket.ID); err != nil {
			return err
		}
		if err := c.withdraw(ctx, e.Ticket, "holder-presented-code", ""); err != nil {
			return err
		}
	}
	return nil
}

// redeem spends the code and writes the ticket, its attempt and its first proof.
func (c *Change) redeem(ctx context.Context, t recovery.Ticket, code store.Code, by try) error {
	if err := c.openSelf(ctx, t, by, recovery.Evidence{Method: recovery.ByBackupCode, Channel: code.Set}); err != nil {
		return err
	}
	if err := c.Tx.SpendCode(ctx, code, t.ID); err != nil {
		return err
	}
	if err := c.record(ctx, recovery.Event{Kind: recovery.BackupRedeemed, Ticket: t.ID, Account: t.Account, Object: code.ID,
		Data: map[string]string{"set": code.Set, "known-browser": yes(by.browser != "")}}); err != nil {
		return err
	}
	return c.recordSelf(ctx, t)
}

// openSelf writes the ticket, its attempt in this browser, and the first proof.
func (c *Change) openSelf(ctx context.Context, t recovery.Ticket, by try, first recovery.Evidence) error {
	if err := c.Tx.AddTicket(ctx, t); err != nil {
		return err
	}
	known := int64(0)
	if by.browser != "" {
		known = c.Now
	}
	if err := c.Tx.AddAttempt(ctx, recovery.Attempt{ID: c.desk.newID(), Ticket: t.ID, Account: t.Account, SecretHash: t.ClaimHash,
		Began: c.Now, Ends: t.Due, KnownBrowser: known}); err != nil {
		return err
	}
	w, err := c.desk.workflow(ctx, c.Tx.View, t.WorkflowVersion)
	if err != nil {
		return err
	}
	first.Step, first.Result = w.Steps[0].ID, recovery.Passed
	if err := recovery.MayProve(t, w, nil, first.Step, first.Method); err != nil {
		return err
	}
	c.concern(t.ID, t.Account)
	c.at("/recover/password")
	return c.addEvidence(ctx, t, &first)
}

// recordSelf tells everybody who must hear that a self-service ticket was opened
// with its first proof.
func (c *Change) recordSelf(ctx context.Context, t recovery.Ticket) error {
	return c.record(ctx, recovery.Event{Kind: recovery.TicketOpened, Ticket: t.ID, Account: t.Account, Data: map[string]string{
		"event": string(t.Event), "tier": string(t.Tier), "level": string(t.Level), "device": string(t.Facts.Device), "lock": string(t.Facts.Lock),
		"intake": string(t.Intake), "requester": t.Requester, "policy": t.PolicyVersion, "workflow": t.WorkflowVersion,
		"reference": t.Reference, "proved": "yes"}})
}
