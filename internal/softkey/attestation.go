package softkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"time"
)

// Certificates are valid for a fixed span, so that making one needs no clock.
var (
	certFrom  = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	certUntil = time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC)
)

// oidAAGUID is id-fido-gen-ce-aaguid (WebAuthn §8.2.1).
var oidAAGUID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 45724, 1, 1, 4}

// AttestationRootPEM returns the certificate that signs this key's attestation
// certificates: what an installation that trusts this key would configure.
func (k *Key) AttestationRootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.root.Raw})
}

func (k *Key) makeRoot() (err error) {
	if k.rootKey, err = ecdsa.GenerateKey(elliptic.P256(), k.random); err != nil {
		return err
	}
	if k.batchKey, err = ecdsa.GenerateKey(elliptic.P256(), k.random); err != nil {
		return err
	}
	template, err := k.template("Software key root")
	if err != nil {
		return err
	}
	template.IsCA = true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(k.random, template, template, &k.rootKey.PublicKey, k.rootKey)
	if err != nil {
		return err
	}
	k.root, err = x509.ParseCertificate(der)
	return err
}

// template has the subject that packed attestation asks for (WebAuthn §8.2.1).
func (k *Key) template(name string) (*x509.Certificate, error) {
	serial, err := rand.Int(k.random, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject: pkix.Name{
			Country: []string{"US"}, Organization: []string{"Countersign demo"},
			OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: name,
		},
		NotBefore: certFrom, NotAfter: certUntil, BasicConstraintsValid: true,
	}, nil
}

// certificate issues a fresh attestation certificate over the stable key.
func (k *Key) certificate() ([]byte, error) {
	template, err := k.template("Software key")
	if err != nil {
		return nil, err
	}
	aaguid, err := asn1.Marshal(k.AAGUID[:])
	if err != nil {
		return nil, err
	}
	template.ExtraExtensions = []pkix.Extension{{Id: oidAAGUID, Value: aaguid}}
	return x509.CreateCertificate(k.random, template, k.root, &k.batchKey.PublicKey, k.rootKey)
}

// appendAttested appends AAGUID, credential id and public key (WebAuthn §6.5.1).
func (k *Key) appendAttested(b []byte, c *credential) []byte {
	b = append(b, k.AAGUID[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.id)))
	b = append(b, c.id...)
	return append(b, cosePublicKey(&c.key.PublicKey)...)
}

// attest encodes the attestation object over the parts (WebAuthn §6.5.4).
func (k *Key) attest(c *credential, p *Parts) ([]byte, error) {
	format, statement, err := k.statement(c, p)
	if err != nil {
		return nil, err
	}
	return cborMap(
		cborText("fmt"), cborText(format),
		cborText("attStmt"), statement,
		cborText("authData"), cborBytes(p.AuthData),
	), nil
}

func (k *Key) statement(c *credential, p *Parts) (format string, statement []byte, err error) {
	if k.Attestation == None {
		return "none", cborMap(), nil
	}
	key := c.key
	if k.Attestation == Packed {
		key = k.batchKey
	}
	signature, err := k.sign(key, p)
	if err != nil {
		return "", nil, err
	}
	pairs := [][]byte{cborText("alg"), cborInt(algES256), cborText("sig"), cborBytes(signature)}
	if k.Attestation == Packed {
		der, err := k.certificate()
		if err != nil {
			return "", nil, err
		}
		pairs = append(pairs, cborText("x5c"), cborArray(cborBytes(der)))
	}
	return "packed", cborMap(pairs...), nil
}
