package desk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestEndRole(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada := h.Staff("ada", recovery.Administrator)
		h.Staff("bea", recovery.Administrator)
		h.Staff("cyd", recovery.Agent, recovery.Reviewer)
		t.Run("a role ends at once, with its sessions, and the ledger has before and after", func(t *testing.T) {
			token := session(t, h, h.Key("cyd"))
			ok(t, h.Desk.EndRole(ctx, ada, "cyd", recovery.Agent))
			if s := standing(t, h, "cyd"); s.Has(recovery.Agent, h.Clock.Now()) || !s.Has(recovery.Reviewer, h.Clock.Now()) {
				t.Errorf("standing %+v", s)
			}
			_, err := h.Desk.Session(ctx, desk.StaffSession, token)
			refused(t, err, "signed-out")
			if d := newestRow(t, h).Entry.Data; d["before"] != "agent reviewer" || d["after"] != "reviewer" {
				t.Errorf("data %v", d)
			}
		})
		t.Run("a role that was not there is a conflict", func(t *testing.T) {
			if err := h.Desk.EndRole(ctx, ada, "cyd", recovery.Agent); !errors.Is(err, store.ErrConflict) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("nobody ends the own role", func(t *testing.T) {
			refused(t, h.Desk.EndRole(ctx, ada, "ada", recovery.Administrator), "own-standing")
			refused(t, h.Desk.DisableStaff(ctx, ada, "ada"), "own-standing")
		})
		t.Run("the last two administrators stay", func(t *testing.T) {
			refused(t, h.Desk.EndRole(ctx, ada, "bea", recovery.Administrator), "last-administrators")
			refused(t, h.Desk.DisableStaff(ctx, ada, "bea"), "last-administrators")
			h.Staff("eve", recovery.Administrator)
			ok(t, h.Desk.EndRole(ctx, ada, "bea", recovery.Administrator))
		})
		h.Verify()
	})
}

// TestR4_StaffChangesAreAudited: every change of standing has before and after.
func TestR4_StaffChangesAreAudited(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, bea := h.Staff("ada", recovery.Administrator), h.Staff("bea", recovery.Administrator)
		h.Staff("cyd", recovery.Agent)
		check := func(what, kind, before, after string) {
			t.Helper()
			if e := newestRow(t, h).Entry; e.Kind != kind || e.Object != "cyd" || e.Data["before"] != before || e.Data["after"] != after {
				t.Errorf("%s: entry %+v", what, e)
			}
		}
		key := register(t, h, plant(t, h, store.Invite{Person: "cyd", Roles: []recovery.Role{recovery.Reviewer}}), newKey(t))
		check("a further role", "staff.key-added", "agent", "agent reviewer")
		ok(t, confirm(t, h, bea, key.ID))
		if e := newestRow(t, h).Entry; e.Kind != "staff.key-counted" || e.Data["roles"] != "agent reviewer" || e.Data["from"] == "" {
			t.Errorf("entry %+v", e)
		}
		ok(t, h.Desk.EndRole(ctx, ada, "cyd", recovery.Agent))
		check("a role ended", "staff.role-ended", "agent reviewer", "reviewer")
		ok(t, h.Desk.DisableStaff(ctx, ada, "cyd"))
		check("disabled", "staff.disabled", "reviewer", "")
		h.Verify()
	})
}

func TestDisableStaff(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, bea := h.Staff("ada", recovery.Administrator), h.Staff("bea", recovery.Administrator)
		h.Staff("cyd", recovery.Agent)
		token, link := session(t, h, h.Key("cyd")), plant(t, h, store.Invite{Person: "cyd", Roles: []recovery.Role{recovery.Approver}})
		ok(t, h.Desk.DisableStaff(ctx, ada, "cyd"))
		t.Run("sessions, sign-in and open invitations end at once", func(t *testing.T) {
			_, err := h.Desk.Session(ctx, desk.StaffSession, token)
			refused(t, err, "signed-out")
			_, _, err = trySignIn(t, h, h.Key("cyd"))
			refused(t, err, "sign-in-failed")
			_, err = h.Desk.Invitation(ctx, link)
			refused(t, err, "link-ended")
		})
		t.Run("who is invited again starts over: old keys and roles stay dead", func(t *testing.T) {
			key := register(t, h, plant(t, h, store.Invite{Person: "cyd", Roles: []recovery.Role{recovery.Reviewer}}), newKey(t))
			ok(t, confirm(t, h, bea, key.ID))
			h.Clock.Add(desktest.KeyQuarantine + recovery.Second)
			if s := standing(t, h, "cyd"); !slices.Equal(s.Counting(h.Clock.Now()), []recovery.Role{recovery.Reviewer}) {
				t.Errorf("counting %v", s.Counting(h.Clock.Now()))
			}
			_, _, err := trySignIn(t, h, h.Key("cyd"))
			refused(t, err, "sign-in-failed")
		})
		h.Verify()
	})
}

