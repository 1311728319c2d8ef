package desk

import (
	"context"

	"countersign/internal/store"
)

// Kinds of job. The worker does them; their outcome is an act of its own.
const (
	JobMail     = "mail"      // object: notice id; sealed: the letter
	JobExecute  = "execute"   // object: ticket id; runs ExecuteReset when the window is over
	JobWarn     = "warn"      // account: whose, "" for nobody's; object: the loss; payload: address prefix; WarnLoss
	JobMailCode = "mail-code" // account: whose, "" for nobody's; object: the browser's key; payload: address prefix; MailCode
	JobClimb    = "climb"     // object: approval id of an emergency; nobody has answered yet
	JobOrder    = "order"     // object: ticket id; directory.Apply, then FinishReset
)

// queue adds a job to the change.
func (c *Change) queue(ctx context.Context, j store.Job) error {
	if j.ID == "" {
		j.ID = c.desk.newID()
	}
	j.Made = c.Now
	if j.RunAt == 0 {
		j.RunAt = c.Now
	}
	return c.Tx.AddJob(ctx, j)
}
