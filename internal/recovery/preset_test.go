package recovery_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

func TestPresets(t *testing.T) {
	standard, _ := recovery.Preset(recovery.StandardPreset)
	if _, ok := recovery.Preset("lax"); ok {
		t.Error("there is a preset lax")
	}
	for _, name := range recovery.Presets {
		p, _ := recovery.Preset(name)
		t.Run(name+" written out in full says the same", func(t *testing.T) { sameWrittenOut(t, p) })
		t.Run(name+" names a source for every value", func(t *testing.T) {
			for _, f := range p.Fields() {
				if p.Source(f.Path) == "" && !strings.HasPrefix(f.Path, "deviations.") && strings.Contains(f.Path, ".") {
					t.Errorf("%s has none", f.Path)
				}
			}
		})
	}
	high, _ := recovery.Preset(recovery.HighAssurance)
	all := flows(t)
	t.Run("high assurance asks for P3 instead of P2, two approvers instead of one, and gives no Pass", func(t *testing.T) {
		eachWay(high, func(e recovery.EventID, row recovery.Population, w recovery.Way) {
			d := recovery.Decide(high, all, met(e, row, w))
			if w.Proof == recovery.P2 || w.Artefact == recovery.PassSession || d.Refusal == nil && d.Approvers == 1 {
				t.Errorf("%s/%s/%s: %s, %s, %d", e, row, w.ID, w.Proof, w.Artefact, d.Approvers)
			}
		})
	})
	t.Run("high assurance doubles every window and loosens nothing", func(t *testing.T) {
		eachWay(high, func(e recovery.EventID, row recovery.Population, w recovery.Way) {
			was, _ := standard.Cell(e, row).Way(w.ID, "")
			if w.ID != "" && w.Window.Micros != 2*was.Window.Micros {
				t.Errorf("%s/%s/%s: %s", e, row, w.ID, w.Window)
			}
		})
		for _, d := range recovery.Deviations(standard, high) {
			t.Error(d)
		}
	})
	small, _ := recovery.Preset(recovery.SmallHouse)
	t.Run("a small house lets one approver and a day decide what two would, and says so on each approval", func(t *testing.T) {
		d := recovery.Decide(small, all, recovery.Case{Event: recovery.DeviceLoss, Population: recovery.Privileged, Place: recovery.AtDesk})
		if d.Approvers != 1 || d.Groups != 1 || d.From != "" || d.Way.Window != recovery.For(24*recovery.Hour) {
			t.Errorf("%+v", d)
		}
		if !slices.ContainsFunc(d.Sentences(), func(s string) bool { return strings.HasPrefix(s, "Small house: Two people can approve") }) {
			t.Errorf("%q", d.Sentences())
		}
		if one := recovery.Decide(small, all, recovery.Case{Event: recovery.DeviceLoss, Population: recovery.Standard, Place: recovery.AtDesk}); one.Way.Window != recovery.For(10*recovery.Minute) {
			t.Errorf("a row of A1 waits %s", one.Way.Window)
		}
		if small.House.PeopleAtLeast != 3 || small.House.KeysAtLeast != 5 {
			t.Errorf("%+v", small.House)
		}
	})
	t.Run("a small house departs from the standard in its quorum and asks for two reviewers", func(t *testing.T) {
		for _, d := range recovery.Differences(standard, small) {
			if !strings.HasPrefix(d.Path, "approvals.A2.") && !strings.HasPrefix(d.Path, "deviations.approvals.A2.") && d.Path != "house.founding-reviewers" {
				t.Error(d)
			}
		}
	})
}

const acme = `policy: acme-1
name: ACME
base: standard
source: "ours: board, 2026"
`

