package e2e

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

// TestR15_RefusalsInTheBrowser takes one ticket to its approval and tries every
// way around the approver's key.
func TestR15_RefusalsInTheBrowser(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	agent, approver := joins(t, p, "agent"), joins(t, p, "approver")
	ref := agent.opensTicket(account)
	agent.proves(caller, ref)
	request := approver.findsRequest(ref)

	t.Run("the claim stays with one browser", func(t *testing.T) { stealsClaim(t, p, ref) })
	t.Run("an agent is told that deciding needs another role", func(t *testing.T) {
		if status := agent.Goto(p.URL + request); status != 403 || !strings.Contains(agent.Text("main"), "It needs the role approver.") {
			t.Errorf("%d: %s", status, agent.Text("main"))
		}
		got := agent.post(request+"/challenge", url.Values{"decision": {"approve"}, "reason": {"I did it myself."}})
		got.refused(t, "It needs the role approver.")
	})
	t.Run("a key that does not verify its person signs nothing", func(t *testing.T) { approver.signsUnverified(t, request) })
	t.Run("a denial is not filed as an approval", func(t *testing.T) {
		approver.open(request)
		fields := approver.signs(request, "deny")
		fields.Set("decision", "approve")
		approver.post(request, fields).refused(t, "The key signed another decision than the one that was sent.")
		approver.carries(t, request, "Waiting for approval", 0)
	})
	t.Run("a ticket that changes under the approver's hand is not approved", func(t *testing.T) {
		approver.reads(request)
		pressed := &person{tab: agent.Another(), p: p}
		pressed.open("/tickets/" + ref)
		pressed.Submit("I am being pressured")
		approver.Click("button", "Sign this with your security key")
		approver.WaitText("There is a problem")
		if !strings.Contains(approver.Text(".summary"), "This request is void already.") {
			t.Errorf("the approver reads %q", approver.Text(".summary"))
		}
		approver.carries(t, request, "Void", 0)
	})
	t.Run("a signed answer counts once", func(t *testing.T) { replays(t, p, agent, approver, ref) })
}

// stealsClaim enters a claimed reference in another profile: the answer is that
// of an unknown one.
func stealsClaim(t *testing.T, p *product, ref string) {
	thief := &person{tab: newTab(t), p: p}
	thief.open("/recover/ticket")
	thief.Fill("Reference", ref)
	thief.Submit("Continue")
	thief.WaitText("This reference cannot be used here.")
	known := thief.Text(".summary")
	thief.Fill("Reference", "K7QP-2M9X")
	thief.Submit("Continue")
	if unknown := thief.Text(".summary"); unknown != known {
		t.Errorf("a claimed reference answers %q, an unknown one %q", known, unknown)
	}
}

// replays asks again, signs once, and sends the same answer twice more.
func replays(t *testing.T, p *product, agent, approver *person, ref string) {
	agent.open("/tickets/" + ref)
	agent.asksApproval(ref) // of two approvers now, so a second signature would approve
	request := approver.findsRequest(ref)
	approver.open(request)
	fields := approver.signs(request, "approve")
	if got := approver.post(request, fields); got.Status != 200 {
		t.Fatalf("the first time: %d", got.Status)
	}
	approver.carries(t, request, "Waiting for approval", 1)
	approver.post(request, fields).refused(t, "This was answered before, or it was not begun here.")
	other := joins(t, p, "approver") // now, so that no draw falls on this one before
	other.open(request)
	other.post(request, fields).refused(t, "This was answered before, or it was not begun here.")
	approver.carries(t, request, "Waiting for approval", 1)
}

// stands is what the ticket page says about the ticket's state and steps.
func (who *person) stands() string {
	who.t.Helper()
	steps := who.Text("ol.tasks")
	if steps == "" {
		who.t.Fatal("the ticket page shows no steps")
	}
	return who.fact("State") + "\n" + who.fact("Claim") + "\n" + steps
}

// findsRequest is the address of the request that waits for this approver.
func (who *person) findsRequest(ref string) string {
	who.t.Helper()
	who.open("/approvals")
	return eval[string](who.tab, `[...document.querySelectorAll("article, li, .card")].find(e => e.innerText.includes("`+ref+`")).querySelector("a").getAttribute("href")`)
}

// reads opens a request and presses Approve once: the statement is on the page.
func (who *person) reads(request string) {
	who.t.Helper()
	who.open(request)
	who.Fill("Your reason", "I read the evidence.")
	who.Click("button", "Approve with security key")
	who.WaitText("This is what you sign")
}

// signsUnverified tries a key that refuses its person, and keys that lie.
func (who *person) signsUnverified(t *testing.T, request string) {
	who.reads(request)
	who.key.Verify(false)
	who.Click("button", "Sign this with your security key")
	who.WaitText("No key was used, so nothing was approved.")
	who.key.Verify(true)
	who.carries(t, request, "Waiting for approval", 0)
	for _, lie := range []struct {
		noVerification, zeroSignature bool
		told                          string
	}{
		{true, false, "The key did not ask for its PIN or fingerprint."},
		{false, true, "The key's answer does not belong to this request."},
	} {
		who.key.Corrupt(lie.noVerification, lie.zeroSignature)
		fields := who.signs(request, "approve")
		who.key.Corrupt(false, false)
		who.post(request, fields).refused(t, lie.told)
		who.carries(t, request, "Waiting for approval", 0)
	}
}

// signs begins a decision and has the key answer, as js/passkey.js does, and
// gives back the form that would be filed.
func (who *person) signs(request, decision string) url.Values {
	who.t.Helper()
	fields := url.Values{"decision": {decision}, "reason": {"I read the evidence."}}
	answer := eval[struct{ Challenge, Response string }](who.tab, fmt.Sprintf(`(async () => {
		const begun = await fetch(%q, {method: "POST", body: new URLSearchParams(%q), headers: {Accept: "application/json"}});
		const got = await begun.json();
		if (!begun.ok) throw new Error(got.detail);
		const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(got.options.publicKey || got.options);
		const credential = await navigator.credentials.get({publicKey});
		return {Challenge: got.id, Response: JSON.stringify(credential.toJSON())};
	})()`, request+"/challenge", fields.Encode()))
	fields.Set("challenge", answer.Challenge)
	fields.Set("response", answer.Response)
	return fields
}

// carries opens a request and compares its state and how often it was signed.
func (who *person) carries(t *testing.T, request, state string, signatures int) {
	t.Helper()
	who.open(request)
	if text := who.Text("main"); !strings.Contains(text, state) {
		t.Errorf("the request is not %q:\n%s", state, text)
	}
	if n := eval[int](who.tab, `document.querySelectorAll("article.receipt").length`); n != signatures {
		t.Errorf("%d signatures, want %d", n, signatures)
	}
}

// answered is what a form sent by hand came to, redirects followed.
type answered struct {
	Status int
	Body   string
}

// post sends a form from the page that is open, with the page's own cookies.
func (b *tab) post(path string, fields url.Values) answered {
	b.t.Helper()
	return eval[answered](b, fmt.Sprintf(`fetch(%q, {method: "POST", body: new URLSearchParams(%q)})
		.then(async r => ({Status: r.status, Body: await r.text()}))`, path, fields.Encode()))
}

// refused expects a 4xx that says why.
func (a answered) refused(t *testing.T, words string) {
	t.Helper()
	if a.Status < 400 || a.Status > 499 || !strings.Contains(html.UnescapeString(a.Body), words) {
		main := a.Body[max(0, strings.Index(a.Body, "<main")):]
		t.Errorf("answered %d without %q:\n%s", a.Status, words, main[:min(len(main), 800)])
	}
}
