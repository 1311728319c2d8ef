package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// "It was not me": the opening mail's link, or its code typed, freezes all there
// is, and nobody at the desk thaws it.
func TestR24_S17_ItWasNotMe(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	caller.signInAtMe()
	codes := caller.takesCodes()
	agent, approver, colleague := joins(t, p, "agent"), joins(t, p, "approver"), p.seeded(t, "agent.south.1")
	thief := &person{tab: newTab(t), p: p, password: password}
	reader := &person{tab: newTab(t), p: p} // opens the mail; signs in nowhere
	ref := agent.opensTicket(account)
	thief.claims(ref)
	agent.sendsCode(ref)
	thief.typesCode(p, ref, 1)
	thief.typesPassword()
	agent.recordsVideo(ref)
	agent.asksApproval(ref)
	request := approver.findsRequest(ref)

	link, _ := reader.stopIn(ref)
	t.Run("reading the page behind the link does nothing", func(t *testing.T) {
		reader.Goto(link)
		reader.shots("s17-link")
		approver.carries(t, request, "Waiting for approval", 0)
	})
	reader.Goto(link)
	reader.Submit("This was not me: stop it")
	reader.WaitText("This recovery is stopped")
	reader.shots("s17-stopped")
	t.Run("ticket, request, claimed page and codes are dead at once", func(t *testing.T) {
		agent.open("/tickets/" + ref)
		agent.shots("s17-ticket")
		if state := agent.fact("State"); state != "Frozen" {
			t.Errorf("the ticket is %s", state)
		}
		approver.carries(t, request, "Void", 0)
		approver.post(request+"/challenge", url.Values{"decision": {"approve"}, "reason": {"I read it."}}).refused(t, "")
		thief.Goto(p.URL + "/recover/ticket")
		thief.shots("s17-thief")
		if text := thief.Text("main"); strings.Contains(text, "New passkey") || strings.Contains(text, "Send the code") {
			t.Errorf("the claimed page still offers\n%s", text)
		}
		stranger := &person{tab: newTab(t), p: p}
		stranger.presentsCode(account, codes[0])
		stranger.WaitText("That did not work")
	})
	t.Run("security is told", func(t *testing.T) { reader.gets(account, "Security alert", 1) })
	t.Run("no agent thaws it: nothing is offered, and every form is refused", func(t *testing.T) {
		for _, who := range []*person{agent, colleague} {
			who.open("/tickets/" + ref)
			for _, button := range []string{"Ask for approval", "Go on with this ticket", "Work on this ticket", "Send the code"} {
				if who.Has("button", button) {
					t.Errorf("the page offers %q", button)
				}
			}
			for _, sub := range []string{"/resumption", "/approval", "/lease", "/claim", "/withdrawal", "/closing"} {
				who.post("/tickets/"+ref+sub, url.Values{"reason": {"The caller insists."}}).refused(t, "")
			}
		}
	})
	t.Run("a new ticket is refused, and the page says where she goes in person", func(t *testing.T) {
		colleague.takesCall(account, "+44 1632 960 001")
		colleague.WaitText("This ticket cannot be opened")
		colleague.shots("s17-new-ticket")
		if text := colleague.Text("main"); colleague.Has("button", "Open this ticket") || !strings.Contains(text, "Service point, ground floor") {
			t.Errorf("the agent reads\n%s", text)
		}
	})
	t.Run("the link works once", func(t *testing.T) {
		if status := reader.Goto(link); status < 400 || status > 499 {
			t.Errorf("it answers %d", status)
		}
	})
	t.Run("the code of the mail, typed, does the same", func(t *testing.T) { typesStopCode(t, p, agent, reader) })
}

// typesStopCode stops another account's recovery without a link.
func typesStopCode(t *testing.T, p *product, agent, reader *person) {
	_, other := seededHolder(t, p)
	ref := agent.opensTicket(other)
	_, code := reader.stopIn(ref)
	reader.open("/stop")
	reader.Fill("Stop code", "K7QP2-M9X4T")
	reader.Submit("This was not me: stop it")
	reader.WaitText("This code stops nothing")
	reader.shots("s17-wrong-code")
	reader.Fill("Stop code", strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	reader.Submit("This was not me: stop it")
	reader.WaitText("This recovery is stopped")
	agent.open("/tickets/" + ref)
	if state := agent.fact("State"); state != "Frozen" {
		t.Errorf("the ticket is %s", state)
	}
}

// stopIn reads the stop link and the stop code in a mail about a ticket.
func (who *person) stopIn(ref string) (link, code string) {
	who.t.Helper()
	for range 200 {
		who.open("/demo/mail")
		found := eval[[]string](who.tab, `[...document.querySelectorAll("article.mail pre")].map(e => e.innerText).filter(t => t.includes(`+quoted(ref)+`))
			.map(t => t.match(/(\S+\/stop\/\S+)[^]*stop code (\S+)/)).filter(m => m).flatMap(m => [m[1], m[2]])`)
		if len(found) >= 2 {
			return found[0], found[1]
		}
		who.pause()
	}
	who.t.Fatalf("no mail about %s holds a stop link", ref)
	return "", ""
}
