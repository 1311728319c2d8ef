package web_test

import (
	"countersign/internal/desk/desktest"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
)

// begin posts to the challenge as js/passkey.js does.
func (b *browser) begin(path string, pairs ...string) *http.Response {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept", "application/json")
	return b.do(r)
}

func TestApprovalPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent := s.Staff("agent", recovery.Agent)
	approver := s.staff(s.Staff("approver", recovery.Approver))
	s.Account("ana", func(a *recovery.Account) { a.Name = "Ana \u202eLind" })
	s.Passkey("ana")
	ticket, a := s.Asked("ana", agent)
	path := "/approvals/" + a.ID

	t.Run("the list shows what waits for the reader, and others by the rule that keeps the reader out", func(t *testing.T) {
		doc := page(t, approver.get("/approvals"))
		if link, _ := doc.Find(".items a").Attr("href"); link != path || !strings.Contains(doc.Find(".items").Text(), ticket.Reference) {
			t.Errorf("list %q", doc.Find(".items").Text())
		}
		both := s.staff(s.Staff("both", recovery.Reviewer))
		if doc := page(t, both.get("/approvals")); doc.Find(".items").Length() != 0 || !strings.Contains(doc.Text(), "Nothing waits for you.") {
			t.Error("a reviewer is asked to approve")
		}
		if text := page(t, both.get("/approvals?tab=others")).Find(".items").Text(); !strings.Contains(text, "needs the role approver") {
			t.Errorf("others %q", text)
		}
	})
	t.Run("an agent does not read approvals", func(t *testing.T) {
		for _, to := range []string{"/approvals", "/approvals?tab=decided", path} {
			expect(t, s.staff(agent).get(to), http.StatusForbidden)
		}
	})
	t.Run("the page asks one question, in order, with our own scripts only", func(t *testing.T) {
		res := approver.get(path)
		expect(t, res, http.StatusOK)
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || !strings.Contains(csp, "trusted-types 'none'") {
			t.Errorf("policy %s", csp)
		}
		doc := page(t, res)
		if h1 := doc.Find("h1").Text(); h1 != `Approve a Reset for Ana \u{202E}Lind?` {
			t.Errorf("h1 %q", h1)
		}
		if title := doc.Find("title").Text(); !strings.HasPrefix(title, "Waiting for approval: Reset for ") {
			t.Errorf("title %q", title)
		}
		var order []string
		doc.Find("main h2").Each(func(_ int, h *goquery.Selection) { order = append(order, h.Text()) })
		if got := strings.Join(order, " · "); got != "What you are approving · Evidence · Risk · Who asked, and why · Your decision · This is what you sign" {
			t.Errorf("order %q", got)
		}
		if doc.Find("[src*=app], [hx-get], [nonce], [checked]").Length() != 0 || doc.Find("noscript").Length() == 0 {
			t.Error("htmx, a nonce or something pre-ticked is on the page, or nothing is said without scripts")
		}
		if doc.Find(`form[data-passkey] button[name=decision]`).Length() != 2 || doc.Find(`textarea[name=reason]`).Text() != "" {
			t.Error("the form")
		}
	})
	t.Run("whoever has a part in it reads the rule instead of a form", func(t *testing.T) {
		worked := s.Staff("worked", recovery.Agent, recovery.Approver)
		s.SQLExec(`INSERT INTO ticket_people (ticket, person, part, at) VALUES ('` + ticket.ID + `', 'worked', 'agent', 1)`)
		doc := page(t, s.staff(worked).get(path))
		if doc.Find("form[data-passkey]").Length() != 0 || !strings.Contains(doc.Find("main").Text(), "You cannot approve this: you worked on the ticket.") {
			t.Error("the page of somebody who worked on the ticket")
		}
		res := s.staff(worked).begin(path+"/challenge", "decision", "approve", "reason", "yes")
		expect(t, res, http.StatusForbidden)
	})
	t.Run("without a reason the script gets the words to show", func(t *testing.T) {
		res := approver.begin(path+"/challenge", "decision", "approve", "reason", " ")
		expect(t, res, http.StatusUnprocessableEntity)
		if body, _ := io.ReadAll(res.Body); !strings.Contains(string(body), "Enter a few words.") {
			t.Errorf("body %s", body)
		}
	})
	t.Run("an answer that is none comes back with the reason still typed", func(t *testing.T) {
		res := approver.post(path, "decision", "approve", "reason", "I checked <it>", "challenge", "none", "response", "{}")
		expect(t, res, http.StatusConflict)
		doc := page(t, res)
		if doc.Find("textarea").Text() != "I checked <it>" || !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
			t.Errorf("textarea %q, title %q", doc.Find("textarea").Text(), doc.Find("title").Text())
		}
	})
	t.Run("two presses and a touch lead to the receipt", func(t *testing.T) { s.approveOnPage(t, approver, path) })
	t.Run("the decided tab keeps it", func(t *testing.T) {
		doc := page(t, approver.get("/approvals?tab=decided"))
		if link, _ := doc.Find(".items a").Attr("href"); link != path || !strings.Contains(doc.Find(".items").Text(), "Approved") {
			t.Errorf("decided %q", doc.Find(".items").Text())
		}
	})
	t.Run("an unknown request is not found", func(t *testing.T) {
		expect(t, approver.get("/approvals/nothing"), http.StatusNotFound)
		expect(t, approver.begin("/approvals/nothing/challenge", "decision", "approve", "reason", "yes"), http.StatusNotFound)
	})
}

