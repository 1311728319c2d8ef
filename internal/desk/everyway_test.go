package desk_test

import (
	"context"
	"errors"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// orderJob is the leased order to the directory of a reset that executes.
func (s *stage) orderJob(id string) (recovery.Ticket, store.Job) {
	s.Account(id)
	s.Passkey(id)
	k := approved(s.T, s.House, id, s.agent, s.approver)
	s.Clock.Add(recovery.ObjectionWindow)
	for {
		j, err := s.Desk.ClaimJob(s.Context(), "test")
		ok(s, err)
		switch {
		case j.Ticket == k.ID && j.Kind == desk.JobOrder:
			return k, j
		case j.Ticket == k.ID && j.Kind == desk.JobExecute:
			ok(s, s.Desk.ExecuteReset(s.Context(), j))
		default:
			s.Write(func(ctx context.Context, tx *store.Tx) error { return tx.FinishJob(ctx, j) })
		}
	}
}

// otherWays are acts whose first way has its fault test elsewhere.
var otherWays = map[string]act{
	"Enrol after an executed reset": func(s *stage, id string) desktest.Attempt {
		k, secret := s.executed(id)
		ok(s, s.Desk.SendFreshCode(s.Context(), desktest.Guest, secret, id+"-mail-2"))
		token, err := s.Desk.EnterFreshCode(s.Context(), desktest.Guest, secret, s.Code(k.ID))
		ok(s, err)
		in, err := s.Desk.Session(s.Context(), desk.RecoverySession, token)
		ok(s, err)
		answer := s.NewPasskey(in)
		return desktest.Attempt{
			Keeps: onlyChallenge,
			Act:   func(ctx context.Context) error { _, err := s.Desk.Enrol(ctx, in, "", "", answer); return err },
			Done: func() {
				if now := ticketNow(s.T, s.House, k.ID); now.Completed == 0 {
					s.Errorf("the ticket is %s", now.State)
				}
			},
		}
	},
	"FinishReset of a directory that gave up": func(s *stage, id string) desktest.Attempt {
		k, j := s.orderJob(id)
		s.Clock.Add(recovery.Hour)
		return desktest.Attempt{
			Act: func(ctx context.Context) error {
				return s.Desk.FinishReset(ctx, j, directory.Outcome{}, errors.New("503"))
			},
			Done: func() {
				if now := s.State(k.ID); now == recovery.Executing {
					s.Errorf("the ticket is still %s", now)
				}
			},
		}
	},
	"MakeCodes with a touch": func(s *stage, id string) desktest.Attempt {
		actor := withCodes(s.T, s.House, id)
		s.Clock.Add(10 * recovery.Minute)
		touch := must(s.Desk.BeginHolderTouch(s.Context(), actor))
		answer := desk.Answer{Challenge: touch.ID, Response: s.Touch(id, touch.Options)}
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { _, err := s.Desk.MakeCodes(ctx, actor, answer); return err }}
	},
	"Pressured while a request waits": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		k, _ := s.Asked(id, s.agent)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.Pressured(ctx, s.agent, k.Reference) }, Done: s.ends(k.ID, recovery.Proofing)}
	},
}
