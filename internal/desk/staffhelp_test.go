package desk_test

import (
	"context"
	"crypto/rand"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
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
