package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/ledger"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

const header = "id,name,email,email2,phone,population,department,manager_id\n"

var console = desk.Actor{Kind: desk.Machine}

func importText(t *testing.T, h *desktest.House, text string) (desk.ImportReport, error) {
	t.Helper()
	return h.Desk.ImportAccounts(t.Context(), console, desk.Import{File: strings.NewReader(text)})
}

func mustImport(t *testing.T, h *desktest.House, text string) desk.ImportReport {
	t.Helper()
	r, err := importText(t, h, text)
	if err != nil {
		t.Fatalf("import: %v %v", err, r.Problems)
	}
	return r
}

const twoPeople = header +
	"ana,Ana Ruiz,Ana@one.example,ana@two.example,+44 1632 960001,standard,Sales,bo\n" +
	"bo,Bo Lind,bo@one.example,,,privileged,IT,\n" +
	"backup-bot,Backup robot,bots@one.example,,,service,IT,bo\n"

func TestImportAccounts(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx, v := t.Context(), h.Store.View()
		first := mustImport(t, h, "\xef\xbb\xbf"+twoPeople)
		founded := h.Clock.Now()
		t.Run("the first import is what the founding roster signs, and no baseline before", func(t *testing.T) {
			if !first.Founding || len(first.Added) != 3 {
				t.Errorf("report %+v", first)
			}
			a, err := v.Account(ctx, "ana")
			if err != nil || a.Baseline != 0 || a.Created != founded || a.Manager != "bo" || a.Person != "ana" {
				t.Errorf("account %+v %v", a, err)
			}
			if got := addressLines(t, h, "ana"); !slices.Equal(got, []string{"mail ana@one.example n", "mail ana@two.example n", "phone +441632960001 n"}) {
				t.Errorf("addresses %q", got)
			}
			if p, err := v.Person(ctx, "ana"); err != nil || p.Email != "ana@one.example" {
				t.Errorf("person %+v %v", p, err)
			}
		})
		t.Run("a service account belongs to its owner and is no person", func(t *testing.T) {
			a, err := v.Account(ctx, "backup-bot")
			if err != nil || a.Person != "bo" {
				t.Errorf("account %+v %v", a, err)
			}
			if _, err := v.Person(ctx, "backup-bot"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("person: %v", err)
			}
		})
		t.Run("the same file again changes nothing and says so", func(t *testing.T) {
			r := mustImport(t, h, twoPeople)
			if r.Founding || len(r.Added)+len(r.Changed) != 0 || r.Unchanged != 3 {
				t.Errorf("report %+v", r)
			}
		})
		t.Run("the entries hold ids and counts only", func(t *testing.T) {
			rows, err := v.LedgerEntries(ctx, store.LedgerFilter{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if strings.Contains(r.Body, "Ruiz") || strings.Contains(r.Body, "example") {
					t.Errorf("entry %s", r.Body)
				}
			}
			if got := h.Ledger(100); len(got) != 5 || got[4] != "accounts.imported" || got[3] != "account.added" {
				t.Errorf("ledger %q", got)
			}
		})
		h.Verify()
	})
}

// baselined lets everything on record count as the signed baseline.
func baselined(h *desktest.House) {
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		_, _ = tx.Append(ctx, ledger.Entry{Kind: string(recovery.BaselineSigned), Actor: "system"}, "", "")
		return tx.SignBaseline(ctx)
	})
}

