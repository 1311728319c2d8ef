package desk_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// R57: founding happens once, and until everybody on the roster has signed it
// no real ticket runs.
func TestR57_NoTicketRunsBeforeEverybodySignedTheRoster(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada := h.Staff("ada", recovery.Administrator)
		h.Staff("bea", recovery.Administrator)
		h.Staff("app", recovery.Approver)
		h.Staff("aro", recovery.Approver)
		h.Staff("rev", recovery.Reviewer)
		agent := h.Staff("age", recovery.Agent)
		h.Account("ana")
		house := func() desk.Founding { return must(h.Desk.StaffPage(ctx, ada)).House }
		mayNotRun := func(t *testing.T, text string) {
			t.Helper()
			o, err := h.Desk.CheckTicket(ctx, agent, desktest.DeviceLoss("ana"))
			ok(t, err)
			if o.Refusal == nil || o.Refusal.Code != "not-founded" || !strings.Contains(o.Refusal.Text, text) {
				t.Errorf("the desk says %+v", o.Refusal)
			}
		}
		t.Run("the page and the refusal say who lacks a key, and the roster cannot be filed", func(t *testing.T) {
			if f := house(); f.Founded || !slices.Equal(f.Missing, []string{"0 of 2 approver with 2 keys (app has 1, aro has 1)"}) {
				t.Errorf("founding %+v", f)
			}
			mayNotRun(t, "aro has 1")
			_, err := h.Desk.ProposeRoster(ctx, ada)
			refused(t, err, "roster-incomplete")
			h.SpareKey("app")
			h.SpareKey("aro")
		})
		p, err := h.Desk.ProposeRoster(ctx, ada)
		ok(t, err)
		t.Run("its lines name everybody, their roles and all their keys, and one roster waits at a time", func(t *testing.T) {
			for _, line := range []string{`+ app "Name of app": approver`, `+ age "Name of age": agent`, "+ key of ada: " + keyRow(t, h, "key-ada").Digest, "+ key of aro: " + keyRow(t, h, "spare-aro").Digest} {
				if !slices.Contains(p.Lines, line) {
					t.Errorf("no %q in %q", line, p.Lines)
				}
			}
			if p.Needed != 6 {
				t.Errorf("%d signatures", p.Needed)
			}
			_, err := h.Desk.ProposeRoster(ctx, ada)
			refused(t, err, "roster-waits")
		})
		t.Run("only those it names sign it, the filer among them", func(t *testing.T) {
			late := h.Staff("late", recovery.Auditor)
			refused(t, h.SignProposal(late, p.ID, recovery.Approve), "not-named")
			for _, id := range []string{"ada", "bea", "app", "rev", "age"} {
				ok(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: id}, p.ID, recovery.Approve))
			}
			if f := house(); f.Founded || len(f.Signed) != 5 || f.Roster == nil || f.Roster.ID != p.ID {
				t.Errorf("founding %+v", f)
			}
			mayNotRun(t, "not signed")
		})
		t.Run("the last signature founds the house: the ledger has it, everybody is told, tickets run", func(t *testing.T) {
			ok(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: "aro"}, p.ID, recovery.Approve))
			if all := kept(t, h, recovery.HouseFounded); len(all) != 1 || all[0].Entry.Data["digest"] != p.Digest() || all[0].Entry.Data["people"] != "6" {
				t.Errorf("entries %+v", all)
			}
			if n := len(slices.DeleteFunc(mailsOf(h), func(subject string) bool { return !strings.Contains(subject, "Countersign was founded") })); n != 7 {
				t.Errorf("%d were told", n)
			}
			_, err := h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss("ana"))
			ok(t, err)
		})
		t.Run("it happens once, whoever leaves later", func(t *testing.T) {
			_, err := h.Desk.ProposeRoster(ctx, ada)
			refused(t, err, "already-founded")
			ok(t, h.Desk.DisableStaff(ctx, ada, "rev"))
			if founded := must(h.Desk.Founded(ctx)); !founded {
				t.Error("the founding is gone")
			}
		})
		h.Verify()
	})
}

func mailsOf(h *desktest.House) []string {
	var out []string
	for _, m := range h.Mails() {
		out = append(out, m.Subject)
	}
	return out
}

func TestARosterWhosePeopleChangedFails(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ada := h.Staff("ada", recovery.Administrator)
	for _, id := range []string{"bea", "cyd"} {
		h.Staff(id, recovery.Administrator)
	}
	for _, id := range []string{"app", "aro"} {
		h.Staff(id, recovery.Approver, recovery.Reviewer)
		h.SpareKey(id)
	}
	p := must(h.Desk.ProposeRoster(t.Context(), ada))
	for _, id := range []string{"ada", "bea", "cyd", "app"} {
		ok(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: id}, p.ID, recovery.Approve))
	}
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.EndRole(ctx, "cyd", recovery.Administrator, tx.Now())
	})
	ok(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: "aro"}, p.ID, recovery.Approve))
	if got := proposalNow(t, h, p.ID); got.State != recovery.ProposalFailed || must(h.Desk.Founded(t.Context())) {
		t.Errorf("proposal %+v", got)
	}
}

func TestFoundingNeeds(t *testing.T) {
	person := func(id string, keys int, roles ...recovery.Role) recovery.RosterPerson {
		return recovery.RosterPerson{Person: recovery.Person{ID: id}, Roles: roles, Keys: make([]string, keys)}
	}
	small := []recovery.RosterPerson{person("a", 2, recovery.Administrator, recovery.Approver, recovery.Reviewer),
		person("b", 2, recovery.Administrator, recovery.Approver, recovery.Reviewer), person("c", 1, recovery.Agent)}
	standard, _ := recovery.Builtin()
	shipped := func(name string) recovery.HouseRule {
		file, _ := recovery.PresetFile(name)
		p, faults := recovery.ParsePolicy(file)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return p.House
	}
	t.Run("three people with five keys found a small house, and a standard one too", func(t *testing.T) {
		for _, preset := range recovery.Presets {
			if missing := shipped(preset).Missing(small); missing != nil {
				t.Errorf("%s: %q", preset, missing)
			}
		}
	})
	t.Run("two people are not enough whatever their roles", func(t *testing.T) {
		if missing := shipped(recovery.SmallHouse).Missing(small[:2]); !slices.Equal(missing, []string{"2 of 3 people", "4 of 5 keys"}) {
			t.Errorf("%q", missing)
		}
	})
	t.Run("nobody is missed in every role", func(t *testing.T) {
		want := []string{"0 of 2 administrator", "0 of 2 approver with 2 keys", "0 of 1 reviewer", "0 of 3 people", "0 of 5 keys"}
		if missing := standard.House.Missing(nil); !slices.Equal(missing, want) {
			t.Errorf("%q", missing)
		}
	})
	t.Run("the policy's numbers are the ones that are asked for", func(t *testing.T) {
		more := standard.House
		more.Approvers, more.KeysEach, more.KeysAtLeast = 3, 3, 6
		if missing := more.Missing(small); !slices.Equal(missing, []string{"0 of 3 approver with 3 keys (a has 2, b has 2)", "5 of 6 keys"}) {
			t.Errorf("%q", missing)
		}
	})
}
