package desk_test

import (
	"encoding/json"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

func TestR28_NobodyBecomesStaffByOneHand(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, bea := h.Staff("ada", recovery.Administrator), h.Staff("bea", recovery.Administrator)
		h.Person("cyd", "")
		k := newKey(t)
		key := register(t, h, plant(t, h, store.Invite{Person: "cyd", Roles: []recovery.Role{recovery.Approver}, Groups: []string{"security"}, MadeBy: "ada"}), k)
		cyd := desk.Actor{Kind: desk.StaffAct, Person: "cyd"}
		t.Run("a registered key gives a role that does not count", func(t *testing.T) {
			s := standing(t, h, "cyd")
			if s.Has(recovery.Approver, h.Clock.Now()) || !s.Holds(recovery.Approver) || len(s.Groups) != 0 {
				t.Errorf("standing %+v", s)
			}
		})
		t.Run("the person is told by mail", func(t *testing.T) {
			if m := h.LastMail(); m.To != "cyd@staff.example" || !strings.Contains(m.Subject, "security key was registered") || !strings.Contains(m.Text, key.Fingerprint) {
				t.Errorf("mail %+v", m)
			}
		})
		t.Run("the inviter cannot confirm the key", func(t *testing.T) { refused(t, confirm(t, h, ada, key.ID), "own-invite") })
		t.Run("the owner cannot confirm the key", func(t *testing.T) { refused(t, confirmWith(t, h, cyd, k, key.ID), "role-missing") })
		t.Run("a second administrator confirms it with a key", func(t *testing.T) { ok(t, confirm(t, h, bea, key.ID)) })
		t.Run("the admission stands in the ledger as receipts need it", func(t *testing.T) {
			row := newestRow(t, h)
			d := row.Entry.Data
			if row.Entry.Kind != stepup.KindKeyCounted || d[stepup.DataPerson] != "cyd" || d[stepup.DataKey] != key.Digest || d["confirmer"] != "bea" || row.Detail != "Name of cyd" {
				t.Errorf("entry %+v %q", row.Entry, row.Detail)
			}
			if got := keyRow(t, h, key.ID); got.ConfirmEntry != row.Entry.Seq || got.ConfirmedBy != "bea" {
				t.Errorf("key %+v", got)
			}
		})
		t.Run("it cannot be confirmed twice", func(t *testing.T) { refused(t, confirm(t, h, bea, key.ID), "already-decided") })
		t.Run("key and role decide nothing for 72 hours", func(t *testing.T) {
			h.Clock.Add(desktest.KeyQuarantine - recovery.Second)
			if s := standing(t, h, "cyd"); s.Has(recovery.Approver, h.Clock.Now()) {
				t.Error("the role counts too early")
			}
			refused(t, keyRow(t, h, key.ID).MayDecide(h.Clock.Now()), "key-too-new")
			h.Clock.Add(recovery.Minute)
			if s := standing(t, h, "cyd"); !s.Has(recovery.Approver, h.Clock.Now()) {
				t.Error("the role never counts")
			}
			ok(t, keyRow(t, h, key.ID).MayDecide(h.Clock.Now()))
		})
		t.Run("a further key waits for its own confirmation and another 72 hours", func(t *testing.T) {
			a := signIn(t, h, k)
			second := newKey(t)
			touch, err := h.Desk.BeginFurtherKey(ctx, a)
			ok(t, err)
			further, err := h.Desk.AddFurtherKey(ctx, a, create(t, second, touch), "")
			ok(t, err)
			refused(t, keyRow(t, h, further.ID).MayDecide(h.Clock.Now()), "key-unconfirmed")
			ok(t, confirm(t, h, ada, further.ID))
			refused(t, keyRow(t, h, further.ID).MayDecide(h.Clock.Now()), "key-too-new")
		})
		t.Run("a further key needs a fresh touch of an older one", func(t *testing.T) {
			a := signIn(t, h, k)
			h.Clock.Add(recovery.StepUpFresh)
			_, err := h.Desk.BeginFurtherKey(ctx, a)
			refused(t, err, "touch-first")
			touch, err := h.Desk.BeginProve(ctx, a)
			ok(t, err)
			ok(t, h.Desk.Prove(ctx, a, get(t, k, touch)))
			_, err = h.Desk.BeginFurtherKey(ctx, a)
			ok(t, err)
		})
		h.Verify()
	})
}

