package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/store"
)

// R57: the machine's console shows links only until two administrators count;
// then it creates no staff that nobody else knows of.
func TestR57_TheConsoleShowsLinksUntilTwoAdministratorsCount(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "people.csv")
	if err := os.WriteFile(file, []byte(demoCSV(demoPeople()[:4])), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	common := []string{"--data", data, "--base-url", "http://localhost:8080", "--attestation", "unverified", "--desk-place", "x", "--desk-hours", "y",
		"--smtp-addr", "127.0.0.1:9", "--smtp-from", "a@example.org", "--smtp-tls", "none"}
	verb := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), append(args, common...), nil, &out, &errs); code != exitOK {
			t.Fatal(code, errs.String())
		}
		return out.String()
	}
	verb("accounts", "import", file)
	t.Run("a fresh house says what is missing", func(t *testing.T) {
		if out := verb("doctor"); !strings.Contains(out, "counting now: 0 of 2 administrator, 0 of 2 approver with 2 keys, 0 of 1 reviewer") {
			t.Fatal(out)
		}
	})
	t.Run("the first links are shown", func(t *testing.T) {
		if out := verb("staff", "invite", "--person", softwareAdmins[0].id, "--role", "administrator"); !strings.HasPrefix(out, "invite "+softwareAdmins[0].id+" http://localhost:8080/invite/") {
			t.Fatal(out)
		}
	})
	a := &app{Context: t.Context(), settings: settings{Data: data, BaseURL: "http://localhost:8080", Instance: "Test", Attestation: "unverified"}, err: &bytes.Buffer{}}
	h, err := openHouse(a, opening{links: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{ctx: t.Context(), house: h, desk: h.desk, keys: newKeys()}
	if err := w.found(); err != nil {
		t.Fatal(err)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	t.Run("a third administrator's link is mailed and not shown", func(t *testing.T) {
		third := seededHands[0].id
		if out := verb("staff", "invite", "--person", third, "--role", "administrator"); strings.Contains(out, "http") || !strings.Contains(out, third) {
			t.Fatal(out)
		}
		if out := verb("doctor"); !strings.Contains(out, "counting now: 0 of 2 approver with 2 keys, 0 of 1 reviewer") {
			t.Fatal(out)
		}
	})
	t.Run("once the roster is signed, the command line files proposals and makes no staff", func(t *testing.T) {
		h, err := openHouse(a, opening{links: true})
		if err != nil {
			t.Fatal(err)
		}
		founded := func(ctx context.Context, tx *store.Tx) error { return tx.SetMeta(ctx, "founded", "test") }
		if err := errors.Join(h.store.Write(t.Context(), founded), h.close()); err != nil {
			t.Fatal(err)
		}
		fourth := seededHands[1].id
		if out := verb("staff", "invite", "--person", fourth, "--role", "agent"); !strings.HasPrefix(out, "filed: Invitation for "+fourth+"\n2 people sign it on the page /proposals/") {
			t.Error(out)
		}
		if out := verb("staff", "role", "--person", softwareAdmins[0].id, "--role", "auditor"); !strings.HasPrefix(out, "filed: Role auditor for "+softwareAdmins[0].id) {
			t.Error(out)
		}
		if out := verb("break-glass", "sheets", "--for", fourth, "--for", softwareAdmins[0].id); !strings.HasPrefix(out, "filed: New break-glass sheets") {
			t.Error(out)
		}
	})
	t.Run("the log verifies", func(t *testing.T) {
		if out := verb("ledger", "verify"); !strings.HasPrefix(out, "ok: ") {
			t.Fatal(out)
		}
	})
}

// R57, S20 on the command line: sheets are printed once, both are typed, and the
// link is printed there; nothing else is needed, no server and no network.
func TestR57_S20_BreakGlassOnTheMachine(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "people.csv")
	if err := os.WriteFile(file, []byte(foundersCSV), 0o600); err != nil {
		t.Fatal(err)
	}
	common := []string{"--data", filepath.Join(dir, "data"), "--base-url", "http://localhost:8080", "--attestation", "unverified"}
	verb := func(typed string, args ...string) (int, string, string) {
		t.Helper()
		var out, errs bytes.Buffer
		code := runIn(t.Context(), append(args, common...), nil, strings.NewReader(typed), &out, &errs)
		return code, out.String(), errs.String()
	}
	if code, _, errs := verb("", "accounts", "import", file); code != exitOK {
		t.Fatal(errs)
	}
	code, out, errs := verb("", "break-glass", "sheets", "--for", "cy", "--for", "di")
	lines := strings.Split(out, "\n")
	if code != exitOK || len(lines) < 3 || !strings.HasPrefix(lines[0], "sheet cy ") || !strings.HasPrefix(lines[1], "sheet di ") {
		t.Fatal(code, out, errs)
	}
	one, two := strings.Fields(lines[0])[2], strings.Fields(lines[1])[2]
	t.Run("one code is not enough, and a wrong one is refused", func(t *testing.T) {
		if code, out, errs := verb(one+"\n", "break-glass", "--for", "ada"); code != exitUsage || out != "" {
			t.Error(code, out, errs)
		}
		if code, out, errs := verb(one+"\n"+one+"\n", "break-glass", "--for", "ada"); code != exitNo || out != "" || !strings.Contains(errs, "sheet-twice") {
			t.Error(code, out, errs)
		}
	})
	t.Run("both print the invitation, once", func(t *testing.T) {
		if code, out, errs := verb(one+"\n"+two, "break-glass", "--for", "ada", "--lost", "bo"); code != exitOK || !strings.HasPrefix(out, "invite ada http://localhost:8080/invite/") {
			t.Error(code, out, errs)
		}
		if code, _, errs := verb(one+"\n"+two+"\n", "break-glass", "--for", "ada"); code != exitNo || !strings.Contains(errs, "sheet-wrong") {
			t.Error(code, errs)
		}
	})
	t.Run("the log verifies", func(t *testing.T) {
		if code, out, errs := verb("", "ledger", "verify"); code != exitOK {
			t.Error(out, errs)
		}
	})
}
