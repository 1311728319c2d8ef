package e2e

import (
	"strings"
	"testing"
)

// Pressure: for somebody important the page asks for more, has no way around it,
// and an agent who is pressed gets help that nobody across the desk can see.
func TestR14_S18_UnderPressure(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	agent := joins(t, p, "agent")

	t.Run("an executive's account asks for more, and no button asks for less", func(t *testing.T) {
		agent.takesCall("hale.inverby", callersNumber)
		agent.WaitText("When no mailbox is open on it, say so on the form.")
		agent.Follow("Go back")
		agent.Click("radio", "No, none")
		agent.Fill("What the caller said", "The chief's office, at once, or else.")
		agent.Submit("Check before you open")
		agent.shots("s18-executive")
		if level, approvers := agent.fact("Proofing level"), agent.fact("Approvers"); level != "P3" || approvers != "2 approvers" {
			t.Errorf("it asks for %q and %q:\n%s", level, approvers, agent.Text("main"))
		}
		controls := strings.ToLower(eval[string](agent.tab, `[...document.querySelectorAll("main button, main a, main label")].map(e => e.innerText).join("\n")`))
		for _, word := range []string{"override", "skip", "force", "bypass", "exception"} {
			if strings.Contains(controls, word) {
				t.Errorf("the page offers to %s:\n%s", word, controls)
			}
		}
	})
	ref := agent.opensTicket(account)
	caller.claims(ref)
	agent.open("/tickets/" + ref)
	before, callersPage := agent.stands(), caller.Text("main")
	t.Run("pressed, the page looks as before and gives words to say", func(t *testing.T) {
		agent.Submit("I am being pressured")
		agent.WaitText("Noted. One more person looks at this")
		agent.shots("s18-pressed")
		agent.open("/tickets/" + ref)
		if after := agent.stands(); after != before {
			t.Errorf("the page was\n%s\nand is\n%s", before, after)
		}
		agent.shots("s18-after")
		caller.open("/recover/ticket")
		if now := caller.Text("main"); now != callersPage {
			t.Errorf("the caller read\n%s\nand reads\n%s", callersPage, now)
		}
	})
	t.Run("one more approver is asked, and security knows", func(t *testing.T) {
		if n := agent.fact("Approvers"); n != "2 approvers" {
			t.Errorf("%s", n)
		}
		mail := &person{tab: newTab(t), p: p}
		mail.gets(account, "Security alert", 1)
		mail.shots("s18-mail")
		reviewer := joins(t, p, "reviewer")
		reviewer.open("/audit?ticket=" + ref)
		reviewer.WaitText("ticket.pressured")
	})
}
