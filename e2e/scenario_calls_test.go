package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// The scenarios of a help desk lead that begin with a call.

// A caller who knows everything about the holder, and cannot read her mail.
func TestR13_S1_ASocialEngineerCallsTwice(t *testing.T) {
	p := startProduct(t, furnished(t))
	_, account := holder(t, p)
	agent, colleague := joins(t, p, "agent"), p.seeded(t, "agent.south.1")
	mail := &person{tab: newTab(t), p: p}
	caller := &person{tab: newTab(t), p: p}
	ref := agent.opensTicket(account)

	t.Run("without a proof the agent's screen offers no reset, and the case ends", func(t *testing.T) {
		caller.claims(ref)
		agent.sendsCode(ref)
		if agent.Has("button", "Ask for approval") {
			t.Error("an approval can be asked for")
		}
		agent.Follow("The caller cannot do this")
		agent.Fill("Reason", "He reads none of her mailboxes, and he knows her birthday.")
		agent.shots("s1-failure")
		agent.Submit("The caller cannot do this: end it")
		agent.WaitText("Failed")
		agent.shots("s1-failed")
		if agent.Has("button", "Ask for approval") || agent.Has("button", "Send a new code") {
			t.Error("the failed ticket can be gone on with")
		}
	})
	t.Run("the caller reads nothing of why", func(t *testing.T) {
		caller.open("/recover/ticket")
		caller.shots("s1-caller")
		if text := caller.Text("main"); strings.Contains(text, "mailboxes") || strings.Contains(text, "birthday") {
			t.Errorf("the caller reads\n%s", text)
		}
	})
	t.Run("the holder is told at both addresses, and security", func(t *testing.T) {
		mail.gets(account, "failed", 2)
		mail.gets(account, "Security alert", 1)
		mail.shots("s1-mail")
	})
	agent.movesClock("10 minutes")
	t.Run("10 minutes later the same number opens with a red link to the first, and is refused", func(t *testing.T) {
		colleague.takesCall(account, "020 7946 0999")
		colleague.WaitText("it can be tried again from")
		colleague.shots("s1-second-call")
		if !colleague.Has("link", ref) || colleague.Has("button", "Open this ticket") {
			t.Errorf("no link, or a way to open:\n%s", colleague.Text("main"))
		}
		if kind := eval[bool](colleague.tab, `!!document.querySelector(".message.stop a[href='/tickets/`+ref+`']")`); !kind {
			t.Error("the link is not in a red band")
		}
		colleague.post("/tickets", call(account, "+44 20 7946 0999")).refused(t, "it can be tried again from")
	})
	t.Run("the owner gets through from another number", func(t *testing.T) {
		agent.takesCall(account, "+44 1632 960 001")
		agent.shots("s1-owner")
		agent.Submit("Open this ticket")
		agent.WaitText("Read the reference out")
		if level := agent.fact("Level"); level != "P2" {
			t.Errorf("she proves %s", level)
		}
		agent.Follow("Withdraw")
		agent.Fill("Reason", "She found her phone.")
		agent.Submit("Withdraw this ticket")
		agent.WaitText("Withdrawn")
	})
	agent.movesClock("10 minutes")
	colleague.open("/queue") // it stays signed in
	agent.movesClock("10 minutes")
	t.Run("after the cooldown the same number may, and proves one level more", func(t *testing.T) {
		colleague.takesCall(account, callersNumber)
		colleague.Submit("Open this ticket")
		colleague.WaitText("Read the reference out")
		colleague.shots("s1-after-cooldown")
		if level := colleague.fact("Level"); level != "P3" {
			t.Errorf("the caller proves %s", level)
		}
	})
}

// call is the form of a new ticket, as a browser would send it.
func call(account, number string) url.Values {
	return url.Values{"account": {account}, "event": {"device-loss"}, "device": {"lost"}, "lock": {"locked"}, "intake": {"phone"}, "source": {number}, "reason": {"Lost again."}}
}

// gets waits until so many mails about an account have words in their subject.
func (who *person) gets(account, subject string, n int) {
	who.t.Helper()
	for range 200 {
		if who.mails(who.p, account, subject) >= n {
			return
		}
		who.pause()
	}
	who.t.Fatalf("there are not %d mails %q about %s:\n%s", n, subject, account, who.Text("main"))
}
