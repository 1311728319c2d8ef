package desk_test

import (
	"context"
	"fmt"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// quickDirectory compares passwords without hashing, for acts that run hundreds of times.
type quickDirectory struct{ directory.Directory }

func (quickDirectory) CheckPassword(_ context.Context, _, password string) error {
	if password != desktest.Password {
		return directory.ErrPassword
	}
	return nil
}

// Every act on a ticket, every statement failing in turn: nothing is half done.
// Each act has a house of its own, so that comparing all rows stays quick.
func TestTicketActsLeaveNothingHalfDone(t *testing.T) {
	for name := range ticketActs(t, nil, desk.Actor{}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := desktest.SQLite(t)
			h.Desk.Directory = quickDirectory{h.Desk.Directory}
			begin := ticketActs(t, h, h.Found())[name]
			h.Faults(t, func() desktest.Attempt { return desktest.Attempt{Act: begin()} })
		})
	}
}

// ticketActs are the acts by name; each furnishes what it needs and gives the act.
func ticketActs(t *testing.T, h *desktest.House, agent desk.Actor) map[string]func() func(context.Context) error {
	reviewer := desk.Actor{Kind: desk.StaffAct, Person: "founder-4"}
	n := 0
	fresh := func() string { n++; return fmt.Sprintf("acc-%d", n) }
	upTo := func(steps int) (recovery.Ticket, string) {
		k, secret := h.Claimed(agent, fresh())
		for _, s := range desktest.DeskSteps()[:steps] {
			h.Step(agent, k, secret, s)
		}
		return k, secret
	}
	inReview := func() recovery.Ticket {
		k := h.Opened(agent, fresh())
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			done := k
			done.State, done.Completed, done.ReviewDue = recovery.InReview, tx.Now(), tx.Now()+recovery.LettersWithin
			return tx.SaveTicket(ctx, k, done)
		})
		return k
	}
	return map[string]func() func(context.Context) error{
		"opening": func() func(context.Context) error {
			id := fresh()
			h.Account(id)
			return func(ctx context.Context) error {
				_, err := h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss(id))
				return err
			}
		},
		"claiming": func() func(context.Context) error {
			k := h.Opened(agent, fresh())
			return func(ctx context.Context) error { _, err := h.Desk.ClaimTicket(ctx, anyone, k.Reference); return err }
		},
		"sending the code": func() func(context.Context) error {
			k, _ := upTo(0)
			return func(ctx context.Context) error {
				return h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, k.Account+"-mail-1")
			}
		},
		"entering the code": func() func(context.Context) error {
			k, secret := upTo(0)
			if err := h.Desk.SendCode(context.Background(), agent, k.Reference, "code", recovery.ByMailCode, k.Account+"-mail-1"); err != nil {
				t.Fatal(err)
			}
			code := h.Code(k.ID)
			return func(ctx context.Context) error { return h.Desk.EnterCode(ctx, anyone, secret, code) }
		},
		"entering the password": func() func(context.Context) error {
			_, secret := upTo(1)
			return func(ctx context.Context) error { return h.Desk.EnterPassword(ctx, anyone, secret, desktest.Password) }
		},
		"recording no match": func() func(context.Context) error {
			k, _ := upTo(2)
			return func(ctx context.Context) error {
				return h.Desk.Compare(ctx, agent, k.Reference, "person", recovery.ByVideo, recovery.Comparison{Record: "HR-1", Outcome: recovery.NoMatch, Note: "another face"})
			}
		},
		"releasing the claim": func() func(context.Context) error {
			k, _ := upTo(1)
			return func(ctx context.Context) error {
				_, err := h.Desk.ReleaseClaim(ctx, agent, k.Reference, "other browser")
				return err
			}
		},
		"withdrawing": func() func(context.Context) error {
			k, _ := upTo(1)
			return func(ctx context.Context) error { return h.Desk.WithdrawTicket(ctx, agent, k.Reference, "wrong person") }
		},
		"asking for a second approver": func() func(context.Context) error {
			k := h.Opened(agent, fresh())
			return func(ctx context.Context) error { return h.Desk.Pressured(ctx, agent, k.Reference) }
		},
		"taking a note": func() func(context.Context) error {
			k := h.Opened(agent, fresh())
			return func(ctx context.Context) error { return h.Desk.AddNote(ctx, agent, k.Reference, "called back") }
		},
		"taking over": func() func(context.Context) error {
			k := h.Opened(agent, fresh())
			return func(ctx context.Context) error { return h.Desk.TakeLease(ctx, agent, k.Reference, "shift change") }
		},
		"handing over": func() func(context.Context) error {
			k := h.Opened(agent, fresh())
			to := h.Staff("to-"+k.Account, recovery.Agent)
			return func(ctx context.Context) error { return h.Desk.HandOver(ctx, agent, k.Reference, to.Person, "go on") }
		},
		"holding": func() func(context.Context) error {
			k := h.Opened(agent, fresh())
			return func(ctx context.Context) error {
				return h.Desk.HoldTicket(ctx, agent, k.Reference, "waits", recovery.Hour)
			}
		},
		"going on after a hold": func() func(context.Context) error {
			k := h.Opened(agent, fresh())
			ok(t, h.Desk.HoldTicket(context.Background(), agent, k.Reference, "waits", recovery.Hour))
			return func(ctx context.Context) error { return h.Desk.ResumeTicket(ctx, agent, k.Reference) }
		},
		"saving a view": func() func(context.Context) error {
			noViews(h)
			return func(ctx context.Context) error {
				return h.Desk.SaveView(ctx, agent, store.SavedView{Name: "x", Query: "view=mine"})
			}
		},
		"renaming a view": func() func(context.Context) error {
			id := viewOf(t, h, agent)
			return func(ctx context.Context) error { return h.Desk.RenameView(ctx, agent, id, "y") }
		},
		"removing a view": func() func(context.Context) error {
			id := viewOf(t, h, agent)
			return func(ctx context.Context) error { return h.Desk.RemoveView(ctx, agent, id) }
		},
		"reviewing": func() func(context.Context) error {
			k := inReview()
			return func(ctx context.Context) error {
				return h.Desk.Review(ctx, reviewer, k.Reference, recovery.FindingConcern, "too fast")
			}
		},
		"ticking off a letter": func() func(context.Context) error {
			k := inReview()
			letters, err := h.Store.View().Letters(context.Background(), k.ID)
			if err != nil || len(letters) != 1 {
				t.Fatal(letters, err)
			}
			return func(ctx context.Context) error { return h.Desk.TickLetter(ctx, agent, k.Reference, letters[0].ID) }
		},
		"handing the opening notice over": func() func(context.Context) error {
			k := handedTo(t, h, agent)
			return func(ctx context.Context) error { return h.Desk.TickLetter(ctx, agent, k.Reference, inHand(t, h, k.ID)) }
		},
		"closing": func() func(context.Context) error {
			k := inReview()
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				letters, err := tx.Letters(ctx, k.ID)
				if err != nil {
					return err
				}
				from, err := tx.Ticket(ctx, k.ID)
				if err != nil {
					return err
				}
				done := from
				done.Reviewed = tx.Now()
				if err := tx.SaveTicket(ctx, from, done); err != nil {
					return err
				}
				return tx.TickLetter(ctx, letters[0].ID, "agent")
			})
			return func(ctx context.Context) error { return h.Desk.CloseTicket(ctx, reviewer, k.Reference) }
		},
	}
}

// noViews leaves no saved view, so that a run never reaches what a person may have.
func noViews(h *desktest.House) { h.SQLExec(`DELETE FROM saved_views`) }

// viewOf is a view that the agent saved.
func viewOf(t *testing.T, h *desktest.House, agent desk.Actor) string {
	noViews(h)
	ok(t, h.Desk.SaveView(context.Background(), agent, store.SavedView{Name: "x", Query: "view=mine"}))
	return must(h.Store.View().SavedViews(context.Background(), agent.Person))[0].ID
}
