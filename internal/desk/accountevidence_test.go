package desk_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

const wide = "id,name,email,email2,phone,population,department,manager_id,contract_end,start_date,sponsor_id,photo_record,group,ended\n"

// people is a house with two people of note: ana is standard and reports to bo,
// cy is privileged.
const people = wide +
	"ana,Ana Ruiz,ana@one.example,ana@two.example,+441632960001,standard,Sales,bo,,,,hr-1,north,\n" +
	"bo,Bo Lind,bo@one.example,bo@two.example,,standard,IT,,,,,,,\n" +
	"cy,Cy Berg,cy@one.example,cy@two.example,,privileged,IT,bo,,,,,,\n" +
	"di,Di Holm,di@one.example,di@two.example,,contractor,IT,bo,2030-01-31,,bo,,,\n" +
	"bot,Robot,bots@one.example,,,service,IT,bo,,,,,,\n"

var (
	founder1 = desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}
	founder2 = desk.Actor{Kind: desk.StaffAct, Person: "founder-2"}
)

// evidenceHouse is a founded house whose baseline is the people above.
func evidenceHouse(t testing.TB, h *desktest.House) {
	t.Helper()
	_, err := h.Desk.ImportAccounts(t.Context(), console, desk.Import{File: strings.NewReader(people)})
	ok(t, err)
	h.Found()
	h.Clock.Add(recovery.Day)
}

// line is the file of one person of people, with one value replaced.
func line(id, before, after string) string {
	for _, l := range strings.Split(people, "\n") {
		if strings.HasPrefix(l, id+",") {
			return wide + strings.Replace(l, before, after, 1) + "\n"
		}
	}
	return ""
}

func importAs(t testing.TB, h *desktest.House, who desk.Actor, text string) (desk.ImportReport, error) {
	t.Helper()
	return h.Desk.ImportAccounts(t.Context(), who, desk.Import{File: strings.NewReader(text)})
}

func account(t testing.TB, h *desktest.House, id string) recovery.Account {
	t.Helper()
	return must(h.Store.View().Account(t.Context(), id))
}

