package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// buffer is an output that several goroutines write and a test reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
	on chan struct{} // gets a token at each write
}

func newBuffer() *buffer { return &buffer{on: make(chan struct{}, 1)} }

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.on <- struct{}{}:
	default:
	}
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// await waits until the output has text, or the program ended.
func (b *buffer) await(t *testing.T, text string, ended <-chan int) {
	t.Helper()
	for !strings.Contains(b.String(), text) {
		select {
		case <-b.on:
		case code := <-ended:
			t.Fatalf("ended with %d: %s", code, b.String())
		}
	}
}

// freePort is a port of this machine that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// program is a running server.
type program struct {
	t          *testing.T
	args       []string
	pages, ops string
	out, errs  *buffer
	mails      chan notify.Received // what its mail server took
	stop       context.CancelFunc
	ended      chan int
}

// serveIn starts `serve` on a data directory with a mail server of its own.
func serveIn(t *testing.T, dir string, more ...string) *program {
	t.Helper()
	mails := make(chan notify.Received, 1000)
	sink, err := notify.NewSink(notify.SinkOptions{Accept: func(r notify.Received) { mails <- r }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Close() })
	p := &program{t: t, mails: mails, pages: freePort(t), ops: freePort(t), out: newBuffer(), errs: newBuffer(), ended: make(chan int, 1)}
	_, port, _ := net.SplitHostPort(p.pages)
	p.args = []string{"--data", dir, "--base-url", "http://localhost:" + port, "--desk-place", "Room 12", "--desk-hours", "9-17",
		"--smtp-addr", sink.Addr(), "--smtp-from", "desk@example.org", "--smtp-tls", "none"}
	p.args = append(p.args, more...)
	ctx, stop := context.WithCancel(t.Context())
	p.stop = stop
	go func() {
		p.ended <- run(ctx, append([]string{"serve", "--listen", p.pages, "--ops-listen", p.ops}, p.args...), nil, p.out, p.errs)
	}()
	p.errs.await(t, `"serving"`, p.ended)
	return p
}

// verb runs another command of the program on the same data.
func (p *program) verb(args ...string) (code int, out, errs string) {
	p.t.Helper()
	var o, e bytes.Buffer
	code = run(p.t.Context(), append(args, p.args...), nil, &o, &e)
	return code, o.String(), e.String()
}

func (p *program) get(url string) (int, string) {
	p.t.Helper()
	res, err := http.Get(url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// end stops the server as SIGTERM does and answers its exit code.
func (p *program) end() int {
	p.stop()
	return <-p.ended
}

func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := serveIn(t, dir)
	t.Run("pages are served", func(t *testing.T) {
		if code, _ := p.get("http://" + p.pages + "/login"); code != http.StatusOK {
			t.Fatal(code)
		}
	})
	t.Run("the second listener says that it lives, is ready, and counts without naming anyone", func(t *testing.T) {
		for path, want := range map[string]string{"/livez": "ok", "/readyz": "schema: ok", "/metrics": "countersign_ledger_entries "} {
			if code, body := p.get("http://" + p.ops + path); code != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d %s", path, code, body)
			}
		}
		_, body := p.get("http://" + p.ops + "/metrics")
		for _, series := range []string{`tickets{state="proofing"} 0`, `approvals_total{outcome="approved"} 0`, `redemptions_total{outcome="redeemed"} 0`,
			"outbox_lag_seconds", "build_info{", "database_up 1", `events_total{kind="server.started"} 1`} {
			if !strings.Contains(body, "countersign_"+series) {
				t.Errorf("%s is missing", series)
			}
		}
		if code, _ := p.get("http://" + p.pages + "/metrics"); code != http.StatusNotFound {
			t.Errorf("the public listener answers /metrics with %d", code)
		}
	})
	t.Run("a second server on the same data is refused in words", func(t *testing.T) {
		code, _, errs := p.verb("serve", "--listen", "127.0.0.1:0", "--ops-listen", "off")
		if code != exitNo || !strings.Contains(errs, "another server (process ") {
			t.Fatal(code, errs)
		}
	})
	t.Run("verbs work beside the server: import, invite, verify, doctor", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(file, []byte("id,name,email,email2,phone,population\nada,Ada,ada@example.org,,,privileged\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			args []string
			want string
		}{
			{[]string{"accounts", "import", file}, "imported: 1 added"},
			{[]string{"staff", "invite", "--person", "ada", "--role", "administrator"}, "invite ada http://localhost:"},
			{[]string{"ledger", "verify"}, "ok: "}, {[]string{"ledger", "checkpoint"}, "localhost/countersign-audit/1\n"}, {[]string{"doctor"}, "Founding not signed."},
		} {
			if code, out, errs := p.verb(c.args...); code != exitOK || !strings.Contains(out, c.want) {
				t.Errorf("%v: %d %s%s", c.args, code, out, errs)
			}
		}
	})
	t.Run("it stops in order, and the ledger tells of start and stop with the settings in effect (R56)", func(t *testing.T) {
		if code := p.end(); code != exitOK {
			t.Fatalf("exit code %d: %s", code, p.errs.String())
		}
		started, last := startEntry(t, dir)
		for name, want := range map[string]string{"origin": "serve", "rp-id": "localhost", "version": version, "smtp-tls": "none"} {
			if started[name] != want {
				t.Errorf("%s = %q, want %q", name, started[name], want)
			}
		}
		if !strings.Contains(started["attestation"], "no staff key can be admitted") || last != string(recovery.ServerStopped) {
			t.Errorf("%v, last entry %s", started, last)
		}
		if code, out, errs := p.verb("ledger", "verify"); code != exitOK {
			t.Error(out, errs)
		}
	})
	t.Run("R58 the demo refuses this data", func(t *testing.T) {
		var errs bytes.Buffer
		if code := run(t.Context(), []string{"demo", "--data", dir, "--listen", "127.0.0.1:0"}, nil, io.Discard, &errs); code != exitNo || !strings.Contains(errs.String(), "did not make") {
			t.Fatal(code, errs.String())
		}
	})
	t.Run("an older copy of the database that was put back starts no server (T11)", func(t *testing.T) { restored(t, dir) })
}

