package desk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

func TestR27_TheMachineOfAFoundedHouseOnlyFiles(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		evidenceHouse(t, h)
		r, err := importAs(t, h, console, line("ana", "Ana Ruiz", "Ana Lind"))
		ok(t, err)
		if r.Filed == nil || r.Filed.Needed != 2 || account(t, h, "ana").Name != "Ana Ruiz" {
			t.Fatalf("report %+v", r)
		}
		ok(t, h.SignProposal(founder1, r.Filed.ID, recovery.Approve))
		if account(t, h, "ana").Name != "Ana Ruiz" {
			t.Error("one key was enough")
		}
		ok(t, h.SignProposal(founder2, r.Filed.ID, recovery.Approve))
		if account(t, h, "ana").Name != "Ana Lind" {
			t.Error("two keys were not enough")
		}
		t.Run("what changes nothing is not filed", func(t *testing.T) {
			if r, err := importAs(t, h, console, line("bo", "", "")); err != nil || r.Filed != nil || r.Unchanged != 1 {
				t.Errorf("report %+v %v", r, err)
			}
		})
		h.Verify()
	})
}

func TestR27_TheFoundingRosterSignsTheBaseline(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ok(t, func() error { _, err := importAs(t, h, console, people); return err }())
		imported := h.Clock.Now()
		h.Clock.Add(2 * recovery.Day)
		t.Run("until then values count from when they were first seen", func(t *testing.T) {
			if a := must(h.Store.View().Addresses(t.Context(), "ana"))[0]; a.Baseline != 0 || a.FirstSeen != imported || a.Struck(atRest(h, h.Clock.Now())) == "" {
				t.Errorf("address %+v", a)
			}
		})
		h.Found()
		t.Run("the signature makes them known by baseline since then", func(t *testing.T) {
			a := account(t, h, "ana")
			if a.Baseline <= imported || a.Created != imported {
				t.Errorf("account %+v", a)
			}
			for _, x := range must(h.Store.View().Addresses(t.Context(), "ana")) {
				if x.Baseline != a.Baseline || x.Struck(atRest(h, h.Clock.Now())) != "" {
					t.Errorf("address %+v", x)
				}
			}
			if got := kept(t, h, recovery.BaselineSigned); len(got) != 1 || len(got[0].Entry.Data["digest"]) != 64 || got[0].Entry.Data["accounts"] != "5" {
				t.Errorf("entries %+v", got)
			}
		})
		t.Run("there is no second one: a later first sight waits", func(t *testing.T) {
			ok(t, importInForce(t, h, wide+"eve,Eve,eve@one.example,,,standard,,,,,,,,\n"))
			if a := account(t, h, "eve"); a.Baseline != 0 {
				t.Errorf("account %+v", a)
			}
		})
		h.Verify()
	})
	t.Run("a directory that changed after the roster was filed is not signed for", func(t *testing.T) {
		h := desktest.SQLite(t)
		ok(t, func() error { _, err := importAs(t, h, console, people); return err }())
		for _, id := range []string{"ada", "bea"} {
			h.Staff(id, recovery.Administrator, recovery.Approver, recovery.Reviewer)
			h.SpareKey(id)
		}
		cyd := h.Staff("cyd", recovery.Agent)
		p, err := h.Desk.ProposeRoster(t.Context(), ada)
		ok(t, err)
		ok(t, func() error { _, err := importAs(t, h, console, line("ana", "ana@two", "ana@three")); return err }())
		for _, who := range []desk.Actor{ada, bea, cyd} {
			ok(t, h.SignProposal(who, p.ID, recovery.Approve))
		}
		if p := proposalNow(t, h, p.ID); p.State != recovery.ProposalFailed || !strings.Contains(p.Why, "directory data changed") {
			t.Errorf("proposal %+v", p)
		}
		if must(h.Desk.Founded(t.Context())) || account(t, h, "ana").Baseline != 0 {
			t.Error("founded")
		}
	})
}

func TestR27_TwoImportsAtOnce(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		var wg sync.WaitGroup
		added := make([]int, 4)
		for i := range added {
			wg.Go(func() {
				r, err := importAs(t, h, console, people)
				if err != nil {
					t.Error(err)
				}
				added[i] = len(r.Added)
			})
		}
		wg.Wait()
		if slices.Sort(added); !slices.Equal(added, []int{0, 0, 0, 5}) {
			t.Errorf("added %v", added)
		}
		h.Verify()
	})
}

func TestR27_ADifferenceThatWasNotLookedAtIsNotMade(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	evidenceHouse(t, h)
	text := line("ana", "Ana Ruiz", "Ana Lind")
	plan := must(h.Desk.PlanImport(t.Context(), founder1, strings.NewReader(text)))
	ok(t, importInForce(t, h, line("ana", "Sales", "Legal")))
	_, err := h.Desk.ImportAccounts(t.Context(), founder1, desk.Import{File: strings.NewReader(text), Shown: plan.Digest})
	refused(t, err, "rows-moved")
	if a := account(t, h, "ana"); a.Name != "Ana Ruiz" {
		t.Errorf("account %+v", a)
	}
}

func TestImportRefusesIdsThatDifferOnlyInCase(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		mustImport(t, h, people)
		r, err := importText(t, h, header+"Ana,Ana Other,x@one.example,,,standard,,\n")
		refused(t, err, "import-problems")
		if len(r.Problems) != 1 || r.Problems[0].Line != 2 || !strings.Contains(r.Problems[0].Text, "differs from ana") {
			t.Errorf("problems %+v", r.Problems)
		}
		r = mustImport(t, h, header+"ana2,ÁNA  ruiz,x@one.example,,,standard,,\n")
		if len(r.Notes) != 1 || !strings.Contains(r.Notes[0].Text, "reads like that of account ana") {
			t.Errorf("notes %+v", r.Notes)
		}
	})
}

