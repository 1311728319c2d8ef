package desk

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// SendCode sends the code of a step to one of the account's usable addresses.
// Refused: a step or method that is not open, a ticket nobody holds, an address
// that may carry no proof or is needed for the last one, a fourth code within an
// hour.
func (d *Desk) SendCode(ctx context.Context, actor Actor, reference string, id recovery.StepID, method recovery.Method, address string) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.work(ctx, reference)
		if err != nil {
			return err
		}
		proofs, err := c.openStep(ctx, t, id, method)
		if err != nil {
			return err
		}
		if id == recovery.StepFresh {
			return recovery.Refuse("holder-sends", "The holder chooses where the last code goes, on the recovery page.", "Ask the holder to choose there, or choose another of the ways that are offered.")
		}
		if err := c.held(ctx, t); err != nil {
			return err
		}
		a, err := c.destination(ctx, t, method, address, proofs)
		if err != nil {
			return err
		}
		if err := recovery.MayComeAgain(recovery.Evidence{Step: id, Channel: a.ID}, proofs); err != nil {
			return err
		}
		if err := c.issueCode(ctx, t, method.Slot(), a); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.CodeSent, Ticket: t.ID, Account: t.Account,
			Data: map[string]string{"step": string(id), "method": string(method), "address": address}})
	})
}

// destination is the address of the directory that a code goes to.
func (c *Change) destination(ctx context.Context, t recovery.Ticket, method recovery.Method, address string, proofs []recovery.Evidence) (recovery.Address, error) {
	if method == recovery.BySMSCode {
		return c.number(ctx, t, address)
	}
	if method != recovery.ByMailCode {
		return recovery.Address{}, recovery.Refuse("method-not-offered", "No code is sent that way.", "Choose one of the ways that are offered.").On("method")
	}
	addresses, err := c.Tx.Addresses(ctx, t.Account)
	if err != nil {
		return recovery.Address{}, err
	}
	around, err := c.desk.around(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return recovery.Address{}, err
	}
	usable := recovery.Usable(addresses, around)
	if err := recovery.MayCarry(address, usable, recovery.LastChannels(addresses, around), proofs); err != nil {
		return recovery.Address{}, err
	}
	return usable[slices.IndexFunc(usable, func(a recovery.Address) bool { return a.ID == address })], nil
}

// EnterCode takes the digits that the holder typed in the claimed browser, for
// the step that is open. Five wrong entries fail the run, whatever codes were
// sent between.
func (d *Desk) EnterCode(ctx context.Context, actor Actor, secret, digits string) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.claimed(ctx, secret)
		if err != nil {
			return err
		}
		id, method, err := c.typedStep(ctx, t, recovery.ByMailCode, recovery.BySMSCode)
		if err != nil {
			return err
		}
		channel, err := c.takeIssued(ctx, t, method.Slot(), digits, overFor(t, id, method))
		if err != nil {
			return err
		}
		if err := c.stillUsable(ctx, t, method, channel); err != nil {
			return err
		}
		return c.passed(ctx, t, recovery.Evidence{Step: id, Method: method, Channel: channel})
	})
}

// typedStep is the open step with the method that a claimed page's entry belongs
// to: of those it may be, the one whose code waits, otherwise the first.
func (c *Change) typedStep(ctx context.Context, t recovery.Ticket, may ...recovery.Method) (recovery.StepID, recovery.Method, error) {
	all, err := c.Tx.Evidence(ctx, t.ID)
	if err != nil {
		return "", "", err
	}
	w, err := c.steps(ctx, t)
	if err != nil {
		return "", "", err
	}
	open, _, _ := w.Current(t.Run, all)
	method, err := codeWaits(ctx, c.Tx.View, t, open, c.Now, may)
	if err != nil {
		return "", "", err
	}
	if !open.By(method) && t.State == recovery.Proofing {
		return "", "", recovery.Refuse("step-order", "That step is not open.", "Reload this page to see what is asked for now.")
	}
	_, err = c.openStep(ctx, t, open.ID, method)
	return open.ID, method, err
}

