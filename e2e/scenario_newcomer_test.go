package e2e

import (
	"strings"
	"testing"
)

// A newcomer has nothing to sign in with: the help desk sees her document, her
// browser takes a code, a second person signs, and she leaves with a passkey, a
// password and codes. Nobody mails a link.
func TestR18_AFirstEnrolment(t *testing.T) {
	p := startProduct(t, furnished(t))
	agent, approver := joins(t, p, "agent"), joins(t, p, "approver")
	const account = "bess.hawksby"
	nia := &person{tab: newTab(t), p: p, password: password}

	agent.open("/accounts/" + account)
	agent.WaitText("This account was never enrolled")
	agent.shots("first-account")
	agent.Follow("Open a ticket for the first enrolment")
	agent.Click("radio", "They are here")
	agent.Fill("What the caller said", "First day of work.")
	agent.shots("first-newticket")
	agent.Submit("Check before you open")
	agent.WaitText("What happens then")
	agent.shots("first-check")
	agent.Submit("Open this ticket")
	agent.WaitText("Read the reference out")
	ref := agent.fact("Reference")
	nia.claims(ref)

	agent.open("/tickets/" + ref)
	agent.shots("first-document")
	agent.Fill("HR record you compared", "HR-20931")
	agent.Select("Document", "passport")
	agent.Fill("Issued by", "Exampleland")
	agent.Fill("Last four of its number", "12AB")
	agent.Fill("Where you met", "Service point")
	agent.Click("radio", "Match The step is passed.")
	agent.Submit("Record the outcome")
	agent.WaitText("A proof that the server sees")
	agent.sendsCode(ref)
	nia.typesCode(p, ref, 1)
	nia.WaitText("Your checks are done")
	agent.open("/tickets/" + ref)
	agent.asksApproval(ref)
	approver.approves(t, ref)

	nia.reload("/recover/ticket", "One last code")
	nia.shots("first-fresh")
	nia.Submit("Send the code")
	nia.typesCode(p, ref, 2)
	nia.WaitURL("/recover/enrol")
	nia.shots("first-enrol")
	nia.key = nia.AddKey(deviceKey())
	nia.Fill("Choose a password", "password1")
	nia.Click("button", "Register your first passkey")
	nia.WaitText("one of the first that are guessed")
	nia.Fill("Choose a password", password)
	nia.Fill("Name of this passkey", "Phone")
	nia.Click("button", "Register your first passkey")
	nia.WaitText("Your account is set up")
	nia.shots("first-done")
	nia.signInAtMe()
	codes := nia.takesCodes()
	t.Run("the account's page says that she is enrolled and proofed", func(t *testing.T) {
		agent.open("/accounts/" + account)
		agent.shots("first-enrolled")
		if text := agent.Text("main"); strings.Contains(text, "never enrolled") || strings.Contains(text, "not proofed") {
			t.Errorf("the page says\n%s", text)
		}
	})
	t.Run("there is no second first time", func(t *testing.T) {
		agent.open("/tickets/new?account=" + account + "&event=first-enrolment")
		agent.Click("radio", "They are here")
		agent.Fill("What the caller said", "Once more.")
		agent.Submit("Check before you open")
		agent.WaitText("This ticket cannot be opened")
		agent.WaitText("a recovery by another name")
	})
	p.holdsNone(t, append(codes, password)...)
}
