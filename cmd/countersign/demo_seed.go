package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"countersign/internal/desk"
	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/worker"
)

// past is how long ago the demo's first day was.
const past = 90 * recovery.Day

// onePassword remembers the hash of the demo's one password, so that seeding
// does not spend its time on argon2. It stands in for the builtin directory
// while the past is made.
type onePassword struct {
	directory.Directory
	mu   sync.Mutex
	hash map[string]string
}

// HashPassword hashes each password once.
func (o *onePassword) HashPassword(ctx context.Context, password string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if h := o.hash[password]; h != "" {
		return h, nil
	}
	h, err := o.Directory.HashPassword(ctx, password)
	if err == nil {
		o.hash[password] = h
	}
	return h, err
}

// CheckPassword knows its own hashes.
func (o *onePassword) CheckPassword(ctx context.Context, hash, password string) error {
	o.mu.Lock()
	mine, seeded := o.hash[password], o.hash[demoPassword]
	o.mu.Unlock()
	switch hash {
	case "":
	case mine:
		return nil
	case seeded:
		return directory.ErrPassword
	}
	return o.Directory.CheckPassword(ctx, hash, password)
}

// sameDraws draws the same reviews at every seeding: 0 to 99, each once in a hundred.
func sameDraws() func() (int64, error) {
	n := int64(0)
	return func() (int64, error) { n += 37; return n % 100, nil }
}

// seed makes the demo's past and answers the software administrator's key.
func seed(ctx context.Context, h *house, post *postbox) (*softkey.Key, error) {
	w := &walk{ctx: ctx, house: h, desk: h.desk, sink: post.sink, refuse: post, now: h.clock.Now(), keys: map[string]*softkey.Key{}}
	w.worker = worker.New(h.desk, post.sender, h.log, "seeding")
	real := h.desk.Directory
	h.desk.Directory = &onePassword{Directory: real, hash: map[string]string{}}
	draw := h.desk.Draw
	h.desk.Draw = sameDraws()
	defer func() { h.desk.Directory, h.desk.Draw = real, draw }()
	people := demoPeople()
	begin := w.now - past
	w.plan(begin, "import", func() error {
		_, err := h.desk.ImportAccounts(ctx, machine, desk.Import{File: strings.NewReader(demoCSV(people))})
		return err
	})
	w.plan(begin+recovery.Minute, "found", w.found)
	for n, hand := range seededHands {
		w.hire(hand, begin+recovery.Hour+int64(n)*10*recovery.Minute)
	}
	w.plan(w.now-10*recovery.Day, "import new mailboxes", func() error {
		_, err := h.desk.ImportAccounts(ctx, machine, desk.Import{File: strings.NewReader(demoCSV(movedMailboxes(people)))})
		return err
	})
	stories := w.tell(people) + 1
	w.welcome()
	w.settled(people)
	if err := w.run(); err != nil {
		return nil, fmt.Errorf("make the demo's past: %w", err)
	}
	counts := map[string]string{"accounts": strconv.Itoa(len(people) + len(newcomers())), "tickets": strconv.Itoa(stories)}
	return w.keys[softwareAdmins[0].id], h.desk.Seeded(ctx, counts)
}
