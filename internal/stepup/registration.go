package stepup

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Kind tells whose key is registered: the rules differ.
type Kind int

const (
	// Staff keys are device-bound and, unless Admission.Unverified, attested.
	Staff Kind = iota + 1
	// Holder keys are passkeys: any discoverable key with user verification.
	Holder
	// StrongHolder keys are passkeys under the rules of staff keys: device-bound and
	// attested. Whoever may also register a weaker one finishes the same ceremony
	// as Holder when it was refused as [Weak].
	StrongHolder
)

// User is the person a key is registered for.
type User struct {
	Handle      []byte // opaque id, 1 to 64 bytes, no personal data (WebAuthn §5.4.3)
	Name        string // tells accounts apart in the browser's chooser
	DisplayName string
}

// BeginRegistration returns options for navigator.credentials.create and the
// session to keep. The keys in exclude (credential ids) are not registered twice.
func (rp *RP) BeginRegistration(kind Kind, user User, exclude [][]byte) (options json.RawMessage, session []byte, err error) {
	choice, err := registrationOptions(kind)
	if err != nil {
		return nil, nil, err
	}
	var known []protocol.CredentialDescriptor
	for _, id := range exclude {
		known = append(known, protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: id})
	}
	choice = append(choice, webauthn.WithExclusions(known), webauthn.WithExtensions(webauthn.WithExtensionCredProps()))
	creation, data, err := rp.lib.BeginRegistration(person{User: user}, choice...)
	if err != nil {
		return nil, nil, fmt.Errorf("stepup: begin registration: %w", err)
	}
	return encodeCeremony(creation, data)
}

func registrationOptions(kind Kind) ([]webauthn.RegistrationOption, error) {
	selection := protocol.AuthenticatorSelection{UserVerification: protocol.VerificationRequired}
	switch kind {
	case Staff:
		return []webauthn.RegistrationOption{
			webauthn.WithAuthenticatorSelection(selection),
			webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementPreferred), // sign-in without a name
			webauthn.WithConveyancePreference(protocol.PreferDirectAttestation),
			webauthn.WithPublicKeyCredentialHints([]protocol.PublicKeyCredentialHints{protocol.PublicKeyCredentialHintSecurityKey}),
		}, nil
	case Holder:
		return []webauthn.RegistrationOption{
			webauthn.WithAuthenticatorSelection(selection),
			webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementRequired),
			webauthn.WithConveyancePreference(protocol.PreferNoAttestation),
		}, nil
	case StrongHolder:
		return []webauthn.RegistrationOption{
			webauthn.WithAuthenticatorSelection(selection),
			webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementRequired),
			webauthn.WithConveyancePreference(protocol.PreferDirectAttestation),
		}, nil
	}
	return nil, fmt.Errorf("stepup: unknown kind of key %d", kind)
}

// FinishRegistration checks the browser's answer and, for Staff and StrongHolder,
// admits the key or refuses it. The caller has consumed session before.
func (rp *RP) FinishRegistration(kind Kind, session, response []byte) (Credential, error) {
	var s webauthn.SessionData
	if err := json.Unmarshal(session, &s); err != nil {
		return Credential{}, fmt.Errorf("stepup: read session: %w", err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Credential{}, refuse(Malformed, err)
	}
	made, err := rp.lib.CreateCredential(person{User: User{Handle: s.UserID}}, s, parsed)
	if err != nil {
		return Credential{}, refuse(rp.diagnoseRegistration(s, parsed, err), err)
	}
	if !made.Flags.UserVerified {
		return Credential{}, refuse(UserNotVerified, nil)
	}
	c, err := fromLibrary(made)
	if err != nil {
		return Credential{}, refuse(Malformed, err)
	}
	return rp.admit(kind, c, parsed.Response.AttestationObject)
}

// admit applies the policy of the kind. A backup-eligible key is refused even where
// attestation is not asked for: it is not bound to a device.
func (rp *RP) admit(kind Kind, c Credential, object protocol.AttestationObject) (Credential, error) {
	switch kind {
	case Holder:
		c.Attestation = "not asked for"
		return c, nil
	case Staff, StrongHolder:
	default:
		return Credential{}, fmt.Errorf("stepup: unknown kind of key %d", kind)
	}
	if c.BackupEligible {
		return Credential{}, refuse(BackupEligible, nil)
	}
	text, err := rp.Attestation.judge(object)
	if err != nil {
		return Credential{}, err
	}
	c.Attestation = text
	return c, nil
}

func (rp *RP) diagnoseRegistration(s webauthn.SessionData, p *protocol.ParsedCredentialCreationData, err error) string {
	if expired(err) {
		return Expired
	}
	if reason := rp.diagnose(protocol.CreateCeremony, s, p.Response.CollectedClientData, p.Response.AttestationObject.AuthData); reason != "" {
		return reason
	}
	var e *protocol.Error
	if !errors.As(err, &e) {
		return Refused
	}
	switch e.Type {
	case protocol.ErrInvalidAttestation.Type, protocol.ErrAttestation.Type, protocol.ErrAttestationCertificate.Type:
		return AttestationBroken
	}
	return Refused
}

func encodeCeremony(options any, data *webauthn.SessionData) (json.RawMessage, []byte, error) {
	out, err := json.Marshal(options)
	if err != nil {
		return nil, nil, fmt.Errorf("stepup: encode options: %w", err)
	}
	session, err := json.Marshal(data)
	if err != nil {
		return nil, nil, fmt.Errorf("stepup: encode session: %w", err)
	}
	return out, session, nil
}
