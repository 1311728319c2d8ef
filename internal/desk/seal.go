package desk

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// errSealed says that a sealed value does not open: another key, or damage.
var errSealed = errors.New("the sealed value does not open")

// seal encrypts what a job must carry in secret (an issued code, a link), with
// AES-256-GCM under the seal key; aad ties it to its job.
func (d *Desk) seal(v any, aad string) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	gcm, err := d.gcm()
	if err != nil {
		return "", err
	}
	nonce := make([]byte, gcm.NonceSize())
	if _, err := io.ReadFull(d.Rand, nonce); err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(nonce, nonce, plain, []byte(aad))), nil
}

// unseal reverses seal.
func (d *Desk) unseal(text, aad string, v any) error {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return errSealed
	}
	gcm, err := d.gcm()
	if err != nil {
		return err
	}
	if len(raw) < gcm.NonceSize() {
		return errSealed
	}
	plain, err := gcm.Open(nil, raw[:gcm.NonceSize()], raw[gcm.NonceSize():], []byte(aad))
	if err != nil {
		return errSealed
	}
	return json.Unmarshal(plain, v)
}

func (d *Desk) gcm() (cipher.AEAD, error) {
	block, err := aes.NewCipher(d.Keys.Seal)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	return cipher.NewGCM(block)
}
