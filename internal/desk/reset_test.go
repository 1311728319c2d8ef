package desk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// approved is a signed ticket whose opening notice was accepted first.
func approved(t *testing.T, h *desktest.House, account string, agent, approver desk.Actor) recovery.Ticket {
	t.Helper()
	ticket, a := h.Asked(account, agent)
	h.Work()
	if _, err := h.Sign(approver, a.ID, recovery.Approve); err != nil {
		t.Fatal(err)
	}
	h.Work()
	return ticket
}

func TestR29_ExecuteAfterTheWindow(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana")
		h.Passkey("ana")
		ticket := approved(t, h, "ana", agent, approver)
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.AddSession(ctx, store.Session{ID: "s", TokenHash: "s", Kind: desk.HolderSession, Account: "ana", Ends: tx.Now() + recovery.Day})
		})
		t.Run("until its last microsecond the window holds the reset back", func(t *testing.T) {
			h.Clock.Add(recovery.ObjectionWindow - 1)
			h.Work()
			if s := h.State(ticket.ID); s != recovery.Approved {
				t.Errorf("the ticket is %s", s)
			}
		})
		t.Run("then the passkey is suspended, sessions end, and the holder has 30 minutes", func(t *testing.T) {
			h.Clock.Add(1)
			h.Work()
			now, err := h.Store.View().Ticket(t.Context(), ticket.ID)
			if err != nil || now.State != recovery.Collecting || now.Executed != h.Clock.Now() || now.Due != h.Clock.Now()+desktest.CollectingLife {
				t.Errorf("ticket %+v, error %v", now, err)
			}
			factors, err := h.Store.View().Factors(t.Context(), "ana")
			if err != nil || len(factors) != 2 {
				t.Fatalf("factors %+v, error %v", factors, err)
			}
			for _, f := range factors {
				if f.Live() != (f.Kind == recovery.Password) || f.Kind == recovery.Passkey && f.SuspendedBy != ticket.ID {
					t.Errorf("factor %+v", f)
				}
			}
			if s, err := h.Store.View().Session(t.Context(), "s"); err != nil || s.Ended == 0 {
				t.Errorf("session %+v, error %v", s, err)
			}
			a, err := h.Store.View().Account(t.Context(), "ana")
			if err != nil || a.ContactBlock != h.Clock.Now()+desktest.AddressChangeBlock {
				t.Errorf("account %+v, error %v", a, err)
			}
			if !has(h, recovery.ResetExecuted, 10) || !has(h, recovery.ResetOrdered, 10) {
				t.Errorf("ledger %v", h.Ledger(10))
			}
		})
		t.Run("running the job again changes nothing", func(t *testing.T) {
			j := claimed(t, h, store.Job{ID: "again", Kind: desk.JobExecute, Object: ticket.ID, Ticket: ticket.ID, Account: "ana"})
			if err := h.Desk.ExecuteReset(t.Context(), j); err != nil || h.State(ticket.ID) != recovery.Collecting {
				t.Errorf("state %s, error %v", h.State(ticket.ID), err)
			}
			newest(t, h, recovery.ResetFailed)
		})
		h.Verify()
	})
}

// claimed writes a job that is due and leases it.
func claimed(t *testing.T, h *desktest.House, j store.Job) store.Job {
	t.Helper()
	h.Write(func(ctx context.Context, tx *store.Tx) error {
		j.Made, j.RunAt = tx.Now(), 1
		return tx.AddJob(ctx, j)
	})
	got, err := h.Desk.ClaimJob(t.Context(), "test")
	if err != nil || got.ID != j.ID {
		t.Fatalf("claimed %+v, error %v", got, err)
	}
	return got
}

