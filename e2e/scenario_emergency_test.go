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
		first.opensIncident(second, dataCentre, account)
		second.open("/incidents")
		second.WaitText("0 of 2")
		second.shots("s19-incident")
	})
	agent.takesEmergency(account, dataCentre)
	agent.shots("s19-check")
	t.Run("it gives a Pass of at most an hour, by one approver", func(t *testing.T) {
		if tier, n := agent.fact("Tier"), agent.fact("Approvers"); tier != "Pass" || n != "1 approver" {
			t.Errorf("%q by %q", tier, n)
		}
	})
	ref := agent.provesEmergency(caller)
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

// The agent and the approver of an emergency do not meet in another one before
// somebody else has reviewed the first.
func TestR23_S19_ThePairOfAnEmergencyIsBarredUntilItsReview(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	other, second := seededHolder(t, p)
	agent, approver := joins(t, p, "agent"), joins(t, p, "approver")
	joins(t, p, "administrator").opensIncident(joins(t, p, "administrator"), dataCentre, account, second)

	agent.takesEmergency(account, dataCentre)
	first := agent.provesEmergency(caller)
	approver.signsFor(first)
	caller.key.Lose()
	caller.enrolsAgain(p, first)

	agent.takesEmergency(second, dataCentre)
	agent.provesEmergency(other)
	agent.Follow("Read the request")
	request := strings.TrimPrefix(agent.URL(), p.URL)
	t.Run("the approver of the first reads why it is another's to decide", func(t *testing.T) {
		approver.open(request)
		approver.WaitText("You approved an emergency with an agent of this ticket, and its review is not done.")
		approver.shots("s19-pair")
		if approver.Has("button", "Approve with security key") {
			t.Error("there is a button to approve")
		}
		approver.post(request+"/challenge", url.Values{"decision": {"approve"}, "reason": {"It is urgent."}}).refused(t, "its review is not done")
		approver.carries(t, request, "", 0)
	})
	t.Run("after the review of the first the two may meet again", func(t *testing.T) {
		joins(t, p, "reviewer").reviews(first)
		approver.reads(request)
		approver.shots("s19-pair-again")
	})
}

// dataCentre is the incident of these stories.
const dataCentre = "Data centre two is down"

// opensIncident files an incident for accounts, and a second administrator signs.
func (who *person) opensIncident(second *person, name string, accounts ...string) {
	who.t.Helper()
	who.open("/incidents")
	who.Fill("What it is called", name)
	who.Fill("Single accounts", strings.Join(accounts, "\n"))
	who.Fill("Hours", "12")
	who.Fill("Emergency tickets", "2")
	who.Submit("File it for the second signature")
	who.WaitText("You filed this proposal")
	second.signsProposal(strings.TrimPrefix(who.URL(), who.p.URL))
}

// provesEmergency opens the ticket that was looked at and proves all of it; it
// answers the reference.
func (who *person) provesEmergency(caller *person) string {
	who.t.Helper()
	who.Submit("Open this ticket")
	who.WaitText("Read the reference out")
	ref := who.fact("Reference")
	who.proves(caller, ref)
	return ref
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
