package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"countersign/internal/recovery"
	"countersign/internal/store"
)

// HoldPage is what a holder at lower assurance sees: where a code may go.
type HoldPage struct {
	Account recovery.Account
	Choices []Choice
}

// HoldPage reads the signed-in holder's hold. Refused when there is none.
func (d *Desk) HoldPage(ctx context.Context, actor Actor) (HoldPage, error) {
	if actor.Kind != Holder {
		return HoldPage{}, errSession
	}
	h, err := d.readHold(ctx, d.view(), actor.Account, d.now())
	if err != nil {
		return HoldPage{}, d.report(err)
	}
	p := HoldPage{Account: h.account}
	for _, a := range h.offered {
		p.Choices = append(p.Choices, Choice{ID: a.ID, Masked: recovery.Mask(a)})
	}
	return p, nil
}

// held is an account at lower assurance, the recovery that caused it, and the
// addresses that carried no proof in it.
type held struct {
	account recovery.Account
	ticket  recovery.Ticket
	offered []recovery.Address
}

func (d *Desk) readHold(ctx context.Context, v store.View, account string, now int64) (h held, err error) {
	if h.account, err = v.Account(ctx, account); err != nil {
		return h, err
	}
	tickets, err := v.TicketsOf(ctx, account, earlierMax)
	if err != nil {
		return h, err
	}
	var tries int64
	// What was opened since, at the word of whoever called, did not cause the hold.
	if i := slices.IndexFunc(tickets, func(t recovery.Ticket) bool { return t.Completed != 0 }); i >= 0 {
		h.ticket = tickets[i]
	}
	r, err := d.rulesFor(ctx, v, h.ticket, now)
	if err != nil {
		return h, err
	}
	if h.ticket.ID != "" {
		if tries, err = v.Tries(ctx, h.ticket.ID, string(recovery.SlotHold)); err != nil {
			return h, err
		}
	}
	if err := recovery.MayConfirmHold(h.account, h.ticket, tries, r.Tries(recovery.SlotHold), now); err != nil {
		return h, err
	}
	proofs, err := v.Evidence(ctx, h.ticket.ID)
	if err != nil {
		return h, err
	}
	addresses, err := v.Addresses(ctx, account)
	if err != nil {
		return h, err
	}
	h.offered = recovery.HoldAddresses(addresses, proofs, recovery.AtRest(r.Policy, d.Settings.AccountMail, now))
	return h, nil
}

// SendHoldCode sends a code to an address that carried no proof in the recovery
// that caused the hold (R41). Refused: no hold, another address, too many
// messages or wrong entries.
func (d *Desk) SendHoldCode(ctx context.Context, actor Actor, address string) error {
	return d.change(ctx, actor, recovery.HolderRefused, nil, func(ctx context.Context, c *Change) error {
		h, err := c.hold(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(h.offered, func(a recovery.Address) bool { return a.ID == address })
		if i < 0 {
			return recovery.Refuse("address-used", "The code goes to an address that was not used in the recovery.", "Choose one of the addresses that are offered.").On("address")
		}
		if err := c.issueCode(ctx, h.ticket, recovery.SlotHold, h.offered[i]); err != nil {
			return err
		}
		c.at("/me/hold?done=sent")
		return c.record(ctx, recovery.Event{Kind: recovery.CodeSent, Ticket: h.ticket.ID, Account: h.account.ID,
			Data: map[string]string{"step": string(recovery.SlotHold), "address": address}})
	})
}

// ConfirmHold takes the code: the account leaves its lower assurance, and its
// sleeping codes wake. Five wrong entries, and the hold lasts to its end.
func (d *Desk) ConfirmHold(ctx context.Context, actor Actor, typed string) error {
	return d.change(ctx, actor, recovery.HolderRefused, nil, func(ctx context.Context, c *Change) error {
		h, err := c.hold(ctx)
		if err != nil {
			return err
		}
		channel, err := c.takeIssued(ctx, h.ticket, recovery.SlotHold, typed, func(context.Context, *Change) error { return nil })
		if err != nil {
			return c.holdWords(ctx, h, err)
		}
		if !slices.ContainsFunc(h.offered, func(a recovery.Address) bool { return a.ID == channel }) {
			return recovery.Refuse("address-used", "This address can no longer be used for the code.", "Ask for a code to another address.").On("address")
		}
		return c.endHold(ctx, h)
	})
}

// hold reads the actor's hold as it is now.
func (c *Change) hold(ctx context.Context) (held, error) {
	if err := c.holderLives(ctx); err != nil {
		return held{}, err
	}
	c.concern("", c.Actor.Account)
	return c.desk.readHold(ctx, c.Tx.View, c.Actor.Account, c.Now)
}

// holdWords says what the last wrong entry means here: nothing ends but the tries.
func (c *Change) holdWords(ctx context.Context, h held, wrong error) error {
	var refusal *recovery.Refusal
	if !errors.As(wrong, &refusal) || refusal.Code != "wrong-code" {
		return wrong
	}
	tries, err := c.Tx.Tries(ctx, h.ticket.ID, string(recovery.SlotHold))
	if err != nil {
		return err
	}
	rules, err := c.rulesFor(ctx, h.ticket)
	if err == nil && tries+1 >= rules.Tries(recovery.SlotHold) {
		return recovery.HoldTries(h.account)
	}
	return cmp.Or(err, wrong)
}

func (c *Change) endHold(ctx context.Context, h held) error {
	a := h.account
	if err := c.Tx.SetAccountMarks(ctx, a.ID, a.MailedLink, 0, a.ContactBlock); err != nil {
		return err
	}
	if err := c.Tx.WakeCodeSets(ctx, a.ID); err != nil {
		return err
	}
	c.at("/me?done=hold")
	return c.record(ctx, recovery.Event{Kind: recovery.HoldConfirmed, Ticket: h.ticket.ID, Account: a.ID})
}
