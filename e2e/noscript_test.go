package e2e

import (
	"strings"
	"testing"
)

// TestNoJavaScript walks every form that needs no key with scripts off.
func TestNoJavaScript(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	caller.signInAtMe()
	agent := joins(t, p, "agent")
	for _, who := range []*person{caller, agent} {
		who.NoScript()
	}

	t.Run("the holder makes codes and signs out", func(t *testing.T) {
		caller.takesCodes()
		caller.open("/me")
		caller.Submit("Sign out")
		caller.WaitURL("/me/login")
		if !strings.Contains(caller.Text("main"), "scripts") {
			t.Error("the page does not say that a passkey needs scripts")
		}
	})
	t.Run("the desk and the claimed browser get as far as the approval", func(t *testing.T) {
		ref := agent.opensTicket(account)
		caller.claims(ref)
		agent.sendsCode(ref)
		caller.typesCode(p, ref, 1)
		caller.typesPassword()
		agent.recordsVideo(ref)
		agent.asksApproval(ref)
		agent.Submit("Take the request back")
		agent.Fill("New note", "Asked too early.")
		agent.Submit("Keep the note")
		agent.WaitText("Asked too early.")
		agent.Follow("Withdraw")
		agent.Fill("Reason", "The phone was found.")
		agent.Submit("Withdraw this ticket")
		agent.WaitText("Withdrawn")
	})
	t.Run("the queue is searched and filtered", func(t *testing.T) {
		agent.open("/queue?view=closed")
		agent.Fill("Reference, name, mail or id. Filters too: tier:reset is:expiring", account)
		agent.Submit("Apply")
		agent.WaitText("Withdrawn")
	})
	t.Run("a form sent half empty keeps what was typed and says what is missing", func(t *testing.T) {
		agent.open("/tickets/new?account=" + account)
		agent.Fill("What the caller said", "Only this.")
		agent.Submit("Check before you open")
		agent.WaitText("There is a problem")
		if got := eval[string](agent.tab, `document.querySelector("textarea[name=reason]").value`); got != "Only this." {
			t.Errorf("kept %q", got)
		}
		agent.shots("newticket-wrong")
	})
	t.Run("a stranger is told nothing", func(t *testing.T) {
		stranger := &person{tab: newTab(t), p: p}
		stranger.NoScript()
		stranger.presentsCode("nobody", "K7QP2-M9X4T-RC8WV-N3HJD-6YBA6")
		stranger.WaitText("That did not work")
		stranger.open("/recover/ticket")
		stranger.Fill("Reference", "0000-0000")
		stranger.Submit("Continue")
		stranger.WaitText("There is a problem")
	})
}
