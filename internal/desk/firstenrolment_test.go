package desk_test

import (
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

func TestR18_FirstEnrolmentIsATicket(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent, v := t.Context(), h.Found(), h.Store.View()
	approver := h.Staff("approver", recovery.Approver)
	h.Voucher("boss")
	h.Newcomer("nia", "boss")
	t.Run("far from the first day, with a past, by another event, without an address: refused, with who helps", func(t *testing.T) {
		day := h.Clock.Now() / recovery.Day * recovery.Day
		starts := func(at int64) func(*recovery.Account) { return func(a *recovery.Account) { a.StartsOn = at } }
		h.Newcomer("unknown", "boss", starts(0))
		h.Newcomer("early", "boss", starts(day+15*recovery.Day))
		h.Newcomer("late", "boss", starts(day-15*recovery.Day))
		h.Newcomer("corp", "boss")
		h.SQLExec(`UPDATE addresses SET value = id || '@corp.example' WHERE account = 'corp'`)
		h.Newcomer("once", "boss")
		erasedFactor(h, "eli")
		h.SQLExec(`UPDATE accounts SET starts_on = (SELECT starts_on FROM accounts WHERE id = 'nia') WHERE id = 'eli'`)
		for want, in := range map[string]desk.NewTicket{"start-date unknown": desktest.First("unknown"), "start-date early": desktest.First("early"), "start-date late": desktest.First("late"),
			"first-address": desktest.First("corp"), "had-factor": desktest.First("eli"), "never-enrolled": desktest.DeviceLoss("once")} {
			o, err := h.Desk.CheckTicket(ctx, agent, in)
			ok(t, err)
			if code, _, _ := strings.Cut(want, " "); o.Refusal == nil || o.Refusal.Code != code || o.Refusal.Next == "" {
				t.Errorf("%s: %+v", want, o.Refusal)
			}
			if _, err := h.Desk.OpenTicket(ctx, agent, in); err == nil {
				t.Errorf("%s: opened all the same", want)
			}
		}
	})
	k, err := h.Desk.OpenTicket(ctx, agent, desktest.First("nia"))
	ok(t, err)
	if k.Tier != recovery.Reset || k.Level != recovery.P2 || k.ApprovalsNeeded != 1 || k.WorkflowVersion != "first-site-1" {
		t.Fatalf("opened %+v", k)
	}
	secret, err := h.Desk.ClaimTicket(ctx, desktest.Guest, k.Reference)
	ok(t, err)
	t.Run("nothing goes on before the document and a proof that the server sees", func(t *testing.T) {
		refused(t, errOf(h.Desk.AskApproval(ctx, agent, k.Reference, "First day")), "proofing-incomplete")
		refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "observed", recovery.ByMailCode, "nia-mail-1"), "step-order")
	})
	h.Prove(agent, k, secret, "badge", recovery.InPersonBadge)
	h.Prove(agent, k, secret, "observed", recovery.ByMailCode)
	a, err := h.Desk.AskApproval(ctx, agent, k.Reference, "Passport seen")
	ok(t, err)
	h.Work()
	g, err := h.Sign(approver, a.ID, recovery.Approve)
	ok(t, err)
	t.Run("the statement says that nothing was there and since when the first day is known", func(t *testing.T) {
		for _, line := range []string{"removed: nothing: the account never had a way to sign in", "can only enrol the first passkey and the password", "first-day: " + recovery.DayText(k.Opened) + ", in the directory since"} {
			if !strings.Contains(g.Statement, line) {
				t.Errorf("no %q in\n%s", line, g.Statement)
			}
		}
	})
	h.Work()
	ok(t, h.Desk.SendFreshCode(ctx, desktest.Guest, secret, "nia-mail-2"))
	token, err := h.Desk.EnterFreshCode(ctx, desktest.Guest, secret, h.Code(k.ID))
	ok(t, err)
	session := must(h.Desk.Session(ctx, desk.RecoverySession, token))
	t.Run("the password is chosen with the passkey, and an obvious one is refused before a key is asked", func(t *testing.T) {
		if p := must(h.Desk.EnrolPage(ctx, session)); !p.Sets {
			t.Error("the page asks for no password")
		}
		refused(t, errOf(h.Desk.BeginEnrol(ctx, session, "")), "password-short")
		refused(t, errOf(h.Desk.BeginEnrol(ctx, session, "Nameofnia1")), "password-obvious")
	})
	t.Run("passkey and password are there, proofed, and belong to the ticket", func(t *testing.T) {
		done, err := h.Desk.Enrol(ctx, session, desktest.Guest.IP, "Phone", h.NewPasskey(session))
		ok(t, err)
		factors, account := must(v.Factors(ctx, "nia")), must(v.Account(ctx, "nia"))
		if len(factors) != 2 || factors[0].Ticket != k.ID || factors[1].Ticket != k.ID || account.MailedLink != 0 || !done.First {
			t.Errorf("%+v, %+v", factors, done)
		}
		if err := h.Desk.Directory.CheckPassword(ctx, must(v.PasswordOf(ctx, "nia")).Secret, desktest.NewPassword); err != nil {
			t.Error(err)
		}
		if s := account.Standing(factors, h.Clock.Now()); s.Low {
			t.Errorf("standing %+v", s)
		}
	})
	t.Run("R10 the first sign-in offers codes", func(t *testing.T) {
		touch := must(h.Desk.BeginHolderSignIn(ctx, desktest.Guest))
		in, err := h.Desk.HolderSignIn(ctx, desktest.Guest, desk.Answer{Challenge: touch.ID, Response: h.Touch("nia", touch.Options)}, "")
		if err != nil || !in.OfferCodes {
			t.Errorf("%+v, %v", in, err)
		}
	})
	t.Run("the level of the enrolment is known from here on, and there is no second first time", func(t *testing.T) {
		if got := must(v.EnrolmentLevel(ctx, "nia")); got != recovery.P2 {
			t.Errorf("level %q", got)
		}
		if r := must(h.Desk.Ruling(ctx, agent, k.Reference)); r.Refusal != nil {
			t.Errorf("its own passkey speaks against the ticket: %v", r.Refusal)
		}
		o := must(h.Desk.CheckTicket(ctx, agent, desktest.First("nia")))
		if o.Refusal == nil || o.Refusal.Code != "had-factor" {
			t.Errorf("%+v", o.Refusal)
		}
	})
	h.Verify()
}

// An administrator alone does not open the row by moving the first day.
func TestR27_TheFirstDayTakesASecondKey(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Found()
	founder := desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}
	h.Newcomer("nia", "", func(a *recovery.Account) { a.StartsOn = 0 })
	day := h.Clock.Now() / recovery.Day * recovery.Day
	for name, c := range map[string]struct {
		at   int64
		keys int64
	}{"to today": {day, 1}, "to next month, to wait for it": {day + 30*recovery.Day, 1}, "to years ago": {day - 900*recovery.Day, 0}} {
		t.Run(name, func(t *testing.T) {
			report, err := h.Desk.PlanImport(t.Context(), founder, strings.NewReader("id,name,email,email2,phone,population,department,manager_id,contract_end,start_date\n"+
				"nia,Name of nia,nia@one.example,nia@two.example,,standard,Sales,,,"+recovery.DayText(c.at)+"\n"))
			ok(t, err)
			if int64(report.Needed) != c.keys || len(report.Changed) != 1 {
				t.Errorf("%+v", report)
			}
		})
	}
}
