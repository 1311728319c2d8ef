package e2e

import (
	"strings"
	"testing"
)

// A Reset is closed and asked for again as a Pass: nothing comes along, the
// earlier attempt is on the page, and what held up the one holds up the other.
func TestR6_S13_AnotherTierCarriesNothingOver(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	agent := joins(t, p, "agent")
	first := agent.opensTicket(account)
	caller.claims(first)
	agent.sendsCode(first)
	caller.typesCode(p, first, 1)
	caller.typesPassword()
	agent.open("/tickets/" + first)
	agent.Follow("Withdraw")
	agent.Fill("Reason", "They would rather have a Pass.")
	agent.Submit("Withdraw this ticket")
	agent.WaitText("Withdrawn")

	second := ""
	t.Run("as a Pass it is a new ticket with every step to do, and one click from the first", func(t *testing.T) {
		agent.takesCall(account, callersNumber)
		agent.asPass()
		agent.shots("s13-check")
		if !agent.Has("link", first) {
			t.Errorf("the page does not tell of %s:\n%s", first, agent.Text("main"))
		}
		if tier, n := agent.fact("Tier"), agent.fact("Approvers"); tier != "Pass" || n == "0 approvers" {
			t.Errorf("%q by %q", tier, n)
		}
		agent.Submit("Open this ticket")
		agent.WaitText("Read the reference out")
		second = agent.fact("Reference")
		agent.shots("s13-ticket")
		if text := agent.Text("ol.tasks"); strings.Contains(text, "Passed") || !strings.Contains(agent.Text("main"), "Nothing has been recorded yet.") {
			t.Errorf("a proof came along:\n%s", text)
		}
		agent.WaitText("Asked before at another tier")
		if !agent.Has("link", first) {
			t.Error("the ticket does not tell of the first")
		}
	})
	t.Run("the browser of the first ticket holds nothing of the second", func(t *testing.T) {
		caller.open("/recover/ticket")
		if strings.Contains(caller.Text("main"), second) {
			t.Error("it is claimed already")
		}
	})
	t.Run("a failure after a proof holds up the lower tier too", func(t *testing.T) {
		caller.claims(second)
		agent.sendsCode(second)
		caller.typesCode(p, second, 1)
		caller.WaitText("Password of your account")
		agent.open("/tickets/" + second)
		agent.Follow("The caller cannot do this")
		agent.Fill("Reason", "He does not know the password.")
		agent.Submit("The caller cannot do this: end it")
		agent.WaitText("Failed")
		agent.takesCall(account, "+44 1632 960 001")
		agent.WaitText("a new ticket can be opened from")
		agent.shots("s13-cooldown")
		form := call(account, "+44 1632 960 001")
		form.Set("way", "pass")
		agent.post("/tickets", form).refused(t, "a new ticket can be opened from")
	})
}

// asPass asks for a Pass where a Reset was offered.
func (who *person) asPass() {
	who.t.Helper()
	who.Click("radio", who.radio("Pass (pass)"))
	who.Submit("Check again with this")
	who.WaitText("What happens then")
}
