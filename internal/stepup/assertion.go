package stepup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Assertion is a verified answer of a key, with what a receipt keeps of it.
type Assertion struct {
	CredentialID   []byte
	SignCount      int64 // store it: the next answer must count higher
	UserVerified   bool
	BackupEligible bool

	ClientDataJSON    []byte
	AuthenticatorData []byte
	Signature         []byte
}

// BeginAssertion asks for one of creds, which are the keys of the user with this
// handle. The challenge is Challenge's for an approval, random when nil, and at
// least 16 bytes.
func (rp *RP) BeginAssertion(creds []Credential, userHandle, challenge []byte) (options json.RawMessage, session []byte, err error) {
	if len(creds) == 0 {
		return nil, nil, refuse(UnknownKey, errors.New("the user has no key"))
	}
	choice := []webauthn.LoginOption{webauthn.WithUserVerification(protocol.VerificationRequired)}
	if challenge != nil {
		choice = append(choice, webauthn.WithChallenge(challenge))
	}
	user := person{User: User{Handle: userHandle}, credentials: toLibrary(creds)}
	assertion, data, err := rp.lib.BeginLogin(user, choice...)
	if err != nil {
		return nil, nil, fmt.Errorf("stepup: begin assertion: %w", err)
	}
	return encodeCeremony(assertion, data)
}

// BeginLogin asks for any discoverable key: the answer says whose it is, see PeekLogin.
func (rp *RP) BeginLogin() (options json.RawMessage, session []byte, err error) {
	assertion, data, err := rp.lib.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, nil, fmt.Errorf("stepup: begin sign-in: %w", err)
	}
	return encodeCeremony(assertion, data)
}

// PeekLogin reads, unverified, which key and user an answer names, so that the
// caller can look up what FinishAssertion needs. It proves nothing.
func PeekLogin(response []byte) (credentialID, userHandle []byte, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, nil, refuse(Malformed, err)
	}
	return parsed.RawID, parsed.Response.UserHandle, nil
}

// FinishAssertion checks the answer of one of creds, the keys that the user with
// this handle may use now. The caller has consumed session before. Refused:
// everything in WebAuthn §7.2, and a counter that did not grow.
func (rp *RP) FinishAssertion(session []byte, creds []Credential, userHandle, response []byte) (Assertion, error) {
	var s webauthn.SessionData
	if err := json.Unmarshal(session, &s); err != nil {
		return Assertion{}, fmt.Errorf("stepup: read session: %w", err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Assertion{}, refuse(Malformed, err)
	}
	user := person{User: User{Handle: userHandle}, credentials: toLibrary(creds)}
	key, err := rp.validate(user, s, parsed)
	if err != nil {
		return Assertion{}, refuse(rp.diagnoseAssertion(user, s, parsed, err), err)
	}
	data := parsed.Response.AuthenticatorData
	switch {
	case !data.Flags.HasUserVerified():
		return Assertion{}, refuse(UserNotVerified, nil)
	case key.Authenticator.CloneWarning: // the library only warns
		return Assertion{}, refuse(CounterRegression, nil)
	}
	return assertionOf(parsed), nil
}

func (rp *RP) validate(user person, s webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if len(s.UserID) > 0 {
		return rp.lib.ValidateLogin(user, s, parsed)
	}
	return rp.lib.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return user, nil }, s, parsed)
}

func assertionOf(p *protocol.ParsedCredentialAssertionData) Assertion {
	data := p.Response.AuthenticatorData
	return Assertion{
		CredentialID:      p.RawID,
		SignCount:         int64(data.Counter),
		UserVerified:      data.Flags.HasUserVerified(),
		BackupEligible:    data.Flags.HasBackupEligible(),
		ClientDataJSON:    p.Raw.AssertionResponse.ClientDataJSON,
		AuthenticatorData: p.Raw.AssertionResponse.AuthenticatorData,
		Signature:         p.Response.Signature,
	}
}

func (rp *RP) diagnoseAssertion(user person, s webauthn.SessionData, p *protocol.ParsedCredentialAssertionData, err error) string {
	if expired(err) {
		return Expired
	}
	if len(s.UserID) > 0 && !bytes.Equal(s.UserID, user.Handle) {
		return WrongUser
	}
	i := slices.IndexFunc(user.credentials, func(c webauthn.Credential) bool { return bytes.Equal(c.ID, p.RawID) })
	if i < 0 || len(s.AllowedCredentialIDs) > 0 && !allowed(s, user.credentials, p.RawID) {
		return UnknownKey
	}
	handle := p.Response.UserHandle
	if !bytes.Equal(handle, user.Handle) && (len(handle) > 0 || len(s.UserID) == 0) {
		return WrongUser
	}
	if reason := rp.diagnose(protocol.AssertCeremony, s, p.Response.CollectedClientData, p.Response.AuthenticatorData); reason != "" {
		return reason
	}
	return diagnoseKey(user.credentials[i], p, err)
}

func diagnoseKey(c webauthn.Credential, p *protocol.ParsedCredentialAssertionData, err error) string {
	var e *protocol.Error
	switch {
	case errors.As(err, &e) && e.Type == protocol.ErrAssertionSignature.Type:
		return BadSignature
	case c.Flags.BackupEligible != p.Response.AuthenticatorData.Flags.HasBackupEligible():
		return BackupChanged
	}
	return Refused
}

// allowed tells whether id was asked for and every key that was is still the
// user's: one that was taken away meanwhile ends the ceremony.
func allowed(s webauthn.SessionData, creds []webauthn.Credential, id []byte) bool {
	for _, want := range s.AllowedCredentialIDs {
		if !slices.ContainsFunc(creds, func(c webauthn.Credential) bool { return bytes.Equal(c.ID, want) }) {
			return false
		}
	}
	return slices.ContainsFunc(s.AllowedCredentialIDs, func(want []byte) bool { return bytes.Equal(want, id) })
}
