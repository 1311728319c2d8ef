package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// S1 as the second agent sees it.
func TestR13_S1_TheSecondCallOpensWithARedBand(t *testing.T) {
	t.Parallel()
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
		if band.Find(`a[href="/tickets/`+k.Reference+`"]`).Length() != 1 || !strings.Contains(band.Text(), "failed at \"A code\"") {
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

// R24, R39: the public report of a loss says the same to everybody.
func TestR24_TheReportPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent := s.staff(s.Found())
	s.Account("ana")
	s.Passkey("ana")
	set := s.Codes("ana")
	stranger := s.stranger()
	t.Run("half filled in it says what is missing and keeps the rest", func(t *testing.T) {
		res := stranger.post("/report", "account", "ana")
		expect(t, res, http.StatusUnprocessableEntity)
		if doc := page(t, res); doc.Find(`.summary a[href="#f-what"]`).Length() != 1 || doc.Find(`input[name=account][value=ana]`).Length() != 1 {
			t.Error("it does not say what is missing, or forgot the name")
		}
	})
	known := body(t, stranger.post("/report", "what", "lost-device", "account", "ana"))
	t.Run("known and unknown accounts, right and wrong codes and a closed throttle: the same bytes", func(t *testing.T) {
		for name, form := range map[string][]string{
			"an unknown account":               {"account", "nobody"},
			"reported before":                  {"account", "ana"},
			"a right code":                     {"account", "ana", "code", set[0].String()},
			"a spent code":                     {"account", "ana", "code", set[0].String()},
			"another account's code":           {"account", "nobody", "code", set[1].String()},
			"an unknown account with no owner": {"account", "nobody@one.example"},
		} {
			if got := body(t, stranger.post("/report", append(form, "what", "lost-device")...)); got != known {
				t.Errorf("%s is told apart", name)
			}
		}
		for range recovery.AddressHourly {
			s.Desk.ReportLoss(t.Context(), desktest.Guest, desk.ReportLoss{Account: "nobody", What: "intruder", Code: "00000-00000-00000-00000-00000"})
		}
		if got := body(t, stranger.post("/report", "what", "lost-device", "account", "ana", "code", set[2].String())); got != known {
			t.Error("a closed throttle is told apart")
		}
	})
	s.Work()
	t.Run("the desk sees it in red, on the account and before a ticket", func(t *testing.T) {
		for _, doc := range []*goquery.Document{page(t, agent.get("/accounts/ana")), page(t, agent.post("/tickets/new", "account", "ana", "event", "device-loss",
			"device", "lost", "lock", "locked", "intake", "phone", "source", "withheld", "reason", "Lost"))} {
			if text := doc.Find(".message.stop").First().Text(); !strings.Contains(text, "A loss was reported") || !strings.Contains(text, "proved with a backup code") {
				t.Errorf("the band says %q", text)
			}
		}
	})
	t.Run("an agent takes a report; a refused form keeps its words", func(t *testing.T) {
		s.Account("bo")
		res := agent.post("/accounts/bo/report", "what", "lost-device", "address", "bo-mail-1", "note", "She rang")
		expect(t, res, http.StatusUnprocessableEntity)
		if doc := page(t, res); doc.Find("textarea[name=note]").Text() != "She rang" {
			t.Error("the words are gone")
		}
		expect(t, agent.post("/accounts/bo/report", "what", "lost-device", "address", "bo-phone", "note", "She rang, we called back"), http.StatusSeeOther)
		if text := page(t, agent.get("/accounts/bo")).Find(".message.stop").Text(); !strings.Contains(text, "confirmed on a call-back") {
			t.Errorf("the band says %q", text)
		}
	})
	t.Run("the holder sees it at /me and what to do", func(t *testing.T) {
		if text := page(t, s.holder("ana").get("/me")).Find(".message.stop").Text(); !strings.Contains(text, "That was me: lift it") {
			t.Errorf("the page says %q", text)
		}
		expect(t, s.holder("ana").get("/me/report"), http.StatusOK)
	})
}
