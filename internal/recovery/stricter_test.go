package recovery_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"countersign/internal/recovery"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	caller = recovery.Source("phone:+442079460999")
	owner  = recovery.Source("phone:+442079460111")
)

// before is an earlier ticket of the account, from caller, that ended minutes ago.
func before(s recovery.State, minutes int64, proved bool, mutate ...func(*recovery.Ticket)) recovery.Earlier {
	t := recovery.Ticket{Reference: "K7QP-2M9X", State: s, StateSince: stricterNow - minutes*recovery.Minute, Source: caller}
	for _, m := range mutate {
		m(&t)
	}
	return recovery.Earlier{Ticket: t, Proved: proved}
}

func stoppedLater(t *recovery.Ticket) {
	t.FrozenBy, t.Stopped = recovery.FrozenByHolder, stricterNow-10*recovery.Minute
}
func completed(t *recovery.Ticket) { t.Completed = t.StateSince }

const stricterNow = 100 * recovery.Day

// stricterRows is policy-defaults, "What makes it stricter", as far as earlier
// tickets of the account tell: each row with what the same caller and another one get.
var stricterRows = []struct {
	name string
	all  []recovery.Earlier
}{
	{"nothing before", nil},
	{"an open ticket", []recovery.Earlier{before(recovery.Proofing, 5, false)}},
	{"withdrawn after a proof", []recovery.Earlier{before(recovery.Withdrawn, 5, true)}},
	{"expired", []recovery.Earlier{before(recovery.Expired, 5, true)}},
	{"failed before any proof, 10 minutes ago", []recovery.Earlier{before(recovery.Failed, 10, false)}},
	{"failed before any proof, 30 minutes ago", []recovery.Earlier{before(recovery.Failed, 30, false)}},
	{"failed before any proof twice, 2 hours ago", []recovery.Earlier{before(recovery.Failed, 120, false), before(recovery.Failed, 500, false)}},
	{"failed before any proof twice, 24 hours ago", []recovery.Earlier{before(recovery.Failed, 24*60, false), before(recovery.Failed, 25*60, false)}},
	{"failed before any proof, 30 days ago", []recovery.Earlier{before(recovery.Failed, 30*24*60, false)}},
	{"failed after a proof, 10 minutes ago", []recovery.Earlier{before(recovery.Failed, 10, true)}},
	{"failed after a proof, 30 minutes ago", []recovery.Earlier{before(recovery.Failed, 30, true)}},
	{"denied, 10 minutes ago", []recovery.Earlier{before(recovery.Denied, 10, true)}},
	{"denied and failed after a proof, 2 hours ago", []recovery.Earlier{before(recovery.Denied, 120, true), before(recovery.Failed, 500, true)}},
	{"denied 2 hours and failed before any proof 10 minutes ago", []recovery.Earlier{before(recovery.Denied, 120, true), before(recovery.Failed, 10, false)}},
	{"denied, 30 days ago", []recovery.Earlier{before(recovery.Denied, 30*24*60, true)}},
	{"frozen", []recovery.Earlier{before(recovery.Frozen, 60, true, stoppedLater)}},
	{"expired 20 days ago, \"not me\" said 10 minutes ago", []recovery.Earlier{before(recovery.Expired, 20*24*60, true, stoppedLater)}},
	{"recovered 29 days ago", []recovery.Earlier{before(recovery.Closed, 29*24*60, true, completed)}},
	{"recovered 30 days ago", []recovery.Earlier{before(recovery.Closed, 30*24*60, true, completed)}},
}

func TestWhatMakesItStricter(t *testing.T) {
	var b strings.Builder
	for _, r := range stricterRows {
		fmt.Fprintf(&b, "%s\n", r.name)
		for _, from := range []recovery.Source{caller, owner} {
			who := map[recovery.Source]string{caller: "the same caller", owner: "another caller"}[from]
			fmt.Fprintf(&b, "  %s: %s\n", who, stricterOutcome(r.all, from))
		}
	}
	const path = "testdata/stricter.txt"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != b.String() {
		t.Errorf("%v; %s differs (go test -update, then read the diff)\n%s", err, path, b.String())
	}
}

