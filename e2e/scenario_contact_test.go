package e2e

import (
	"strings"
	"testing"
)

// A mailbox that was changed lately proves nothing, on any page, and whoever had
// the old one is told.
func TestR16_S8_AnAddressChangedDaysAgoIsStruckOff(t *testing.T) {
	p := startProduct(t, furnished(t))
	agent := joins(t, p, "agent")
	const account = "kira.marwood"
	t.Run("before a ticket is opened it is named with the reason, and one mailbox is not enough", func(t *testing.T) {
		agent.takesCall(account, callersNumber)
		agent.WaitText("Struck off: changed 10 days ago")
		agent.WaitText("Fewer than two mail addresses of this account may be used as proof.")
		agent.shots("s8-check")
		if agent.Has("button", "Open this ticket") {
			t.Error("it can be opened")
		}
		agent.post("/tickets", call(account, callersNumber)).refused(t, "Fewer than two mail addresses")
	})
	t.Run("so does the account's page", func(t *testing.T) {
		agent.open("/accounts/" + account)
		agent.WaitText("No: changed 10 days ago")
		agent.shots("s8-account")
	})
	t.Run("twenty days on it counts again", func(t *testing.T) {
		for range 3 {
			agent.movesClock("7 days")
		}
		agent.signIn()
		agent.takesCall(account, callersNumber)
		agent.WaitText("What happens then")
		if strings.Contains(agent.Text("main"), "changed") {
			t.Errorf("the page says\n%s", agent.Text("main"))
		}
		agent.Submit("Open this ticket")
		agent.WaitText("Read the reference out")
		agent.shots("s8-ticket")
	})
	t.Run("whoever has the old address is told of the ticket as well", func(t *testing.T) {
		mail := &person{tab: newTab(t), p: p}
		mail.reload("/demo/mail?to="+account+"@example.net", "asked to recover")
		mail.shots("s8-mail")
		if n := eval[int](mail.tab, `[...document.querySelectorAll("article.mail bdi")].filter(e => e.innerText === "`+account+`@example.net").length`); n == 0 {
			t.Errorf("nobody told the old address:\n%s", mail.Text("main"))
		}
	})
}
