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
	return h.mails(`SELECT id, sealed FROM jobs WHERE kind = 'mail' AND sealed <> '' ORDER BY id`)
}

// HeldMails are those of them that wait for a ticket's first proof.
func (h *House) HeldMails() []notify.Message {
	h.TB.Helper()
	return h.mails(`SELECT j.id, j.sealed FROM jobs j JOIN notices n ON n.id = j.object WHERE j.kind = 'mail' AND j.sealed <> '' AND n.held > 0 ORDER BY j.id`)
}

func (h *House) mails(query string) []notify.Message {
	h.TB.Helper()
	var jobs []store.Job
	h.SQL(func(tx *sql.Tx) {
		rows, err := tx.QueryContext(h.TB.Context(), query)
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
