package web_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

// A page that looks again by itself does not keep the session of somebody who left.
func TestR10_AWaitingDevicePageKeepsNoIdleSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Found()
	s.Account("ana")
	s.Passkey("ana")
	b := s.stranger()
	expect(t, b.signIn(s.Key("ana")), http.StatusSeeOther)
	id, options := b.ceremony("/me/codes/challenge")
	expect(t, b.post("/me/device", "old", "ana-passkey", "reason", "New phone", "challenge", id, "response", string(s.Touch("ana", options))), http.StatusSeeOther)
	res := b.get("/me/device")
	for range recovery.HolderSessionIdle / recovery.Minute {
		_, to, waits := strings.Cut(res.Header.Get("Refresh"), "url=")
		if res.StatusCode != http.StatusOK || !waits {
			t.Fatalf("status %d, refresh %q", res.StatusCode, res.Header.Get("Refresh"))
		}
		s.Clock.Add(recovery.Minute)
		res = b.get(to)
	}
	expect(t, res, http.StatusSeeOther)
	if to := res.Header.Get("Location"); to != "/me/login" {
		t.Errorf("it leads to %q", to)
	}
}
