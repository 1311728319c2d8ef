package softkey

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"testing"
)

const origin = "http://localhost:8080"

func create(t *testing.T, k *Key, user string) (id []byte) {
	t.Helper()
	options, _ := json.Marshal(map[string]any{"publicKey": map[string]any{
		"rp": map[string]any{"id": "localhost"}, "user": map[string]any{"id": b64(user)}, "challenge": b64("0123456789abcdef"),
		"authenticatorSelection": map[string]any{"residentKey": "preferred"},
	}})
	data, err := k.Create(options, origin)
	if err != nil {
		t.Fatal(err)
	}
	var a struct {
		ID b64 `json:"id"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		t.Fatal(err)
	}
	return a.ID
}

type got struct {
	ID       b64 `json:"id"`
	Response struct {
		ClientData b64 `json:"clientDataJSON"`
		AuthData   b64 `json:"authenticatorData"`
		Signature  b64 `json:"signature"`
		UserHandle b64 `json:"userHandle"`
	} `json:"response"`
}

func get(t *testing.T, k *Key, allow ...[]byte) got {
	t.Helper()
	o := map[string]any{"rpId": "localhost", "challenge": b64("fedcba9876543210")}
	var list []descriptor
	for _, id := range allow {
		list = append(list, descriptor{id})
	}
	o["allowCredentials"] = list
	options, _ := json.Marshal(o)
	data, err := k.Get(options, origin)
	if err != nil {
		t.Fatal(err)
	}
	var g got
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func newKey(t *testing.T, change func(*Options)) *Key {
	t.Helper()
	o := Defaults()
	if change != nil {
		change(&o)
	}
	k, err := New(rand.Reader, o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKey(t *testing.T) {
	t.Run("picks the credential that the options allow", func(t *testing.T) {
		k := newKey(t, nil)
		first := create(t, k, "ann")
		create(t, k, "bob")
		if g := get(t, k, first); string(g.ID) != string(first) || string(g.Response.UserHandle) != "ann" {
			t.Fatalf("answered with %q of %q", g.ID, g.Response.UserHandle)
		}
	})
	t.Run("picks its newest discoverable credential when nothing is listed", func(t *testing.T) {
		k := newKey(t, nil)
		create(t, k, "ann")
		create(t, k, "bob")
		if g := get(t, k); string(g.Response.UserHandle) != "bob" {
			t.Fatalf("answered for %q", g.Response.UserHandle)
		}
	})
	t.Run("signs authenticator data and client data", func(t *testing.T) {
		k := newKey(t, nil)
		create(t, k, "ann")
		r := get(t, k).Response
		client := sha256.Sum256(r.ClientData)
		digest := sha256.Sum256(append(r.AuthData, client[:]...))
		if !ecdsa.VerifyASN1(&k.credentials[0].key.PublicKey, digest[:], r.Signature) {
			t.Fatal("the signature does not verify")
		}
	})
	t.Run("counts up, or not when stuck", func(t *testing.T) {
		k := newKey(t, func(o *Options) { o.Counter = 7 })
		create(t, k, "ann")
		if b := get(t, k).Response.AuthData; b[36] != 8 {
			t.Fatalf("counter %d, want 8", b[36])
		}
		k.CounterStuck = true
		if b := get(t, k).Response.AuthData; b[36] != 8 {
			t.Fatalf("stuck counter %d, want 8", b[36])
		}
	})
	t.Run("refuses to register twice for the same list", func(t *testing.T) {
		k := newKey(t, nil)
		id := create(t, k, "ann")
		options, _ := json.Marshal(createOptions{Exclude: []descriptor{{id}}, RP: struct {
			ID string `json:"id"`
		}{"localhost"}})
		if _, err := k.Create(options, origin); err == nil {
			t.Fatal("registered an excluded key")
		}
	})
	t.Run("says so when it holds no matching credential", func(t *testing.T) {
		if _, err := newKey(t, nil).Get([]byte(`{"rpId":"localhost"}`), origin); err == nil {
			t.Fatal("an empty key answered")
		}
	})
}

func TestAttestationCertificate(t *testing.T) {
	k := newKey(t, nil)
	one, err := k.certificate()
	if err != nil {
		t.Fatal(err)
	}
	two, _ := k.certificate()
	a, err := x509.ParseCertificate(one)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.ParseCertificate(two)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("is fresh over one stable key", func(t *testing.T) {
		if a.Equal(b) {
			t.Error("two registrations share a certificate")
		}
		if string(a.RawSubjectPublicKeyInfo) != string(b.RawSubjectPublicKeyInfo) {
			t.Error("the attestation key changed")
		}
	})
	t.Run("leads to the exported root", func(t *testing.T) {
		block, _ := pem.Decode(k.AttestationRootPEM())
		root, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.CheckSignatureFrom(root); err != nil {
			t.Error(err)
		}
	})
}
