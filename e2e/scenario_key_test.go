package e2e

import (
	"strings"
	"testing"
)

// An approver's key is gone: what it signed and nobody carried out is void, the
// rest is looked at again.
func TestR15_S6_AnApproversKeyIsLost(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	other, second := seededHolder(t, p)
	agent, approver := joins(t, p, "agent"), joins(t, p, "approver")
	agent.movesClock("10 minutes") // so that the key is older than the moment that is named
	admin := joins(t, p, "administrator")
	admin.open("/staff/desk.approver.1")
	since := eval[string](admin.tab, `document.querySelector("input[type=datetime-local]").value`)

	executed := agent.reachesApproval(caller, account)
	approver.signsFor(executed)
	approver.movesClock("10 minutes")
	caller.reload("/recover/ticket", "Send the code")
	waiting := agent.reachesApproval(other, second)
	request := approver.signsFor(waiting)
	agent.reload("/tickets/"+waiting, "Approved")

	t.Run("an administrator reports it with the own key", func(t *testing.T) {
		admin.open("/staff/desk.approver.1")
		eval[bool](admin.tab, `(document.querySelector("details:has(input[type=datetime-local])").open = true)`)
		eval[bool](admin.tab, `!!(document.querySelector("input[type=datetime-local]").value = `+quoted(since)+`)`)
		admin.shots("s6-report")
		admin.Click("button", "Report Blue key as lost")
		admin.WaitText("This is what you sign")
		admin.shots("s6-statement")
		admin.Click("button", "Sign this with your security key")
		admin.WaitText("Reported lost at")
		admin.shots("s6-reported")
	})
	t.Run("the approver is signed out, and the key signs in no more", func(t *testing.T) {
		approver.Goto(p.URL + "/approvals")
		approver.WaitURL("/login")
		approver.Click("button", "Sign in with your security key")
		approver.WaitText("There is a problem")
		approver.shots("s6-login")
	})
	t.Run("what was approved and not executed is void", func(t *testing.T) {
		agent.open("/tickets/" + waiting)
		agent.shots("s6-void")
		if state := agent.fact("State"); !strings.HasPrefix(state, "Proofing") {
			t.Errorf("the ticket is %s", state)
		}
		admin.open(request)
		admin.WaitText("Void")
	})
	t.Run("what was executed is reviewed again, and the live recovery ends in one act", func(t *testing.T) {
		admin.open("/staff/desk.approver.1")
		if !admin.Has("link", executed) {
			t.Errorf("the page does not list %s:\n%s", executed, admin.Text("main"))
		}
		admin.touchesAgain()
		admin.Submit("End the live recoveries of this key (1)")
		admin.shots("s6-ended")
		agent.open("/tickets/" + executed)
		agent.shots("s6-again")
		agent.WaitText("Under review")
		agent.WaitText("A review is due.")
		caller.open("/recover/ticket")
		if caller.Has("button", "Send the code") {
			t.Error("the recovery lives on")
		}
	})
	t.Run("the owner is told", func(t *testing.T) {
		mail := &person{tab: newTab(t), p: p}
		mail.open("/demo/mail?to=desk.approver.1")
		mail.shots("s6-mail")
		mail.WaitText("key")
	})
}

// reachesApproval opens a ticket and proves all of it; it answers the reference.
func (who *person) reachesApproval(caller *person, account string) string {
	who.t.Helper()
	ref := who.opensTicket(account)
	who.proves(caller, ref)
	return ref
}

// proves takes an open ticket through every step, to the request for approval.
func (who *person) proves(caller *person, ref string) {
	who.t.Helper()
	caller.claims(ref)
	who.sendsCode(ref)
	caller.typesCode(who.p, ref, 1)
	caller.typesPassword()
	who.recordsVideo(ref)
	who.asksApproval(ref)
}

// signsFor approves the request about a ticket and answers its address.
func (who *person) signsFor(ref string) string {
	who.t.Helper()
	request := who.findsRequest(ref)
	who.open(request)
	fields := who.signs(request, "approve")
	if got := who.post(request, fields); got.Status != 200 {
		who.t.Fatalf("the approval answers %d", got.Status)
	}
	return request
}
