package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// VouchPage is what somebody who was asked to vouch may read.
type VouchPage struct {
	SignIn   bool // nobody is signed in: nothing else is filled in
	Vouching recovery.Vouching
	Ticket   recovery.Ticket
	Account  recovery.Account
	Agent    string // name of who asks
	Granted  string
}

// VouchPage shows an invitation and changes nothing. Without a sign-in it tells
// only that there is one. Refusals: link-ended, link-used, vouch-other.
func (d *Desk) VouchPage(ctx context.Context, actor Actor, token string) (VouchPage, error) {
	v := d.view()
	k, t, err := vouchingOf(ctx, v, token)
	if err == nil {
		err = k.Live(t, d.now())
	}
	if err != nil || actor.Kind != Holder {
		return VouchPage{SignIn: true}, d.report(err)
	}
	if err := mayAnswer(actor, k); err != nil {
		return VouchPage{}, err
	}
	p := VouchPage{Vouching: k, Ticket: t}
	if p.Granted, err = d.grants(ctx, v, t); err != nil {
		return p, d.report(err)
	}
	if p.Account, err = v.Account(ctx, t.Account); err != nil {
		return p, d.report(err)
	}
	p.Agent, err = nameOf(ctx, v, k.Agent)
	return p, d.report(err)
}

// vouchingOf finds the invitation of a link.
func vouchingOf(ctx context.Context, v store.View, token string) (k recovery.Vouching, t recovery.Ticket, err error) {
	gone := recovery.Refuse("link-ended", "This link does not work, or no longer works.", "The help desk asks again if your word is still needed.")
	if token, err = codes.ParseToken(token); err != nil {
		return k, t, gone
	}
	k, err = v.VouchingByToken(ctx, codes.HashToken("vouch", token))
	if errors.Is(err, store.ErrNotFound) {
		return k, t, gone
	}
	if err != nil {
		return k, t, err
	}
	t, err = v.Ticket(ctx, k.Ticket)
	return k, t, err
}

// mayAnswer refuses everybody but the person who was asked, with the account
// that was asked.
func mayAnswer(actor Actor, k recovery.Vouching) error {
	if actor.Person == k.Person && actor.Account == k.Account {
		return nil
	}
	return recovery.Refuse("vouch-other", "This question was put to somebody else.", "Sign out, and sign in as the person whom the message was sent to.")
}

// Word is what a voucher chose on the page.
type Word struct {
	Word recovery.Word  `json:"word"`
	How  recovery.Known `json:"how"`
	Note string         `json:"note"`
}

// BeginVouch freezes the statement and asks for a passkey of the voucher's own
// account. Refusals: those of VouchPage, word-missing, how-missing, voucher-….
func (d *Desk) BeginVouch(ctx context.Context, actor Actor, token string, in Word) (Touch, error) {
	v := d.view()
	k, t, err := vouchingOf(ctx, v, token)
	if err == nil {
		err = k.Live(t, d.now())
	}
	if err == nil {
		err = mayAnswer(actor, k)
	}
	if err != nil {
		return Touch{}, d.report(err)
	}
	text, err := d.vouchText(ctx, v, k, t, in)
	if err != nil {
		return Touch{}, d.report(err)
	}
	factors, err := v.Factors(ctx, k.Account)
	if err != nil {
		return Touch{}, d.report(err)
	}
	return d.askPasskey(ctx, vouching(factors, t.Population), k.Account, text,
		store.Challenge{Purpose: purposeVouch, Subject: k.ID, Owner: touchOwner(actor), Data: in.encode()})
}

func (w Word) encode() string {
	b, _ := json.Marshal(w) // three strings
	return string(b)
}

// askPasskey begins a ceremony of an account's passkeys over a statement, "" for
// mere presence.
func (d *Desk) askPasskey(ctx context.Context, factors []recovery.Factor, account, statement string, ch store.Challenge) (Touch, error) {
	creds, err := passkeys(factors)
	if err != nil {
		return Touch{}, d.report(err)
	}
	nonce := make([]byte, stepup.NonceSize)
	if _, err := io.ReadFull(d.Rand, nonce); err != nil {
		return Touch{}, d.report(fmt.Errorf("make a nonce: %w", err))
	}
	challenge := nonce
	if statement != "" {
		challenge = stepup.Challenge(nonce, statement)
	}
	options, session, err := d.RP.BeginAssertion(creds, []byte(account), challenge)
	if stepup.ReasonOf(err) == stepup.UnknownKey {
		return Touch{}, recovery.Refuse("key-none", "This account has no passkey that can be used here.", "Tell your help desk; they choose another way.")
	}
	if err != nil {
		return Touch{}, d.report(err)
	}
	ch.Session, ch.Nonce, ch.Statement = string(session), base64URL(nonce), statement
	return d.keepChallenge(ctx, options, ch)
}

// vouchText is the exact text that is signed, from the rows as v has them now.
func (d *Desk) vouchText(ctx context.Context, v store.View, k recovery.Vouching, t recovery.Ticket, in Word) (string, error) {
	s := recovery.VouchStatement{RPID: d.RP.ID, Demo: d.Settings.Demo, Vouching: k, Ticket: t, Word: in.Word, How: in.How, Note: in.Note}
	var err error
	if s.Granted, err = d.grants(ctx, v, t); err != nil {
		return "", err
	}
	if s.Account, err = v.Account(ctx, t.Account); err != nil {
		return "", err
	}
	if s.Voucher, err = v.Person(ctx, k.Person); err != nil {
		return "", err
	}
	if s.Asked, err = v.Person(ctx, k.Agent); err != nil {
		return "", err
	}
	return s.Text(), s.Check()
}