// R27, and "an administrator alone tries to change a manager".
func TestR27_OneAdministratorAloneCannotChangeWhatARecoveryRestsOn(t *testing.T) {
	many := wide
	for i := range 21 {
		many += fmt.Sprintf("new%d,New One,new%d@one.example,,,standard,,,,,,,,\n", i, i)
	}
	for name, c := range map[string]struct{ text, why string }{
		"lower a population":                          {line("cy", "privileged", "standard"), "lowers the population from privileged to standard"},
		"make a contractor standard":                  {line("di", "contractor", "standard"), "lowers the population"},
		"change the manager of a privileged account":  {line("cy", ",bo,", ",di,"), "changes the manager"},
		"change the manager of a standard account":    {line("ana", ",bo,", ",di,"), "changes the manager"},
		"change a sponsor":                            {line("di", ",,bo,", ",,cy,"), "changes the sponsor"},
		"touch a mailbox of a privileged account":     {line("cy", "cy@two", "cy@three"), "touches contacts of a privileged or staff account"},
		"swap the mailboxes of a privileged account":  {line("cy", "cy@one.example,cy@two.example", "cy@two.example,cy@one.example"), "touches contacts"},
		"remove a mailbox of a privileged account":    {line("cy", "cy@two.example", ""), "touches contacts"},
		"give a service account to somebody else":     {line("bot", ",bo,", ",ana,"), "links the account to another person"},
		"make a service account of a known person":    {wide + "bot2,Robot,b2@one.example,,,service,IT,ana,,,,,,\n", "links the account to a person the directory knows"},
		"make an account for a person who is on file": {wide + "founder-2,Eve,eve@one.example,,,standard,,,,,,,,\n", "links the account to a person the directory knows"},
		"end a privileged account":                    {line("cy", ",bo,,,,,,", ",bo,,,,,,yes"), "ends a privileged or staff account"},
		"change more than 20 accounts":                {many, "touches 21 accounts, more than 20"},
	} {
		t.Run(name+": it waits for a second key, is told and recorded, and nothing changed", func(t *testing.T) {
			h := desktest.SQLite(t)
			evidenceHouse(t, h)
			told := len(h.Mails())
			plan := must(h.Desk.PlanImport(t.Context(), founder1, strings.NewReader(c.text)))
			if plan.Needed != 1 || plan.Filed != nil {
				t.Errorf("the plan says %+v", plan)
			}
			before := must(h.Desk.AccountPage(t.Context(), founder1, "cy"))
			r, err := importAs(t, h, founder1, c.text)
			ok(t, err)
			if r.Filed == nil || r.Needed != 1 || !strings.Contains(strings.Join(r.Why, "\n"), c.why) {
				t.Fatalf("report %+v", r)
			}
			if after := must(h.Desk.AccountPage(t.Context(), founder1, "cy")); after.Account != before.Account || len(after.Addresses) != len(before.Addresses) {
				t.Errorf("changed: %+v", after)
			}
			if got := kept(t, h, recovery.ProposalFiled); len(got) != 2 { // the roster's, too
				t.Errorf("%d entries", len(got))
			}
			if len(h.Mails()) < told+4 {
				t.Errorf("told %d", len(h.Mails())-told)
			}
			refused(t, h.SignProposal(founder1, r.Filed.ID, recovery.Approve), "own-proposal")
			text := strings.Join(r.Filed.Lines, "\n")
			if strings.Contains(text, "cy@") || strings.Contains(text, "+4416") {
				t.Errorf("a full address in %s", text)
			}
		})
	}
	for name, text := range map[string]string{
		"a new name":                        line("ana", "Ana Ruiz", "Ana Ruiz-Lind"),
		"a department":                      line("cy", ",IT,", ",Sales,"),
		"a mailbox of a standard account":   line("ana", "ana@two", "ana@three"),
		"a higher population":               line("ana", "standard", "contractor"),
		"the end of a contract":             line("di", "2030-01-31", "2029-01-31"),
		"the end of a standard account":     line("ana", "hr-1,north,", "hr-1,north,yes"),
		"a new account of nobody on record": wide + "eve,Eve,eve@one.example,,,privileged,,bo,,,,,,\n",
	} {
		t.Run(name+" is one administrator's to change", func(t *testing.T) {
			h := desktest.SQLite(t)
			evidenceHouse(t, h)
			if r, err := importAs(t, h, founder1, text); err != nil || r.Filed != nil || r.Needed != 0 || len(r.Changed)+len(r.Added) != 1 {
				t.Errorf("report %+v %v", r, err)
			}
		})
	}
}

