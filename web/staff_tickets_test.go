package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

const hostile = `<img src=x onerror=alert(1)> "said" & left`

// The assisted journey up to the request, page by page.
func TestAssistedProofing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent := s.staff(s.Found())
	holder := s.stranger()
	s.Account("ana")
	form := []string{"account", "ana", "event", "device-loss", "device", "lost", "lock", "locked", "intake", "phone", "source", "withheld", "reason", hostile}

	t.Run("the search shows enough to choose and nothing more", func(t *testing.T) {
		doc := page(t, agent.get("/tickets/new?q=name+of+ana"))
		if doc.Find(`a[href="/tickets/new?account=ana"]`).Length() != 1 {
			t.Error("the account is not found")
		}
		if text := doc.Find("main").Text(); strings.Contains(text, "@") || !strings.Contains(text, "…01") || strings.Contains(text, "+4416") {
			t.Errorf("the search shows %q", text)
		}
		expect(t, agent.get("/tickets/new?q=a"), http.StatusUnprocessableEntity)
	})
	t.Run("a form that misses something keeps what was typed", func(t *testing.T) {
		res := agent.post("/tickets/new", "account", "ana", "event", "device-loss", "device", "lost", "reason", "kept words")
		expect(t, res, http.StatusUnprocessableEntity)
		doc := page(t, res)
		if doc.Find("textarea[name=reason]").Text() != "kept words" || doc.Find(`input[name=device][value=lost][checked]`).Length() != 1 || doc.Find(".summary").Length() != 1 {
			t.Error("the form lost what was typed, or does not say what is missing")
		}
	})
	t.Run("check before you open says tier, workflow and why, and opens nothing", func(t *testing.T) {
		res := agent.post("/tickets/new", form...)
		expect(t, res, http.StatusOK)
		doc := page(t, res)
		if text := doc.Find("main").Text(); !strings.Contains(text, "TierReset") || !strings.Contains(text, "1 approver") || !strings.Contains(text, "desk-p2-1") {
			t.Errorf("check says %q", text)
		}
		if doc.Find("main img").Length() != 0 || doc.Find(`form[action="/tickets"]`).Length() != 1 {
			t.Error("hostile text became markup, or nothing can be opened")
		}
	})
	t.Run("a stolen device is told where to go", func(t *testing.T) {
		res := agent.post("/tickets/new", "account", "ana", "event", "device-loss", "device", "stolen", "lock", "locked", "intake", "phone", "source", "withheld", "reason", "x")
		doc := page(t, res)
		if text := doc.Find("main").Text(); !strings.Contains(text, "Room 12 (Mon–Fri 9–17)") || doc.Find(`form[action="/tickets"]`).Length() != 0 {
			t.Errorf("a stolen device leads to %q", text)
		}
	})
	doc := page(t, agent.post("/tickets/new", form...))
	request, _ := doc.Find(`form[action="/tickets"] input[name=request]`).Attr("value")
	res := agent.post("/tickets", append(form, "request", request)...)
	expect(t, res, http.StatusSeeOther)
	at := res.Header.Get("Location")
	t.Run("the same form twice leads to the same ticket", func(t *testing.T) {
		again := agent.post("/tickets", append(form, "request", request)...)
		if again.StatusCode != http.StatusSeeOther || again.Header.Get("Location") != at {
			t.Errorf("status %d to %q, want %q", again.StatusCode, again.Header.Get("Location"), at)
		}
	})
	t.Run("the same form anew names the open ticket", func(t *testing.T) {
		res := agent.post("/tickets", form...)
		if doc := page(t, res); res.StatusCode != http.StatusUnprocessableEntity || doc.Find(`a[href="`+at+`"]`).Length() == 0 {
			t.Errorf("status %d, and the open ticket is not linked", res.StatusCode)
		}
	})
	ref := strings.TrimPrefix(at, "/tickets/")
	k, err := s.Store.View().TicketByReference(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("only the step that is open has a form; none takes a code or a password", func(t *testing.T) {
		doc := page(t, agent.get(at))
		if doc.Find(`form[action*="/steps/"]`).Length() != 0 {
			t.Error("a step is open before a browser claimed the ticket")
		}
	})
	res = holder.post("/recover/ticket", "reference", strings.ToLower(ref))
	expect(t, res, http.StatusSeeOther)
	t.Run("R40: another browser is told what an unknown reference is told", func(t *testing.T) {
		other := s.stranger()
		taken, unknown := page(t, other.post("/recover/ticket", "reference", ref)), page(t, other.post("/recover/ticket", "reference", "ZZZZ-ZZZZ"))
		if taken.Find(".summary").Text() != unknown.Find(".summary").Text() {
			t.Errorf("%q is not %q", taken.Find(".summary").Text(), unknown.Find(".summary").Text())
		}
	})
	t.Run("R13: later steps by URL are refused", func(t *testing.T) {
		for _, c := range []struct {
			b    *browser
			path string
		}{{agent, at + "/steps/person"}, {holder, "/recover/ticket/password"}} {
			expect(t, c.b.post(c.path, "password", desktest.Password, "method", "video", "outcome", "match", "record", "HR-1"), http.StatusConflict)
		}
		expect(t, agent.post(at+"/steps/second", "method", "password", "password", desktest.Password), http.StatusConflict)
		expect(t, agent.post(at+"/steps/fresh-code"), http.StatusConflict)
	})
	t.Run("a waiting page looks again by itself", func(t *testing.T) {
		if r := holder.get("/recover/ticket").Header.Get("Refresh"); r == "" {
			t.Error("it does not")
		}
	})
	expect(t, agent.post(at+"/steps/code", "method", "mail-code", "address", "ana-mail-1"), http.StatusSeeOther)
	code := s.Code(k.ID)
	t.Run("the holder types the code; the page keeps still while it does", func(t *testing.T) {
		res := holder.get("/recover/ticket")
		if res.Header.Get("Refresh") != "" || page(t, res).Find("input[name=code]").Length() != 1 {
			t.Error("no field, or the page reloads while something is typed")
		}
		expect(t, holder.post("/recover/ticket/code", "code", "1234"), http.StatusUnprocessableEntity)
		expect(t, holder.post("/recover/ticket/code", "code", code[:4]+" "+code[4:]), http.StatusSeeOther)
	})
	expect(t, holder.post("/recover/ticket/password", "password", "wrong horse"), http.StatusUnprocessableEntity)
	expect(t, holder.post("/recover/ticket/password", "password", desktest.Password), http.StatusSeeOther)
	t.Run("R22: no staff page asks for a secret or shows one", func(t *testing.T) {
		for _, path := range []string{at, "/queue", "/tickets/new", "/reviews"} {
			doc := page(t, agent.get(path))
			if n := doc.Find("input[type=password], input[name*=code], input[autocomplete=one-time-code]").Length(); n != 0 {
				t.Errorf("%s has %d fields for secrets", path, n)
			}
			if html, _ := doc.Html(); strings.Contains(html, code) || strings.Contains(html, "ana@") {
				t.Errorf("%s shows a code or an address", path)
			}
		}
	})
	t.Run("the video form is open, with a cue of the server", func(t *testing.T) {
		doc := page(t, agent.get(at))
		cue, err := s.Store.View().Cue(t.Context(), k.ID, 1)
		if err != nil || !strings.Contains(doc.Find(".say").Text(), cue) {
			t.Errorf("the cue %q is not shown, %v", cue, err)
		}
		res := agent.post(at+"/steps/person", "method", "video", "outcome", "match", "note", "kept note")
		expect(t, res, http.StatusUnprocessableEntity)
		if page(t, res).Find("textarea[name=note]").First().Text() != "kept note" {
			t.Error("the note is lost")
		}
	})
	expect(t, agent.post(at+"/steps/person", "method", "video", "outcome", "match", "record", "HR-0042"), http.StatusSeeOther)
	t.Run("now approval can be asked for", func(t *testing.T) {
		if page(t, agent.get(at)).Find(`form[action="`+at+`/approval"]`).Length() != 1 {
			t.Error("no form asks for approval")
		}
	})
	t.Run("a note stays text", func(t *testing.T) {
		expect(t, agent.post(at+"/notes", "note", hostile), http.StatusSeeOther)
		doc := page(t, agent.get(at))
		if doc.Find("main img").Length() != 0 || !strings.Contains(doc.Find("main").Text(), hostile) {
			t.Error("the note is not shown as it was written")
		}
	})
	t.Run("a live fragment is the workspace alone", func(t *testing.T) {
		doc := page(t, agent.get(at+"?fragment=work"))
		if doc.Find("#work").Length() != 1 || doc.Find("header.top").Length() != 0 {
			t.Error("the fragment is not the workspace alone")
		}
	})
	t.Run("a released claim leads to the new reference", func(t *testing.T) {
		expect(t, agent.post(at+"/claim", "reason", ""), http.StatusUnprocessableEntity)
		res := agent.post(at+"/claim", "reason", "other computer")
		expect(t, res, http.StatusSeeOther)
		if res.Header.Get("Location") == at {
			t.Error("the reference is the old one")
		}
		expect(t, agent.get(at), http.StatusNotFound)
		expect(t, agent.get(res.Header.Get("Location")), http.StatusOK)
		if page(t, holder.get("/recover/ticket")).Find("input[name=reference]").Length() != 1 {
			t.Error("the old browser still holds the ticket")
		}
	})
}

func TestQueueOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.Found()
	agent := s.staff(a)
	k := s.Opened(a, "ana")
	t.Run("filters typed as words become the URL that says the same", func(t *testing.T) {
		res := agent.get("/queue?q=tier:reset+is:expiring+name")
		expect(t, res, http.StatusSeeOther)
		if got := res.Header.Get("Location"); got != "/queue?q=name&tier=reset&view=expiring" {
			t.Errorf("leads to %s", got)
		}
	})
	t.Run("an unknown filter is named and changes nothing", func(t *testing.T) {
		doc := page(t, agent.get("/queue?colour=red&tier=gold&q=sort:name"))
		if text := doc.Find(".chips").Text(); !strings.Contains(text, "Ignored: colour:red") || !strings.Contains(text, "Ignored: tier:gold") || !strings.Contains(text, "Ignored: sort:name") {
			t.Errorf("chips %q", text)
		}
		if doc.Find(`a[href="/tickets/`+k.Reference+`"]`).Length() != 1 {
			t.Error("the ticket is gone")
		}
	})
	t.Run("the fragment holds the rows alone", func(t *testing.T) {
		doc := page(t, agent.get("/queue?fragment=rows"))
		if doc.Find("#rows tr[data-row]").Length() != 1 || doc.Find("header.top").Length() != 0 {
			t.Error("the fragment is not the rows alone")
		}
	})
	t.Run("an empty view says so", func(t *testing.T) {
		if text := page(t, agent.get("/queue?view=closed")).Find(".empty").Text(); !strings.Contains(text, "Nothing is waiting here.") {
			t.Errorf("says %q", text)
		}
	})
	t.Run("nobody reads it without signing in", func(t *testing.T) {
		if res := s.stranger().get("/queue"); res.Header.Get("Location") != "/login" {
			t.Errorf("leads to %q", res.Header.Get("Location"))
		}
	})
}

func TestReviewsOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.Found()
	k := s.Opened(a, "ana")
	s.Write(func(ctx context.Context, tx *store.Tx) error {
		done := k
		done.State, done.Executed, done.Completed, done.ReviewDue = recovery.InReview, tx.Now(), tx.Now(), tx.Now()+recovery.LettersWithin
		return tx.SaveTicket(ctx, k, done)
	})
	reviewer, at := s.staff(desk.Actor{Kind: desk.StaffAct, Person: "founder-4"}), "/tickets/"+k.Reference
	if page(t, reviewer.get("/reviews")).Find(`a[href="`+at+`"]`).Length() != 1 {
		t.Fatal("the ticket is not listed")
	}
	t.Run("the agent finds no review form and is refused by the act", func(t *testing.T) {
		agent := s.staff(a)
		if page(t, agent.get(at)).Find(`form[action="`+at+`/review"]`).Length() != 0 {
			t.Error("there is a form")
		}
		expect(t, agent.post(at+"/review", "finding", "ok"), http.StatusForbidden)
	})
	expect(t, reviewer.post(at+"/review", "finding", "ok", "text", "in order"), http.StatusSeeOther)
	t.Run("closing names the letter that is open", func(t *testing.T) {
		res := reviewer.post(at + "/closing")
		expect(t, res, http.StatusUnprocessableEntity)
		if text := page(t, res).Find(".summary").Text(); !strings.Contains(text, "opening notice") {
			t.Errorf("says %q", text)
		}
	})
	letters, err := s.Store.View().Letters(t.Context(), k.ID)
	if err != nil || len(letters) != 1 {
		t.Fatalf("letters %v, %v", letters, err)
	}
	expect(t, reviewer.get(at+"/letters/"+letters[0].ID), http.StatusOK)
	expect(t, reviewer.post(at+"/letters/"+letters[0].ID), http.StatusSeeOther)
	expect(t, reviewer.post(at+"/closing"), http.StatusSeeOther)
	if s.State(k.ID) != recovery.Closed {
		t.Error("the ticket is not closed")
	}
}
