package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// The seam's promises, one by one (design.md "The seam", R51).
func TestR51_Change(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("seam")
		staff := h.Staff("seam-agent", recovery.Agent)
		ctx := t.Context()
		group := func(name string) func(context.Context, *desk.Change) error {
			return func(ctx context.Context, c *desk.Change) error { return c.Tx.JoinGroup(ctx, "seam-agent", name) }
		}
		has := func(name string) bool {
			t.Helper()
			s, err := h.Store.View().Staff(ctx, "seam-agent")
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(" "+strings.Join(s.Groups, " ")+" ", " "+name+" ")
		}
		run := func(a desk.Actor, keep, fn func(context.Context, *desk.Change) error) ([]string, error) {
			t.Helper()
			before := len(h.Ledger(1000))
			err := h.Desk.ChangeForTest(ctx, a, recovery.TicketRefused, keep, fn)
			all := h.Ledger(1000)
			return all[:len(all)-before], err
		}
		then := func(steps ...func(context.Context, *desk.Change) error) func(context.Context, *desk.Change) error {
			return func(ctx context.Context, c *desk.Change) error {
				for _, s := range steps {
					if err := s(ctx, c); err != nil {
						return err
					}
				}
				return nil
			}
		}
		record := func(ctx context.Context, c *desk.Change) error {
			return c.RecordForTest(ctx, recovery.Event{Kind: recovery.TicketNoted})
		}
		fail := func(err error) func(context.Context, *desk.Change) error {
			return func(context.Context, *desk.Change) error { return err }
		}
		refusal := recovery.Refuse("no", "No.", "Ask.")

		t.Run("an act that writes and records commits both", func(t *testing.T) {
			entries, err := run(staff, nil, then(group("one"), record))
			if err != nil || !has("one") || len(entries) != 1 {
				t.Errorf("%v, %v", err, entries)
			}
		})
		t.Run("an act that writes and records nothing is refused as a programming error", func(t *testing.T) {
			entries, err := run(staff, nil, group("silent"))
			if err == nil || has("silent") || len(entries) != 0 {
				t.Errorf("%v, %v", err, entries)
			}
		})
		t.Run("a refusal undoes the act and is recorded", func(t *testing.T) {
			entries, err := run(staff, nil, then(group("refused"), record, fail(refusal)))
			if !errors.Is(err, refusal) || has("refused") || len(entries) != 1 || entries[0] != string(recovery.TicketRefused) {
				t.Errorf("%v, %v", err, entries)
			}
		})
		t.Run("a stranger's refusal is recorded only when a secret matched", func(t *testing.T) {
			stranger := desk.Actor{Kind: desk.Stranger}
			if entries, _ := run(stranger, nil, fail(refusal)); len(entries) != 0 {
				t.Errorf("unmatched: %v", entries)
			}
			matched := *refusal
			matched.Matched = true
			if entries, _ := run(stranger, nil, fail(&matched)); len(entries) != 1 {
				t.Errorf("matched: %v", entries)
			}
		})
		t.Run("what keep spent stays after a failure and after a panic", func(t *testing.T) {
			entries, err := run(staff, group("kept"), then(group("undone"), fail(errors.New("disk"))))
			if err == nil || !has("kept") || has("undone") || len(entries) != 1 || entries[0] != string(recovery.ActFailed) {
				t.Errorf("%v, %v", err, entries)
			}
			entries, err = run(staff, group("kept-too"), func(context.Context, *desk.Change) error { panic("boom") })
			var failure *desk.Failure
			if !errors.As(err, &failure) || failure.ID == "" || !has("kept-too") || len(entries) != 1 {
				t.Errorf("%v, %v", err, entries)
			}
		})
		t.Run("without keep a failure leaves nothing", func(t *testing.T) {
			entries, err := run(staff, nil, then(group("gone"), record, fail(errors.New("disk"))))
			if err == nil || has("gone") || len(entries) != 0 {
				t.Errorf("%v, %v", err, entries)
			}
		})
		t.Run("a form sent twice is one act with one answer", func(t *testing.T) {
			sent := staff
			sent.Request = "00000000000000000000000000"
			act := then(group("form"), record, func(_ context.Context, c *desk.Change) error { c.AtForTest("/queue"); return nil })
			if entries, err := run(sent, nil, act); err != nil || len(entries) != 1 {
				t.Fatalf("%v, %v", err, entries)
			}
			entries, err := run(sent, nil, act)
			var repeat *desk.Repeat
			if !errors.As(err, &repeat) || repeat.Location != "/queue" || len(entries) != 0 {
				t.Errorf("%v, %v", err, entries)
			}
		})
		t.Run("R12: an event owes its notices in the same transaction", func(t *testing.T) {
			_, err := run(desk.Actor{Kind: desk.System}, nil, func(ctx context.Context, c *desk.Change) error {
				return c.RecordForTest(ctx, recovery.Event{Kind: recovery.FactorAdded, Account: "seam"})
			})
			told, err2 := h.Store.View().NoticedSince(ctx, "seam", string(recovery.NoticeFactorAdded), 0, 9)
			if err != nil || err2 != nil || told != 1 {
				t.Errorf("%v, %v, told %v", err, err2, told)
			}
		})
		h.Verify()
	})
}

