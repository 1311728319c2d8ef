package desk_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// takenOver is an account whose second mailbox a thief replaced, and recovered
// with a stolen code and password; the holder said that it was not her.
func takenOver(t *testing.T, h *desktest.House) (thief recovery.Ticket, since int64) {
	t.Helper()
	h.Account("ana", func(a *recovery.Account) { a.Manager = "boss" })
	h.Passkey("ana")
	since = h.Clock.Now()
	h.Clock.Add(recovery.Hour)
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.EndAddress(ctx, "ana-mail-2", tx.Now()); err != nil {
			return err
		}
		if err := tx.AddAddress(ctx, recovery.Address{ID: "ana-mail-9", Account: "ana", Kind: recovery.Mail, Value: "ana@evil.example", FirstSeen: tx.Now(), Baseline: 1}); err != nil {
			return err
		}
		return tx.AddTrip(ctx, recovery.Trip{ID: "trip", Account: "ana", Begins: tx.Now() + recovery.Day, Ends: tx.Now() + 2*recovery.Day, Registered: tx.Now()})
	})
	thief = h.Recovered("ana", h.Codes("ana")[0])
	h.SQLExec(`UPDATE addresses SET baseline = 0 WHERE id = 'ana-mail-9'`)
	h.Clock.Add(recovery.Hour)
	if err := h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(thief.ID)); err != nil {
		t.Fatal(err)
	}
	h.Work()
	h.Clock.Add(recovery.Hour) // its cooldown
	return thief, since
}

func takeoverOf(account string, since int64) desk.NewTicket {
	in := desktest.DeviceLoss(account)
	in.Event, in.Facts, in.Intake = recovery.SuspectedTakeover, recovery.Facts{Taken: recovery.Phished, Since: since}, recovery.OnSite
	in.Source = ""
	return in
}

