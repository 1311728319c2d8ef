package desk_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// What a member of staff, or a thief of one's session, could do alone.

func TestR28_OneAdministratorMakesNobodyCount(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		ada, bea := h.Staff("ada", recovery.Administrator), h.Staff("bea", recovery.Administrator)
		further := func(a desk.Actor) recovery.Key {
			t.Helper()
			touch, err := h.Desk.BeginFurtherKey(ctx, a)
			ok(t, err)
			key, err := h.Desk.AddFurtherKey(ctx, a, create(t, newKey(t), touch), "")
			ok(t, err)
			return key
		}
		t.Run("not by a further key of the person that administrator invited", func(t *testing.T) {
			h.Person("cyd", "")
			k := newKey(t)
			register(t, h, plant(t, h, store.Invite{Person: "cyd", Roles: []recovery.Role{recovery.Approver}, MadeBy: "ada"}), k)
			second := further(signIn(t, h, k))
			refused(t, confirm(t, h, ada, second.ID), "own-invite")
			ok(t, confirm(t, h, bea, second.ID))
		})
		t.Run("not by a key that nobody confirmed: it opens no role of its owner", func(t *testing.T) {
			h.Staff("dan", recovery.Agent)
			k := newKey(t)
			register(t, h, plant(t, h, store.Invite{Person: "dan", Roles: []recovery.Role{recovery.Agent}, MadeBy: "ada"}), k)
			thief := signIn(t, h, k)
			_, err := h.Desk.QueuePage(ctx, thief, desk.QueueQuery{View: desk.ViewOpen})
			refused(t, err, "key-unconfirmed")
			h.Account("ana")
			_, err = h.Desk.OpenTicket(ctx, thief, desktest.DeviceLoss("ana"))
			refused(t, err, "key-unconfirmed")
			who, err := h.Desk.Whoami(ctx, thief)
			if ok(t, err); len(who.Counting(h.Clock.Now())) != 0 {
				t.Error("the top bar shows roles")
			}
			_, err = h.Desk.PersonPage(ctx, thief, "dan")
			ok(t, err)
		})
		h.Verify()
	})
}

func TestR24_StaffDoNotUnfreeze(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	h.Account("ana")
	h.Passkey("ana")
	k := h.Recovered("ana", h.Codes("ana")[0])
	ok(t, h.Desk.Stop(t.Context(), desktest.Guest, h.StopLink(k.ID)))
	t.Run("nobody closes a ticket that its owner stopped", func(t *testing.T) {
		refused(t, h.Desk.CloseTicket(t.Context(), agent, k.Reference), "wrong-state")
		refused(t, h.Desk.CloseTicket(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "founder-4"}, k.Reference), "wrong-state")
	})
	t.Run("so the account stays stopped", func(t *testing.T) {
		o, err := h.Desk.CheckTicket(t.Context(), agent, desktest.DeviceLoss("ana"))
		if ok(t, err); o.Refusal == nil || o.Refusal.Code != "account-stopped" {
			t.Errorf("the desk says %v", o.Refusal)
		}
	})
}

func TestR23_WhoTakesATicketOverIsPartOfIt(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	both := h.Staff("both", recovery.Agent, recovery.Approver)
	k := h.Opened(agent, "ana")
	ok(t, h.Desk.TakeLease(t.Context(), both, k.Reference, "shift change"))
	parts, err := h.Store.View().PartsOf(t.Context(), k.ID)
	ok(t, err)
	if !slices.ContainsFunc(parts, func(p store.Part) bool { return p.Person == "both" && p.Part == desk.PartAgent }) {
		t.Errorf("parts %+v", parts)
	}
}

// Found by the walk of internal/desk/machine: a ticket that asked for three
// approvers asked for two after "I am being pressured".
func TestPressureNeverAsksForLess(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	k := h.Opened(agent, "ana")
	h.SQLExec(`UPDATE tickets SET approvals_needed = 3 WHERE id = '` + k.ID + `'`)
	ok(t, h.Desk.Pressured(t.Context(), agent, k.Reference))
	if now := ticketNow(t, h, k.ID); now.ApprovalsNeeded != 3 {
		t.Errorf("%d approvers after the pressure, want the three of before", now.ApprovalsNeeded)
	}
}

