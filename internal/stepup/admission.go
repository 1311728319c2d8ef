package stepup

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/metadata/providers/memory"
	"github.com/go-webauthn/webauthn/protocol"
)

// Admission says which staff keys are trusted. The zero value admits none.
type Admission struct {
	Roots      *Roots // makers that are trusted; nil when none are configured
	Unverified bool   // admit keys that cannot be verified, and mark them so
	// Models are the only models (AAGUIDs) that are admitted, verified or not; empty
	// admits every model that the rest admits.
	Models []uuid.UUID
}

// String describes the policy in words for doctor and the start entry.
func (a Admission) String() string {
	if len(a.Models) > 0 {
		open := a
		open.Models = nil
		return fmt.Sprintf("only %d listed models; %s", len(a.Models), open)
	}
	switch {
	case a.Roots != nil && a.Unverified:
		return "unverified keys are admitted; verified against " + a.Roots.String() + " where possible"
	case a.Roots != nil:
		return "verified against " + a.Roots.String()
	case a.Unverified:
		return "unverified keys are admitted"
	}
	return "no staff key can be admitted: no attestation roots are configured"
}

// judge returns the text for Credential.Attestation, or the refusal.
func (a Admission) judge(object protocol.AttestationObject) (string, error) {
	if !a.listed(object) {
		return "", refuse(ModelNotListed, nil)
	}
	err := a.verify(object)
	switch {
	case err == nil:
		return object.Format, nil
	case a.Unverified:
		return "unverified (" + object.Format + ")", nil
	}
	return "", err
}

// listed says whether the key claims a model that the house admits.
func (a Admission) listed(object protocol.AttestationObject) bool {
	aaguid, err := uuid.FromBytes(object.AuthData.AttData.AAGUID)
	return len(a.Models) == 0 || err == nil && slices.Contains(a.Models, aaguid)
}

// verify closes what the library leaves open: with metadata or a list of
// permitted models it still accepts format none, self attestation and the zero
// AAGUID, which anyone can claim (measured with v0.18.2).
func (a Admission) verify(object protocol.AttestationObject) error {
	aaguid, err := uuid.FromBytes(object.AuthData.AttData.AAGUID)
	switch {
	case err != nil:
		return refuse(Malformed, err)
	case object.Format == string(protocol.AttestationFormatNone):
		return refuse(AttestationMissing, nil)
	case object.Type == string(metadata.BasicSurrogate):
		return refuse(AttestationSelf, nil)
	case aaguid == uuid.Nil:
		return refuse(AAGUIDZero, nil)
	case a.Roots == nil:
		return refuse(AttestationNoRoots, nil)
	}
	if err := a.Roots.check(aaguid, object); err != nil {
		return refuse(AttestationUntrusted, err)
	}
	return nil
}

// Roots are the makers of keys that an installation trusts: certificates, or
// the catalogue of the FIDO Metadata Service.
type Roots struct {
	pool    *x509.CertPool    // from PEM
	models  metadata.Provider // from an MDS blob
	summary string
}

// String says what was loaded, for doctor.
func (r *Roots) String() string { return r.summary }

// LoadRoots reads PEM certificates, or an MDS blob, whose own signature must
// lead to the root of the FIDO Metadata Service.
func LoadRoots(data []byte) (*Roots, error) {
	if bytes.Contains(data, []byte("-----BEGIN")) {
		return loadPEM(data)
	}
	return loadMDS(bytes.TrimSpace(data))
}

func loadPEM(data []byte) (*Roots, error) {
	pool, n := x509.NewCertPool(), 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("stepup: attestation root %d: %w", n+1, err)
		}
		pool.AddCert(cert)
		n++
	}
	if n == 0 {
		return nil, errors.New("stepup: the attestation roots hold no PEM certificate")
	}
	return &Roots{pool: pool, summary: fmt.Sprintf("%d root certificates", n)}, nil
}

func loadMDS(blob []byte, options ...metadata.DecoderOption) (*Roots, error) {
	decoder, err := metadata.NewDecoder(append(options, metadata.WithIgnoreEntryParsingErrors())...)
	if err != nil {
		return nil, fmt.Errorf("stepup: metadata decoder: %w", err)
	}
	payload, err := decoder.DecodeBytes(blob)
	if err != nil {
		return nil, fmt.Errorf("stepup: the attestation roots are neither PEM nor a metadata blob that verifies: %w", err)
	}
	parsed, err := decoder.Parse(payload)
	if err != nil {
		return nil, fmt.Errorf("stepup: read metadata blob: %w", err)
	}
	models := parsed.ToMap()
	provider, err := memory.New(memory.WithMetadata(models), memory.WithValidateAAGUID(true))
	if err != nil {
		return nil, fmt.Errorf("stepup: metadata provider: %w", err)
	}
	summary := fmt.Sprintf("%d models of metadata blob %d (next due %s)", len(models), parsed.Parsed.Number, payload.NextUpdate)
	return &Roots{models: provider, summary: summary}, nil
}

// check verifies the certificate path of an attestation statement that the
// library has verified already. No path, no trust: the library's metadata check
// skips the anchors when there is none.
func (r *Roots) check(aaguid uuid.UUID, object protocol.AttestationObject) error {
	chain, _ := object.AttStatement["x5c"].([]any)
	if len(chain) == 0 {
		return errors.New("the attestation carries no certificate")
	}
	if r.models != nil {
		if err := protocol.ValidateMetadata(context.Background(), r.models, aaguid, object.Type, object.Format, chain); err != nil {
			return fmt.Errorf("metadata: %s %s", err.Details, err.DevInfo)
		}
		return nil
	}
	return verifyChain(chain, r.pool)
}

func verifyChain(chain []any, roots *x509.CertPool) error {
	var leaf *x509.Certificate
	middle := x509.NewCertPool()
	for i, item := range chain {
		der, _ := item.([]byte)
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("attestation certificate %d: %w", i, err)
		}
		if i == 0 {
			leaf = cert
			continue
		}
		middle.AddCert(cert)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: middle, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}
