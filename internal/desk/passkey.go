package desk

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode"

	"countersign/internal/recovery"
	"countersign/internal/stepup"
)

// Purposes of a holder's ceremonies, as their challenges name them.
const (
	purposeHolderEnrol  = "holder-enrol"
	purposeHolderSignIn = "holder-sign-in"
	purposeHolderTouch  = "holder-touch"
)

// passkeyNameMax is how long a passkey's name is kept, characters; the form
// takes no longer one.
const passkeyNameMax = 60

// passkeyName makes what was typed one short line: notices repeat it to every
// address of the account, and they must not become somebody's letter.
func passkeyName(typed string) string {
	line := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, typed)
	if runes := []rune(line); len(runes) > passkeyNameMax {
		line = string(runes[:passkeyNameMax])
	}
	if line = strings.TrimSpace(line); line == "" {
		return "Passkey"
	}
	return line
}

// passkeyFactor is the row of a passkey that was just registered; ticket is the
// recovery it was enrolled in, "" otherwise.
func passkeyFactor(id, account, name, ticket string, c stepup.Credential, now int64) recovery.Factor {
	enc := base64.RawURLEncoding.EncodeToString
	return recovery.Factor{ID: id, Account: account, Kind: recovery.Passkey, Name: passkeyName(name), CredentialID: enc(c.ID), PublicKey: enc(c.PublicKey),
		AAGUID: c.AAGUID, Transports: strings.Join(c.Transports, " "), SignCount: c.SignCount, BackupEligible: c.BackupEligible, Added: now, Ticket: ticket}
}

// credentialOf is passkeyFactor backwards, for the verification of an answer.
func credentialOf(f recovery.Factor) (stepup.Credential, error) {
	id, err1 := base64.RawURLEncoding.DecodeString(f.CredentialID)
	key, err2 := base64.RawURLEncoding.DecodeString(f.PublicKey)
	return stepup.Credential{ID: id, PublicKey: key, AAGUID: f.AAGUID, SignCount: f.SignCount, BackupEligible: f.BackupEligible,
		Transports: strings.Fields(f.Transports)}, errors.Join(err1, err2)
}

// passkeys are the account's live passkeys as credentials.
func passkeys(all []recovery.Factor) ([]stepup.Credential, error) {
	var out []stepup.Credential
	for _, f := range all {
		if f.Kind != recovery.Passkey || !f.Live() {
			continue
		}
		c, err := credentialOf(f)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
