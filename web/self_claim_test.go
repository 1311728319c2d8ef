package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

// The list on the claimed page says whose turn it is once a second person has decided.
func TestTheClaimedPageOfAnApprovedRecovery(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	k := s.Opened(s.Found(), "acc")
	holder := s.stranger()
	expect(t, holder.post("/recover/ticket", "reference", k.Reference), http.StatusSeeOther)
	now := s.Clock.Now()
	for name, at := range map[string]struct {
		accepted, window int64
		state            recovery.State
		last, button     string
	}{
		"in the objection window":                  {now, now + recovery.Hour, recovery.Approved, "Later", ""},
		"in a long one":                            {now, now + recovery.Day, recovery.Approved, "Later", ""},
		"after a long one it waits for its holder": {now - 2*recovery.Day, now - recovery.Day, recovery.Approved, "Waits for you", "I am here: go on"},
		"while the directory works":                {now - recovery.Hour, now, recovery.Executing, "Later", ""},
	} {
		s.SQLExec(fmt.Sprintf(`UPDATE tickets SET state = '%s', notice_accepted = %d, window_ends = %d, due = %d WHERE id = '%s'`, at.state, at.accepted, at.window, now+recovery.Day, k.ID))
		doc := page(t, holder.get("/recover/ticket"))
		tasks := doc.Find("ol.tasks li")
		decision, last := tasks.Eq(tasks.Length()-2).Text(), tasks.Last().Text()
		if !strings.Contains(decision, "Done") || !strings.Contains(last, at.last) {
			t.Errorf("%s: %q, then %q", name, decision, last)
		}
		if got := doc.Find(`form[action="/recover/ticket/back"]`).Text(); !strings.Contains(got, at.button) || at.button == "" && got != "" {
			t.Errorf("%s: the button is %q", name, got)
		}
	}
}
