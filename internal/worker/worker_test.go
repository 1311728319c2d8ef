package worker_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/notify"
	"countersign/internal/recovery"
	"countersign/internal/store"
	"countersign/internal/worker"
)

const header = "id,name,email,email2,phone,population,department,manager_id\n"

// fixture is a house whose mails go through real SMTP to a sink that a test steers.
type fixture struct {
	*desktest.House
	sink   *notify.Sink
	sender notify.Sender
	mu     sync.Mutex
	refuse func(to string) error
}

func newFixture(t *testing.T, h *desktest.House) *fixture {
	t.Helper()
	f := &fixture{House: h}
	var err error
	f.sink, err = notify.NewSink(notify.SinkOptions{Rcpt: func(to string) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.refuse == nil {
			return nil
		}
		return f.refuse(to)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.sink.Close() })
	f.sender, err = notify.NewSMTP(notify.SMTPConfig{Addr: f.sink.Addr(), From: "desk@countersign.example", Security: notify.Plain})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) hop(refuse func(string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = refuse
}

func (f *fixture) worker(name string) *worker.Worker {
	return worker.New(f.Desk, f.sender, slog.New(slog.NewJSONHandler(io.Discard, nil)), name)
}

// change queues two notices for the account: its second address is replaced.
func (f *fixture) change(t *testing.T, account string, n int) {
	t.Helper()
	file := fmt.Sprintf("%s%s,Name of %s,%s@one.example,%s@new%d.example,,standard,Sales,\n", header, account, account, account, account, n)
	if _, err := f.Desk.ImportAccounts(t.Context(), desk.Actor{Kind: desk.Machine}, desk.Import{File: strings.NewReader(file)}); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) notices(t *testing.T) (accepted, failed, waiting int) {
	t.Helper()
	for _, m := range f.allNotices(t) {
		switch {
		case m.Accepted != 0:
			accepted++
		case m.Failed != 0:
			failed++
		default:
			waiting++
		}
	}
	return accepted, failed, waiting
}

func (f *fixture) allNotices(t *testing.T) []store.NoticeRow {
	t.Helper()
	rows, err := f.Store.View().NoticesOf(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestR26_DeliveryIsTracked(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		f := newFixture(t, h)
		f.change(t, "ana", 0) // the baseline
		f.change(t, "ana", 1)
		w := f.worker("w")
		drain := func() {
			t.Helper()
			if err := w.Drain(context.WithoutCancel(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
		_, _, queued := f.notices(t)
		if queued < 2 {
			t.Fatalf("%d notices queued, want one for each address", queued)
		}
		t.Run("a hop that is busy delays the mail, and nothing is lost", func(t *testing.T) {
			f.hop(func(string) error { return notify.Refuse(450, "busy") })
			drain()
			if a, failed, waiting := f.notices(t); a != 0 || failed != 0 || waiting != queued {
				t.Errorf("accepted %d, failed %d, waiting %d", a, failed, waiting)
			}
		})
		t.Run("it is tried again when its time has come, and then counts as accepted", func(t *testing.T) {
			f.hop(nil)
			drain()
			if a, _, _ := f.notices(t); a != 0 {
				t.Error("sent before its back-off was over")
			}
			h.Clock.Add(recovery.Minute)
			drain()
			if a, _, _ := f.notices(t); a != queued || len(f.sink.Messages()) != queued {
				t.Errorf("accepted %d, in mailboxes %d, want %d", a, len(f.sink.Messages()), queued)
			}
		})
		t.Run("a mailbox that does not exist is given up, and the ledger says so", func(t *testing.T) {
			f.hop(func(to string) error {
				if strings.Contains(to, "@new1.") {
					return notify.Refuse(550, "no such mailbox")
				}
				return nil
			})
			f.change(t, "ana", 2)
			drain()
			// A refused recipient may be a mistake of the hop: it is repeated for a day.
			h.Clock.Add(25 * recovery.Hour)
			drain()
			if _, failed, waiting := f.notices(t); failed == 0 || waiting != 0 {
				t.Errorf("failed %d, waiting %d", failed, waiting)
			}
			if !strings.Contains(strings.Join(h.Ledger(200), " "), string(recovery.NoticeFailed)) {
				t.Error("no entry for the failed notice")
			}
		})
		h.Verify()
	})
}

func TestManyWorkersSendEachMailOnce(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		f := newFixture(t, h)
		const accounts = 30
		for i := range accounts {
			f.change(t, fmt.Sprintf("acc%02d", i), 0)
		}
		for i := range accounts {
			f.change(t, fmt.Sprintf("acc%02d", i), 1)
		}
		_, _, queued := f.notices(t)
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for n := range 3 {
			w := f.worker(fmt.Sprint("w", n))
			all.Go(func() {
				if err := w.Drain(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		stop()
		if len(f.sink.Messages()) != queued {
			t.Errorf("%d mails for %d notices", len(f.sink.Messages()), queued)
		}
		for _, m := range f.sink.Messages() {
			if m.Copies != 1 {
				t.Errorf("%s to %s came %d times", m.Subject, m.To, m.Copies)
			}
		}
		if a, _, _ := f.notices(t); a != queued {
			t.Errorf("%d of %d accepted", a, queued)
		}
	})
}
