package desk_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// theMachine asks to see links, as the console of a new installation may.
var theMachine = desk.Actor{Kind: desk.Machine}

// newKey is a software key, by default an honest one.
func newKey(t testing.TB, change ...func(*softkey.Options)) *softkey.Key {
	t.Helper()
	o := softkey.Defaults()
	for _, c := range change {
		c(&o)
	}
	k, err := softkey.New(rand.Reader, o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ok fails the test on an error.
func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plant writes an invitation of which the test knows the link's token.
func plant(t testing.TB, h *desktest.House, i store.Invite) (token string) {
	t.Helper()
	token, err := codes.NewToken(rand.Reader)
	ok(t, err)
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		i.ID, i.Kind, i.TokenHash, i.Made = "invite-"+token, "staff", codes.HashToken("invite", token), tx.Now()
		if i.Ends == 0 {
			i.Ends = tx.Now() + recovery.InviteLife
		}
		return tx.AddInvite(ctx, i)
	})
	return token
}

// create answers registration options.
func create(t testing.TB, k *softkey.Key, touch desk.Touch) desk.Answer {
	t.Helper()
	response, err := k.Create(touch.Options, desktest.Origin)
	ok(t, err)
	return desk.Answer{Challenge: touch.ID, Response: response}
}

// get answers request options.
func get(t testing.TB, k *softkey.Key, touch desk.Touch) desk.Answer {
	t.Helper()
	response, err := k.Get(touch.Options, desktest.Origin)
	ok(t, err)
	return desk.Answer{Challenge: touch.ID, Response: response}
}

// register takes an invitation with a key.
func register(t testing.TB, h *desktest.House, token string, k *softkey.Key) recovery.Key {
	t.Helper()
	touch, err := h.Desk.BeginStaffKey(t.Context(), token)
	ok(t, err)
	key, err := h.Desk.AddStaffKey(t.Context(), desk.Actor{IP: "192.0.2.7"}, token, create(t, k, touch), "Blue 5C")
	ok(t, err)
	return key
}

// invitee is a person with a planted invitation who has registered a key.
func invitee(t testing.TB, h *desktest.House, id string, roles ...recovery.Role) (recovery.Key, *softkey.Key) {
	t.Helper()
	h.Person(id, "")
	k := newKey(t)
	return register(t, h, plant(t, h, store.Invite{Person: id, Roles: roles}), k), k
}

// confirm lets an administrator of the house confirm a key.
func confirm(t testing.TB, h *desktest.House, admin desk.Actor, key string) error {
	t.Helper()
	return confirmWith(t, h, admin, h.Key(admin.Person), key)
}

func confirmWith(t testing.TB, h *desktest.House, admin desk.Actor, with *softkey.Key, key string) error {
	t.Helper()
	touch, err := h.Desk.BeginConfirmKey(t.Context(), admin, key)
	if err != nil {
		return err
	}
	return h.Desk.ConfirmKey(t.Context(), admin, key, get(t, with, touch))
}

func standing(t testing.TB, h *desktest.House, person string) recovery.Staff {
	t.Helper()
	s, err := h.Store.View().Staff(t.Context(), person)
	ok(t, err)
	return s
}

func keyRow(t testing.TB, h *desktest.House, id string) recovery.Key {
	t.Helper()
	k, err := h.Store.View().Key(t.Context(), id)
	ok(t, err)
	return k
}

// newest reads the newest ledger row.
func newestRow(t testing.TB, h *desktest.House) store.LedgerRow {
	t.Helper()
	rows, err := h.Store.View().LedgerEntries(t.Context(), store.LedgerFilter{Limit: 1})
	ok(t, err)
	return rows[0]
}

func TestInviteStaff(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, _ := h.Staff("ada", recovery.Administrator), h.Staff("bea", recovery.Administrator)
		h.Person("cyd", "")
		in := desk.StaffInvite{Person: "cyd", Roles: []recovery.Role{recovery.Agent}, Print: true}
		t.Run("an administrator invites, the link is mailed and shown to nobody", func(t *testing.T) {
			url, err := h.Desk.InviteStaff(ctx, ada, in)
			ok(t, err)
			if url != "" {
				t.Errorf("the link was shown: %q", url)
			}
			if m := h.LastMail(); m.To != "cyd@staff.example" || !strings.Contains(m.Text, desktest.Origin+"/invite/") {
				t.Errorf("mail %+v", m)
			}
		})
		t.Run("the machine sees no link once two administrators count", func(t *testing.T) {
			url, err := h.Desk.InviteStaff(ctx, theMachine, in)
			ok(t, err)
			if url != "" {
				t.Errorf("the link was shown: %q", url)
			}
		})
		t.Run("a new invitation of a person voids the older one", func(t *testing.T) {
			token := plant(t, h, store.Invite{Person: "cyd", Roles: in.Roles})
			_, err := h.Desk.InviteStaff(ctx, ada, in)
			ok(t, err)
			_, err = h.Desk.Invitation(ctx, token)
			refused(t, err, "link-ended")
			if kinds := h.Ledger(2); !slices.Equal(kinds, []string{"staff.invited", "staff.invite-void"}) {
				t.Errorf("ledger %q", kinds)
			}
		})
		t.Run("a person unknown to the directory is refused", func(t *testing.T) {
			_, err := h.Desk.InviteStaff(ctx, ada, desk.StaffInvite{Person: "nobody", Roles: in.Roles})
			refused(t, err, "person-unknown")
		})
		t.Run("no role, an unknown role and an unspeakable group are refused", func(t *testing.T) {
			_, err := h.Desk.InviteStaff(ctx, ada, desk.StaffInvite{Person: "cyd"})
			refused(t, err, "role-none")
			_, err = h.Desk.InviteStaff(ctx, ada, desk.StaffInvite{Person: "cyd", Roles: []recovery.Role{"owner"}})
			refused(t, err, "role-unknown")
			_, err = h.Desk.InviteStaff(ctx, ada, desk.StaffInvite{Person: "cyd", Roles: in.Roles, Group: "a b"})
			refused(t, err, "group-name")
		})
		h.Verify()
	})
}

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
			if s.Has(recovery.Approver, h.Clock.Now()) || !s.Holds(recovery.Approver) || !slices.Equal(s.Groups, []string{"security"}) {
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
			h.Clock.Add(recovery.KeyQuarantine - recovery.Second)
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
			h.Clock.Add(recovery.KeyQuarantine + recovery.Second)
			if !counts("cyd") || !standing(t, h, "dan").Has(recovery.Approver, h.Clock.Now()) {
				t.Error("the others never count")
			}
		})
		h.Verify()
	})
}

