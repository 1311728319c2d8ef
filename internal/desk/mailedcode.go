package desk

import (
	"context"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// The other pair of self-service: a code mailed to a registered address, and the
// password. No ticket exists before the code is right, so nobody who knows a name
// can open one. What is asked for is bound to the browser that asked: its key
// stands where an issued code names its ticket.

// lostAndLocked are the only facts with which the public pages recover an account
// (recovery.MayTell).
var lostAndLocked = recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}

func mailedKey(secret string) string { return codes.HashToken("mailed", secret) }

// AskMailCode asks for a code by mail on the public pages and answers the secret of
// the browser that may type it. The looking up is left to the worker, so that a
// known name takes no longer than an unknown one; the answer is the same for every
// name (R39). Refused before anything is looked at: account-missing,
// device-not-safe.
func (d *Desk) AskMailCode(ctx context.Context, actor Actor, typed string, f recovery.Facts) (secret string, err error) {
	if err := recovery.MayTell(f, d.Settings.InPerson); err != nil {
		return "", err
	}
	name := recovery.AccountName(typed)
	if name == "" {
		return "", recovery.AccountMissing()
	}
	account, err := d.view().AccountByName(ctx, name)
	if err != nil && !isNotFound(err) {
		return "", d.report(err)
	}
	if secret, err = d.secretOf(actor, "mailed", name); err != nil {
		return "", d.report(err)
	}
	prefix := recovery.Prefix(actor.IP)
	j := store.Job{ID: d.newID(), Kind: JobMailCode, Object: mailedKey(secret), Account: account.ID, Payload: prefix, Unique: JobMailCode + ":" + prefix + ":" + d.bucket(name)}
	err = d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error { return s.AddJob(ctx, j) })
	d.Nudge()
	return ifDone(secret, d.report(err))
}

// MailCode sends the code that a stranger asked for, where the policy has such a
// way and the account could be recovered by it now; else it sends nothing and says
// so to nobody. Each counts as a failure of its address, so that nobody mails the
// whole directory.
func (d *Desk) MailCode(ctx context.Context, j store.Job) error {
	return d.change(ctx, Actor{Kind: System}, recovery.JobFailed, nil, func(ctx context.Context, c *Change) error {
		if err := c.Tx.DropJob(ctx, j); err != nil {
			return err
		}
		from := try{method: "mail-ask", prefix: j.Payload}
		if shut, err := c.closed(ctx, from); err != nil || shut {
			return err
		}
		if err := c.failed(ctx, from); err != nil || j.Account == "" {
			return err
		}
		var no *recovery.Refusal
		if err := c.mailCodeTo(ctx, j.Account, j.Object); !errors.As(err, &no) {
			return err
		}
		return nil
	})
}

// mailCodeTo picks the address in turn: whoever cannot read the one asks again.
func (c *Change) mailCodeTo(ctx context.Context, account, key string) error {
	_, usable, _, err := c.selfCase(ctx, account, lostAndLocked, recovery.SentCode)
	if err != nil {
		return err
	}
	sent, err := c.Tx.IssuedSince(ctx, account, c.Now-recovery.Hour, c.Rules.Issued.Hourly)
	if err != nil {
		return err
	}
	to := usable[len(sent)%len(usable)]
	stand := recovery.Ticket{ID: key, Account: account, Run: 1}
	if err := c.issueCodeAbout(ctx, stand, "", recovery.ByMailCode.Slot(), to); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.CodeSent, Account: account, Data: map[string]string{"step": string(recovery.ByMailCode), "address": to.ID, "by": "holder"}})
}

