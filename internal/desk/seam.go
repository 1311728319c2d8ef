package desk

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"

	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Change is one act inside its transaction: decide, write, record.
type Change struct {
	Tx       *store.Tx
	Actor    Actor
	Now      int64
	Rules    Rules // in force at Now
	desk     *Desk
	recorded int
	location string
	ticket   string // what the act is about, for the entry of its refusal
	account  string
	stays    []step // see stay
	kinds    []recovery.EventKind
	tickets  map[string]bool // that something was recorded about
}

// Repeat is the answer to a form that was sent twice: the first one's page.
type Repeat struct{ Location string }

// Error implements error.
func (r *Repeat) Error() string { return "sent before: " + r.Location }

// Failure is an internal failure with the id that page and log share.
type Failure struct {
	ID  string
	Err error
}

// Error implements error.
func (f *Failure) Error() string { return f.ID + ": " + f.Err.Error() }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// errSilent marks a programming error: an act changed something and told nobody.
var errSilent = errors.New("the act wrote and recorded nothing")

// step is one beat of an act inside the transaction.
type step func(context.Context, *Change) error

// change runs an act. keep, when not nil, runs first and stays whatever follows
// (a challenge or code being spent). Then fn decides, writes and records inside a
// savepoint:
//
//   - a *recovery.Refusal undoes fn, is recorded under refused, and commits;
//   - any other error or a panic undoes fn; with a keep it commits that and one
//     act.failed entry, without it nothing is left;
//   - a fn that wrote and recorded nothing is refused as a programming error.
//
// After the commit worker and live pages are nudged.
func (d *Desk) change(ctx context.Context, actor Actor, refused recovery.EventKind, keep, fn step) error {
	var outcome error
	var c *Change // of the run that was committed: a group may run an act twice
	err := d.Store.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		c = &Change{Tx: tx, Actor: actor, Now: tx.Now(), desk: d}
		outcome = nil
		if err := c.begin(ctx); err != nil {
			return err
		}
		if keep != nil {
			if err := keep(ctx, c); err != nil {
				return c.refuseAlone(ctx, refused, err, &outcome)
			}
		}
		outcome = tx.Savepoint(ctx, func() error { return c.run(ctx, fn) })
		return c.settle(ctx, refused, keep != nil, &outcome)
	})
	if err == nil {
		err = outcome
		d.Nudge()
		d.seen(c, outcome)
	}
	return d.report(err)
}

// begin answers a form that was sent before, and reads the rules of this moment.
func (c *Change) begin(ctx context.Context) (err error) {
	if err := c.repeated(ctx); err != nil {
		return err
	}
	c.Rules, err = c.desk.rules(ctx, c.Tx.View, c.Now)
	return err
}

// seen counts what was committed, for metrics.
func (d *Desk) seen(c *Change, outcome error) {
	if d.Seen == nil {
		return
	}
	var refusal *recovery.Refusal
	if errors.As(outcome, &refusal) {
		d.Seen("", refusal.Recorded())
	}
	for _, kind := range c.kinds {
		d.Seen(kind, "")
	}
}

// run decides, writes, records, and keeps the form's answer.
func (c *Change) run(ctx context.Context, fn step) error {
	before := c.Tx.Writes()
	if err := fn(ctx, c); err != nil {
		return err
	}
	if c.recorded == 0 && c.Tx.Writes() > before {
		return errSilent
	}
	if err := c.nextDues(ctx); err != nil {
		return err
	}
	if c.Actor.Request != "" && c.location != "" {
		return c.Tx.SaveFormResult(ctx, c.Actor.ID(), c.Actor.Request, c.location)
	}
	return nil
}

// settle decides what stays of an act that said no or failed.
func (c *Change) settle(ctx context.Context, refused recovery.EventKind, kept bool, outcome *error) error {
	var refusal *recovery.Refusal
	if *outcome != nil {
		c.kinds = nil // undone
	}
	switch {
	case *outcome == nil:
		return nil
	case errors.As(*outcome, &refusal):
		if err := c.recordRefusal(ctx, refused, refusal); err != nil {
			return err
		}
		if err := c.runStays(ctx); err != nil {
			return err
		}
		return c.nextDues(ctx)
	case kept:
		return c.record(ctx, recovery.Event{Kind: recovery.ActFailed, Data: map[string]string{"act": string(refused)}})
	}
	return *outcome
}

