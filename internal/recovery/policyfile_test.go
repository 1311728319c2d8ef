package recovery_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

// wrong is one way to break a file: what is replaced, by what, and what is said
// about it, at the line of the first line that differs plus down.
type wrong struct {
	name, old, new, says string
	down                 int
}

// told breaks a file and wants just the one fault, at its line.
func told(t *testing.T, file string, w wrong, parse func([]byte) []recovery.Fault) {
	t.Helper()
	at := strings.Index(file, w.old)
	if at < 0 {
		t.Fatalf("the file has no %q", w.old)
	}
	broken := file[:at] + w.new + file[at+len(w.old):]
	same := 0
	for same < len(broken) && same < len(file) && broken[same] == file[same] {
		same++
	}
	line := 1 + strings.Count(broken[:same], "\n") + w.down
	faults := parse([]byte(broken))
	if len(faults) != 1 || faults[0].Line != line || !strings.Contains(faults[0].Text, w.says) {
		t.Errorf("wanted %d: … %s …; got %q", line, w.says, faults)
	}
}

// policyFaults are those of a policy file, but for deviations that are missing.
func policyFaults(file []byte) []recovery.Fault {
	_, faults := recovery.ParsePolicy(file)
	return slices.DeleteFunc(faults, func(f recovery.Fault) bool { return strings.Contains(f.Text, "`deviations` needs an entry") })
}