func TestR26_NothingRunsBeforeTheHolderCouldBeTold(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		t.Run("a notice that is accepted after the approval starts the window then", func(t *testing.T) {
			h.Account("ana")
			ticket, a := h.Asked("ana", agent)
			if _, err := h.Sign(approver, a.ID, recovery.Approve); err != nil {
				t.Fatal(err)
			}
			h.Clock.Add(recovery.ObjectionWindow * 2)
			h.Work()
			if s := h.State(ticket.ID); s != recovery.Approved {
				t.Fatalf("the ticket is %s", s)
			}
			h.Clock.Add(recovery.ObjectionWindow)
			h.Work()
			if s := h.State(ticket.ID); s != recovery.Collecting {
				t.Errorf("the ticket is %s", s)
			}
		})
		t.Run("without an accepted notice the approved ticket expires after an hour", func(t *testing.T) {
			h.Account("bo")
			ticket, a := h.Asked("bo", agent)
			if _, err := h.Sign(approver, a.ID, recovery.Approve); err != nil {
				t.Fatal(err)
			}
			h.Clock.Add(recovery.NoticeWait - 1)
			if err := h.Desk.SweepApprovals(t.Context()); err != nil || h.State(ticket.ID) != recovery.Approved {
				t.Fatalf("state %s, error %v", h.State(ticket.ID), err)
			}
			h.Clock.Add(1)
			if err := h.Desk.SweepApprovals(t.Context()); err != nil || h.State(ticket.ID) != recovery.Expired {
				t.Fatalf("state %s, error %v", h.State(ticket.ID), err)
			}
			h.Work() // the notice comes through too late
			if s := h.State(ticket.ID); s != recovery.Expired {
				t.Errorf("the ticket is %s", s)
			}
		})
	})
}

// S5, S6, B14: between signature and execution nothing that was signed may change.
func TestR52_TheFinalGate(t *testing.T) {
	for _, c := range []struct {
		name, query string
	}{
		{"the account got another name", `UPDATE accounts SET name = 'Somebody else' WHERE id = 'ana'`},
		{"a proof was voided", `UPDATE evidence SET void = 1`},
		{"the ticket now asks for something else", `UPDATE tickets SET tier = 'pass'`},
		{"the key was suspended", `UPDATE staff_keys SET suspended = 1, suspended_why = 'lost' WHERE person = 'approver'`},
		{"the role ended", `UPDATE staff_roles SET ended = 1 WHERE person = 'approver'`},
		{"the approver became an agent of the ticket", `INSERT INTO ticket_people (ticket, person, part, at) SELECT id, 'approver', 'agent', 1 FROM tickets`},
		{"the stored statement was altered", `UPDATE signatures SET statement = replace(statement, 'tier: reset', 'tier: pass')`},
		{"the stored decision was turned", `UPDATE signatures SET decision = 'deny'`},
		{"the stored nonce was altered", `UPDATE signatures SET nonce = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'`},
		{"the signature was removed", `DELETE FROM signatures`},
		{"the key's row holds another key", `UPDATE staff_keys SET public_key = (SELECT public_key FROM staff_keys WHERE person = 'agent') WHERE person = 'approver'`},
		{"the request was voided", `UPDATE approvals SET state = 'void'`},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := desktest.SQLite(t)
			agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
			h.Account("ana")
			h.Passkey("ana")
			ticket := approved(t, h, "ana", agent, approver)
			h.SQLExec(c.query)
			h.Clock.Add(recovery.ObjectionWindow)
			h.Work()
			if s := h.State(ticket.ID); s != recovery.Proofing {
				t.Errorf("the ticket is %s", s)
			}
			newest(t, h, recovery.ResetFailed)
			factors, err := h.Store.View().Factors(t.Context(), "ana")
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range factors {
				if !f.Live() {
					t.Errorf("factor %s was suspended", f.ID)
				}
			}
		})
	}
	t.Run("a passkey was added that the statement does not name", func(t *testing.T) {
		h := desktest.SQLite(t)
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana")
		ticket := approved(t, h, "ana", agent, approver)
		h.Passkey("ana")
		h.Clock.Add(recovery.ObjectionWindow)
		h.Work()
		if s := h.State(ticket.ID); s != recovery.Proofing {
			t.Errorf("the ticket is %s", s)
		}
	})
	t.Run("the ledger records another statement of the same key", func(t *testing.T) {
		h := desktest.SQLite(t)
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("bo")
		approved(t, h, "bo", agent, approver)
		h.Account("ana")
		ticket := approved(t, h, "ana", agent, approver)
		h.SQLExec(`UPDATE signatures SET entry = (SELECT MIN(entry) FROM signatures)`)
		h.Clock.Add(recovery.ObjectionWindow)
		h.Work()
		if s := h.State(ticket.ID); s != recovery.Proofing {
			t.Errorf("the ticket is %s", s)
		}
	})
	t.Run("the signature's own end has come", func(t *testing.T) {
		h := desktest.SQLite(t)
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana")
		ticket := approved(t, h, "ana", agent, approver)
		h.Clock.Add(recovery.ObjectionWindow + 4*recovery.Hour)
		h.Work()
		if s := h.State(ticket.ID); s != recovery.Proofing {
			t.Errorf("the ticket is %s", s)
		}
	})
}

