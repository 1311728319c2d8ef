package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/web"
)

// corpus is what people may type. Every one of them names an element or an
// attribute "evil", which no page of ours has, or steers the reader's eye.
var corpus = []string{
	`<evil>`, `<script evil>alert(1)</script>`, `</script><evil>`, `<img src=x evil onerror=alert(1)>`, `<svg/evil/onload=alert(1)>`, `"><evil>`, `'><evil>`, `" evil="1`, `' evil='1`,
	`" onfocus=alert(1) autofocus evil="`, `</textarea><evil>`, `</title><evil>`, `</pre><evil>`, `--><evil><!--`, `<!--`, `]]><evil>`, `<evil`, `<iframe srcdoc="<evil>">`,
	`<base href=//evil.example evil>`, `<meta http-equiv=refresh content="0;url=//evil.example" evil>`, `<a href="javascript:alert(1)" evil>x</a>`, `javascript:alert(1)//evil`, `data:text/html,<evil>`,
	`//evil.example`, `\evil`, `&lt;evil&gt;`, `&#60;evil&#62;`, `&quot; evil=&quot;`, `<div hx-get="/x" evil>`, `" hx-on:click="alert(1)" evil="`, `{{evil}}`, `${evil}`, `{ evil }`, `%3Cevil%3E`,
	`<evil@example.org>`, `=cmd|' /C calc'!A0 evil`, "\u202egnorw evil", "\u2066evil", "evil\u200b\u200d", "e\u0301\u0301\u0301vil", "evil\u2028line", "evil\x1b[31m", "ev\u3164il", "İ ı ſ K evil",
	`<style evil>*{display:none}</style>`, `<form action=//evil.example evil><button>`, `<template evil><evil></template>`, `<math><mtext></mtext><evil>`, "`evil`", `evil' OR 1=1 --`,
}

// T19: hostile text through every field into every page of staff and holder.
func TestT19_TextStaysText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	f := s.Found()
	who := map[string]*browser{"agent": s.staff(f), "approver": s.staff(desk.Actor{Person: "founder-3"}), "reviewer": s.staff(desk.Actor{Person: "founder-4"}),
		"administrator": s.staff(desk.Actor{Person: "founder-1"})}
	for i, text := range corpus {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			c := plantText(t, s, fmt.Sprintf("a-%d", i), text)
			for _, p := range c.pages() {
				b := who[p.role]
				if p.role == "holder" {
					b = s.holder(c.account)
				}
				res := b.get(p.path)
				if res.StatusCode >= http.StatusInternalServerError {
					t.Errorf("%s %s: status %d", p.role, p.path, res.StatusCode)
				}
				harmless(t, p.path, page(t, res))
			}
			res := who["agent"].post("/tickets/new", "account", c.account, "event", text, "device", text, "lock", text, "intake", text, "requester", text, "reason", text)
			harmless(t, "the form again", page(t, res))
			res = who["administrator"].post("/staff", "person", text, "group", text, "role", text)
			harmless(t, "the invitation again", page(t, res))
		})
	}
}

type planted struct{ account, ticket, approval, text string }