// PresentMailCode takes the mailed code in the browser that asked for it and opens
// the self-service ticket with its attempt: ten minutes to add the password.
//
// Refused without counting: code-typo. Refused in the same words, whatever the
// cause: nothing was sent, a wrong, spent or ended code, one whose address was struck
// off, five wrong entries, a closed throttle (R39). Refused without spending, to
// whoever has the right code only: what PresentCode refuses to the holder of a live
// one.
func (d *Desk) PresentMailCode(ctx context.Context, actor Actor, secret, typed, browser string) error {
	digits, err := codes.ParseIssued(typed)
	if err != nil {
		return recovery.Refuse("code-typo", "Enter the 8 digits of the code from the message.", "This did not count as a try.").On("code")
	}
	key := mailedKey(secret)
	code, err := d.view().IssuedCode(ctx, key, recovery.ByMailCode.Slot())
	if err != nil && !isNotFound(err) {
		return d.report(err)
	}
	by, err := d.tryOn(ctx, tryMail, key, recovery.Account{ID: code.Account}, actor, browser)
	if err != nil {
		return d.report(err)
	}
	if shut, err := d.closed(ctx, by); err != nil || shut {
		return closedAs(recovery.MailedWrong(), d.report(err))
	}
	return d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		if shut, err := c.closed(ctx, by); err != nil || shut {
			return closedAs(recovery.MailedWrong(), err)
		}
		a, err := c.Tx.AttemptBySecret(ctx, codes.HashToken("attempt", secret))
		if err == nil && a.Ended == 0 && c.Now < a.Ends || err != nil && !isNotFound(err) {
			return err // this browser's code was right already; the answer may never have arrived
		}
		return c.presentMailCode(ctx, by, key, digits, codes.HashToken("attempt", secret))
	})
}

func (c *Change) presentMailCode(ctx context.Context, by try, key, digits, secretHash string) error {
	slot := recovery.ByMailCode.Slot()
	code, err := c.Tx.IssuedCode(ctx, key, slot)
	if err != nil && !isNotFound(err) {
		return err
	}
	if err != nil || !code.Live(c.Now) {
		return c.countedTry(by, recovery.MailedWrong())
	}
	c.concern("", code.Account)
	if !codes.Equal(code.Hash, codes.HashIssued(c.desk.Keys.Pepper, key, string(slot), digits)) {
		return c.wrongMailCode(ctx, by, code)
	}
	t, err := c.selfTicket(ctx, code.Account, lostAndLocked, recovery.SentCode, secretHash)
	if err != nil {
		return c.matchedAs(ctx, code.Hash, err)
	}
	if err := c.stillUsable(ctx, t, recovery.ByMailCode, code.Address); err != nil {
		return c.addressGone(ctx, by, code, err)
	}
	if err := c.Tx.SpendIssued(ctx, code.ID); err != nil {
		return err
	}
	if err := c.openSelf(ctx, t, by, recovery.Evidence{Method: recovery.ByMailCode, Channel: code.Address}); err != nil {
		return err
	}
	if err := c.recordSelf(ctx, t); err != nil {
		return err
	}
	return c.cleared(ctx, by)
}

// addressGone refuses a right code whose mailbox was struck off since it was sent, in
// the words of a wrong one: whoever reads that mailbox is perhaps not the holder.
func (c *Change) addressGone(ctx context.Context, by try, code recovery.IssuedCode, why error) error {
	var refusal *recovery.Refusal
	if !errors.As(why, &refusal) {
		return why
	}
	same := recovery.MailedWrong()
	same.Reason = refusal.Code
	if err := c.matched(ctx, code.Hash, same); err != nil {
		return err
	}
	return c.countedTry(by, same)
}

// wrongMailCode counts a wrong entry by account and by browser; with the fifth the
// browser's code is dead, and a new one does not bring the tries back (SP
// 800-63B-4 §3.1.3.2).
func (c *Change) wrongMailCode(ctx context.Context, by try, code recovery.IssuedCode) error {
	c.stay(func(ctx context.Context, c *Change) error {
		n, err := c.Tx.CountTry(ctx, code.Ticket, string(code.Slot))
		if err != nil || n < c.Rules.Issued.Tries {
			return err
		}
		return c.Tx.VoidIssued(ctx, code.Ticket, code.Slot)
	})
	return c.countedTry(by, recovery.MailedWrong())
}

// tryMail is the method of mailed codes on the public pages.
const tryMail = "mail"
