package desk_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/stepup"
	"countersign/internal/store"
)

func TestR52_Approve(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana", func(a *recovery.Account) { a.Name = "Ana\u202e Lind\nrisk: none" })
		h.Passkey("ana")
		ticket, a := h.Asked("ana", agent)
		touch, err := h.Desk.BeginApproval(t.Context(), approver, a.ID, "approve", "I called \"Ana\"\ndecision: deny")
		if err != nil {
			t.Fatal(err)
		}
		t.Run("the statement names decision, account, what goes, proofs and people, and nothing typed passes for a fact", func(t *testing.T) {
			for _, line := range []string{
				"countersign/approval/v1\nrp-id: localhost\n", "\ndecision: approve\n", "\nticket: " + ticket.Reference + " " + ticket.ID + "\n",
				"\naccount-id: ana\n", "\naccount-name: \"Ana\\u{202E} Lind\\nrisk: none\"\n", "\nname-warning: the name holds invisible characters\n",
				"\nremoved: passkey \"Passkey\" added ", "\nproof-3: person, video: passed at ", "recorded by agent\n", "\nasked-by: agent \"Name of agent\" at ",
				"\napprover-id: approver\n", "\napprover-key: ", "\ntext-of-the-approver: \"I called \\\"Ana\\\"\\ndecision: deny\"\n",
			} {
				if !strings.Contains(touch.Statement, line) {
					t.Errorf("the statement lacks %q:\n%s", line, touch.Statement)
				}
			}
			if strings.Contains(touch.Statement, "removed: password") {
				t.Error("the password was proved and stays")
			}
		})
		g, err := h.Desk.Approve(t.Context(), approver, decide(h, approver, a.ID, touch, recovery.Approve))
		if err != nil {
			t.Fatal(err)
		}
		t.Run("approval, ledger entry, part and ticket move together", func(t *testing.T) {
			newest(t, h, recovery.ApprovalComplete, recovery.ApprovalDecided)
			row, err := h.Store.View().LedgerEntry(t.Context(), g.Entry)
			if err != nil {
				t.Fatal(err)
			}
			if d := row.Entry.Data; d["statement"] != stepup.StatementDigest(touch.Statement) || d["decision"] != "approve" || d["person"] != "approver" || d["approval"] != a.ID {
				t.Errorf("entry data %v", d)
			}
			now, _ := h.Store.View().Ticket(t.Context(), ticket.ID)
			done, _ := h.Store.View().Approval(t.Context(), a.ID)
			if now.State != recovery.Approved || now.Revision != ticket.Revision || done.State != recovery.ApprovalGiven || done.Decided != h.Clock.Now() {
				t.Errorf("ticket %+v, approval %+v", now, done)
			}
		})
		t.Run("the receipt proves who, offline, and a flipped byte fails", func(t *testing.T) { checkReceipt(t, h, approver, g) })
		t.Run("the key is named on the counter's next use only higher", func(t *testing.T) {
			k, err := h.Store.View().Key(t.Context(), g.Key)
			if err != nil || k.Used != h.Clock.Now() || k.SignCount == 0 {
				t.Errorf("key %+v, error %v", k, err)
			}
		})
		h.Verify()
	})
}

func checkReceipt(t *testing.T, h *desktest.House, actor desk.Actor, g recovery.Signature) {
	t.Helper()
	file, err := h.Desk.Receipt(t.Context(), actor, g.Approval, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	r := stepup.VerifyReceipt(file, h.LogKey)
	if r.Status != stepup.ValidAndTied || r.Person != g.Person || r.PersonName != "Name of "+g.Person || r.Statement != g.Statement || r.At != g.At {
		t.Errorf("with the log key: %+v", r)
	}
	if r := stepup.VerifyReceipt(file, ""); r.Status != stepup.ValidNotTied {
		t.Errorf("without the log key: %+v", r)
	}
	for i := 7; i < len(file); i += 97 {
		broken := bytes.Clone(file)
		if broken[i] ^= 1; broken[i] == '\n' || broken[i] == ' ' || file[i] == '\n' || file[i] == ' ' {
			continue // space between tokens is no part of a receipt
		}
		if r := stepup.VerifyReceipt(broken, h.LogKey); r.Status != stepup.Invalid {
			t.Errorf("byte %d flipped: %s", i, r.Status)
		}
	}
	if _, err := h.Desk.Receipt(t.Context(), actor, "another", g.ID); err == nil {
		t.Error("a receipt of another approval was given")
	}
	_, err = h.Desk.Receipt(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "agent"}, g.Approval, g.ID)
	refusedWith(t, err, "role-missing")
}