// addressLines lists "kind value b|n" of the addresses on record, "-" in front of ended ones.
func addressLines(t *testing.T, h *desktest.House, account string) []string {
	t.Helper()
	all, err := h.Store.View().Addresses(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range all {
		line := string(a.Kind) + " " + a.Value + " n"
		if a.Baseline != 0 {
			line = line[:len(line)-1] + "b"
		}
		if a.Ended != 0 {
			line = "-" + line
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func TestR27_AddressesAgeFromWhenTheyWereFirstSeen(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		mustImport(t, h, twoPeople)
		baselined(h)
		h.Clock.Add(recovery.Day)
		moved := strings.Replace(twoPeople, "ana@two.example", "ana@three.example", 1)
		r := mustImport(t, h, moved)
		t.Run("the report shows before and after", func(t *testing.T) {
			want := []desk.AccountDiff{{ID: "ana", Values: []desk.ValueDiff{{Field: "addresses", Before: "a…@two.example", After: "a…@three.example"}}}}
			if len(r.Changed) != 1 || r.Changed[0].ID != "ana" || !slices.Equal(r.Changed[0].Values, want[0].Values) || r.Unchanged != 2 {
				t.Errorf("report %+v", r)
			}
		})
		t.Run("the new value is struck for 30 days, the baseline is not", func(t *testing.T) {
			now := h.Clock.Now()
			for _, a := range must(h.Store.View().Addresses(t.Context(), "ana")) {
				struck := a.Struck(atRest(h, now)) != ""
				if struck != (a.Value == "ana@three.example" || a.Value == "ana@two.example") {
					t.Errorf("%s: %q", a.Value, a.Struck(atRest(h, now)))
				}
				if a.Value == "ana@three.example" && a.Struck(atRest(h, now+desktest.EvidenceAge)) != "" {
					t.Error("still struck after 30 days")
				}
			}
		})
		t.Run("the holder is told at the old value too", func(t *testing.T) {
			to := noticesTo(t, h, "ana", "address-changed-old")
			if want := []string{"ana@one.example", "ana@three.example", "ana@two.example"}; !slices.Equal(to, want) {
				t.Errorf("told at %q", to)
			}
		})
		t.Run("a value that comes back starts its age again", func(t *testing.T) {
			mustImport(t, h, twoPeople)
			if got := addressLines(t, h, "ana"); !slices.Contains(got, "mail ana@two.example n") || !slices.Contains(got, "-mail ana@three.example n") {
				t.Errorf("addresses %q", got)
			}
		})
		t.Run("a later account is no baseline", func(t *testing.T) {
			mustImport(t, h, header+"cy,Cy Berg,cy@one.example,cy@two.example,,standard,,\n")
			a, err := h.Store.View().Account(t.Context(), "cy")
			if err != nil || a.Baseline != 0 {
				t.Errorf("account %+v %v", a, err)
			}
		})
		h.Verify()
	})
}

func TestR41_AddressesStayForADayAfterARecovery(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		h.Recovered("ana", h.Codes("ana")[0])
		const thief = header + "ana,Name of ana,ana@one.example,thief@three.example,+441632960001,standard,Sales,\n"
		const renamed = header + "ana,Ana Ruiz,ana@one.example,ana@two.example,+441632960001,standard,Sales,\n"
		h.Clock.Add(desktest.AddressChangeBlock - 1)
		t.Run("the file is refused and says until when", func(t *testing.T) {
			r, err := importText(t, h, thief)
			refused(t, err, "import-problems")
			if len(r.Problems) != 1 || r.Problems[0].Line != 2 || !strings.Contains(r.Problems[0].Text, "cannot change until") {
				t.Errorf("problems %+v", r.Problems)
			}
		})
		t.Run("other values may change", func(t *testing.T) { mustImport(t, h, renamed) })
		t.Run("on the microsecond the day ends they may change", func(t *testing.T) {
			h.Clock.Add(1)
			mustImport(t, h, thief)
		})
		h.Verify()
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// noticesTo lists where an account was sent notices of a kind, sorted.
func noticesTo(t *testing.T, h *desktest.House, account, kind string) []string {
	t.Helper()
	all, err := h.Store.View().NoticesOf(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, n := range all {
		if n.Account == account && n.Kind == kind {
			out = append(out, n.SentTo)
		}
	}
	slices.Sort(out)
	return out
}

func TestImportAccountsRefusesAFileAsAWhole(t *testing.T) {
	row := func(values ...string) string { return strings.Join(values, ",") + "\n" }
	good := row("ana", "Ana Ruiz", "ana@one.example", "", "", "standard", "", "")
	for name, c := range map[string]struct {
		text string
		want []string // "line: part of the text"
	}{
		"an empty file":               {"", []string{"1: first line is id,name"}},
		"a header alone":              {header, []string{"0: no accounts"}},
		"an unknown column":           {"id,name,email,email2,phone,population,department,manager_id,shoe\n" + good, []string{`1: no column "shoe"`}},
		"columns in another order":    {"name,id,email,email2,phone,population\n" + good, []string{"1: column name is not in its place", "1: column id is not in its place"}},
		"a required column missing":   {"id,name,email\n" + good, []string{"1: column email2 is missing"}},
		"an id twice":                 {header + good + good, []string{"3: id ana stands on line 2"}},
		"an id twice in another case": {header + good + strings.Replace(good, "ana,", "ANA,", 1), []string{"3: id ANA stands on line 2"}},
		"a bad mail address":          {header + row("a", "A", "nobody", "b@x", "", "standard", "", ""), []string{"2: email ", "2: email2 "}},
		"an unknown population":       {header + row("a", "A", "a@one.example", "", "", "robot", "", ""), []string{"2: no population"}},
		"a service without an owner":  {header + row("a", "A", "a@one.example", "", "", "service", "", ""), []string{"2: needs manager_id"}},
		"a manager nobody knows":      {header + row("a", "A", "a@one.example", "", "", "standard", "", "zed"), []string{"2: manager_id zed is no person"}},
		"a service as manager": {header + good + row("bot", "Bot", "bot@one.example", "", "", "service", "", "ana") + row("a", "A", "a@one.example", "", "", "standard", "", "bot"),
			[]string{"4: manager_id bot is no person"}},
		"an invisible character":  {header + row("a", "A\u200bB", "a@one.example", "", "", "standard", "", ""), []string{"2: name holds a control or invisible"}},
		"a NUL":                   {header + row("a", "A\x00B", "a@one.example", "", "", "standard", "", ""), []string{"2: name holds a control or invisible"}},
		"a field of 64 KB":        {header + row("a", strings.Repeat("x", 64<<10), "a@one.example", "", "", "standard", "", ""), []string{"2: name is longer than 200"}},
		"bytes that are no UTF-8": {header + row("a", "A\xff", "a@one.example", "", "", "standard", "", ""), []string{"2: name is not UTF-8"}},
		"too few values":          {header + "a,b\n" + good, []string{"2: 2 values, the header has 8"}},
		"an open quote":           {header + good + "\"b,B\n", []string{"3: quotes"}},
		"a bad number":            {header + row("a", "A", "a@one.example", "", "12", "standard", "", ""), []string{"2: phone "}},
		"a path as id":            {header + row("../a", "A", "a@one.example", "", "", "standard", "", ""), []string{"2: id may hold only"}},
		"two bad lines, both listed": {header + row("", "A", "a@one.example", "", "", "standard", "", "") + good + row("b", "", "b@one.example", "", "", "standard", "", ""),
			[]string{"2: id is empty", "4: name is empty"}},
	} {
		t.Run(name+" imports nothing and lists the lines", func(t *testing.T) {
			h := desktest.SQLite(t)
			report, err := importText(t, h, c.text)
			var refusal *recovery.Refusal
			if !errors.As(err, &refusal) || refusal.Code != "import-problems" {
				t.Fatalf("err %v", err)
			}
			if len(report.Problems) != len(c.want) {
				t.Fatalf("problems %v, want %q", report.Problems, c.want)
			}
			for i, w := range c.want {
				line, text, _ := strings.Cut(w, ": ")
				if got := report.Problems[i]; fmt.Sprint(got.Line) != line || !strings.Contains(got.Text, text) {
					t.Errorf("problem %d: %+v, want %q", i, got, w)
				}
			}
			if any := must(h.Store.View().AnyAccount(t.Context())); any {
				t.Error("something was imported")
			}
			if got := h.Ledger(9); !slices.Equal(got, []string{"accounts.refused"}) {
				t.Errorf("ledger %q", got)
			}
		})
	}
	t.Run("the list of problems has an end", func(t *testing.T) {
		report, _ := importText(t, desktest.SQLite(t), header+strings.Repeat(",,,,,,,\n", 500))
		if len(report.Problems) != recovery.RosterProblemsMax || report.More == 0 {
			t.Errorf("%d problems and %d more", len(report.Problems), report.More)
		}
	})
	t.Run("nobody but an administrator and the machine imports", func(t *testing.T) {
		h := desktest.SQLite(t)
		_, err := h.Desk.ImportAccounts(t.Context(), h.Staff("ada", recovery.Agent, recovery.Approver), desk.Import{File: strings.NewReader(header + good)})
		if refusalCode(err) != "role-missing" {
			t.Errorf("err %v", err)
		}
	})
	t.Run("a population cannot change to service, an ended account cannot return", func(t *testing.T) {
		h := desktest.SQLite(t)
		mustImport(t, h, twoPeople)
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			a, err := tx.Account(ctx, "ana")
			a.Ended = tx.Now()
			_, _ = tx.Append(ctx, ledgerEntry("account.ended", "ana"), "", "")
			return errors.Join(err, tx.SaveAccount(ctx, a))
		})
		report, _ := importText(t, h, strings.Replace(twoPeople, "service", "standard", 1))
		if len(report.Problems) != 2 {
			t.Errorf("problems %v", report.Problems)
		}
	})
}

func ledgerEntry(kind, account string) ledger.Entry {
	return ledger.Entry{Kind: kind, Actor: "system", Account: account}
}

// refusalCode is the code of a refusal, "" for anything else.
func refusalCode(err error) string {
	var r *recovery.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

// houseOf is a file of n people; the first manages the others.
func houseOf(n int) string {
	var b strings.Builder
	b.WriteString(header)
	manager := ""
	for i := range n {
		fmt.Fprintf(&b, "user%d,Person %d,user%d@one.example,user%d@two.example,+4416329%05d,standard,Sales,%s\n", i, i, i, i, i, manager)
		manager = "user0"
	}
	return b.String()
}

func TestImportAccountsOfALargeHouse(t *testing.T) {
	const people, moves = 300, 50
	text := houseOf(people)
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		if r := mustImport(t, h, text); len(r.Added) != people {
			t.Errorf("added %d", len(r.Added))
		}
		if r := mustImport(t, h, text); r.Unchanged != people {
			t.Errorf("unchanged %d", r.Unchanged)
		}
		moved := text
		for i := range moves {
			moved = strings.Replace(moved, fmt.Sprintf("user%d@two", i), fmt.Sprintf("user%d@three", i), 1)
		}
		if r := mustImport(t, h, moved); len(r.Changed) != moves || r.Unchanged != people-moves {
			t.Errorf("changed %d, unchanged %d", len(r.Changed), r.Unchanged)
		}
		h.Verify()
	})
	t.Run("a file that moves more addresses than one change may tell is refused", func(t *testing.T) {
		h := desktest.SQLite(t)
		text := houseOf(recovery.RosterMovesMax + 1)
		mustImport(t, h, text)
		report, err := importText(t, h, strings.ReplaceAll(text, "@two", "@three"))
		if refusalCode(err) != "import-problems" || len(report.Problems) != 1 {
			t.Errorf("err %v, problems %v", err, report.Problems)
		}
	})
}

// BenchmarkImportAccounts takes in the largest file in one change, which has ten
// seconds in the writer.
func BenchmarkImportAccounts(b *testing.B) {
	text := houseOf(recovery.RosterRowsMax)
	for b.Loop() {
		b.StopTimer()
		h := desktest.SQLite(b)
		b.StartTimer()
		if _, err := h.Desk.ImportAccounts(b.Context(), console, desk.Import{File: strings.NewReader(text)}); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzImportAccounts(f *testing.F) {
	for _, seed := range []string{"", header, twoPeople, "\xef\xbb\xbf" + twoPeople, header + "\"a\nb\",x", header + "a,b,c,d,e,f,g,\xff", strings.Repeat(",", 9)} {
		f.Add(seed)
	}
	h := desktest.SQLite(f)
	f.Fuzz(func(t *testing.T, text string) {
		report, err := importText(t, h, text)
		if (err == nil) != (len(report.Problems) == 0) {
			t.Errorf("err %v, problems %v", err, report.Problems)
		}
	})
}

// atRest are the circumstances of an account that nothing happened to.
func atRest(h *desktest.House, now int64) recovery.Circumstances {
	return recovery.AtRest(h.Desk.Policy, nil, now)
}