func TestR27_ASecondKeyPutsTheChangeInForce(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		evidenceHouse(t, h)
		r, err := importAs(t, h, founder1, line("cy", ",bo,", ",di,"))
		ok(t, err)
		t.Run("the statement names the account, the values and the digest of the file", func(t *testing.T) {
			touch := must(h.Desk.BeginProposal(t.Context(), founder2, r.Filed.ID, "approve", ""))
			for _, want := range []string{"cy: changes the manager", "- cy manager_id bo", "+ cy manager_id di", "file SHA-256 ", `about: cy "Cy Berg"`} {
				if !strings.Contains(touch.Statement, want) {
					t.Errorf("no %q in\n%s", want, touch.Statement)
				}
			}
		})
		ok(t, h.SignProposal(founder2, r.Filed.ID, recovery.Approve))
		if got := account(t, h, "cy"); got.Manager != "di" {
			t.Errorf("manager %q", got.Manager)
		}
		t.Run("the holder, the old manager and the new one are told", func(t *testing.T) {
			if got := noticesTo(t, h, "cy", "directory-changed"); !slices.Equal(got, []string{"cy@one.example", "cy@two.example"}) {
				t.Errorf("holder told at %q", got)
			}
			if got := noticesTo(t, h, "cy", "directory-linked"); !slices.Equal(got, []string{"bo@one.example", "di@one.example"}) {
				t.Errorf("told %q", got)
			}
		})
		t.Run("the manager's age starts now, the old one's is kept, and the page shows both", func(t *testing.T) {
			page := must(h.Desk.AccountPage(t.Context(), founder1, "cy"))
			n := slices.IndexFunc(page.Values, func(v desk.ValueView) bool { return v.Field == "manager_id" })
			now := page.Values[n]
			if now.Text != "di" || now.Since != h.Clock.Now() || now.Baseline != 0 || len(now.Before) != 1 || now.Before[0].Text != "bo" || now.Before[0].Baseline == 0 {
				t.Errorf("%+v", now)
			}
		})
		t.Run("the same file a second time fails: the directory moved on", func(t *testing.T) {
			ok(t, importInForce(t, h, line("cy", ",bo,", ",ana,")))
			again, err := importAs(t, h, founder1, line("cy", ",bo,", ",di,"))
			ok(t, err)
			ok(t, importInForce(t, h, line("cy", ",bo,", ",,")))
			ok(t, h.SignProposal(founder2, again.Filed.ID, recovery.Approve))
			if p := proposalNow(t, h, again.Filed.ID); p.State != recovery.ProposalFailed || !strings.Contains(p.Why, "changed since") {
				t.Errorf("proposal %+v", p)
			}
			if got := account(t, h, "cy"); got.Manager != "" {
				t.Errorf("manager %q", got.Manager)
			}
		})
		h.Verify()
	})
}

// importInForce files a change and signs it.
func importInForce(t testing.TB, h *desktest.House, text string) error {
	t.Helper()
	r, err := importAs(t, h, founder1, text)
	if err != nil || r.Filed == nil {
		return err
	}
	return h.SignProposal(founder2, r.Filed.ID, recovery.Approve)
}

func TestR27_AProposalEditedInTheDatabaseNeverApplies(t *testing.T) {
	for name, query := range map[string]string{
		"its file":           `UPDATE accounts_files SET text = replace(text, 'di', 'ana')`,
		"the file's digest":  `UPDATE proposals SET body = replace(body, '"file":"', '"file":"0') WHERE kind = 'accounts-import'`,
		"what it changes":    `UPDATE proposals SET lines = replace(lines, 'di', 'ana') WHERE kind = 'accounts-import'`,
		"whom it is about":   `UPDATE proposals SET body = replace(body, '"cy"', '') WHERE kind = 'accounts-import'`,
		"the file is gone":   `DELETE FROM accounts_files`,
		"who has to sign it": `UPDATE proposals SET needed = 0 WHERE kind = 'accounts-import'`,
	} {
		t.Run(name, func(t *testing.T) {
			h := desktest.SQLite(t)
			evidenceHouse(t, h)
			r, err := importAs(t, h, founder1, line("cy", ",bo,", ",di,"))
			ok(t, err)
			h.SQL(func(tx *sql.Tx) {
				_, err := tx.Exec(query)
				ok(t, err)
			})
			if err := h.SignProposal(founder2, r.Filed.ID, recovery.Approve); err == nil && proposalNow(t, h, r.Filed.ID).State != recovery.ProposalFailed {
				t.Error("it was signed and did not fail")
			}
			if got := account(t, h, "cy"); got.Manager != "bo" {
				t.Errorf("manager %q", got.Manager)
			}
		})
	}
}

