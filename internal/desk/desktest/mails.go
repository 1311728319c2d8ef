package desktest

import (
	"database/sql"

	"countersign/internal/notify"
	"countersign/internal/store"
)

// Mails lists the messages that wait to be sent or were sent and still stand
// sealed in their jobs, oldest first.
func (h *House) Mails() []notify.Message {
	h.TB.Helper()
	var jobs []store.Job
	h.SQL(func(tx *sql.Tx) {
		rows, err := tx.QueryContext(h.TB.Context(), `SELECT id, sealed FROM jobs WHERE kind = 'mail' AND sealed <> '' ORDER BY id`)
		must(h.TB, err)
		defer rows.Close()
		for rows.Next() {
			var j store.Job
			must(h.TB, rows.Scan(&j.ID, &j.Sealed))
			jobs = append(jobs, j)
		}
		must(h.TB, rows.Err())
	})
	var out []notify.Message
	for _, j := range jobs {
		m, err := h.Desk.Mail(h.TB.Context(), j)
		must(h.TB, err)
		out = append(out, m)
	}
	return out
}

// LastMail is the newest of Mails.
func (h *House) LastMail() notify.Message {
	h.TB.Helper()
	all := h.Mails()
	if len(all) == 0 {
		h.TB.Fatal("no mail was queued")
	}
	return all[len(all)-1]
}
