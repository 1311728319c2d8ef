// Package worker does what cannot happen inside a transaction: it claims jobs,
// hands mails to the next hop and orders to directories, and reports each
// outcome to the desk, where it is an act of its own. It also looks at the clock:
// what is due is swept.
//
// A job is leased. A worker that dies leaves its job to the next one after the
// lease; everything it does may therefore happen twice and is built for that.
package worker

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"countersign/internal/desk"
	"countersign/internal/directory"
	"countersign/internal/notify"
	"countersign/internal/store"
)

// Limits of the worker.
const (
	hands       = 4 // jobs done at once: one slow mail hop must not hold up the rest
	sendTimeout = 30 * time.Second
	sweepEvery  = 15 * time.Second
)

// Worker does jobs.
type Worker struct {
	desk   *desk.Desk
	sender notify.Sender
	log    *slog.Logger
	name   string
	wake   chan struct{}
}

// New makes a worker; name must be unique among the processes on one database.
func New(d *desk.Desk, sender notify.Sender, log *slog.Logger, name string) *Worker {
	return &Worker{desk: d, sender: sender, log: log, name: name, wake: make(chan struct{}, hands)}
}

// Nudge says that there may be work. It does not block.
func (w *Worker) Nudge() {
	for range hands {
		select {
		case w.wake <- struct{}{}:
		default:
			return
		}
	}
}

// Run works until ctx ends, then finishes what it has begun.
func (w *Worker) Run(ctx context.Context) {
	var all sync.WaitGroup
	for n := range hands {
		all.Go(func() { w.loop(ctx, w.name+"-"+strconv.Itoa(n)) })
	}
	all.Go(func() { w.sweep(ctx) })
	all.Wait()
}

func (w *Worker) loop(ctx context.Context, name string) {
	for ctx.Err() == nil {
		did, err := w.one(ctx, name)
		if err != nil {
			w.log.Error("job", "error", err.Error())
		}
		if !did || err != nil {
			w.wait(ctx)
		}
	}
}

// wait sleeps until a nudge or until the next job is due.
func (w *Worker) wait(ctx context.Context) {
	pause := time.Second
	if next, err := w.desk.NextJob(ctx); err == nil {
		pause = min(max(time.Duration(next)*time.Microsecond, 20*time.Millisecond), time.Second)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-w.wake:
	case <-timer.C:
	}
}

func (w *Worker) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := w.desk.Sweep(ctx); err != nil && ctx.Err() == nil {
			w.log.Error("sweep", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Drain does everything that is due now and returns when nothing is, for the
// demo's seeding and for tests.
func (w *Worker) Drain(ctx context.Context) error {
	for {
		did, err := w.one(ctx, w.name)
		if err != nil || !did {
			return err
		}
	}
}

// one claims and does one job; false means that none was due.
func (w *Worker) one(ctx context.Context, name string) (bool, error) {
	j, err := w.desk.ClaimJob(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	// What is begun is finished and reported, even while stopping.
	return true, w.do(context.WithoutCancel(ctx), j)
}

func (w *Worker) do(ctx context.Context, j store.Job) error {
	switch j.Kind {
	case desk.JobMail:
		return w.mail(ctx, j)
	case desk.JobExecute:
		return w.desk.ExecuteReset(ctx, j)
	case desk.JobMailCode:
		return w.desk.MailCode(ctx, j)
	case desk.JobWarn:
		return w.desk.WarnLoss(ctx, j)
	case desk.JobClimb:
		return w.desk.Climb(ctx, j)
	case desk.JobOrder:
		return w.order(ctx, j)
	}
	return w.desk.JobUnknown(ctx, j)
}

func (w *Worker) mail(ctx context.Context, j store.Job) error {
	m, err := w.desk.Mail(ctx, j)
	if err != nil {
		return w.desk.MailFailed(ctx, j, "not written: "+err.Error())
	}
	sendCtx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	switch err := w.sender.Send(sendCtx, m); {
	case err == nil:
		return w.desk.MailAccepted(ctx, j)
	case notify.IsPermanent(err), w.desk.MailOver(j):
		return w.desk.MailFailed(ctx, j, err.Error())
	default:
		w.log.Warn("mail waits for another try", "job", j.ID, "try", j.Tries, "error", err.Error())
		return w.desk.MailDelayed(ctx, j, err.Error())
	}
}

func (w *Worker) order(ctx context.Context, j store.Job) error {
	applyCtx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	out, err := w.desk.Directory.Apply(applyCtx, directory.Order{ID: j.ID, Account: j.Account, Ticket: j.Ticket, Verb: directory.SuspendFactors})
	return w.desk.FinishReset(ctx, j, out, err)
}