func TestAddStaffKey(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Staff("ada", recovery.Administrator)
		h.Person("cyd", "")
		agent := []recovery.Role{recovery.Agent}
		add := func(token string, k *softkey.Key) error {
			touch, err := h.Desk.BeginStaffKey(ctx, token)
			ok(t, err)
			_, err = h.Desk.AddStaffKey(ctx, desk.Actor{}, token, create(t, k, touch), "")
			return err
		}
		t.Run("looking at the invitation changes nothing", func(t *testing.T) {
			token, size := plant(t, h, store.Invite{Person: "cyd", Roles: agent}), h.LedgerSize()
			for range 3 {
				i, err := h.Desk.Invitation(ctx, token)
				ok(t, err)
				if i.Person.ID != "cyd" || !slices.Equal(i.Roles, agent) {
					t.Errorf("invitation %+v", i)
				}
			}
			if h.LedgerSize() != size {
				t.Error("the ledger grew")
			}
			register(t, h, token, newKey(t))
			_, err := h.Desk.Invitation(ctx, token)
			refused(t, err, "link-used")
		})
		t.Run("an invitation ends after 24 hours", func(t *testing.T) {
			token := plant(t, h, store.Invite{Person: "cyd", Roles: agent})
			touch, err := h.Desk.BeginStaffKey(ctx, token)
			ok(t, err)
			h.Clock.Add(recovery.InviteLife)
			_, err = h.Desk.AddStaffKey(ctx, desk.Actor{}, token, create(t, newKey(t), touch), "")
			refused(t, err, "link-ended")
		})
		t.Run("a challenge of another invitation does not fit", func(t *testing.T) {
			one, two := plant(t, h, store.Invite{Person: "cyd", Roles: agent}), plant(t, h, store.Invite{Person: "ada", Roles: agent})
			touch, err := h.Desk.BeginStaffKey(ctx, one)
			ok(t, err)
			_, err = h.Desk.AddStaffKey(ctx, desk.Actor{}, two, create(t, newKey(t), touch), "")
			refused(t, err, "touch-spent")
		})
		t.Run("a key that can be copied and one that does not verify its user are refused, and the refusal is recorded", func(t *testing.T) {
			token := plant(t, h, store.Invite{Person: "cyd", Roles: agent})
			refused(t, add(token, newKey(t, func(o *softkey.Options) { o.BackupEligible = true })), "key-"+stepup.BackupEligible)
			if e := newestRow(t, h).Entry; e.Kind != string(recovery.StaffRefused) || e.Data["reason"] != "key-"+stepup.BackupEligible {
				t.Errorf("entry %+v", e)
			}
			refused(t, add(token, newKey(t, func(o *softkey.Options) { o.UserVerified = false })), "key-"+stepup.UserNotVerified)
			ok(t, add(token, newKey(t))) // the invitation is not spent by a refused key
		})
		t.Run("a key without attestation is refused unless the installation says otherwise", func(t *testing.T) {
			old := h.Desk.RP
			defer func() { h.Desk.RP = old }()
			strict, err := stepup.New(stepup.Config{ID: desktest.RPID, Name: "Countersign", Origin: desktest.Origin})
			ok(t, err)
			h.Desk.RP = strict
			refused(t, add(plant(t, h, store.Invite{Person: "cyd", Roles: agent}), newKey(t)), "key-"+stepup.AttestationNoRoots)
		})
		h.Verify()
	})
}

func TestOneInvitationGivesOneKey(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Person("cyd", "")
		token := plant(t, h, store.Invite{Person: "cyd", Roles: []recovery.Role{recovery.Agent}})
		var answers []desk.Answer
		for range 8 {
			touch, err := h.Desk.BeginStaffKey(t.Context(), token)
			ok(t, err)
			answers = append(answers, create(t, newKey(t), touch))
		}
		won := race(len(answers), func(i int) error {
			_, err := h.Desk.AddStaffKey(t.Context(), desk.Actor{}, token, answers[i], "")
			return err
		})
		keys, err := h.Store.View().Keys(t.Context(), "cyd")
		ok(t, err)
		if won != 1 || len(keys) != 1 {
			t.Errorf("%d won, %d keys", won, len(keys))
		}
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
			row := newestRow(t, h)
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
			h.Clock.Add(recovery.KeyQuarantine + recovery.Second)
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
