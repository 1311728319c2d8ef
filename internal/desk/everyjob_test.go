package desk_test

import (
	"context"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// mailJob is the leased mail job of the opening notice of a ticket that waits
// for its first accepted notice.
func (s *stage) mailJob(id string) (recovery.Ticket, store.Job) {
	s.Account(id)
	k, a := s.Asked(id, s.agent)
	_, err := s.Sign(s.approver, a.ID, recovery.Approve)
	ok(s, err)
	for {
		j, err := s.Desk.ClaimJob(s.Context(), "test")
		ok(s, err)
		if j.ID == "mail-"+k.Reference {
			return k, j
		}
		s.Write(func(ctx context.Context, tx *store.Tx) error { return tx.FinishJob(ctx, j) })
	}
}

var jobActs = map[string]act{
	"MailAccepted": func(s *stage, id string) desktest.Attempt {
		k, j := s.mailJob(id)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.MailAccepted(ctx, j) }, Done: func() {
			if now := ticketNow(s.T, s.House, k.ID); now.NoticeAccepted == 0 || now.WindowEnds == 0 {
				s.Errorf("the window did not start: %+v", now)
			}
		}}
	},
	"MailFailed": func(s *stage, id string) desktest.Attempt {
		k, j := s.mailJob(id)
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.MailFailed(ctx, j, "550 no such mailbox") }, Done: func() {
			if all := must(s.Store.View().Letters(s.Context(), k.ID)); len(all) != 2 || inHand(s.T, s.House, k.ID) == "" {
				s.Errorf("%+v: what was not delivered is posted, and the only notice that counted is handed over", all)
			}
		}}
	},
	"JobUnknown": func(s *stage, id string) desktest.Attempt {
		j := claimed(s.T, s.House, store.Job{ID: "job-" + id, Kind: "from-the-future"})
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.JobUnknown(ctx, j) }}
	},
	"DigestUnproved": func(s *stage, id string) desktest.Attempt {
		s.Clock.Add(recovery.Day)
		s.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.AddNotice(ctx, store.NoticeRow{ID: "held-" + id, Ticket: "t-" + id, Account: id, Kind: string(recovery.NoticeOpened), Queued: tx.Now() - recovery.Hour, Held: tx.Now()})
		})
		return desktest.Attempt{Act: s.Desk.DigestUnproved}
	},
	"SweepThrottles": func(s *stage, id string) desktest.Attempt {
		s.Write(func(ctx context.Context, tx *store.Tx) error {
			lane := recovery.Lane{Fails: 100, First: tx.Now(), Last: tx.Now(), Until: tx.Now(), Told: tx.Now()}
			return tx.SaveThrottle(ctx, store.Throttle{Key: "a:192.0.2.0/24-" + id, Lane: lane})
		})
		return desktest.Attempt{Act: s.Desk.SweepThrottles, Done: func() {
			if open := must(s.Store.View().OpenedThrottles(s.Context(), s.Clock.Now(), 9)); len(open) != 0 {
				s.Errorf("%d lanes are open and not on record", len(open))
			}
		}}
	},
}

var machineActs = map[string]act{
	"StartServer": func(s *stage, _ string) desktest.Attempt {
		return desktest.Attempt{Act: func(ctx context.Context) error {
			return s.Desk.StartServer(ctx, desk.OriginDemo, map[string]string{"version": "test"})
		}}
	},
	"StopServer": func(s *stage, _ string) desktest.Attempt { return desktest.Attempt{Act: s.Desk.StopServer} },
	"ClockMoved": func(s *stage, _ string) desktest.Attempt {
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.ClockMoved(ctx, recovery.Hour) }}
	},
	"Seeded": func(s *stage, _ string) desktest.Attempt {
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.Seeded(ctx, map[string]string{"accounts": "3"}) }}
	},
	"VoidInvites": func(s *stage, id string) desktest.Attempt {
		for _, i := range []string{"-1", "-2"} {
			s.Person(id+i, "")
			plant(s, s.House, store.Invite{Person: id + i, Roles: asAgent, Printed: s.Clock.Now()})
		}
		return desktest.Attempt{Act: func(ctx context.Context) error { return s.Desk.VoidInvites(ctx, "staff") }, Done: func() {
			if open := must(s.Store.View().OpenInvites(s.Context(), "staff")); len(open) != 0 {
				s.Errorf("%d invitations are open", len(open))
			}
		}}
	},
}

var staffSessionActs = map[string]act{
	"Prove": func(s *stage, _ string) desktest.Attempt {
		actor := signIn(s, s.House, s.Key("founder-1"))
		touch, err := s.Desk.BeginProve(s.Context(), actor)
		ok(s, err)
		answer := get(s, s.Key("founder-1"), touch)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { return s.Desk.Prove(ctx, actor, answer) }}
	},
	"AddFurtherKey": func(s *stage, _ string) desktest.Attempt {
		actor := signIn(s, s.House, s.Key("founder-1"))
		touch, err := s.Desk.BeginFurtherKey(s.Context(), actor)
		ok(s, err)
		answer := create(s, newKey(s), touch)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error {
			_, err := s.Desk.AddFurtherKey(ctx, actor, answer, "spare")
			return err
		}}
	},
}
