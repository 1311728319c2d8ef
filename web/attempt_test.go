package web_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// S1 as the second agent sees it.
func TestR13_S1_TheSecondCallOpensWithARedBand(t *testing.T) {
	s := newSite(t)
	first := s.Found()
	k := s.Opened(first, "ana")
	agent := s.staff(first)
	t.Run("the agent ends the proofing of a caller who cannot do it, with words", func(t *testing.T) {
		expect(t, agent.get("/tickets/"+k.Reference+"/failure"), http.StatusOK)
		expect(t, agent.post("/tickets/"+k.Reference+"/failure", "reason", ""), http.StatusUnprocessableEntity)
		expect(t, agent.post("/tickets/"+k.Reference+"/failure", "reason", "Reads none of her mailboxes"), http.StatusSeeOther)
	})
	s.Clock.Add(10 * recovery.Minute)
	second := s.staff(s.Staff("second", recovery.Agent))
	form := []string{"account", "ana", "event", "device-loss", "device", "lost", "lock", "locked", "intake", "phone", "reason", "Phone lost", "source"}
	t.Run("the same number: a red link to the first, and no way to open", func(t *testing.T) {
		doc := page(t, second.post("/tickets/new", append(form, "+44 20 7946 0999")...))
		band := doc.Find(".message.stop").First()
		if band.Find(`a[href="/tickets/`+k.Reference+`"]`).Length() != 1 || !strings.Contains(band.Text(), "failed at \"Code to a registered mailbox\"") {
			t.Errorf("the band says %q", band.Text())
		}
		if doc.Find(`form[action="/tickets"]`).Length() != 0 || !strings.Contains(doc.Find("main").Text(), "UTC on.") {
			t.Errorf("the page says %q", doc.Find("main").Text())
		}
		if strings.Contains(doc.Find("main").Text(), "0999") {
			t.Error("the number is not masked")
		}
	})
	t.Run("another number: the same red band, and the ticket can be opened", func(t *testing.T) {
		doc := page(t, second.post("/tickets/new", append(form, "+44 1632 960001")...))
		if doc.Find(".message.stop").Length() != 1 || doc.Find(`form[action="/tickets"]`).Length() != 1 || !strings.Contains(doc.Find("main").Text(), "phone, …01") {
			t.Errorf("the page says %q", doc.Find("main").Text())
		}
	})
	t.Run("without a number the form asks for one and keeps the rest", func(t *testing.T) {
		res := second.post("/tickets/new", append(form, "")...)
		expect(t, res, http.StatusUnprocessableEntity)
		if doc := page(t, res); doc.Find(`.summary a[href="#f-source"]`).Length() != 1 || doc.Find("textarea[name=reason]").Text() != "Phone lost" {
			t.Error("the form does not say what is missing, or forgot what was typed")
		}
	})
	t.Run("a lead sees how often an agent called a step not possible", func(t *testing.T) {
		if text := page(t, second.get("/staff/agent")).Find("main").Text(); !strings.Contains(text, "Steps called not possible") {
			t.Errorf("the page says %q", text)
		}
	})
	t.Run("the caller's page says nothing about which step it was", func(t *testing.T) {
		holder := s.stranger()
		o := s.Opened(first, "bo")
		expect(t, holder.post("/recover/ticket", "reference", o.Reference), http.StatusSeeOther)
		if err := s.Desk.FailProofing(t.Context(), first, o.Reference, "Reads none of her mailboxes"); err != nil {
			t.Fatal(err)
		}
		text := page(t, holder.get("/recover/ticket")).Find("main").Text()
		for _, word := range []string{"ode to a registered", "none of her", desktest.Password} {
			if strings.Contains(text, word) {
				t.Errorf("%q is on the caller's page: %q", word, text)
			}
		}
	})
}
