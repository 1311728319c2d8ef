package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/store"
)

// demoApp is an app for a demo in a fresh directory.
func demoApp(t *testing.T, dir string) *app {
	t.Helper()
	a := &app{Context: t.Context(), out: io.Discard, err: io.Discard, settings: settings{Data: dir, Listen: "127.0.0.1:0", Instance: "Countersign",
		Attestation: "verified", LogLevel: "error", BaseURL: "http://localhost:8080"}}
	base := a.settings.BaseURL
	a.settings.BaseURL = ""
	if err := demoSettings(&a.settings); err != nil {
		t.Fatal(err)
	}
	a.settings.BaseURL = base
	return a
}

// openDemo opens a demo's house and seeds it when it is new.
func openDemo(t *testing.T, dir string) (*app, *house) {
	t.Helper()
	a := demoApp(t, dir)
	post, err := newPostbox()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { post.sink.Close() })
	if err := makePast(a, post); err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(a, opening{server: true, demo: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.close() })
	if err := furnish(h); err != nil {
		t.Fatal(err)
	}
	return a, h
}

// picture is what must be the same at every seeding: accounts, states and ages.
func picture(t *testing.T, h *house) []string {
	t.Helper()
	var out []string
	v := h.store.View()
	begin, err := v.LedgerEntry(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	now := begin.Entry.At + past
	for _, p := range demoPeople() {
		a, err := v.Account(t.Context(), p.id)
		if err != nil {
			t.Fatal(err)
		}
		addresses, err := v.Addresses(t.Context(), p.id)
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %s %s", a.ID, a.Name, a.Population)
		for _, m := range addresses {
			line += fmt.Sprintf(" %s/%d", m.Value, (now-m.FirstSeen)/recovery.Minute)
		}
		tickets, err := v.TicketsOf(t.Context(), p.id, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range tickets {
			line += fmt.Sprintf(" %s %s review %v age %d since %d", k.State, k.Tier, k.ReviewDue != 0, (now-k.Opened)/recovery.Minute, (now-k.StateSince)/recovery.Minute)
		}
		out = append(out, line)
	}
	return out
}

func TestDemo(t *testing.T) {
	dir := t.TempDir()
	a, h := openDemo(t, dir)
	counters, err := h.store.View().Counters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("somebody's recovery waits for its review", func(t *testing.T) {
		if !strings.Contains(strings.Join(picture(t, h), "\n"), " review reset review true ") {
			t.Error("none does")
		}
	})
	t.Run("a Pass is live, and a ticket is parked", func(t *testing.T) {
		live, err := h.store.View().LivePasses(t.Context(), h.clock.Now(), 10)
		if err != nil || len(live) != 1 {
			t.Errorf("%d Passes are live, %v", len(live), err)
		}
		held, err := h.store.View().Queue(t.Context(), store.QueueFilter{States: []recovery.State{recovery.Held}, Limit: 10})
		if err != nil || len(held) != 1 || !held[0].Ticket.Parked() {
			t.Errorf("held %+v, %v", held, err)
		}
	})
	t.Run("there are 200 accounts or more, of every population", func(t *testing.T) {
		seen, n := map[recovery.Population]int{}, 0
		for _, p := range demoPeople() {
			seen[p.population]++
			n++
		}
		if n < 200 || len(seen) != len(recovery.Populations) {
			t.Fatalf("%d accounts: %v", n, seen)
		}
	})
	t.Run("there are 60 tickets or more, in every state that can rest", func(t *testing.T) {
		total := int64(0)
		for _, state := range recovery.States {
			total += counters["tickets."+string(state)]
			switch state {
			case recovery.Draft, recovery.Executing: // no act reaches these, or only for a moment
				continue
			}
			if counters["tickets."+string(state)] == 0 {
				t.Errorf("no ticket is %s: %v", state, counters)
			}
		}
		if total < 60 {
			t.Errorf("%d tickets", total)
		}
	})
	t.Run("R50 the ledger verifies against its checkpoints", func(t *testing.T) {
		points, err := (verifyCmd{}).points(dir)
		if err != nil || len(points) < 100 {
			t.Fatalf("%d checkpoints, %v", len(points), err)
		}
		report, err := verifyLog(t.Context(), h.store, points)
		if err != nil || !report.OK() {
			t.Fatalf("%+v, %v", report, err)
		}
		if !strings.HasPrefix(points[0].Origin, "demo/") {
			t.Errorf("the log's name %q does not say that it is a demo's", points[0].Origin)
		}
	})
	t.Run("nothing that was due when the past ended still waits", func(t *testing.T) {
		begin, err := h.store.View().LedgerEntry(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		lag, err := h.store.View().OutboxLag(t.Context(), begin.Entry.At+past)
		if err != nil || lag > 0 {
			t.Fatalf("%d, %v", lag, err)
		}
	})
	t.Run("invitations are printed, and fresh ones at the next start; the unused older ones die", func(t *testing.T) {
		first := printed(t, a, h)
		second := printed(t, a, h)
		for i, line := range first {
			if second[i] == line {
				t.Errorf("the same link twice: %s", line)
			}
			token := line[strings.LastIndexByte(line, '/')+1:]
			if strings.Contains(line, "/welcome/") {
				_, err = h.desk.Welcome(t.Context(), token)
			} else {
				_, err = h.desk.Invitation(t.Context(), token)
			}
			if mustRefuse(err) != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	})
	t.Run("a key registered through a printed invitation counts at once, and the ledger says that it is a demo's", func(t *testing.T) {
		demoKey(t, a, h)
	})
	t.Run("another seeding gives the same accounts, states and ages", func(t *testing.T) {
		_, other := openDemo(t, t.TempDir())
		first, second := picture(t, h), picture(t, other)
		for n := range first {
			if first[n] != second[n] {
				t.Errorf("first:  %s\nsecond: %s", first[n], second[n])
			}
		}
	})
	t.Run("started again it keeps the data", func(t *testing.T) {
		before := counters
		h.close()
		_, again := openDemo(t, dir)
		after, err := again.store.View().Counters(t.Context())
		if err != nil || fmt.Sprint(before) != fmt.Sprint(after) {
			t.Fatalf("%v\n%v\n%v", before, after, err)
		}
		demoKey(t, a, again)
	})
}

// demoKey registers a fresh key for the demo's agent.
func demoKey(t *testing.T, a *app, h *house) {
	t.Helper()
	w := &walk{ctx: t.Context(), house: h, desk: h.desk, keys: newKeys()}
	lines := printed(t, a, h)
	token := lines[0][strings.LastIndexByte(lines[0], '/')+1:]
	key, err := w.register(invited[0].id, token)
	if err != nil {
		t.Fatal(err)
	}
	staff, err := h.store.View().Staff(t.Context(), invited[0].id)
	if err != nil || !staff.Has(recovery.Agent, h.clock.Now()) {
		t.Fatalf("%+v, %v", staff, err)
	}
	rows, err := h.store.View().LedgerEntries(t.Context(), store.LedgerFilter{Kind: string(recovery.StaffKeyCounted), Limit: 1})
	if err != nil || rows[0].Entry.Data["demo"] != "yes" || rows[0].Entry.Data["person"] != key.Person {
		t.Fatalf("%+v, %v", rows, err)
	}
	if err := w.signIn(invited[0].id); err != nil {
		t.Fatal(err)
	}
}

var inviteLine = regexp.MustCompile(`^invite (agent|approver|reviewer|administrator|holder) http://localhost:8080/(invite|welcome)/[0-9a-z]{20,}$`)

func printed(t *testing.T, a *app, h *house) []string {
	t.Helper()
	var out bytes.Buffer
	with := *a
	with.out = &out
	if err := printInvites(&with, h); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	roles := []string{}
	for _, line := range lines {
		found := inviteLine.FindStringSubmatch(line)
		if found == nil {
			t.Fatalf("not a line of the contract: %q", line)
		}
		roles = append(roles, found[1])
	}
	if want := []string{"agent", "approver", "approver", "reviewer", "administrator", "administrator", "holder"}; !slices.Equal(roles, want) {
		t.Fatalf("roles %v", roles)
	}
	return lines
}

func TestR58_DemoDataIsBornMarked(t *testing.T) {
	dir := t.TempDir()
	a := demoApp(t, dir)
	h, err := openHouse(a, opening{server: true, demo: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.desk.StartServer(context.Background(), desk.OriginDemo, map[string]string{}); err != nil {
		t.Fatal(err)
	}
	t.Run("the other origin is refused by the database itself", func(t *testing.T) {
		if mustRefuse(h.desk.StartServer(t.Context(), desk.OriginServe, map[string]string{})) != nil {
			t.Fatal("started")
		}
	})
	t.Run("a second server on the same data is refused in words", func(t *testing.T) {
		_, err := openHouse(a, opening{server: true, demo: true})
		if err == nil || !strings.Contains(err.Error(), "another server") {
			t.Fatal(err)
		}
	})
	t.Run("the clock goes forward only, and the ledger says so", func(t *testing.T) {
		before := h.clock.Now()
		if mustRefuse(h.desk.ClockMoved(t.Context(), -1)) != nil {
			t.Fatal("went back")
		}
		if err := h.desk.ClockMoved(t.Context(), recovery.Hour); err != nil {
			t.Fatal(err)
		}
		if err := h.clock.move(dir, 3600e9); err != nil || h.clock.Now()-before < recovery.Hour {
			t.Fatal(err, h.clock.Now()-before)
		}
	})
	t.Run("the moved clock survives a restart, and serve refuses the data", func(t *testing.T) {
		h.close()
		again, err := openHouse(a, opening{demo: true})
		if err != nil {
			t.Fatal(err)
		}
		defer again.close()
		if again.clock.offset.Load() != recovery.Hour {
			t.Fatal(again.clock.offset.Load())
		}
		if _, err := openHouse(a, opening{server: true}); err == nil || !strings.Contains(err.Error(), "made-up data") {
			t.Fatal(err)
		}
	})
}

// A seeding that was stopped must not look whole at the next start.
func TestDemoStoppedWhileSeeding(t *testing.T) {
	dir := t.TempDir()
	a := demoApp(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	post, err := newPostbox()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { post.sink.Close() })
	a.Context, a.err = ctx, writerFunc(func(p []byte) { stop() }) // at the first line that is logged
	a.settings.LogLevel = "info"
	t.Run("it says so in words", func(t *testing.T) {
		if err := makePast(a, post); err == nil || !strings.Contains(err.Error(), "stopped while the demo's data was made") {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "keys", adminKeyFile)); !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	})
	t.Run("a database elsewhere, which is not ours to empty, is refused", func(t *testing.T) {
		with := a.settings
		with.DSN = "postgres://elsewhere"
		if err := discardHalf(with); err == nil || !strings.Contains(err.Error(), "give an empty database") {
			t.Fatal(err)
		}
	})
	t.Run("the next start on this directory begins anew", func(t *testing.T) {
		if err := discardHalf(a.settings); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "countersign.db")); !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	})
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

func newKeys() map[string]*softkey.Key { return map[string]*softkey.Key{} }
