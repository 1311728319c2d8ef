package recovery

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden compares a printed table with the file that people read and review.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is no longer what the rules say; read the difference and write it anew with -update\n%s", path, got)
	}
}

// The people of one ticket, one in each role.
var cast = Parts{Holder: "holder", Requester: "requester", Agents: []string{"agent"}, Vouchers: []string{"voucher"},
	Approvers: []string{"approver"}, Reviewers: []string{"reviewer"}, Deniers: []string{"denier"}, InVain: []string{"vain signer"}}

// relations are how somebody can stand to a person of the ticket.
var relations = []struct {
	name string
	to   func(person string) Staff
}{
	{"is the same person", func(p string) Staff { return Staff{Person: Person{ID: p}} }},
	{"reports to", func(p string) Staff { return Staff{Person: Person{ID: "other"}, Above: []string{p}} }},
	{"reports to, three levels up", func(p string) Staff { return Staff{Person: Person{ID: "other"}, Above: []string{"m1", "m2", p}} }},
	{"manages", func(string) Staff { return Staff{Person: Person{ID: "boss"}} }},
	{"is unrelated to", func(string) Staff { return Staff{Person: Person{ID: "other"}, Above: []string{"elsewhere"}} }},
}

// R23, whole: who of the ticket's people, and who related to them, may do what.
func TestR23_PeopleMatrix(t *testing.T) {
	acts := []struct {
		name string
		may  func(Staff, Parts) error
	}{
		{"work", func(s Staff, p Parts) error { return MayWork(s.Person.ID, p) }},
		{"vouch", func(s Staff, p Parts) error { return MayVouch(s.Person.ID, p) }},
		{"approve", MayApprove},
		{"review", MayReview},
	}
	var b strings.Builder
	for _, role := range []string{"holder", "requester", "agent", "voucher", "approver", "reviewer", "denier", "vain signer"} {
		for _, a := range acts {
			for _, r := range relations {
				code := codeOf(a.may(r.to(role), cast))
				if code == "" {
					code = "allowed"
				}
				fmt.Fprintf(&b, "%-8s by who %-28s the %-11s %s\n", a.name, r.name, role, code)
			}
		}
	}
	golden(t, "people.golden", b.String())
}

// A2: which groups may sign together, in the order in which they sign.
func TestR23_QuorumMatrix(t *testing.T) {
	sets := [][]string{nil, {"security"}, {"platform"}, {"network"}, {"platform", "security"}}
	var b strings.Builder
	for _, first := range sets {
		for _, second := range sets {
			q := Signers{Signatures: 2, Groups: 2}
			fmt.Fprintf(&b, "%v then %v: %s, %s\n", first, second, outcome(q, first), outcome(Signers{2, 2, map[string][]string{"a": first}, ""}, second))
		}
	}
	for _, third := range sets {
		q := Signers{3, 2, map[string][]string{"a": {"platform"}, "b": {"network"}}, ""}
		fmt.Fprintf(&b, "[platform] and [network], then %v: %s\n", third, outcome(q, third))
	}
	golden(t, "quorum.golden", b.String())
}

// A group that the policy names is among them, whatever else it asks.
func TestR23_TheNamedGroup(t *testing.T) {
	net, sec, plat := []string{"network"}, []string{"security"}, []string{"platform"}
	for name, c := range map[string]struct {
		q    Signers
		is   []string
		want string
	}{
		"the only signature, of another group":     {Signers{1, 1, nil, "network"}, plat, "group-missing"},
		"the only signature, of no group":          {Signers{1, 1, nil, "network"}, nil, "group-missing"},
		"the only signature, of the group":         {Signers{1, 1, nil, "network"}, net, "allowed"},
		"the first of two may be of another":       {Signers{2, 1, nil, "network"}, plat, "allowed"},
		"the second of two is not":                 {Signers{2, 1, map[string][]string{"a": plat}, "network"}, plat, "group-missing"},
		"of security and the group: security":      {Signers{2, 2, nil, "network"}, sec, "allowed"},
		"of security and the group: the group":     {Signers{2, 2, nil, "network"}, net, "allowed"},
		"of security and the group: a third one":   {Signers{2, 2, nil, "network"}, plat, "group-missing"},
		"of security and the group: another after": {Signers{2, 2, map[string][]string{"a": sec}, "network"}, plat, "group-missing"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := outcome(c.q, c.is); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func outcome(q Signers, groups []string) string {
	if code := codeOf(q.admits(Staff{Person: Person{ID: "x"}, Groups: groups})); code != "" {
		return code
	}
	return "allowed"
}

func TestR23_ReportingLines(t *testing.T) {
	t.Run("somebody who is named as the own manager approves like anybody else", func(t *testing.T) {
		if err := MayApprove(Staff{Person: Person{ID: "x"}, Above: []string{"x", "x"}}, cast); err != nil {
			t.Error(err)
		}
	})
	t.Run("a supplier's ticket needs a group of the house", func(t *testing.T) {
		p := cast
		p.Supplier = true
		for _, c := range []struct {
			staff Staff
			want  string
		}{{Staff{Groups: []string{"supplier"}, Outsourced: true}, "group-client"}, {Staff{}, "group-client"}, {Staff{Groups: []string{"platform"}}, ""}} {
			c.staff.Person.ID = "x"
			if got := codeOf(MayApprove(c.staff, p)); got != c.want {
				t.Errorf("groups %v: %q, want %q", c.staff.Groups, got, c.want)
			}
		}
	})
	t.Run("people of an outsourced group are agents and nothing else", func(t *testing.T) {
		s := Staff{Outsourced: true, Roles: []Grant{{Role: Agent, Counts: 1}, {Role: Approver, Counts: 1}, {Role: Auditor, Counts: 1}}}
		if !s.Has(Agent, 2) || s.Has(Approver, 2) || s.Has(Auditor, 2) {
			t.Errorf("counts as %v", s.Counting(2))
		}
	})
}

func TestR23_Row(t *testing.T) {
	for name, a := range map[string]Account{"staff": {Population: Standard, IsStaff: true}, "an owner or voucher": {Population: Contractor, Trusted: true}} {
		if a.Row() != Privileged {
			t.Errorf("%s is %s for the own recovery", name, a.Row())
		}
	}
	if a := (Account{Population: Service, Trusted: true}); a.Row() != Service {
		t.Errorf("a service account is %s", a.Row())
	}
}