// TestR15_OnlyAdministratorsActOnStaff walks every act on staff by everyone who
// must not do it.
func TestR15_OnlyAdministratorsActOnStaff(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	h.Staff("ada", recovery.Administrator)
	h.Staff("bea", recovery.Administrator)
	h.Staff("target", recovery.Agent, recovery.Administrator)
	pending, _ := invitee(t, h, "newcomer", recovery.Agent)
	waiting, _ := invitee(t, h, "waiting", recovery.Administrator)
	_ = waiting
	actors := map[string]desk.Actor{
		"a stranger":  {Kind: desk.Stranger},
		"a holder":    {Kind: desk.Holder, Person: "ada", Account: "ada"},
		"an agent":    h.Staff("agent", recovery.Agent),
		"an approver": h.Staff("approver", recovery.Approver),
		"a reviewer":  h.Staff("reviewer", recovery.Reviewer),
		"an auditor":  h.Staff("auditor", recovery.Auditor),
		"an administrator who does not count yet": {Kind: desk.StaffAct, Person: "waiting"},
	}
	acts := map[string]func(a desk.Actor) error{
		"invite": func(a desk.Actor) error {
			_, err := h.Desk.InviteStaff(ctx, a, desk.StaffInvite{Person: "newcomer", Roles: []recovery.Role{recovery.Agent}})
			return err
		},
		"begin to confirm a key": func(a desk.Actor) error { _, err := h.Desk.BeginConfirmKey(ctx, a, pending.ID); return err },
		"end a role":             func(a desk.Actor) error { return h.Desk.EndRole(ctx, a, "target", recovery.Agent) },
		"disable":                func(a desk.Actor) error { return h.Desk.DisableStaff(ctx, a, "target") },
	}
	for who, a := range actors {
		for what, act := range acts {
			t.Run(who+" does not "+what, func(t *testing.T) { refused(t, act(a), "role-missing") })
		}
		t.Run(who+" does not confirm a key with a stolen challenge", func(t *testing.T) {
			touch, err := h.Desk.BeginConfirmKey(ctx, desk.Actor{Kind: desk.StaffAct, Person: "ada"}, pending.ID)
			ok(t, err)
			err = h.Desk.ConfirmKey(ctx, a, pending.ID, desk.Answer{Challenge: touch.ID, Response: h.Touch("ada", touch.Options)})
			if err == nil {
				t.Error("confirmed")
			}
		})
	}
	t.Run("nobody without a session asks for a further key or a proof", func(t *testing.T) {
		for _, a := range []desk.Actor{{Kind: desk.Stranger}, {Kind: desk.Holder, Person: "ada", Account: "ada"}, {Kind: desk.StaffAct, Person: "ada"}} {
			_, err := h.Desk.BeginFurtherKey(ctx, a)
			refused(t, err, "signed-out")
		}
		_, err := h.Desk.BeginProve(ctx, desk.Actor{Kind: desk.Holder, Person: "ada"})
		refused(t, err, "signed-out")
	})
	t.Run("the staff page is for people whose role counts; the own page for everyone", func(t *testing.T) {
		_, err := h.Desk.StaffPage(ctx, desk.Actor{Kind: desk.Holder, Person: "ada", Account: "ada"})
		refused(t, err, "role-missing")
		newcomer := desk.Actor{Kind: desk.StaffAct, Person: "newcomer"}
		_, err = h.Desk.StaffPage(ctx, newcomer)
		refused(t, err, "role-missing")
		_, err = h.Desk.PersonPage(ctx, newcomer, "ada")
		refused(t, err, "role-missing")
		own, err := h.Desk.PersonPage(ctx, newcomer, "newcomer")
		ok(t, err)
		if missing := own.Missing(own.Founding, h.Clock.Now()); len(missing) != 1 || !strings.Contains(missing[0], "fingerprint") {
			t.Errorf("missing %q", missing)
		}
		l, err := h.Desk.StaffPage(ctx, actors["an auditor"])
		ok(t, err)
		if l.Admin || l.Founding || len(l.People) != 9 {
			t.Errorf("page: admin %v, founding %v, %d people", l.Admin, l.Founding, len(l.People))
		}
	})
}
