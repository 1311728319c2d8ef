package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"countersign/internal/desk"
	"countersign/internal/directory"
	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

// house is an opened data directory with its desk.
type house struct {
	dir         string
	origin      string // how the data was born, or is about to be
	clock       *clock
	log         *slog.Logger
	store       *store.Store
	desk        *desk.Desk
	checkpoints *checkpoints
	newest      ledger.Checkpoint // in DIR/checkpoint when we opened it; size -1 for none
	lock        *os.File
	empty       bool // nothing was ever recorded
}

// opening says for what a house is opened.
type opening struct {
	server bool // takes the lock; compares the head with the checkpoints
	demo   bool
	links  bool // makes links, so it needs the base URL
	// unsynced: the demo's past is being made.
	unsynced bool
	// nudge and seen are the desk's hooks.
	nudge func()
	seen  func(recovery.EventKind, string)
}

// openHouse opens a data directory, makes what a new one lacks, and migrates.
func openHouse(a *app, how opening) (_ *house, err error) {
	if a.settings.Data == "" {
		return nil, usagef("say where the data lives: --data DIR (keys and checkpoints live there, with PostgreSQL too)")
	}
	h := &house{dir: a.settings.Data, clock: &clock{}, log: logger(a)}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if how.server {
		if h.lock, err = lockServer(h.dir); err != nil {
			return nil, err
		}
	}
	if err := h.guessOrigin(how); err != nil {
		return nil, err
	}
	if err := h.openStore(a, how); err != nil {
		return nil, err
	}
	if err := h.openDesk(a, how); err != nil {
		return nil, err
	}
	if how.server {
		return h, h.notOlder(a)
	}
	return h, nil
}

// guessOrigin looks how the directory was born, before anything is opened: a
// demo's keeps its clock there from the first moment on (R58).
func (h *house) guessOrigin(how opening) error {
	h.origin = desk.OriginServe
	if _, err := os.Stat(filepath.Join(h.dir, clockFile)); err == nil {
		h.origin = desk.OriginDemo
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at the data directory: %w", err)
	} else if how.demo {
		if err := h.mayBecomeDemo(); err != nil {
			return err
		}
		h.origin = desk.OriginDemo
	}
	switch {
	case how.demo && h.origin != desk.OriginDemo:
		return otherData(h.dir, "demo")
	case how.server && !how.demo && h.origin == desk.OriginDemo:
		return fmt.Errorf("%s holds the made-up data of `countersign demo`, and `serve` refuses it; give another --data DIR", h.dir)
	}
	return h.clock.readOffset(h.dir)
}

func otherData(dir, verb string) error {
	return fmt.Errorf("%s holds data that `countersign %s` did not make; give another --data DIR", dir, verb)
}