func (s *site) approveOnPage(t *testing.T, approver *browser, path string) {
	t.Helper()
	request, _ := page(t, approver.get(path)).Find("form[data-passkey] input[name=request]").Attr("value")
	res := approver.begin(path+"/challenge", "request", request, "decision", "approve", "reason", "I checked it")
	expect(t, res, http.StatusOK)
	var touch desk.Touch
	if err := json.NewDecoder(res.Body).Decode(&touch); err != nil || !strings.Contains(touch.Statement, "decision: approve\n") {
		t.Fatalf("touch %+v, error %v", touch, err)
	}
	form := []string{"request", request, "decision", "approve", "reason", "I checked it", "challenge", touch.ID, "response", string(s.Touch("approver", touch.Options))}
	for range 2 { // the second is a double click: same form, same page
		res = approver.post(path, form...)
		expect(t, res, http.StatusSeeOther)
		if to := res.Header.Get("Location"); to != path {
			t.Fatalf("leads to %s", to)
		}
	}
	doc := page(t, approver.get(path))
	receipt := doc.Find("article.receipt")
	if receipt.Find("pre").Text() != touch.Statement || doc.Find("form[data-passkey]").Length() != 0 || !strings.Contains(doc.Find("title").Text(), "Approved: ") {
		t.Errorf("receipt %q", receipt.Text())
	}
	for _, want := range []string{stepup.StatementDigest(touch.Statement), "Key of approver", "countersign receipt verify receipt-", "--log-key FILE"} {
		if !strings.Contains(receipt.Text(), want) {
			t.Errorf("the receipt lacks %q", want)
		}
	}
	if text := doc.Find("main").Text(); strings.Contains(text, "Taken away") || !strings.Contains(text, "Who asked, and why") {
		t.Error("facts of now stand beside the decision of then")
	}
	link, _ := receipt.Find("a").Attr("href")
	res = approver.get(link)
	expect(t, res, http.StatusOK)
	file, _ := io.ReadAll(res.Body)
	if r := stepup.VerifyReceipt(file, s.LogKey); r.Status != stepup.ValidAndTied || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment; ") {
		t.Errorf("downloaded %+v, %v", r, res.Header)
	}
}

func TestApprovalFates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent, approver := s.Staff("agent", recovery.Agent), s.Staff("approver", recovery.Approver)
	b := s.staff(approver)
	read := func(t *testing.T, id, want string) {
		t.Helper()
		doc := page(t, b.get("/approvals/"+id))
		if text := doc.Find("main").Text(); !strings.Contains(text, want) || doc.Find("form[data-passkey]").Length() != 0 {
			t.Errorf("the page lacks %q or still has its form: %s", want, text)
		}
	}
	t.Run("rejected: by whom and that it is final", func(t *testing.T) {
		s.Account("ana")
		_, a := s.Asked("ana", agent)
		if _, err := s.Sign(approver, a.ID, recovery.Deny); err != nil {
			t.Fatal(err)
		}
		read(t, a.ID, "Rejected by Name of approver at 2026-03-02 09:00:00 UTC. This is final")
	})
	t.Run("withdrawn: void", func(t *testing.T) {
		s.Account("bo")
		ticket, a := s.Asked("bo", agent)
		if err := s.Desk.WithdrawRequest(t.Context(), agent, ticket.Reference); err != nil {
			t.Fatal(err)
		}
		read(t, a.ID, "What was signed for it counts no more.")
	})
	t.Run("expired: on the second, before any sweep", func(t *testing.T) {
		s.Account("cy")
		_, a := s.Asked("cy", agent)
		s.Clock.Add(desktest.ApprovalWait)
		b = s.staff(approver)
		read(t, a.ID, "It stopped waiting at 2026-03-02 09:30:00 UTC. Nothing was approved.")
		expect(t, b.begin("/approvals/"+a.ID+"/challenge", "decision", "approve", "reason", "late"), http.StatusConflict)
	})
}

func TestAskOnTheTicket(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	agent := s.Staff("agent", recovery.Agent)
	s.Account("ana")
	ticket := s.Proofed("ana", agent)
	b := s.staff(agent)
	res := b.post("/tickets/"+ticket.Reference+"/approval", "reason", strings.Repeat("long ", 500))
	expect(t, res, http.StatusUnprocessableEntity)
	if typed := page(t, res).Find("#f-approval-reason").Text(); !strings.HasPrefix(typed, "long long") {
		t.Errorf("what was typed is gone: %q", typed)
	}
	res = b.post("/tickets/"+ticket.Reference+"/approval", "reason", "Every step passed")
	expect(t, res, http.StatusSeeOther)
	if s.State(ticket.ID) != recovery.WaitingApproval || res.Header.Get("Location") != "/tickets/"+ticket.Reference {
		t.Errorf("the ticket is %s, leads to %s", s.State(ticket.ID), res.Header.Get("Location"))
	}
	expect(t, b.post("/tickets/"+ticket.Reference+"/approval/withdrawal"), http.StatusSeeOther)
	if s.State(ticket.ID) != recovery.Proofing {
		t.Errorf("the ticket is %s", s.State(ticket.ID))
	}
}