func TestParsePolicy(t *testing.T) {
	file := string(recovery.StandardFile)
	for _, w := range []wrong{
		{"an unknown key", "  proof: 60m\n", "  proof: 60m\n  proofs: 60m\n", "unknown key freshness.proofs", 0},
		{"an unknown section", "requests:\n", "request: {}\nrequests:\n", "unknown key request", 0},
		{"a missing value", "  collecting: 30m # an executed reset waits so long for the holder\n", "", "freshness.collecting is missing", -4},
		{"a missing section", "notices: {source: ours, unproved-openings-a-day: 1}\n", "", "notices is missing", -91},
		{"a key that stands twice", "  mail: 30m\n", "  mail: 30m\n  mail: 20m\n", "issued-codes.mail stands twice", 0},
		{"a length that is none", "mail: 30m", "mail: 30", `"30" has no unit`, 0},
		{"a length below nothing", "mail: 30m", "mail: -5m", "is no length of time", 0},
		{"a length of centuries, which would turn over", "parked: 5bd", "parked: 9999999999d", "is no length of time", 0},
		{"a length over ten years", "parked: 5bd", "parked: 99999d", "longer than ten years", 0},
		{"a list for a length", "mail: 30m", "mail: [30m]", "a length of time is one value", 0},
		{"a number that is none", "tries: 5", "tries: five", "must be a whole number", 0},
		{"a word for yes or no", "custody-half-way: yes", "custody-half-way: perhaps", "is yes or no", 0},
		{"a value for a list", "notify: [N2]", "notify: N2", "must be a list", 0},
		{"a list for a section", "requests:\n  source: ours\n", "requests:\n  - source: ours\n", "", 0},
		{"an unknown word", "notify: [N2]", "notify: [everybody]", `there is no "everybody"`, 0},
		{"a word twice in a list", "notify: [N2]", "notify: [N2, N2]", `lists "N2" twice`, 0},
		{"an unknown level", "        proof: P2\n", "        proof: P7\n", `there is no "P7"`, 0},
		{"an anchor", "mail: 30m", "mail: &m 30m", "anchors and aliases are not used", 0},
		{"a merge key", "  mail: 30m\n", "  mail: 30m\n  <<: {sms: 5m}\n", "unknown key issued-codes.<<", 0},
		{"characters that cannot be seen", "name: Standard", "name: \"Stan\u202edard\"", "characters that cannot be seen", 0},
		{"a version that is no name", "policy: standard-2", "policy: Standard 2!", "is no name", 0},
		{"no name", "name: Standard", "name: \"\"", "name is empty", 0},
		{"a section without a source", "issued-codes:\n  source: \"ours; the ceilings are those of §3.1.3.2 and §4.2.1.2\"\n", "issued-codes:\n", "issued-codes names no `source`", -1},
		{"an empty source", "code-sets:\n  source: \"few codes: the seeds of this product; the rest ours\"", "code-sets:\n  source: \"\"", "source is empty", 0},
		{"an unknown proof in a level", "any-of: [biometric]", "any-of: [iris]", `there is no proof called "iris"`, 0},
		{"a level nobody can reach", "any-of: [biometric]", "any-of: []", "can be reached in no way", 0},
		{"a level that is its own way", "any-of: [biometric]", "any-of: [P4]", "levels.P4 refers to itself in a circle", 0},
		{"a level that the server sees nothing of", "    server-observed: 2\n    source: \"63A", "    server-observed: 0\n    source: \"63A", "seen by the server", 0},
		{"A1 of nobody", "A1: {approvers: 1, groups: 1,", "A1: {approvers: 0, groups: 1,", "nobody recovers an account alone", 0},
		{"A2 of one without time for an objection", "A2: {approvers: 2, groups: 2,", "A2: {approvers: 1, groups: 1,", "needs two approvers, or one and", 0},
		{"more groups than approvers", "A2: {approvers: 2, groups: 2,", "A2: {approvers: 2, groups: 3,", "it is 1 to 2", 0},
		{"A0 of somebody", "A0: {approvers: 0,", "A0: {approvers: 1,", "approvals.A0 is nobody", 0},
		{"nothing but A0 at the desk", "approvals: A1\n        artefact: PASS", "approvals: A0\n        artefact: PASS", "one person's word", 0},
		{"a factor reset without an approver", "approvals: A1\n        artefact: FR", "approvals: A0\n        artefact: FR", "a factor reset needs an approver", 0},
		{"a factor reset on the recovery page", "place: self\n        proof: P1\n        approvals: A0\n        artefact: BC", "place: self\n        proof: P1\n        approvals: A1\n        artefact: FR", "goes through the desk", -2},
		{"P0 at the desk", "      desk:\n        place: desk\n        proof: P2", "      desk:\n        place: desk\n        proof: P0", "at the desk it proves nothing", 0},
		{"a way that tells nobody", "notify: [N2]", "notify: []", "tells nobody", 0},
		{"a way without a workflow", "        workflow: self-codes\n", "", "names no workflow", -9},
		{"a Pass without a life", "        artefact: PASS\n        life: 1h\n", "        artefact: PASS\n", "a PASS needs a life", -6},
		{"a Pass without a bound", "        workflow: desk-p2\n        aal-at-most: 2\n", "        workflow: desk-p2\n", "say aal-at-most", -12},
		{"a Pass above AAL2", "aal-at-most: 2", "aal-at-most: 3", "never yields more than AAL2", 0},
		{"a row that says both", "    service:\n      source: \"ours\"\n      instead:", "    service:\n      source: \"ours\"\n      x: {}\n      instead:", "", 0},
		{"a row that says nothing", "      instead: \"A service account does not travel. Its owner asks for the service account fallback.\"\n", "", "must say where to go", -2},
		{"a way whose name is none", "      codes:\n", "      Codes!:\n", "is no name for a way", 0},
		{"more than all reviewed", "percent: 25", "percent: 125", "more than 100 %", 0},
		{"a review without a deadline", "percent: 25, first-pairs: yes, any-risk: yes, within: 5bd", "percent: 25, first-pairs: yes, any-risk: yes, within: 0", "needs a deadline", 0},
		{"a second document", "rows:\n", "---\nrows:\n", "", 0},
		{"no YAML", "  sms: 10m\n", "  sms: [10m\n", "this is not YAML", 0},
		{"an anchor that is not there", "  sms: 10m\n", "  sms: *s\n", "unknown anchor", 0},
		{"a tab", "  sms: 10m\n", "\tsms: 10m\n", "this is not YAML", 0},
	} {
		t.Run(w.name+" is told at its line", func(t *testing.T) {
			if w.says == "" { // several things are wrong with it
				if faults := policyFaults([]byte(strings.Replace(file, w.old, w.new, 1))); len(faults) == 0 {
					t.Error("nothing is wrong with it")
				}
				return
			}
			told(t, file, w, policyFaults)
		})
	}
	for name, file := range map[string]string{"nothing": "", "a list": "- a\n", "a word": "policy\n", "null": "~", "a comment": "# nothing\n", "zeros": "\x00\x00"} {
		t.Run(name+" is no policy", func(t *testing.T) {
			if faults := policyFaults([]byte(file)); len(faults) != 1 || faults[0].Line != 1 {
				t.Errorf("%q", faults)
			}
		})
	}
	t.Run("a file that grows when it is read is refused as it stands", func(t *testing.T) {
		bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
		for c := 'b'; c < 'l'; c++ {
			bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
		}
		if len(policyFaults([]byte(bomb))) < 10 || len(policyFaults([]byte(strings.Repeat("#", recovery.PolicyBytesMax+1)))) != 1 {
			t.Error("it was read")
		}
	})
}

