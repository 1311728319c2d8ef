package desk_test

import (
	"context"
	"crypto/rand"
	"slices"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func livePasskeys(t *testing.T, h *desktest.House, account string) int {
	t.Helper()
	all, err := h.Store.View().Factors(t.Context(), account)
	ok(t, err)
	return len(recovery.GoneWith(all))
}

func openReports(t *testing.T, h *desktest.House, account string) []recovery.LossReport {
	t.Helper()
	all, err := h.Store.View().OpenReports(t.Context(), account)
	ok(t, err)
	return all
}

func lost(account, code string) desk.ReportLoss {
	return desk.ReportLoss{Account: account, What: string(recovery.LostDevice), Code: code}
}

func TestR24_AnUnprovedReportOnlyWarns(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Staff("admin", recovery.Administrator)
		h.Account("ana")
		h.Passkey("ana")
		t.Run("the holder is told at every address and security once; nothing else happens", func(t *testing.T) {
			ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("ana", "")))
			ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("ana@one.example", "")))
			h.Work()
			if a, b := len(noticesTo(t, h, "ana", string(recovery.NoticeLossReported))), kinds(t, h, recovery.LossReported); a != 2 || b != 1 {
				t.Errorf("%d notices, %d entries", a, b)
			}
			if livePasskeys(t, h, "ana") != 1 || len(openReports(t, h, "ana")) != 1 {
				t.Error("a stranger suspended a passkey, or the desk sees nothing")
			}
		})
		t.Run("a name that is nobody's leaves no trace but a count", func(t *testing.T) {
			before, size := counted(t, h, recovery.LaneAddress), h.LedgerSize()
			ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("nobody", "")))
			h.Work()
			if counted(t, h, recovery.LaneAddress) != before+1 || h.LedgerSize() != size {
				t.Error("it is not counted, or it is on record")
			}
		})
		t.Run("one address warns no whole directory", func(t *testing.T) {
			for i := range recovery.AddressHourly + 5 {
				id := "acc-" + string(rune('a'+i%26)) + string(rune('a'+i/26))
				h.Account(id)
				ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost(id, "")))
				h.Work()
			}
			if n := kinds(t, h, recovery.LossReported); n >= recovery.AddressHourly {
				t.Errorf("%d accounts were warned", n)
			}
		})
		t.Run("after 30 days the flag is gone", func(t *testing.T) {
			r := openReports(t, h, "ana")[0]
			if now := h.Clock.Now(); !r.Standing(h.Desk.Policy.Stricter, now) || r.Standing(h.Desk.Policy.Stricter, now+h.Desk.Policy.Stricter.Repeat.Micros) {
				t.Error("it stands at the wrong time")
			}
		})
		h.Verify()
	})
}

func TestR24_AReportWithABackupCodeSuspends(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Staff("admin", recovery.Administrator)
		h.Account("ana")
		h.Passkey("ana")
		set := h.Codes("ana")
		t.Run("a wrong code warns, counts as a guess and says nothing", func(t *testing.T) {
			ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("ana", stray(t).String())))
			h.Work()
			if n := rowOf(t, h, "c:code:ana").Fails; n != 1 || livePasskeys(t, h, "ana") != 1 || kinds(t, h, recovery.LossReported) != 1 {
				t.Errorf("%d guesses, %d passkeys live", n, livePasskeys(t, h, "ana"))
			}
		})
		t.Run("a typing mistake is told apart", func(t *testing.T) {
			refused(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("ana", "K7QP2")), "code-malformed")
		})
		t.Run("a live one suspends every passkey, ends the sessions, is spent, and the others sleep", func(t *testing.T) {
			actor := holderOf(t, h, "ana")
			ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("ana", set[0].String())))
			s, err := h.Store.View().Session(t.Context(), actor.Session)
			if err != nil || s.Ended == 0 || livePasskeys(t, h, "ana") != 0 || spentCodes(t, h, "ana") != 1 {
				t.Errorf("session %+v, %d passkeys, %v", s, livePasskeys(t, h, "ana"), err)
			}
			_, err = h.Present("ana", set[1])
			refused(t, err, "did-not-work")
			newest(t, h, recovery.BackupRefused, recovery.LossSuspended)
		})
		t.Run("the spent code suspends nothing again, and is on record", func(t *testing.T) {
			ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("ana", set[0].String())))
			newest(t, h, recovery.BackupRefused)
		})
		t.Run("of 20 reports with one code at once one suspends", func(t *testing.T) {
			h.Account("bo")
			h.Passkey("bo")
			code := h.Codes("bo")[0].String()
			race(20, func(int) error { return h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("bo", code)) })
			suspended := slices.DeleteFunc(openReports(t, h, "bo"), func(r recovery.LossReport) bool { return r.Suspends == 0 })
			if len(suspended) != 1 || spentCodes(t, h, "bo") != 1 {
				t.Errorf("%d suspensions", len(suspended))
			}
		})
		h.Verify()
	})
}

