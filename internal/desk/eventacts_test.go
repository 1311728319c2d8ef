package desk_test

import (
	"context"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// eventActs are the acts around events: threat mode, incidents, travel.
var eventActs = map[string]act{
	"RaiseThreat": func(s *stage, _ string) desktest.Attempt {
		s.SQLExec(`UPDATE threats SET ended = 1 WHERE ended = 0`)
		sec := s.security()
		touch, err := s.Desk.BeginThreat(s.Context(), sec, "Calls all morning")
		ok(s, err)
		answer := desk.Answer{Challenge: touch.ID, Response: s.Touch(sec.Person, touch.Options)}
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { _, err := s.Desk.RaiseThreat(ctx, sec, answer); return err }}
	},
	"SweepThreat": func(s *stage, _ string) desktest.Attempt {
		s.SQLExec(`UPDATE threats SET ended = 1 WHERE ended = 0`)
		_, err := s.Raise(s.security())
		ok(s, err)
		s.Clock.Add(3 * recovery.Hour)
		return desktest.Attempt{Act: s.Desk.SweepThreat}
	},
	"CloseIncident": func(s *stage, id string) desktest.Attempt {
		one, two := founders()
		i := s.Incident(one, two, recovery.NewIncident{Name: "Outage " + id, Departments: []string{"Sales"}, Hours: 8, Tickets: 1})
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.CloseIncident(ctx, one, i.ID, "over") }}
	},
	"OpenTicket in an incident": func(s *stage, id string) desktest.Attempt {
		one, two := founders()
		s.Account(id)
		i := s.Incident(one, two, recovery.NewIncident{Name: "Outage " + id, Accounts: []string{id}, Hours: 8, Tickets: 1})
		return desktest.Attempt{Act: func(ctx context.Context) error { _, err := s.Desk.OpenTicket(ctx, s.agent, emergency(id)); return err }, Done: func() {
			if now := must(s.Store.View().Incident(s.Context(), i.ID)); now.Used != 1 {
				s.Errorf("%d tickets counted", now.Used)
			}
		}}
	},
	"Climb": func(s *stage, id string) desktest.Attempt {
		one, two := founders()
		s.Account(id)
		i := s.Incident(one, two, recovery.NewIncident{Name: "Outage " + id, Accounts: []string{id}, Hours: 8, Tickets: 1})
		s.Asked(id, s.agent, desktest.InEmergency(i))
		s.Clock.Add(6 * recovery.Minute)
		var job store.Job
		for job.Kind != desk.JobClimb {
			j, err := s.Desk.ClaimJob(s.Context(), "test")
			ok(s, err)
			if job = j; j.Kind != desk.JobClimb {
				s.Write(func(ctx context.Context, tx *store.Tx) error { return tx.FinishJob(ctx, j) })
			}
		}
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.Climb(ctx, job) }}
	},
	"RegisterTrip": func(s *stage, id string) desktest.Attempt {
		actor := withCodes(s.T, s.House, id)
		in := tripOf(s.House, id)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := s.Desk.RegisterTrip(ctx, actor, in, desk.Answer{})
			return err
		}}
	},
	"CancelTrip": func(s *stage, id string) desktest.Attempt {
		actor := withCodes(s.T, s.House, id)
		trip, err := s.Desk.RegisterTrip(s.Context(), actor, tripOf(s.House, id), desk.Answer{})
		ok(s, err)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.CancelTrip(ctx, actor, trip.ID) }}
	},
}

// security is somebody of the group security, made once a house.
func (s *stage) security() desk.Actor {
	if s.Key("sec") == nil {
		s.Security(s.Staff("sec", recovery.Approver))
	}
	return desk.Actor{Kind: desk.StaffAct, Person: "sec"}
}
