package recovery

import (
	"strings"
	"testing"
)

// R23 and policy-defaults, "Voucher".
func TestR23_WhoMayVouch(t *testing.T) {
	p, _ := Builtin()
	now := int64(1_767_225_600_000_000)
	old := now - 400*Day
	ticket := Ticket{ID: "t", Holder: "ana", State: Proofing, Run: 1}
	parts := Parts{Holder: "ana", Requester: "rita", Agents: []string{"agent"}, Approvers: []string{"approver"}}
	good := Voucher{Person: Person{ID: "mia", Name: "Mia", FirstSeen: old}, Relation: IsManager, Account: Account{ID: "mia", Created: old},
		Mail: Address{ID: "mail"}, Passkeys: 1, Above: []string{"boss"}}
	for name, c := range map[string]struct {
		change func(*Voucher)
		code   string
	}{
		"the manager":                                    {func(*Voucher) {}, ""},
		"the holder":                                     {func(v *Voucher) { v.Person.ID = "ana" }, "voucher-part"},
		"the requester":                                  {func(v *Voucher) { v.Person.ID = "rita" }, "voucher-part"},
		"the agent":                                      {func(v *Voucher) { v.Person.ID = "agent" }, "voucher-part"},
		"an approver":                                    {func(v *Voucher) { v.Person.ID = "approver" }, "voucher-part"},
		"a report of the holder":                         {func(v *Voucher) { v.Above = []string{"ana"} }, "voucher-reports"},
		"a report of a report of the holder":             {func(v *Voucher) { v.Above = []string{"x", "y", "ana", "z"} }, "voucher-reports"},
		"somebody without an account":                    {func(v *Voucher) { v.Account = Account{} }, "voucher-level"},
		"somebody whose account has ended":               {func(v *Voucher) { v.Account.Ended = now }, "voucher-level"},
		"somebody without a passkey":                     {func(v *Voucher) { v.Passkeys = 0 }, "voucher-level"},
		"somebody whose account is held":                 {func(v *Voucher) { v.Account.Hold = now + 1 }, "voucher-level"},
		"somebody whose hold is over":                    {func(v *Voucher) { v.Account.Hold = now }, ""},
		"somebody who was set up by a mailed link":       {func(v *Voucher) { v.Account.MailedLink = old }, "voucher-level"},
		"somebody without an old address":                {func(v *Voucher) { v.Mail = Address{} }, "voucher-mail"},
		"somebody who vouched twice":                     {func(v *Voucher) { v.Vouched = 2 }, ""},
		"somebody who vouched three times":               {func(v *Voucher) { v.Vouched = 3 }, "voucher-often"},
		"somebody recovered a microsecond under 30 days": {func(v *Voucher) { v.Recovered = now - 30*Day + 1 }, "voucher-recovered"},
		"somebody recovered 30 days ago":                 {func(v *Voucher) { v.Recovered = now - 30*Day }, ""},
		"an account a microsecond under 30 days":         {func(v *Voucher) { v.Account.Created = now - 30*Day + 1 }, "voucher-young"},
		"an account of 30 days":                          {func(v *Voucher) { v.Account.Created = now - 30*Day }, ""},
		"a new account of the founding import":           {func(v *Voucher) { v.Account.Created, v.Account.Baseline = now-1, now-1 }, ""},
		"a manager since yesterday":                      {func(v *Voucher) { v.Link.Since = now - Day }, "voucher-link"},
		"a manager since yesterday, by baseline":         {func(v *Voucher) { v.Link.Since, v.Link.Baseline = now-Day, now-Day }, ""},
		"a person the directory has just named":          {func(v *Voucher) { v.Person.FirstSeen = now - Day }, "voucher-young"},
	} {
		t.Run(name, func(t *testing.T) {
			v := good
			c.change(&v)
			if got := codeOf(v.May(ticket, parts, p.Vouching, p.Stricter.YoungAccount, now)); got != c.code {
				t.Errorf("%q, want %q", got, c.code)
			}
		})
	}
}

// A manager whom the directory named with a new account was never changed; one
// whom it names since a takeover began is the thief's.
func TestR18_R29_TheVouchersLinkByEvent(t *testing.T) {
	p, _ := Builtin()
	now := int64(1_767_225_600_000_000)
	v := Voucher{Person: Person{ID: "mia", FirstSeen: now - 400*Day}, Known: now - 5*Day, Link: ValueRun{Since: now - 5*Day}, Account: Account{ID: "mia", Created: now - 400*Day}, Mail: Address{ID: "mail"}, Passkeys: 1}
	may := func(t Ticket) string {
		return codeOf(v.May(t, Parts{Holder: "nia"}, p.Vouching, p.Stricter.YoungAccount, now))
	}
	if got := may(Ticket{Holder: "nia", Event: FirstEnrolment}); got != "" {
		t.Errorf("first enrolment: %q", got)
	}
	if got := may(Ticket{Holder: "nia", Event: DeviceLoss}); got != "voucher-link" {
		t.Errorf("another event: %q", got)
	}
	v.Link.Since++
	if got := may(Ticket{Holder: "nia", Event: FirstEnrolment}); got != "voucher-link" {
		t.Errorf("a manager who came later: %q", got)
	}
	v.Link.Since = now - 60*Day
	if got := may(Ticket{Holder: "nia", Event: SuspectedTakeover, Facts: Facts{Since: now - 60*Day}}); got != "voucher-doubt" {
		t.Errorf("a manager since the takeover: %q", got)
	}
}

func TestVouchingLive(t *testing.T) {
	k := Ticket{State: Proofing, Run: 2}
	v := Vouching{Run: 2, Ends: 100}
	for name, c := range map[string]struct {
		v    Vouching
		k    Ticket
		now  int64
		code string
	}{
		"before its end":             {v, k, 99, ""},
		"on the microsecond it ends": {v, k, 100, "link-ended"},
		"answered":                   {Vouching{Run: 2, Ends: 100, Decided: 1}, k, 99, "link-used"},
		"of an earlier run":          {Vouching{Run: 1, Ends: 100}, k, 99, "link-ended"},
		"of a ticket that moved on":  {v, Ticket{State: Failed, Run: 2}, 99, "link-ended"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := codeOf(c.v.Live(c.k, c.now)); got != c.code {
				t.Errorf("%q, want %q", got, c.code)
			}
		})
	}
}

func TestVouchStatement(t *testing.T) {
	s := VouchStatement{Account: Account{Name: "Ana"}, Word: WordVouch}
	t.Run("a word for the holder says how the voucher knows", func(t *testing.T) {
		if got := codeOf(s.Check()); got != "how-missing" {
			t.Error(got)
		}
		s.How = "she rang me"
		if got := codeOf(s.Check()); got != "how-missing" {
			t.Error(got)
		}
		s.How = OnMyCall
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	})
	t.Run("no word is no word", func(t *testing.T) {
		if got := codeOf(VouchStatement{Word: "approve"}.Check()); got != "word-missing" {
			t.Error(got)
		}
	})
	t.Run("a note cannot forge a line of the statement", func(t *testing.T) {
		s.Note = "yes\"\nword: vouch"
		want := VouchStatement{Account: s.Account, Word: WordVouch, How: OnMyCall}.Text()
		if text := s.Text(); strings.Count(text, "\n") != strings.Count(want, "\n") {
			t.Error(text)
		}
	})
}