// holderOf is a signed-in holder whose session a planted passkey began.
func holderOf(t *testing.T, h *desktest.House, account string) desk.Actor {
	t.Helper()
	id := "session-" + rand.Text()
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddSession(ctx, store.Session{ID: id, TokenHash: id, Kind: desk.HolderSession, Person: account, Account: account, Factor: account + "-passkey",
			Began: tx.Now(), Proved: tx.Now(), Ends: tx.Now() + recovery.HolderSessionLife})
	})
	return desk.Actor{Kind: desk.Holder, Person: account, Account: account, Session: id}
}

// secondPasskey is another passkey of the account, added now; it signs in nowhere.
func secondPasskey(h *desktest.House, account string, added int64) string {
	id := account + "-second"
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddFactor(ctx, recovery.Factor{ID: id, Account: account, Kind: recovery.Passkey, Name: "Second", CredentialID: "cred-" + id, PublicKey: "x", Added: added})
	})
	return id
}

func TestR24_TheHolderReportsAndLifts(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Found()
		h.Account("ana")
		h.Passkey("ana")
		set := h.Codes("ana")
		second := secondPasskey(h, "ana", h.Clock.Now()-recovery.Day)
		t.Run("nothing chosen, nothing done; an old sign-in must be renewed", func(t *testing.T) {
			actor := holderOf(t, h, "ana")
			refused(t, h.Desk.ReportOwn(t.Context(), actor, string(recovery.LostDevice), nil, desk.Answer{}), "passkeys-missing")
			refused(t, h.Desk.Lift(t.Context(), actor, desk.Answer{}), "nothing-to-lift")
			h.Clock.Add(recovery.StepUpFresh)
			refused(t, h.Desk.ReportOwn(t.Context(), actor, string(recovery.LostDevice), []string{second}, desk.Answer{}), "touch-first")
		})
		t.Run("the chosen passkey is suspended, the other still signs in", func(t *testing.T) {
			ok(t, h.Desk.ReportOwn(t.Context(), holderOf(t, h, "ana"), string(recovery.LostDevice), []string{second}, desk.Answer{}))
			if n := livePasskeys(t, h, "ana"); n != 1 {
				t.Errorf("%d live", n)
			}
		})
		t.Run("with the other one the holder lifts it, and the codes wake", func(t *testing.T) {
			h.Clock.Add(recovery.Minute)
			ok(t, h.Desk.Lift(t.Context(), holderOf(t, h, "ana"), desk.Answer{}))
			newest(t, h, recovery.LossLifted)
			if n := livePasskeys(t, h, "ana"); n != 2 || len(openReports(t, h, "ana")) != 0 {
				t.Errorf("%d live", n)
			}
			_, err := h.Present("ana", set[0])
			ok(t, err)
		})
		t.Run("a stopped recovery is lifted with a passkey from before, and stays against the account", func(t *testing.T) {
			k := ticketsOf(t, h, "ana")[0]
			ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(k.ID)))
			h.Clock.Add(h.Desk.Policy.Stricter.CooldownFirst.Micros)
			ok(t, h.Desk.Lift(t.Context(), holderOf(t, h, "ana"), desk.Answer{}))
			if s := h.State(k.ID); s != recovery.Closed {
				t.Errorf("the ticket is %s", s)
			}
			now, err := h.Desk.OpenTicket(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "agent"}, ownerCalls("ana"))
			if err != nil || now.ApprovalsNeeded != 2 {
				t.Errorf("%d approvers, %v", now.ApprovalsNeeded, err)
			}
		})
		t.Run("a passkey that came after the stop lifts nothing", func(t *testing.T) {
			h.Account("bo")
			ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("bo", "")))
			h.Work()
			h.Clock.Add(2 * recovery.Day) // Passkey plants one of a day ago
			h.Passkey("bo")
			refused(t, h.Desk.Lift(t.Context(), holderOf(t, h, "bo"), desk.Answer{}), "passkey-too-new")
		})
		t.Run("a recovery ends the report, and what it suspended comes back no more", func(t *testing.T) {
			h.Account("cleo")
			h.Passkey("cleo")
			other := secondPasskey(h, "cleo", h.Clock.Now()-recovery.Day)
			ok(t, h.Desk.ReportOwn(t.Context(), holderOf(t, h, "cleo"), string(recovery.Intruder), []string{other}, desk.Answer{}))
			k := h.Recovered("cleo", h.Codes("cleo")[0])
			all, err := h.Store.View().Factors(t.Context(), "cleo")
			ok(t, err)
			for _, f := range all {
				if f.ID == other && f.SuspendedBy != k.ID {
					t.Errorf("suspended by %q", f.SuspendedBy)
				}
			}
			if len(openReports(t, h, "cleo")) != 0 {
				t.Error("the report stands")
			}
		})
		h.Verify()
	})
}

