// Package storetest gives tests real databases.
//
// [PostgresDSN] answers with a fresh, empty PostgreSQL database. The first call
// in a test process starts one cluster for it; each call makes a database of its
// own in that cluster. They go with the cluster when the process ends: dropping one
// takes longer than most tests. A test never skips
// because PostgreSQL is missing: it fails and says what to install.
package storetest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// startLimit bounds the making of a cluster. It takes about two seconds.
const startLimit = 90 * time.Second

// PostgresDSN returns the address of a new empty database, for "pgx" through
// database/sql.
func PostgresDSN(tb testing.TB) string {
	tb.Helper()
	return copyOf(tb, "template1")
}

// copyOf returns the address of a new database that is a copy of template.
func copyOf(tb testing.TB, template string) string {
	tb.Helper()
	pg, err := sharedCluster()
	if err != nil {
		tb.Fatalf("storetest: start PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("t%d", pg.next.Add(1))
	if _, err := pg.admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		tb.Fatalf("storetest: create database: %v", err)
	}
	return pg.dsn(name)
}

// sharedCluster is the one cluster of this process.
var sharedCluster = sync.OnceValues(start)

type cluster struct {
	dir   string
	owner string
	admin *sql.DB
	next  atomic.Int64
}

func (c *cluster) dsn(database string) string {
	query := url.Values{"host": {c.dir}}
	return (&url.URL{Scheme: "postgres", User: url.User(c.owner), Path: "/" + database, RawQuery: query.Encode()}).String()
}

// keeper runs the cluster and outlives the test process by a moment: its input
// is a pipe that nobody writes to, and that ends when the process does, however
// that comes about. Then it stops the server and removes the folder.
const keeper = `
bin=$1 dir=$2 owner=$3
trap '' INT TERM HUP
"$bin/initdb" -D "$dir/data" -U "$owner" -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1
made=$?
if [ $made -eq 0 ]; then
	"$bin/postgres" -D "$dir/data" -k "$dir" -h '' -c fsync=off -c full_page_writes=off \
		-c max_connections=200 -c shared_buffers=64MB \
		-c autovacuum=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c checkpoint_timeout=1h 2>&1 &
	server=$!
	cat >/dev/null
	kill -QUIT $server
	wait $server
else
	cat "$dir/initdb.log"
fi
rm -rf "$dir"
exit $made
`

func start() (*cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	owner, credential, err := account()
	if err != nil {
		return nil, err
	}
	// Under /tmp and short: the server's account must reach it, and a socket's
	// path may have 107 bytes.
	dir, err := os.MkdirTemp("/tmp", "countersign-pg-")
	if err != nil {
		return nil, err
	}
	if credential != nil {
		if err := os.Chown(dir, int(credential.Uid), int(credential.Gid)); err != nil {
			return nil, err
		}
	}
	if err := keep(bin, dir, owner, credential); err != nil {
		return nil, err
	}
	c := &cluster{dir: dir, owner: owner}
	if c.admin, err = sql.Open("pgx", c.dsn("postgres")); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	return c, c.admin.PingContext(ctx)
}

// keep starts the keeper and returns when the server takes connections.
func keep(bin, dir, owner string, credential *syscall.Credential) error {
	input, hold, err := os.Pipe()
	if err != nil {
		return err
	}
	log, output, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command("/bin/sh", "-c", keeper, "keeper", bin, dir, owner)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, output, output
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	// A session of its own: Ctrl-C is for the tests, and ends them first.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: credential}
	if err := cmd.Start(); err != nil {
		return err
	}
	_ = input.Close()
	_ = output.Close()
	ready := make(chan error, 1)
	go watch(log, hold, ready)
	select {
	case err := <-ready:
		return err
	case <-time.After(startLimit):
		_ = hold.Close()
		return errors.New("the server did not get ready in time")
	}
}

// watch reads the server's log to its end, so that the server never waits for a
// reader, and holds the keeper's input open as long.
func watch(log, hold *os.File, ready chan<- error) {
	defer hold.Close()
	var tail []string
	lines := bufio.NewScanner(log)
	for started := false; lines.Scan(); {
		if started {
			continue
		}
		tail = append(tail, lines.Text())
		if strings.Contains(lines.Text(), "ready to accept connections") {
			started = true
			ready <- nil
		}
		if strings.Contains(lines.Text(), "FATAL:") {
			break
		}
	}
	ready <- fmt.Errorf("the server ended:\n%s", strings.Join(tail, "\n"))
}

// binaries finds the newest PostgreSQL on this machine.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("no PostgreSQL server on this machine. Install it: apt-get install postgresql")
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return release(a) - release(b) })
	return filepath.Dir(newest), nil
}

// release is the 15 of /usr/lib/postgresql/15/bin/initdb.
func release(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// account is who runs the server: we ourselves, or for root, whom PostgreSQL
// refuses, the account that its package made.
func account() (string, *syscall.Credential, error) {
	if os.Getuid() != 0 {
		me, err := user.Current()
		if err != nil {
			return "", nil, err
		}
		return me.Username, nil, nil
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		return "", nil, fmt.Errorf("PostgreSQL does not run as root and its own account is missing. Install it: apt-get install postgresql: %w", err)
	}
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	if err != nil {
		return "", nil, err
	}
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	if err != nil {
		return "", nil, err
	}
	return owner.Username, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
