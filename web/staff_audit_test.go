package web_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

func TestAuditPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent := s.Found()
	ada := s.staff(s.Staff("ada", recovery.Auditor))
	s.Account("cy")
	ticket, err := s.Desk.OpenTicket(t.Context(), agent, desk.NewTicket{Account: "cy", Event: recovery.DeviceLoss,
		Facts: recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}, Intake: recovery.ByPhone, Source: "withheld", Reason: "<b>lost</b> on a train"})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the list shows entries, names, the state of the log and a signed checkpoint", func(t *testing.T) {
		res := ada.get("/audit?ticket=" + ticket.Reference)
		expect(t, res, http.StatusOK)
		text := page(t, res).Find("main").Text()
		for _, want := range []string{"ticket.opened", "Name of agent", ticket.Reference, "localhost/countersign-audit/1", "Ticket: " + ticket.Reference} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing", want)
			}
		}
	})
	t.Run("an entry has a page of its own with its side text, escaped, and its proof", func(t *testing.T) {
		href, _ := page(t, ada.get("/audit?kind=ticket.opened")).Find(`tbody a[href^="/audit/"]`).Attr("href")
		res := ada.get(href)
		expect(t, res, http.StatusOK)
		doc := page(t, res)
		if text := doc.Find("main").Text(); !strings.Contains(text, "<b>lost</b> on a train") || !strings.Contains(text, "Checked now") {
			t.Errorf("%s", text)
		}
		if doc.Find(`a[href="/audit?account=cy"]`).Length() == 0 {
			t.Error("nothing leads to everything about the account")
		}
	})
	t.Run("what cannot be read is said at its field, and the rest stays typed", func(t *testing.T) {
		for query, field := range map[string]string{"from=yesterday": "from", "zone=Mars": "zone", "ticket=0000-0000": "ticket", "outcome=great": "outcome", "from=2026-03-02&to=x": "to"} {
			res := ada.get("/audit?actor=agent&" + query)
			expect(t, res, http.StatusUnprocessableEntity)
			doc := page(t, res)
			if doc.Find(`[name="`+field+`"][aria-invalid="true"]`).Length() != 1 {
				t.Errorf("%s: no error at %s", query, field)
			}
			if v, _ := doc.Find(`[name="actor"]`).Attr("value"); v != "agent" {
				t.Errorf("%s: actor %q", query, v)
			}
		}
	})
	t.Run("a moment is read in the reader's zone", func(t *testing.T) {
		// The house's clock stands at 09:00 UTC, which is 10:00 in Berlin.
		for query, n := range map[string]int{
			"from=2026-03-02+09:30&zone=UTC": 0, "from=2026-03-02+09:30&zone=Europe/Berlin": 1, "to=2026-03-02+09:30&zone=Europe/Berlin": 0,
		} {
			res := ada.get("/audit?kind=ticket.opened&" + query)
			expect(t, res, http.StatusOK)
			if got := page(t, res).Find("tbody tr").Length(); got != n {
				t.Errorf("%s: %d rows, want %d", query, got, n)
			}
		}
	})
	t.Run("unknown entries are not found, and agents are refused", func(t *testing.T) {
		expect(t, ada.get("/audit/999999"), http.StatusNotFound)
		expect(t, ada.get("/audit/x"), http.StatusNotFound)
		expect(t, s.staff(agent).get("/audit"), http.StatusForbidden)
		expect(t, s.staff(agent).get("/audit/0"), http.StatusForbidden)
	})
}
