package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// An agent with one step open sends what only comes later: by address, by form,
// from a second tab, and again what was sent before.
func TestR13_S2_AnAgentTriesToSkip(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	agent := joins(t, p, "agent")
	ref := agent.opensTicket(account)
	if !t.Run("no step opens before the one in front of it has passed", func(t *testing.T) { skipsSteps(t, p, caller, agent, ref) }) {
		return
	}
	t.Run("a form that was sent before does not do it again, and a step that is passed is over", func(t *testing.T) {
		before := agent.stands()
		agent.post("/tickets/"+ref+"/steps/video", url.Values{"method": {"video"}, "record": {"HR-1"}, "outcome": {"match"}}).refused(t, "That step is not open.")
		agent.open("/tickets/" + ref)
		if after := agent.stands(); after != before {
			t.Errorf("the ticket stands at\n%s", after)
		}
	})
	t.Run("nobody resets, reviews or closes ahead of the approval", func(t *testing.T) {
		for _, sub := range []string{"/reset", "/execution", "/codes"} {
			if got := agent.post("/tickets/"+ref+sub, nil); got.Status != 404 && got.Status != 405 {
				t.Errorf("%s answers %d", sub, got.Status)
			}
		}
		for _, sub := range []string{"/review", "/closing"} {
			if got := agent.post("/tickets/"+ref+sub, url.Values{"finding": {"ok"}, "text": {"Fine."}}); got.Status < 400 || got.Status > 499 {
				t.Errorf("%s answers %d", sub, got.Status)
			}
		}
	})
	t.Run("every try is in the audit log, by name", func(t *testing.T) {
		auditor := joins(t, p, "reviewer")
		auditor.open("/audit?ticket=" + ref + "&actor=desk.agent")
		auditor.shots("s2-audit")
		text := auditor.Text("main")
		if n := strings.Count(text, "proof.refused"); n < 3 {
			t.Errorf("%d refused proofs are told:\n%s", n, text)
		}
	})
}

// Somebody with a part in a ticket does not decide it, on the page or past it.
func TestR23_S4_TheApproverAskedForIt(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	agent, asker, other := joins(t, p, "agent"), joins(t, p, "approver"), joins(t, p, "approver")
	agent.takesCall(account, callersNumber)
	agent.Follow("Go back")
	agent.Fill("Who asks, if not the holder", "desk.approver.1")
	agent.Fill("What the caller said", "My colleague's phone is gone.")
	agent.Submit("Check before you open")
	agent.Submit("Open this ticket")
	agent.WaitText("Read the reference out")
	ref := agent.fact("Reference")
	caller.claims(ref)
	agent.sendsCode(ref)
	caller.typesCode(p, ref, 1)
	caller.typesPassword()
	agent.recordsVideo(ref)
	agent.asksApproval(ref)
	agent.Follow("Read the request")
	request := strings.TrimPrefix(agent.URL(), p.URL)

	t.Run("the page says why, and has no button", func(t *testing.T) {
		asker.open(request)
		asker.shots("s4-asker")
		if asker.Has("button", "Approve with security key") || asker.Has("button", "Deny with security key") {
			t.Error("whoever asked may decide")
		}
		asker.WaitText("You asked for this recovery")
	})
	t.Run("the server refuses as well", func(t *testing.T) {
		asker.post(request+"/challenge", url.Values{"decision": {"approve"}, "reason": {"It is fine."}}).refused(t, "You asked for this recovery")
		asker.carries(t, request, "Waiting for approval", 0)
	})
	t.Run("another approver decides it, and not alone if policy says two", func(t *testing.T) {
		other.open(request)
		other.shots("s4-other")
		fields := other.signs(request, "approve")
		if got := other.post(request, fields); got.Status != 200 {
			t.Fatalf("answered %d", got.Status)
		}
		other.carries(t, request, "pproved", 1)
	})
}

// skipsSteps walks the proofing; before each step the forms of all later ones
// are sent from the agent's page, from a second tab and from the holder's page.
func skipsSteps(t *testing.T, p *product, caller, agent *person, ref string) {
	second := &person{tab: agent.Another(), p: p}
	const notOpen, notPassed = "That step is not open.", "has not been passed."
	video := url.Values{"method": {"video"}, "record": {"HR-20931"}, "outcome": {"match"}}
	skip := func(words map[string]string) {
		t.Helper()
		for _, who := range []*person{agent, second} {
			who.open("/tickets/" + ref)
			before := who.stands()
			for sub, want := range words {
				fields := url.Values{"reason": {"They are in a hurry."}, "method": {"mail-code"}}
				if sub == "/steps/person" {
					fields = video
				}
				who.post("/tickets/"+ref+sub, fields).refused(t, want)
				if status := who.Goto(p.URL + "/tickets/" + ref + sub); status != 404 {
					t.Errorf("the address of %s answers %d", sub, status)
				}
				who.open("/tickets/" + ref)
			}
			if after := who.stands(); after != before {
				t.Errorf("the ticket stood at\n%s\nand stands at\n%s", before, after)
			}
		}
	}
	skip(map[string]string{"/steps/code": "No browser holds this ticket yet.", "/steps/person": notOpen, "/approval": notPassed})
	caller.claims(ref)
	caller.post("/recover/ticket/password", url.Values{"password": {password}}).refused(t, notOpen)
	caller.post("/recover/ticket/fresh", url.Values{"code": {"12345678"}}).refused(t, "nothing can be registered here.")
	if status := caller.Goto(p.URL + "/recover/enrol"); status < 400 || status > 499 {
		t.Errorf("the page of the new passkey answers %d", status)
	}
	skip(map[string]string{"/steps/person": notOpen, "/approval": notPassed})
	agent.sendsCode(ref)
	skip(map[string]string{"/steps/person": notOpen, "/approval": notPassed})
	caller.typesCode(p, ref, 1)
	caller.WaitText("Password of your account")
	skip(map[string]string{"/steps/code": notOpen, "/steps/person": notOpen, "/approval": notPassed})
	caller.typesPassword()
	skip(map[string]string{"/approval": notPassed})
	agent.recordsVideo(ref)
}
