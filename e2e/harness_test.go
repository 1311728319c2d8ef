package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The harness proves itself here on small pages of its own, so that a green
// product scenario means something.

const plainPage = `<!doctype html><html lang="en"><head><title>Form</title><meta name="viewport" content="width=device-width"></head>
<body><main><h1>Form</h1>
<form method="post" enctype="multipart/form-data">
<label>Account name <input name="account" value="old"></label>
<label>Event <select name="event"><option value="a">Lost device</option><option value="b">Travel</option></select></label>
<label><input type="radio" name="locked" value="yes"> It is locked</label>
<label>List <input type="file" name="list"></label>
<button>Send</button></form>
<noscript>no scripts here</noscript></main></body></html>`

const keyPage = `<!doctype html><html lang="en"><head><title>Key</title><meta name="viewport" content="width=device-width"></head><body><main><h1>Key</h1>
<button id="make">Register</button> <button id="use">Confirm</button> <p id="out" role="status"></p></main>
<script src="/key.js"></script></body></html>`

const keyScript = `const out = document.getElementById("out"), bytes = s => new TextEncoder().encode(s);
const show = p => p.then(s => out.textContent = s, e => out.textContent = e.name);
document.getElementById("make").onclick = () => show(navigator.credentials.create({publicKey: {challenge: bytes("0123456789abcdef"),
	rp: {id: "localhost", name: "x"}, user: {id: bytes("u"), name: "u", displayName: "u"}, pubKeyCredParams: [{type: "public-key", alg: -7}],
	attestation: "direct", authenticatorSelection: {residentKey: "required", userVerification: "required"}}})
	.then(c => "made " + c.authenticatorAttachment));
document.getElementById("use").onclick = () => show(navigator.credentials.get({publicKey: {challenge: bytes("0123456789abcdef"),
	rpId: "localhost", userVerification: "required"}}).then(c => "used, flags " + new Uint8Array(c.response.authenticatorData)[32]));`

const brokenPage = `<!doctype html><html><head><title></title></head><body><div style="width:900px">wide</div><input>
<p style="color:#999;background:#aaa">faint</p></body></html>`

