package e2e

import "testing"

// An open ticket follows what others do, without a reload, and a field that
// somebody types in is left alone.
func TestLiveTicket(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	caller.signInAtMe()
	agent := joins(t, p, "agent")
	ref := agent.opensTicket(account)
	agent.open("/tickets/" + ref)
	agent.Fill("New note", "half a sentence")
	eval[bool](agent.tab, `(window.stayed = true)`)
	caller.claims(ref)
	agent.WaitText("Claimed by one browser")
	if !eval[bool](agent.tab, `window.stayed === true`) {
		t.Error("the page was loaded again")
	}
	if got := eval[string](agent.tab, `document.querySelector("[name=note]").value`); got != "half a sentence" {
		t.Errorf("the note being typed became %q", got)
	}
}
