package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"countersign/internal/desk"
	"countersign/internal/ledger"
)

// secretKeys are the files of DIR/keys that nobody but the server may read.
// keys/log.pub beside them is the verifier key, to be handed to auditors.
var secretKeys = []string{"pepper", "log", "seal"}

const keyBytes = 32

// keyring is what the key files hold.
type keyring struct {
	keys   desk.Keys
	signer *ledger.Signer
}

// missingKeys lists the key files that are not there.
func missingKeys(dir string) (missing []string, err error) {
	for _, name := range secretKeys {
		path := filepath.Join(dir, "keys", name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, path)
		} else if err != nil {
			return nil, fmt.Errorf("look for the keys: %w", err)
		}
	}
	return missing, nil
}

// openKeys loads the keys, or makes them when there is nothing yet that they
// could belong to. A lost key file is never replaced silently: with another
// pepper every code set would be dead and nobody would know why.
func openKeys(dir string, empty bool, origin string) (keyring, error) {
	missing, err := missingKeys(dir)
	if err != nil {
		return keyring{}, err
	}
	switch {
	case len(missing) == len(secretKeys) && empty:
		if err := makeKeys(dir, origin); err != nil {
			return keyring{}, err
		}
	case len(missing) > 0:
		return keyring{}, fmt.Errorf("the key file %s is missing; put it back from your backup of the keys. "+
			"It is not made anew, because what it protects could then not be read", strings.Join(missing, " and "))
	}
	return loadKeys(dir)
}

// makeKeys writes all keys and then gives the directory its name, so that a
// crash leaves none rather than some.
func makeKeys(dir, origin string) error {
	skey, vkey, err := ledger.NewKey(rand.Reader, origin)
	if err != nil {
		return fmt.Errorf("make the log key: %w", err)
	}
	fresh := filepath.Join(dir, "keys.new")
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("make the keys: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("make the keys: %w", err)
	}
	for name, text := range map[string]string{"pepper": randomKey(), "seal": randomKey(), "log": skey, "log.pub": vkey} {
		if err := writeSynced(filepath.Join(fresh, name), text+"\n"); err != nil {
			return fmt.Errorf("make the keys: %w", err)
		}
	}
	if err := os.Rename(fresh, filepath.Join(dir, "keys")); err != nil {
		return fmt.Errorf("make the keys: %w", err)
	}
	return nil
}

func randomKey() string {
	b := make([]byte, keyBytes)
	rand.Read(b) // never fails (crypto/rand)
	return base64.StdEncoding.EncodeToString(b)
}

func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func loadKeys(dir string) (k keyring, err error) {
	if err := checkPrivate(dir); err != nil {
		return k, err
	}
	if k.keys.Pepper, err = loadKey(dir, "pepper"); err != nil {
		return k, err
	}
	if k.keys.Seal, err = loadKey(dir, "seal"); err != nil {
		return k, err
	}
	path := filepath.Join(dir, "keys", "log")
	raw, err := os.ReadFile(path)
	if err != nil {
		return k, fmt.Errorf("read a key: %w", err)
	}
	if k.signer, err = ledger.NewSigner(string(raw)); err != nil {
		return k, fmt.Errorf("the key file %s holds no log key: %w", path, err)
	}
	return k, nil
}

func loadKey(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, "keys", name)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("the key file %s does not hold %d bytes in base64", path, keyBytes)
	}
	return key, nil
}

// checkPrivate refuses keys that others on the machine could read.
func checkPrivate(dir string) error {
	paths := []string{filepath.Join(dir, "keys")}
	for _, name := range secretKeys {
		paths = append(paths, filepath.Join(dir, "keys", name))
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("look at a key: %w", err)
		}
		if open := info.Mode().Perm() & 0o077; open != 0 {
			return fmt.Errorf("%s can be read by others (mode %04o); run: chmod go= %s", path, info.Mode().Perm(), path)
		}
	}
	return nil
}
