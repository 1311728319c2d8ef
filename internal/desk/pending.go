package desk

import (
	"context"
	"errors"

	"countersign/internal/directory"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Delete each method here when its own noun brings it (same name, same signature: the worker and mail.go call them).

var errPending = errors.New("not built yet")

func (c *Change) noticeAccepted(context.Context, recovery.Ticket) error { return errPending }

// ExecuteReset runs for a JobExecute: it must finish the job (c.Tx.FinishJob) in its own act, or delay it.
func (d *Desk) ExecuteReset(context.Context, store.Job) error { return errPending }

// FinishReset runs for a JobOrder with the directory's outcome: it must finish the job in its own act.
func (d *Desk) FinishReset(context.Context, store.Job, directory.Outcome, error) error {
	return errPending
}