// failing is a directory that does not answer.
type failing struct{ directory.Directory }

func (failing) Apply(context.Context, directory.Order) (directory.Outcome, error) {
	return directory.Outcome{}, errors.New("no route to the directory")
}

func TestDirectoryThatFails(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		h.Account("ana")
		ticket := approved(t, h, "ana", agent, approver)
		good := h.Desk.Directory
		h.Desk.Directory = failing{good}
		h.Clock.Add(recovery.ObjectionWindow)
		h.Work()
		t.Run("the order is repeated for a quarter of an hour", func(t *testing.T) {
			if s := h.State(ticket.ID); s != recovery.Executing {
				t.Fatalf("the ticket is %s", s)
			}
			newest(t, h, recovery.ResetFailed)
		})
		t.Run("then the ticket goes back, nothing was taken away, and the same approver may sign anew", func(t *testing.T) {
			for range 20 {
				h.Clock.Add(recovery.Minute)
				h.Work()
			}
			if s := h.State(ticket.ID); s != recovery.Proofing {
				t.Fatalf("the ticket is %s", s)
			}
			h.Desk.Directory = good
			a, err := h.Desk.AskApproval(t.Context(), agent, ticket.Reference, "The directory is back")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.Sign(approver, a.ID, recovery.Approve); err != nil {
				t.Fatal(err)
			}
			h.Work()
			if s := h.State(ticket.ID); s != recovery.Collecting {
				t.Errorf("the ticket is %s", s)
			}
		})
		h.Verify()
	})
}

// R51: execution and the directory's answer are whole or nothing.
func TestR51_ResetLeavesNothingHalfDone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, approver := h.Staff("agent", recovery.Agent), h.Staff("approver", recovery.Approver)
		ready := func(id, kind string) (recovery.Ticket, store.Job) {
			h.Account(id)
			h.Passkey(id)
			ticket := approved(t, h, id, agent, approver)
			h.Clock.Add(recovery.ObjectionWindow)
			for {
				j, err := h.Desk.ClaimJob(t.Context(), "test")
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case j.Ticket != ticket.ID:
					h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.FinishJob(ctx, j) })
				case j.Kind == kind:
					return ticket, j
				default:
					if err := h.Desk.ExecuteReset(t.Context(), j); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		// An attempt that failed left nothing, so the next one takes the same job.
		n, kinds := 0, map[string]func(context.Context, store.Job) error{
			desk.JobExecute: h.Desk.ExecuteReset,
			desk.JobOrder: func(ctx context.Context, j store.Job) error {
				return h.Desk.FinishReset(ctx, j, directory.Outcome{Local: true}, nil)
			},
		}
		for kind, act := range kinds {
			t.Run(kind, func(t *testing.T) {
				var ticket recovery.Ticket
				var job store.Job
				h.Faults(t, func() desktest.Attempt {
					if job.ID == "" {
						n++
						ticket, job = ready(fmt.Sprintf("holder-%d", n), kind)
					}
					before := h.State(ticket.ID)
					return desktest.Attempt{
						Act: func(ctx context.Context) error { return act(ctx, job) },
						Done: func() {
							if s := h.State(ticket.ID); s == before {
								t.Errorf("the act answered nil and the ticket is still %s", s)
							}
							job.ID = ""
						},
					}
				})
			})
		}
	})
}