// codeWaits is the method of a step whose code waits to be typed, otherwise the
// first that the step has.
func codeWaits(ctx context.Context, v store.View, t recovery.Ticket, open recovery.Step, now int64, may []recovery.Method) (recovery.Method, error) {
	have := slices.DeleteFunc(slices.Clone(may), func(m recovery.Method) bool { return !open.By(m) })
	for _, m := range have {
		code, err := v.IssuedCode(ctx, t.ID, m.Slot())
		if err == nil && code.Live(now) && code.Run == t.Run {
			return m, nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return "", err
		}
	}
	if len(have) == 0 {
		return may[0], nil
	}
	return have[0], nil
}

// stillUsable refuses a proof over a channel that was struck off since the code
// was sent: a mailbox that is reported taken voids what waits in it (S9).
func (c *Change) stillUsable(ctx context.Context, t recovery.Ticket, method recovery.Method, channel string) error {
	channels, err := c.desk.channels(ctx, c.Tx.View, t, c.Now)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(recovery.Reachable(method, channels), func(ch recovery.Channel) bool { return ch.ID == channel }) {
		return nil
	}
	return recovery.Refuse("code-over", "This code works no longer: its address may carry no proof.", "Ask your help desk for another way. This did not count as a try.").On("code")
}

// EnterPassword takes the password that the holder typed in the claimed
// browser. It is compared only while a step asks for it, so no stranger can buy
// server time. Five wrong entries fail the run.
func (d *Desk) EnterPassword(ctx context.Context, actor Actor, secret, password string) error {
	if password == "" || len(password) > 4*recovery.PasswordMax {
		return recovery.Refuse("password-missing", "Enter your password.", "This did not count as a try.").On("password")
	}
	factor, looked, right, err := d.checkPassword(ctx, secret, password)
	if err != nil {
		return err
	}
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		t, err := c.claimed(ctx, secret)
		if err != nil {
			return err
		}
		id, method, err := c.typedStep(ctx, t, recovery.ByPassword)
		if err != nil {
			return err
		}
		now, err := passwordOf(ctx, c.Tx.View, t.Account)
		if err != nil {
			return err
		}
		if !looked || now.ID != factor.ID || now.Secret != factor.Secret {
			return store.ErrConflict // the step opened, or the password was replaced, while we compared
		}
		if !right {
			return c.wrongEntry(ctx, t, method.Slot(), overFor(t, id, method))
		}
		return c.passed(ctx, t, recovery.Evidence{Step: id, Method: method, Channel: factor.ID})
	})
}

// checkPassword is the slow beat: it decides nothing. While no step asks for a
// password it does not look at it; the change then refuses.
func (d *Desk) checkPassword(ctx context.Context, secret, password string) (f recovery.Factor, looked, right bool, _ error) {
	v := d.view()
	t, seen, err := claimOf(ctx, v, secret)
	if err != nil {
		return f, false, false, d.report(err)
	}
	if f, err = passwordOf(ctx, v, t.Account); err != nil {
		return f, false, false, d.report(err)
	}
	proofs, err := v.Evidence(ctx, t.ID)
	if err != nil {
		return f, false, false, d.report(err)
	}
	w, err := d.flow(ctx, v, t)
	if err != nil {
		return f, false, false, d.report(err)
	}
	open, _, _ := w.Current(t.Run, proofs)
	if t.Self() || d.mayType(ctx, v, t, seen) != nil || recovery.MayProve(t, w, proofs, open.ID, recovery.ByPassword) != nil {
		return f, false, false, nil
	}
	err = d.Directory.CheckPassword(ctx, f.Secret, password)
	if errors.Is(err, directory.ErrPassword) {
		return f, true, false, nil
	}
	return f, true, err == nil, d.report(err)
}

// passwordOf reads the live password, an empty one when there is none.
func passwordOf(ctx context.Context, v store.View, account string) (recovery.Factor, error) {
	f, err := v.PasswordOf(ctx, account)
	if errors.Is(err, store.ErrNotFound) {
		return recovery.Factor{}, nil
	}
	return f, err
}