func TestR52_Deny(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana")
		ticket, a := h.Asked("ana", agent)
		t.Run("a signed denial cannot be filed as approval", func(t *testing.T) {
			touch, err := h.Desk.BeginApproval(t.Context(), approver, a.ID, "deny", "That was not her")
			if err != nil {
				t.Fatal(err)
			}
			_, err = h.Desk.Approve(t.Context(), approver, decide(h, approver, a.ID, touch, recovery.Approve))
			refusedWith(t, err, "decision-differs")
		})
		t.Run("a denial is signed, terminal, and told", func(t *testing.T) {
			g, err := h.Sign(approver, a.ID, recovery.Deny)
			if err != nil || h.State(ticket.ID) != recovery.Denied {
				t.Fatalf("state %s, error %v", h.State(ticket.ID), err)
			}
			newest(t, h, recovery.ApprovalDenied_, recovery.ApprovalDecided)
			checkReceipt(t, h, approver, g)
			if told, err := h.Store.View().NoticedSince(t.Context(), "ana", string(recovery.NoticeDenied), 0, 9); err != nil || told == 0 {
				t.Errorf("told %v, error %v", told, err)
			}
			_, err = h.Sign(h.Staff("second", recovery.Approver), a.ID, recovery.Approve)
			refusedWith(t, err, "already-decided")
			_, err = h.Desk.AskApproval(t.Context(), agent, ticket.Reference, "once more")
			refusedWith(t, err, "wrong-state")
		})
		t.Run("the next request needs another approver", func(t *testing.T) {
			_, next := h.Asked("ana", h.Staff("agent-2", recovery.Agent))
			_, err := h.Desk.BeginApproval(t.Context(), approver, next.ID, "approve", "now it is")
			refusedWith(t, err, "denied-before")
		})
	})
}

func TestR23_R15_WhoMayNotApprove(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		all := []recovery.Role{recovery.Agent, recovery.Approver, recovery.Administrator}
		agent := h.Staff("agent", all...)
		h.Staff("ana", recovery.Approver)
		h.Account("ana")
		h.Staff("asker", recovery.Approver)
		report := h.Staff("report", recovery.Approver)
		h.Person("report", "agent")
		_, a := h.Asked("ana", agent)
		h.SQLExec(`UPDATE tickets SET requester = 'asker'`)
		actor := func(id string) desk.Actor { return desk.Actor{Kind: desk.StaffAct, Person: id} }
		for _, c := range []struct {
			name, code string
			actor      desk.Actor
		}{
			{"the holder, under whatever login", "own-account", actor("ana")},
			{"the requester", "own-request", actor("asker")},
			{"the agent who asked", "own-ticket", agent},
			{"somebody who reports to the agent", "reports-to", report},
			{"an agent without the role", "role-missing", h.Staff("plain", recovery.Agent)},
			{"a holder's session", "role-missing", desk.Actor{Kind: desk.Holder, Account: "ana", Person: "ana"}},
		} {
			t.Run(c.name+" cannot begin, by a named rule that is recorded", func(t *testing.T) {
				_, err := h.Desk.BeginApproval(t.Context(), c.actor, a.ID, "approve", "yes")
				refusedWith(t, err, c.code)
				newest(t, h, recovery.ApprovalRefused)
			})
		}
		t.Run("a key touched before the part was taken decides nothing after", func(t *testing.T) {
			late := h.Staff("late", recovery.Approver)
			touch, err := h.Desk.BeginApproval(t.Context(), late, a.ID, "approve", "yes")
			if err != nil {
				t.Fatal(err)
			}
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.TakePart(ctx, a.Ticket, "late", desk.PartAgent)
			})
			_, err = h.Desk.Approve(t.Context(), late, decide(h, late, a.ID, touch, recovery.Approve))
			refusedWith(t, err, "own-ticket")
		})
		t.Run("a key that nobody confirmed, or of less than 72 hours, decides nothing", func(t *testing.T) {
			young := h.Staff("young", recovery.Approver)
			h.SQLExec(`UPDATE staff_keys SET counted = 0 WHERE person = 'young'`)
			_, err := h.Desk.BeginApproval(t.Context(), young, a.ID, "approve", "yes")
			refusedWith(t, err, "key-unconfirmed")
			h.SQLExec(`UPDATE staff_keys SET counted = 1, decides = 9000000000000000 WHERE person = 'young'`)
			_, err = h.Desk.BeginApproval(t.Context(), young, a.ID, "approve", "yes")
			refusedWith(t, err, "key-too-new")
		})
		t.Run("a role that ended after the touch decides nothing", func(t *testing.T) {
			gone := h.Staff("gone", recovery.Approver)
			touch, err := h.Desk.BeginApproval(t.Context(), gone, a.ID, "approve", "yes")
			if err != nil {
				t.Fatal(err)
			}
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.EndRole(ctx, "gone", recovery.Approver, tx.Now())
			})
			_, err = h.Desk.Approve(t.Context(), gone, decide(h, gone, a.ID, touch, recovery.Approve))
			refusedWith(t, err, "role-missing")
		})
		if h.State(a.Ticket) != recovery.WaitingApproval {
			t.Errorf("the ticket is %s", h.State(a.Ticket))
		}
	})
}

