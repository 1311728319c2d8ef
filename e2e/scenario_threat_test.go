package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// Raised-threat mode: one key of security for four hours, two for 72, and it ends
// by itself.
func TestR25_S24_RaisedThreatMode(t *testing.T) {
	p := startProduct(t, furnished(t))
	who, account := holder(t, p)
	who.signInAtMe()
	codes := who.takesCodes()
	agent, security := joins(t, p, "agent"), joins(t, p, "approver")
	admin := joins(t, p, "administrator") // of security, too

	t.Run("who is not of security has no button, and is refused", func(t *testing.T) {
		agent.open("/threat")
		agent.WaitText("People of the group security switch it on.")
		agent.shots("s24-off")
		agent.post("/threat/challenge", url.Values{"reason": {"A wave of calls."}}).refused(t, "group security")
	})
	t.Run("one key switches it on", func(t *testing.T) {
		security.open("/threat")
		security.Fill("Why", "A wave of calls about lost phones.")
		security.Click("button", "Read what you sign")
		security.WaitText("This is what you sign")
		security.shots("s24-statement")
		security.Click("button", "Sign this with your security key")
		security.WaitText("Raised-threat mode is on until")
		security.shots("s24-on")
	})
	t.Run("the recovery pages take no codes, say so before anything is typed, and say to call", func(t *testing.T) {
		stranger := &person{tab: newTab(t), p: p}
		for _, path := range []string{"/recover", "/recover/code?device=lost&lock=locked", "/recover/mail"} {
			stranger.open(path)
			stranger.WaitText("These pages take no codes for the time being.")
			stranger.WaitText("+44 1632 960 000")
			if stranger.Has("link", "I have backup codes") || stranger.Has("textbox", "Account name") {
				t.Errorf("%s offers codes", path)
			}
		}
		stranger.open("/recover")
		stranger.shots("s24-start")
		stranger.CheckPage()
		stranger.post("/recover/code", url.Values{"account": {account}, "code": {codes[0]}, "device": {"lost"}, "lock": {"locked"}}).refused(t, "Call your help desk")
	})
	t.Run("the desk asks for more than the row does", func(t *testing.T) {
		agent.takesCall(account, callersNumber)
		agent.WaitText("Raised-threat mode is on.")
		agent.shots("s24-check")
		if level := agent.fact("Proofing level"); level != "P3" {
			t.Errorf("the level is %s", level)
		}
	})
	t.Run("everybody at the desk is told", func(t *testing.T) {
		mail := &person{tab: newTab(t), p: p}
		for _, to := range []string{"desk.agent", "desk.administrator.1"} {
			mail.reload("/demo/mail?to="+to, "Raised-threat mode is on.")
		}
		mail.shots("s24-mail")
	})
	t.Run("a second person of security lets it last 72 hours", func(t *testing.T) {
		security.open("/threat")
		security.Fill("Hours from its beginning", "73")
		security.Submit("File it for the second signature")
		security.WaitText("at most")
		security.Fill("Hours from its beginning", "72")
		security.Submit("File it for the second signature")
		security.WaitText("You filed this proposal")
		admin.signsProposal(strings.TrimPrefix(security.URL(), p.URL))
		admin.open("/threat")
		admin.shots("s24-extended")
		if admin.Has("button", "File it for the second signature") {
			t.Error("it can be made longer once more")
		}
	})
	t.Run("it ends by itself", func(t *testing.T) {
		for range 3 {
			who.open("/demo/mail")
			who.movesClock("1 day")
		}
		who.movesClock("1 hour")
		who.movesClock("1 hour")
		admin.signIn()
		admin.open("/threat")
		admin.WaitText("Raised-threat mode is off.")
		admin.shots("s24-over")
		again := &person{tab: newTab(t), p: p}
		again.presentsCode(account, codes[0])
		again.WaitText("Password")
	})
}

// signsProposal reads a proposal and puts the own key under it.
func (who *person) signsProposal(path string) {
	who.t.Helper()
	who.open(path)
	who.Click("button", "Sign with security key")
	who.WaitText("This is what you sign")
	who.Click("button", "Sign this with your security key")
	who.WaitText("Download the receipt")
}
