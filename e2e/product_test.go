package e2e

import (
	"bufio"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"countersign/internal/store/storetest"
)

// product is a running `countersign demo`.
type product struct {
	URL     string              // http://localhost:PORT: a passkey's site cannot be an IP
	Dir     string              // its --data
	Invites map[string][]string // role → links, in the order printed
	Log     string              // file with its standard error

	dsn   string // "" on SQLite
	cmd   *exec.Cmd
	ended chan error
}

// onSQLite and onPostgres walk a journey on one of the databases.
func onSQLite(t *testing.T, journey func(*testing.T, *product)) {
	t.Run("sqlite", func(t *testing.T) { journey(t, startProduct(t, furnished(t))) })
}

func onPostgres(t *testing.T, journey func(*testing.T, *product)) {
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.PostgresDSN(t)
		p := startProduct(t, t.TempDir(), "--dsn", dsn)
		p.dsn = dsn
		journey(t, p)
	})
}

// furnished is a data folder of the demo, made once for all tests and copied:
// each start prints fresh invitations.
func furnished(t *testing.T) string {
	t.Helper()
	template, err := seeded()
	if err != nil {
		t.Fatalf("seed the demo: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	// CopyFS makes readable for everybody what the product keeps to itself.
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		from, err := os.Stat(filepath.Join(template, strings.TrimPrefix(path, dir)))
		if err != nil {
			return err
		}
		return os.Chmod(path, from.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// seeded starts the demo once and stops it when it is ready.
var seeded = sync.OnceValues(func() (string, error) {
	path, err := binary()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(temporary, "furnished")
	cmd := exec.Command(path, "demo", "--listen", "127.0.0.1:0", "--data", dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "ready ") {
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				return "", err
			}
		}
	}
	return dir, cmd.Wait()
})

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
