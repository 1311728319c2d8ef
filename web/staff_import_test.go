package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

func TestR27_ImportAndChangePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Account("ana")
	s.Account("cy", func(a *recovery.Account) { a.Population = recovery.Privileged })
	s.Found()
	admin := s.staff(person("founder-1"))
	account := func(id string) recovery.Account {
		a, err := s.Store.View().Account(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	const file = "id,name,email,email2,phone,population,department\nana,Ana Ruiz,ana@one.example,ana@two.example,+441632960001,standard,Legal\n"
	t.Run("a file shows the difference first, and changes nothing", func(t *testing.T) {
		res := admin.post("/accounts/import", "text", file)
		expect(t, res, http.StatusOK)
		doc := page(t, res)
		if text := doc.Find("main").Text(); !strings.Contains(text, "Name of ana") || !strings.Contains(text, "Ana Ruiz") || !strings.Contains(text, "Legal") {
			t.Errorf("the page says %q", text)
		}
		if account("ana").Department != "Sales" {
			t.Error("changed")
		}
		shown, _ := doc.Find(`input[name="shown"]`).Attr("value")
		expect(t, admin.post("/accounts/import", "text", file, "shown", strings.Repeat("0", 64)), http.StatusUnprocessableEntity)
		expect(t, admin.post("/accounts/import", "text", file, "shown", shown), http.StatusSeeOther)
		if account("ana").Department != "Legal" {
			t.Error("not changed")
		}
	})
	t.Run("a directory is larger than any other form: it is taken from somebody who is signed in, and here only", func(t *testing.T) {
		var many strings.Builder
		many.WriteString("id,name,email,email2,phone,population\n")
		for i := range 1500 {
			fmt.Fprintf(&many, "person-%d,Person %d,person-%d@one.example,person-%d@two.example,,standard\n", i, i, i, i)
		}
		res := admin.post("/accounts/import", "text", many.String())
		expect(t, res, http.StatusOK)
		if n := page(t, res).Find(`input[name="text"]`).AttrOr("value", ""); len(n) < 64<<10 {
			t.Errorf("%d bytes arrived", len(n))
		}
		expect(t, s.stranger().post("/accounts/import", "text", many.String()), http.StatusRequestEntityTooLarge)
		expect(t, admin.post("/tickets/new", "reason", many.String()), http.StatusRequestEntityTooLarge)
	})
	t.Run("a bad file lists its lines and keeps the text", func(t *testing.T) {
		res := admin.post("/accounts/import", "text", file+"bo,,bo,,,standard,\n")
		expect(t, res, http.StatusUnprocessableEntity)
		doc := page(t, res)
		if text := doc.Find("main").Text(); !strings.Contains(text, "name is empty") || !strings.Contains(doc.Find("textarea").Text(), "bo,,bo") {
			t.Errorf("the page says %q", text)
		}
	})
	form := []string{"department", "Sales", "manager_id", "founder-2", "sponsor_id", "", "group", "", "contract_end", "", "population", "privileged", "email2", "", "phone", ""}
	t.Run("the form of a privileged account leads to a proposal, without a full address on the way", func(t *testing.T) {
		doc := page(t, admin.get("/accounts/cy/change"))
		if html, _ := doc.Html(); strings.Contains(html, "cy@two.example") || !strings.Contains(html, "c…@two.example") {
			t.Error("the address is not masked")
		}
		doc = page(t, admin.post("/accounts/cy/change", form...))
		if text := doc.Find("main").Text(); !strings.Contains(text, "cy: changes the manager") {
			t.Errorf("the page says %q", text)
		}
		shown, _ := doc.Find(`input[name="shown"]`).Attr("value")
		res := admin.post("/accounts/cy/change", append(form, "shown", shown)...)
		expect(t, res, http.StatusSeeOther)
		if to := res.Header.Get("Location"); !strings.HasPrefix(to, "/proposals/") {
			t.Errorf("leads to %s", to)
		}
		if account("cy").Manager != "" {
			t.Error("changed")
		}
	})
	t.Run("a wrong value is named at its field", func(t *testing.T) {
		bad := append([]string{}, form...)
		bad[15] = "12"
		res := admin.post("/accounts/cy/change", bad...)
		expect(t, res, http.StatusUnprocessableEntity)
		if page(t, res).Find("#f-phone-error").Length() != 1 {
			t.Error("no error at the number")
		}
	})
	t.Run("the account page says since when each value stands", func(t *testing.T) {
		text := page(t, admin.get("/accounts/ana")).Find("main").Text()
		if !strings.Contains(text, "Legal") || !strings.Contains(text, "Sales, until") || !strings.Contains(text, "by baseline") {
			t.Errorf("the page says %q", text)
		}
	})
}