func TestPressuredTwice(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	second := h.Staff("second", recovery.Agent)
	k := h.Opened(agent, "ana")
	ok(t, h.Desk.Pressured(t.Context(), agent, k.Reference))
	before := ticketNow(t, h, k.ID)
	t.Run("a second press looks like the first and adds nothing", func(t *testing.T) {
		ok(t, h.Desk.Pressured(t.Context(), agent, k.Reference))
		h.Clock.Add(recovery.LeaseLife)
		ok(t, h.Desk.Pressured(t.Context(), second, k.Reference))
		if now := ticketNow(t, h, k.ID); now.ApprovalsNeeded != before.ApprovalsNeeded || now.Pressured != before.Pressured {
			t.Errorf("ticket %+v", now)
		}
	})
}

func TestR52_AKeyThatWasWrittenIntoTheRowExecutesNothing(t *testing.T) {
	for name, digest := range map[string]string{"the public key only": "", "its digest too": ", digest = '%[3]s'"} {
		t.Run(name, func(t *testing.T) {
			h := desktest.SQLite(t)
			agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
			h.Account("ana")
			h.Passkey("ana")
			k := newKey(t)
			thief := keyRow(t, h, register(t, h, plant(t, h, store.Invite{Person: "approver"}), k).ID)
			h.SQLExec(`DELETE FROM staff_keys WHERE id = '` + thief.ID + `'`)
			h.SQLExec(fmt.Sprintf(`UPDATE staff_keys SET sign_count = 0, credential_id = '%[1]s', public_key = '%[2]s'`+digest+` WHERE person = 'approver' AND '%[3]s' <> ''`,
				thief.CredentialID, thief.PublicKey, thief.Digest))
			ticket, a := h.Asked("ana", agent)
			touch, err := h.Desk.BeginApproval(t.Context(), approver, a.ID, "approve", "yes")
			ok(t, err)
			_, err = h.Desk.Approve(t.Context(), approver, desk.Decide{Approval: a.ID, Decision: recovery.Approve, Answer: get(t, k, touch)})
			ok(t, err)
			h.Work()
			h.Clock.Add(recovery.ObjectionWindow)
			h.Work()
			if s := h.State(ticket.ID); s != recovery.Proofing {
				t.Errorf("the ticket is %s", s)
			}
		})
	}
}

func TestALiveStreamKeepsNoSession(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Staff("ada", recovery.Agent)
	a := signIn(t, h, h.Key("ada"))
	lives := func() bool {
		t.Helper()
		is, err := h.Desk.SessionLives(t.Context(), a.Session)
		ok(t, err)
		return is
	}
	h.Clock.Add(recovery.SessionIdle - 1)
	if !lives() {
		t.Error("the stream of a session that is not idle yet ends")
	}
	h.Clock.Add(1)
	if lives() {
		t.Error("an idle session still has its stream")
	}
}

func TestR23_ASecondAccountIsTheSamePerson(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	h.Person("boss", "")
	h.Account("ana-2", func(a *recovery.Account) { a.Person = "ana" })
	in := desktest.DeviceLoss("ana-2")
	in.Requester = "boss"
	k, err := h.Desk.OpenTicket(t.Context(), agent, in)
	ok(t, err)
	secret, err := h.Desk.ClaimTicket(t.Context(), desk.Actor{Kind: desk.Stranger}, k.Reference)
	ok(t, err)
	for _, s := range desktest.DeskSteps() {
		h.Step(agent, k, secret, s)
	}
	a, err := h.Desk.AskApproval(t.Context(), agent, k.Reference, "every step passed")
	ok(t, err)
	ana := h.Staff("ana", recovery.Agent, recovery.Approver, recovery.Reviewer)
	t.Run("who holds it neither approves nor works on it, and is shown so", func(t *testing.T) {
		_, err := h.Desk.BeginApproval(t.Context(), ana, a.ID, "approve", "yes")
		refused(t, err, "own-account")
		refused(t, h.Desk.TakeLease(t.Context(), ana, k.Reference, "mine"), "own-account")
		refused(t, h.Desk.Review(t.Context(), ana, k.Reference, recovery.FindingOK, ""), "own-account")
		mine, others, err := h.Desk.WaitingApprovals(t.Context(), ana)
		if ok(t, err); len(mine) != 0 || len(others) != 1 || others[0].Why == nil || others[0].Why.Code != "own-account" {
			t.Errorf("waiting for the holder: %+v, for others: %+v", mine, others)
		}
	})
	t.Run("nor opens the next", func(t *testing.T) {
		o, err := h.Desk.CheckTicket(t.Context(), ana, in)
		if ok(t, err); o.Refusal == nil || o.Refusal.Code != "own-account" {
			t.Errorf("the desk says %v", o.Refusal)
		}
	})
}

