package recovery

import (
	"errors"
	"strings"
	"testing"
)

// R52: the canonical text, once in full. Changing it changes what people sign.
func TestR52_StatementText(t *testing.T) {
	s := Statement{
		RPID: "desk.example", Demo: true, Decision: Approve, Namesakes: 2, KeyQuality: "packed", NotAfter: 4 * Hour, Asked: Hour, Needed: 2, Granted: Ticket{}.Grants(For(30*Minute), 0),
		Ticket: Ticket{ID: "t-1", Holder: "p-1", Requester: "p-9", Reference: "K7QP-2M9X", Revision: 3, Event: DeviceLoss, Facts: Facts{Device: Lost, Lock: Locked}, Tier: Reset,
			PolicyVersion: "standard-2", WorkflowVersion: "desk-p2-1"},
		Account:  Account{ID: "a-1", Name: "Ana Lіnd", Population: Standard, MailedLink: 1, Baseline: Day},
		Removed:  []Factor{{Kind: Passkey, Name: "Phone\ndecision: deny", Added: Minute}},
		Evidence: []Evidence{{Step: "person", Method: ByVideo, Result: Passed, At: Minute, By: "p-2"}},
		Risks:    []string{"A second approver was asked for."},
		AskedBy:  Person{ID: "p-2", Name: "Bo"}, Approver: Person{ID: "p-3", Name: `C"y`},
		RequestReason: "two\nlines", Reason: "back\\slash",
	}
	const want = `countersign/approval/v1
rp-id: desk.example
demo: yes, made-up data
decision: approve
ticket: K7QP-2M9X t-1
revision: 3
account-id: a-1
account-name: "Ana Lіnd"
name-warning: 2 other accounts have this name; compare the account id
name-warning: the name mixes letters of Cyrillic and Latin
population: standard
event: device-loss, lost, locked
tier: reset
removed: passkey "Phone\ndecision: deny" added 1970-01-01 00:01:00 UTC
removed: every session of the account and its whole backup code set
granted: one recovery session of 30 minutes in the claimed browser, after one fresh proof; it can only enrol a new passkey
risk: This account was enrolled by a mailed link and has not been proofed since.
known-since: by baseline since 1970-01-02 00:00:00 UTC only
proof-1: person, video: passed at 1970-01-01 00:01:00 UTC, recorded by p-2
evidence-digest: DIGEST
risk: A second approver was asked for.
requester: p-9, not the holder
asked-by: p-2 "Bo" at 1970-01-01 01:00:00 UTC
signatures-needed: 2
policy: standard-2
workflow: desk-p2-1
approver-id: p-3
approver-name: "C\"y"
approver-key: packed
not-after: 1970-01-01 04:00:00 UTC
text-of-the-requester: "two\nlines"
text-of-the-approver: "back\\slash"
`
	if got := s.Text(); got != strings.Replace(want, "DIGEST", EvidenceDigest(s.Evidence), 1) {
		t.Errorf("the statement reads\n%s", got)
	}
}

func TestR52_EvidenceDigest(t *testing.T) {
	base := Evidence{ID: "e", Step: "person", Method: ByVideo, Result: Passed, Channel: "c", By: "p", At: 1, Record: "r", Cue: "q", Note: "n"}
	seen := map[string]string{EvidenceDigest([]Evidence{base}): "unchanged"}
	for what, change := range map[string]func(*Evidence){
		"the id": func(e *Evidence) { e.ID = "x" }, "the step": func(e *Evidence) { e.Step = "x" }, "the method": func(e *Evidence) { e.Method = "x" }, "the document": func(e *Evidence) { e.Document = "x" }, "the result": func(e *Evidence) { e.Result = NotMatch },
		"the channel": func(e *Evidence) { e.Channel = "x" }, "the person": func(e *Evidence) { e.By = "x" }, "the time": func(e *Evidence) { e.At = 2 },
		"the record": func(e *Evidence) { e.Record = "x" }, "the cue": func(e *Evidence) { e.Cue = "x" }, "the note": func(e *Evidence) { e.Note = "x" },
		"text moved from one field to the next": func(e *Evidence) { e.Record, e.Cue = "rq", "" },
	} {
		e := base
		change(&e)
		d := EvidenceDigest([]Evidence{e})
		if was, ok := seen[d]; ok {
			t.Errorf("%s and %s have one digest", what, was)
		}
		seen[d] = what
	}
}

func codeOf(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

func TestR26_R29_MayExecute(t *testing.T) {
	ready := Ticket{State: Approved, NoticeAccepted: 1, WindowEnds: 10}
	if err := MayExecute(ready, 10); err != nil {
		t.Error(err)
	}
	for code, change := range map[string]func(*Ticket){
		"window-open": func(k *Ticket) { k.WindowEnds = 11 }, "notice-pending": func(k *Ticket) { k.NoticeAccepted = 0 }, "wrong-state": func(k *Ticket) { k.State = Executing },
	} {
		k := ready
		change(&k)
		if got := codeOf(MayExecute(k, 10)); got != code {
			t.Errorf("%q, want %q", got, code)
		}
	}
}

func TestR52_NothingPassesForAnotherFact(t *testing.T) {
	t.Run("a line break in an id stays on its line, and a group is named", func(t *testing.T) {
		s := Statement{Decision: Deny, Account: Account{ID: "a-1\ndecision: approve"}, AskedBy: Person{ID: "p\r\nrisk: none"}}
		if text := s.Text(); strings.Contains(text, "\ndecision: approve") || strings.Contains(text, "\nrisk: none") || strings.ContainsRune(text, '\r') {
			t.Errorf("the statement reads\n%s", text)
		}
		k := KeyStatement{Owner: Staff{Person: Person{ID: "p-1\nrole: agent"}, Groups: []string{"security"}}}
		if text := k.Text(); strings.Contains(text, "\nrole: agent") || !strings.Contains(text, "\ngroup: security\n") {
			t.Errorf("the statement reads\n%s", text)
		}
	})
	for name, text := range map[string]string{"zero width space": "Ana\u200b", "Hangul filler": "Ana\u3164", "half-width filler": "Ana\uffa0", "variation selector": "Ana\ufe0f",
		"grapheme joiner": "A\u034fna", "empty Braille pattern": "Ana\u2800", "tag letter": "Ana\U000e0061", "right-to-left override": "\u202eanA", "no-break space": "Ana\u00a0"} {
		t.Run("invisible, so it is spelled out and named: "+name, func(t *testing.T) {
			if q := Quote(text); !strings.Contains(q, `\u{`) {
				t.Errorf("quoted %s", q)
			}
			if w := NameWarnings(text, 0); !strings.Contains(strings.Join(w, "; "), "the name holds invisible characters") {
				t.Errorf("warnings %q", w)
			}
		})
	}
	t.Run("ordinary names of any script carry no warning", func(t *testing.T) {
		for _, name := range []string{"Ana Lind", "Zoë O’Hara-Świątek", "Анна Линд", "李小龍", "محمد", "דנה", "नेहा", "Nguyễn Thị"} {
			if w := NameWarnings(name, 0); len(w) != 0 {
				t.Errorf("%s: %q", name, w)
			}
		}
	})
}
