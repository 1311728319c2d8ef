package desk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// A refusal that ends something, the last wrong try of five or of a hundred, is
// as whole as an act: refusal, count and what ends stay together or not at all.
func TestR51_ARefusalThatEndsSomethingIsWhole(t *testing.T) {
	for name, begin := range lastTries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stage{T: t, House: desktest.SQLite(t)}
			s.Desk.Directory = quickDirectory{s.Desk.Directory}
			s.agent, s.approver = s.Found(), s.Staff("approver", recovery.Approver)
			n := 0
			s.Faults(t, func() desktest.Attempt { n++; return begin(s, fmt.Sprintf("acc-%d", n)) })
		})
	}
}

// answered takes a refusal as the answer that it is; what it must have done is
// for Done to say.
func answered(err error) error {
	var refusal *recovery.Refusal
	if errors.As(err, &refusal) {
		return nil
	}
	return err
}

// fifth furnishes four tries and gives the fifth.
func fifth(s *stage, try func(ctx context.Context) error, done func()) desktest.Attempt {
	for range recovery.IssuedCodeTries - 1 {
		if err := try(s.Context()); err == nil || answered(err) != nil {
			s.Fatalf("a wrong entry answered %v", err)
		}
	}
	return desktest.Attempt{Act: func(ctx context.Context) error { return answered(try(ctx)) }, Done: done}
}

var lastTries = map[string]act{
	"fifth wrong code at the desk": func(s *stage, id string) desktest.Attempt {
		k, secret := s.proofed(id, 0)
		ok(s, s.Desk.SendCode(s.Context(), s.agent, k.Reference, "code", recovery.ByMailCode, id+"-mail-1"))
		code := wrong(s.Code(k.ID))
		return fifth(s, func(ctx context.Context) error { return s.Desk.EnterCode(ctx, anyone, secret, code) }, s.ends(k.ID, recovery.Failed))
	},
	"fifth wrong password at the desk": func(s *stage, id string) desktest.Attempt {
		k, secret := s.proofed(id, 1)
		return fifth(s, func(ctx context.Context) error { return s.Desk.EnterPassword(ctx, anyone, secret, "wrong") }, s.ends(k.ID, recovery.Failed))
	},
	"fifth wrong password of self-service": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		secret, err := s.Present(id, s.Codes(id)[0])
		ok(s, err)
		return fifth(s, func(ctx context.Context) error { return s.Desk.PresentPassword(ctx, desktest.Guest, secret, "wrong") },
			s.ends(ticketsOf(s.T, s.House, id)[0].ID, recovery.Failed))
	},
	"fifth wrong last proof": func(s *stage, id string) desktest.Attempt {
		k, secret := s.executed(id)
		ok(s, s.Desk.SendFreshCode(s.Context(), desktest.Guest, secret, id+"-mail-2"))
		code := wrong(s.Code(k.ID))
		return fifth(s, func(ctx context.Context) error {
			_, err := s.Desk.EnterFreshCode(ctx, desktest.Guest, secret, code)
			return err
		}, s.ends(k.ID, recovery.Lapsed))
	},
	"fifth wrong code of a hold": func(s *stage, id string) desktest.Attempt {
		actor, k := heldHolder(s.T, s.House, id)
		ok(s, s.Desk.SendHoldCode(s.Context(), actor, id+"-mail-1"))
		code := wrong(s.Code(k.ID))
		return fifth(s, func(ctx context.Context) error { return s.Desk.ConfirmHold(ctx, actor, code) }, func() {
			if n := must(s.Store.View().Tries(s.Context(), k.ID, string(recovery.SlotHold))); n != recovery.IssuedCodeTries {
				s.Errorf("%d tries are counted", n)
			}
		})
	},
	"hundredth wrong backup code in a row": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Codes(id)
		s.Clock.Add(2 * recovery.Hour) // what the runs before closed is open again
		s.failed("c:code:"+id, desktest.ThrottleCeiling-1)
		code := stray(s.T).String()
		return desktest.Attempt{Act: s.guess(id, code), Done: func() {
			if set := must(s.Store.View().LiveCodeSet(s.Context(), id)); set.Suspended == 0 {
				s.Error("the set is not suspended")
			}
		}}
	},
	"wrong backup code that closes the desk of strangers": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Clock.Add(2 * recovery.Hour) // what the runs before closed is open again
		s.failed("g:all", recovery.GlobalHourly-1)
		s.failed("c:code:"+id, desktest.TriesTold-1)
		code := stray(s.T).String()
		was := kinds(s.T, s.House, recovery.ThrottleAlert)
		return desktest.Attempt{Act: s.guess(id, code), Done: func() {
			if n := kinds(s.T, s.House, recovery.ThrottleAlert); n != was+1 {
				s.Errorf("%d alerts, want %d", n, was+1)
			}
		}}
	},
	"key whose counter went back": func(s *stage, id string) desktest.Attempt {
		s.Clock.Add(2 * recovery.Hour) // what the runs before closed is open again
		s.Staff(id, recovery.Agent)
		session(s, s.House, s.Key(id))
		s.Key(id).SetCounter(0)
		s.Key(id).CounterStuck = true
		touch, err := s.Desk.BeginSignIn(s.Context(), desk.Actor{})
		ok(s, err)
		answer := get(s, s.Key(id), touch)
		return desktest.Attempt{
			Keeps: onlyChallenge,
			Act: func(ctx context.Context) error {
				_, _, err := s.Desk.SignIn(ctx, desk.Actor{}, answer)
				return answered(err)
			},
			Done: func() {
				if k := keyRow(s, s.House, "key-"+id); k.Live() {
					s.Error("the key was not suspended")
				}
			},
		}
	},
}

// failed counts failures in a lane.
func (s *stage) failed(lane string, n int64) {
	s.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveThrottle(ctx, store.Throttle{Key: lane, Lane: recovery.Lane{Fails: n, First: tx.Now(), Last: tx.Now()}})
	})
}

// guess presents a wrong code from an address of its own.
func (s *stage) guess(id, code string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, err := s.Desk.PresentCode(ctx, desk.Actor{Kind: desk.Stranger, IP: "192.0.2.7"},
			desk.PresentCode{Account: id, Code: code, Facts: desktest.LostAndLocked})
		return answered(err)
	}
}
