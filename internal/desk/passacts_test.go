package desk_test

import (
	"context"
	"fmt"

	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// passActs are the acts around Passes and the duty that they leave.
var passActs = map[string]act{
	"CollectingLapse of a Pass": func(s *stage, id string) desktest.Attempt {
		k := s.passing(id)
		s.Clock.Add(recovery.Hour)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.CollectingLapse(ctx, k) }, Done: s.ends(k, recovery.Collecting)}
	},
	"ChaseReEnrolment at the end": func(s *stage, id string) desktest.Attempt {
		k := s.passing(id)
		s.Clock.Add(recovery.Day)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ChaseReEnrolment(ctx, k) }, Done: func() {
			if livePasskeys(s.T, s.House, id) != 0 || s.State(k) != recovery.Lapsed {
				s.Error("half locked")
			}
		}}
	},
	"ChaseReEnrolment at half-time": func(s *stage, id string) desktest.Attempt {
		k := s.passing(id)
		s.Clock.Add(recovery.Day / 2)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ChaseReEnrolment(ctx, k) }, Done: func() {
			if got := toldOf(s.T, s.House, k, recovery.NoticeDuty); len(got) != 2 {
				s.Errorf("told %v", got)
			}
			ok(s, s.Desk.ChaseReEnrolment(s.Context(), k))
			if got := toldOf(s.T, s.House, k, recovery.NoticeDuty); len(got) != 2 {
				s.Errorf("and once more: %v", got)
			}
		}}
	},
	"RevokePasses": func(s *stage, id string) desktest.Attempt {
		first, second := s.passing(id), s.passing(id+"-too")
		one, _ := founders()
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.RevokePasses(ctx, one) }, Done: func() {
			s.ends(first, recovery.Lapsed)()
			s.ends(second, recovery.Lapsed)()
		}}
	},
	"RevokePass": func(s *stage, id string) desktest.Attempt {
		k := s.passing(id)
		one, _ := founders()
		ref := ticketNow(s.T, s.House, k).Reference
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.RevokePass(ctx, one, ref) }, Done: s.ends(k, recovery.Lapsed)}
	},
	"Enrol that meets the duty of another ticket": func(s *stage, id string) desktest.Attempt {
		k := s.passing(id)
		s.Clock.Add(recovery.Hour)
		ok(s, s.Desk.CollectingLapse(s.Context(), k))
		row := s.Recovering(id, s.Codes(id)[0])
		answer := s.NewPasskey(row)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error {
			_, err := s.Desk.Enrol(ctx, row, "192.0.2.7", "New", answer)
			return err
		}, Done: s.ends(k, recovery.InReview)}
	},
}

// passing is an account on a Pass, written as rows: its session runs for an hour,
// and the duty that it left for a day.
func (s *stage) passing(id string) (ticket string) {
	s.Account(id)
	s.Passkey(id)
	k := s.Proofed(id, s.agent, func(t *recovery.Ticket) {
		t.Tier, t.Artefact, t.Way, t.State = recovery.Pass, recovery.PassSession, "pass", recovery.Collecting
		t.Due, t.DueWhat = s.Clock.Now()+recovery.Hour, "enrol"
	})
	s.SQLExec(fmt.Sprintf(`UPDATE tickets SET executed = %d WHERE id = '%s'`, s.Clock.Now(), k.ID))
	s.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.OweReEnrolment(ctx, recovery.ReEnrolment{Ticket: k.ID, Account: id, Strength: "phishing-resistant", Began: tx.Now(), Due: tx.Now() + recovery.Day})
	})
	return k.ID
}
