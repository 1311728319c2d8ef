package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// person is somebody with a browser and, mostly, a key.
type person struct {
	*tab
	p        *product
	key      *key
	password string // a holder's
}

// joins registers a key by a printed invitation and signs in.
func joins(t *testing.T, p *product, role string) *person {
	t.Helper()
	invites := p.Invites[role]
	if len(invites) == 0 {
		t.Fatalf("no invitation for %s is left", role)
	}
	p.Invites[role] = invites[1:]
	who := &person{tab: newTab(t), p: p}
	who.Goto(invites[0])
	who.key = who.AddKey(usbKey())
	who.Fill("Name of the key", "Blue key")
	who.Click("button", "Register this security key")
	who.WaitText("Your key is registered")
	who.signIn()
	return who
}

func (who *person) signIn() {
	who.t.Helper()
	who.Goto(who.p.URL + "/login")
	who.Click("button", "Sign in with your security key")
	who.WaitText("Sign out")
}

// open goes to one of our pages and expects it to be there.
func (who *person) open(path string) {
	who.t.Helper()
	if status := who.Goto(who.p.URL + path); status != 200 {
		who.t.Fatalf("%s answers %d: %s", path, status, who.Text("main"))
	}
}

// password is what the holder of the story chooses.
const password = "an owl counts nine red kites"

// holder opens the printed link and sets the account up: a password and a
// passkey that stays in this browser.
func holder(t *testing.T, p *product) (who *person, account string) {
	t.Helper()
	who = &person{tab: newTab(t), p: p, password: password}
	who.Goto(p.Invites["holder"][0])
	who.key = who.AddKey(deviceKey())
	account = who.fact("Account")
	who.Fill("Choose a password", password)
	who.Fill("Name of this passkey", "Phone")
	who.Click("button", "Set up and make a passkey")
	who.WaitURL("/me/login")
	return who, account
}

// signInAtMe uses the holder's passkey.
func (who *person) signInAtMe() {
	who.t.Helper()
	who.Goto(who.p.URL + "/me/login")
	who.Click("button", "Sign in with your passkey")
	who.WaitText("Sign out")
}

// fact reads one line of a fact list.
func (b *tab) fact(label string) string {
	b.t.Helper()
	return strings.TrimSpace(eval[string](b, `((want) => { for (const dt of document.querySelectorAll("dt"))
		if (dt.innerText.trim() === want) return dt.nextElementSibling.innerText; return "" })(`+quoted(label)+`)`))
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// shots takes the page in light, in dark and on a phone, when SHOTS=1 asks for it.
func (b *tab) shots(name string) {
	b.t.Helper()
	if os.Getenv("SHOTS") == "" {
		return
	}
	b.settle()
	b.Screenshot(name + "-light")
	b.Dark(true)
	b.settle()
	b.Screenshot(name + "-dark")
	b.Dark(false)
	b.settle()
	b.Size(390, 844)
	b.Screenshot(name + "-phone")
	b.Size(1280, 900)
}

// holdsNone looks for secrets in everything the program wrote: database, keys,
// checkpoints, log.
func (p *product) holdsNone(t *testing.T, secrets ...string) {
	t.Helper()
	files := []string{p.Log}
	err := filepath.WalkDir(p.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	if p.dsn != "" {
		files = append(files, p.dump(t))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) || bytes.Contains(text, []byte(strings.ReplaceAll(secret, "-", ""))) {
				t.Errorf("%s holds the secret %q", filepath.Base(file), secret)
			}
		}
	}
}

// dump writes what PostgreSQL holds into a file.
func (p *product) dump(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dump.sql")
	if out, err := exec.Command("pg_dump", "--data-only", "--file", file, p.dsn).CombinedOutput(); err != nil {
		t.Fatalf("pg_dump: %v\n%s", err, out)
	}
	return file
}
