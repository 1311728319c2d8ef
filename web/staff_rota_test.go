package web_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

func person(id string) desk.Actor { return desk.Actor{Kind: desk.StaffAct, Person: id} }

func TestR15_RotaPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Found()
	s.Group("founder-3", "security")
	admin, approver := s.staff(person("founder-1")), s.staff(person("founder-3"))
	t.Run("the administrator adds a shift and ends it", func(t *testing.T) {
		expect(t, admin.post("/staff/rota", "person", "founder-3", "day", "1", "day", "3", "begins", "22:00", "ends", "06:00", "zone", "Europe/Berlin", "site", "Leeds"), http.StatusSeeOther)
		doc := page(t, admin.get("/staff/rota"))
		if text := doc.Find("#rota-founder-3").Text(); !strings.Contains(text, "Mon, Wed, 22:00 to 06:00 Europe/Berlin") || !strings.Contains(text, "Leeds") {
			t.Errorf("the row says %q", text)
		}
		action, _ := doc.Find(`#rota-founder-3 form[action^="/staff/rota/"]`).Last().Attr("action")
		expect(t, admin.post(action), http.StatusSeeOther)
		if text := page(t, admin.get("/staff/rota")).Find("#rota-founder-3").Text(); strings.Contains(text, "Leeds") {
			t.Errorf("the row says %q", text)
		}
	})
	t.Run("a form that is wrong comes back as typed, with the field named", func(t *testing.T) {
		res := admin.post("/staff/rota", "person", "founder-3", "date", "2026-11-30", "begins", "8", "ends", "9:00", "zone", "UTC")
		expect(t, res, http.StatusUnprocessableEntity)
		if v, _ := page(t, res).Find(`input[name="date"]`).Attr("value"); v != "2026-11-30" {
			t.Errorf("the date came back as %q", v)
		}
	})
	t.Run("an approver says to be there and takes it back", func(t *testing.T) {
		expect(t, approver.post("/staff/rota/duty", "hours", "4"), http.StatusSeeOther)
		doc := page(t, approver.get("/staff/rota"))
		if text := doc.Find("#rota-founder-3").Text(); !strings.Contains(text, "by own word until") {
			t.Errorf("the row says %q", text)
		}
		expect(t, approver.post("/staff/rota/duty", "hours", "0"), http.StatusSeeOther)
		expect(t, approver.post("/staff/rota/duty", "hours", "many"), http.StatusUnprocessableEntity)
	})
	t.Run("gaps and groups without an approver stand on top", func(t *testing.T) {
		s.SQLExec(`UPDATE shifts SET begins = 360, ends = 1320`)
		text := page(t, admin.get("/staff/rota")).Find("main").Text()
		if !strings.Contains(text, "nobody eligible") || !strings.Contains(text, "No approver belongs to a group beside security") {
			t.Errorf("the page says %q", text)
		}
	})
	t.Run("a group becomes a supplier's and the house's again, each by two keys", func(t *testing.T) {
		s.Group("agent", "acme")
		s.Account("ana", func(a *recovery.Account) { a.Department = "Plant" })
		expect(t, admin.post("/staff/groups", "group", "acme"), http.StatusUnprocessableEntity)
		sign := func(res *http.Response) {
			t.Helper()
			expect(t, res, http.StatusSeeOther)
			id, found := strings.CutPrefix(res.Header.Get("Location"), "/proposals/")
			if !found {
				t.Fatalf("leads to %s", res.Header.Get("Location"))
			}
			if err := s.SignProposal(person("founder-2"), id, recovery.Approve); err != nil {
				t.Fatal(err)
			}
		}
		sign(admin.post("/staff/groups", "group", "acme", "department", "Plant"))
		doc := page(t, admin.get("/staff/groups"))
		if text := doc.Find("#group-acme").Text(); !strings.Contains(text, "Plant") {
			t.Errorf("the row says %q", text)
		}
		expect(t, s.staff(person("agent")).get("/staff/groups"), http.StatusForbidden)
		sign(admin.post("/staff/groups/acme/house"))
		if text := page(t, admin.get("/staff/groups")).Find("main").Text(); !strings.Contains(text, "Every group is of the house") {
			t.Errorf("the page says %q", text)
		}
	})
	t.Run("an approver with one key is told on the own page and shown to others", func(t *testing.T) {
		single := s.staff(s.Staff("single", recovery.Approver))
		if text := page(t, single.get("/staff/single")).Find("main").Text(); !strings.Contains(text, "An approver needs two security keys") || !strings.Contains(text, "Register a second one below") {
			t.Errorf("the page says %q", text)
		}
		if text := page(t, admin.get("/staff")).Find("#person-single").Text(); !strings.Contains(text, "One key only") {
			t.Errorf("the row says %q", text)
		}
	})
	t.Run("a lost key is reported on the person's page", func(t *testing.T) {
		form := page(t, admin.get("/staff/founder-3")).Find(`form[action$="/loss"]`)
		begin, _ := form.Attr("data-begin")
		action, _ := form.Attr("action")
		expect(t, admin.useKey(s.Key("founder-1"), begin, action, "since", "2026-01-01T00:00"), http.StatusSeeOther)
		if text := page(t, admin.get("/staff/founder-3")).Find("main").Text(); !strings.Contains(text, "Reported lost at") {
			t.Errorf("the page says %q", text)
		}
	})
}