func TestR7_AStopLinkEnds(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	token := h.StopLink(h.Opened(agent, "ana").ID)
	h.Clock.Add(desktest.StopLife + recovery.Day)
	refused(t, h.Desk.Stop(t.Context(), desktest.Guest, token), "link-ended")
}

// Class B7: an end that is missing is an end that has come.
func TestR7_WhatHasNoEndIsOver(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	h.Staff("ada", recovery.Agent)
	token, err := codes.NewToken(rand.Reader)
	ok(t, err)
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddInvite(ctx, store.Invite{ID: "i", Kind: "staff", Person: "ada", TokenHash: codes.HashToken("invite", token), Made: tx.Now()}); err != nil {
			return err
		}
		return tx.AddSession(ctx, store.Session{ID: "s", TokenHash: codes.HashToken("session", token), Kind: desk.StaffSession, Person: "ada", Factor: "key-ada", Began: tx.Now()})
	})
	_, err = h.Desk.Invitation(t.Context(), token)
	refused(t, err, "link-ended")
	_, err = h.Desk.Session(t.Context(), desk.StaffSession, token)
	refused(t, err, "signed-out")
	if (recovery.IssuedCode{}).Live(h.Clock.Now()) {
		t.Error("an issued code without an end lives")
	}
	refused(t, recovery.CodeSet{Confirmed: 1}.Usable(h.Clock.Now()), "set-ended")
}

// Class B14: whatever takes a ticket away takes the request and its signatures along.
func TestR52_ARequestEndsWithItsTicket(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	approver := desk.Actor{Kind: desk.StaffAct, Person: "founder-3"}
	ctx := t.Context()
	for name, away := range map[string]func(recovery.Ticket) error{
		"withdrawn by the agent": func(k recovery.Ticket) error { return h.Desk.WithdrawTicket(ctx, agent, k.Reference, "a mistake") },
		"under pressure":         func(k recovery.Ticket) error { return h.Desk.Pressured(ctx, agent, k.Reference) },
		"stopped by the holder":  func(k recovery.Ticket) error { return h.Desk.Stop(ctx, desktest.Guest, h.StopLink(k.ID)) },
		"released": func(k recovery.Ticket) error {
			_, err := h.Desk.ReleaseClaim(ctx, agent, k.Reference, "no browser")
			return err
		},
		"out of time": func(k recovery.Ticket) error {
			h.Clock.Add(recovery.NoticeWait)
			return h.Desk.ExpireApproved(ctx, k.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			id := "acc-" + strings.ReplaceAll(name, " ", "-")
			h.Account(id)
			k, a := h.Asked(id, agent)
			_, err := h.Sign(approver, a.ID, recovery.Approve)
			ok(t, err)
			ok(t, away(k))
			after, err := h.Store.View().Approval(ctx, a.ID)
			if ok(t, err); after.State != recovery.ApprovalVoid {
				t.Errorf("the request is %s, the ticket %s", after.State, h.State(k.ID))
			}
		})
	}
}

// Mutant 23: a role is read when it is used, not when somebody signed in.
func TestR15_ARoleEndsWhileItsOwnerWorks(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Found()
	k := h.Opened(agent, "ana")
	signedIn := signIn(t, h, h.Key("agent"))
	_, err := h.Desk.QueuePage(t.Context(), signedIn, desk.QueueQuery{View: desk.ViewOpen})
	ok(t, err)
	ok(t, h.Desk.AddNote(t.Context(), agent, k.Reference, "before"))
	ok(t, h.Desk.EndRole(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, "agent", recovery.Agent))
	for _, who := range []desk.Actor{agent, signedIn} {
		refused(t, h.Desk.AddNote(t.Context(), who, k.Reference, "after"), "role-missing")
		_, err := h.Desk.QueuePage(t.Context(), who, desk.QueueQuery{View: desk.ViewOpen})
		refused(t, err, "role-missing")
		_, err = h.Desk.TicketPage(t.Context(), who, k.Reference)
		refused(t, err, "role-missing")
	}
}
