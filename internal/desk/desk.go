// Package desk holds the acts: what people and the machine do, each exported
// method one transaction.
//
// An act has two beats. Prepare reads, hashes passwords and asks directories;
// it decides nothing. Change re-reads the rows, decides with the rules of
// package recovery, writes, and records. Everything that matters happens in
// (*Desk).change: read it first.
package desk

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"sync"

	"github.com/google/uuid"

	"countersign/internal/directory"
	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// Config is what cmd hands to the desk.
type Config struct {
	Store     *store.Store
	RP        *stepup.RP
	Directory directory.Directory
	Keys      Keys
	// Signer signs checkpoints and vouches for receipts.
	Signer *ledger.Signer
	// Rand is crypto/rand.Reader everywhere but in tests.
	Rand io.Reader
	// Draw draws 0 to 99 for the sample of reviews; nil draws from Rand. The
	// demo's past draws the same each time.
	Draw func() (int64, error)
	Log  *slog.Logger
	// Nudge wakes worker and live pages after a commit. It must not block.
	Nudge func()
	// Seen counts committed events by kind, or refused acts by reason, for
	// metrics. May be nil; it must not block.
	Seen func(kind recovery.EventKind, refused string)
	// Policy and Flows are the shipped rules, under whatever was published. New
	// takes recovery.Builtin when there is none.
	Policy recovery.Policy
	Flows  recovery.Workflows
	// Settings of the house.
	Settings Settings
	// DemoConfirm is the demo's software administrator, who confirms the keys of
	// printed invitations. Nil everywhere else.
	DemoConfirm *Cosigner
}

// Settings are what an organisation says about itself.
type Settings struct {
	Instance    string // shown in footers and mails
	PublicURL   string // base of every link in a mail; never taken from a request
	InPerson    recovery.InPerson
	AccountMail []string // domains whose mailboxes the account itself opens (R16)
	Demo        bool
	// Texts says that an SMS gateway is configured; policy must say so as well.
	Texts bool
	// IdentityURL is where a holder goes for an external identity check, "" for none.
	IdentityURL string
	// UnverifiedKeys admits approver keys without attestation; audited and
	// shown on every approval.
	UnverifiedKeys bool
}

// Keys are the secrets that live in files beside the database.
type Keys struct {
	Pepper []byte // backup and issued codes
	Seal   []byte // AES-256-GCM for jobs that carry a secret
	// Identity signs the calls of the external identity check; nil for none.
	Identity []byte
}

// Desk does the acts.
type Desk struct {
	Config
	parsed sync.Map // version → recovery.Policy or recovery.Workflow
}

// New makes a desk.
func New(cfg Config) *Desk {
	if cfg.Nudge == nil {
		cfg.Nudge = func() {}
	}
	d := &Desk{Config: cfg}
	if d.Policy.Version == "" {
		d.Policy, d.Flows = recovery.Builtin()
	}
	if d.Draw == nil {
		d.Draw = d.draw
	}
	return d
}

func (d *Desk) draw() (int64, error) {
	n, err := rand.Int(d.Rand, big.NewInt(100))
	if err != nil {
		return 0, fmt.Errorf("draw for review: %w", err)
	}
	return n.Int64(), nil
}

// view reads outside of any change.
func (d *Desk) view() store.View { return d.Store.View() }

// now is the wall clock for reads; a change has its own, fixed moment.
func (d *Desk) now() int64 { return d.Store.Clock() }

// newID makes a row id: UUIDv7, an identifier, never a capability (RFC 9562 §8).
func (d *Desk) newID() string {
	id, err := uuid.NewV7FromReader(d.Rand)
	if err != nil {
		panic("no randomness: " + err.Error()) // crypto/rand does not fail
	}
	return id.String()
}

// link makes an absolute URL from the configured base; a Host header never
// reaches a mail (class B17).
func (d *Desk) link(path string) string { return d.Settings.PublicURL + path }

// staff reads a person's standing outside of a change, for read methods.
func (d *Desk) staff(ctx context.Context, actor Actor) (recovery.Staff, error) {
	return staffOf(ctx, d.view(), actor)
}
