package desk

import (
	"context"
	"fmt"
	"strings"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// try is one anonymous try at a secret, as throttles count it. Typing mistakes
// are no tries: parse before making one.
type try struct {
	method  string // "code", "reference", …
	subject string // account id, the bucket of an unknown name, "" when no account is named
	account string // account id when it exists
	prefix  string // of the address
	browser string // hash of a known browser's secret, "" for a stranger's
}

// buckets is how many lanes names of no account share. They slow nobody real;
// they make a try on such a name cost the same reads and writes (R39).
const buckets = 1 << 12

// tryOn makes the try of an actor on an account; account is the zero Account when
// the name is nobody's. browser is the secret of the known-browser cookie, "" for none.
func (d *Desk) tryOn(ctx context.Context, method, name string, account recovery.Account, actor Actor, browser string) (try, error) {
	t := try{method: method, subject: account.ID, account: account.ID, prefix: recovery.Prefix(actor.IP)}
	if t.subject == "" {
		t.subject = d.bucket(name)
	}
	hash := browserHash(browser)
	known, err := d.view().BrowserKnown(ctx, hash, t.subject)
	if known && browser != "" {
		t.browser = hash
	}
	return t, err
}

// bucket is where a name of no account counts: keyed, so that nobody can choose it.
func (d *Desk) bucket(name string) string {
	sum := codes.HashIssued(d.Keys.Pepper, "throttle", "name", strings.ToLower(name))
	var n int
	for _, b := range []byte(sum) {
		n = (n*31 + int(b)) % buckets
	}
	return fmt.Sprintf("?%04x", n)
}

// lanes are the keys of the lanes that the try runs in. A known browser has its
// own and waits for no stranger. A reference opens nothing, so it is counted by
// address alone: no flood of guesses, at codes or at references, closes the
// desk's way to everybody (R39).
func (t try) lanes() []string {
	if t.browser != "" {
		return []string{"k:" + t.method + ":" + t.subject + ":" + t.browser}
	}
	all := []string{"a:" + t.prefix}
	if t.subject == "" {
		return all
	}
	return append(all, "g:all", t.narrow(), "d:"+t.subject)
}

func (t try) narrow() string { return "m:" + t.method + ":" + t.subject + ":" + t.prefix }

// row counts failures in a row.
func (t try) row() string { return "c:" + t.method + ":" + t.subject }

// closed says, without a transaction, whether the try must wait. The caller then
// answers exactly as if the try had failed.
func (d *Desk) closed(ctx context.Context, t try) (bool, error) {
	return anyClosed(ctx, d.view(), t, d.now())
}

// closed is the same inside the change: of a thousand tries at once no more get
// through than the lanes allow.
func (c *Change) closed(ctx context.Context, t try) (bool, error) {
	return anyClosed(ctx, c.Tx.View, t, c.Now)
}

func anyClosed(ctx context.Context, v store.View, t try, now int64) (bool, error) {
	rows, err := v.Throttles(ctx, t.lanes())
	for _, r := range rows {
		if r.Closed(now) {
			return true, err
		}
	}
	return false, err
}

// failed counts a failure in every lane of the try. The act that refuses calls it
// through stay, so that the count outlives the refusal.
func (c *Change) failed(ctx context.Context, t try) error {
	keys := t.lanes()
	if t.subject != "" {
		keys = append(keys, t.row())
	}
	rows, err := c.throttles(ctx, keys)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := c.fail(ctx, t, r); err != nil {
			return err
		}
	}
	return nil
}

// throttles reads lanes in the order of keys, empty ones included.
func (c *Change) throttles(ctx context.Context, keys []string) ([]store.Throttle, error) {
	found, err := c.Tx.Throttles(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]store.Throttle, len(keys))
	for i, k := range keys {
		kind, _, _ := strings.Cut(k, ":")
		out[i] = store.Throttle{Key: k, Lane: recovery.Lane{Kind: recovery.LaneKind(kind)}}
		for _, r := range found {
			if r.Key == k {
				out[i] = r
			}
		}
	}
	return out, nil
}

// fail counts one lane and records what that brings about.
func (c *Change) fail(ctx context.Context, t try, r store.Throttle) error {
	after, reopened := r.Fail(c.Rules.Throttles, c.Now)
	if reopened > 0 {
		if err := c.recordLane(ctx, recovery.ThrottleReopened, r, reopened); err != nil {
			return err
		}
	}
	r.Lane = after
	var err error
	switch {
	case r.Kind == recovery.LaneRow:
		r.Told, err = c.inARow(ctx, t, r.Lane)
	case r.Wide() && r.Closed(c.Now) && r.Told == 0:
		r.Told = c.Now
		err = c.laneClosed(ctx, r)
	}
	if err != nil {
		return err
	}
	return c.Tx.SaveThrottle(ctx, r)
}

