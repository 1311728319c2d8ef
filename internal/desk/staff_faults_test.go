package desk_test

import (
	"context"
	"fmt"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// staffActs are the acts on staff, each furnished for one run.
var staffActs = map[string]func(t *testing.T, h *desktest.House, id string) desktest.Attempt{
	"InviteStaff": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		in := desk.StaffInvite{Person: id, Roles: asAgent}
		plant(t, h, store.Invite{Person: id, Roles: asAgent})
		return desktest.Attempt{Act: func(ctx context.Context) error { _, err := h.Desk.InviteStaff(ctx, ada, in); return err }}
	},
	"AddStaffKey": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		token := plant(t, h, store.Invite{Person: id, Roles: asAgent, Groups: []string{"security"}})
		touch, err := h.Desk.BeginStaffKey(t.Context(), token)
		ok(t, err)
		answer := create(t, newKey(t), touch)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error {
			_, err := h.Desk.AddStaffKey(ctx, desk.Actor{}, token, answer, "")
			return err
		}}
	},
	"ConfirmKey": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		key := register(t, h, plant(t, h, store.Invite{Person: id, Roles: asAgent}), newKey(t))
		touch, err := h.Desk.BeginConfirmKey(t.Context(), ada, key.ID)
		ok(t, err)
		answer := get(t, h.Key("ada"), touch)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error { return h.Desk.ConfirmKey(ctx, ada, key.ID, answer) }}
	},
	"SignIn": func(t *testing.T, h *desktest.House, _ string) desktest.Attempt {
		touch, err := h.Desk.BeginSignIn(t.Context(), desk.Actor{})
		ok(t, err)
		answer := get(t, h.Key("ada"), touch)
		return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error {
			_, _, err := h.Desk.SignIn(ctx, desk.Actor{}, answer)
			return err
		}}
	},
	"EndRole": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		register(t, h, plant(t, h, store.Invite{Person: id, Roles: asAgent}), newKey(t))
		return desktest.Attempt{Act: func(ctx context.Context) error { return h.Desk.EndRole(ctx, ada, id, recovery.Agent) }}
	},
	"DisableStaff": func(t *testing.T, h *desktest.House, id string) desktest.Attempt {
		register(t, h, plant(t, h, store.Invite{Person: id, Roles: asAgent}), newKey(t))
		return desktest.Attempt{Act: func(ctx context.Context) error { return h.Desk.DisableStaff(ctx, ada, id) }}
	},
}

var (
	ada           = desk.Actor{Kind: desk.StaffAct, Person: "ada"}
	asAgent       = []recovery.Role{recovery.Agent}
	onlyChallenge = []string{} // what these acts keep is a scratch row
)

// TestFaultsOfStaffActs lets every statement of each act on staff fail in turn.
func TestFaultsOfStaffActs(t *testing.T) {
	for name, begin := range staffActs {
		t.Run(name, func(t *testing.T) {
			desktest.Each(t, func(t *testing.T, h *desktest.House) {
				h.Staff("ada", recovery.Administrator)
				h.Staff("bea", recovery.Administrator)
				n := 0
				h.Faults(t, func() desktest.Attempt {
					n++
					id := fmt.Sprintf("person-%d", n)
					h.Person(id, "")
					return begin(t, h, id)
				})
			})
		})
	}
}