func TestBase(t *testing.T) {
	parse := func(t *testing.T, more string, want ...string) recovery.Policy {
		t.Helper()
		p, faults := recovery.ParsePolicy([]byte(acme + more))
		if len(faults) != len(want) {
			t.Fatalf("%q, want %q", faults, want)
		}
		for i, f := range faults {
			if !strings.Contains(f.String(), want[i]) {
				t.Errorf("%q, want %q", f, want[i])
			}
		}
		return p
	}
	t.Run("what the file has counts, all else comes from the base", func(t *testing.T) {
		p := parse(t, "issued-codes: {mail: 20m}\nrows:\n  device-loss:\n    standard:\n      pass: off\n")
		if p.Issued.Mail != recovery.For(20*recovery.Minute) || p.Issued.SMS != recovery.For(10*recovery.Minute) || p.Preset != "standard" || p.Version != "acme-1" {
			t.Errorf("%+v", p.Issued)
		}
		if _, ok := p.Cell(recovery.DeviceLoss, recovery.Standard).Way("pass", ""); ok {
			t.Error("the way is not off")
		}
		if p.Source("issued-codes.mail") != "ours: board, 2026" || !strings.Contains(p.Source("issued-codes.sms"), "§3.1.3.2") {
			t.Errorf("%q %q", p.Source("issued-codes.mail"), p.Source("issued-codes.sms"))
		}
	})
	t.Run("a row that is no longer offered says where to go", func(t *testing.T) {
		p := parse(t, "rows:\n  travel:\n    contractor:\n      instead: Contractors come back first.\n")
		if c := p.Cell(recovery.Travel, recovery.Contractor); len(c.Ways) != 0 || c.Instead != "Contractors come back first." {
			t.Errorf("%+v", c)
		}
		parse(t, "rows:\n  travel:\n    contractor:\n      pass: off\n", "7: rows.travel.contractor offers no way")
	})
	t.Run("faults are at the file's own lines", func(t *testing.T) {
		parse(t, "issued-codes:\n  mail: 25h\n  moil: 2m\nrows:\n  travel: {contractor: {pass: {life: 25h}}}\n",
			"6: issued-codes.mail is 25h", "7: unknown key issued-codes.moil", "9: rows.travel.contractor.pass.life is 25h")
	})
	t.Run("a base that is not shipped is refused", func(t *testing.T) {
		_, faults := recovery.ParsePolicy([]byte("policy: a-1\nname: A\nbase: /etc/passwd\n"))
		if len(faults) != 1 || faults[0].Line != 3 {
			t.Errorf("%q", faults)
		}
	})
	t.Run("a change without a source is refused", func(t *testing.T) {
		_, faults := recovery.ParsePolicy([]byte("policy: a-1\nname: A\nbase: standard\nissued-codes:\n  mail: 20m\n"))
		if len(faults) != 1 || faults[0].Line != 5 || !strings.Contains(faults[0].Text, "issued-codes.mail names no `source`") {
			t.Errorf("%q", faults)
		}
	})
	t.Run("a key that stands twice is refused", func(t *testing.T) {
		parse(t, "notices: {unproved-openings-a-day: 1}\nnotices: {unproved-openings-a-day: 1}\n", "6: notices stands twice")
	})
}