func TestR15_TwoSignatures(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Staff("agent", recovery.Agent)
		one, two := h.Staff("one", recovery.Approver), h.Staff("two", recovery.Approver)
		h.Account("ana")
		_, a := h.Asked("ana", agent)
		h.SQLExec(`UPDATE approvals SET needed = 2`)
		if _, err := h.Sign(one, a.ID, recovery.Approve); err != nil || h.State(a.Ticket) != recovery.WaitingApproval {
			t.Fatalf("after one of two: state %s, error %v", h.State(a.Ticket), err)
		}
		_, err := h.Sign(one, a.ID, recovery.Approve)
		refusedWith(t, err, "signed-before")
		if _, err := h.Sign(two, a.ID, recovery.Approve); err != nil || h.State(a.Ticket) != recovery.Approved {
			t.Fatalf("after two of two: state %s, error %v", h.State(a.Ticket), err)
		}
	})
}

// T3, S5: whatever an approver saw and signed is compared with the rows again.
func TestR52_ApproveThenChange(t *testing.T) {
	changes := []struct {
		name   string
		change func(ctx context.Context, tx *store.Tx) error
		code   string
	}{
		{"a passkey was added", func(ctx context.Context, tx *store.Tx) error {
			return tx.AddFactor(ctx, recovery.Factor{ID: "new", Account: "ana", Kind: recovery.Passkey, Name: "Pixel 9", CredentialID: "bmV3", Added: tx.Now()})
		}, "request-changed"},
		{"the account was renamed", func(ctx context.Context, tx *store.Tx) error {
			a, err := tx.Account(ctx, "ana")
			if err != nil {
				return err
			}
			a.Name = "Somebody else"
			return tx.SaveAccount(ctx, a)
		}, "request-changed"},
		{"a proof was voided", func(ctx context.Context, tx *store.Tx) error {
			all, err := tx.TicketsOf(ctx, "ana", 1)
			if err != nil {
				return err
			}
			return tx.VoidEvidence(ctx, all[0].ID)
		}, "request-changed"},
		{"the approver's other key changed what vouches for the signature", func(ctx context.Context, tx *store.Tx) error {
			if err := tx.AddKey(ctx, recovery.Key{ID: "k2", Person: "approver", Name: "Second", CredentialID: "c2Vjb25k", PublicKey: "eA", Attestation: "none", Added: 1}); err != nil {
				return err
			}
			return tx.CountKey(ctx, "k2", "test", 1, 1, 0)
		}, "request-changed"},
	}
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		for _, c := range changes {
			t.Run(c.name, func(t *testing.T) {
				h := desktest.SQLite(t)
				agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
				h.Account("ana")
				h.Passkey("ana")
				_, a := h.Asked("ana", agent)
				touch, err := h.Desk.BeginApproval(t.Context(), approver, a.ID, "approve", "yes")
				if err != nil {
					t.Fatal(err)
				}
				h.Write(c.change)
				_, err = h.Desk.Approve(t.Context(), approver, decide(h, approver, a.ID, touch, recovery.Approve))
				refusedWith(t, err, c.code)
				if h.State(a.Ticket) != recovery.WaitingApproval {
					t.Errorf("the ticket is %s", h.State(a.Ticket))
				}
			})
		}
		t.Run("an act that edits the ticket voids the request", func(t *testing.T) {
			agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
			h.Account("ana")
			ticket, a := h.Asked("ana", agent)
			touch, err := h.Desk.BeginApproval(t.Context(), approver, a.ID, "approve", "yes")
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Desk.Pressured(t.Context(), agent, ticket.Reference); err != nil {
				t.Fatal(err)
			}
			_, err = h.Desk.Approve(t.Context(), approver, decide(h, approver, a.ID, touch, recovery.Approve))
			refusedWith(t, err, "already-decided")
		})
	})
}
