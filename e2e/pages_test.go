package e2e

import (
	"strings"
	"testing"
)

// TestPagesAreAccessible opens every page in every role that reaches it: axe in
// light and dark, wide and on a phone, and the reflow at 320 pixels.
func TestPagesAreAccessible(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	agent, approver, reviewer := joins(t, p, "agent"), joins(t, p, "approver"), joins(t, p, "reviewer")
	administrator := joins(t, p, "administrator")

	t.Run("for everybody", func(t *testing.T) {
		stranger := &person{tab: newTab(t), p: p}
		stranger.looks("/login", "/me/login", "/recover", "/recover/desk", "/recover/instructions", "/recover/policy", "/recover/code", "/recover/code?sent=1",
			"/recover/code?device=lost&lock=locked", "/recover/code?device=stolen&lock=locked", "/recover/ticket", "/demo/mail",
			strings.TrimPrefix(p.Invites["administrator"][0], p.URL), "/nowhere", "/recover/password", "/stop", "/report", "/verify-us", "/recover/mail?device=lost&lock=locked", "/recover/mail/code", "/stop/0123456789abcdefghjkmnpqrs")
	})
	t.Run("for the agent", func(t *testing.T) {
		agent.looks("/queue", "/queue?view=closed", "/queue?q=zzzz", "/tickets/new", "/tickets/new?q="+account, "/tickets/new?account="+account,
			agent.linked("/queue?view=open", "Proofing"), agent.linked("/queue?view=open", "Frozen"), agent.linked("/queue?view=closed", "Closed"), "/audit", "/staff")
		ref := agent.opensTicket(account)
		agent.looks("/tickets/"+ref+"/withdrawal", "/tickets/new?account="+account)
		caller.claims(ref)
		caller.looks("/recover/ticket", "/recover/ticket/withdrawal")
	})
	t.Run("for the approver", func(t *testing.T) {
		approver.looks("/approvals", "/approvals?tab=decided", approver.linked("/approvals", ""), approver.linked("/approvals?tab=decided", ""))
	})
	t.Run("for the reviewer", func(t *testing.T) {
		reviewer.looks("/reviews", reviewer.linked("/reviews", "Review due"), "/audit", "/audit/0")
	})
	t.Run("for the administrator", func(t *testing.T) {
		administrator.looks("/staff", administrator.linked("/staff", ""), "/accounts", "/accounts?q="+account, "/accounts/"+account, "/audit",
			"/policy", "/policy/rows/device-loss/privileged", "/policy/draft", "/policy/draft?section=requests", "/policy/draft/file", "/policy/draft/changes", "/workflows", "/workflows/desk-p2", "/workflows/desk-p2/draft",
			"/proposals", "/staff/rota", "/staff/groups", "/incidents", "/threat", "/accounts/import", "/accounts/"+account+"/change")
	})
	t.Run("for the holder", func(t *testing.T) {
		caller.signInAtMe()
		caller.looks("/me", "/me/codes", "/me/hold", "/me/report")
		caller.takesCodes()
		caller.looks("/me", "/me/codes")
	})
}

// looks checks pages and takes their pictures.
func (who *person) looks(paths ...string) {
	who.t.Helper()
	for _, path := range paths {
		who.Goto(who.p.URL + path)
		who.CheckPage()
		who.shots("page" + who.t.Name()[len("TestPagesAreAccessible"):] + path)
	}
}

// linked is the first link of a list whose line says words.
func (who *person) linked(list, words string) string {
	who.t.Helper()
	who.open(list)
	link := eval[string](who.tab, `(() => { for (const line of document.querySelectorAll("main tr, main article, main li.card, main li")) {
		const a = line.querySelector("a[href^='/tickets/'], a[href^='/approvals/'], a[href^='/staff/']");
		if (a && line.innerText.includes(`+quoted(words)+`)) return a.getAttribute("href"); } return "" })()`)
	if link == "" {
		who.t.Errorf("%s has no line with %q", list, words)
		return list
	}
	return link
}
