package desk

import (
	"context"
	"errors"

	"countersign/internal/codes"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Kinds of session.
const (
	StaffSession    = "staff"
	HolderSession   = "holder"
	RecoverySession = "recovery"
)

// errSession is the one answer to every way a session can be no good.
var errSession = recovery.Refuse("signed-out", "You are not signed in, or your session has ended.", "Sign in again.")

// idle is how long a kind of session lives without activity.
func idle(kind string) int64 {
	if kind == StaffSession {
		return recovery.SessionIdle
	}
	return recovery.HolderSessionIdle
}

// Session finds the live session of a browser's secret and notes the activity.
// Refusal "signed-out" when there is none.
func (d *Desk) Session(ctx context.Context, kind, token string) (store.Session, error) {
	s, err := d.PeekSession(ctx, kind, token)
	if err != nil || d.now()-s.Seen <= recovery.Minute/2 {
		return s, err
	}
	return s, d.report(d.Store.Scratch(ctx, func(ctx context.Context, t *store.Scratch) error { return t.SawSession(ctx, s.ID) }))
}

// PeekSession is Session for what a page does by itself (live updates), which
// must not keep an idle session alive. Absolute end, idle limit, sign-out, role
// change and disable all live in the row (M4).
func (d *Desk) PeekSession(ctx context.Context, kind, token string) (store.Session, error) {
	token, err := codes.ParseToken(token)
	if err != nil {
		return store.Session{}, errSession
	}
	s, err := d.view().SessionByToken(ctx, codes.HashToken("session", token))
	if errors.Is(err, store.ErrNotFound) {
		return s, errSession
	}
	if err != nil {
		return s, d.report(err)
	}
	if s.Kind != kind || !live(s, d.now()) {
		return s, errSession
	}
	return s, nil
}

func live(s store.Session, now int64) bool {
	return s.Ended == 0 && now < s.Ends && now-s.Seen < idle(s.Kind)
}

// startSession opens a session and returns the secret for the cookie; the row
// holds only its hash. A new secret each time: no fixation.
func (c *Change) startSession(ctx context.Context, s store.Session, life int64) (token string, _ store.Session, _ error) {
	token, err := codes.NewToken(c.desk.Rand)
	if err != nil {
		return "", s, err
	}
	s, err = c.startSessionAs(ctx, token, s, life)
	return token, s, err
}

func (c *Change) startSessionAs(ctx context.Context, token string, s store.Session, life int64) (store.Session, error) {
	s.ID, s.TokenHash = c.desk.newID(), codes.HashToken("session", token)
	s.Began, s.Proved, s.Ends, s.Seen = c.Now, c.Now, c.Now+life, c.Now
	return s, c.Tx.AddSession(ctx, s)
}

// SignOut ends the actor's session. Signing out twice is no error.
func (d *Desk) SignOut(ctx context.Context, actor Actor) error {
	kind := recovery.StaffSignedOut
	if actor.Kind == Holder {
		kind = recovery.HolderSignedOut
	}
	err := d.change(ctx, actor, recovery.StaffRefused, nil, func(ctx context.Context, c *Change) error {
		if err := c.Tx.EndSession(ctx, actor.Session, "signed-out", c.Now); err != nil {
			return err
		}
		return c.record(ctx, recovery.Event{Kind: kind, Account: actor.Account, Object: actor.Person})
	})
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	return err
}
