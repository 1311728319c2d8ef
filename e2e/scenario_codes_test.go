package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// No codes come of weak proofing: the desk issues none, a recovery session shows
// and makes none, and what was made is never shown again.
func TestR36_S12_NoCodesForWeakProofing(t *testing.T) {
	p := startProduct(t, furnished(t))
	who, account := holder(t, p)
	who.signInAtMe()
	codes := who.takesCodes()
	who.key.Lose()

	t.Run("the desk has no way to issue codes", func(t *testing.T) {
		agent := joins(t, p, "agent")
		ref := agent.opensTicket(account)
		for _, page := range []string{"/tickets/" + ref, "/accounts/" + account} {
			agent.open(page)
			controls := eval[string](agent.tab, `[...document.querySelectorAll("main button, main a, main input, main form")].map(e => (e.innerText || e.value || "") + " " + (e.action || e.href || "")).join("\n")`)
			if low := strings.ToLower(controls); strings.Contains(low, "backup code") || strings.Contains(low, "/codes") {
				t.Errorf("%s has a way to codes:\n%s", page, controls)
			}
			for _, code := range codes {
				if strings.Contains(agent.Text("body"), code) {
					t.Errorf("%s shows a code", page)
				}
			}
		}
		agent.shots("s12-account")
		for _, path := range []string{"/accounts/" + account + "/codes", "/tickets/" + ref + "/codes", "/tickets/" + ref + "/steps/backup-code"} {
			if got := agent.post(path, url.Values{"reason": {"He answered every question."}}); got.Status < 400 || got.Status > 499 || strings.Contains(got.Body, codes[0]) {
				t.Errorf("%s answers %d", path, got.Status)
			}
		}
		agent.post("/me/codes", nil).isSignIn(t)
		agent.open("/tickets/" + ref)
		agent.Follow("Withdraw")
		agent.Fill("Reason", "She uses a backup code.")
		agent.Submit("Withdraw this ticket")
		agent.WaitText("Withdrawn")
	})
	t.Run("a recovery session neither shows nor makes codes", func(t *testing.T) {
		fresh := &person{tab: newTab(t), p: p}
		fresh.presentsCode(account, codes[0])
		fresh.Fill("Password", password)
		fresh.Submit("Continue")
		fresh.reload("/recover/enrol", "Go on to the new passkey")
		fresh.Submit("Go on to the new passkey")
		fresh.post("/me/codes", nil).isSignIn(t)
		fresh.open("/me/codes")
		fresh.WaitURL("/me/login")
		fresh.open("/recover/enrol")
		fresh.registersAgain()
		fresh.signInAtMe()
		fresh.open("/me/codes")
		fresh.shots("s12-codes-after")
		for _, code := range codes {
			if strings.Contains(fresh.Text("body"), code) {
				t.Error("an old code is shown")
			}
		}
		made := fresh.takesCodes()
		fresh.movesClock("10 minutes")
		fresh.open("/me/codes")
		if text := fresh.Text("body"); strings.Contains(text, made[0]) || !strings.Contains(text, "your passkey is asked for once more") {
			t.Errorf("after five minutes the page says\n%s", text)
		}
		fresh.shots("s12-codes-later")
		fresh.post("/me/codes", nil).refused(t, "passkey")
	})
	t.Run("no code is written down", func(t *testing.T) { p.holdsNone(t, codes...) })
}

// isSignIn expects the sign-in page or a refusal, and no codes.
func (a answered) isSignIn(t *testing.T) {
	t.Helper()
	if a.Status == 200 && !strings.Contains(a.Body, "Sign in") || strings.Contains(a.Body, "code-grid") {
		t.Errorf("answered %d:\n%s", a.Status, a.Body[max(0, strings.Index(a.Body, "<main")):])
	}
}