// proofedAgain passes the steps of desk-p3; document and voucher have tests of their own.
func proofedAgain(h *desktest.House, agent desk.Actor, k recovery.Ticket, secret string) {
	h.Prove(agent, k, secret, "code", recovery.ByMailCode)
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		for step, m := range map[recovery.StepID]recovery.Method{"document": recovery.InPersonBadge, "voucher": recovery.ByVoucher} {
			e := recovery.Evidence{ID: string(step) + k.ID, Ticket: k.ID, Run: k.Run, Step: step, Method: m, Result: recovery.Passed, Group: m.Group(), At: tx.Now()}
			if m == recovery.InPersonBadge {
				e.By, e.Document = agent.Person, "passport, Exampleland, 12AB"
			}
			if err := tx.AddEvidence(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestR24_R29_S17_ATakeoverTicketEndsWhatWasStopped(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent, v := t.Context(), h.Found(), h.Store.View()
	h.Staff("guard", recovery.Approver)
	h.Group("guard", recovery.SecurityGroup)
	h.Staff("lead", recovery.Approver)
	h.Group("lead", "desk")
	thief, since := takenOver(t, h)
	address := func(id string) recovery.Address {
		all := must(v.Addresses(ctx, "ana"))
		return all[slices.IndexFunc(all, func(a recovery.Address) bool { return a.ID == id })]
	}
	if now := ticketNow(t, h, thief.ID); now.State != recovery.Frozen || now.Event != recovery.SuspectedTakeover {
		t.Fatalf("the thief's recovery is %s", now.State)
	}
	t.Run("nothing but the takeover row goes on, and not with a later time", func(t *testing.T) {
		refused(t, errOf(h.Desk.OpenTicket(ctx, agent, desktest.DeviceLoss("ana"))), "account-stopped")
		refused(t, errOf(h.Desk.OpenTicket(ctx, agent, takeoverOf("ana", thief.Opened+recovery.Minute))), "since-late")
	})
	k := must(h.Desk.OpenTicket(ctx, agent, takeoverOf("ana", since)))
	secret := must(h.Desk.ClaimTicket(ctx, desktest.Guest, k.Reference))
	t.Run("what came since carries no proof, nor a notice that counts", func(t *testing.T) {
		refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "ana-mail-9"), "address-not-usable")
	})
	proofedAgain(h, agent, k, secret)
	a := must(h.Desk.AskApproval(ctx, agent, k.Reference, "Seen in person, the manager vouches"))
	h.Work()
	if now := ticketNow(t, h, k.ID); now.NoticeAccepted == 0 || now.ApprovalsNeeded != 2 {
		t.Fatalf("%+v", now)
	}
	g, err := h.Sign(desk.Actor{Kind: desk.StaffAct, Person: "lead"}, a.ID, recovery.Approve)
	ok(t, err)
	t.Run("the approver reads which contacts come and go", func(t *testing.T) {
		for _, line := range []string{"removed: password", "contact: a…@evil.example is taken off the record", "contact: a…@two.example is put back on record"} {
			if !strings.Contains(g.Statement, line) {
				t.Errorf("no %q in\n%s", line, g.Statement)
			}
		}
	})
	before := address("ana-mail-2")
	_, err = h.Sign(desk.Actor{Kind: desk.StaffAct, Person: "guard"}, a.ID, recovery.Approve)
	ok(t, err)
	h.Work()
	t.Run("executed: the contacts of before are in force, as a change of today, and the thief's are off", func(t *testing.T) {
		back, off := address("ana-mail-2"), address("ana-mail-9")
		if back.Ended != 0 || back.Earlier != before.FirstSeen || back.FirstSeen != ticketNow(t, h, k.ID).Executed || off.Ended == 0 || h.State(k.ID) != recovery.Collecting {
			t.Errorf("%+v, %+v, %s", back, off, h.State(k.ID))
		}
		if p := must(v.Person(ctx, "ana")); p.Email != "ana@one.example" {
			t.Errorf("the person's mailbox is %s", p.Email)
		}
		var got []string
		for _, n := range must(v.NoticesOf(ctx, k.ID)) {
			if n.Kind == "address-changed-old" {
				got = append(got, n.SentTo)
			}
		}
		if !slices.Contains(got, "ana@evil.example") || !slices.Contains(got, "ana@two.example") || !slices.Contains(got, "ana@one.example") {
			t.Errorf("told %q", got)
		}
	})
	t.Run("every way to sign in, the travel window and the stopped ticket are over", func(t *testing.T) {
		for _, f := range must(v.Factors(ctx, "ana")) {
			if f.Live() {
				t.Errorf("%s %s is live", f.Kind, f.Name)
			}
		}
		old := ticketNow(t, h, thief.ID)
		if trips := must(v.Trips(ctx, "ana", h.Clock.Now())); len(trips) != 0 || old.State != recovery.Closed || old.Outcome != "settled" || old.FrozenBy == "" {
			t.Errorf("%d trips, the stopped ticket is %s, %s", len(trips), old.State, old.Outcome)
		}
	})
	ok(t, h.Desk.SendFreshCode(ctx, desktest.Guest, secret, "ana-mail-2"))
	enrols(t, h, must(h.Desk.EnterFreshCode(ctx, desktest.Guest, secret, h.Code(k.ID))))
	t.Run("with a new password in place of the one that was given away", func(t *testing.T) {
		if err := h.Desk.Directory.CheckPassword(ctx, must(v.PasswordOf(ctx, "ana")).Secret, desktest.NewPassword); err != nil {
			t.Error(err)
		}
	})
	t.Run("what was suspended is erased 30 days after the takeover was undone, not after the thief's recovery", func(t *testing.T) {
		erased := func() (n int) {
			ok(t, h.Desk.EraseFactors(ctx))
			h.SQL(func(tx *sql.Tx) {
				ok(t, tx.QueryRowContext(ctx, `SELECT count(*) FROM factors WHERE account = 'ana' AND erased > 0`).Scan(&n))
			})
			return n
		}
		h.Clock.Add(thief.Completed + desktest.StopLife + recovery.Minute - h.Clock.Now())
		if n := erased(); n != 0 {
			t.Errorf("%d erased too early", n)
		}
		h.Clock.Add(ticketNow(t, h, k.ID).Completed + desktest.StopLife - h.Clock.Now())
		if n := erased(); n < 3 {
			t.Errorf("%d erased", n)
		}
	})
	h.Verify()
}

// A different agent, by person, and no voucher or approver of before (R24).
func TestR24_OthersThanBeforeUndoATakeover(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, first := t.Context(), h.Found()
	other := h.Staff("other", recovery.Agent)
	k, _ := h.Claimed(first, "ben")
	ok(t, h.Desk.Stop(ctx, desktest.Guest, h.StopLink(k.ID)))
	in := takeoverOf("ben", k.Opened-recovery.Hour)
	t.Run("under its cooldown nobody opens it from afar", func(t *testing.T) {
		afar := in
		afar.Intake, afar.Source = recovery.ByPhone, "+44 20 7946 0999"
		refused(t, errOf(h.Desk.OpenTicket(ctx, other, afar)), "cooldown")
	})
	h.Clock.Add(31 * recovery.Minute)
	t.Run("who worked on what was stopped neither opens nor works it", func(t *testing.T) {
		refused(t, errOf(h.Desk.OpenTicket(ctx, first, in)), "worked-stopped")
		next := must(h.Desk.OpenTicket(ctx, other, in))
		refused(t, h.Desk.TakeLease(ctx, first, next.Reference, "I know the case"), "worked-stopped")
		ok(t, h.Desk.WithdrawTicket(ctx, other, next.Reference, "The holder goes to the desk"))
	})
	t.Run("withdrawn, the stopped ticket is as frozen as before", func(t *testing.T) {
		if h.State(k.ID) != recovery.Frozen {
			t.Errorf("it is %s", h.State(k.ID))
		}
	})
	h.Verify()
}