// plantText writes the text into everything that a person can fill in.
func plantText(t *testing.T, s *site, id, text string) planted {
	t.Helper()
	c := planted{account: id, text: text}
	s.Account(id, func(a *recovery.Account) { a.Name, a.Department = text, text })
	s.Write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddKey(ctx, recovery.Key{ID: id, Person: "founder-1", Name: text, CredentialID: id, Attestation: text, Added: 1}); err != nil {
			return err
		}
		return tx.AddFactor(ctx, recovery.Factor{ID: id + "-named", Account: id, Kind: recovery.Passkey, Name: text, CredentialID: id, Added: 1})
	})
	agent := desk.Actor{Kind: desk.StaffAct, Person: "agent"}
	k := s.Proofed(id, agent)
	c.ticket = k.Reference
	s.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddEvidence(ctx, recovery.Evidence{ID: id + "-e", Ticket: k.ID, Run: 1, Step: "person", Method: recovery.ByVideo, Result: recovery.Passed, Group: recovery.GroupFace,
			By: "agent", At: s.Clock.Now(), Record: text, Note: text, Cue: text})
	})
	for _, err := range []error{s.Desk.AddNote(t.Context(), agent, k.Reference, text), s.Desk.TakeLease(t.Context(), agent, k.Reference, text)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	a, err := s.Desk.AskApproval(t.Context(), agent, k.Reference, text)
	if err != nil {
		t.Fatal(err)
	}
	c.approval = a.ID
	approver := desk.Actor{Kind: desk.StaffAct, Person: "founder-3"}
	touch, err := s.Desk.BeginApproval(t.Context(), approver, a.ID, "deny", text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Desk.Approve(t.Context(), approver, desk.Decide{Approval: a.ID, Decision: recovery.Deny,
		Answer: desk.Answer{Challenge: touch.ID, Response: s.Touch("founder-3", touch.Options)}}); err != nil {
		t.Fatal(err)
	}
	return c
}

type visit struct{ role, path string }

// pages are where the text shows up, or is given back.
func (c planted) pages() []visit {
	q := url.QueryEscape(c.text)
	out := []visit{{"agent", "/queue"}, {"agent", "/queue?view=closed"}, {"agent", "/queue?view=" + q + "&q=" + q + "&state=" + q + "&tier=" + q + "&after=" + q}, {"agent", "/tickets/" + c.ticket},
		{"agent", "/tickets/" + c.ticket + "?fragment=work"}, {"agent", "/tickets/" + c.ticket + "/withdrawal"}, {"agent", "/tickets/new?q=" + q}, {"agent", "/tickets/new?account=" + c.account},
		{"agent", "/accounts?q=" + q + "&after=" + q}, {"agent", "/accounts/" + c.account}, {"approver", "/approvals"}, {"approver", "/approvals?tab=others"},
		{"approver", "/approvals?tab=decided&before=" + q + "&after=" + q}, {"approver", "/approvals/" + c.approval}, {"reviewer", "/reviews"},
		{"administrator", "/staff"}, {"administrator", "/staff/founder-1"}, {"administrator", "/staff/" + url.PathEscape(c.text)},
		{"reviewer", "/audit?actor=" + q + "&kind=" + q + "&account=" + q + "&ticket=" + q + "&outcome=" + q + "&from=" + q + "&zone=" + q}, {"reviewer", "/audit?account=" + c.account},
		{"holder", "/me"}, {"holder", "/me/codes"}, {"agent", "/recover?done=" + q}, {"agent", "/login?done=" + q}}
	for seq := range 12 {
		out = append(out, visit{"reviewer", fmt.Sprintf("/audit/%d", 5+seq)})
	}
	return out
}

// harmless fails when text became markup or steers the reader's eye, and when a
// whole address stands on the page.
func harmless(t *testing.T, at string, doc *goquery.Document) {
	t.Helper()
	doc.Find("*").Each(func(_ int, e *goquery.Selection) {
		node := e.Nodes[0]
		if slices.Contains([]string{"evil", "iframe", "object", "embed", "base", "style", "math", "template"}, node.Data) || node.Data == "script" && (e.AttrOr("src", "") == "" || e.Text() != "") {
			t.Errorf("%s has <%s>", at, node.Data)
		}
		for _, a := range node.Attr {
			own := strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") || strings.HasPrefix(a.Val, "#") || a.Val == ""
			switch {
			case strings.HasPrefix(a.Key, "on"), strings.HasPrefix(a.Key, "hx-on"), strings.Contains(a.Key, "evil"), a.Key == "style", a.Key == "srcdoc":
				t.Errorf("%s: <%s> has the attribute %s", at, node.Data, a.Key)
			case slices.Contains([]string{"href", "src", "action", "formaction", "hx-get", "hx-post"}, a.Key) && !own && !strings.HasPrefix(a.Val, "?"):
				t.Errorf("%s: %s leads to %q", at, a.Key, a.Val)
			}
		}
	})
	if html, _ := doc.Html(); strings.ContainsAny(html, "\u202e\u2066\u2028") {
		t.Errorf("%s holds what steers the eye", at)
	}
	if found := wholeAddress.FindString(doc.Text()); found != "" {
		t.Errorf("%s shows the address %s", at, found)
	}
}

var wholeAddress = regexp.MustCompile(`[^…\s]@(one|two)\.example`)

func TestSteeringCharactersAreSpelledOut(t *testing.T) {
	const in = "Ana \u202eLind… – “ok” \u2066\u2069\u2028 end…"
	const want = `Ana \u{202E}Lind… – “ok” \u{2066}\u{2069}\u{2028} end…`
	for cut := range len(in) + 1 {
		var out strings.Builder
		if err := web.Steering(&out, in[:cut], in[cut:]); err != nil || out.String() != want {
			t.Fatalf("cut at %d: %q, %v", cut, out.String(), err)
		}
	}
}