func TestR27_AgeSurvivesDeleteAndRecreate(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		evidenceHouse(t, h)
		ended, back := line("ana", "hr-1,north,", "hr-1,north,yes"), line("ana", "hr-1,north,", "hr-1,north,no")
		ok(t, importInForce(t, h, line("ana", "ana@two", "thief@two")))
		h.Clock.Add(3 * recovery.Day)
		ended, back = strings.Replace(ended, "ana@two", "thief@two", 1), strings.Replace(back, "ana@two", "thief@two", 1)
		ok(t, importInForce(t, h, ended))
		t.Run("an account that ended has no way in", func(t *testing.T) {
			if a := account(t, h, "ana"); a.Ended != h.Clock.Now() {
				t.Errorf("account %+v", a)
			}
			if got := noticesTo(t, h, "ana", "directory-changed"); len(got) == 0 {
				t.Error("the holder was not told")
			}
		})
		h.Clock.Add(60 * recovery.Day)
		t.Run("a file without the column does not bring it back", func(t *testing.T) {
			r, err := importText(t, h, header+"ana,Ana Ruiz,ana@one.example,thief@two.example,+441632960001,standard,Sales,bo\n")
			refused(t, err, "import-problems")
			if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Text, "has ended") {
				t.Errorf("problems %+v", r.Problems)
			}
		})
		r, err := importAs(t, h, founder1, back)
		ok(t, err)
		if r.Filed == nil || !strings.Contains(strings.Join(r.Why, " "), "brings back") {
			t.Fatalf("report %+v", r)
		}
		ok(t, h.SignProposal(founder2, r.Filed.ID, recovery.Approve))
		t.Run("nobody gains age by it: the time in between does not count", func(t *testing.T) {
			now := h.Clock.Now()
			for _, a := range must(h.Store.View().Addresses(t.Context(), "ana")) {
				switch a.Value {
				case "thief@two.example":
					if now-a.FirstSeen != 3*recovery.Day || a.Earlier == 0 || a.Struck(atRest(h, h.Clock.Now())) == "" {
						t.Errorf("address %+v", a)
					}
				case "ana@one.example":
					if a.Baseline == 0 || a.Struck(atRest(h, h.Clock.Now())) != "" {
						t.Errorf("address %+v", a)
					}
				case "ana@two.example":
					if a.Ended == 0 {
						t.Errorf("address %+v", a)
					}
				}
			}
		})
		t.Run("a value that was replaced before returns as new, and its first sight is kept", func(t *testing.T) {
			ok(t, importInForce(t, h, line("ana", "hr-1,north,", "hr-1,north,")))
			for _, a := range must(h.Store.View().Addresses(t.Context(), "ana")) {
				if a.Value == "ana@two.example" && (a.FirstSeen != h.Clock.Now() || a.Earlier == 0 || a.Earlier >= a.FirstSeen || a.Baseline != 0) {
					t.Errorf("address %+v", a)
				}
			}
		})
		h.Verify()
	})
}

func TestR27_ThoseItIsAboutAreTold(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	evidenceHouse(t, h)
	t.Run("of a number, which nothing can be written to, the manager hears", func(t *testing.T) {
		ok(t, importInForce(t, h, line("ana", "960001", "960002")))
		if got := noticesTo(t, h, "ana", "directory-linked"); !slices.Equal(got, []string{"bo@one.example"}) {
			t.Errorf("told %q", got)
		}
		if got := noticesTo(t, h, "ana", "address-changed-old"); len(got) != 2 {
			t.Errorf("holder told at %q", got)
		}
	})
	t.Run("of a population and a person link the holder hears, at the address that was replaced too", func(t *testing.T) {
		ok(t, importInForce(t, h, line("cy", "cy@two", "cy@three")))
		ok(t, importInForce(t, h, strings.Replace(line("cy", "privileged", "contractor"), "cy@two", "cy@three", 1)))
		if got := noticesTo(t, h, "cy", "directory-changed"); !slices.Equal(got, []string{"cy@one.example", "cy@three.example", "cy@two.example"}) {
			t.Errorf("told at %q", got)
		}
	})
	t.Run("a removed address is told, and for 90 days what comes after", func(t *testing.T) {
		h.Clock.Add(desktest.OldAddressLife)
		ok(t, importInForce(t, h, strings.Replace(line("cy", "privileged", "contractor"), "cy@two.example", "", 1)))
		if got := noticesTo(t, h, "cy", "address-changed-old"); len(got) != 5 { // one, two, three; then one, three: two's 90 days are over
			t.Errorf("told at %q", got)
		}
	})
}