func TestEditAccount(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		evidenceHouse(t, h)
		to := func(s string) *string { return &s }
		edit := func(e desk.AccountEdit) (desk.ImportReport, error) {
			return h.Desk.EditAccount(t.Context(), founder1, e)
		}
		t.Run("one value changes and the others stay", func(t *testing.T) {
			r, err := edit(desk.AccountEdit{Account: "ana", Department: to("Legal")})
			if err != nil || r.Filed != nil || len(r.Changed) != 1 || len(r.Changed[0].Values) != 1 {
				t.Fatalf("report %+v %v", r, err)
			}
			if a := account(t, h, "ana"); a.Department != "Legal" || a.Photo != "hr-1" || a.Manager != "bo" {
				t.Errorf("account %+v", a)
			}
		})
		t.Run("what a file would wait with waits", func(t *testing.T) {
			r, err := edit(desk.AccountEdit{Account: "cy", Manager: to("di")})
			if err != nil || r.Filed == nil || r.Filed.Object != "cy" {
				t.Fatalf("report %+v %v", r, err)
			}
		})
		t.Run("a bad value is named at its field, no change is no act", func(t *testing.T) {
			_, err := edit(desk.AccountEdit{Account: "ana", Phone: to("12")})
			refused(t, err, "value-wrong")
			_, err = edit(desk.AccountEdit{Account: "ana", Manager: to("nobody")})
			refused(t, err, "value-wrong")
			_, err = edit(desk.AccountEdit{Account: "ana", Department: to("Legal")})
			refused(t, err, "no-change")
		})
		t.Run("an agent edits nothing", func(t *testing.T) {
			_, err := h.Desk.EditAccount(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "agent"}, desk.AccountEdit{Account: "ana", Department: to("IT")})
			refused(t, err, "role-missing")
		})
		t.Run("an account that ends loses its passkeys", func(t *testing.T) {
			h.Account("eve")
			h.Passkey("eve")
			yes := true
			_, err := edit(desk.AccountEdit{Account: "eve", Ended: &yes})
			ok(t, err)
			if livePasskeys(t, h, "eve") != 0 || account(t, h, "eve").Ended == 0 {
				t.Error("a way in is left")
			}
		})
		h.Verify()
	})
}

func TestFaultsOfAccountChanges(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	evidenceHouse(t, h)
	n := 0
	t.Run("a change that waits", func(t *testing.T) {
		h.Faults(t, func() desktest.Attempt {
			n++
			text := line("cy", "privileged", []string{"standard", "contractor"}[n%2])
			return desktest.Attempt{Act: func(ctx context.Context) error {
				_, err := h.Desk.ImportAccounts(ctx, founder1, desk.Import{File: strings.NewReader(text)})
				return err
			}}
		})
	})
	t.Run("a change that comes into force", func(t *testing.T) {
		h.Faults(t, func() desktest.Attempt {
			n++
			dept := fmt.Sprintf("Dept %d", n)
			r, err := importAs(t, h, console, line("ana", "Sales", dept))
			ok(t, err)
			ok(t, h.SignProposal(founder1, r.Filed.ID, recovery.Approve))
			in := desk.ProposalDecision{Proposal: r.Filed.ID, Decision: recovery.Approve,
				Answer: get(t, h.Key("founder-2"), must(h.Desk.BeginProposal(t.Context(), founder2, r.Filed.ID, "approve", "")))}
			return desktest.Attempt{Keeps: onlyChallenge, Act: func(ctx context.Context) error {
				_, err := h.Desk.DecideProposal(ctx, founder2, in)
				return err
			}, Done: func() {
				if account(t, h, "ana").Department != dept {
					t.Error("half in force")
				}
			}}
		})
	})
	t.Run("the end of an account", func(t *testing.T) {
		h.Faults(t, func() desktest.Attempt {
			n++
			id, yes := fmt.Sprintf("end%d", n), true
			h.Account(id)
			h.Passkey(id)
			return desktest.Attempt{Act: func(ctx context.Context) error {
				_, err := h.Desk.EditAccount(ctx, founder1, desk.AccountEdit{Account: id, Ended: &yes})
				return err
			}, Done: func() {
				if livePasskeys(t, h, id) != 0 || account(t, h, id).Ended == 0 {
					t.Error("half ended")
				}
			}}
		})
	})
}

// What people sign of a large file is short, whatever its length (the largest one
// in one change: BenchmarkImportAccounts).
func TestR27_ALargeFileCanBeSigned(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	const rows = 500
	text := houseOf(rows)
	evidenceHouse(t, h)
	r, err := importAs(t, h, console, text)
	ok(t, err)
	if r.Filed == nil || len(r.Filed.Lines) > 100 || len(r.Added) != rows {
		t.Fatalf("%d lines, %d added", len(r.Filed.Lines), len(r.Added))
	}
	ok(t, h.SignProposal(founder1, r.Filed.ID, recovery.Approve))
	ok(t, h.SignProposal(founder2, r.Filed.ID, recovery.Approve))
	if _, err := h.Store.View().Account(t.Context(), "user499"); err != nil {
		t.Errorf("%v: %+v", err, proposalNow(t, h, r.Filed.ID).Why)
	}
}