func TestFounding(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		invite := func(id string, roles ...recovery.Role) (recovery.Key, *softkey.Key, desk.Actor) {
			h.Person(id, "")
			url, err := h.Desk.InviteStaff(ctx, theMachine, desk.StaffInvite{Person: id, Roles: roles, Print: true})
			ok(t, err)
			token, found := strings.CutPrefix(url, desktest.Origin+"/invite/")
			if !found {
				t.Fatalf("the machine saw %q", url)
			}
			k := newKey(t)
			return register(t, h, token, k), k, desk.Actor{Kind: desk.StaffAct, Person: id}
		}
		keyA, softA, ada := invite("ada", recovery.Administrator)
		keyB, softB, bea := invite("bea", recovery.Administrator, recovery.Agent)
		keyC, softC, cyd := invite("cyd", recovery.Administrator)
		keyD, softD, dan := invite("dan", recovery.Approver)
		counts := func(id string) bool { return standing(t, h, id).Has(recovery.Administrator, h.Clock.Now()) }
		t.Run("only administrators found, and only administrators are founded", func(t *testing.T) {
			refused(t, confirmWith(t, h, dan, softD, keyA.ID), "role-missing")
			refused(t, confirmWith(t, h, ada, softA, keyD.ID), "founding-first")
			refused(t, confirmWith(t, h, ada, softA, keyA.ID), "own-key")
		})
		t.Run("after the first confirmation nobody counts", func(t *testing.T) {
			ok(t, confirmWith(t, h, ada, softA, keyB.ID))
			if counts("ada") || counts("bea") {
				t.Error("an administrator counts by one hand")
			}
		})
		t.Run("only the one who was confirmed confirms back", func(t *testing.T) {
			refused(t, confirmWith(t, h, ada, softA, keyC.ID), "founding-order")
			refused(t, confirmWith(t, h, cyd, softC, keyA.ID), "founding-order")
			refused(t, confirmWith(t, h, bea, softB, keyC.ID), "founding-order")
		})
		t.Run("both count from the second confirmation at once, with all their roles", func(t *testing.T) {
			ok(t, confirmWith(t, h, bea, softB, keyA.ID))
			if !counts("ada") || !counts("bea") || !standing(t, h, "bea").Has(recovery.Agent, h.Clock.Now()) {
				t.Error("the founders do not count")
			}
			ok(t, keyRow(t, h, keyA.ID).MayDecide(h.Clock.Now()))
			ok(t, keyRow(t, h, keyB.ID).MayDecide(h.Clock.Now()))
		})
		t.Run("everyone after them waits 72 hours", func(t *testing.T) {
			ok(t, confirmWith(t, h, ada, softA, keyC.ID))
			ok(t, confirmWith(t, h, bea, softB, keyD.ID))
			if counts("cyd") {
				t.Error("the third administrator counts at once")
			}
			h.Clock.Add(desktest.KeyQuarantine + recovery.Second)
			if !counts("cyd") || !standing(t, h, "dan").Has(recovery.Approver, h.Clock.Now()) {
				t.Error("the others never count")
			}
		})
		h.Verify()
	})
}

