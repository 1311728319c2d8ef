package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// Three in the morning, one approver awake: an incident that two keys opened, a
// Pass of an hour, and no approval by waiting.
func TestR18_S19_AnEmergencyWithOneApproverAwake(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	first, second := joins(t, p, "administrator"), joins(t, p, "administrator")
	agent, approver := joins(t, p, "agent"), joins(t, p, "approver")

	t.Run("without an incident there is no emergency", func(t *testing.T) {
		agent.takesEmergency(account, "")
		agent.shots("s19-no-incident")
		if agent.Has("button", "Open this ticket") {
			t.Errorf("it can be opened:\n%s", agent.Text("main"))
		}
	})
	t.Run("two keys open an incident", func(t *testing.T) {
		first.open("/incidents")
		first.Fill("What it is called", "Data centre two is down")
		first.Fill("Single accounts", account)
		first.Fill("Hours", "12")
		first.Fill("Emergency tickets", "2")
		first.Submit("File it for the second signature")
		first.WaitText("You filed this proposal")
		second.signsProposal(strings.TrimPrefix(first.URL(), p.URL))
		second.open("/incidents")
		second.WaitText("0 of 2")
		second.shots("s19-incident")
	})
	agent.takesEmergency(account, "Data centre two is down")
	agent.shots("s19-check")
	t.Run("it gives a Pass of at most an hour, by one approver", func(t *testing.T) {
		if tier, n := agent.fact("Tier"), agent.fact("Approvers"); tier != "Pass" || n != "1 approver" {
			t.Errorf("%q by %q", tier, n)
		}
	})
	agent.Submit("Open this ticket")
	agent.WaitText("Read the reference out")
	ref := agent.fact("Reference")
	caller.claims(ref)
	agent.sendsCode(ref)
	caller.typesCode(p, ref, 1)
	caller.typesPassword()
	agent.recordsVideo(ref)
	agent.asksApproval(ref)
	agent.shots("s19-waiting")
	agent.Follow("Read the request")
	request := strings.TrimPrefix(agent.URL(), p.URL)
	t.Run("every approver is told at once, and nobody is drawn", func(t *testing.T) {
		mail := &person{tab: newTab(t), p: p}
		for _, to := range []string{"desk.approver.1", "approver.security.1", "approver.platform.2"} {
			mail.reload("/demo/mail?to="+to, "mergency")
		}
		mail.shots("s19-mail")
		approver.open(request)
		if strings.Contains(approver.Text("main"), "was drawn") {
			t.Error("somebody was drawn")
		}
	})
	t.Run("half-way it climbs to the administrators", func(t *testing.T) {
		agent.post("/demo/clock", url.Values{"by": {"5m1s"}})
		mail := &person{tab: newTab(t), p: p}
		mail.reload("/demo/mail?to=desk.administrator.1", "No approver has answered an emergency recovery yet.")
	})
	t.Run("nobody answers: it is refused, and not approved by waiting", func(t *testing.T) {
		agent.movesClock("10 minutes")
		approver.carries(t, request, "", 0)
		approver.shots("s19-nobody")
		if text := approver.Text("main"); strings.Contains(text, "Approved") || approver.Has("button", "Approve with security key") {
			t.Errorf("the request says\n%s", text)
		}
		agent.open("/tickets/" + ref)
		agent.shots("s19-refused")
		if state := agent.fact("State"); state == "Approved" || state == "Executing" {
			t.Errorf("the ticket is %s", state)
		}
	})
}

// takesEmergency fills in an emergency, of an incident when one is named.
func (who *person) takesEmergency(account, incident string) {
	who.t.Helper()
	who.open("/tickets/new?account=" + account)
	who.Click("radio", who.radio("Emergency"))
	if incident != "" {
		who.Select("In an emergency: which incident", incident)
	}
	who.Click("radio", "They called")
	who.Fill("Where did it come from?", callersNumber)
	who.Fill("What the caller said", "Nobody else can restart it.")
	who.Submit("Check before you open")
}
