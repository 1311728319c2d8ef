package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// mayEnd refuses a request for what could not be carried out, before anybody signs
// it (recovery.MayEnd); reached says whether an address can take the notice.
func (d *Desk) mayEnd(ctx context.Context, v store.View, t recovery.Ticket, proofs []recovery.Evidence, now int64) (reached bool, _ error) {
	channels, err := d.channels(ctx, v, t, now)
	if err != nil {
		return false, err
	}
	addresses, err := v.Addresses(ctx, t.Account)
	if err != nil {
		return false, err
	}
	around, err := d.around(ctx, v, t, now)
	if err != nil {
		return false, err
	}
	if reached, err = d.tells(ctx, v, t, proofs, now); err != nil {
		return false, err
	}
	return reached, recovery.MayEnd(t, channels, recovery.LastChannels(addresses, around), proofs, reached, d.Settings.InPerson)
}

// mayTakeLast refuses an agent who ran the ticket a last proof that rests on the
// agent's own word.
func (c *Change) mayTakeLast(ctx context.Context, t recovery.Ticket, id recovery.StepID, m recovery.Method) error {
	ran, err := ranIt(ctx, c.Tx.View, t, c.Actor.Person)
	return cmp.Or(err, recovery.MayTakeLast(id, m, ran))
}

// ranIt says whether an agent worked on the ticket before it was executed.
func ranIt(ctx context.Context, v store.View, t recovery.Ticket, person string) (bool, error) {
	parts, err := v.PartsOf(ctx, t.ID)
	return slices.ContainsFunc(parts, func(p store.Part) bool {
		return p.Person == person && p.Part == PartAgent && p.At <= t.Executed
	}), err
}

// SendFreshCode sends the last proof of an executed reset to an address that
// carried no proof in this ticket, asked for in the claimed browser (R40).
// Refusals: no-claim, recovery-over, address-used, too many messages.
func (d *Desk) SendFreshCode(ctx context.Context, actor Actor, claim, address string) error {
	return d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		t, offered, err := c.collecting(ctx, claim)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(offered, func(a recovery.Address) bool { return a.ID == address })
		if i < 0 {
			return recovery.Refuse("address-used", "The last code goes to another of your addresses than the ones before.",
				"Choose one of the addresses that are offered.").On("address")
		}
		if err := c.issueCode(ctx, t, recovery.SlotFresh, offered[i]); err != nil {
			return err
		}
		c.at("/recover/ticket")
		return c.record(ctx, recovery.Event{Kind: recovery.CodeSent, Ticket: t.ID, Account: t.Account,
			Data: map[string]string{"step": string(recovery.StepFresh), "address": address}})
	})
}

// EnterFreshCode takes the last proof and opens the recovery session in the
// claimed browser. Five wrong entries end the holder's time: the account stays
// locked and the desk goes on. It answers the session's secret; the same code
// again in this browser gets the same one while the session runs.
func (d *Desk) EnterFreshCode(ctx context.Context, actor Actor, claim, typed string) (token string, err error) {
	if digits, err := codes.ParseIssued(typed); err == nil { // the change tells a typing mistake
		token = codes.DeriveToken(d.Keys.Pepper, RecoverySession, claim, digits)
	}
	err = d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		t, offered, err := c.collecting(ctx, claim)
		if t.DueWhat == dueEnrol {
			return c.enteredAgain(ctx, t, token, err)
		}
		if err != nil {
			return err
		}
		channel, err := c.takeIssued(ctx, t, recovery.SlotFresh, typed, func(ctx context.Context, c *Change) error { return c.lapse(ctx, t, recovery.LastCodeWrong) })
		if err != nil {
			return err
		}
		i := slices.IndexFunc(offered, func(a recovery.Address) bool { return a.ID == channel })
		if i < 0 {
			return recovery.Refuse("address-used", "This address can no longer be used for the last code.", "Ask for a code to another address.").On("address")
		}
		method := recovery.ByMailCode
		if offered[i].Kind == recovery.Phone {
			method = recovery.BySMSCode
		}
		if err := c.Tx.AddEvidence(ctx, recovery.Evidence{ID: d.newID(), Ticket: t.ID, Run: t.Run, Step: recovery.StepFresh, Method: method, Result: recovery.Passed,
			Group: method.Group(), Channel: channel, At: c.Now}); err != nil {
			return err
		}
		if err := c.record(ctx, recovery.Event{Kind: recovery.ProofPassed, Ticket: t.ID, Account: t.Account, Data: map[string]string{"step": string(recovery.StepFresh)}}); err != nil {
			return err
		}
		return c.openRecovery(ctx, t, token)
	})
	return ifDone(token, err)
}