// inARow tells the holder at five failures, once a day, and suspends the codes
// at a hundred (SP 800-63B-4 §3.2.2). It answers when the holder was last told.
func (c *Change) inARow(ctx context.Context, t try, l recovery.Lane) (told int64, err error) {
	if t.account == "" {
		return 0, nil
	}
	count := map[string]string{"count": fmt.Sprint(l.Fails), "method": t.method}
	if l.Fails == c.Rules.Throttles.Consecutive && t.method == tryCode {
		if _, err := c.Tx.SuspendCodeSets(ctx, t.account); err != nil {
			return 0, err
		}
		return c.Now, c.record(ctx, recovery.Event{Kind: recovery.CodesSuspended, Account: t.account, Data: count})
	}
	if l.Fails < c.Rules.Throttles.Told || l.Told != 0 && c.Now-l.Told < recovery.Day {
		return l.Told, nil
	}
	return c.Now, c.record(ctx, recovery.Event{Kind: recovery.TriesAlert, Account: t.account, Data: count})
}

// laneClosed records the closing and alerts security once an hour, whatever
// number of lanes close (design.md, "Strangers").
func (c *Change) laneClosed(ctx context.Context, r store.Throttle) error {
	if err := c.recordLane(ctx, recovery.ThrottleClosed, r, r.Fails); err != nil {
		return err
	}
	return c.alertHourly(ctx, "x:alert", recovery.Event{Kind: recovery.ThrottleAlert, Data: map[string]string{"lane": string(r.Kind)}})
}

// alertHourly records what strangers caused and security must hear of, at most
// once an hour and key.
func (c *Change) alertHourly(ctx context.Context, key string, e recovery.Event) error {
	rows, err := c.throttles(ctx, []string{key})
	if err != nil || rows[0].Told != 0 && c.Now-rows[0].Told < recovery.Hour {
		return err
	}
	rows[0].Told, rows[0].Last = c.Now, c.Now
	if err := c.Tx.SaveThrottle(ctx, rows[0]); err != nil {
		return err
	}
	return c.record(ctx, e)
}

// recordLane writes a closing or reopening with its count. A lane of one address
// names it only in the side row; a bucket of unknown names is not recorded.
func (c *Change) recordLane(ctx context.Context, kind recovery.EventKind, r store.Throttle, count int64) error {
	_, about, _ := strings.Cut(r.Key, ":")
	e := recovery.Event{Kind: kind, Data: map[string]string{"lane": string(r.Kind), "count": fmt.Sprint(count)}}
	switch {
	case r.Kind == recovery.LaneAccount && strings.HasPrefix(about, "?"):
		return nil
	case r.Kind == recovery.LaneAccount:
		e.Account = about
	case r.Kind == recovery.LaneAddress:
		e.Detail = about
	}
	return c.record(ctx, e)
}

// cleared forgets the account's own lanes after a success.
func (c *Change) cleared(ctx context.Context, t try) error {
	keys := []string{t.row(), t.narrow()}
	if t.browser != "" {
		keys[1] = t.lanes()[0]
	}
	for _, k := range keys {
		if err := c.Tx.ClearThrottle(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// matched makes the refusal of somebody who holds a live or spent secret an
// entry of its own, at most ten per secret and hour; hash names the secret.
func (c *Change) matched(ctx context.Context, hash string, r *recovery.Refusal) error {
	rows, err := c.throttles(ctx, []string{"s:" + hash})
	if err != nil {
		return err
	}
	row := rows[0]
	if c.Now-row.First >= recovery.Hour {
		row.Lane = recovery.Lane{Kind: row.Kind, First: c.Now}
	}
	row.Fails, row.Last = row.Fails+1, c.Now
	r.Matched = row.Fails <= recovery.MatchedHourly
	c.stay(func(ctx context.Context, c *Change) error { return c.Tx.SaveThrottle(ctx, row) })
	return nil
}

// SweepThrottles records lanes that are open again and forgets old counts.
func (d *Desk) SweepThrottles(ctx context.Context) error {
	err := d.Store.Scratch(ctx, func(ctx context.Context, s *store.Scratch) error {
		return s.DropThrottles(ctx, s.Now()-recovery.Day)
	})
	if err != nil {
		return d.report(err)
	}
	open, err := d.view().OpenedThrottles(ctx, d.now(), 100)
	if err != nil || len(open) == 0 {
		return d.report(err)
	}
	return d.change(ctx, Actor{Kind: System}, recovery.ActFailed, nil, func(ctx context.Context, c *Change) error {
		open, err := c.Tx.OpenedThrottles(ctx, c.Now, 100)
		if err != nil {
			return err
		}
		for _, r := range open {
			if err := c.recordLane(ctx, recovery.ThrottleReopened, r, r.Fails); err != nil {
				return err
			}
			if r.Told = 0; r.Kind == recovery.LaneAccount && c.Now-r.First < recovery.Day {
				err = c.Tx.SaveThrottle(ctx, r) // its day is not over
			} else {
				err = c.Tx.ClearThrottle(ctx, r.Key)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// tryCode is the method of backup codes.
const tryCode = "code"