func TestR24_AReportAtTheDesk(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		h.Account("ana")
		h.Passkey("ana")
		take := func(actor desk.Actor, number, note string) error {
			return h.Desk.ReportAtDesk(t.Context(), actor, desk.DeskReport{Account: "ana", What: string(recovery.LostDevice), Number: number, Note: note})
		}
		t.Run("without a call it warns, once a day", func(t *testing.T) {
			ok(t, take(agent, "", "She rang"))
			refused(t, take(agent, "", "She rang"), "reported-already")
			if livePasskeys(t, h, "ana") != 1 {
				t.Error("a word suspended a passkey")
			}
		})
		for name, c := range map[string]struct {
			actor        desk.Actor
			number, note string
			code         string
		}{
			"an address that is no number": {agent, "ana-mail-1", "x", "number-not-usable"},
			"another account's number":     {agent, "bo-phone", "x", "number-not-usable"},
			"no words":                     {agent, "ana-phone", " ", "text-missing"},
			"a reviewer":                   {desk.Actor{Kind: desk.StaffAct, Person: "founder-4"}, "ana-phone", "x", "role-missing"},
		} {
			t.Run("refuses "+name, func(t *testing.T) { refused(t, take(c.actor, c.number, c.note), c.code) })
		}
		t.Run("an answered call-back suspends", func(t *testing.T) {
			ok(t, take(agent, "ana-phone", "Rang her back; she says the phone is gone"))
			if livePasskeys(t, h, "ana") != 0 {
				t.Error("a passkey lives")
			}
			newest(t, h, recovery.LossTaken, recovery.LossSuspended)
		})
		h.Verify()
	})
}

// A report with a live code that meets a closed lane is not lost, and none is longer
// under way for a name that exists.
func TestR39_AReportThatMeetsAClosedLaneStillWarns(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Staff("admin", recovery.Administrator)
		h.Account("ana")
		h.Account("bo")
		code := h.Codes("ana")[0].String()
		t.Run("a wrong code leaves the warning to the worker", func(t *testing.T) {
			ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("bo", stray(t).String())))
			if n := len(openReports(t, h, "bo")); n != 0 {
				t.Errorf("%d reports before the answer", n)
			}
			h.Work()
			if n := len(openReports(t, h, "bo")); n != 1 {
				t.Errorf("%d reports", n)
			}
		})
		t.Run("a closed lane costs the holder the suspension, not the warning", func(t *testing.T) {
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.SaveThrottle(ctx, store.Throttle{Key: "d:ana", Lane: recovery.Lane{Kind: recovery.LaneAccount, Fails: 30, First: tx.Now(), Last: tx.Now(), Until: tx.Now() + recovery.Hour}})
			})
			ok(t, h.Desk.ReportLoss(t.Context(), desktest.Guest, lost("ana", code)))
			h.Work()
			if n := len(noticesTo(t, h, "ana", string(recovery.NoticeLossReported))); n != 2 {
				t.Errorf("%d notices", n)
			}
		})
	})
}

// Anybody can warn: what is on record from then on must not keep the holder from
// lifting what the holder reported.
func TestR24_AWarningOfBeforeThePasskeyIsNotInItsWay(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		h.Account("ana")
		ok(t, h.Desk.ReportLoss(ctx, desktest.Guest, lost("ana", "")))
		h.Work()
		h.Clock.Add(2 * recovery.Day) // Passkey plants one of a day ago
		h.Passkey("ana")
		second := secondPasskey(h, "ana", h.Clock.Now()-recovery.Hour)
		ok(t, h.Desk.ReportOwn(ctx, holderOf(t, h, "ana"), string(recovery.LostDevice), []string{second}, desk.Answer{}))
		h.Clock.Add(recovery.Minute)
		ok(t, h.Desk.Lift(ctx, holderOf(t, h, "ana"), desk.Answer{}))
		if left := openReports(t, h, "ana"); livePasskeys(t, h, "ana") != 2 || len(left) != 1 || left[0].Suspends != 0 {
			t.Errorf("%d passkeys live, reports %+v", livePasskeys(t, h, "ana"), left)
		}
		refused(t, h.Desk.Lift(ctx, holderOf(t, h, "ana"), desk.Answer{}), "passkey-too-new")
		h.Verify()
	})
}
