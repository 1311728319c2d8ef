package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// A touch is the fresh step-up of a member of staff (R15): a key is asked for
// one purpose, about one object, over one frozen text, and its answer is good
// once. An act that needs one has two methods:
//
//	func (d *Desk) BeginX(ctx, actor, …) (Touch, error) {
//		// read, check what can be told early, build the statement
//		return d.beginTouch(ctx, actor, ask{purpose: "x", subject: id, statement: text, decides: true})
//	}
//
//	func (d *Desk) X(ctx, actor, …, answer Answer) error {
//		t := &touched{purpose: "x", subject: id, answer: answer}
//		return d.change(ctx, actor, refusedKind, t.spend, func(ctx context.Context, c *Change) error {
//			key, assertion, err := c.finishDecision(ctx, t) // or finishTouch
//			// compare t.spent.Statement with the text of the rows as they are now; decide, write, record
//		})
//	}
//
// The challenge belongs to the person and the session that began it, lives for
// recovery.ChallengeLife, and is spent before anything is verified (B16, M3).

// Touch is a ceremony that was begun: what the browser needs to ask the key.
// Its JSON is what js/passkey.js expects.
type Touch struct {
	ID        string          `json:"id"`
	Options   json.RawMessage `json:"options"`
	Statement string          `json:"statement,omitempty"`
}

// Answer is what the browser sends back.
type Answer struct {
	Challenge string // Touch.ID
	Response  []byte // the credential, as JSON
}

// ask says what a key is asked for.
type ask struct {
	purpose, subject string
	statement        string // the exact text that is signed; "" when only presence is proved
	data             string // kept with the challenge for the second beat
	decides          bool   // only keys that may decide are asked (R28)
}

// touched is an answered ask; spend fills in what was frozen.
type touched struct {
	purpose, subject string
	answer           Answer
	spent            store.Challenge
}

// StaffHandle is the WebAuthn user handle of a member of staff: opaque, 32
// bytes, and never that of an account, because an authenticator keeps one
// discoverable key per site and handle: the staff key of a person would
// overwrite the passkey of the same person's account.
func StaffHandle(person string) []byte {
	sum := sha256.Sum256([]byte("countersign/staff-handle/v1:" + person))
	return sum[:]
}

// beginTouch freezes what is asked and returns the options for the browser.
// Refused when the actor has no key that could answer.
func (d *Desk) beginTouch(ctx context.Context, actor Actor, a ask) (Touch, error) {
	keys, err := d.view().Keys(ctx, actor.Person)
	if err != nil {
		return Touch{}, d.report(err)
	}
	if keys, err = askable(keys, a.decides, d.now()); err != nil {
		return Touch{}, err
	}
	nonce := make([]byte, stepup.NonceSize)
	if _, err := io.ReadFull(d.Rand, nonce); err != nil {
		return Touch{}, d.report(fmt.Errorf("make a nonce: %w", err))
	}
	challenge := nonce
	if a.statement != "" {
		challenge = stepup.Challenge(nonce, a.statement)
	}
	options, session, err := d.RP.BeginAssertion(credentials(keys), StaffHandle(actor.Person), challenge)
	if err != nil {
		return Touch{}, d.report(err)
	}
	return d.keepChallenge(ctx, options, store.Challenge{Purpose: a.purpose, Subject: a.subject, Owner: touchOwner(actor), Session: string(session),
		Nonce: base64URL(nonce), Statement: a.statement, Data: a.data})
}

// keepChallenge stores a begun ceremony for its life. Those that nobody signed in
// for are bounded by where they come from: refusal "throttled".
func (d *Desk) keepChallenge(ctx context.Context, options json.RawMessage, c store.Challenge) (Touch, error) {
	c.ID = d.newID()
	err := d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
		c.Made, c.Ends = s.Now(), s.Now()+recovery.ChallengeLife
		if c.Owner == "" {
			if c.Origin == "" {
				c.Origin = "link:" + c.Subject // whoever has a link begins few
			}
			if err := mayBegin(ctx, s, c); err != nil {
				return err
			}
		}
		return s.AddChallenge(ctx, c)
	})
	if err != nil {
		return Touch{}, d.report(err)
	}
	return Touch{ID: c.ID, Options: options, Statement: c.Statement}, nil
}

