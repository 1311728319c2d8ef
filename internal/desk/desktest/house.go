// Package desktest builds a house for tests: a desk on a real database, a
// clock moved by hand, people with software security keys, accounts.
package desktest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"

	"countersign/internal/desk"
	"countersign/internal/directory"
	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
	"countersign/internal/store"
	"countersign/internal/store/storetest"
)

// Origin and RPID of the house; the browser tests use the same host.
const (
	Origin = "http://localhost:8080"
	RPID   = "localhost"
)

// House is a desk with everything around it.
type House struct {
	TB     testing.TB
	Desk   *desk.Desk
	Store  *store.Store
	Clock  *storetest.Clock
	LogKey string // verifier key of the ledger
	keys   map[string]*softkey.Key
	faults *faults
	secret string // of every account's password, hashed once
}

// Each runs fn in a fresh house on SQLite and on PostgreSQL, beside other tests.
func Each(t *testing.T, fn func(t *testing.T, h *House)) {
	t.Helper()
	t.Parallel()
	for name, open := range map[string]func(testing.TB) store.Config{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // both databases at once
			fn(t, furnished(t, open(t)))
		})
	}
}

// furnished furnishes a house whose statements can be made to fail.
func furnished(tb testing.TB, cfg store.Config) *House {
	tb.Helper()
	clock, f := storetest.NewClock(), &faults{}
	cfg.Clock, cfg.Fault = clock.Now, f.see
	h := New(tb, storetest.Open(tb, cfg), clock)
	h.faults = f
	return h
}

// SQLite is one fresh house on SQLite, for tests that do not touch SQL.
func SQLite(t testing.TB) *House {
	return furnished(t, storetest.SQLite(t))
}

// New furnishes a house on an open store.
func New(tb testing.TB, s *store.Store, clock *storetest.Clock) *House {
	tb.Helper()
	rp, err := stepup.New(stepup.Config{ID: RPID, Name: "Countersign", Origin: Origin, Attestation: stepup.Admission{Unverified: true}})
	must(tb, err)
	skey, _, err := ledger.NewKey(rand.Reader, "localhost/countersign-audit/1")
	must(tb, err)
	signer, err := ledger.NewSigner(skey)
	must(tb, err)
	d := desk.New(desk.Config{
		Store: s, RP: rp, Directory: directory.NewBuiltin(), Signer: signer, Rand: rand.Reader, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Keys: desk.Keys{Pepper: random(32), Seal: random(32)},
		Settings: desk.Settings{Instance: "Test house", PublicURL: Origin, UnverifiedKeys: true, AccountMail: []string{"corp.example"},
			InPerson: recovery.InPerson{Place: "Room 12", Hours: "Mon–Fri 9–17", Phone: "+44 20 7946 0000"}},
	})
	return &House{TB: tb, Desk: d, Store: s, Clock: clock, LogKey: signer.VerifierKey(), keys: map[string]*softkey.Key{}}
}

// Person puts a person into the directory.
func (h *House) Person(id, manager string) recovery.Person {
	h.TB.Helper()
	p := recovery.Person{ID: id, Name: "Name of " + id, Email: id + "@staff.example", Manager: manager, Department: "IT", FirstSeen: h.Clock.Now() - 400*recovery.Day}
	h.write(func(ctx context.Context, tx *store.Tx) error { return tx.SavePerson(ctx, p) })
	return p
}

// Staff makes a person staff whose roles and key have counted for a long time,
// and returns the actor.
func (h *House) Staff(id string, roles ...recovery.Role) desk.Actor {
	h.TB.Helper()
	a := h.OffShift(id, roles...)
	if slices.Contains(roles, recovery.Approver) {
		h.write(func(ctx context.Context, tx *store.Tx) error { return tx.AddShift(ctx, Always(id)) })
	}
	return a
}