// A message is sealed in its job, and a lease hands a job to one worker.
func TestR26_MailJobs(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("mail")
		ctx := t.Context()
		err := h.Desk.ChangeForTest(ctx, desk.Actor{Kind: desk.System}, recovery.TicketRefused, nil, func(ctx context.Context, c *desk.Change) error {
			return c.RecordForTest(ctx, recovery.Event{Kind: recovery.FactorAdded, Account: "mail"})
		})
		if err != nil {
			t.Fatal(err)
		}
		var jobs []store.Job
		for {
			j, err := h.Desk.ClaimJob(ctx, "worker-1")
			if errors.Is(err, store.ErrNotFound) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, j)
		}
		if len(jobs) != 2 {
			t.Fatalf("%d jobs, want one for each of two addresses", len(jobs))
		}
		t.Run("the job carries no address or name in clear", func(t *testing.T) {
			for _, j := range jobs {
				if strings.Contains(j.Payload+j.Sealed, "example") || j.Sealed == "" {
					t.Errorf("job %+v", j)
				}
			}
		})
		t.Run("a repeat writes the same message under the same id", func(t *testing.T) {
			a, err := h.Desk.Mail(ctx, jobs[0])
			b, err2 := h.Desk.Mail(ctx, jobs[0])
			if err != nil || err2 != nil || a != b || a.To == "" || a.ID == "" {
				t.Errorf("%+v, %+v, %v, %v", a, b, err, err2)
			}
		})
		t.Run("only the lease holder reports, once, and the secret is cleared", func(t *testing.T) {
			thief := jobs[0]
			thief.LeaseBy = "worker-2"
			if err := h.Desk.MailAccepted(ctx, thief); !errors.Is(err, store.ErrConflict) {
				t.Errorf("another worker: %v", err)
			}
			if err := h.Desk.MailAccepted(ctx, jobs[0]); err != nil {
				t.Fatal(err)
			}
			if err := h.Desk.MailAccepted(ctx, jobs[0]); !errors.Is(err, store.ErrConflict) {
				t.Errorf("twice: %v", err)
			}
			j, err := h.Store.View().Job(ctx, jobs[0].ID)
			if err != nil || j.Sealed != "" || j.Done == 0 {
				t.Errorf("%+v, %v", j, err)
			}
		})
		t.Run("a crashed worker's job is handed out again after the lease", func(t *testing.T) {
			h.Clock.Add(2 * recovery.Minute)
			j, err := h.Desk.ClaimJob(ctx, "worker-3")
			if err != nil || j.ID != jobs[1].ID || j.Tries != 2 {
				t.Errorf("%+v, %v", j, err)
			}
			if err := h.Desk.MailFailed(ctx, j, "550 no such mailbox"); err != nil {
				t.Error(err)
			}
		})
		h.Verify()
	})
}
