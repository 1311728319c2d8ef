package desk_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// onPass is an account, with a manager and a passkey, whose Pass was opened in the
// claimed browser.
func onPass(t *testing.T, h *desktest.House, agent, approver desk.Actor, account string) (k recovery.Ticket, token string) {
	t.Helper()
	ctx := t.Context()
	h.Person("boss-of-"+account, "")
	h.Account(account, func(a *recovery.Account) { a.Manager = "boss-of-" + account })
	h.Passkey(account)
	in := desktest.DeviceLoss(account)
	in.Way = "pass"
	k = must(h.Desk.OpenTicket(ctx, agent, in))
	secret := must(h.Desk.ClaimTicket(ctx, desktest.Guest, k.Reference))
	for _, step := range desktest.DeskSteps() {
		h.Step(agent, k, secret, step)
	}
	a := must(h.Desk.AskApproval(ctx, agent, k.Reference, "No new device before Thursday"))
	h.Work()
	must(h.Sign(approver, a.ID, recovery.Approve))
	h.Clock.Add(recovery.ObjectionWindow)
	h.Work()
	ok(t, h.Desk.SendFreshCode(ctx, desktest.Guest, secret, account+"-mail-2"))
	token = must(h.Desk.EnterFreshCode(ctx, desktest.Guest, secret, h.Code(k.ID)))
	return ticketNow(t, h, k.ID), token
}

// toldOf are the addresses that messages of a kind about a ticket went to.
func toldOf(t *testing.T, h *desktest.House, ticket string, kind recovery.Notice) (out []string) {
	t.Helper()
	for _, n := range must(h.Store.View().NoticesOf(t.Context(), ticket)) {
		if n.Kind == string(kind) {
			out = append(out, n.SentTo)
		}
	}
	slices.Sort(out)
	return out
}

// What a Pass gives begins with the opening of its session: that is its use.
func TestR12_UsingAPassIsToldRecordedAndLeavesADuty(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	k, _ := onPass(t, h, agent, h.Staff("approver", recovery.Approver), "ana")
	if got := toldOf(t, h, k.ID, recovery.NoticePassOpened); !slices.Equal(got, []string{"ana@one.example", "ana@two.example"}) {
		t.Errorf("told %v", got)
	}
	if m := h.LastMail(); !strings.HasPrefix(m.Subject, "A Pass was opened") || !strings.Contains(m.Text, desktest.Origin+"/stop/") {
		t.Errorf("the last mail is %q:\n%s", m.Subject, m.Text)
	}
	if n := kinds(t, h, recovery.PassOpened); n != 1 {
		t.Errorf("%d entries say that it was opened", n)
	}
	if r := must(h.Store.View().ReEnrolment(t.Context(), k.ID)); !r.Open() || r.Due != k.Executed+recovery.Day {
		t.Errorf("the duty is %+v", r)
	}
}

