package machine

import (
	"slices"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// mails lets every mail that waits be taken, and leaves other jobs alone.
func (f *furniture) mails() {
	f.Helper()
	for _, id := range openJobs(f.House, desk.JobMail) {
		f.ok(f.Desk.MailAccepted(f.Context(), leaseJob(f.House, id)))
	}
}

func (f *furniture) leased(kind, object string) store.Job {
	f.Helper()
	return leaseJob(f.House, must(f.Store.View().OpenJob(f.Context(), kind, object)).ID)
}

func (f *furniture) now(s *subject) recovery.Ticket {
	return must(f.Store.View().Ticket(f.Context(), s.ticket))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func parsed(code string) codes.Code { return must(codes.Parse(code)) }

// workflowOf is the workflow that a ticket pinned.
func workflowOf(d *desk.Desk, t recovery.Ticket) recovery.Workflow {
	for _, w := range d.Flows {
		if w.Version == t.WorkflowVersion {
			return w.For(t)
		}
	}
	if own := recovery.OwnKey(); own.Version == t.WorkflowVersion {
		return own
	}
	panic("no workflow " + t.WorkflowVersion)
}

// clone is a subject of its own for a walk.
func (s *subject) clone() *subject {
	c := *s
	c.backup, c.stops, c.stopCodes = slices.Clone(s.backup), slices.Clone(s.stops), slices.Clone(s.stopCodes)
	return &c
}
