package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// For ten minutes an administrator alone tries what takes two: each is refused or
// waits for somebody else's key, the others are told, and the log keeps it.
func TestR28_AnAdministratorAlone(t *testing.T) {
	p := startProduct(t, furnished(t))
	agent := joins(t, p, "agent")
	alone, other := joins(t, p, "administrator"), joins(t, p, "administrator")
	mail := &person{tab: newTab(t), p: p}
	const told = "A change of Countersign waits for signatures"
	waiting := 0

	t.Run("an approver is made of an agent: it waits for the other's key", func(t *testing.T) {
		alone.open("/staff/desk.agent")
		alone.touchesAgain()
		alone.Select("Further role", "Approver")
		alone.Submit("Propose this role")
		alone.cannotSign(t)
		waiting++
	})
	t.Run("a made-up approver is invited: the key would wait for another hand and 72 hours", func(t *testing.T) {
		alone.open("/staff")
		alone.touchesAgain()
		alone.Fill("Person", "hale.inverby")
		alone.Click("checkbox", "Approver")
		alone.shots("r28-invite")
		alone.Submit("Send the invitation")
		if text := alone.Text("main"); !strings.Contains(text, "hale.inverby") {
			t.Errorf("the page says\n%s", text)
		}
		alone.open("/staff")
		alone.WaitText("Invitations not used yet")
	})
	alone.movesClock("10 minutes")
	other.open("/proposals")
	agent.open("/queue")
	t.Run("an own key is not confirmed by its owner", func(t *testing.T) {
		alone.open("/staff/desk.administrator.1")
		alone.Click("button", "Touch a key you have first")
		alone.WaitText("Register a further key")
		pocket := newTab(t)
		pocket.Goto(p.URL + "/login")
		blue := alone.key.MoveTo(pocket, usbKey()) // else the key that is registered answers
		spare := alone.AddKey(usbKey())
		alone.Fill("Name of the key", "Spare key")
		alone.Click("button", "Register a further key")
		alone.WaitText("Spare key")
		spare.Lose()
		alone.key = blue.MoveTo(alone.tab, usbKey())
		alone.open("/staff/desk.administrator.1")
		alone.shots("r28-own-key")
		if alone.Has("button", "The fingerprints are the same: confirm this key") {
			t.Error("the owner is offered to confirm it")
		}
		other.open("/staff/desk.administrator.1")
		path := eval[string](other.tab, `[...document.querySelectorAll("main form")].map(f => new URL(f.action).pathname).find(a => a.endsWith("/confirmation")) || ""`)
		if path == "" {
			t.Fatal("the other administrator is not offered to confirm it")
		}
		alone.post(strings.TrimSuffix(path, "confirmation")+"challenge", nil).refused(t, "")
	})
	t.Run("a row is loosened: it waits for a key, and 24 hours after that", func(t *testing.T) {
		alone.open("/policy/draft?section=rows.device-loss.standard.desk")
		alone.Select(alone.labelled("f-rows-device-loss-standard-desk-approvals"), "A0")
		alone.Submit("Save in my draft")
		alone.WaitText("a factor reset needs an approver")
		alone.open("/policy/draft?section=rows.device-loss.standard.desk")
		window := alone.labelled("f-rows-device-loss-standard-desk-window")
		alone.Fill(window, "1m")
		alone.Submit("Save in my draft")
		alone.WaitText("There is a problem") // nobody answers for it
		alone.shots("r28-no-deviation")
		if wide := alone.Reflow(); wide != "" {
			t.Error(wide)
		}
		alone.Fill("Who answers for it", "Me")
		alone.Fill("Why", "It is quicker.")
		eval[bool](alone.tab, `!!(document.querySelector("input[name=until]").value = "2027-01-31")`)
		alone.Submit("Save in my draft")
		alone.open("/policy/draft/changes")
		alone.WaitText("Loosens")
		alone.shots("r28-loosen")
		alone.Submit("File for a second person's key")
		alone.cannotSign(t)
		alone.WaitText("24 hours after the last signature")
		waiting++
		alone.open("/policy")
		alone.WaitText("standard-2")
	})
	t.Run("an incident is opened: it waits for the other's key", func(t *testing.T) {
		alone.open("/incidents")
		alone.Fill("What it is called", "The great outage")
		alone.Fill("Departments", "Sales")
		alone.Fill("Hours", "12")
		alone.Fill("Emergency tickets", "5")
		alone.Submit("File it for the second signature")
		alone.cannotSign(t)
		alone.shots("r28-incident")
		alone.open("/incidents")
		alone.WaitText("There has been no incident.")
		waiting++
	})
	t.Run("the manager of an account is changed, who could then vouch: it waits for the other's key", func(t *testing.T) {
		const account = "kira.marwood"
		alone.open("/accounts/" + account + "/change")
		alone.touchesAgain()
		before := eval[string](alone.tab, `document.querySelector("input[name=manager_id]").value`)
		alone.Fill("Manager", "hale.inverby")
		alone.Submit("Show the difference")
		alone.WaitText("hale.inverby")
		alone.shots("r28-manager")
		alone.Submit("Ask for the second key")
		alone.cannotSign(t)
		waiting++
		alone.open("/accounts/" + account + "/change")
		if now := eval[string](alone.tab, `document.querySelector("input[name=manager_id]").value`); now != before {
			t.Errorf("the manager was %q and is %q", before, now)
		}
	})
	t.Run("raised-threat mode lasts four hours, and 72 only with a second key", func(t *testing.T) {
		alone.open("/threat")
		alone.Fill("Why", "Only me.")
		alone.Click("button", "Read what you sign")
		alone.WaitText("This is what you sign")
		alone.Click("button", "Sign this with your security key")
		alone.WaitText("Raised-threat mode is on until")
		until := alone.Text(".message strong, .message")
		alone.Submit("File it for the second signature")
		alone.cannotSign(t)
		alone.open("/threat")
		if now := alone.Text(".message strong, .message"); now != until {
			t.Errorf("it was %q and is %q", until, now)
		}
		waiting++
	})
	t.Run("the other administrator was told of each", func(t *testing.T) {
		to := "/demo/mail?to=desk.administrator.2@example.org"
		for range 200 {
			mail.open(to)
			if strings.Count(mail.Text("main"), told) >= waiting {
				break
			}
			mail.pause()
		}
		if n := strings.Count(mail.Text("main"), told); n != waiting {
			t.Errorf("%d of %d:\n%s", n, waiting, mail.Text("main"))
		}
		mail.shots("r28-mail")
	})
	t.Run("the log has all of it, under the name", func(t *testing.T) {
		other.open("/audit?actor=desk.administrator.1")
		other.shots("r28-audit")
		text := other.Text("main")
		for _, kind := range []string{"proposal.filed", "proposal.refused", "staff.invited", "staff.refused", "threat.raised"} {
			if !strings.Contains(text, kind) {
				t.Errorf("it does not tell %s:\n%s", kind, text)
			}
		}
	})
	t.Run("nobody became an approver", func(t *testing.T) {
		if status := agent.Goto(p.URL + "/approvals"); status != 403 {
			t.Errorf("the list of requests answers the agent %d", status)
		}
		other.open("/staff/desk.agent")
		if strings.Contains(other.Text("table"), "Approver") {
			t.Errorf("the agent's roles are\n%s", other.Text("table"))
		}
	})
}

// touchesAgain gives the fresh touch where the page asks for one.
func (who *person) touchesAgain() {
	who.t.Helper()
	if who.Has("button", "Touch your key first") {
		who.Submit("Touch your key first")
	}
}

// cannotSign is a proposal as its filer sees it: no button, and the server says no.
func (who *person) cannotSign(t *testing.T) {
	t.Helper()
	who.WaitURL("/proposals/")
	who.WaitText("You filed this proposal")
	if who.Has("button", "Sign with security key") {
		t.Error("the filer may sign")
	}
	path := strings.TrimPrefix(who.URL(), who.p.URL)
	who.post(path+"/challenge", url.Values{"decision": {"approve"}, "reason": {"It is mine."}}).refused(t, "You filed this proposal")
}
