package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"countersign/internal/recovery"
)

// R20: what is live is seen, and one press ends it.
func TestR20_LivePassesOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent := s.Found()
	k := s.Opened(agent, "acc")
	s.SQLExec(fmt.Sprintf(`UPDATE tickets SET tier = 'pass', artefact = 'PASS', way = 'pass', state = 'collecting', due_what = 'enrol', due = %d, executed = 1 WHERE id = '%s'`,
		s.Clock.Now()+recovery.Hour, k.ID))
	admin := s.staff(s.Staff("boss", recovery.Administrator))
	revoke := "/threat/passes/" + k.Reference + "/revocation"
	if n := page(t, s.staff(agent).get("/threat")).Find(`form[action="` + revoke + `"]`).Length(); n != 0 {
		t.Error("an agent is offered the revocation")
	}
	if n := page(t, admin.get("/threat")).Find(`form[action="` + revoke + `"]`).Length(); n != 1 {
		t.Errorf("%d buttons", n)
	}
	s.Clock.Add(recovery.StepUpFresh)
	if n := page(t, admin.get("/threat")).Find(`form[action="/staff/boss/proof"]`).Length(); n != 1 {
		t.Errorf("after five minutes the page has %d forms for a touch", n)
	}
	expect(t, admin.post(revoke), http.StatusForbidden)
	admin = s.staff(s.Staff("head", recovery.Administrator))
	if res := admin.post(revoke); res.StatusCode != http.StatusSeeOther || s.State(k.ID) != recovery.Lapsed {
		t.Errorf("%d, the ticket is %s", res.StatusCode, s.State(k.ID))
	}
}