func TestDeviations(t *testing.T) {
	const record = "deviations:\n  issued-codes.mail:\n    owner: Head of IT\n    rationale: People are at sea.\n    until: 2026-12-31\n"
	faults := func(more string) []recovery.Fault {
		_, faults := recovery.ParsePolicy([]byte(acme + more))
		return faults
	}
	says := func(t *testing.T, got []recovery.Fault, want string) {
		t.Helper()
		if len(got) != 1 || !strings.Contains(got[0].String(), want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	t.Run("what asks for less needs one, at the line of the value", func(t *testing.T) {
		says(t, faults("issued-codes:\n  mail: 60m\n"), "6: issued-codes.mail is 1h, the shipped policy has 30m")
	})
	t.Run("with one it is good", func(t *testing.T) {
		if got := faults("issued-codes:\n  mail: 60m\n" + record); len(got) != 0 {
			t.Errorf("%q", got)
		}
	})
	t.Run("what asks for more needs none", func(t *testing.T) {
		if got := faults("issued-codes:\n  mail: 10m\napprovals:\n  A1: {approvers: 2, groups: 2, one-from: security}\n"); len(got) != 0 {
			t.Errorf("%q", got)
		}
	})
	t.Run("the shipped record does not speak for more than the shipped value", func(t *testing.T) {
		says(t, faults("levels:\n  P2:\n    any-of: [in-person, P1 + video]\n"), "7: levels.P2.any-of is [in-person, P1 + video]")
	})
	t.Run("a new way needs one for the way", func(t *testing.T) {
		way := "rows:\n  factor-reset:\n    standard:\n      quick: {place: desk, proof: P1, approvals: A1, artefact: FR, re-enrol: 0, window: 0, notify: [N2],\n        review: {percent: 0, first-pairs: no, any-risk: no, within: 0}, workflow: desk-p1}\n"
		if got := faults(way); len(got) < 3 {
			t.Errorf("%q", got)
		}
		if got := faults(way + strings.Replace(record, "issued-codes.mail", "rows.factor-reset.standard.quick", 1)); len(got) != 0 {
			t.Errorf("%q", got)
		}
	})
	for name, broken := range map[string]string{
		"an owner":            strings.Replace(record, "    owner: Head of IT\n", "", 1),
		"a rationale":         strings.Replace(record, "    rationale: People are at sea.\n", "", 1),
		"an end":              strings.Replace(record, "    until: 2026-12-31\n", "", 1),
		"a day as its end":    strings.Replace(record, "2026-12-31", "soon", 1),
		"a value to be about": strings.Replace(record, "issued-codes.mail", "issued-codes.mails", 1),
	} {
		t.Run("one without "+name+" is refused", func(t *testing.T) {
			if got := faults("issued-codes:\n  mail: 10m\n" + broken); len(got) != 1 || got[0].Line < 7 {
				t.Errorf("%q", got)
			}
		})
	}
	t.Run("one that speaks for everything is refused", func(t *testing.T) {
		for _, path := range []string{"rows", "levels", "rows.device-loss", "rows.device-loss.standard"} {
			says(t, faults("issued-codes:\n  mail: 10m\n"+strings.Replace(record, "issued-codes.mail", path, 1)), "speaks for too much")
		}
	})
	t.Run("one that has ended is told at its line from the next day on", func(t *testing.T) {
		p, _ := recovery.ParsePolicy([]byte(acme + "issued-codes:\n  mail: 60m\n" + record))
		end, _ := recovery.Date("2026-12-31").Ends()
		if got := p.Ended(end - 1); len(got) != 0 {
			t.Errorf("%q on the last day", got)
		}
		says(t, p.Ended(end), "11: deviations.issued-codes.mail ended on 2026-12-31")
	})
	t.Run("the shipped record of P2 names its owner and its end", func(t *testing.T) {
		p, _ := recovery.Preset(recovery.StandardPreset)
		if d := p.Deviations["levels.P2.any-of"]; d.Owner == "" || !strings.Contains(d.Rationale, "§4.2.1") {
			t.Errorf("%+v", d)
		}
	})
}

func TestDifferences(t *testing.T) {
	shipped, _ := recovery.Preset(recovery.StandardPreset)
	changed := func(t *testing.T, old, new string) []recovery.Difference {
		t.Helper()
		p, _ := recovery.ParsePolicy([]byte(strings.Replace(string(recovery.StandardFile), old, new, 1)))
		return recovery.Differences(shipped, p)
	}
	for _, d := range []struct{ old, new, line string }{
		{"  mail: 30m\n", "  mail: 20m\n", "issued-codes.mail: 30m -> 20m (tightens)"},
		{"  mail: 30m\n", "  mail: 40m\n", "issued-codes.mail: 30m -> 40m (loosens)"},
		{"changed-strikes-for: 30d", "changed-strikes-for: 20d", "channels.changed-strikes-for: 30d -> 20d (loosens)"},
		{"notify: [N2]", "notify: [N2, security]", "rows.device-loss.standard.desk.notify: [N2] -> [N2, security] (tightens)"},
		{"custody-half-way: yes", "custody-half-way: no", "code-sets.custody-half-way: yes -> no (loosens)"},
		{"any-of: [biometric]", "any-of: [biometric, in-person]", "levels.P4.any-of: [biometric] -> [biometric, in-person] (loosens)"},
		{"any-of: [code + password, code + code]", "any-of: [code + password]", "levels.P1.any-of: [code + password, code + code] -> [code + password] (tightens)"},
		{"new-factor: phishing-resistant", "new-factor: any", "populations.standard.new-factor: phishing-resistant -> any (loosens)"},
		{"invitation: 30m", "invitation: 20m", "vouching.invitation: 30m -> 20m (tightens)"},
		{"until: 2028-12-31", "until: 2029-12-31", "deviations.levels.P2.any-of.until: 2028-12-31 -> 2029-12-31 (loosens)"},
	} {
		t.Run(d.line, func(t *testing.T) {
			got := changed(t, d.old, d.new)
			if len(got) != 1 || got[0].String() != d.line {
				t.Errorf("%v", got)
			}
			if recovery.Loosens(got) != strings.Contains(d.line, "loosens") {
				t.Error("the word says otherwise")
			}
		})
	}
	t.Run("another name or version is none", func(t *testing.T) {
		if got := changed(t, "name: Standard", "name: Ours"); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

func TestDuration(t *testing.T) {
	for text, words := range map[string]string{"30s": "30 seconds", "10m": "10 minutes", "1h": "1 hour", "24h": "24 hours", "72h": "72 hours", "30d": "30 days", "5bd": "5 business days", "1bd": "1 business day", "0": "no time"} {
		d, err := recovery.ParseDuration(text)
		if err != nil || d.String() != text || d.Words() != words {
			t.Errorf("%s: %v %q %q", text, err, d.String(), d.Words())
		}
	}
	for _, text := range []string{"", "m", "10", "10 m", "-5m", "+5m", "1.5h", "10x", "5w", "99999d", "9999999999s", "0x5m", "１０m"} {
		if d, err := recovery.ParseDuration(text); err == nil {
			t.Errorf("%q is %s", text, d)
		}
	}
	if d, _ := recovery.ParseDuration("60m"); d.String() != "1h" {
		t.Errorf("60m is written %s", d)
	}
	friday := int64(1_700_236_800_000_000) // 2023-11-17 16:00 UTC
	if got := (recovery.Duration{Days: 1}).After(friday); got != friday+3*recovery.Day {
		t.Errorf("a business day after Friday is %s", recovery.UTC(got))
	}
}