// OffShift is Staff for somebody who is on no shift.
func (h *House) OffShift(id string, roles ...recovery.Role) desk.Actor {
	h.TB.Helper()
	h.Person(id, "")
	at := h.Clock.Now() - 90*recovery.Day
	h.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveStaff(ctx, id, at); err != nil {
			return err
		}
		for _, r := range roles {
			if err := tx.GrantRole(ctx, id, recovery.Grant{Role: r, Granted: at, By: "test", Counts: at}); err != nil {
				return err
			}
		}
		return nil
	})
	h.keys[id] = h.addKey(id, "key-"+id, "Key of "+id)
	return desk.Actor{Kind: desk.StaffAct, Person: id}
}

// SpareKey gives a member of staff a second key that has counted for long.
func (h *House) SpareKey(id string) *softkey.Key {
	h.TB.Helper()
	return h.addKey(id, "spare-"+id, "Spare key of "+id)
}

// addKey registers a key that has counted for a long time.
func (h *House) addKey(person, id, name string) *softkey.Key {
	h.TB.Helper()
	key, err := softkey.New(rand.Reader, softkey.Defaults())
	must(h.TB, err)
	options, session, err := h.Desk.RP.BeginRegistration(stepup.Staff, stepup.User{Handle: desk.StaffHandle(person), Name: person, DisplayName: person}, nil)
	must(h.TB, err)
	response, err := key.Create(options, Origin)
	must(h.TB, err)
	cred, err := h.Desk.RP.FinishRegistration(stepup.Staff, session, response)
	must(h.TB, err)
	at, enc := h.Clock.Now()-90*recovery.Day, base64.RawURLEncoding.EncodeToString
	k := recovery.Key{ID: id, Person: person, Name: name, CredentialID: enc(cred.ID), PublicKey: enc(cred.PublicKey), AAGUID: cred.AAGUID,
		Attestation: cred.Attestation, Fingerprint: cred.Fingerprint, Digest: stepup.Digest(cred.PublicKey), SignCount: cred.SignCount, Added: at}
	h.write(func(ctx context.Context, tx *store.Tx) error {
		seq, err := tx.Append(ctx, ledger.Entry{Kind: string(recovery.StaffKeyCounted), Actor: "system", Object: person,
			Data: map[string]string{"person": person, "key": k.Digest}}, "0123456789abcdef012345", "Name of "+person)
		if err != nil {
			return err
		}
		if err := tx.AddKey(ctx, k); err != nil {
			return err
		}
		return tx.CountKey(ctx, k.ID, "test", at, at, seq)
	})
	return key
}

// Group puts a member of staff into groups.
func (h *House) Group(person string, groups ...string) {
	h.TB.Helper()
	h.write(func(ctx context.Context, tx *store.Tx) error {
		for _, g := range groups {
			if err := tx.JoinGroup(ctx, person, g); err != nil {
				return err
			}
		}
		return nil
	})
}

// Always is a shift that never ends; every approver of the house has one.
func Always(person string) recovery.Shift {
	return recovery.Shift{ID: "shift-" + person, Person: person, Site: "Desk", Zone: "UTC", Days: []int{1, 2, 3, 4, 5, 6, 7}, MadeBy: "test"}
}

// Key is the software security key of a person or account made by this house.
func (h *House) Key(id string) *softkey.Key { return h.keys[id] }

// Touch answers WebAuthn options with the key of id.
func (h *House) Touch(id string, options json.RawMessage) []byte {
	h.TB.Helper()
	out, err := h.keys[id].Get(options, Origin)
	must(h.TB, err)
	return out
}

