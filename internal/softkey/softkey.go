// Package softkey is a software security key: it makes WebAuthn credentials and
// signs assertions as a hardware key with a PIN would. The demo seeds its
// people with it, and tests use it both as an honest key and as a liar.
//
// A Key plays browser and authenticator at once: it takes the options JSON that
// the server sends and answers the JSON that the browser would post back. One
// Key may hold several credentials. It signs with ES256 only.
//
// It must never hold a credential that guards anything real: its private keys
// live in memory of the program that serves the pages.
//
// To lie, set Forge (changes are signed, so only the server's policy can find
// them) or Tamper (changes come after the signature).
package softkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// The three forms of attestation that a Key can answer (WebAuthn §8.2, §8.7).
const (
	Packed = "packed" // full: a certificate signed by the key's own root
	Self   = "self"   // packed, signed with the credential's private key
	None   = "none"   // no attestation statement
)

// ChromiumAAGUID is what Chromium's virtual authenticator answers:
// 01020304-0506-0708-0102-030405060708.
var ChromiumAAGUID = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}

// Options say what kind of key to make. Defaults returns the honest one.
type Options struct {
	UserVerified   bool     // sets the UV flag
	UserPresent    bool     // sets the UP flag
	BackupEligible bool     // sets BE and BS, as a synced passkey does
	Counter        uint32   // signature counter before the first assertion
	CounterStuck   bool     // the counter never moves
	AAGUID         [16]byte // the model that the key claims to be
	Attestation    string   // Packed, Self or None
}

// Defaults describe a device-bound key with a PIN and a certificate.
func Defaults() Options {
	return Options{UserVerified: true, UserPresent: true, AAGUID: ChromiumAAGUID, Attestation: Packed}
}

// Key is one security key. Its methods may be called from several goroutines;
// its exported fields are set before use.
type Key struct {
	Options

	// Forge changes an answer before it is signed, Tamper after.
	Forge, Tamper func(*Parts)

	mu          sync.Mutex
	random      io.Reader
	credentials []*credential
	root        *x509.Certificate
	rootKey     *ecdsa.PrivateKey
	batchKey    *ecdsa.PrivateKey // stable: every attestation certificate is over it
}

type credential struct {
	id, userHandle []byte
	rpID           string
	resident       bool
	key            *ecdsa.PrivateKey
}

// New makes an empty key. Credential ids and serial numbers come from r, which
// is crypto/rand.Reader outside tests.
func New(r io.Reader, o Options) (*Key, error) {
	switch o.Attestation {
	case Packed, Self, None:
	default:
		return nil, fmt.Errorf("softkey: attestation %q is not packed, self or none", o.Attestation)
	}
	k := &Key{Options: o, random: r}
	if err := k.makeRoot(); err != nil {
		return nil, fmt.Errorf("softkey: make attestation root: %w", err)
	}
	return k, nil
}

// SetCounter moves the signature counter, also backwards, as a cloned key would.
func (k *Key) SetCounter(n uint32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.Counter = n
}

// Create answers registration options for a page at origin. It fails when the
// options exclude a credential that this key holds.
func (k *Key) Create(optionsJSON []byte, origin string) ([]byte, error) {
	var o createOptions
	if err := readOptions(optionsJSON, &o); err != nil {
		return nil, fmt.Errorf("softkey: read creation options: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.find(o.RP.ID, o.Exclude) != nil {
		return nil, errors.New("softkey: this key is registered already")
	}
	c, err := k.newCredential(o)
	if err != nil {
		return nil, fmt.Errorf("softkey: make credential: %w", err)
	}
	return k.answerCreate(c, o, origin)
}

// Get answers assertion options for a page at origin with the first credential
// that the options allow, or with the newest discoverable one.
func (k *Key) Get(optionsJSON []byte, origin string) ([]byte, error) {
	var o getOptions
	if err := readOptions(optionsJSON, &o); err != nil {
		return nil, fmt.Errorf("softkey: read request options: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.choose(o)
	if c == nil {
		return nil, errors.New("softkey: no matching credential on this key")
	}
	if !k.CounterStuck {
		k.Counter++
	}
	return k.answerGet(c, o, origin)
}

func (k *Key) newCredential(o createOptions) (*credential, error) {
	c := &credential{id: make([]byte, 32), userHandle: o.User.ID, rpID: o.RP.ID}
	c.resident = o.Selection.ResidentKey != "discouraged" && o.Selection.ResidentKey != ""
	if _, err := io.ReadFull(k.random, c.id); err != nil {
		return nil, err
	}
	var err error
	c.key, err = ecdsa.GenerateKey(elliptic.P256(), k.random)
	if err != nil {
		return nil, err
	}
	k.credentials = append(k.credentials, c)
	return c, nil
}

func (k *Key) choose(o getOptions) *credential {
	if len(o.Allow) > 0 {
		return k.find(o.RPID, o.Allow)
	}
	for i := len(k.credentials) - 1; i >= 0; i-- {
		if c := k.credentials[i]; c.resident && c.rpID == o.RPID {
			return c
		}
	}
	return nil
}

func (k *Key) find(rpID string, list []descriptor) *credential {
	for _, d := range list {
		for _, c := range k.credentials {
			if c.rpID == rpID && bytes.Equal(c.id, d.ID) {
				return c
			}
		}
	}
	return nil
}

// readOptions accepts what go-webauthn encodes, {"publicKey": …}, and the bare
// options that PublicKeyCredential.parse…OptionsFromJSON takes.
func readOptions(data []byte, into any) error {
	var outer struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	if err := json.Unmarshal(data, &outer); err != nil {
		return err
	}
	if outer.PublicKey != nil {
		data = outer.PublicKey
	}
	return json.Unmarshal(data, into)
}