// mayBegin refuses one more ceremony of strangers while too many are begun: each
// is a row, and anyone can ask for one.
func mayBegin(ctx context.Context, s *store.Scratch, c store.Challenge) error {
	of, all, err := s.OpenChallenges(ctx, c.Origin, c.Made, recovery.BegunOfOrigin, recovery.BegunOfAll)
	if err != nil {
		return err
	}
	return recovery.MayBegin(of, all)
}

// touchOwner ties a challenge to the person and the session that began it.
func touchOwner(a Actor) string {
	if a.Person == "" {
		return ""
	}
	return a.Person + " " + a.Session
}

// askable are the keys that may answer now.
func askable(keys []recovery.Key, decides bool, now int64) ([]recovery.Key, error) {
	var out []recovery.Key
	var why error = recovery.Refuse("key-none", "You have no security key in use.", "Ask an administrator for a new invitation.")
	for _, k := range keys {
		if err := k.MayDecide(now); err != nil && (decides || !k.Live()) {
			why = err
			continue
		}
		out = append(out, k)
	}
	if len(out) == 0 {
		return nil, why
	}
	return out, nil
}

// spend is the keep of an act with a touch: the challenge is gone whatever
// follows. Another purpose, object, person or session finds nothing to spend.
func (t *touched) spend(ctx context.Context, c *Change) error {
	return t.spendOf(ctx, c, touchOwner(c.Actor))
}

// spendOf spends a challenge whose owner is no session of the actor.
func (t *touched) spendOf(ctx context.Context, c *Change, owner string) error {
	spent, err := c.Tx.SpendChallenge(ctx, t.answer.Challenge, t.purpose, t.subject, owner)
	if errors.Is(err, store.ErrNotFound) {
		return recovery.Refuse("touch-spent", "This was answered before, or it was not begun here.", "Start again on this page.")
	}
	t.spent = spent
	return err
}

// finishTouch verifies the answer with the actor's live keys as they are now
// and stores the key's counter. A counter that went back suspends the key, and
// that stays although the act is refused.
func (c *Change) finishTouch(ctx context.Context, t *touched) (recovery.Key, stepup.Assertion, error) {
	if c.Now >= t.spent.Ends {
		return recovery.Key{}, stepup.Assertion{}, errTouchLate
	}
	if err := c.sessionLives(ctx); err != nil {
		return recovery.Key{}, stepup.Assertion{}, err
	}
	return c.verifyKey(ctx, c.Actor.Person, t.spent.Session, t.answer.Response)
}

// finishDecision is finishTouch for decisions: the key must count and be past
// its quarantine (R28).
func (c *Change) finishDecision(ctx context.Context, t *touched) (recovery.Key, stepup.Assertion, error) {
	key, assertion, err := c.finishTouch(ctx, t)
	if err == nil {
		err = key.MayDecide(c.Now)
	}
	return key, assertion, err
}

var errTouchLate = recovery.Refuse("key-"+stepup.Expired, "Too much time passed before the key answered.", "Start again on this page.")

// sessionLives refuses when the actor's session ended after the request came in.
func (c *Change) sessionLives(ctx context.Context) error {
	if c.Actor.Session == "" {
		return nil
	}
	s, err := c.Tx.Session(ctx, c.Actor.Session)
	switch {
	case err != nil:
		return err
	case s.Ended != 0 || c.Now >= s.Ends || s.Person != c.Actor.Person:
		return errSession
	}
	return nil
}

