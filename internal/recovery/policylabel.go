package recovery

import "strings"

// keyWords are the keys of a policy file that are no words by themselves, as a
// form writes them. Every other key is its own words: "claimed-page-idle".
var keyWords = map[string]string{
	"policy": "version", "place": "where it is done", "proof": "proofing level", "also": "also asked for", "approvals": "who decides",
	"artefact": "what is given", "life": "it lives at most", "re-enrol": "new enrolment within (0: in the same session)",
	"window": "objection window", "notify": "who is told", "percent": "share that is reviewed, in percent",
	"first-pairs": "every first agent and approver pair is reviewed", "any-risk": "every ticket with a risk is reviewed", "within": "within",
	"unknown-browser-hold": "hold at lower assurance for an unknown browser", "aal-at-most": "assurance level at most (AAL)",
	"any-of": "reached by any of", "server-observed": "proofs that the server sees, at least", "trained-agent": "documents are compared by an agent trained within a year", "one-from": "one of them from the group",
	"window-at-least": "objection window of at least", "wait": "a request waits", "wait-emergency": "a request waits in an emergency",
	"execute-within": "executed within", "directory-down": "signed again by the same approver, while the directory is down, within",
	"reserved": "reserved for the approver who was drawn", "decisions-an-hour": "decisions of one approver an hour", "hasty-under": "a decision is hasty under",
	"hasty-most": "hasty decisions at most", "collecting": "an executed reset waits for the holder",
	"freshness.proof": "a proof is good for",
	"mail":            "a code by mail is good for", "sms": "a code by SMS is good for", "sms-gateway": "codes by SMS",
	"codes": "codes in a set", "custody-half-way": "custody is confirmed again half-way", "stop": "\"this was not me\" works for",
	"code-set": "a code set ends after (0: none)", "print-only": "codes are printed only", "by-one": "on by one person for", "by-two": "on by two persons for",
	"tickets": "tickets at most", "most": "at most", "owner": "who answers for it", "rationale": "why", "until": "until (a day like 2026-12-31)",
	"told": "what holders are told", "plan": "plan to leave it", "risk": "where the risk was judged", "alternative": "what else is offered",
}

// sectionWords are the sections of a policy file.
var sectionWords = map[string]string{
	"levels": "Proofing level", "approvals": "Who decides", "requests": "Requests for approval", "freshness": "Freshness", "issued-codes": "Codes that are sent",
	"code-sets": "Backup codes", "channels": "Channels", "notices": "Notices", "after-completion": "After completion", "populations": "Accounts",
	"stricter": "What makes it stricter", "raised-threat": "Raised-threat mode", "incidents": "Incidents", "travel": "Travel windows", "vouching": "Vouching",
	"throttles": "Throttles", "house": "The house", "deviations": "Deviation",
}

// Label is the field in words, for forms and diffs.
func (f Field) Label() string {
	keys := keysIn(f.Path)
	last := keys[len(keys)-1]
	switch {
	case keys[0] == "rows" && last == "instead":
		return rowWords(keys) + ": where to go instead"
	case keys[0] == "rows" && len(keys) > 4:
		return rowWords(keys) + ", " + keys[3] + ": " + word(strings.Join(keys[4:], "."))
	case len(keys) == 1:
		return capital(word(last))
	case len(keys) == 2:
		return sectionWords[keys[0]] + ": " + or(keyWords[f.Path], word(last))
	}
	return sectionWords[keys[0]] + " " + strings.Join(keys[1:len(keys)-1], " ") + ": " + word(last)
}

func rowWords(keys []string) string { return EventID(keys[1]).Words() + ", " + keys[2] }

func word(key string) string {
	if rest, ok := strings.CutPrefix(key, "review."); ok {
		return "review, " + word(rest)
	}
	return or(keyWords[key], strings.ReplaceAll(key, "-", " "))
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
