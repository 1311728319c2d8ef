package e2e

import (
	"strings"
	"testing"
)

// Nobody can wait: a proofed ticket is parked with the account locked, and its
// holder goes on a day later with the continuation code, one fresh proof and a new
// approval.
func TestR60_ParkedOverNight(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	agent, approver := joins(t, p, "agent"), joins(t, p, "approver") // invitations end before tomorrow
	ref := agent.opensTicket(account)
	caller.claims(ref)
	agent.sendsCode(ref)
	caller.typesCode(p, ref, 1)
	caller.typesPassword()
	agent.recordsVideo(ref)
	agent.shots("parking-offered")

	t.Run("the agent parks it; the holder is told until when, and signs in nowhere", func(t *testing.T) {
		agent.Follow("Park")
		agent.shots("parking-check")
		agent.Fill("Reason", "Her train leaves; she comes back tomorrow.")
		agent.Submit("Park this ticket")
		agent.WaitText("It waits for the holder.")
		agent.shots("parking-parked")
		if agent.Has("button", "Go on with this ticket") || !strings.Contains(agent.Text("main"), "Waits for the holder until") {
			t.Errorf("the ticket says\n%s", agent.Text("main"))
		}
		agent.open("/queue?view=open")
		agent.WaitText("Parked")
		agent.shots("parking-queue")
		caller.Goto(p.URL + "/me/login")
		caller.Click("button", "Sign in with your passkey")
		caller.WaitText("This account is locked until")
		caller.shots("parking-locked")
		caller.key.Lose()
	})
	code := ""
	t.Run("the claimed page shows the code once, and no other page does", func(t *testing.T) {
		caller.open("/recover/ticket")
		caller.shots("parking-claimed")
		caller.Submit("Show my continuation code")
		caller.WaitText("This is the only time it is shown")
		caller.shots("parking-code")
		code = caller.Text(".code-grid code")
		caller.Follow("I have written it down")
		agent.open("/tickets/" + ref)
		if strings.Contains(caller.Text("body"), code) || strings.Contains(agent.Text("body"), code) {
			t.Error("the code is shown again")
		}
	})
	t.Run("a day later the code is entered, once, and one fresh proof over another channel is asked for", func(t *testing.T) {
		agent.movesClock("1 day")
		caller.open("/recover/ticket")
		caller.shots("parking-return")
		caller.Fill("Continuation code", strings.ToLower(code))
		caller.Submit("Go on with my recovery")
		caller.WaitText("A fresh proof after parking")
		caller.shots("parking-proof")
		agent.signIn()
		agent.open("/tickets/" + ref + "?method=in-person")
		agent.shots("parking-return-step")
		if text := agent.Text("main"); !strings.Contains(text, "Every mail address was used in this ticket") {
			t.Errorf("the ticket says\n%s", text)
		}
		agent.Fill("HR record you compared", "HR-20931")
		agent.Select("Document", "passport")
		agent.Fill("Issued by", "Exampleland")
		agent.Fill("Last four of its number", "12AB")
		agent.Click("checkbox", "I checked the badge")
		agent.Fill("Where you met", "Room 12")
		agent.Click("radio", "Match The step is passed.")
		agent.Submit("Record the outcome")
		agent.WaitText("Every step is passed")
		agent.shots("parking-proved")
	})
	t.Run("the approver reads that it was parked, and it runs to its end", func(t *testing.T) {
		agent.asksApproval(ref)
		approver.signIn()
		approver.approves(t, ref)
		approver.movesClock("10 minutes")
		caller.enrolsAgain(p, ref)
		caller.signInAtMe()
		p.holdsNone(t, code)
	})
}