// Every ceiling of policy-defaults, by a value just over it.
func TestCeilings(t *testing.T) {
	file := string(recovery.StandardFile)
	for _, w := range []wrong{
		{"SMS over 10 minutes", "  sms: 10m\n", "  sms: 11m\n", "nobody can set more than 10m", 0},
		{"mail over 24 hours", "  mail: 30m\n", "  mail: 25h\n", "nobody can set more than 24h", 0},
		{"one address", "independent-addresses: 2", "independent-addresses: 1", "at least 2 are asked for", 0},
		{"a loosening within 24 hours", "loosening-waits: 24h", "loosening-waits: 23h", "waits for at least 24h", 0},
		{"more tries of an issued code", "  tries: 5\n", "  tries: 6\n", "nobody can set more than 5", 0},
		{"more password tries", "passwords-in-an-attempt: 5", "passwords-in-an-attempt: 6", "nobody can set more than 5", 0},
		{"a request that waits over 4 hours", "  wait: 30m", "  wait: 5h", "nobody can set more than 4h", 0},
		{"the same signature after over 4 hours", "directory-down: 4h", "directory-down: 5h", "nobody can set more than 4h", 0},
		{"a review after over 10 business days", "any-risk: yes, within: 5bd", "any-risk: yes, within: 11bd", "nobody can set more than 10bd", 0},
		{"a travel window over 30 days", "starts-after: 24h, life: 14d", "starts-after: 24h, life: 31d", "nobody can set more than 30d", 0},
		{"over 100 failures in a row", "consecutive: 100", "consecutive: 101", "nobody can set more than 100", 0},
		{"a factor reset that waits over an hour", "collecting: 30m", "collecting: 61m", "nobody can set more than 1h", 0},
		{"a recovery session over an hour", "recovery-session: 30m", "recovery-session: 61m", "nobody can set more than 1h", 0},
		{"many codes", "  codes: 5\n", "  codes: 11\n", "nobody can set more than 10", 0},
		{"a Pass over 24 hours", "artefact: PASS\n        life: 1h", "artefact: PASS\n        life: 25h", "a PASS lives at most 24h", 0},
		{"a binding over 10 minutes", "artefact: BIND\n        life: 10m", "artefact: BIND\n        life: 11m", "a BIND lives at most 10m", 0},
		{"a lease over 4 hours", "artefact: LEASE\n        life: 1h", "artefact: LEASE\n        life: 5h", "a LEASE lives at most 4h", 0},
		{"an overlap over 24 hours", "artefact: LEASE\n        life: 24h", "artefact: LEASE\n        life: 25h", "a LEASE lives at most 24h", 0},
		{"a loan over 7 days", "artefact: LOAN\n        life: 5bd", "artefact: LOAN\n        life: 8d", "a LOAN lives at most 7d", 0},
	} {
		t.Run(w.name+" is refused at its line", func(t *testing.T) {
			told(t, file, w, policyFaults)
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	file := strings.NewReplacer("sms: 10m", "sms: 11m", "tries: 5", "tries: x", "artefact: BIND\n        life: 10m", "artefact: BIND\n        life: 20m",
		"A1: {approvers: 1,", "A1: {approvers: 0,", "consecutive: 100", "consecutiv: 100").Replace(string(recovery.StandardFile))
	faults := policyFaults([]byte(file))
	var said []string
	last := 0
	for _, f := range faults {
		if f.Line < last {
			t.Errorf("not in the order of lines: %q", faults)
		}
		last = f.Line
		said = append(said, f.Text)
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"issued-codes.sms is 11m", "issued-codes.tries must be", "lives at most 10m", "nobody recovers an account alone", "unknown key throttles.consecutiv", "throttles.consecutive is missing"} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing says %q in\n%s", want, all)
		}
	}
	if n := strings.Count(all, "lives at most 10m"); n != 5 {
		t.Errorf("%d of 5 rows are told", n)
	}
}