func site(t *testing.T) string {
	mux := http.NewServeMux()
	page := func(path, body string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, body)
		})
	}
	page("/form", plainPage)
	page("/key", keyPage)
	page("/broken", brokenPage)
	mux.HandleFunc("GET /key.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, keyScript)
	})
	mux.HandleFunc("GET /policy", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><title>x</title><p>shown</p><script>document.title = "ran"</script>`)
	})
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseMultipartForm(1 << 20)
		name := ""
		if _, head, err := r.FormFile("list"); err == nil {
			name = head.Filename
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<!doctype html><title>Got</title><p>got %s %s %s %s</p>", r.FormValue("account"), r.FormValue("event"), r.FormValue("locked"), name)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

func TestHarnessForms(t *testing.T) {
	url := site(t)
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run("fills and sends a form by its labels "+name, func(t *testing.T) {
			b := newTab(t)
			if !scripts {
				b.NoScript()
			}
			if status := b.Goto(url + "/form"); status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
			if got := strings.Contains(b.Text("main"), "no scripts here"); got == scripts {
				t.Errorf("scripts on is %v, the page shows the other", scripts)
			}
			file := filepath.Join(t.TempDir(), "people.csv")
			if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			b.Fill("Account name", "u-1001")
			b.Select("Event", "Travel")
			b.Click("radio", "It is locked")
			b.Upload("List", file)
			b.Submit("Send")
			b.WaitText("got u-1001 b yes people.csv")
			b.WaitURL("/form")
		})
	}
	t.Run("knows what a page has and has not", func(t *testing.T) {
		b := newTab(t)
		b.Goto(url + "/form")
		if !b.Has("button", "Send") || b.Has("button", "Delete") || b.Has("link", "Send") {
			t.Error("wrong")
		}
		if status := b.Goto(url + "/nowhere"); status != http.StatusNotFound {
			t.Errorf("status %d", status)
		}
	})
}

func TestHarnessKeys(t *testing.T) {
	url := site(t)
	for name, c := range map[string]struct {
		kind keyKind
		made string
		used string // UP 1, UV 4, BE 8, BS 16
	}{
		"a security key":   {usbKey(), "made cross-platform", "used, flags 5"},
		"a device":         {deviceKey(), "made platform", "used, flags 5"},
		"a synced passkey": {syncedPasskey(), "made platform", "used, flags 29"},
	} {
		t.Run(name+" registers and confirms", func(t *testing.T) {
			b := newTab(t)
			b.Goto(url + "/key")
			key := b.AddKey(c.kind)
			b.Click("button", "Register")
			b.WaitText(c.made)
			b.Click("button", "Confirm")
			b.WaitText(c.used)
			if len(key.Credentials()) != 1 {
				t.Errorf("%d credentials", len(key.Credentials()))
			}
		})
	}
	t.Run("a failed verification is refused, and a key can lie about it", func(t *testing.T) {
		b := newTab(t)
		b.Goto(url + "/key")
		key := b.AddKey(usbKey())
		b.Click("button", "Register")
		b.WaitText("made")
		key.Corrupt(true, false)
		b.Click("button", "Confirm")
		b.WaitText("used, flags 1")
		key.Corrupt(false, false)
		key.Verify(false)
		b.Click("button", "Confirm")
		b.WaitText("NotAllowedError")
	})
	t.Run("a key carried to another person's browser still works there", func(t *testing.T) {
		one, two := newTab(t), newTab(t)
		one.Goto(url + "/key")
		two.Goto(url + "/key")
		key := one.AddKey(usbKey())
		one.Click("button", "Register")
		one.WaitText("made")
		key.MoveTo(two, usbKey())
		two.Click("button", "Confirm")
		two.WaitText("used")
	})
}

func TestHarnessChecks(t *testing.T) {
	url := site(t)
	t.Run("a good page has nothing against it, and a picture is taken", func(t *testing.T) {
		b := newTab(t)
		b.Goto(url + "/key")
		b.CheckPage()
		b.Screenshot("harness")
		if info, err := os.Stat("shots/harness.png"); err != nil || info.Size() < 1000 {
			t.Errorf("no picture: %v", err)
		}
	})
	t.Run("a bad page is found by axe and by reflow", func(t *testing.T) {
		b := newTab(t)
		b.Goto(url + "/broken")
		found := strings.Join(b.Axe(), "\n")
		for _, rule := range []string{"label:", "color-contrast:", "html-has-lang:", "document-title:"} {
			if !strings.Contains(found, rule) {
				t.Errorf("axe does not report %s in\n%s", rule, found)
			}
		}
		if b.Reflow() == "" {
			t.Error("reflow finds nothing")
		}
	})
	t.Run("a content security policy line in the console is found", func(t *testing.T) {
		b := newTab(t)
		b.Goto(url + "/policy")
		b.WaitText("shown")
		if len(policyLines(b.ConsoleErrors())) == 0 {
			t.Errorf("not in %q", b.ConsoleErrors())
		}
		if got := eval[string](b, "document.title"); got != "x" {
			t.Errorf("the inline script ran: %s", got)
		}
		b.console = nil // else this tab fails its test, as it should
	})
}

func TestHarnessProduct(t *testing.T) {
	t.Run("reads invites and the ready line, and stops the program", func(t *testing.T) {
		program := exec.Command("/bin/sh", "-c", `trap 'exit 0' TERM; echo "invite agent http://localhost:1/a"
			echo "invite approver http://localhost:1/b"; echo "invite approver http://localhost:1/c"
			echo "ready http://localhost:1"; read line`)
		hold, err := program.StdinPipe() // it reads until it is told to end
		if err != nil {
			t.Fatal(err)
		}
		defer hold.Close()
		p := startCommand(t, t.TempDir(), program)
		if p.URL != "http://localhost:1" || len(p.Invites["approver"]) != 2 || p.Invites["agent"][0] != "http://localhost:1/a" {
			t.Errorf("got %+v", p)
		}
		p.Stop(t)
	})
}
