package e2e

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// keyKind is what a virtual authenticator is.
type keyKind struct {
	transport      webauthn.AuthenticatorTransport
	backupEligible bool
}

// The three that people have: a security key, a device's own passkey store, and
// one whose passkeys travel between devices (refused for approvers).
func usbKey() keyKind    { return keyKind{transport: webauthn.AuthenticatorTransportUsb} }
func deviceKey() keyKind { return keyKind{transport: webauthn.AuthenticatorTransportInternal} }
func syncedPasskey() keyKind {
	return keyKind{transport: webauthn.AuthenticatorTransportInternal, backupEligible: true}
}

// key is a virtual authenticator in one tab. It answers at once, with user
// verification, until told otherwise.
type key struct {
	tab *tab
	id  webauthn.AuthenticatorID
}

// AddKey plugs a key into the tab. Call it after the first Goto: a new target
// forgets its keys. A device's tab cannot have two internal ones.
func (b *tab) AddKey(kind keyKind) *key {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatalf("enable security keys: %v", err)
	}
	result, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: kind.transport,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
			DefaultBackupEligibility: kind.backupEligible, DefaultBackupState: kind.backupEligible,
		}})
	if err != nil {
		b.t.Fatalf("add security key: %v", err)
	}
	return &key{b, result.AuthenticatorID}
}

// Verify says whether the person passes user verification from now on.
func (k *key) Verify(passes bool) {
	k.tab.t.Helper()
	if _, err := chromedp.Call(k.tab.ctx, webauthn.SetUserVerified,
		webauthn.SetUserVerifiedParams{AuthenticatorID: k.id, IsUserVerified: passes}); err != nil {
		k.tab.t.Fatalf("user verification: %v", err)
	}
}

// Corrupt makes the key lie: no user verification bit, or a zero signature.
func (k *key) Corrupt(noVerification, zeroSignature bool) {
	k.tab.t.Helper()
	if _, err := chromedp.Call(k.tab.ctx, webauthn.SetResponseOverrideBits, webauthn.SetResponseOverrideBitsParams{
		AuthenticatorID: k.id, IsBadUV: new(noVerification), IsBogusSignature: new(zeroSignature)}); err != nil {
		k.tab.t.Fatalf("corrupt key: %v", err)
	}
}

// Lose unplugs the key for good.
func (k *key) Lose() {
	k.tab.t.Helper()
	if _, err := chromedp.Call(k.tab.ctx, webauthn.RemoveVirtualAuthenticator,
		webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: k.id}); err != nil {
		k.tab.t.Fatalf("remove key: %v", err)
	}
}

// Credentials are what the key holds.
func (k *key) Credentials() []*webauthn.Credential {
	k.tab.t.Helper()
	result, err := chromedp.Call(k.tab.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: k.id})
	if err != nil {
		k.tab.t.Fatalf("read key: %v", err)
	}
	return result.Credentials
}

// addCredential is the library's command without one field that it always sends
// and that Chromium refuses for an ordinary key.
var addCredential = cdp.Command[addCredentialParams, cdp.Empty]{Method: webauthn.CommandAddCredential}

type addCredentialParams struct {
	AuthenticatorID webauthn.AuthenticatorID `json:"authenticatorId"`
	Credential      storedCredential         `json:"credential"`
}

type storedCredential struct {
	CredentialID         []byte  `json:"credentialId"`
	IsResidentCredential bool    `json:"isResidentCredential"`
	RpID                 string  `json:"rpId"`
	PrivateKey           []byte  `json:"privateKey"`
	UserHandle           []byte  `json:"userHandle"`
	SignCount            float64 `json:"signCount"`
	BackupEligibility    bool    `json:"backupEligibility"`
	BackupState          bool    `json:"backupState"`
	UserName             string  `json:"userName"`
	UserDisplayName      string  `json:"userDisplayName"`
}

// MoveTo carries the key to another tab, with all it holds.
func (k *key) MoveTo(to *tab, kind keyKind) *key {
	k.tab.t.Helper()
	moved := to.AddKey(kind)
	for _, c := range k.Credentials() {
		_, err := chromedp.Call(to.ctx, addCredential, addCredentialParams{moved.id, storedCredential{
			c.CredentialID, c.IsResidentCredential, c.RpID, c.PrivateKey, c.UserHandle, c.SignCount,
			c.BackupEligibility, c.BackupState, c.UserName, c.UserDisplayName}})
		if err != nil {
			k.tab.t.Fatalf("carry key: %v", err)
		}
	}
	k.Lose()
	return moved
}
