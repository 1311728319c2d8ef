package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

func TestSavedViewsOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.Found()
	agent := s.staff(a)
	s.Opened(a, "ana")
	t.Run("the queue leads to the form, with its filters in canonical form", func(t *testing.T) {
		doc := page(t, agent.get("/queue?tier=reset&risk=high&colour=red"))
		to, _ := doc.Find(`a[href^="/queue/views?query="]`).Attr("href")
		form := page(t, agent.get(to))
		if q, _ := form.Find("input[name=query]").Attr("value"); q != "risk=high&tier=reset&view=open" {
			t.Errorf("would save %q", q)
		}
	})
	t.Run("a view without a name keeps what was typed", func(t *testing.T) {
		res := agent.post("/queue/views", "query", "tier=reset&view=mine", "team", "yes")
		expect(t, res, http.StatusUnprocessableEntity)
		doc := page(t, res)
		if doc.Find(`input[name=query][value="tier=reset&view=mine"]`).Length() != 1 || doc.Find("input[name=team][checked]").Length() != 1 {
			t.Error("the form lost what it held")
		}
	})
	expect(t, agent.post("/queue/views", "name", "Resets", "query", "tier=reset&view=mine&evil=1"), http.StatusSeeOther)
	t.Run("it stands among the views and is marked while it is shown", func(t *testing.T) {
		link := page(t, agent.get("/queue?tier=reset&view=mine")).Find(`.views a[aria-current]`)
		if to, _ := link.Attr("href"); to != "/queue?tier=reset&view=mine" || !strings.Contains(link.Text(), "Resets") || link.Length() != 1 {
			t.Errorf("marked is %q to %q", link.Text(), to)
		}
	})
	t.Run("it is renamed and removed by plain forms", func(t *testing.T) {
		at, _ := page(t, agent.get("/queue/views")).Find(`form[action^="/queue/views/"]`).Attr("action")
		expect(t, agent.post(at, "name", "Mine, resets"), http.StatusSeeOther)
		if text := page(t, agent.get("/queue/views")).Find("main").Text(); !strings.Contains(text, "Mine, resets") {
			t.Errorf("shows %q", text)
		}
		expect(t, agent.post(at+"/removal"), http.StatusSeeOther)
		expect(t, agent.post(at+"/removal"), http.StatusNotFound)
	})
	t.Run("each filter is a chip that takes it away, and none fitting says how many there are", func(t *testing.T) {
		doc := page(t, agent.get("/queue?q=tier:pass+is:proofing+assignee:me"))
		if doc.Find("main").Length() != 0 {
			t.Fatal("filters typed as words were not rewritten")
		}
		doc = page(t, agent.get("/queue?assignee=me&state=proofing&tier=pass&view=open"))
		if text := doc.Find(".empty").Text(); !strings.Contains(text, "No tickets match 3 filters.") || doc.Find(`.empty a[href="/queue?view=open"]`).Length() != 1 {
			t.Errorf("says %q", text)
		}
		if doc.Find(`.chips a[href="/queue?assignee=me&state=proofing&view=open"]`).Length() != 1 {
			t.Error("no chip takes the tier away")
		}
	})
}

func TestDeskWorkOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.Found()
	b := s.Staff("other", recovery.Agent)
	agent, other := s.staff(a), s.staff(b)
	k, _ := s.Claimed(a, "ana")
	at := "/tickets/" + k.Reference
	words := func(res *http.Response) string {
		var out struct{ Words string }
		expect(t, res, http.StatusOK)
		if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		return out.Words
	}
	t.Run("a draft is saved while it is typed and offered back", func(t *testing.T) {
		if got := words(agent.post(at+"/draft", "note", "half a sentence")); !strings.HasPrefix(got, "Saved at ") {
			t.Errorf("says %q", got)
		}
		if got := page(t, agent.get(at)).Find("textarea[name=note]#f-new-note").Text(); got != "half a sentence" {
			t.Errorf("the field holds %q", got)
		}
		if got := page(t, other.get(at)).Find("#f-new-note").Text(); got != "" {
			t.Errorf("a colleague reads %q", got)
		}
	})
	t.Run("the header says whose it is, with the time left; keys never approve", func(t *testing.T) {
		doc := page(t, agent.get(at))
		if text := doc.Find("#work > .facts").Text(); !strings.Contains(text, "Yours until ") || doc.Find("#work > .facts time[data-countdown]").Length() < 2 {
			t.Errorf("the header says %q", text)
		}
		for _, key := range []string{"n", "h", "s"} {
			if doc.Find(`[data-key="`+key+`"][aria-keyshortcuts="`+key+`"]`).Length() != 1 {
				t.Errorf("no one place for the key %s", key)
			}
		}
		if n := doc.Find(`form[action$="/approval"] [data-key], form[action*="/steps/"] [data-key]`).Length(); n != 0 {
			t.Errorf("%d keys issue or approve", n)
		}
	})
	t.Run("taking over asks for a reason, and the loser is told whose it is and keeps the words", func(t *testing.T) {
		expect(t, other.post(at+"/lease", "reason", ""), http.StatusUnprocessableEntity)
		expect(t, other.post(at+"/lease", "reason", "agreed"), http.StatusSeeOther)
		if got := words(agent.post(at+"/draft", "note", "half a sentence more")); !strings.Contains(got, "Name of other took over at ") || !strings.HasSuffix(got, "Your note is kept below.") {
			t.Errorf("says %q", got)
		}
		doc := page(t, agent.get(at))
		if text := doc.Find(".message").Text(); !strings.Contains(text, "Your note is kept below.") || doc.Find("#f-new-note").Text() != "half a sentence more" {
			t.Errorf("the page says %q", text)
		}
	})
	t.Run("what was typed into a step is kept below when the lease is gone", func(t *testing.T) {
		res := agent.post(at+"/steps/person", "method", "video", "outcome", "no-match", "record", "HR-1", "note", "another face")
		expect(t, res, http.StatusUnprocessableEntity)
		if got := page(t, res).Find("#f-new-note").Text(); got != "another face" {
			t.Errorf("the field holds %q", got)
		}
	})
	t.Run("hold, go on, hand over", func(t *testing.T) {
		expect(t, other.get(at+"/hold"), http.StatusOK)
		res := other.post(at+"/hold", "until", "3", "reason", "kept words")
		expect(t, res, http.StatusUnprocessableEntity)
		if doc := page(t, res); doc.Find("textarea[name=reason]").Text() != "kept words" || doc.Find(".summary").Length() != 1 {
			t.Error("the form lost what was typed")
		}
		expect(t, other.post(at+"/hold", "until", "4", "reason", "fetches the badge"), http.StatusSeeOther)
		if text := page(t, other.get(at)).Find("#work").Text(); !strings.Contains(text, "On hold until") || !strings.Contains(text, "Go on with this ticket") {
			t.Error("the page does not say that the ticket is on hold")
		}
		expect(t, other.post(at+"/resumption"), http.StatusSeeOther)
		doc := page(t, other.get(at+"/handover"))
		if doc.Find(`select[name=to] option[value=agent]`).Length() != 1 || doc.Find(`select[name=to] option[value=other]`).Length() != 0 {
			t.Error("the colleagues are not those of the desk")
		}
		res = other.post(at+"/handover", "note", "kept words")
		expect(t, res, http.StatusUnprocessableEntity)
		if page(t, res).Find("textarea[name=note]").Text() != "kept words" {
			t.Error("the note is lost")
		}
		expect(t, other.post(at+"/handover", "to", "agent", "note", "video is next"), http.StatusSeeOther)
		if text := page(t, agent.get(at)).Find("#work").Text(); !strings.Contains(text, "Yours until ") || !strings.Contains(text, "video is next") {
			t.Error("the receiver does not have it")
		}
	})
	t.Run("the claimed page says that it is on hold", func(t *testing.T) {
		holder := s.stranger()
		k := s.Opened(a, "ben")
		expect(t, holder.post("/recover/ticket", "reference", k.Reference), http.StatusSeeOther)
		expect(t, agent.post("/tickets/"+k.Reference+"/hold", "until", "1", "reason", "x"), http.StatusSeeOther)
		if text := page(t, holder.get("/recover/ticket")).Find("main").Text(); !strings.Contains(text, "put this recovery on hold until") {
			t.Errorf("says %q", text)
		}
	})
	t.Run("New ticket shows the open ticket before anything is typed", func(t *testing.T) {
		if page(t, agent.get("/tickets/new?account=ana")).Find(`a[href="`+at+`"]`).Length() != 1 {
			t.Error("it does not")
		}
	})
	t.Run("the switch for single keys stands on one's own page only", func(t *testing.T) {
		if page(t, agent.get("/staff/agent")).Find("[data-keys-switch]").Length() != 1 || page(t, agent.get("/staff/other")).Find("[data-keys-switch]").Length() != 0 {
			t.Error("it does not")
		}
	})
}
