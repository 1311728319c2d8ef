package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

func TestR52_ReceiptVerify(t *testing.T) {
	h := desktest.SQLite(t)
	agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
	h.Account("ana")
	_, a := h.Asked("ana", agent)
	g, err := h.Sign(approver, a.ID, recovery.Approve)
	if err != nil {
		t.Fatal(err)
	}
	file, err := h.Desk.Receipt(t.Context(), approver, a.ID, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	receipt, key := write("receipt.json", file), write("log.pub", []byte(h.LogKey+"\n"))
	turned := write("turned.json", bytes.ReplaceAll(file, []byte("decision: approve"), []byte("decision: deny")))
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"with the log key it is valid and says who", []string{receipt, "--log-key", key}, exitOK, `valid: approve by approver ("Name of approver")`},
		{"without the log key it is not tied to a person", []string{receipt}, exitNotTied, "signature valid; key not tied to a person"},
		{"a turned decision is invalid, and nothing of it is repeated", []string{turned, "--log-key", key}, exitNo, "invalid: "},
		{"a file that is not there is a usage error", []string{filepath.Join(dir, "none")}, exitUsage, ""},
		{"a log key that is none is a usage error", []string{receipt, "--log-key", receipt}, exitUsage, ""},
		{"no file is a usage error", nil, exitUsage, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(t.Context(), append([]string{"receipt", "verify"}, c.args...), nil, &out, &errs)
			if code != c.code || !strings.HasPrefix(out.String(), c.says) {
				t.Errorf("exit %d, want %d\n%s%s", code, c.code, out.String(), errs.String())
			}
			if c.code == exitNo && strings.Contains(out.String(), "decision: ") {
				t.Error("an invalid receipt was repeated")
			}
		})
	}
}
