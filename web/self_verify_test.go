package web_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/codes"
)

// "Is this really us?" in the browser, without scripts: what it says, and that it
// says nothing else.
func TestR3_ReverseCheckPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.Found()
	agent := s.staff(a)
	k, _ := s.AtPerson(a, "ana")
	at := "/tickets/" + k.Reference
	anon := s.stranger()
	// volatile is what differs between any two answers: the id of the layout's forms.
	volatile := regexp.MustCompile(`name="request" value="[^"]*"`)
	body := func(res *http.Response) string {
		t.Helper()
		expect(t, res, http.StatusOK)
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return volatile.ReplaceAllString(string(b), "")
	}
	stray, _ := codes.Match([]byte("other"), "x")
	t.Run("the start page and every public footer lead there, and nothing is indexed", func(t *testing.T) {
		if page(t, anon.get("/recover")).Find(`main a[href="/verify-us"]`).Length() == 0 || page(t, anon.get("/report")).Find(`footer a[href="/verify-us"]`).Length() != 1 {
			t.Error("no link")
		}
		if v := anon.get("/verify-us").Header.Get("X-Robots-Tag"); !strings.Contains(v, "noindex") {
			t.Errorf("%q", v)
		}
		if page(t, agent.get("/queue")).Find(`footer a[href="/verify-us"]`).Length() != 0 {
			t.Error("staff are led there")
		}
	})
	t.Run("before a call the ticket has no code to read out", func(t *testing.T) {
		if text := page(t, agent.get(at+"?method=call-back")).Find("main").Text(); strings.Contains(text, "Match code") {
			t.Error("a match code without a call")
		}
	})
	expect(t, agent.post(at+"/steps/person", "method", "call-back", "do", "call", "address", "ana-phone"), http.StatusSeeOther)
	code := regexp.MustCompile(`[0-9A-Z]{3}-[0-9A-Z]{3}`).FindString(page(t, agent.get(at+"?method=call-back")).Find("details .say").Text())
	var words string
	t.Run("for the call it says who, since when and which way, and nothing about the account", func(t *testing.T) {
		doc := page(t, anon.post("/verify-us", "code", strings.ToLower(code)))
		words = doc.Find("main strong.reference").Text()
		text := doc.Find("main").Text()
		if len(strings.Fields(words)) != 2 || !strings.Contains(text, "We placed this call") || !strings.Contains(text, "on record") {
			t.Errorf("%.400s", text)
		}
		for _, leak := range []string{"ana", k.Reference, "1632", code} {
			if strings.Contains(text, leak) {
				t.Errorf("%q is said", leak)
			}
		}
	})
	t.Run("the agent's page does not show the page's half and takes it", func(t *testing.T) {
		doc := page(t, agent.get(at+"?method=call-back"))
		if strings.Contains(doc.Find("main").Text(), words) {
			t.Error("the desk reads the page's half")
		}
		res := agent.post(at+"/steps/person", "method", "call-back", "do", "match", "match", "nobody said")
		expect(t, res, http.StatusUnprocessableEntity)
		if doc := page(t, res); doc.Find("details[open] input[name=match]").AttrOr("value", "") != "nobody said" {
			t.Error("what was typed is gone")
		}
		expect(t, agent.post(at+"/steps/person", "method", "call-back", "do", "match", "match", words), http.StatusSeeOther)
		if text := page(t, agent.get(at+"?method=call-back")).Find("details").Text(); !strings.Contains(text, "The words were right") {
			t.Errorf("%.300s", text)
		}
	})
	t.Run("every code of no call has one answer, whether the lane is open or closed", func(t *testing.T) {
		expect(t, agent.post(at+"/steps/person", "method", "call-back", "do", "unanswered"), http.StatusSeeOther)
		want := body(anon.post("/verify-us", "code", stray))
		if got := body(anon.post("/verify-us", "code", code)); got != want {
			t.Error("a code that has ended is told apart")
		}
		for range 40 {
			if body(anon.post("/verify-us", "code", stray)) != want {
				t.Fatal("the answer changes")
			}
		}
		if !strings.Contains(want, "Hang up") || !strings.Contains(want, `href="/report"`) {
			t.Error("it does not say what to do")
		}
	})
	t.Run("a typing mistake is named and keeps nothing", func(t *testing.T) {
		res := anon.post("/verify-us", "code", "ABC")
		expect(t, res, http.StatusUnprocessableEntity)
		if v := page(t, res).Find("input[name=code]").AttrOr("value", ""); v != "" {
			t.Errorf("%q", v)
		}
	})
}