// enteredAgain is a last code that comes when the session is open: the right one
// opens it again, another one is refused and counted like any wrong entry.
func (c *Change) enteredAgain(ctx context.Context, t recovery.Ticket, token string, refusal error) error {
	n, err := c.Tx.Tries(ctx, t.ID, string(recovery.SlotFresh))
	if err != nil || token == "" {
		return cmp.Or(err, refusal)
	}
	rules, err := c.rulesFor(ctx, t)
	if err != nil || n >= rules.Tries(recovery.SlotFresh) {
		return cmp.Or(err, refusal)
	}
	if runs, err := c.runs(ctx, t, token); runs || err != nil {
		return err
	}
	c.stay(func(ctx context.Context, c *Change) error {
		_, err := c.Tx.CountTry(ctx, t.ID, string(recovery.SlotFresh))
		return err
	})
	var own *recovery.Refusal
	if !errors.As(refusal, &own) {
		return refusal
	}
	counted := *own
	counted.Matched = true // only the claimed browser gets here, and what is counted is on record
	return &counted
}

// OpenRecovery opens the recovery session after a last proof that nobody typed here:
// a call, another person's word, or a second look on site. Only in the claimed
// browser; the same form again gets the same session. Refusals: no-claim,
// recovery-over, session-open, last-proof-open.
func (d *Desk) OpenRecovery(ctx context.Context, actor Actor, claim string) (token string, err error) {
	token = codes.DeriveToken(d.Keys.Pepper, RecoverySession, claim, string(recovery.StepFresh))
	err = d.change(ctx, actor, recovery.RecoveryRefused, nil, func(ctx context.Context, c *Change) error {
		t, _, err := c.collecting(ctx, claim)
		if t.DueWhat == dueEnrol {
			if runs, failed := c.runs(ctx, t, token); runs || failed != nil {
				return failed
			}
		}
		if err != nil {
			return err
		}
		proofs, err := c.Tx.Evidence(ctx, t.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(proofs, func(e recovery.Evidence) bool { return e.Step == recovery.StepFresh && e.Counts(t.Run) }) {
			return recovery.Refuse("last-proof-open", "The last proof has not been given yet.", "Choose one of the ways that this page shows.")
		}
		return c.openRecovery(ctx, t, token)
	})
	return ifDone(token, err)
}

// collecting reads the executed ticket of a claimed browser and the addresses that
// its last code may go to.
func (c *Change) collecting(ctx context.Context, claim string) (recovery.Ticket, []recovery.Address, error) {
	t, err := c.Tx.TicketByClaim(ctx, codes.HashToken("claim", claim))
	if errors.Is(err, store.ErrNotFound) || err == nil && t.Self() {
		return t, nil, recovery.NoClaim()
	}
	if err != nil {
		return t, nil, err
	}
	c.concern(t.ID, t.Account)
	if err := recovery.MayEnrol(t, c.Now); err != nil {
		return t, nil, err
	}
	if t.DueWhat == dueEnrol { // one session per execution
		return t, nil, recovery.Refuse("session-open", "The recovery is open in this browser already.", "Go on where you register your passkey.")
	}
	offered, err := c.desk.lastAddresses(ctx, c.Tx.View, t, c.Now)
	return t, offered, err
}

// lastAddresses are the addresses that the last code of a ticket may go to: mail, and
// numbers where the house sends text messages.
func (d *Desk) lastAddresses(ctx context.Context, v store.View, t recovery.Ticket, now int64) ([]recovery.Address, error) {
	all, err := v.Addresses(ctx, t.Account)
	if err != nil {
		return nil, err
	}
	proofs, err := v.Evidence(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	channels, err := d.channels(ctx, v, t, now)
	if err != nil {
		return nil, err
	}
	channels = recovery.ForStep(recovery.StepFresh, channels, proofs)
	may := recovery.Reachable(recovery.ByMailCode, channels)
	if d.Settings.Texts {
		may = append(may, recovery.Reachable(recovery.BySMSCode, channels)...)
	}
	return slices.DeleteFunc(all, func(a recovery.Address) bool {
		return !slices.ContainsFunc(may, func(ch recovery.Channel) bool { return ch.ID == a.ID })
	}), nil
}

// lastFailed ends the holder's time after a last proof that failed: nothing goes back
// by then, the account stays locked, and security hears of it.
func (c *Change) lastFailed(ctx context.Context, t recovery.Ticket, e recovery.Evidence, why string) error {
	if err := c.record(ctx, recovery.Event{Kind: recovery.LastProofFailed, Ticket: t.ID, Account: t.Account, Object: e.ID,
		Data: map[string]string{"method": string(e.Method), "why": why}, Detail: e.Note}); err != nil {
		return err
	}
	return c.lapse(ctx, t, recovery.LastProofWrong)
}
