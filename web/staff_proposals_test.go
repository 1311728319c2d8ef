package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

func TestProposalPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bea := s.staff(s.Staff("ada", recovery.Administrator)), s.staff(s.Staff("bea", recovery.Administrator))
	s.Staff("cyd", recovery.Agent)
	agent := s.staff(desk.Actor{Kind: desk.StaffAct, Person: "cyd"})
	res := ada.post("/staff/cyd/roles", "role", "approver")
	expect(t, res, http.StatusSeeOther)
	path := res.Header.Get("Location")
	t.Run("the page shows the change as a diff, who filed it and what it takes", func(t *testing.T) {
		text := page(t, agent.get(path)).Find("main").Text()
		for _, want := range []string{"+ role approver, counts 72 hours after the last signature", "Name of ada (ada)", "Signatures needed", "Waiting for signatures"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
	})
	t.Run("the filer may withdraw and not sign, another administrator may sign, an agent neither", func(t *testing.T) {
		for _, c := range []struct {
			who            *browser
			sign, withdraw int
		}{{ada, 0, 1}, {bea, 1, 0}, {agent, 0, 0}} {
			doc := page(t, c.who.get(path))
			if sign, back := doc.Find("form[data-passkey]").Length(), doc.Find(`form[action$="/withdrawal"]`).Length(); sign != c.sign || back != c.withdraw {
				t.Errorf("%d key forms and %d withdrawals, want %d and %d", sign, back, c.sign, c.withdraw)
			}
		}
		if n := page(t, bea.get("/proposals")).Find(`a[href="` + path + `"]`).Length(); n == 0 {
			t.Error("it does not wait for bea")
		}
		if n := page(t, ada.get("/proposals?tab=others")).Find(`a[href="` + path + `"]`).Length(); n == 0 {
			t.Error("ada does not see that it waits for others")
		}
	})
	t.Run("signed with a key it is in force, with a receipt to download", func(t *testing.T) {
		res := bea.post(path+"/challenge", "decision", "approve")
		expect(t, res, http.StatusOK)
		var touch desk.Touch
		if err := json.NewDecoder(res.Body).Decode(&touch); err != nil {
			t.Fatal(err)
		}
		expect(t, bea.post(path, "decision", "approve", "challenge", touch.ID, "response", string(s.Touch("bea", touch.Options))), http.StatusSeeOther)
		doc := page(t, agent.get(path))
		if text := doc.Find("main").Text(); !strings.Contains(text, "In force") {
			t.Error(text)
		}
		file, _ := doc.Find("a[download]").Attr("href")
		res = agent.get(file)
		expect(t, res, http.StatusOK)
		if body, _ := io.ReadAll(res.Body); !strings.Contains(string(body), "countersign/proposal/v1") {
			t.Errorf("receipt %s", body)
		}
		if n := page(t, ada.get("/proposals?tab=closed")).Find(`a[href="` + path + `"]`).Length(); n == 0 {
			t.Error("it is not among the closed")
		}
	})
}

// R15: what changes the house or somebody's standing needs a touch of the last
// five minutes, and the page asks for it where it is needed.
func TestR15_ActsOnStaffNeedAFreshTouch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.staff(s.Staff("ada", recovery.Administrator))
	s.Staff("bea", recovery.Administrator)
	s.Staff("cyd", recovery.Agent)
	s.Clock.Add(recovery.StepUpFresh)
	acts := map[string][]string{"/staff": {"person", "cyd", "role", "agent"}, "/staff/cyd/roles": {"role", "approver"}, "/staff/cyd/roles/agent/end": nil, "/staff/cyd/end": nil,
		"/staff/groups": {"group", "acme", "department", "Plant"}, "/incidents": {"name", "Outage"}}
	for path, form := range acts {
		res := ada.post(path, form...)
		expect(t, res, http.StatusForbidden)
		doc := page(t, res)
		if back, _ := doc.Find(`form[action="/staff/ada/proof"] input[name=back]`).Attr("value"); !strings.HasPrefix(path, back) || back == "" {
			t.Errorf("%s does not offer a touch: %s", path, doc.Find("main").Text())
		}
	}
	if page(t, ada.get("/incidents")).Find(`form[action="/staff/ada/proof"]`).Length() != 1 {
		t.Error("the page of incidents does not offer a touch")
	}
	res := ada.post("/staff/ada/proof/challenge")
	expect(t, res, http.StatusOK)
	var touch desk.Touch
	if err := json.NewDecoder(res.Body).Decode(&touch); err != nil {
		t.Fatal(err)
	}
	res = ada.post("/staff/ada/proof", "challenge", touch.ID, "response", string(s.Touch("ada", touch.Options)), "back", "/staff/cyd")
	expect(t, res, http.StatusSeeOther)
	if to := res.Header.Get("Location"); to != "/staff/cyd" {
		t.Errorf("the touch leads to %s", to)
	}
	expect(t, ada.post("/staff/cyd/roles/agent/end"), http.StatusSeeOther)
}