func TestDemoConfirm(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Staff("ada", recovery.Administrator)
		h.Staff("bea", recovery.Administrator)
		h.Desk.Settings.Demo = true
		h.Desk.DemoConfirm = &desk.Cosigner{Person: "ada", Sign: func(options json.RawMessage) ([]byte, error) {
			return h.Key("ada").Get(options, desktest.Origin)
		}}
		h.Person("cyd", "")
		t.Run("the key of a printed invitation decides at once and says so in the ledger", func(t *testing.T) {
			url, err := h.Desk.InviteStaff(ctx, theMachine, desk.StaffInvite{Person: "cyd", Roles: []recovery.Role{recovery.Approver}, Print: true})
			ok(t, err)
			key := register(t, h, strings.TrimPrefix(url, desktest.Origin+"/invite/"), newKey(t))
			ok(t, keyRow(t, h, key.ID).MayDecide(h.Clock.Now()))
			if !standing(t, h, "cyd").Has(recovery.Approver, h.Clock.Now()) {
				t.Error("the role does not count")
			}
			row := kept(t, h, recovery.StaffKeyCounted)[0] // the demo gives a shift after it
			if d := row.Entry.Data; row.Entry.Kind != stepup.KindKeyCounted || d["demo"] != "yes" || d["confirmer"] != "ada" || row.Detail != "Name of cyd" {
				t.Errorf("entry %+v %q", row.Entry, row.Detail)
			}
		})
		t.Run("an invitation that was only mailed takes the ordinary way", func(t *testing.T) {
			key, _ := invitee(t, h, "dan", recovery.Approver)
			refused(t, keyRow(t, h, key.ID).MayDecide(h.Clock.Now()), "key-unconfirmed")
		})
		h.Verify()
	})
}

// A group decides as much as a role does: one of security completes two
// signatures and raises the threat mode.
func TestR28_AGroupComesWithTheConfirmation(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Staff("ada", recovery.Administrator, recovery.Approver)
		bea := h.Staff("bea", recovery.Administrator)
		inSecurity := func(person string, want bool) {
			t.Helper()
			if standing(t, h, person).In(recovery.SecurityGroup) != want {
				t.Errorf("%s is of security: %t", person, !want)
			}
		}
		ada := person("ada")
		agent := []recovery.Role{recovery.Agent}
		t.Run("not with the invitation that an administrator sends to itself", func(t *testing.T) {
			key := register(t, h, plant(t, h, store.Invite{Person: "ada", Roles: agent, Groups: []string{recovery.SecurityGroup}, MadeBy: "ada"}), newKey(t))
			inSecurity("ada", false)
			ok(t, confirm(t, h, bea, key.ID))
			inSecurity("ada", true)
		})
		t.Run("not by the inviter's key over a further key of who is staff already", func(t *testing.T) {
			who := h.Staff("cyd", recovery.Agent, recovery.Approver)
			register(t, h, plant(t, h, store.Invite{Person: "cyd", Roles: agent, Groups: []string{recovery.SecurityGroup}, MadeBy: "ada"}), newKey(t))
			who = signIn(t, h, h.Key(who.Person))
			touch, err := h.Desk.BeginFurtherKey(t.Context(), who)
			ok(t, err)
			key, err := h.Desk.AddFurtherKey(t.Context(), who, create(t, newKey(t), touch), "")
			ok(t, err)
			refused(t, confirm(t, h, ada, key.ID), "own-invite")
			inSecurity("cyd", false)
			touch, err = h.Desk.BeginConfirmKey(t.Context(), bea, key.ID)
			ok(t, err)
			if !strings.Contains(touch.Statement, "\ngroup: security\n") {
				t.Errorf("who confirms is not told of the group:\n%s", touch.Statement)
			}
			ok(t, confirm(t, h, bea, key.ID))
			inSecurity("cyd", true)
			if e := newestRow(t, h).Entry; e.Data["groups"] != recovery.SecurityGroup {
				t.Errorf("recorded %+v", e.Data)
			}
		})
		t.Run("a supplier's person who shows another key is a supplier's all the same", func(t *testing.T) {
			h.Person("dan", "")
			k := newKey(t)
			register(t, h, plant(t, h, store.Invite{Person: "dan", Roles: agent, Groups: []string{"acme"}, MadeBy: "ada"}), k)
			who := signIn(t, h, k)
			touch, err := h.Desk.BeginFurtherKey(t.Context(), who)
			ok(t, err)
			key, err := h.Desk.AddFurtherKey(t.Context(), who, create(t, newKey(t), touch), "")
			ok(t, err)
			ok(t, confirm(t, h, bea, key.ID))
			if !standing(t, h, "dan").In("acme") {
				t.Error("the roles count without the group")
			}
		})
		h.Verify()
	})
}
