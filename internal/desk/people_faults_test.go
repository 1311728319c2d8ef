package desk_test

import (
	"context"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// peopleActs are the acts on the rota, on groups and on lost keys.
var peopleActs = map[string]act{
	"AddShift": func(s *stage, id string) desktest.Attempt {
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := s.Desk.AddShift(ctx, person("founder-1"), desk.NewShift{Person: "approver", Zone: "UTC", Days: []int{1}})
			return err
		}}
	},
	"EndShift": func(s *stage, id string) desktest.Attempt {
		shift, err := s.Desk.AddShift(s.Context(), person("founder-1"), desk.NewShift{Person: "approver", Zone: "UTC", Days: []int{1}})
		ok(s, err)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.EndShift(ctx, person("founder-1"), shift.ID) }}
	},
	"GoOnShift": func(s *stage, id string) desktest.Attempt {
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.GoOnShift(ctx, s.approver, 4) }}
	},
	"OutsourceGroup": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Group("agent", id)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := s.Desk.OutsourceGroup(ctx, person("founder-1"), id, []string{"Sales"})
			return err
		}}
	},
	"OutsourceGroup to a smaller scope": func(s *stage, id string) desktest.Attempt {
		s.Account(id, func(a *recovery.Account) { a.Department = "Plant" })
		s.Account(id + "-too")
		s.Group("agent", id)
		s.Outsource(person("founder-1"), person("founder-2"), id, "Plant", "Sales")
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := s.Desk.OutsourceGroup(ctx, person("founder-1"), id, []string{"Plant"})
			return err
		}}
	},
	"TakeInHouse": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Group("agent", id)
		s.Outsource(person("founder-1"), person("founder-2"), id, "Sales")
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := s.Desk.TakeInHouse(ctx, person("founder-1"), id)
			return err
		}}
	},
	"DecideProposal that outsources": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Group("agent", id)
		p := must(s.Desk.OutsourceGroup(s.Context(), person("founder-1"), id, []string{"Sales"}))
		return signing(s.T, s.House, person("founder-2"), p.ID)
	},
	"DecideProposal that takes in house": func(s *stage, id string) desktest.Attempt {
		s.Account(id)
		s.Group("agent", id)
		s.Outsource(person("founder-1"), person("founder-2"), id, "Sales")
		p := must(s.Desk.TakeInHouse(s.Context(), person("founder-1"), id))
		return signing(s.T, s.House, person("founder-2"), p.ID)
	},
	"SweepCoverage": func(s *stage, id string) desktest.Attempt {
		s.SQLExec(`DELETE FROM coverage_alarms`)
		s.SQLExec(`UPDATE shifts SET begins = 360, ends = 1320`)
		return desktest.Attempt{Act: s.Desk.SweepCoverage}
	},
	"RevokeRecoveries": func(s *stage, id string) desktest.Attempt {
		k, _ := s.executed(id)
		s.SQLExec(`INSERT INTO second_looks (ticket, key_id, at) VALUES ('` + k.ID + `', 'key-approver', 1)`)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			return s.Desk.RevokeRecoveries(ctx, person("founder-1"), "key-approver")
		},
			Done: s.ends(k.ID, recovery.InReview)} // somebody looks again
	},
}

func person(id string) desk.Actor { return desk.Actor{Kind: desk.StaffAct, Person: id} }