// verifyKey checks an answer against the live keys of a person.
func (c *Change) verifyKey(ctx context.Context, person, session string, response []byte) (recovery.Key, stepup.Assertion, error) {
	keys, err := c.Tx.Keys(ctx, person)
	if err != nil {
		return recovery.Key{}, stepup.Assertion{}, err
	}
	live := slices.DeleteFunc(slices.Clone(keys), func(k recovery.Key) bool { return !k.Live() })
	assertion, err := c.desk.RP.FinishAssertion([]byte(session), credentials(live), StaffHandle(person), response)
	if err != nil {
		return recovery.Key{}, stepup.Assertion{}, c.refuseTouch(keys, response, err)
	}
	key, _ := keyOf(live, assertion.CredentialID)
	return key, assertion, c.Tx.UsedKey(ctx, key.ID, assertion.SignCount, c.Now)
}

// refuseTouch turns what the ceremony refused into words; each reason keeps a
// code of its own (T4).
func (c *Change) refuseTouch(keys []recovery.Key, response []byte, err error) error {
	reason := stepup.ReasonOf(err)
	if reason == "" {
		return err
	}
	credential, _, _ := stepup.PeekLogin(response)
	key, known := keyOf(keys, credential)
	switch reason {
	case stepup.CounterRegression: // found after the signature was verified: nobody can suspend another's key
		c.stay(func(ctx context.Context, c *Change) error { return c.suspendKey(ctx, key, "its counter went back") })
		r := recovery.Refuse("key-"+reason, "The counter of this key went back, as a copied key's would. The key is suspended and security is told.",
			"Use another of your keys, or ask an administrator.")
		r.Matched = true
		return r
	case stepup.UnknownKey:
		if known && !key.Live() {
			return key.MayDecide(c.Now)
		}
		return recovery.Refuse("key-"+reason, "This key is not one of yours.", "Use "+keyNames(keys)+".")
	case stepup.UserNotVerified:
		return recovery.Refuse("key-"+reason, "The key did not ask for its PIN or fingerprint.", "Set a PIN on the key, then start again.")
	case stepup.Expired:
		return errTouchLate
	}
	return recovery.Refuse("key-"+reason, "The key's answer does not belong to this request.", "Start again on this page.")
}

// suspendKey takes a key out of use and ends its person's sessions.
func (c *Change) suspendKey(ctx context.Context, k recovery.Key, why string) error {
	if err := c.Tx.SuspendKey(ctx, k.ID, why, c.Now); err != nil {
		return err
	}
	if _, err := c.Tx.EndSessionsOf(ctx, k.Person, "", "key-suspended", c.Now); err != nil {
		return err
	}
	return c.record(ctx, recovery.Event{Kind: recovery.StaffKeySuspended, Object: k.Person,
		Data: map[string]string{"person": k.Person, "key": k.Digest}, What: []string{"Fingerprint " + k.Fingerprint, "Suspended because " + why}, Detail: why})
}

// credentials are keys as the ceremony wants them.
func credentials(keys []recovery.Key) []stepup.Credential {
	out := make([]stepup.Credential, len(keys))
	for i, k := range keys {
		out[i] = stepup.Credential{ID: unbase64(k.CredentialID), PublicKey: unbase64(k.PublicKey), SignCount: k.SignCount, Transports: strings.Fields(k.Transports)}
	}
	return out
}

// base64URL is how bytes stand in rows.
func base64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// unbase64 reads what we wrote ourselves; damage gives a key that never fits.
func unbase64(text string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

func keyOf(keys []recovery.Key, credential []byte) (recovery.Key, bool) {
	for _, k := range keys {
		if len(credential) > 0 && bytes.Equal(unbase64(k.CredentialID), credential) {
			return k, true
		}
	}
	return recovery.Key{}, false
}

func keyNames(keys []recovery.Key) string {
	var names []string
	for _, k := range keys {
		if k.Live() {
			names = append(names, k.Name)
		}
	}
	if len(names) == 0 {
		return "a key that an administrator invites you to register"
	}
	return strings.Join(names, " or ")
}
