package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestR40_AssistedReset is the assisted journey: from a caller without the phone
// to a new passkey and new codes.
func TestR40_AssistedReset(t *testing.T) {
	onSQLite(t, assistedReset)
	onPostgres(t, assistedReset)
}

func assistedReset(t *testing.T, p *product) {
	caller, account := holder(t, p)
	caller.signInAtMe()
	caller.open("/me")
	caller.shots("me")
	caller.key.Lose()

	agent := joins(t, p, "agent")
	ref := agent.opensTicket(account)
	agent.proves(caller, ref)

	approver := joins(t, p, "approver")
	receipt := approver.approves(t, ref)
	approver.movesClock("10 minutes")

	caller.enrolsAgain(p, ref)
	caller.signInAtMe()
	codes := caller.takesCodes()

	agent.ticksLetters(ref)
	reviewer := joins(t, p, "reviewer")
	reviewer.reviewsAndCloses(ref)
	reviewer.readsStory(ref)
	p.proves(t, receipt)
	p.holdsNone(t, append(codes, password)...)
}

// opensTicket finds the account and opens the ticket; it answers the reference.
func (who *person) opensTicket(account string) string {
	who.t.Helper()
	who.takesCall(account, callersNumber)
	who.WaitText("What happens then")
	who.shots("check")
	who.Submit("Open this ticket")
	who.WaitText("Read the reference out")
	who.shots("ticket-opened")
	return who.fact("Reference")
}

// callersNumber is what the desk's telephone shows, unless a journey says otherwise.
const callersNumber = "+44 20 7946 0999"

// takesCall finds the account and fills in what a caller says, as far as the page
// before a ticket is opened.
func (who *person) takesCall(account, number string) {
	who.t.Helper()
	who.open("/tickets/new")
	who.Fill("Name, mail address or id", account)
	who.Submit("Apply")
	who.shots("find")
	name := eval[string](who.tab, `document.querySelector("main a[href^='/tickets/new?account=']").innerText`)
	who.Follow(name)
	who.shots("newticket")
	who.Click("radio", "Device with the passkey is gone Lost or stolen phone, laptop or key.")
	who.Click("radio", "Lost")
	who.Click("radio", "Locked")
	who.Click("radio", "They called")
	who.Fill("Where did it come from?", "withheld")
	who.Fill("Where did it come from?", number)
	who.Fill("What the caller said", "The phone fell into the harbour.")
	who.Submit("Check before you open")
}

// claims enters the reference in the holder's browser.
func (who *person) claims(ref string) {
	who.t.Helper()
	who.open("/recover")
	who.shots("recover")
	who.open("/recover/ticket")
	who.Fill("Reference", strings.ToLower(ref))
	who.Submit("Continue")
	who.WaitText("Where it stands")
	who.shots("claimed")
}

func (who *person) sendsCode(ref string) {
	who.t.Helper()
	who.open("/tickets/" + ref)
	who.Click("radio", who.first("address"))
	who.Submit("Send the code")
	who.WaitText("A code is on its way")
	who.shots("ticket-code")
}

// typesCode reads the n-th code of this ticket in the mailbox and types it in
// the claimed browser.
func (who *person) typesCode(p *product, ref string, n int) {
	who.t.Helper()
	digits := who.code(p, ref, n)
	who.open("/recover/ticket")
	who.shots(fmt.Sprintf("claimed-code-%d", n))
	who.Fill("Code", digits)
	who.Submit("Continue")
}

func (who *person) typesPassword() {
	who.t.Helper()
	who.WaitText("Password of your account")
	who.Fill("Password of your account", who.password)
	who.Submit("Continue")
	who.WaitText("video call")
	who.shots("claimed-video")
}

func (who *person) recordsVideo(ref string) {
	who.t.Helper()
	who.open("/tickets/" + ref)
	who.shots("ticket-video")
	who.Fill("HR record you compared", "HR-20931")
	who.Click("radio", "Match The step is passed.")
	who.Submit("Record the outcome")
	who.WaitText("Every step is passed")
}

func (who *person) asksApproval(ref string) {
	who.t.Helper()
	who.Fill("Reason for the approver", "Face and cue fit; the mailbox and the password were proved.")
	who.Submit("Ask for approval")
	who.WaitText("Read the request")
	who.shots("ticket-waiting")
}

// approves reads the statement on a phone, signs it, and downloads the receipt.
func (who *person) approves(t *testing.T, ref string) string {
	who.t.Helper()
	who.Size(390, 844)
	who.open("/approvals")
	who.Screenshot("approvals-phone")
	link := eval[string](who.tab, `[...document.querySelectorAll("article, li, .card")].find(e => e.innerText.includes("`+ref+`")).querySelector("a").getAttribute("href")`)
	who.open(link)
	who.Screenshot("approval-phone")
	who.Size(1280, 900)
	who.shots("approval")
	who.Size(390, 844)
	who.Fill("Your reason", "I read the evidence and rang the holder's manager.")
	who.Click("button", "Approve with security key")
	who.WaitText("This is what you sign")
	if statement := who.Text("[data-statement]"); !strings.Contains(statement, ref) || !strings.Contains(statement, "approve") {
		t.Errorf("the statement does not name ticket and decision:\n%s", statement)
	}
	who.Screenshot("approval-statement-phone")
	who.Click("button", "Sign this with your security key")
	who.WaitText("Download the receipt")
	who.Screenshot("receipt-phone")
	who.Size(1280, 900)
	who.shots("receipt")
	return who.download(t, "Download the receipt")
}