// Account puts a standard account with two old mail addresses, a number and a
// password ("correct horse battery staple") into the directory; mutate may change it.
func (h *House) Account(id string, mutate ...func(*recovery.Account)) recovery.Account {
	h.TB.Helper()
	old := h.Clock.Now() - 400*recovery.Day
	a := recovery.Account{ID: id, Person: id, Name: "Name of " + id, Department: "Sales", Population: recovery.Standard, Created: old}
	for _, m := range mutate {
		m(&a)
	}
	if h.secret == "" {
		h.secret = passwordHash()
	}
	h.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SavePerson(ctx, recovery.Person{ID: a.Person, Name: a.Name, Email: id + "@one.example", FirstSeen: old}); err != nil {
			return err
		}
		if err := tx.SaveAccount(ctx, a); err != nil {
			return err
		}
		for i, v := range []string{id + "@one.example", id + "@two.example"} {
			if err := tx.AddAddress(ctx, recovery.Address{ID: id + "-mail-" + string(rune('1'+i)), Account: id, Kind: recovery.Mail, Value: v, FirstSeen: old}); err != nil {
				return err
			}
		}
		if err := tx.AddAddress(ctx, recovery.Address{ID: id + "-phone", Account: id, Kind: recovery.Phone, Value: "+441632960001", FirstSeen: old}); err != nil {
			return err
		}
		return tx.AddFactor(ctx, recovery.Factor{ID: id + "-password", Account: id, Kind: recovery.Password, Name: "Password", Secret: h.secret, Added: old})
	})
	return a
}

// passwordHash is the hash of Password at a thousandth of the product's cost: the
// directory checks by what the hash itself says, and thousands are checked.
var passwordHash = sync.OnceValue(func() string {
	salt := []byte("of a test house.")
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, enc(salt), enc(argon2.IDKey([]byte(Password), salt, 1, 8, 1, 32)))
})

// NewPassword is what holders choose in a recovery that sets one.
const NewPassword = "an owl counts nine red kites"

// Password is what every account of the house knows.
const Password = "correct horse battery staple"

// Passkey gives an account a passkey and keeps its software key under the account's id.
func (h *House) Passkey(account string) {
	h.TB.Helper()
	key, err := softkey.New(rand.Reader, softkey.Defaults())
	must(h.TB, err)
	options, session, err := h.Desk.RP.BeginRegistration(stepup.Holder, stepup.User{Handle: []byte(account), Name: account, DisplayName: account}, nil)
	must(h.TB, err)
	response, err := key.Create(options, Origin)
	must(h.TB, err)
	cred, err := h.Desk.RP.FinishRegistration(stepup.Holder, session, response)
	must(h.TB, err)
	h.keys[account] = key
	enc := base64.RawURLEncoding.EncodeToString
	h.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddFactor(ctx, recovery.Factor{ID: account + "-passkey", Account: account, Kind: recovery.Passkey, Name: "Passkey",
			CredentialID: enc(cred.ID), PublicKey: enc(cred.PublicKey), AAGUID: cred.AAGUID, SignCount: cred.SignCount, BackupEligible: cred.BackupEligible,
			Added: h.Clock.Now() - recovery.Day})
	})
}

// Ledger lists the newest entries' kinds, newest first.
func (h *House) Ledger(limit int64) []string {
	h.TB.Helper()
	rows, err := h.Store.View().LedgerEntries(h.TB.Context(), store.LedgerFilter{Limit: limit})
	must(h.TB, err)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Entry.Kind
	}
	return out
}

// Verify fails the test unless the whole ledger verifies.
func (h *House) Verify() {
	h.TB.Helper()
	must(h.TB, h.Store.Snapshot(h.TB.Context(), func(v store.View) error {
		r, err := ledger.Verify(store.LedgerSource{Ctx: h.TB.Context(), View: v}, nil)
		if err == nil && !r.OK() {
			h.TB.Errorf("the ledger does not verify: %+v", r)
		}
		return err
	}))
}

// Write writes rows directly, as the furniture of a test.
func (h *House) Write(fn func(ctx context.Context, tx *store.Tx) error) {
	h.TB.Helper()
	h.write(fn)
}

func (h *House) write(fn func(ctx context.Context, tx *store.Tx) error) {
	h.TB.Helper()
	must(h.TB, h.Store.Write(h.TB.Context(), fn))
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