// stay notes what must happen although the act is about to be refused: a key
// whose counter went back is suspended. It runs after the act was undone and
// its refusal recorded, in the same transaction.
func (c *Change) stay(s step) { c.stays = append(c.stays, s) }

func (c *Change) runStays(ctx context.Context) error {
	for _, s := range c.stays {
		if err := s(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// refuseAlone ends an act whose keep said no: nothing was spent.
func (c *Change) refuseAlone(ctx context.Context, refused recovery.EventKind, err error, outcome *error) error {
	var refusal *recovery.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	*outcome = err
	if err := c.recordRefusal(ctx, refused, refusal); err != nil {
		return err
	}
	return c.runStays(ctx)
}

// recordRefusal makes a refusal an entry of its own when the caller is signed
// in, or presented a live or spent secret. All other failures of strangers are
// counted by throttles.
func (c *Change) recordRefusal(ctx context.Context, kind recovery.EventKind, r *recovery.Refusal) error {
	if !c.Actor.known() && !r.Matched {
		return nil
	}
	return c.record(ctx, recovery.Event{Kind: kind, Ticket: c.ticket, Account: c.account, Data: map[string]string{"reason": r.Recorded()}})
}

// concern notes what the act is about, so that its refusal is found beside it.
func (c *Change) concern(ticket, account string) { c.ticket, c.account = ticket, account }

// record appends to the ledger and does everything the event obliges: notices,
// letters, alerts. No handler can forget one (R12, R51).
func (c *Change) record(ctx context.Context, e recovery.Event) error {
	_, err := c.recordEntry(ctx, e)
	return err
}

// recordEntry is record for acts that need the entry's number.
func (c *Change) recordEntry(ctx context.Context, e recovery.Event) (int64, error) {
	data := maps.Clone(e.Data)
	if c.Actor.Session != "" {
		if data == nil {
			data = map[string]string{}
		}
		data["session"] = c.Actor.Session
	}
	entry := ledger.Entry{Kind: string(e.Kind), Actor: c.Actor.ID(), Ticket: e.Ticket, Account: e.Account, Object: e.Object, Data: data}
	seq, err := c.Tx.Append(ctx, entry, newSalt(), c.detail(e))
	if err != nil {
		return 0, fmt.Errorf("record %s: %w", e.Kind, err)
	}
	c.recorded++
	if e.Ticket != "" {
		if c.tickets == nil {
			c.tickets = map[string]bool{}
		}
		c.tickets[e.Ticket] = true
	}
	c.kinds = append(c.kinds, e.Kind)
	return seq, c.oblige(ctx, e)
}

// detail is the erasable side text: the act's own words and where it came from.
func (c *Change) detail(e recovery.Event) string {
	text := e.Detail
	if c.Actor.IP != "" && recovery.FromOutside(e.Kind) {
		if text != "" {
			text += "\n"
		}
		text += "from " + c.Actor.IP
	}
	return text
}

// newSalt makes the digest of a short side text unguessable.
func newSalt() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// at keeps where the form leads: the same form again leads there again.
func (c *Change) at(location string) { c.location = location }

// repeated answers a form that was sent before with its first result.
func (c *Change) repeated(ctx context.Context) error {
	if c.Actor.Request == "" {
		return nil
	}
	location, err := c.Tx.FormResult(ctx, c.Actor.ID(), c.Actor.Request)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return &Repeat{Location: location}
}

// report logs internal failures and gives them the id that page and log share.
// Refusals, conflicts and unknown ids pass as they are.
func (d *Desk) report(err error) error {
	var refusal *recovery.Refusal
	var repeat *Repeat
	if err == nil || errors.As(err, &refusal) || errors.As(err, &repeat) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
		return err
	}
	f := &Failure{ID: d.newID()[24:], Err: err}
	var p *store.PanicError
	if errors.As(err, &p) {
		d.Log.Error("act panicked", "id", f.ID, "panic", fmt.Sprint(p.Value), "stack", string(p.Stack))
		return f
	}
	level := slog.LevelError
	if errors.Is(err, context.Canceled) {
		level = slog.LevelInfo // the browser went away while we read
	}
	d.Log.Log(context.Background(), level, "act failed", "id", f.ID, "error", err.Error())
	return f
}