func startEntry(t *testing.T, dir string) (started map[string]string, last string) {
	t.Helper()
	s, err := store.OpenRead(t.Context(), store.Config{Path: filepath.Join(dir, "countersign.db"), Clock: (&clock{}).Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows, err := s.View().LedgerEntries(t.Context(), store.LedgerFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Entry.Kind == string(recovery.ServerStarted) {
			started = r.Entry.Data
		}
	}
	return started, rows[0].Entry.Kind
}

// restored copies the database, lets the server live on, and puts the copy back.
func restored(t *testing.T, dir string) {
	path := filepath.Join(dir, "countersign.db")
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := serveIn(t, dir)
	p.end()
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		os.Remove(path + suffix)
	}
	code, _, errs := p.verb("serve", "--listen", "127.0.0.1:0", "--ops-listen", "off")
	if code != exitNo || !strings.Contains(errs, "the database is older than") {
		t.Fatal(code, errs)
	}
}

func TestDemoOverHTTP(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	half := func(name string) {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("0\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{clockFile, "countersign.db", "keys/pepper"} {
		half(name) // what a seeding that was cut short leaves
	}
	out, errs, ended := newBuffer(), newBuffer(), make(chan int, 1)
	ctx, stop := context.WithCancel(t.Context())
	addr := freePort(t)
	go func() { ended <- run(ctx, []string{"demo", "--listen", addr, "--data", dir}, nil, out, errs) }()
	_, port, _ := net.SplitHostPort(addr)
	ready := "ready http://localhost:" + port + "\n"
	out.await(t, ready, ended)
	t.Run("invitations are printed before ready, and nothing else is", func(t *testing.T) {
		text := out.String()
		if strings.Count(text, "\n") != 8 || !strings.HasSuffix(text, ready) || strings.Count(text, "invite ") != 7 {
			t.Fatalf("%s", text)
		}
	})
	p := &program{t: t}
	t.Run("the mailboxes have what was sent last", func(t *testing.T) {
		if code, body := p.get("http://localhost:" + port + "/demo/mail"); code != http.StatusOK || !strings.Contains(body, "example.org") {
			t.Fatal(code)
		}
	})
	t.Run("the clock moves forward by a form", func(t *testing.T) {
		for by, want := range map[string]int{"24h": http.StatusOK, "-24h": http.StatusUnprocessableEntity} {
			r, _ := http.NewRequest(http.MethodPost, "http://localhost:"+port+"/demo/clock", strings.NewReader("by="+by))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Accept", "application/json")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s: %d, want %d", by, res.StatusCode, want)
			}
		}
		raw, err := os.ReadFile(filepath.Join(dir, clockFile))
		if err != nil || strings.TrimSpace(string(raw)) != fmt.Sprint(recovery.Day) {
			t.Fatalf("%s, %v", raw, err)
		}
	})
	stop()
	if code := <-ended; code != exitOK {
		t.Fatal(code, errs.String())
	}
}