func stricterOutcome(all []recovery.Earlier, from recovery.Source) string {
	policy, workflows := recovery.Builtin()
	x := recovery.History(all, from, policy.Stricter, stricterNow).Under(policy)
	d := recovery.Decide(policy, workflows, recovery.Case{Event: recovery.DeviceLoss, Population: recovery.Standard, Place: recovery.AtDesk, Extra: x})
	out := fmt.Sprintf("%s, %d to approve, %d groups %q", d.Way.Proof, d.Approvers, d.Groups, x.Risks())
	var r *recovery.Refusal
	if errors.As(recovery.MayOpenAgain(all, recovery.DeviceLoss, from, policy.Stricter, recovery.InPerson{Place: "Room 12"}, stricterNow), &r) {
		out = "refused, " + r.Code
		if until := max(recovery.Cooldown(all, policy.Stricter, stricterNow), recovery.SourceCooldown(all, from, policy.Stricter, stricterNow)); until > stricterNow {
			out += fmt.Sprintf(" for %d more minutes", (until-stricterNow)/recovery.Minute)
		}
	}
	return out
}

func TestSourceOf(t *testing.T) {
	for typed, want := range map[string]recovery.Source{
		"+44 20 7946 0999": "phone:+442079460999", "0044 (20) 7946-0999": "phone:+442079460999", "020 7946 0999": "phone:02079460999",
		"4711": "phone:4711", "Withheld": "phone:withheld", "": "", "the usual": "", "   ": "",
	} {
		t.Run("a number typed as "+typed, func(t *testing.T) {
			got, err := recovery.SourceOf(recovery.ByPhone, typed)
			if got != want || (err != nil) != (want == "") {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
		})
	}
	t.Run("the same number with and without the country is one; another is not", func(t *testing.T) {
		a, _ := recovery.SourceOf(recovery.ByPhone, "+44 20 7946 0999")
		b, _ := recovery.SourceOf(recovery.ByPhone, "020 7946 0999")
		c, _ := recovery.SourceOf(recovery.ByPhone, "020 7946 0998")
		if a.Key() != b.Key() || a.Key() == c.Key() {
			t.Errorf("%q %q %q", a.Key(), b.Key(), c.Key())
		}
	})
	t.Run("somebody who stands there needs no source and is linked to nobody", func(t *testing.T) {
		s, err := recovery.SourceOf(recovery.OnSite, "")
		if err != nil || s.Known() || s.Masked() != "" {
			t.Errorf("%q %v", s, err)
		}
	})
	for from, want := range map[recovery.Source]string{"phone:+442079460999": "…99", "phone:withheld": "withheld", "mail:dora@one.example": "d…@one.example", "chat:dora": "d…"} {
		t.Run(string(from)+" is shown masked", func(t *testing.T) {
			if got := from.Masked(); got != want {
				t.Errorf("shown %q", got)
			}
		})
	}
}

func TestPattern(t *testing.T) {
	text := "Phone fell into the harbour, needs access for payroll"
	if a, b := recovery.Pattern("x", text), recovery.Pattern("x", strings.ToUpper(text)+"!"); a == "" || a != b {
		t.Error("the same words are another pattern")
	}
	if recovery.Pattern("x", text) == recovery.Pattern("y", text) || recovery.Pattern("x", "Lost phone.") != "" {
		t.Error("another agent, or words that everybody says, make a pattern")
	}
}

func TestSentencesNameThePolicysTimes(t *testing.T) {
	p, _ := recovery.Builtin()
	days := func(n int64) recovery.Duration { return recovery.For(n * recovery.Day) }
	p.Stricter.Repeat, p.Stricter.SameAgent, p.Channels.Age = days(60), days(14), days(45)
	x := recovery.Extra{DeniedBefore: true, FailedBefore: true, SameAgent: true, SecondReset: true, LowerTier: true, Uproots: true, Opened: recovery.OftenOpened}
	text := strings.Join(x.Under(p).Risks(), "\n")
	for want, n := range map[string]int{"60 days": 5, "14 days": 1, "45 days": 1, "30 days": 0, " 7 days": 0} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("%d times %q in\n%s", got, want, text)
		}
	}
	if (recovery.Extra{Opened: 9}).Under(p).Any() {
		t.Error("the times alone make a ticket stricter")
	}
}

// A kind of new key has no order but one: attested asks for more than not.
func TestR4_AnAttestedKeyStaysAskedFor(t *testing.T) {
	shipped, _ := recovery.Builtin()
	with := func(strength string) recovery.Policy {
		p := shipped
		p.Populations = map[recovery.Population]recovery.PopulationRule{recovery.Privileged: {NewFactor: strength}}
		return p
	}
	for name, c := range map[string]struct{ pinned, current, want string }{
		"loosened since":  {"attested, device-bound", "phishing-resistant", "attested, device-bound"},
		"tightened since": {"phishing-resistant", "attested", "attested"},
		"other words":     {"attested", "attested, in inventory", "attested, in inventory"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := recovery.StricterValues(with(c.pinned), with(c.current)).Populations[recovery.Privileged].NewFactor; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
