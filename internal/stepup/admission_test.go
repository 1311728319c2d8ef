package stepup

import (
	"github.com/google/uuid"

	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/metadata"

	"countersign/internal/softkey"
)

func rootsOf(t *testing.T, k *softkey.Key) *Roots {
	t.Helper()
	roots, err := LoadRoots(k.AttestationRootPEM())
	if err != nil {
		t.Fatal(err)
	}
	return roots
}

// R28: a house may name the only models it admits, verified or not.
func TestR28_KeyModels(t *testing.T) {
	k := newKey(t, nil)
	for name, a := range map[string]Admission{"verified": {Roots: rootsOf(t, k)}, "unverified": {Unverified: true}} {
		t.Run(name, func(t *testing.T) {
			a.Models = []uuid.UUID{uuid.New()}
			_, err := register(t, newRP(t, a), Staff, k)
			wantReason(t, err, ModelNotListed)
			a.Models = append(a.Models, uuid.UUID(softkey.Defaults().AAGUID))
			_, err = register(t, newRP(t, a), Staff, k)
			wantReason(t, err, "")
		})
	}
}

func TestR28_StaffKeyAdmission(t *testing.T) {
	cases := []struct {
		name, refused string // refused: the reason where verification is on
		marked        string // the text where unverified keys are admitted
		change        func(*softkey.Options)
		forge, tamper func(*softkey.Parts)
		foreign       bool // the maker is not among the roots
	}{
		{name: "an attested device-bound key", marked: "packed"},
		{name: "format none", refused: AttestationMissing, marked: "unverified (none)", change: func(o *softkey.Options) { o.Attestation = softkey.None }},
		{name: "self attestation", refused: AttestationSelf, marked: "unverified (packed)", change: func(o *softkey.Options) { o.Attestation = softkey.Self }},
		{name: "the zero AAGUID", refused: AAGUIDZero, marked: "unverified (packed)", change: func(o *softkey.Options) { o.AAGUID = [16]byte{} }},
		{name: "an unknown maker", refused: AttestationUntrusted, marked: "unverified (packed)", foreign: true},
	}
	for _, c := range cases {
		t.Run("judges "+c.name, func(t *testing.T) {
			k := newKey(t, c.change)
			roots := rootsOf(t, k)
			if c.foreign {
				roots = rootsOf(t, newKey(t, nil))
			}
			cred, err := register(t, newRP(t, Admission{Roots: roots}), Staff, k)
			wantReason(t, err, c.refused)
			if c.refused == "" && cred.Attestation != c.marked {
				t.Errorf("attestation %q, want %q", cred.Attestation, c.marked)
			}
			cred, err = register(t, newRP(t, Admission{Roots: roots, Unverified: true}), Staff, k)
			if err != nil || cred.Attestation != c.marked {
				t.Errorf("unverified: attestation %q, want %q; %v", cred.Attestation, c.marked, err)
			}
		})
	}
	t.Run("refuses every key when no roots are configured", func(t *testing.T) {
		_, err := register(t, newRP(t, Admission{}), Staff, newKey(t, nil))
		wantReason(t, err, AttestationNoRoots)
	})
	t.Run("refuses a backup-eligible key even unverified", func(t *testing.T) {
		_, err := register(t, newRP(t, Admission{Unverified: true}), Staff, newKey(t, func(o *softkey.Options) { o.BackupEligible = true }))
		wantReason(t, err, BackupEligible)
	})
}

func TestFinishRegistration(t *testing.T) {
	cases := []struct {
		name, reason  string
		origin        string
		forge, tamper func(*softkey.Parts)
	}{
		{name: "no user verification", reason: UserNotVerified, forge: flags(softkey.FlagUV, 0)},
		{name: "no user presence", reason: UserNotPresent, forge: flags(softkey.FlagUP, 0)},
		{name: "another site's page", reason: WrongOrigin, origin: "https://countersign.example"},
		{name: "another RP ID", reason: WrongRP, forge: func(p *softkey.Parts) { p.AuthData[0] ^= 1 }},
		{name: "an assertion's type", reason: WrongType, forge: clientData("type", "webauthn.get")},
		{name: "another challenge", reason: WrongChallenge, forge: clientData("challenge", "AAAAAAAAAAAAAAAAAAAAAA")},
		{name: "an AAGUID swapped after signing", reason: AttestationBroken, tamper: func(p *softkey.Parts) {
			p.AttestationObject = bytes.Replace(p.AttestationObject, p.AuthData[37:53], make([]byte, 16), 1)
		}},
		{name: "an object that is not CBOR", reason: Malformed, tamper: func(p *softkey.Parts) { p.AttestationObject = []byte{0xff} }},
		{name: "an id that is not the attested one", reason: Refused, tamper: func(p *softkey.Parts) { p.ID, p.RawID = []byte("x"), []byte("x") }},
	}
	for _, c := range cases {
		t.Run("refuses "+c.name, func(t *testing.T) {
			rp, k := newRP(t, Admission{Unverified: true}), newKey(t, nil)
			k.Forge, k.Tamper = c.forge, c.tamper
			options, session, err := rp.BeginRegistration(Staff, ann, nil)
			if err != nil {
				t.Fatal(err)
			}
			origin := testOrigin
			if c.origin != "" {
				origin = c.origin
			}
			response, err := k.Create(options, origin)
			if err != nil {
				t.Fatal(err)
			}
			_, err = rp.FinishRegistration(Staff, session, response)
			wantReason(t, err, c.reason)
		})
	}
	t.Run("describes the key", func(t *testing.T) {
		c := newBench(t, nil).cred
		if c.AAGUID != "01020304-0506-0708-0102-030405060708" || len(c.Fingerprint) != 39 || len(c.Transports) != 1 {
			t.Errorf("credential %+v", c)
		}
		if len(Digest(c.PublicKey)) != 64 {
			t.Errorf("digest %q", Digest(c.PublicKey))
		}
	})
	t.Run("admits a holder's synced passkey without attestation", func(t *testing.T) {
		k := newKey(t, func(o *softkey.Options) { o.BackupEligible, o.Attestation = true, softkey.None })
		c, err := register(t, newRP(t, Admission{}), Holder, k)
		if err != nil || !c.BackupEligible || !c.BackupState {
			t.Fatalf("credential %+v, %v", c, err)
		}
	})
	t.Run("refuses a holder's key without user verification", func(t *testing.T) {
		_, err := register(t, newRP(t, Admission{}), Holder, newKey(t, func(o *softkey.Options) { o.UserVerified = false }))
		wantReason(t, err, UserNotVerified)
	})
}

