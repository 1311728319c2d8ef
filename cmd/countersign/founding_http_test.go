package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const foundersCSV = `id,name,email,email2,phone,population,department,manager_id
ada,Ada Adams,ada@example.org,,,privileged,,
bo,Bo Bell,bo@example.org,,,privileged,,
cy,Cy Cole,cy@example.org,,,privileged,,
di,Di Dorn,di@example.org,,,privileged,,
ed,Ed Elm,ed@example.org,,,privileged,,
fi,Fi Finn,fi@example.org,,,privileged,,
`

// R28 over HTTP: a server is founded from nothing by two people who confirm
// each other's keys, and everyone after them needs two hands and 72 hours.
func TestR28_FoundingAServer(t *testing.T) {
	p := serveIn(t, filepath.Join(t.TempDir(), "data"), "--attestation", "unverified")
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte(foundersCSV), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := p.verb("accounts", "import", file); code != exitOK {
		t.Fatal(out, errs)
	}
	ada, bo := p.visitor(), p.visitor()
	t.Run("the console shows the first two administrators' links, and their keys do not count by themselves", func(t *testing.T) {
		for id, v := range map[string]*visitor{"ada": ada, "bo": bo} {
			code, out, errs := p.verb("staff", "invite", "--person", id, "--role", "administrator")
			link, shown := strings.CutPrefix(strings.TrimSpace(out), "invite "+id+" ")
			if code != exitOK || !shown {
				t.Fatal(code, out, errs)
			}
			if print := v.register(link); len(print) != 39 {
				t.Errorf("fingerprint %q", print)
			}
			if got := v.get(strings.TrimPrefix(link, v.base)); got.code != http.StatusGone {
				t.Errorf("the used link answers %d", got.code)
			}
			if to := v.signIn(); to != "/staff/"+id {
				t.Errorf("sign-in leads to %s", to)
			}
		}
		p.doctorSays(t, "counting now: 0 of 2 administrator, 0 of 2 approver with 2 keys, 0 of 1 reviewer")
	})
	t.Run("they confirm each other; both count from the second confirmation", func(t *testing.T) {
		if got := ada.confirm("ada"); got.code == http.StatusSeeOther {
			t.Error("a key confirmed itself")
		}
		if got := ada.confirm("bo"); got.code != http.StatusSeeOther {
			t.Fatal(got)
		}
		p.doctorSays(t, "counting now: 0 of 2 administrator")
		if got := bo.confirm("ada"); got.code != http.StatusSeeOther {
			t.Fatal(got)
		}
		p.doctorSays(t, "counting now: 0 of 2 approver with 2 keys, 0 of 1 reviewer")
	})
	t.Run("from then on the console shows no link", func(t *testing.T) {
		code, out, errs := p.verb("staff", "invite", "--person", "fi", "--role", "administrator")
		if code != exitOK || strings.Contains(out, "http") {
			t.Fatal(code, out, errs)
		}
	})
	hands := map[string]*visitor{}
	t.Run("an invited person's key is confirmed by the other administrator and decides nothing for 72 hours", func(t *testing.T) {
		for id, role := range map[string]string{"cy": "approver", "di": "reviewer", "ed": "agent"} {
			hands[id] = p.hire(ada, bo, id, role)
			if text := bo.page(bo.get("/staff/" + id)).Find("main").Text(); !strings.Contains(text, "counts from") {
				t.Errorf("%s: page says %q", id, text)
			}
		}
		p.doctorSays(t, "counting now: 0 of 2 approver with 2 keys, 0 of 1 reviewer")
	})
	t.Run("no real ticket runs until the house can finish one", func(t *testing.T) {
		agent := hands["ed"]
		if got := agent.get("/tickets/new?q=finn"); got.code != http.StatusForbidden {
			t.Errorf("an agent whose role does not count yet searches: %d", got.code)
		}
		if got := agent.post("/tickets", "account", "fi", "event", "device-loss", "device", "lost", "lock", "locked", "intake", "call", "reason", "Lost."); got.code != http.StatusForbidden {
			t.Errorf("an agent whose role does not count yet opens: %d", got.code)
		}
	})
	t.Run("every page says that the founding is not signed", func(t *testing.T) {
		for v, paths := range map[*visitor][]string{ada: {"/staff", "/staff/bo", "/accounts", "/audit"}, hands["ed"]: {"/staff/ed"}, p.visitor(): {"/login", "/recover", "/nowhere"}} {
			for _, path := range paths {
				if got := v.get(path); !strings.Contains(strings.ToLower(got.body), "founding not signed") {
					t.Errorf("%s (%d) does not", path, got.code)
				}
			}
		}
		p.doctorSays(t, "Founding not signed.")
	})
	t.Run("the metrics name nobody, and the log verifies beside the server", func(t *testing.T) {
		_, body := p.get("http://" + p.ops + "/metrics")
		for _, word := range []string{`"ada"`, `"bo"`, `"cy"`, "Adams", "example.org"} {
			if strings.Contains(body, word) {
				t.Errorf("%q is in the metrics", word)
			}
		}
		if !strings.Contains(body, `countersign_staff_counting{role="administrator"} 2`) {
			t.Error("two administrators count, and the metrics do not say so")
		}
		if code, out, errs := p.verb("ledger", "verify"); code != exitOK {
			t.Error(out, errs)
		}
	})
	t.Run("it stops in order while a page waits for live updates", func(t *testing.T) {
		live, err := ada.http.Get(ada.base + "/events")
		if err != nil || live.StatusCode != http.StatusOK {
			t.Fatal(live, err)
		}
		defer live.Body.Close()
		if code := p.end(); code != exitOK {
			t.Fatal(code, p.errs.String())
		}
		if _, err := io.Copy(io.Discard, live.Body); err != nil {
			t.Error(err)
		}
	})
}

// hire lets one administrator invite and the other confirm; the inviter cannot.
func (p *program) hire(inviter, confirmer *visitor, id, role string) *visitor {
	p.t.Helper()
	if got := inviter.post("/staff", "person", id, "role", role, "group", "north"); got.code != http.StatusSeeOther {
		p.t.Fatalf("invite %s: %d %s", id, got.code, got.body)
	}
	v := p.visitor()
	v.register(p.linkMailed(id + "@example.org"))
	if got := inviter.confirm(id); got.code == http.StatusSeeOther {
		p.t.Errorf("%s's key was confirmed by the inviter", id)
	}
	if got := confirmer.confirm(id); got.code != http.StatusSeeOther {
		p.t.Fatalf("confirm %s: %d %s", id, got.code, got.body)
	}
	v.signIn()
	return v
}

// doctorSays runs doctor beside the server and wants a text in its answer.
func (p *program) doctorSays(t *testing.T, text string) {
	t.Helper()
	if code, out, errs := p.verb("doctor"); code != exitOK || !strings.Contains(out, text) {
		t.Errorf("doctor: %d, does not say %q:\n%s%s", code, text, out, errs)
	}
}
