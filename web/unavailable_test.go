package web_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

// T18: a full disk is a 503 in words, nothing is half done, and the server goes
// on by itself when there is room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Found()
	agent := s.Staff("full-agent", recovery.Agent)
	ticket := s.Opened(agent, "full")
	b := s.staff(agent)
	note := func() *http.Response {
		return b.post("/tickets/"+ticket.Reference+"/notes", "note", strings.Repeat("a note that takes room ", 80))
	}
	expect(t, note(), http.StatusSeeOther)

	s.SQLExec("PRAGMA max_page_count = 1") // SQLite takes the size the file has now
	size := s.LedgerSize()
	refused := 0
	for range 200 { // free pages are used up first
		res := note()
		if res.StatusCode == http.StatusSeeOther {
			size = s.LedgerSize()
			continue
		}
		expect(t, res, http.StatusServiceUnavailable)
		if h1 := page(t, res).Find("h1").Text(); h1 != "Not saved" {
			t.Errorf("h1 %q", h1)
		}
		if refused++; refused == 3 {
			break
		}
	}
	if refused != 3 || s.LedgerSize() != size {
		t.Errorf("%d refused, ledger %d, was %d", refused, s.LedgerSize(), size)
	}
	if res := b.get("/tickets/" + ticket.Reference); res.StatusCode != http.StatusOK {
		t.Errorf("reading while the disk is full: %d", res.StatusCode)
	}

	s.SQLExec("PRAGMA max_page_count = 1073741823")
	expect(t, note(), http.StatusSeeOther)
	s.Verify()
}
