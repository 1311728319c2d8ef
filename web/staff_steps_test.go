package web_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

// The step of a ticket: the ways that can be used to choose from, the others with
// the reason, and nothing on the public page that the caller could learn from.
func TestR61_TheWaysOfAStep(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	who := s.Found()
	agent := s.staff(who)
	k, secret := s.Claimed(who, "ana")
	holder := s.claimedBy(secret)
	at := "/tickets/" + k.Reference
	t.Run("what is struck off is named with the reason, on the staff page only", func(t *testing.T) {
		text := page(t, agent.get(at)).Find("main").Text()
		for _, want := range []string{"the device that is gone may hold this number", "The account has no backup codes.", "Cannot start yet", "Needs step 1.", "In progress", "May carry a proof"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		public := page(t, holder.get("/recover/ticket")).Find("main").Text()
		for _, secret := range []string{"struck", "device that is gone", "backup codes", "on record for"} {
			if strings.Contains(public, secret) {
				t.Errorf("the claimed page tells %q", secret)
			}
		}
	})
	t.Run("the claimed page has a field for what is open and for nothing else", func(t *testing.T) {
		doc := page(t, holder.get("/recover/ticket"))
		if n := doc.Find("input[name=code], input[name=password]").Length(); n != 0 {
			t.Errorf("%d fields before a code was sent", n)
		}
		expect(t, agent.post(at+"/steps/code", "method", "mail-code", "address", "ana-mail-1"), http.StatusSeeOther)
		doc = page(t, holder.get("/recover/ticket"))
		if doc.Find("input[name=code]").Length() != 1 || doc.Find("input[name=password]").Length() != 0 {
			t.Error("not the one field for the code")
		}
		expect(t, holder.post("/recover/ticket/code", "code", s.Code(k.ID)), http.StatusSeeOther)
		doc = page(t, holder.get("/recover/ticket"))
		if doc.Find("input[name=code]").Length() != 0 || doc.Find("input[name=password]").Length() != 1 {
			t.Error("not the one field for the password")
		}
	})
	t.Run("not possible asks why, and goes on by what is worth as much", func(t *testing.T) {
		doc := page(t, agent.get(at))
		if text := doc.Find("details").Text(); !strings.Contains(text, "worth at least as much") && !strings.Contains(text, "another of its ways") {
			t.Errorf("the form says %q", text)
		}
		res := agent.post(at+"/steps/second/not-possible", "method", "password", "why", "")
		expect(t, res, http.StatusUnprocessableEntity)
		expect(t, agent.post(at+"/steps/second/not-possible", "method", "password", "why", "Has forgotten it"), http.StatusSeeOther)
		if text := page(t, agent.get(at)).Find("main").Text(); !strings.Contains(text, "In person with badge and document") {
			t.Errorf("the page says %q", text)
		}
	})
	t.Run("a signal is recorded and shown as one", func(t *testing.T) {
		expect(t, agent.post(at+"/signals", "topic", "", "knew", "knew"), http.StatusUnprocessableEntity)
		expect(t, agent.post(at+"/signals", "topic", recovery.Topics[1], "knew", "did-not-know", "signal-note", "hesitated"), http.StatusSeeOther)
		text := page(t, agent.get(at)).Find("#signals").Parent().Text()
		if !strings.Contains(text, "did not know: manager's name") || !strings.Contains(text, "proves nothing") {
			t.Errorf("the panel says %q", text)
		}
	})
	t.Run("an administrator dates a training; the person's page shows it", func(t *testing.T) {
		admin := s.staff(s.Staff("admin", recovery.Administrator))
		expect(t, admin.post("/staff/agent/training", "trained", "soon"), http.StatusUnprocessableEntity)
		expect(t, admin.post("/staff/agent/training", "trained", recovery.UTC(s.Clock.Now())[:10]), http.StatusSeeOther)
		if text := page(t, admin.get("/staff/agent")).Find("main").Text(); !strings.Contains(text, "Trained to compare people with documents on") {
			t.Errorf("the page says %q", text)
		}
	})
}
