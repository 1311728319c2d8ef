package desk

import (
	"context"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// issueCode sends a fresh code of 8 digits to one address of the ticket's
// account, for one slot. Older ones of that slot die. At most three an hour
// and account; what strangers asked for takes none from a ticket (R39). The digits
// exist in the sealed mail job and nowhere else (R22). The caller has
// checked that the address may carry this proof.
func (c *Change) issueCode(ctx context.Context, t recovery.Ticket, slot recovery.Slot, a recovery.Address) error {
	return c.issueCodeAbout(ctx, t, t.ID, slot, a)
}

// issueCodeAbout is issueCode whose message is about a ticket, "" for none: on the
// public pages a browser's key stands in the place of t.
func (c *Change) issueCodeAbout(ctx context.Context, t recovery.Ticket, about string, slot recovery.Slot, a recovery.Address) error {
	rules, err := c.rulesFor(ctx, t)
	if err != nil {
		return err
	}
	counted := c.Tx.IssuedInTickets
	if about == "" {
		counted = c.Tx.IssuedSince
	}
	sent, err := counted(ctx, t.Account, c.Now-recovery.Hour, rules.Issued.Hourly)
	if err != nil {
		return err
	}
	if err := rules.Issued.MayIssue(sent); err != nil {
		return err
	}
	digits, err := codes.NewIssued(c.desk.Rand)
	if err != nil {
		return err
	}
	if err := c.Tx.VoidIssued(ctx, t.ID, slot); err != nil {
		return err
	}
	code := recovery.IssuedCode{ID: c.desk.newID(), Ticket: t.ID, Account: t.Account, Slot: slot, Run: t.Run, Address: a.ID,
		Hash: codes.HashIssued(c.desk.Keys.Pepper, t.ID, string(slot), digits), Made: c.Now, Ends: rules.Issued.Life(a.Kind).After(c.Now)}
	if err := c.Tx.AddIssued(ctx, code); err != nil {
		return err
	}
	if a.Kind == recovery.Phone {
		return c.textCode(ctx, code, a, digits)
	}
	return c.mailCode(ctx, code, about, a, digits)
}

// mailCode queues the one mail that holds the digits; it is given up when the
// code ends. It carries a stop link like every message to a holder (R24).
func (c *Change) mailCode(ctx context.Context, code recovery.IssuedCode, about string, a recovery.Address, digits string) error {
	account, err := c.Tx.Account(ctx, code.Account)
	if err != nil {
		return err
	}
	f, err := c.facts(ctx, recovery.Event{Ticket: about}, account)
	if err != nil {
		return err
	}
	f.Code, f.Until, f.Minutes = digits, code.Ends, minutes(code)
	if err := c.stopLink(ctx, &f, about, account.ID, a.ID); err != nil {
		return err
	}
	n := store.NoticeRow{ID: c.desk.newID(), Ticket: about, Account: account.ID, Kind: string(recovery.NoticeIssuedCode), Address: a.ID, SentTo: a.Value, Queued: c.Now}
	if err := c.Tx.AddNotice(ctx, n); err != nil {
		return err
	}
	id := c.desk.newID()
	sealed, err := c.desk.seal(letter{Kind: notify.IssuedCode, To: a.Value, Facts: f}, id)
	if err != nil {
		return err
	}
	return c.queue(ctx, store.Job{ID: id, Kind: JobMail, Object: n.ID, Ticket: n.Ticket, Account: n.Account, Sealed: sealed, Ends: code.Ends})
}

// takeIssued spends the live code of a ticket and slot, once, when the digits
// match, and answers the address it went to. Refusals that cost no try:
// code-typo, code-over. Wrong digits (wrong-code) count a try per ticket and
// slot, though the act is refused: return the refusal from the change. A new
// code does not reset the count (SP 800-63B-4 §3.1.3.2), nor does a released
// claim. With the last try, over runs in the same transaction: it ends the run.
func (c *Change) takeIssued(ctx context.Context, t recovery.Ticket, slot recovery.Slot, typed string, over step) (channel string, err error) {
	digits, err := codes.ParseIssued(typed)
	if err != nil {
		return "", recovery.Refuse("code-typo", "Enter the 8 digits of the code from the message.", "This did not count as a try.").On("code")
	}
	code, err := c.Tx.IssuedCode(ctx, t.ID, slot)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!code.Live(c.Now) || code.Run != t.Run) {
		return "", recovery.Refuse("code-over", "No code is waiting to be entered: it has ended, or none was sent.",
			"Ask for a new code. This did not count as a try.").On("code")
	}
	if err != nil {
		return "", err
	}
	if codes.Equal(code.Hash, codes.HashIssued(c.desk.Keys.Pepper, t.ID, string(slot), digits)) {
		return code.Address, c.Tx.SpendIssued(ctx, code.ID)
	}
	return "", c.wrongEntry(ctx, t, slot, over)
}

// wrongEntry refuses a wrong code or password; the try it costs stays.
func (c *Change) wrongEntry(ctx context.Context, t recovery.Ticket, slot recovery.Slot, over step) error {
	n, err := c.Tx.Tries(ctx, t.ID, string(slot))
	if err != nil {
		return err
	}
	rules, err := c.rulesFor(ctx, t)
	if err != nil {
		return err
	}
	refusal, last := rules.WrongEntry(slot, n+1)
	refusal.Matched = true // only the claimed browser gets here
	c.stay(func(ctx context.Context, c *Change) error {
		if _, err := c.Tx.CountTry(ctx, t.ID, string(slot)); err != nil || !last {
			return err
		}
		return over(ctx, c)
	})
	return refusal
}
