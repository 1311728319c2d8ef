package desk_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
)

// sheets makes the sheets of cus and cut, who are no staff.
func sheets(t testing.TB, h *desktest.House) []string {
	t.Helper()
	for _, id := range []string{"cus", "cut"} {
		h.Person(id, "")
	}
	made := must(h.Desk.MakeSheets(t.Context(), theMachine, []string{"cus", "cut"}))
	return []string{made[0].Code, made[1].Code}
}

// glassKey registers a key by a printed link of break-glass.
func glassKey(t testing.TB, h *desktest.House, link desk.GlassLink) (recovery.Key, *softkey.Key) {
	t.Helper()
	k := newKey(t)
	return register(t, h, strings.TrimPrefix(link.URL, desktest.Origin+"/invite/"), k), k
}

// S20: the administrators lost their keys.
func TestR57_S20_BreakGlass(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		wrong := sheets(t, h) // made anew in the next line: these are void
		typed := sheets(t, h)
		h.Found()
		aud := h.Staff("aud", recovery.Auditor)
		h.Person("new", "")
		try := func(codes ...string) error {
			_, err := h.Desk.OpenGlass(ctx, theMachine, desk.BreakGlass{Codes: codes, Persons: []string{"new", "founder-1"}, Lost: []string{"founder-1", "founder-2"}})
			return err
		}
		t.Run("one custodian alone, the same sheet twice, a code of an older sheet and a strange code are refused", func(t *testing.T) {
			refused(t, try(typed[0]), "sheets-two")
			refused(t, try(typed[0], typed[0]), "sheet-twice")
			refused(t, try(typed[0], wrong[1]), "sheet-wrong")
			refused(t, try("not a code", typed[1]), "code-malformed")
		})
		t.Run("each is recorded, a wrong code is counted, and security is told", func(t *testing.T) {
			if n := len(kept(t, h, recovery.GlassRefused)); n != 4 {
				t.Errorf("%d refusals", n)
			}
			if n := must(h.Store.View().Counter(ctx, "break-glass.wrong")); n != 1 {
				t.Errorf("%d counted", n)
			}
			if m := h.LastMail(); !strings.Contains(m.Text, "break-glass.refused") {
				t.Errorf("mail %q", m.Text)
			}
		})
		t.Run("nobody but the machine does it", func(t *testing.T) {
			_, err := h.Desk.OpenGlass(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, desk.BreakGlass{Codes: typed, Persons: []string{"new"}})
			refused(t, err, "role-missing")
			_, err = h.Desk.MakeSheets(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, []string{"cus", "cut"})
			refused(t, err, "role-missing")
		})
		t.Run("both sheets invite two administrators, suspend the lost keys and are the loudest event", func(t *testing.T) {
			links, err := h.Desk.OpenGlass(ctx, theMachine, desk.BreakGlass{Codes: []string{strings.ToLower(typed[1]), typed[0]}, Persons: []string{"new", "founder-1"}, Lost: []string{"founder-1", "founder-2"}})
			ok(t, err)
			_, _, err = trySignIn(t, h, h.Key("founder-2"))
			refused(t, err, "sign-in-failed")
			told := 0
			for _, m := range h.Mails() {
				if strings.Contains(m.Subject, "Break-glass was used") {
					told++
				}
				if strings.Contains(m.Text, strings.TrimPrefix(links[0].URL, desktest.Origin)) {
					t.Error("a printed link was mailed")
				}
			}
			if told != 7 {
				t.Errorf("%d were told", told)
			}
			if all := kept(t, h, recovery.GlassBroken); len(all) != 1 || all[0].Entry.Data["custodians"] != "cut cus" || all[0].Entry.Data["at-once"] != "yes" {
				t.Errorf("entries %+v", all)
			}
			for _, l := range links {
				key, soft := glassKey(t, h, l)
				ok(t, keyRow(t, h, key.ID).MayDecide(h.Clock.Now()))
				a := signIn(t, h, soft)
				_, err := h.Desk.InviteStaff(ctx, a, desk.StaffInvite{Person: "cus", Roles: asAgent})
				ok(t, err)
			}
		})
		t.Run("the sheets are spent", func(t *testing.T) { refused(t, try(typed...), "sheet-wrong") })
		t.Run("it stays on every page until an auditor's key acknowledges it", func(t *testing.T) {
			open := must(h.Desk.BrokenGlass(ctx))
			if len(open) != 1 || !strings.Contains(open[0].Words(), "new and founder-1 invited as administrators") {
				t.Fatalf("open %+v", open)
			}
			_, err := h.Desk.BeginSeeGlass(ctx, desk.Actor{Kind: desk.StaffAct, Person: "founder-4"}, open[0].ID)
			refused(t, err, "role-missing")
			touch := must(h.Desk.BeginSeeGlass(ctx, aud, open[0].ID))
			if !strings.Contains(touch.Statement, "custodian: cus") || !strings.Contains(touch.Statement, "keys-suspended-of: founder-2") {
				t.Errorf("statement %s", touch.Statement)
			}
			answer := get(t, h.Key("aud"), touch)
			ok(t, h.Desk.SeeGlass(ctx, aud, open[0].ID, answer))
			refused(t, h.Desk.SeeGlass(ctx, aud, open[0].ID, answer), "touch-spent")
			if open := must(h.Desk.BrokenGlass(ctx)); len(open) != 0 {
				t.Errorf("open %+v", open)
			}
		})
		h.Verify()
	})
}

