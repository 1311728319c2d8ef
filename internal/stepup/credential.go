package stepup

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"github.com/google/uuid"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Credential is a registered key, as the caller stores it.
type Credential struct {
	ID             []byte // credential id, at most 1023 bytes; unique over all users
	PublicKey      []byte // COSE_Key
	AAGUID         string // the key's model, as a UUID
	SignCount      int64  // last counter seen
	BackupEligible bool   // may be copied to other devices
	BackupState    bool   // has been
	Attestation    string // what its maker vouches, for people: "packed", "unverified (none)"
	Transports     []string
	Fingerprint    string // for two people to compare; see fingerprint
}

// Digest names a public key in the ledger and in statements: hex SHA-256 of the COSE_Key.
func Digest(publicKey []byte) string {
	sum := sha256.Sum256(publicKey)
	return hex.EncodeToString(sum[:])
}

// fingerprint is the first 128 bits of SHA-256 over the SubjectPublicKeyInfo, in
// eight groups of four hex digits: short enough to read out, long enough that
// nobody finds a second key with it.
func fingerprint(cose []byte) (string, error) {
	spki, err := subjectPublicKeyInfo(cose)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(spki)
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = hex.EncodeToString(sum[2*i : 2*i+2])
	}
	return strings.Join(groups, " "), nil
}

func subjectPublicKeyInfo(cose []byte) ([]byte, error) {
	parsed, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	switch k := parsed.(type) {
	case webauthncose.EC2PublicKeyData:
		key, err := k.ToECDSA()
		if err != nil {
			return nil, fmt.Errorf("read public key: %w", err)
		}
		return x509.MarshalPKIXPublicKey(key)
	case webauthncose.OKPPublicKeyData:
		return x509.MarshalPKIXPublicKey(ed25519.PublicKey(k.XCoord))
	case webauthncose.RSAPublicKeyData:
		e, err := webauthncose.ParseRSAPublicKeyDataExponent(&k)
		if err != nil {
			return nil, fmt.Errorf("read public key: %w", err)
		}
		return x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: new(big.Int).SetBytes(k.Modulus), E: e})
	}
	return nil, fmt.Errorf("public key type %T is not supported", parsed)
}

// fromLibrary fails when the public key is of a kind that we cannot name.
func fromLibrary(c *webauthn.Credential) (Credential, error) {
	print, err := fingerprint(c.PublicKey)
	if err != nil {
		return Credential{}, err
	}
	aaguid, err := uuid.FromBytes(c.Authenticator.AAGUID)
	if err != nil {
		return Credential{}, fmt.Errorf("read AAGUID: %w", err)
	}
	out := Credential{
		ID: c.ID, PublicKey: c.PublicKey, AAGUID: aaguid.String(),
		SignCount:      int64(c.Authenticator.SignCount),
		BackupEligible: c.Flags.BackupEligible, BackupState: c.Flags.BackupState,
		Fingerprint: print,
	}
	for _, t := range c.Transport {
		out.Transports = append(out.Transports, string(t))
	}
	return out, nil
}

func toLibrary(creds []Credential) []webauthn.Credential {
	out := make([]webauthn.Credential, len(creds))
	for i, c := range creds {
		out[i] = webauthn.Credential{
			ID: c.ID, PublicKey: c.PublicKey,
			Flags:         webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: c.BackupEligible, BackupState: c.BackupState},
			Authenticator: webauthn.Authenticator{SignCount: uint32(c.SignCount)},
		}
		for _, t := range c.Transports {
			out[i].Transport = append(out[i].Transport, protocol.AuthenticatorTransport(t))
		}
	}
	return out
}