// movesClock uses the ribbon's button.
func (who *person) movesClock(by string) {
	who.t.Helper()
	who.Select("Move the clock by", by)
	who.Submit("Move")
}

// enrolsAgain gives the fresh proof and registers a new passkey, on a new device.
func (who *person) enrolsAgain(p *product, ref string) {
	who.t.Helper()
	who.reload("/recover/ticket", "One last code")
	who.shots("claimed-fresh")
	who.Submit("Send the code")
	who.typesCode(p, ref, 2)
	who.WaitURL("/recover/enrol")
	who.shots("enrol")
	who.registersAgain()
}

// takesCodes makes five codes, shown once, and keeps them.
func (who *person) takesCodes() []string {
	who.t.Helper()
	who.open("/me/codes")
	who.shots("codes")
	who.Click("button", "Make backup codes")
	who.WaitText("This is the only time they are shown")
	who.shots("codes-new")
	codes := eval[[]string](who.tab, `[...document.querySelectorAll(".code-grid code")].map(e => e.innerText)`)
	if len(codes) != 5 {
		who.t.Errorf("%d codes are shown", len(codes))
	}
	who.Click("radio", "In a safe")
	who.Click("checkbox", "I have the codes there. Nobody else can read them.")
	who.Submit("Finish")
	who.WaitURL("/me/codes")
	for _, code := range codes {
		if strings.Contains(who.Text("body"), code) {
			who.t.Error("a code is shown again")
		}
	}
	return codes
}

func (who *person) ticksLetters(ref string) {
	who.t.Helper()
	who.open("/tickets/" + ref)
	for _, letter := range []string{"opening notice", "completion notice"} {
		if who.Has("button", "Tick off: "+letter) {
			who.Submit("Tick off: " + letter)
		}
	}
	if strings.Contains(who.Text("main"), "To be posted") {
		who.t.Error("a letter is left")
	}
	who.shots("ticket-letters")
}

func (who *person) reviewsAndCloses(ref string) {
	who.t.Helper()
	who.open("/reviews")
	who.shots("reviews")
	who.reviews(ref)
	who.Submit("Close the ticket")
	who.WaitText("Closed")
	who.shots("ticket-closed")
}

// reviews records that everything is in order.
func (who *person) reviews(ref string) {
	who.t.Helper()
	who.open("/tickets/" + ref)
	who.Click("radio", "In order")
	who.Fill("What you looked at", "The video record, the receipt and both notices.")
	who.Submit("Record the review")
}

// readsStory looks for the whole story on the audit page.
func (who *person) readsStory(ref string) {
	who.t.Helper()
	who.open("/audit?ticket=" + ref)
	who.shots("audit")
	story := who.Text("main")
	for _, kind := range []string{"ticket.opened", "ticket.claimed", "approval.decided", "reset.executed", "recovery.completed", "review.done", "ticket.closed"} {
		if !strings.Contains(story, kind) {
			who.t.Errorf("the audit page does not tell %s", kind)
		}
	}
}

// proves runs the two verifiers on what is on disk.
func (p *product) proves(t *testing.T, receipt string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(p.Dir, "keys", "log.pub")
	verify := []string{"ledger", "verify", "--data", p.Dir}
	if p.dsn != "" {
		verify = []string{"ledger", "verify", "--dsn", p.dsn, "--checkpoint", filepath.Join(p.Dir, "checkpoint"), "--log-key", key}
	}
	for _, args := range [][]string{verify, {"receipt", "verify", receipt, "--log-key", key}} {
		if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// first is the name of the first radio of a group.
func (b *tab) first(group string) string {
	b.t.Helper()
	return eval[string](b, `document.querySelector("input[type=radio][name=`+group+`]").labels[0].innerText.trim().replace(/\s+/g, " ")`)
}

// code waits for the n-th code of a ticket in the demo's mailboxes.
func (b *tab) code(p *product, ref string, n int) string {
	b.t.Helper()
	for range 200 {
		b.Goto(p.URL + "/demo/mail")
		codes := eval[[]string](b, `[...document.querySelectorAll("article.mail pre")].map(e => e.innerText).filter(t => t.includes("`+ref+`"))
			.map(t => t.match(/^\s+(\d{4}) (\d{4})$/m)).filter(m => m).map(m => m[1] + m[2])`)
		if len(codes) >= n {
			return codes[0] // newest first
		}
		b.pause()
	}
	b.t.Fatalf("code %d of %s never came", n, ref)
	return ""
}

// reload opens a page again and again until it shows words: it waits for a job.
func (who *person) reload(path, words string) {
	who.t.Helper()
	for range 200 {
		who.open(path)
		if strings.Contains(who.Text("body"), words) {
			return
		}
		who.pause()
	}
	who.Screenshot("failed-" + who.t.Name())
	who.t.Fatalf("%s never says %q:\n%s", path, words, who.Text("main"))
}

// pause is the time between two looks; a page without scripts has no timers.
func (b *tab) pause() { <-time.After(4 * pollEvery) }

// download keeps the file behind a link.
func (b *tab) download(t *testing.T, link string) string {
	t.Helper()
	text := eval[string](b, `fetch([...document.querySelectorAll("a")].find(a => a.innerText.trim() === `+quoted(link)+`).href).then(r => r.text())`)
	path := filepath.Join(t.TempDir(), "receipt.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