// S16: recovery finished but no strong factor was enrolled by the deadline.
func TestS16_NoReEnrolmentEndsTheAccess(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx, agent := t.Context(), h.Found()
		approver := h.Staff("approver", recovery.Approver)
		k, token := onPass(t, h, agent, approver, "ana")
		other, _ := onPass(t, h, agent, approver, "bo")
		due := k.Executed + recovery.Day
		t.Run("using the Pass opens the duty with the row's deadline", func(t *testing.T) {
			r := must(h.Store.View().ReEnrolment(ctx, k.ID))
			if !r.Open() || r.Due != due || r.Strength != "phishing-resistant" {
				t.Errorf("%+v", r)
			}
		})
		t.Run("when the Pass is over the ticket waits for the new sign-in method and stands in nobody's way", func(t *testing.T) {
			h.Clock.Add(recovery.Hour)
			ok(t, h.Desk.Sweep(ctx))
			now := ticketNow(t, h, k.ID)
			if now.State != recovery.Collecting || now.DueWhat != recovery.DueReEnrol || now.Due != due {
				t.Errorf("it is %s until %d about %q", now.State, now.Due, now.DueWhat)
			}
			if _, err := h.Desk.Session(ctx, desk.RecoverySession, token); err == nil {
				t.Error("the Pass still opens")
			}
			if o := must(h.Desk.CheckTicket(ctx, agent, desktest.DeviceLoss("ana"))); o.Refusal != nil || o.Open != nil {
				t.Errorf("the next ticket is refused: %+v", o.Refusal)
			}
			rows := must(h.Desk.QueuePage(ctx, agent, desk.QueueQuery{View: desk.ViewEnrol})).Rows
			if !slices.ContainsFunc(rows, func(r store.QueueRow) bool { return r.Ticket.ID == k.ID && r.Ticket.Next == due }) {
				t.Error("the view \"Needs re-enrolment\" does not show it with its deadline")
			}
		})
		t.Run("a method enrolled by another ticket meets the duty, and the ticket goes on", func(t *testing.T) {
			h.Recovered("bo", h.Codes("bo")[0])
			if r := must(h.Store.View().ReEnrolment(ctx, other.ID)); r.Met == 0 {
				t.Errorf("%+v", r)
			}
			if s := h.State(other.ID); s != recovery.InReview {
				t.Errorf("the ticket is %s", s)
			}
		})
		t.Run("at half-time holder and manager are told, once", func(t *testing.T) {
			h.Clock.Add(due - recovery.Day/2 - h.Clock.Now())
			ok(t, h.Desk.Sweep(ctx))
			ok(t, h.Desk.Sweep(ctx))
			if got := toldOf(t, h, k.ID, recovery.NoticeDuty); !slices.Equal(got, []string{"ana@one.example", "ana@two.example", "boss-of-ana@staff.example"}) {
				t.Errorf("told %v", got)
			}
		})
		t.Run("when the deadline passes the account is locked, both are told, and the ticket lapses and is not closed", func(t *testing.T) {
			h.Clock.Add(due - h.Clock.Now() - 1)
			ok(t, h.Desk.Sweep(ctx))
			if livePasskeys(t, h, "ana") != 1 {
				t.Error("locked before the deadline")
			}
			h.Clock.Add(1)
			ok(t, h.Desk.Sweep(ctx))
			ok(t, h.Desk.Sweep(ctx))
			if livePasskeys(t, h, "ana") != 0 || h.State(k.ID) != recovery.Lapsed {
				t.Errorf("%d passkeys sign in, the ticket is %s", livePasskeys(t, h, "ana"), h.State(k.ID))
			}
			if got := toldOf(t, h, k.ID, recovery.NoticeDutyOver); len(got) != 3 {
				t.Errorf("told %v", got)
			}
			refused(t, h.Desk.CloseTicket(ctx, h.Staff("judge", recovery.Reviewer), k.Reference), "not-enrolled")
			if o := must(h.Desk.CheckTicket(ctx, agent, desktest.DeviceLoss("ana"))); o.Refusal != nil {
				t.Errorf("and nobody could help: %+v", o.Refusal)
			}
		})
		h.Verify()
	})
}

func TestR20_LivePassesAreSeenAndRevoked(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent := t.Context(), h.Found()
	approver := h.Staff("approver", recovery.Approver)
	guard := h.Staff("guard", recovery.Auditor)
	h.Group("guard", recovery.SecurityGroup)
	admin := desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}
	k, token := onPass(t, h, agent, approver, "ana")
	for _, id := range []string{"bo", "cy"} {
		onPass(t, h, agent, approver, id)
	}
	if p := must(h.Desk.ThreatPage(ctx, guard)); len(p.Passes) != 3 || !p.Revokes {
		t.Errorf("the page lists %d", len(p.Passes))
	}
	refused(t, h.Desk.RevokePass(ctx, agent, k.Reference), "not-security")
	refused(t, h.Desk.RevokePasses(ctx, approver), "not-security")
	ok(t, h.Desk.RevokePass(ctx, guard, k.Reference))
	if _, err := h.Desk.Session(ctx, desk.RecoverySession, token); err == nil || h.State(k.ID) != recovery.Lapsed {
		t.Errorf("the session answered %v, the ticket is %s", err, h.State(k.ID))
	}
	refused(t, h.Desk.RevokePass(ctx, guard, k.Reference), "pass-over")
	ok(t, h.Desk.RevokePasses(ctx, admin))
	refused(t, h.Desk.RevokePasses(ctx, admin), "pass-over")
	if p := must(h.Desk.ThreatPage(ctx, guard)); len(p.Passes) != 0 {
		t.Errorf("%d are live", len(p.Passes))
	}
	h.Clock.Add(2 * recovery.Day)
	ok(t, h.Desk.Sweep(ctx))
	if livePasskeys(t, h, "ana") != 1 {
		t.Error("a revoked Pass left a duty that locked the account")
	}
	h.Verify()
}
