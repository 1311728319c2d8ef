package recovery_test

import (
	"strings"
	"testing"

	"countersign/internal/recovery"
)

// lineDiff are the lines that two texts do not share, each with a sign.
func lineDiff(a, b string) []string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	var out []string
	for _, l := range x {
		out = append(out, "-"+l)
	}
	for _, l := range y {
		out = append(out, "+"+l)
	}
	return out
}

func TestEditPolicy(t *testing.T) {
	standard := string(recovery.StandardFile)
	for _, e := range []struct{ name, file, path, value, diff string }{
		{"a length beside a comment", standard, "requests.wait", "20m", "-  wait: 30m # for a signature\n+  wait: 20m # for a signature"},
		{"a value in braces", standard, "incidents.tickets", "4", "-incidents: {source: ours, life: 72h, tickets: 5}\n+incidents: {source: ours, life: 72h, tickets: 4}"},
		{"a list in brackets", standard, "vouching.from", "manager, sponsor", "-  from: [manager, sponsor, colleague] # whom the directory may name\n+  from: [manager, sponsor] # whom the directory may name"},
		{"a text in quotes", standard, "rows.travel.service.instead", `Ask "them"`, "-      instead: \"A service account does not travel. Its owner asks for the service account fallback.\"\n+      instead: \"Ask \\\"them\\\"\""},
		{"a word", standard, "rows.travel.standard.pass.workflow", "desk-p3", "-        workflow: desk-p2\n+        workflow: desk-p3"},
		{"a value deep in braces", standard, "rows.travel.standard.pass.review.percent", "30", "-        review: {percent: 20, first-pairs: no, any-risk: yes, within: 5bd}\n+        review: {percent: 30, first-pairs: no, any-risk: yes, within: 5bd}"},
		{"a field that was not there", standard, "rows.travel.standard.loan.unknown-browser-hold", "yes", "+        unknown-browser-hold: yes"},
		{"a record of a deviation", standard, "deviations.levels.P2.any-of.until", "2027-12-31", "-    until: 2028-12-31\n+    until: 2027-12-31"},
		{"a value that the base has", acme + "# ours\n", "issued-codes.mail", "20m", "+issued-codes:\n+  mail: 20m"},
		{"a value that the base has, with its source", "policy: acme-1\nname: ACME\nbase: standard\n", "rows.travel.standard.loan.window", "20m",
			"+source: ours\n+rows:\n+  travel:\n+    standard:\n+      loan:\n+        window: 20m"},
		{"a second value in a section", acme + "issued-codes:\n  mail: 20m\n", "issued-codes.sms", "5m", "+  sms: 5m"},
		{"a value beside one in braces", acme + "issued-codes: {mail: 20m}\n", "issued-codes.sms", "5m", "-issued-codes: {mail: 20m}\n+issued-codes: {mail: 20m, sms: 5m}"},
		{"a record with a dotted name", acme + "issued-codes: {mail: 20m}\ndeviations:\n  channels.changed-strikes-for:\n    owner: a\n    rationale: b\n    until: 2027-01-01\n", "deviations.channels.changed-strikes-for.owner", "c", "-    owner: a\n+    owner: c"},
	} {
		t.Run(e.name+" is changed and nothing else", func(t *testing.T) {
			out, faults := recovery.EditPolicy([]byte(e.file), e.path, e.value)
			if len(faults) > 0 {
				t.Errorf("%q", faults)
			}
			if got := strings.Join(lineDiff(e.file, string(out)), "\n"); got != e.diff {
				t.Errorf("changed:\n%s\nwant:\n%s", got, e.diff)
			}
		})
	}
	t.Run("a list over several lines becomes one", func(t *testing.T) {
		out, faults := recovery.EditPolicy([]byte(standard), "levels.P2.any-of", "P1 + video, video + voucher")
		if len(faults) != 0 || !strings.Contains(string(out), "    any-of: [P1 + video, video + voucher]\n    server-observed: 1\n") {
			t.Errorf("%q", faults)
		}
	})
	for _, e := range []struct{ name, path, value, says string }{
		{"over its ceiling", "issued-codes.sms", "30m", "nobody can set more than 10m"},
		{"that asks for less", "issued-codes.mail", "60m", "needs an entry issued-codes.mail"},
		{"that is no length", "issued-codes.mail", "soon: {", "is no length of time"},
		{"that does not exist", "issued-codes.fax", "1m", "the policy has no value issued-codes.fax"},
		{"that is a whole section", "issued-codes", "1m", "the policy has no value issued-codes"},
		{"in several words", "rows.travel.standard.pass.notify", "N2, everybody", `there is no "everybody"`},
	} {
		t.Run("a value "+e.name+" is told", func(t *testing.T) {
			_, faults := recovery.EditPolicy([]byte(standard), e.path, e.value)
			if len(faults) != 1 || !strings.Contains(faults[0].Text, e.says) {
				t.Errorf("%q", faults)
			}
		})
	}
}

// Every value of every preset can be set to what it is: the file says the same.
func TestEditPolicyEverywhere(t *testing.T) {
	for _, name := range recovery.Presets {
		file, _ := recovery.PresetFile(name)
		p, _ := recovery.Preset(name)
		for i, f := range p.Fields() {
			if i%31 != 0 || f.Path == "base" { // a sample is enough; reading takes its time
				continue
			}
			out, faults := recovery.EditPolicy(file, f.Path, f.Value)
			again, _ := recovery.ParsePolicy(out)
			if len(faults) > 0 || len(recovery.Differences(p, again)) > 0 {
				t.Errorf("%s: %s = %s: %q %v", name, f.Path, f.Value, faults, recovery.Differences(p, again))
			}
		}
	}
}

func TestFieldLabels(t *testing.T) {
	p, _ := recovery.Preset(recovery.StandardPreset)
	seen := map[string]string{}
	var b strings.Builder
	for _, f := range p.Fields() {
		l := f.Label()
		if l == "" || strings.Contains(l, "  ") || strings.HasPrefix(l, ":") || strings.HasPrefix(l, " ") || seen[l] != "" {
			t.Errorf("%s is called %q, as %q", f.Path, l, seen[l])
		}
		seen[l] = f.Path
		if !strings.HasPrefix(f.Path, "rows.") || strings.HasPrefix(f.Path, "rows.travel.") && (strings.Contains(f.Path, ".standard.pass.") || strings.HasSuffix(f.Path, ".instead")) {
			b.WriteString(f.Path + "\n    " + l + "\n")
		}
	}
	printed(t, "testdata/golden/labels.txt", b.String())
}