// What two keys opened, or a date closed, one administrator does not open for an
// account of choice.
func TestR27_OneAdministratorAloneOpensNoOtherWayToRecover(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Found()
	one, two := founders()
	h.Account("ann", func(a *recovery.Account) { a.Department = "Works" })
	h.Account("bob")
	h.Account("con", func(a *recovery.Account) {
		a.Population, a.EndsOn = recovery.Contractor, h.Clock.Now()-10*recovery.Day
	})
	sales, later := "Sales", "2099-12-31"
	i := h.Incident(one, two, recovery.NewIncident{Name: "Outage", Departments: []string{"Sales"}, Hours: 8, Tickets: 2})
	for why, in := range map[string]desk.AccountEdit{
		"moves the account into an open incident": {Account: "ann", Department: &sales},
		"brings back a contract that has ended":   {Account: "con", ContractEnd: &later},
	} {
		t.Run(why, func(t *testing.T) {
			r, err := h.Desk.EditAccount(t.Context(), one, in)
			if ok(t, err); r.Filed == nil || !strings.Contains(strings.Join(r.Why, "\n"), why) {
				t.Fatalf("report %+v", r)
			}
			ok(t, h.SignProposal(two, r.Filed.ID, recovery.Approve))
			if p := proposalNow(t, h, r.Filed.ID); p.State != recovery.ProposalInForce {
				t.Errorf("the proposal is %s: %s", p.State, p.Why)
			}
		})
	}
	t.Run("with no such incident a department is one administrator's to change", func(t *testing.T) {
		ok(t, h.Desk.CloseIncident(t.Context(), one, i.ID, "over"))
		h.Account("dan", func(a *recovery.Account) { a.Department = "Works" })
		r, err := h.Desk.EditAccount(t.Context(), one, desk.AccountEdit{Account: "dan", Department: &sales})
		if ok(t, err); r.Filed != nil {
			t.Errorf("report %+v", r)
		}
	})
}

// A file that is split is no smaller.
func TestR27_OneAdministratorAloneTouchesFewAccountsADay(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Found()
	one, two := founders()
	file := func(from, to int) string {
		text := header
		for i := from; i < to; i++ {
			text += fmt.Sprintf("new%d,New One %d,new%d@one.example,,,standard,,\n", i, i, i)
		}
		return text
	}
	r, err := importAs(t, h, one, file(0, 20))
	if ok(t, err); r.Filed != nil {
		t.Fatalf("report %+v", r)
	}
	r, err = importAs(t, h, one, file(20, 21))
	if ok(t, err); r.Filed == nil || !strings.Contains(strings.Join(r.Why, "\n"), "touches 1 accounts after 20 within a day, more than 20") {
		t.Fatalf("report %+v", r)
	}
	ok(t, h.SignProposal(two, r.Filed.ID, recovery.Approve))
	if p := proposalNow(t, h, r.Filed.ID); p.State != recovery.ProposalInForce {
		t.Errorf("it is %s: %s", p.State, p.Why)
	}
	r, err = importAs(t, h, two, file(21, 22))
	if ok(t, err); r.Filed != nil {
		t.Errorf("what was signed for counts against the signer: %+v", r)
	}
	h.Clock.Add(recovery.Day + recovery.Second)
	r, err = importAs(t, h, one, file(22, 23))
	if ok(t, err); r.Filed != nil {
		t.Errorf("the day after: %+v", r)
	}
}
