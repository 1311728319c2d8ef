package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"runtime"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"golang.org/x/crypto/argon2"

	"countersign/internal/desk/desktest"
	"countersign/internal/directory"
	"countersign/internal/softkey"
	"countersign/internal/stepup"
)

func cryptoBenches() []bench {
	return []bench{
		{name: "stepup.verify", what: "an approver's answer verified, against go-webauthn alone, CPU", bar: 1.5, rounds: 7, begin: stepupVerify},
		{name: "login.bound", what: "password checks of 16 clients, against argon2id on as many cores as there are slots, rate", bar: 0.95, atLeast: true, rounds: 11, begin: loginBound},
	}
}

// stepupVerify measures the ceremony alone; act.cost measures what a commit costs.
func stepupVerify(l *lab) (ours, floor side) {
	const n = 400
	k := newCeremony(l)
	return cpuOf(n, func(int) {
			_, err := k.rp.FinishAssertion(k.session, []stepup.Credential{k.cred}, k.handle, k.answer)
			must(err)
		}), cpuOf(n, func(int) {
			parsed, err := protocol.ParseCredentialRequestResponseBytes(k.answer)
			must(err)
			_, err = k.lib.ValidateLogin(k, k.data, parsed)
			must(err)
		})
}

// ceremony is one answered challenge of a software key.
type ceremony struct {
	rp      *stepup.RP
	cred    stepup.Credential
	handle  []byte
	session []byte
	answer  []byte

	lib  *webauthn.WebAuthn
	data webauthn.SessionData
}

func newCeremony(l *lab) *ceremony {
	k := &ceremony{handle: []byte("a staff handle of 32 bytes......")}
	var err error
	k.rp, err = stepup.New(stepup.Config{ID: desktest.RPID, Name: "Countersign", Origin: desktest.Origin, Attestation: stepup.Admission{Unverified: true}})
	must(err)
	k.lib, err = webauthn.New(&webauthn.Config{RPID: desktest.RPID, RPDisplayName: "Countersign", RPOrigins: []string{desktest.Origin}})
	must(err)
	key, err := softkey.New(rand.Reader, softkey.Defaults())
	must(err)
	options, session, err := k.rp.BeginRegistration(stepup.Staff, stepup.User{Handle: k.handle, Name: "a", DisplayName: "a"}, nil)
	must(err)
	response, err := key.Create(options, desktest.Origin)
	must(err)
	k.cred, err = k.rp.FinishRegistration(stepup.Staff, session, response)
	must(err)
	options, k.session, err = k.rp.BeginAssertion([]stepup.Credential{k.cred}, k.handle, nil)
	must(err)
	k.answer, err = key.Get(options, desktest.Origin)
	must(err)
	must(json.Unmarshal(k.session, &k.data))
	return k
}

// The floor's user.

func (k *ceremony) WebAuthnID() []byte          { return k.handle }
func (k *ceremony) WebAuthnName() string        { return "a" }
func (k *ceremony) WebAuthnDisplayName() string { return "a" }
func (k *ceremony) WebAuthnCredentials() []webauthn.Credential {
	return []webauthn.Credential{{ID: k.cred.ID, PublicKey: k.cred.PublicKey, Authenticator: webauthn.Authenticator{SignCount: uint32(k.cred.SignCount)}}}
}

// loginBound: the pool of password slots must not cost what it bounds.
func loginBound(*lab) (ours, floor side) {
	const n = 20
	dir := directory.NewBuiltin()
	hash, err := dir.HashPassword(context.Background(), desktest.Password)
	must(err)
	slots := min(2, runtime.NumCPU())
	return rate(16, n, func(int) { must(dir.CheckPassword(context.Background(), hash, desktest.Password)) }),
		rate(slots, n, func(int) {
			argon2.IDKey([]byte(desktest.Password), []byte("sixteen bytes ok"), 2, 19*1024, 1, 32)
		})
}
