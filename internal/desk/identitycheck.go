package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// identityOn says whether the house has an external identity check: both its
// address and the secret that signs its calls are set.
func (d *Desk) identityOn() bool {
	return d.Settings.IdentityURL != "" && len(d.Keys.Identity) >= codes.CallSecretMin
}

// BeginCheck opens a request to the external identity check, for one step and
// run of a ticket. Refused: a step or method that is not open, a ticket nobody
// holds, a house without such a service (check-off), a request that waits
// (check-waits).
func (d *Desk) BeginCheck(ctx context.Context, actor Actor, reference string, id recovery.StepID, method recovery.Method) error {
	return d.change(ctx, actor, recovery.ProofRefused, nil, func(ctx context.Context, c *Change) error {
		if method != recovery.ByBiometric {
			method = recovery.ByCheck
		}
		t, err := c.workOn(ctx, reference, id, method)
		if err != nil {
			return err
		}
		if !d.identityOn() {
			return recovery.Refuse("check-off", "This house has no external identity check.", "Choose another of the ways that are offered.").On("method")
		}
		waits, err := waitingCheck(ctx, c.Tx.View, t, c.Now)
		if err != nil {
			return err
		}
		if waits != nil {
			return recovery.Refuse("check-waits", "A check is open until "+recovery.UTC(waits.Ends)+".", "The holder finds its link on the recovery page.")
		}
		request, err := codes.NewToken(c.desk.Rand)
		if err != nil {
			return err
		}
		rules, err := c.rulesFor(ctx, t)
		if err != nil {
			return err
		}
		k := recovery.IdentityCheck{ID: request, Ticket: t.ID, Run: t.Run, Step: id, Method: method, Account: t.Account, Agent: actor.Person,
			Made: c.Now, Ends: rules.Fresh.Proof.After(c.Now)} // as long as a proof counts
		if err := c.Tx.AddCheck(ctx, k); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: recovery.CheckBegun, Ticket: t.ID, Account: t.Account,
			Data: map[string]string{"step": string(id), "method": string(method), "digest": k.AccountDigest()}})
	})
}

// waitingCheck is the request of a ticket's run that waits for its result, nil
// for none.
func waitingCheck(ctx context.Context, v store.View, t recovery.Ticket, now int64) (*recovery.IdentityCheck, error) {
	all, err := v.Checks(ctx, t.ID)
	i := slices.IndexFunc(all, func(k recovery.IdentityCheck) bool { return k.Run == t.Run && k.Result == "" && now < k.Ends })
	if err != nil || i < 0 {
		return nil, err
	}
	return &all[i], nil
}

// checkLink is where the holder goes for a check. It names the account by a
// digest and opens nothing here: only the service's signed call counts.
func (d *Desk) checkLink(t recovery.Ticket, k recovery.IdentityCheck) string {
	u, err := url.Parse(d.Settings.IdentityURL)
	if err != nil {
		return ""
	}
	q := u.Query()
	for name, value := range map[string]string{"request": k.ID, "ticket": t.Reference, "run": strconv.FormatInt(k.Run, 10), "account": k.AccountDigest(), "kind": string(k.Method)} {
		q.Set(name, value)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// TakeCheck takes the signed call with which the service gives a result: passed
// is a proof, failed ends the run. header is the value of codes.CallHeader.
// Refused: a house without the service (store.ErrNotFound), a call that is not
// signed (check-forged) or too old (check-stale), a body that cannot be read, a
// request that does not exist, is about something else, has its result or is
// over.
func (d *Desk) TakeCheck(ctx context.Context, actor Actor, header string, body []byte) error {
	r, err := d.readCheck(header, body)
	if err != nil {
		return err
	}
	return d.change(ctx, actor, recovery.CheckRefused, nil, func(ctx context.Context, c *Change) error {
		k, err := c.Tx.Check(ctx, r.Request)
		if errors.Is(err, store.ErrNotFound) {
			return recovery.Refuse("check-unknown", "There is no such request.", "")
		}
		if err != nil {
			return err
		}
		t, err := c.Tx.Ticket(ctx, k.Ticket)
		if err != nil {
			return err
		}
		c.concern(t.ID, t.Account)
		var refusal *recovery.Refusal
		if errors.As(k.May(t, r, c.Now), &refusal) {
			return c.matchedCheck(ctx, k, refusal)
		}
		if err := c.Tx.SaveCheck(ctx, k.ID, r.Result); err != nil {
			return err
		}
		e := recovery.Evidence{Step: k.Step, Method: k.Method, Channel: string(k.Method), Record: k.AccountDigest()}
		if r.Result == recovery.CheckFailed {
			return c.failRun(ctx, t, e, "check-failed")
		}
		if _, err := c.openStep(ctx, t, k.Step, k.Method); err != nil {
			return err
		}
		if err := c.held(ctx, t); err != nil {
			return err
		}
		return c.passed(ctx, t, e)
	})
}

// readCheck verifies a call before anybody reads what it says.
func (d *Desk) readCheck(header string, body []byte) (r recovery.CheckResult, err error) {
	if !d.identityOn() {
		return r, store.ErrNotFound
	}
	at, err := codes.CheckCall(d.Keys.Identity, header, body)
	if err != nil || len(body) > recovery.CheckBytesMax {
		return r, recovery.Refuse("check-forged", "This call is not signed with our secret.", "")
	}
	if age := d.now() - at; age > recovery.CheckReplay || age < -recovery.CheckReplay {
		return r, recovery.Refuse("check-stale", "This call was signed too long ago, or by a clock that is wrong.", "Sign it again.")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil || dec.More() {
		return r, recovery.Refuse("check-unreadable", "The call holds no result that can be read.", "")
	}
	return r, nil
}

// matchedCheck makes the refusal of a call that is signed and names a request of
// ours an entry of its own, at most ten an hour.
func (c *Change) matchedCheck(ctx context.Context, k recovery.IdentityCheck, refusal *recovery.Refusal) error {
	own := *refusal
	if err := c.matched(ctx, codes.HashToken("check", k.ID), &own); err != nil {
		return err
	}
	return &own
}
