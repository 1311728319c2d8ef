package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

func TestFoundingOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.staff(s.Staff("ada", recovery.Administrator))
	s.Staff("bea", recovery.Administrator)
	s.Staff("app", recovery.Approver, recovery.Reviewer)
	s.SpareKey("app")
	s.Staff("aro", recovery.Approver)
	t.Run("every page says that the founding is not signed; the Staff page says who lacks what", func(t *testing.T) {
		doc := page(t, ada.get("/staff"))
		if doc.Find(".ribbon-founding").Length() != 1 || !strings.Contains(doc.Find("main").Text(), "1 of 2 approver with 2 keys (aro has 1)") {
			t.Error(doc.Find("main").Text())
		}
		if doc.Find(`form[action="/staff/roster"]`).Length() != 0 {
			t.Error("an incomplete roster can be filed")
		}
		expect(t, ada.post("/staff/roster"), http.StatusUnprocessableEntity)
	})
	s.SpareKey("aro")
	if page(t, ada.get("/staff")).Find(`form[action="/staff/roster"]`).Length() != 1 {
		t.Fatal("a complete roster cannot be filed")
	}
	res := ada.post("/staff/roster")
	expect(t, res, http.StatusSeeOther)
	path := res.Header.Get("Location")
	t.Run("it names everybody's keys and waits for all of them", func(t *testing.T) {
		text := page(t, ada.get(path)).Find("main").Text()
		for _, want := range []string{`+ ada "Name of ada": administrator`, "+ key of aro: ", "Signatures needed"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
		if text := page(t, ada.get("/staff")).Find("main").Text(); !strings.Contains(text, "0 of 4 have signed") {
			t.Error(text)
		}
	})
	t.Run("signed by all, the ribbon goes", func(t *testing.T) {
		id := strings.TrimPrefix(path, "/proposals/")
		for _, who := range []string{"ada", "bea", "app", "aro"} {
			if err := s.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: who}, id, recovery.Approve); err != nil {
				t.Fatal(err)
			}
		}
		doc := page(t, ada.get("/staff"))
		if doc.Find(".ribbon-founding").Length() != 0 || strings.Contains(doc.Find("main").Text(), "Founding roster") {
			t.Error("it is still there")
		}
	})
}

func TestTheBandOfBreakGlass(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, id := range []string{"cus", "cut", "new"} {
		s.Person(id, "")
	}
	made, err := s.Desk.MakeSheets(t.Context(), desk.Actor{Kind: desk.Machine}, []string{"cus", "cut"})
	if err != nil {
		t.Fatal(err)
	}
	agent, aud := s.staff(s.Staff("agent", recovery.Agent)), s.staff(s.Staff("aud", recovery.Auditor))
	if _, err := s.Desk.OpenGlass(t.Context(), desk.Actor{Kind: desk.Machine}, desk.BreakGlass{Codes: []string{made[0].Code, made[1].Code}, Persons: []string{"new"}}); err != nil {
		t.Fatal(err)
	}
	band := func(b *browser, path string) int {
		return page(t, b.get(path)).Find(".ribbon-break-glass").Length()
	}
	t.Run("it stands on every staff page and on no public one", func(t *testing.T) {
		for _, path := range []string{"/queue", "/staff", "/proposals", "/staff/agent"} {
			if band(agent, path) != 1 {
				t.Errorf("%s shows no band", path)
			}
		}
		if band(s.stranger(), "/recover") != 0 || band(s.stranger(), "/login") != 0 {
			t.Error("the public reads about it")
		}
	})
	t.Run("only an auditor is asked to acknowledge it, and a key does", func(t *testing.T) {
		const form = `form[action^="/break-glass/"]`
		if page(t, agent.get("/staff")).Find(form).Length() != 0 {
			t.Error("an agent is asked")
		}
		action, _ := page(t, aud.get("/staff")).Find(form).Attr("action")
		res := aud.post(action + "/challenge")
		expect(t, res, http.StatusOK)
		var touch desk.Touch
		if err := json.NewDecoder(res.Body).Decode(&touch); err != nil {
			t.Fatal(err)
		}
		expect(t, aud.post(action, "challenge", touch.ID, "response", string(s.Touch("aud", touch.Options))), http.StatusSeeOther)
		if band(agent, "/queue") != 0 {
			t.Error("the band is still there")
		}
	})
}
