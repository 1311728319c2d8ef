package softkey

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// kept is a key as Save writes it. Options are the caller's again at Load.
type kept struct {
	Counter     uint32
	Credentials []keptCredential
}

type keptCredential struct {
	ID, UserHandle, Key []byte // Key: PKCS #8
	RPID                string
	Resident            bool
}

// Save writes the key's credentials, private keys included: the demo keeps its
// software administrator over a restart. Only a demo may do that.
func (k *Key) Save() ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := kept{Counter: k.Counter}
	for _, c := range k.credentials {
		der, err := x509.MarshalPKCS8PrivateKey(c.key)
		if err != nil {
			return nil, fmt.Errorf("softkey: save: %w", err)
		}
		out.Credentials = append(out.Credentials, keptCredential{ID: c.id, UserHandle: c.userHandle, Key: der, RPID: c.rpID, Resident: c.resident})
	}
	return json.Marshal(out)
}

// Load makes a key with the credentials that Save wrote.
func Load(r io.Reader, o Options, saved []byte) (*Key, error) {
	var in kept
	if err := json.Unmarshal(saved, &in); err != nil {
		return nil, fmt.Errorf("softkey: load: %w", err)
	}
	k, err := New(r, o)
	if err != nil {
		return nil, err
	}
	k.Counter = in.Counter
	for _, c := range in.Credentials {
		parsed, err := x509.ParsePKCS8PrivateKey(c.Key)
		if err != nil {
			return nil, fmt.Errorf("softkey: load: %w", err)
		}
		key, ok := parsed.(*ecdsa.PrivateKey)
		if !ok {
			return nil, errors.New("softkey: load: not an ECDSA key")
		}
		k.credentials = append(k.credentials, &credential{id: c.ID, userHandle: c.UserHandle, rpID: c.RPID, resident: c.Resident, key: key})
	}
	return k, nil
}