// mayBecomeDemo refuses a directory that holds a house already, and marks an
// empty one as the demo's.
func (h *house) mayBecomeDemo() error {
	for _, name := range []string{"countersign.db", "keys", checkpointFile} {
		if _, err := os.Stat(filepath.Join(h.dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return otherData(h.dir, "demo")
		}
	}
	return h.clock.move(h.dir, 0)
}

func (h *house) path() string { return filepath.Join(h.dir, "countersign.db") }

func (h *house) openStore(a *app, how opening) (err error) {
	cfg := store.Config{DSN: a.settings.DSN, Clock: h.clock.Now, Unsynced: how.unsynced, Checkpoint: func(head store.Head) error { return h.checkpoints.add(head) }}
	if cfg.DSN == "" {
		cfg.Path = h.path()
		if err := h.notLost(); err != nil {
			return err
		}
	}
	if h.store, err = store.Open(a, cfg); err != nil {
		return err
	}
	if err := h.store.Migrate(a); err != nil {
		return err
	}
	head, err := h.store.View().LedgerHead(a)
	h.empty = head.Size == 0
	return err
}

// notLost refuses to make a new database beside the keys of an old one.
func (h *house) notLost() error {
	if _, err := os.Stat(h.path()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	info, err := os.Stat(filepath.Join(h.dir, checkpointFile))
	if err == nil && info.Size() > 0 {
		return fmt.Errorf("%s is missing, and %s shows that there was one; put it back from a backup", h.path(), filepath.Join(h.dir, checkpointFile))
	}
	return nil
}

func (h *house) openDesk(a *app, how opening) error {
	base, err := baseURL(a, how)
	if err != nil {
		return err
	}
	k, err := openKeys(h.dir, h.empty, logOrigin(h.origin, base))
	if err != nil {
		return err
	}
	if h.checkpoints, h.newest, err = openCheckpoints(h.dir, k.signer); err != nil {
		return err
	}
	cfg, err := h.config(a, base)
	if err != nil {
		return err
	}
	cfg.Keys, cfg.Signer, cfg.Nudge, cfg.Seen = k.keys, k.signer, how.nudge, how.seen
	cfg.Keys.Identity = []byte(a.settings.IdentityCheckSecret)
	h.desk = desk.New(cfg)
	was, err := h.desk.Origin(a)
	if err == nil && was == "" && !h.empty && how.demo {
		return otherData("the database", "demo")
	}
	if err == nil && was != "" && was != h.origin {
		return fmt.Errorf("the database was made by `countersign %s`; give another --data DIR or --dsn", was)
	}
	return err
}

// logOrigin names the log for good: it stands in every checkpoint, and a demo's
// says so (R58).
func logOrigin(origin string, base *url.URL) string {
	host := "countersign"
	switch {
	case origin == desk.OriginDemo:
		host = "demo"
	case base != nil:
		host = base.Hostname()
	}
	return host + "/countersign-audit/1"
}

// config is the desk's, from the settings.
func (h *house) config(a *app, base *url.URL) (desk.Config, error) {
	s, demo := a.settings, h.origin == desk.OriginDemo
	admission, err := admission(s, demo)
	if err != nil {
		return desk.Config{}, err
	}
	cfg := desk.Config{Store: h.store, Directory: directory.NewBuiltin(), Rand: rand.Reader, Log: h.log,
		Settings: desk.Settings{Instance: s.Instance, AccountMail: s.AccountMailDomains, Demo: demo, UnverifiedKeys: admission.Unverified,
			Texts: s.SMSURL != "", IdentityURL: s.IdentityCheckURL,
			InPerson: recovery.InPerson{Place: s.DeskPlace, Hours: s.DeskHours, Phone: s.DeskPhone}}}
	if base == nil {
		return cfg, nil
	}
	cfg.Settings.PublicURL = base.String()
	cfg.RP, err = stepup.New(stepup.Config{ID: base.Hostname(), Name: s.Instance, Origin: base.String(), Attestation: admission})
	return cfg, err
}

// admission says which staff keys are trusted. The demo's are made up and
// cannot be verified.
func admission(s settings, demo bool) (stepup.Admission, error) {
	out := stepup.Admission{Unverified: demo || s.Attestation == "unverified"}
	for _, text := range s.KeyModels {
		model, err := uuid.Parse(text)
		if err != nil {
			return out, fmt.Errorf("key-models: %q is no AAGUID: %w", text, err)
		}
		out.Models = append(out.Models, model)
	}
	if s.AttestationRoots == "" {
		return out, nil
	}
	raw, err := os.ReadFile(s.AttestationRoots)
	if err != nil {
		return out, fmt.Errorf("read the attestation roots: %w", err)
	}
	out.Roots, err = stepup.LoadRoots(raw)
	if err != nil {
		return out, fmt.Errorf("%s: %w", s.AttestationRoots, err)
	}
	return out, nil
}

// baseURL parses the setting; nil without one when no links are made.
func baseURL(a *app, how opening) (*url.URL, error) {
	text := a.settings.BaseURL
	if text == "" {
		if how.links || how.server {
			return nil, usagef("say how browsers reach the pages: --base-url https://HOST")
		}
		return nil, nil
	}
	u, err := parseBase(text)
	if err != nil {
		return nil, usageError{err}
	}
	return u, nil
}

// parseBase accepts scheme, host and port only: links, cookies and security
// keys all hang on it.
func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("base-url: %w", err)
	}
	if u.Path == "/" {
		u.Path = ""
	}
	switch {
	case u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("base-url %q: give scheme, host and port only, like https://recovery.example.org", text)
	case u.Scheme == "https":
		return u, nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("base-url %q: https, or http on localhost", text)
}

// loopback says whether a host is this machine only.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func prefixes(all []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range all {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			addr, bad := netip.ParseAddr(text)
			if bad != nil {
				return nil, fmt.Errorf("trusted-proxies: %w", err)
			}
			p = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// notOlder refuses a database that is older than the newest checkpoint beside
// it: a backup that was put back would let spent codes, ended sessions and old
// approvals live again (T11).
func (h *house) notOlder(ctx context.Context) error {
	if h.newest.Size < 0 {
		if h.empty {
			return nil
		}
		return fmt.Errorf("%s holds no checkpoint, but the ledger has entries; put the file back from a backup", filepath.Join(h.dir, checkpointFile))
	}
	head, err := h.store.View().LedgerHead(ctx)
	if err != nil {
		return err
	}
	help := "Put the newer database back. `countersign ledger verify --data " + h.dir + "` shows how far the two agree"
	if head.Size < h.newest.Size {
		return fmt.Errorf("the database is older than %s: %d entries, and a checkpoint counts %d. "+
			"A backup was put back or entries were cut; spent codes and ended approvals would live again. %s",
			filepath.Join(h.dir, checkpointFile), head.Size, h.newest.Size, help)
	}
	root, err := ledger.Root(h.newest.Size, h.store.View().HashReader(ctx))
	if err != nil {
		return err
	}
	if root != h.newest.Root {
		return fmt.Errorf("the ledger is not the one that %s was signed for: the first %d entries were rewritten. %s",
			filepath.Join(h.dir, checkpointFile), h.newest.Size, help)
	}
	return nil
}

// close closes what is open, in reverse.
func (h *house) close() error {
	var errs []error
	if h.store != nil {
		errs = append(errs, h.store.Close())
	}
	if h.checkpoints != nil {
		errs = append(errs, h.checkpoints.close())
	}
	if h.lock != nil {
		errs = append(errs, h.lock.Close())
	}
	return errors.Join(errs...)
}

// logger writes JSON to stderr; no secret, name or address is ever logged.
func logger(a *app) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.settings.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: level}))
}
