package e2e

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// product is a running `countersign demo`.
type product struct {
	URL     string              // http://localhost:PORT: a passkey's site cannot be an IP
	Dir     string              // its --data
	Invites map[string][]string // role → links, in the order printed
	Log     string              // file with its standard error

	cmd   *exec.Cmd
	ended chan error
}

// startProduct starts the demo on dir and waits for its ready line. It is
// stopped when the test ends; on failure its log goes to the test's.
func startProduct(t *testing.T, dir string, args ...string) *product {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	args = append([]string{"demo", "--listen", freePort(t), "--data", dir}, args...)
	return startCommand(t, dir, exec.Command(path, args...))
}

func startCommand(t *testing.T, dir string, cmd *exec.Cmd) *product {
	t.Helper()
	p := &product{Dir: dir, Invites: map[string][]string{}, Log: filepath.Join(t.TempDir(), "log"), cmd: cmd, ended: make(chan error, 1)}
	log, err := os.Create(p.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.finish(t) })
	ready := make(chan string, 1)
	go p.watch(stdout, ready)
	select {
	case p.URL = <-ready:
	case err := <-p.ended:
		p.ended <- err
		t.Fatalf("the program ended before it was ready: %v", err)
	case <-time.After(startPatience):
		t.Fatal("the program did not get ready")
	}
	return p
}

// watch reads the program's lines: `invite ROLE URL` until `ready URL`.
func (p *product) watch(stdout io.Reader, ready chan<- string) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		switch field := strings.Fields(lines.Text()); {
		case len(field) == 3 && field[0] == "invite":
			p.Invites[field[1]] = append(p.Invites[field[1]], field[2])
		case len(field) == 2 && field[0] == "ready":
			ready <- field[1]
			_, _ = io.Copy(io.Discard, stdout)
		}
	}
	p.ended <- p.cmd.Wait()
}

// Stop ends the program the graceful way and fails the test if it does not end
// well.
func (p *product) Stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		p.ended <- err
		if err != nil {
			t.Errorf("the program ended with %v", err)
		}
	case <-time.After(startPatience):
		t.Error("the program does not stop")
	}
}

func (p *product) finish(t *testing.T) {
	_ = p.cmd.Process.Kill() // no-op once it has ended
	<-p.ended
	if log, err := os.ReadFile(p.Log); err == nil && t.Failed() {
		t.Logf("the program's log, its last part:\n%s", log[max(0, len(log)-8000):])
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