// Vouch files the signed word. For the holder it is a proof; "I do not know"
// leaves the step open for somebody else; "this is wrong" fails the run and
// alerts security. It refuses what VouchPage refuses, a touch that does not
// belong to this question, and somebody who may not vouch any more.
func (d *Desk) Vouch(ctx context.Context, actor Actor, token string, answer Answer) error {
	k, _, err := vouchingOf(ctx, d.view(), token)
	if err != nil {
		return d.report(err)
	}
	touch := &touched{purpose: purposeVouch, subject: k.ID, answer: answer}
	return d.change(ctx, actor, recovery.VouchRefused, touch.spend, func(ctx context.Context, c *Change) error {
		if err := c.holderLives(ctx); err != nil {
			return err
		}
		k, t, err := vouchingOf(ctx, c.Tx.View, token)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		c.at("/me?done=vouched")
		if err := k.Live(t, c.Now); err != nil {
			return err
		}
		if err := mayAnswer(c.Actor, k); err != nil {
			return err
		}
		if err := c.sign(ctx, t, &k, touch); err != nil {
			return err
		}
		return c.takeWord(ctx, t, k)
	})
}

// sign verifies the voucher's key over the text of the rows as they are now.
func (c *Change) sign(ctx context.Context, t recovery.Ticket, k *recovery.Vouching, touch *touched) error {
	if c.Now >= touch.spent.Ends {
		return errTouchLate
	}
	var in Word
	if err := json.Unmarshal([]byte(touch.spent.Data), &in); err != nil {
		return fmt.Errorf("read a voucher's word: %w", err)
	}
	text, err := c.desk.vouchText(ctx, c.Tx.View, *k, t, in)
	if err != nil {
		return err
	}
	if text != touch.spent.Statement {
		return recovery.Refuse("request-changed", "The request changed while you read it, so nothing was signed.", "Read it again before you decide.")
	}
	f, err := c.passkeyAsked(ctx, k.Account, touch, func(f recovery.Factor) bool { return len(vouching([]recovery.Factor{f}, t.Population)) == 1 })
	if err != nil {
		return err
	}
	a, err := c.assertPasskey(ctx, f, touch)
	if err != nil {
		return err
	}
	k.Word, k.How, k.Note = in.Word, in.How, in.Note
	k.Signature = recovery.Signature{Key: f.ID, Statement: text, Nonce: touch.spent.Nonce, ClientData: base64URL(a.ClientDataJSON),
		AuthData: base64URL(a.AuthenticatorData), Signature: base64URL(a.Signature), CredentialID: f.CredentialID}
	return nil
}

// passkeyAsked finds the passkey that answered among those of an account that may.
func (c *Change) passkeyAsked(ctx context.Context, account string, touch *touched, may func(recovery.Factor) bool) (recovery.Factor, error) {
	credential, _, err := stepup.PeekLogin(touch.answer.Response)
	if err != nil {
		return recovery.Factor{}, refusePasskey(err)
	}
	f, err := c.Tx.FactorByCredential(ctx, base64URL(credential))
	if errors.Is(err, store.ErrNotFound) || err == nil && (f.Account != account || !may(f)) {
		return f, recovery.Refuse("key-"+stepup.UnknownKey, "This passkey cannot be used here.", "Use another passkey of the account.")
	}
	return f, err
}

// takeWord keeps the word and does what it says.
func (c *Change) takeWord(ctx context.Context, t recovery.Ticket, k recovery.Vouching) error {
	if err := c.mayStillVouch(ctx, t, k); err != nil {
		return err
	}
	if err := c.Tx.SaveWord(ctx, k); err != nil {
		return err
	}
	if err := c.Tx.TakePart(ctx, t.ID, k.Person, PartVoucher); err != nil {
		return err
	}
	if err := c.record(ctx, recovery.Event{Kind: recovery.VouchSaid, Ticket: t.ID, Account: t.Account, Object: k.ID, Detail: k.Note,
		Data: map[string]string{"word": string(k.Word), "how": string(k.How), "person": k.Person}}); err != nil {
		return err
	}
	e := recovery.Evidence{Step: k.Step, Method: recovery.ByVoucher, Channel: recovery.PersonChannel(k.Person), By: k.Person, Record: k.ID, Note: k.Note}
	switch k.Word {
	case recovery.WordUnknown:
		return nil
	case recovery.WordWrong:
		return c.failRun(ctx, t, e, "voucher-denied")
	}
	e.Note = k.How.Words()
	if k.Note != "" {
		e.Note += ": " + k.Note
	}
	return c.passed(ctx, t, e)
}

// mayStillVouch refuses a word for the holder when the step is not open any
// more, nobody holds the ticket, or the person may not vouch by now. Saying that
// something is wrong is always open.
func (c *Change) mayStillVouch(ctx context.Context, t recovery.Ticket, k recovery.Vouching) error {
	if k.Word != recovery.WordVouch {
		return nil
	}
	if _, err := c.openStep(ctx, t, k.Step, recovery.ByVoucher); err != nil {
		return err
	}
	if err := c.held(ctx, t); err != nil {
		return err
	}
	_, _, err := c.voucher(ctx, t, k.Person)
	return err
}