func TestBreakGlassWhileAnAdministratorCounts(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Staff("ada", recovery.Administrator)
	h.Person("new", "")
	typed := sheets(t, h)
	links := must(h.Desk.OpenGlass(t.Context(), theMachine, desk.BreakGlass{Codes: typed, Persons: []string{"new"}}))
	key, _ := glassKey(t, h, links[0])
	t.Run("the new key and role wait their 72 hours", func(t *testing.T) {
		refused(t, keyRow(t, h, key.ID).MayDecide(h.Clock.Now()), "key-too-new")
		if standing(t, h, "new").Has(recovery.Administrator, h.Clock.Now()) {
			t.Error("the role counts at once")
		}
		h.Clock.Add(desktest.KeyQuarantine)
		ok(t, keyRow(t, h, key.ID).MayDecide(h.Clock.Now()))
	})
}

func TestBreakGlassSheets(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		for _, id := range []string{"cus", "cut"} {
			h.Person(id, "")
		}
		both := []string{"cus", "cut"}
		t.Run("two different people of the directory", func(t *testing.T) {
			for _, bad := range [][]string{nil, {"cus"}, {"cus", "cus"}, {"cus", "cut", "cus"}} {
				_, err := h.Desk.MakeSheets(ctx, theMachine, bad)
				refused(t, err, "custodians")
			}
			_, err := h.Desk.MakeSheets(ctx, theMachine, []string{"cus", "nobody"})
			refused(t, err, "person-unknown")
		})
		t.Run("a code is shown once and kept nowhere", func(t *testing.T) {
			made := must(h.Desk.MakeSheets(ctx, theMachine, both))
			h.SQL(func(tx *sql.Tx) {
				for _, query := range []string{`SELECT body FROM ledger_entries`, `SELECT text FROM ledger_details`, `SELECT hash || person FROM glass_sheets`} {
					rows, err := tx.QueryContext(ctx, query)
					ok(t, err)
					for rows.Next() {
						var text string
						ok(t, rows.Scan(&text))
						if strings.Contains(text, made[0].Code) || strings.Contains(text, strings.ReplaceAll(made[0].Code, "-", "")) {
							t.Errorf("%s holds a code", query)
						}
					}
					ok(t, rows.Close())
				}
			})
		})
		h.Found()
		t.Run("after the founding two administrators sign for new ones, which the machine prints once", func(t *testing.T) {
			_, err := h.Desk.MakeSheets(ctx, theMachine, both)
			refused(t, err, "sheets-unsigned")
			p := must(h.Desk.ProposeSheets(ctx, theMachine, both))
			for _, id := range []string{"founder-1", "founder-2"} {
				_, err := h.Desk.MakeSheets(ctx, theMachine, both)
				refused(t, err, "sheets-unsigned")
				ok(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: id}, p.ID, recovery.Approve))
			}
			_, err = h.Desk.MakeSheets(ctx, theMachine, []string{"cut", "founder-1"})
			refused(t, err, "sheets-unsigned")
			must(h.Desk.MakeSheets(ctx, theMachine, both))
			_, err = h.Desk.MakeSheets(ctx, theMachine, both)
			refused(t, err, "sheets-unsigned")
		})
		t.Run("a signed proposal that nobody used in 24 hours is over", func(t *testing.T) {
			p := must(h.Desk.ProposeSheets(ctx, theMachine, both))
			for _, id := range []string{"founder-1", "founder-2"} {
				ok(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: id}, p.ID, recovery.Approve))
			}
			h.Clock.Add(recovery.SheetsAllowed)
			_, err := h.Desk.MakeSheets(ctx, theMachine, both)
			refused(t, err, "sheets-unsigned")
		})
		h.Verify()
	})
}

func TestFaultsOfBreakGlass(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Staff("ada", recovery.Administrator)
	h.Person("new", "")
	var typed []string
	h.Faults(t, func() desktest.Attempt {
		typed = sheets(t, h)
		return desktest.Attempt{Act: func(ctx context.Context) error {
			_, err := h.Desk.OpenGlass(ctx, theMachine, desk.BreakGlass{Codes: typed, Persons: []string{"new"}})
			return err
		}}
	})
}

// One pair of sheets opens once, whoever types it how often.
func TestBreakGlassRace(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Person("new", "")
		typed := sheets(t, h)
		if won := race(8, func(int) error {
			_, err := h.Desk.OpenGlass(t.Context(), theMachine, desk.BreakGlass{Codes: typed, Persons: []string{"new"}})
			return err
		}); won != 1 || len(must(h.Desk.BrokenGlass(t.Context()))) != 1 {
			t.Errorf("%d won", won)
		}
	})
}

// R57: the command line of a founded house proposes; two keys invite.
func TestR57_TheCommandLineProposesInvitations(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Found()
		h.Person("cyd", "")
		in := desk.StaffInvite{Person: "cyd", Roles: []recovery.Role{recovery.Approver}, Group: "north", Print: true}
		_, err := h.Desk.InviteStaff(ctx, theMachine, in)
		refused(t, err, "house-founded")
		p := must(h.Desk.ProposeInvite(ctx, theMachine, in))
		if _, err := h.Desk.ProposeInvite(ctx, theMachine, desk.StaffInvite{Person: "nobody", Roles: in.Roles}); err == nil {
			t.Error("a stranger was proposed")
		}
		ok(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, p.ID, recovery.Approve))
		if open := must(h.Store.View().OpenInvites(ctx, "staff")); len(open) != 0 {
			t.Error("invited by one key")
		}
		ok(t, h.SignProposal(desk.Actor{Kind: desk.StaffAct, Person: "founder-2"}, p.ID, recovery.Approve))
		open := must(h.Store.View().OpenInvites(ctx, "staff"))
		if len(open) != 1 || open[0].Person != "cyd" || open[0].Printed != 0 || open[0].Groups[0] != "north" {
			t.Errorf("invitations %+v", open)
		}
		h.Verify()
	})
}
