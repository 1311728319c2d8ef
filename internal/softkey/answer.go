package softkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
)

// b64 is base64url without padding, the form of every byte string in WebAuthn JSON.
type b64 []byte

func (b b64) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

func (b *b64) UnmarshalText(text []byte) (err error) {
	*b, err = base64.RawURLEncoding.AppendDecode(nil, text)
	return err
}

type descriptor struct {
	ID b64 `json:"id"`
}

type createOptions struct {
	RP struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID b64 `json:"id"`
	} `json:"user"`
	Challenge b64          `json:"challenge"`
	Exclude   []descriptor `json:"excludeCredentials"`
	Selection struct {
		ResidentKey string `json:"residentKey"`
	} `json:"authenticatorSelection"`
}

type getOptions struct {
	RPID      string       `json:"rpId"`
	Challenge b64          `json:"challenge"`
	Allow     []descriptor `json:"allowCredentials"`
}

// Parts are the pieces of an answer, for tests that lie. In Create, Signature
// and UserHandle are empty; in Get, AttestationObject is.
type Parts struct {
	ID, RawID         []byte // the same bytes in an honest answer
	Type              string // "public-key"
	ClientData        []byte // JSON
	AuthData          []byte // flags are byte 32, the counter bytes 33 to 36
	AttestationObject []byte // CBOR; exists for Tamper only
	Signature         []byte // exists for Tamper only
	UserHandle        []byte
}

// Bits of the flags byte of authenticator data (WebAuthn §6.1).
const (
	FlagUP = 1 << 0
	FlagUV = 1 << 2
	FlagBE = 1 << 3
	FlagBS = 1 << 4
	flagAT = 1 << 6
)

// FlagsAt is the place of the flags byte in authenticator data.
const FlagsAt = sha256.Size

// ClientData encodes what a browser collects for a ceremony (WebAuthn §5.8.1).
func ClientData(ceremony string, challenge []byte, origin string) []byte {
	data, _ := json.Marshal(struct { // cannot fail: four plain fields
		Type        string `json:"type"`
		Challenge   b64    `json:"challenge"`
		Origin      string `json:"origin"`
		CrossOrigin bool   `json:"crossOrigin"`
	}{ceremony, challenge, origin, false})
	return data
}

type answer struct {
	ID         b64      `json:"id"`
	RawID      b64      `json:"rawId"`
	Type       string   `json:"type"`
	Attachment string   `json:"authenticatorAttachment"`
	Extensions struct{} `json:"clientExtensionResults"`
	Response   any      `json:"response"`
}

func (p *Parts) encode(response any) ([]byte, error) {
	return json.Marshal(answer{ID: p.ID, RawID: p.RawID, Type: p.Type, Attachment: "cross-platform", Response: response})
}

func (k *Key) parts(c *credential, ceremony string, challenge []byte, origin string) *Parts {
	return &Parts{
		ID: bytes.Clone(c.id), RawID: bytes.Clone(c.id), Type: "public-key",
		ClientData: ClientData(ceremony, challenge, origin),
		AuthData:   k.authData(c),
	}
}

// authData is the 37-byte head: RP ID hash, flags, counter (WebAuthn §6.1).
func (k *Key) authData(c *credential) []byte {
	hash := sha256.Sum256([]byte(c.rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], k.flags()), k.Counter)
}

func (k *Key) flags() (f byte) {
	if k.UserPresent {
		f |= FlagUP
	}
	if k.UserVerified {
		f |= FlagUV
	}
	if k.BackupEligible {
		f |= FlagBE | FlagBS
	}
	return f
}

func (k *Key) answerCreate(c *credential, o createOptions, origin string) ([]byte, error) {
	p := k.parts(c, "webauthn.create", o.Challenge, origin)
	p.AuthData[FlagsAt] |= flagAT
	p.AuthData = k.appendAttested(p.AuthData, c)
	lie(k.Forge, p)
	object, err := k.attest(c, p)
	if err != nil {
		return nil, err
	}
	p.AttestationObject = object
	lie(k.Tamper, p)
	return p.encode(struct {
		ClientData b64      `json:"clientDataJSON"`
		Object     b64      `json:"attestationObject"`
		Transports []string `json:"transports"`
	}{p.ClientData, p.AttestationObject, []string{"usb"}})
}

func (k *Key) answerGet(c *credential, o getOptions, origin string) ([]byte, error) {
	p := k.parts(c, "webauthn.get", o.Challenge, origin)
	if c.resident {
		p.UserHandle = bytes.Clone(c.userHandle)
	}
	lie(k.Forge, p)
	signature, err := k.sign(c.key, p)
	if err != nil {
		return nil, err
	}
	p.Signature = signature
	lie(k.Tamper, p)
	return p.encode(struct {
		ClientData b64 `json:"clientDataJSON"`
		AuthData   b64 `json:"authenticatorData"`
		Signature  b64 `json:"signature"`
		UserHandle b64 `json:"userHandle,omitempty"`
	}{p.ClientData, p.AuthData, p.Signature, p.UserHandle})
}

// sign signs authenticator data followed by the hash of the client data (WebAuthn §6.3.3).
func (k *Key) sign(key *ecdsa.PrivateKey, p *Parts) ([]byte, error) {
	client := sha256.Sum256(p.ClientData)
	digest := sha256.Sum256(append(bytes.Clone(p.AuthData), client[:]...))
	return ecdsa.SignASN1(k.random, key, digest[:])
}

func lie(change func(*Parts), p *Parts) {
	if change != nil {
		change(p)
	}
}
