package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"countersign/internal/desk"
	"countersign/internal/notify"
	"countersign/internal/softkey"
	"countersign/web"
)

type demoCmd struct{}

// Run serves made-up data on this machine only. It prints "invite ROLE URL"
// lines and then "ready URL" on stdout. Started again on the same directory it
// keeps the data and prints fresh invitations.
func (demoCmd) Run(a *app) error {
	if err := demoSettings(&a.settings); err != nil {
		return err
	}
	post, err := newPostbox()
	if err != nil {
		return err
	}
	defer post.sink.Close()
	s := newServer(a, post.sender)
	if err := s.listen(a); err != nil {
		return err
	}
	port := s.pages.Addr().(*net.TCPAddr).Port
	a.settings.BaseURL = fmt.Sprintf("http://localhost:%d", port)
	if err := makePast(a, post); err != nil {
		s.pages.Close()
		return err
	}
	h, err := openHouse(a, s.opening(true))
	if err != nil {
		s.pages.Close()
		return err
	}
	defer h.close()
	s.house = h
	if err := furnish(h); err != nil {
		s.pages.Close()
		return err
	}
	s.demo = &web.Demo{Mails: post.sink, MoveClock: func(ctx context.Context, by time.Duration) error { return s.moveClock(ctx, by) }}
	var failed error
	err = s.run(a, desk.OriginDemo, func() {
		if failed = printInvites(a, h); failed == nil {
			fmt.Fprintf(a.out, "ready %s\n", a.settings.BaseURL)
		}
	})
	return errors.Join(failed, err)
}

// demoSettings fills in what the demo says of itself and refuses what would let
// anyone else reach it (R58).
func demoSettings(s *settings) error {
	for _, addr := range []string{s.Listen, s.OpsListen} {
		if addr == "" || addr == "off" {
			continue
		}
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return usageError{err}
		}
		if !loopback(host) {
			return usagef("the demo listens on this machine only, not on %s; use 127.0.0.1", addr)
		}
	}
	if s.BaseURL != "" {
		return usagef("the demo is reached at http://localhost only; leave out --base-url")
	}
	fill := func(field *string, text string) {
		if *field == "" {
			*field = text
		}
	}
	fill(&s.Data, "demo")
	fill(&s.DeskPlace, "Service point, ground floor, building 2")
	fill(&s.DeskHours, "Mon–Fri 8–18")
	fill(&s.DeskPhone, "+44 1632 960 000")
	s.AccountMailDomains = append(s.AccountMailDomains, accountMail)
	return nil
}

// discardHalf removes what a seeding that was cut short left behind: the
// directory was born a demo's, and its software administrator's key, written
// last, is not there. Nothing in it was ever served.
func discardHalf(s settings) error {
	for name, want := range map[string]bool{clockFile: true, filepath.Join("keys", adminKeyFile): false} {
		if _, err := os.Stat(filepath.Join(s.Data, name)); (err == nil) != want {
			return nil
		}
	}
	if s.DSN != "" {
		return halfElsewhere(s)
	}
	lock, err := lockServer(s.Data) // another start may be seeding just now
	if err != nil {
		return err
	}
	defer lock.Close()
	for _, name := range []string{"countersign.db", "countersign.db-wal", "countersign.db-shm", "keys", checkpointFile} {
		if err := os.RemoveAll(filepath.Join(s.Data, name)); err != nil {
			return fmt.Errorf("remove what an earlier start left half made: %w", err)
		}
	}
	return nil
}

// halfElsewhere refuses a database that an earlier start left half made: it is
// not ours to empty, and it must not look whole.
func halfElsewhere(s settings) error {
	missing, err := missingKeys(s.Data)
	if err != nil || len(missing) > 0 { // keys are made when the database is open: it was never reached
		return err
	}
	return fmt.Errorf("an earlier start on %s was stopped while it made the demo's data; give an empty database and another --data DIR", s.Data)
}

// makePast seeds a new demo, without waiting for the disk at each of some
// thousand commits. It leaves the past of an older start alone.
func makePast(a *app, post *postbox) (err error) {
	if err := discardHalf(a.settings); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(a.settings.Data, "keys", adminKeyFile)); err == nil {
		return nil
	}
	h, err := openHouse(a, opening{server: true, demo: true, unsynced: true})
	if err != nil {
		return err
	}
	h.log.Info("making 90 days of demo data; this takes some seconds")
	began := time.Now()
	admin, err := seed(a, h, post)
	if err = errors.Join(err, h.close(), syncFile(h.path())); err == nil {
		h.log.Info("demo data made", "seconds", time.Since(began).Seconds())
		return saveAdmin(h.dir, admin) // last: it says that the past is whole
	}
	if a.Err() != nil {
		return errors.New("stopped while the demo's data was made; nothing of it is kept")
	}
	return err
}

// syncFile waits until a file is on the disk; with PostgreSQL there is none.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// furnish lets the software administrator confirm printed invitations.
func furnish(h *house) error {
	admin, err := loadAdmin(h.dir)
	if err != nil {
		return err
	}
	h.desk.DemoConfirm = &desk.Cosigner{Person: softwareAdmins[0].id, Sign: func(options json.RawMessage) ([]byte, error) {
		return admin.Get(options, h.desk.RP.Origin)
	}}
	return nil
}

// adminKeyFile keeps the key of the software administrator beside the demo's
// other keys: it confirms printed invitations after a restart too.
const adminKeyFile = "demo-administrator"

func saveAdmin(dir string, key *softkey.Key) error {
	saved, err := key.Save()
	if err != nil {
		return err
	}
	return writeSynced(filepath.Join(dir, "keys", adminKeyFile), string(saved))
}

func loadAdmin(dir string) (*softkey.Key, error) {
	saved, err := os.ReadFile(filepath.Join(dir, "keys", adminKeyFile))
	if err != nil {
		return nil, fmt.Errorf("read the software administrator's key: %w", err)
	}
	o := softkey.Defaults()
	o.CounterStuck = true
	return softkey.Load(rand.Reader, o, saved)
}

// moveClock moves the demo's clock forward: first the ledger says so, then the
// clock moves, then everything looks at it.
func (s *server) moveClock(ctx context.Context, by time.Duration) error {
	if err := s.house.desk.ClockMoved(ctx, by.Microseconds()); err != nil {
		return err
	}
	if err := s.house.clock.move(s.house.dir, by); err != nil {
		return err
	}
	err := s.house.desk.Sweep(ctx)
	s.nudge()
	return err
}

// postbox is the demo's mail: a server in this process that keeps the newest
// messages, and the way to it.
type postbox struct {
	sink   *notify.Sink
	sender notify.Sender

	mu      sync.Mutex
	refused []string
}

func newPostbox() (*postbox, error) {
	p := &postbox{}
	var err error
	if p.sink, err = notify.NewSink(notify.SinkOptions{Rcpt: p.rcpt}); err != nil {
		return nil, err
	}
	p.sender, err = notify.NewSMTP(notify.SMTPConfig{Addr: p.sink.Addr(), From: "Recovery desk <desk@example.org>", Security: notify.Plain})
	return p, err
}

// bounce names the mailboxes that do not exist for now.
func (p *postbox) bounce(to ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = to
}

func (p *postbox) rcpt(to string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.ContainsFunc(p.refused, func(r string) bool { return strings.EqualFold(r, to) }) {
		return notify.Refuse(550, "no such mailbox")
	}
	return nil
}
