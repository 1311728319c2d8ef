package stepup

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ceremonyTime is how long a person has to touch the key: the default and lower
// end of the recommended range of WebAuthn Level 3 §15.1.
const ceremonyTime = 5 * time.Minute

// Config names the site. Origin's host must be ID itself, so that a key cannot
// be used by a page on a sibling host (WebAuthn §13.4.9).
type Config struct {
	ID          string // RP ID: a host name, "localhost" included, never an IP address
	Name        string // shown by the browser
	Origin      string // scheme, host and port of the pages
	Attestation Admission
}

// RP is the relying party: the site that keys are registered with.
type RP struct {
	ID, Name, Origin string
	Attestation      Admission

	lib *webauthn.WebAuthn
}

// New checks the configuration.
func New(c Config) (*RP, error) {
	if err := checkOrigin(c); err != nil {
		return nil, fmt.Errorf("stepup: %w", err)
	}
	limit := webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyTime, TimeoutUVD: ceremonyTime}
	lib, err := webauthn.New(&webauthn.Config{
		RPID: c.ID, RPDisplayName: c.Name, RPOrigins: []string{c.Origin},
		AuthenticatorSelection: protocol.AuthenticatorSelection{UserVerification: protocol.VerificationRequired},
		Timeouts:               webauthn.TimeoutsConfig{Login: limit, Registration: limit},
	})
	if err != nil {
		return nil, fmt.Errorf("stepup: configure: %w", err)
	}
	return &RP{ID: c.ID, Name: c.Name, Origin: c.Origin, Attestation: c.Attestation, lib: lib}, nil
}

func checkOrigin(c Config) error {
	u, err := url.Parse(c.Origin)
	switch {
	case err != nil:
		return fmt.Errorf("origin %q: %w", c.Origin, err)
	case c.ID == "" || c.Name == "":
		return errors.New("RP ID and name are required")
	case !originHas(c.Origin, c.ID):
		return fmt.Errorf("origin %q is not a page of host %q over TLS (or of localhost)", c.Origin, c.ID)
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fmt.Errorf("origin %q is more than scheme, host and port", c.Origin)
	}
	return nil
}

// originHas tells whether origin is a secure context on exactly this host.
func originHas(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() != host {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && host == "localhost"
}

// person is what the library wants to know of a user.
type person struct {
	User
	credentials []webauthn.Credential
}

func (p person) WebAuthnID() []byte                         { return p.Handle }
func (p person) WebAuthnName() string                       { return p.Name }
func (p person) WebAuthnDisplayName() string                { return p.DisplayName }
func (p person) WebAuthnCredentials() []webauthn.Credential { return p.credentials }

// diagnose names what the library refused, from the client and authenticator
// data, in the order of WebAuthn §7.1 and §7.2; "" when both are as expected.
func (rp *RP) diagnose(want protocol.CeremonyType, s webauthn.SessionData, c protocol.CollectedClientData, a protocol.AuthenticatorData) string {
	hash := sha256.Sum256([]byte(rp.ID))
	switch {
	case c.Type != want:
		return WrongType
	case s.Challenge == "" || c.Challenge != s.Challenge:
		return WrongChallenge
	case !protocol.IsOriginInHaystack(c.Origin, []string{rp.Origin}):
		return WrongOrigin
	case c.CrossOrigin || c.TopOrigin != "":
		return CrossOrigin
	case !bytes.Equal(a.RPIDHash, hash[:]):
		return WrongRP
	case !a.Flags.HasUserPresent():
		return UserNotPresent
	case !a.Flags.HasUserVerified():
		return UserNotVerified
	case a.Flags.HasBackupState() && !a.Flags.HasBackupEligible():
		return BackupChanged
	}
	return ""
}

// expired recognises the one library error about time; the text is pinned by a test.
func expired(err error) bool {
	var e *protocol.Error
	return errors.As(err, &e) && e.Details == "Session has Expired"
}
