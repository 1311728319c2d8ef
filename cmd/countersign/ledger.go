package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"countersign/internal/ledger"
	"countersign/internal/store"
)

type ledgerCmd struct {
	Verify     verifyCmd     `cmd:"" help:"Check the whole audit log against itself and its checkpoints."`
	Checkpoint checkpointCmd `cmd:"" help:"Print a signed checkpoint of the present head."`
}

type verifyCmd struct {
	Checkpoint string `placeholder:"FILE" help:"Checkpoints kept elsewhere, instead of those in DIR."`
	LogKey     string `placeholder:"FILE" help:"Verifier key of the log, instead of DIR/keys/log.pub."`
}

// Run verifies the log: "ok: N entries, root …" and exit code 0; the first bad
// entry, or the size of the newest checkpoint that still matches (0 if none),
// and exit code 1. It only reads, and works while a server runs.
func (v verifyCmd) Run(a *app) error {
	if a.settings.Data == "" && a.settings.DSN == "" {
		return usagef("say which log: --data DIR or --dsn URL")
	}
	if a.settings.Data == "" && (v.Checkpoint == "" || v.LogKey == "") {
		return usagef("with --dsn alone, give --checkpoint FILE and --log-key FILE: without them a rewritten log agrees with itself")
	}
	points, err := v.points(a.settings.Data)
	if err != nil {
		return err
	}
	s, err := openLog(a)
	if err != nil {
		return err
	}
	defer s.Close()
	report, err := verifyLog(a, s, points)
	if err != nil {
		return err
	}
	return v.tell(a, report)
}

// points reads the checkpoints: those that were given, else those in DIR.
func (v verifyCmd) points(dir string) ([]ledger.Checkpoint, error) {
	key, err := verifierKey(dir, v.LogKey)
	if err != nil {
		return nil, err
	}
	path := v.Checkpoint
	if path == "" {
		path = filepath.Join(dir, checkpointFile)
	}
	points, err := readCheckpoints(path, key)
	if errors.Is(err, fs.ErrNotExist) && v.Checkpoint == "" {
		return nil, nil
	}
	if err != nil && !errors.Is(err, ledger.ErrCheckpoint) {
		return nil, usageError{err}
	}
	return points, err
}

// verifierKey reads the log's public key: the file that was given, DIR's
// log.pub, or the public half of DIR's signing key.
func verifierKey(dir, given string) (string, error) {
	if given != "" {
		raw, err := os.ReadFile(given)
		if err != nil {
			return "", usageError{fmt.Errorf("read the log key: %w", err)}
		}
		return strings.TrimSpace(string(raw)), nil
	}
	raw, err := os.ReadFile(filepath.Join(dir, "keys", "log.pub"))
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	secret, err := os.ReadFile(filepath.Join(dir, "keys", "log"))
	if err != nil {
		return "", usageError{fmt.Errorf("no log key in %s; give --log-key FILE", filepath.Join(dir, "keys"))}
	}
	signer, err := ledger.NewSigner(string(secret))
	if err != nil {
		return "", err
	}
	return signer.VerifierKey(), nil
}

// openLog opens the database for reading, without migrating it.
func openLog(a *app) (*store.Store, error) {
	cfg := store.Config{DSN: a.settings.DSN, Clock: (&clock{}).Now}
	if cfg.DSN == "" {
		cfg.Path = filepath.Join(a.settings.Data, "countersign.db")
	}
	s, err := store.OpenRead(a, cfg)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{err}
	}
	return s, err
}

// verifyLog reads one snapshot of the log.
func verifyLog(ctx context.Context, s *store.Store, points []ledger.Checkpoint) (report ledger.Report, err error) {
	err = s.Snapshot(ctx, func(v store.View) error {
		src := store.LedgerSource{Ctx: ctx, View: v}
		if report, err = ledger.Verify(src, points); err != nil || !report.OK() {
			return err
		}
		if len(points) == 0 && report.Size > 0 {
			report.Why, report.MatchedCheckpoint = "there is no checkpoint to compare with", 0
			return nil
		}
		bad, err := src.WrongDetail()
		if bad >= 0 {
			report.BadEntry, report.Why = bad, "its side text is not the one that was recorded"
		}
		return err
	})
	return report, err
}

// tell prints the answer; the reason goes to stderr, so that scripts read one line.
func (v verifyCmd) tell(a *app, r ledger.Report) error {
	if r.OK() {
		_, err := fmt.Fprintf(a.out, "ok: %d entries, root %s\n", r.Size, r.Root)
		return err
	}
	if r.BadEntry >= 0 {
		fmt.Fprintf(a.out, "bad entry: %d\n", r.BadEntry)
	} else {
		fmt.Fprintf(a.out, "rewritten or cut: newest checkpoint that still matches: %d\n", max(r.MatchedCheckpoint, 0))
	}
	fmt.Fprintln(a.err, "countersign: "+r.Why)
	return exitError(exitNo)
}

type checkpointCmd struct{}

// Run prints a signed checkpoint of the present head, to be kept elsewhere.
func (checkpointCmd) Run(a *app) error {
	if a.settings.Data == "" {
		return usagef("say where the log key is: --data DIR")
	}
	if missing, err := missingKeys(a.settings.Data); err == nil && len(missing) == len(secretKeys) {
		return usagef("there are no keys in %s; give the --data DIR of the server", filepath.Join(a.settings.Data, "keys"))
	}
	k, err := loadKeys(a.settings.Data)
	if err != nil {
		return err
	}
	s, err := openLog(a)
	if err != nil {
		return err
	}
	defer s.Close()
	head, err := s.View().LedgerHead(a)
	if err != nil {
		return err
	}
	if head.Size == 0 {
		return errors.New("the log is empty; there is nothing to sign yet")
	}
	text, err := k.signer.Sign(ledger.Checkpoint{Origin: k.signer.Origin(), Size: head.Size, Root: head.Root})
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.out, text)
	return err
}
