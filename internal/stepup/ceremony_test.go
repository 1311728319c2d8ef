package stepup

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"countersign/internal/softkey"
)

const (
	testID     = "localhost"
	testOrigin = "http://localhost:8080"
)

var ann = User{Handle: []byte("handle-of-ann"), Name: "ann", DisplayName: "Ann Approver"}

func newRP(t testing.TB, a Admission) *RP {
	t.Helper()
	rp, err := New(Config{ID: testID, Name: "Countersign", Origin: testOrigin, Attestation: a})
	if err != nil {
		t.Fatal(err)
	}
	return rp
}

func newKey(t testing.TB, change func(*softkey.Options)) *softkey.Key {
	t.Helper()
	o := softkey.Defaults()
	if change != nil {
		change(&o)
	}
	k, err := softkey.New(rand.Reader, o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func register(t testing.TB, rp *RP, kind Kind, k *softkey.Key) (Credential, error) {
	t.Helper()
	options, session, err := rp.BeginRegistration(kind, ann, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := k.Create(options, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return rp.FinishRegistration(kind, session, response)
}

// bench is one registered staff key.
type bench struct {
	rp   *RP
	key  *softkey.Key
	cred Credential
}

func newBench(t testing.TB, change func(*softkey.Options)) *bench {
	t.Helper()
	b := &bench{rp: newRP(t, Admission{Unverified: true}), key: newKey(t, change)}
	var err error
	if b.cred, err = register(t, b.rp, Staff, b.key); err != nil {
		t.Fatal(err)
	}
	return b
}

// begin asks for the key with a fresh approval challenge.
func (b *bench) begin(t testing.TB) (options, session []byte) {
	t.Helper()
	nonce := make([]byte, NonceSize)
	_, _ = rand.Read(nonce)
	options, session, err := b.rp.BeginAssertion([]Credential{b.cred}, ann.Handle, Challenge(nonce, "statement"))
	if err != nil {
		t.Fatal(err)
	}
	return options, session
}

func (b *bench) get(t testing.TB, options []byte, origin string) []byte {
	t.Helper()
	response, err := b.key.Get(options, origin)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// once runs one honest assertion and stores the counter.
func (b *bench) once(t *testing.T) error {
	t.Helper()
	options, session := b.begin(t)
	a, err := b.rp.FinishAssertion(session, []Credential{b.cred}, ann.Handle, b.get(t, options, testOrigin))
	if err == nil {
		b.cred.SignCount = a.SignCount
	}
	return err
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if got := ReasonOf(err); got != reason {
		t.Fatalf("refused with %q, want %q (error: %v)", got, reason, err)
	}
}

func TestFinishAssertion(t *testing.T) {
	t.Run("the browser is told to require PIN or fingerprint", func(t *testing.T) {
		b := newBench(t, nil)
		asked, _ := b.begin(t)
		anyone, _, err := b.rp.BeginLogin()
		if err != nil {
			t.Fatal(err)
		}
		for _, options := range [][]byte{asked, anyone} {
			if !strings.Contains(string(options), `"userVerification":"required"`) {
				t.Errorf("options %s", options)
			}
		}
	})
	t.Run("accepts the key that was asked for", func(t *testing.T) {
		b := newBench(t, nil)
		options, session := b.begin(t)
		a, err := b.rp.FinishAssertion(session, []Credential{b.cred}, ann.Handle, b.get(t, options, testOrigin))
		if err != nil {
			t.Fatal(err)
		}
		if a.SignCount != b.cred.SignCount+1 || !a.UserVerified || a.BackupEligible || string(a.CredentialID) != string(b.cred.ID) {
			t.Errorf("assertion %+v", a)
		}
	})
	t.Run("accepts a key that never counts", func(t *testing.T) {
		b := newBench(t, func(o *softkey.Options) { o.CounterStuck = true })
		for range 2 {
			if err := b.once(t); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("signs in without a user name", func(t *testing.T) {
		b := newBench(t, nil)
		options, session, err := b.rp.BeginLogin()
		if err != nil {
			t.Fatal(err)
		}
		response := b.get(t, options, testOrigin)
		id, handle, err := PeekLogin(response)
		if err != nil || string(id) != string(b.cred.ID) || string(handle) != string(ann.Handle) {
			t.Fatalf("peeked %q of %q, %v", id, handle, err)
		}
		if _, err := b.rp.FinishAssertion(session, []Credential{b.cred}, handle, response); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("asks for nothing when the user has no key", func(t *testing.T) {
		_, _, err := newRP(t, Admission{}).BeginAssertion(nil, ann.Handle, nil)
		wantReason(t, err, UnknownKey)
	})
	t.Run("refuses a challenge that is too short", func(t *testing.T) {
		b := newBench(t, nil)
		if _, _, err := b.rp.BeginAssertion([]Credential{b.cred}, ann.Handle, []byte("short")); err == nil {
			t.Fatal("accepted 5 bytes")
		}
	})
}

// abuse is one lie. forge is signed by the key, tamper is not.
type abuse struct {
	name, reason  string
	origin        string
	forge, tamper func(*softkey.Parts)
	session       func(*webauthn.SessionData)
	handle        []byte
	keys          func(Credential) []Credential
}

func flags(clear, set byte) func(*softkey.Parts) {
	return func(p *softkey.Parts) { p.AuthData[softkey.FlagsAt] = p.AuthData[softkey.FlagsAt]&^clear | set }
}

func clientData(old, new string) func(*softkey.Parts) {
	return func(p *softkey.Parts) {
		var m map[string]any
		_ = json.Unmarshal(p.ClientData, &m)
		m[old] = new
		if old == "crossOrigin" {
			m[old] = true
		}
		p.ClientData, _ = json.Marshal(m)
	}
}

func abuses() []abuse {
	other := func(c Credential) []Credential { c.ID = []byte("another credential"); return []Credential{c} }
	return []abuse{
		{name: "an answer to another challenge", reason: WrongChallenge, forge: clientData("challenge", "AAAAAAAAAAAAAAAAAAAAAA")},
		{name: "an empty challenge", reason: WrongChallenge, forge: clientData("challenge", ""), session: func(s *webauthn.SessionData) { s.Challenge = "" }},
		{name: "another site's page", reason: WrongOrigin, origin: "https://countersign.example"},
		{name: "another port of this host", reason: WrongOrigin, origin: "http://localhost:8081"},
		{name: "a frame on another site", reason: CrossOrigin, forge: clientData("crossOrigin", "")},
		{name: "a top origin", reason: CrossOrigin, forge: clientData("topOrigin", "https://countersign.example")},
		{name: "another RP ID", reason: WrongRP, forge: func(p *softkey.Parts) { p.AuthData[0] ^= 1 }},
		{name: "no user verification", reason: UserNotVerified, forge: flags(softkey.FlagUV, 0)},
		{name: "no user presence", reason: UserNotPresent, forge: flags(softkey.FlagUP, 0)},
		{name: "a registration's type", reason: WrongType, forge: clientData("type", "webauthn.create")},
		{name: "a key that became backup-eligible", reason: BackupChanged, forge: flags(0, softkey.FlagBE)},
		{name: "a backup state without eligibility", reason: BackupChanged, forge: flags(0, softkey.FlagBS)},
		{name: "the counter of yesterday", reason: CounterRegression, forge: counter(3)},
		{name: "the same counter again", reason: CounterRegression, forge: counter(5)},
		{name: "a counter back at zero", reason: CounterRegression, forge: counter(0)},
		{name: "a changed signature", reason: BadSignature, tamper: func(p *softkey.Parts) { p.Signature[len(p.Signature)-1] ^= 1 }},
		{name: "an empty signature", reason: BadSignature, tamper: func(p *softkey.Parts) { p.Signature = nil }},
		{name: "a counter changed after signing", reason: BadSignature, tamper: counter(99)},
		{name: "user verification set after signing", reason: BadSignature, forge: flags(softkey.FlagUV, 0), tamper: flags(0, softkey.FlagUV)},
		{name: "a challenge swapped after signing", reason: WrongChallenge, tamper: clientData("challenge", "AAAAAAAAAAAAAAAAAAAAAA")},
		{name: "another user's handle", reason: WrongUser, tamper: func(p *softkey.Parts) { p.UserHandle = []byte("handle-of-bob") }},
		{name: "another user's session", reason: WrongUser, handle: []byte("handle-of-bob")},
		{name: "a key that was taken away", reason: UnknownKey, keys: other},
		{name: "a key of nobody", reason: UnknownKey, tamper: func(p *softkey.Parts) { p.ID, p.RawID = []byte("nobody"), []byte("nobody") }},
		{name: "an id that differs from rawId", reason: Malformed, tamper: func(p *softkey.Parts) { p.ID = []byte("x") }},
		{name: "an id of no bytes", reason: Malformed, tamper: func(p *softkey.Parts) { p.ID, p.RawID = nil, nil }},
		{name: "another credential type", reason: Malformed, tamper: func(p *softkey.Parts) { p.Type = "password" }},
		{name: "authenticator data cut short", reason: Malformed, tamper: func(p *softkey.Parts) { p.AuthData = p.AuthData[:20] }},
		{name: "client data that is not JSON", reason: Malformed, tamper: func(p *softkey.Parts) { p.ClientData = []byte("{") }},
		{name: "a ceremony that is over", reason: Expired, session: func(s *webauthn.SessionData) { s.Expires = time.Unix(1, 0) }},
	}
}

func counter(n byte) func(*softkey.Parts) {
	return func(p *softkey.Parts) { copy(p.AuthData[softkey.FlagsAt+1:], []byte{0, 0, 0, n}) }
}

// TestT4_WebAuthnAbuse: replay and two tabs are the store's, which consumes the
// challenge; everything else is refused here.
func TestT4_WebAuthnAbuse(t *testing.T) {
	for _, a := range abuses() {
		t.Run("refuses "+a.name, func(t *testing.T) {
			wantReason(t, a.run(t), a.reason)
		})
	}
}

func (a abuse) run(t *testing.T) error {
	b := newBench(t, nil)
	b.cred.SignCount = 5
	b.key.SetCounter(5)
	options, session := b.begin(t)
	b.key.Forge, b.key.Tamper = a.forge, a.tamper
	origin := testOrigin
	if a.origin != "" {
		origin = a.origin
	}
	response := b.get(t, options, origin)
	if a.session != nil {
		session = changeSession(t, session, a.session)
	}
	keys, handle := []Credential{b.cred}, ann.Handle
	if a.keys != nil {
		keys = a.keys(b.cred)
	}
	if a.handle != nil {
		handle = a.handle
	}
	_, err := b.rp.FinishAssertion(session, keys, handle, response)
	return err
}

func changeSession(t *testing.T, session []byte, change func(*webauthn.SessionData)) []byte {
	t.Helper()
	var s webauthn.SessionData
	if err := json.Unmarshal(session, &s); err != nil {
		t.Fatal(err)
	}
	change(&s)
	session, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func TestFinishAssertionAcrossUsers(t *testing.T) {
	t.Run("refuses a discoverable answer without a handle", func(t *testing.T) {
		b := newBench(t, nil)
		options, session, err := b.rp.BeginLogin()
		if err != nil {
			t.Fatal(err)
		}
		b.key.Tamper = func(p *softkey.Parts) { p.UserHandle = nil }
		_, err = b.rp.FinishAssertion(session, []Credential{b.cred}, ann.Handle, b.get(t, options, testOrigin))
		wantReason(t, err, WrongUser)
	})
	t.Run("refuses a second key of the user that was not asked for", func(t *testing.T) {
		b := newBench(t, nil)
		second := newBench(t, nil)
		_, session := b.begin(t)
		options, _ := second.begin(t)
		_, err := b.rp.FinishAssertion(session, []Credential{b.cred, second.cred}, ann.Handle, second.get(t, options, testOrigin))
		wantReason(t, err, UnknownKey)
	})
	t.Run("requires user verification even when the session forgot to", func(t *testing.T) {
		b := newBench(t, nil)
		options, session := b.begin(t)
		session = changeSession(t, session, func(s *webauthn.SessionData) { s.UserVerification = "" })
		b.key.UserVerified = false
		_, err := b.rp.FinishAssertion(session, []Credential{b.cred}, ann.Handle, b.get(t, options, testOrigin))
		wantReason(t, err, UserNotVerified)
	})
}

func TestNew(t *testing.T) {
	for name, c := range map[string]Config{
		"an IP address":          {ID: "127.0.0.1", Name: "x", Origin: "https://127.0.0.1"},
		"plain HTTP":             {ID: "desk.example", Name: "x", Origin: "http://desk.example"},
		"a parent domain":        {ID: "example.com", Name: "x", Origin: "https://desk.example.com"},
		"an origin with a path":  {ID: "desk.example", Name: "x", Origin: "https://desk.example/login"},
		"an origin without host": {ID: "desk.example", Name: "x", Origin: "desk.example"},
		"no name":                {ID: "desk.example", Origin: "https://desk.example"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			if _, err := New(c); err == nil {
				t.Fatal("accepted")
			}
		})
	}
	t.Run("accepts a host over TLS", func(t *testing.T) {
		if _, err := New(Config{ID: "desk.example", Name: "x", Origin: "https://desk.example:8443"}); err != nil {
			t.Fatal(err)
		}
	})
}