func TestBeginRegistration(t *testing.T) {
	options := func(t *testing.T, kind Kind) string {
		raw, _, err := newRP(t, Admission{}).BeginRegistration(kind, ann, [][]byte{[]byte("old key")})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for kind, want := range map[Kind][]string{
		Staff:  {`"attestation":"direct"`, `"residentKey":"preferred"`, `"userVerification":"required"`, `"hints":["security-key"]`, `"credProps":true`, `"excludeCredentials":[{"type":"public-key","id":"b2xkIGtleQ"`},
		Holder: {`"attestation":"none"`, `"residentKey":"required"`, `"userVerification":"required"`, `"excludeCredentials":[{`},
	} {
		for _, w := range want {
			if got := options(t, kind); !strings.Contains(got, w) {
				t.Errorf("kind %d lacks %s:\n%s", kind, w, got)
			}
		}
	}
	t.Run("refuses a kind it does not know", func(t *testing.T) {
		if _, _, err := newRP(t, Admission{}).BeginRegistration(0, ann, nil); err == nil {
			t.Fatal("accepted")
		}
	})
}

func TestLoadRoots(t *testing.T) {
	for name, data := range map[string]string{
		"an empty file": "", "text": "hello", "PEM of something else": "-----BEGIN X-----\n-----END X-----\n",
		"a blob nobody signed": "eyJhbGciOiJub25lIn0.e30.",
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			if _, err := LoadRoots([]byte(data)); err == nil {
				t.Fatal("accepted")
			}
		})
	}
	t.Run("trusts the models of a metadata blob and no others", func(t *testing.T) {
		k := newKey(t, nil)
		roots := mdsOf(t, k, "01020304-0506-0708-0102-030405060708", "FIDO_CERTIFIED")
		if c, err := register(t, newRP(t, Admission{Roots: roots}), Staff, k); err != nil || c.Attestation != "packed" {
			t.Errorf("attestation %q, %v", c.Attestation, err)
		}
		_, err := register(t, newRP(t, Admission{Roots: roots}), Staff, newKey(t, nil))
		wantReason(t, err, AttestationUntrusted) // right model, another maker
		unlisted := mdsOf(t, k, "99999999-0506-0708-0102-030405060708", "FIDO_CERTIFIED")
		_, err = register(t, newRP(t, Admission{Roots: unlisted}), Staff, k)
		wantReason(t, err, AttestationUntrusted)
	})
	t.Run("refuses a model that was revoked", func(t *testing.T) {
		k := newKey(t, nil)
		_, err := register(t, newRP(t, Admission{Roots: mdsOf(t, k, "01020304-0506-0708-0102-030405060708", "REVOKED")}), Staff, k)
		wantReason(t, err, AttestationUntrusted)
	})
}

// mdsOf makes and loads a metadata blob with one entry, signed by a root of its own.
func mdsOf(t *testing.T, k *softkey.Key, aaguid, status string) *Roots {
	t.Helper()
	block, _ := pem.Decode(k.AttestationRootPEM())
	payload := map[string]any{"no": 1, "nextUpdate": "2049-01-01", "entries": []any{map[string]any{
		"aaguid": aaguid, "timeOfLastStatusChange": "2020-01-01",
		"statusReports": []any{map[string]any{"status": status}},
		"metadataStatement": map[string]any{
			"aaguid": aaguid, "attestationTypes": []string{"basic_full"},
			"attestationRootCertificates": []string{base64.StdEncoding.EncodeToString(block.Bytes)},
		},
	}}}
	rootKey, root := certify(t, nil, nil)
	signerKey, signer := certify(t, root, rootKey)
	std := base64.StdEncoding.EncodeToString
	header := map[string]any{"alg": "ES256", "typ": "JWT", "x5c": []string{std(signer.Raw), std(root.Raw)}}
	roots, err := loadMDS(signJWT(t, header, payload, signerKey), metadata.WithRootCertificate(std(root.Raw)))
	if err != nil {
		t.Fatal(err)
	}
	return roots
}

func certify(t *testing.T, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "metadata test"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: parent == nil, BasicConstraintsValid: true,
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

func signJWT(t *testing.T, header, payload any, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	h, _ := json.Marshal(header)
	p, _ := json.Marshal(payload)
	enc := base64.RawURLEncoding.EncodeToString
	text := enc(h) + "." + enc(p)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	var sig [64]byte
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return []byte(text + "." + enc(sig[:]))
}
