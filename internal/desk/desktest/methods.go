package desktest

import (
	"database/sql"
	"strings"

	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// Broken is a filled-in "New ticket" form of a sign-in method that broke: no
// device is gone, so the number of the account may be rung.
func Broken(account string) desk.NewTicket {
	return desk.NewTicket{Account: account, Event: recovery.FactorReset, Intake: recovery.ByPhone, Source: "+44 20 7946 0999", Reason: "The key broke in two"}
}

// ClaimedBroken is a claimed ticket of a new account after its sign-in method broke.
func (h *House) ClaimedBroken(agent desk.Actor, account string, mutate ...func(*recovery.Account)) (recovery.Ticket, string) {
	h.TB.Helper()
	h.Account(account, mutate...)
	t, err := h.Desk.OpenTicket(h.TB.Context(), agent, Broken(account))
	must(h.TB, err)
	secret, err := h.Desk.ClaimTicket(h.TB.Context(), Guest, t.Reference)
	must(h.TB, err)
	return t, secret
}

// AtPerson is such a ticket whose first two steps are passed: the person is next.
func (h *House) AtPerson(agent desk.Actor, account string, mutate ...func(*recovery.Account)) (recovery.Ticket, string) {
	h.TB.Helper()
	t, secret := h.ClaimedBroken(agent, account, mutate...)
	h.Step(agent, t, secret, "code")
	h.Step(agent, t, secret, "second")
	return t, secret
}

// Voucher gives a person an account with a passkey, so that the person may vouch.
func (h *House) Voucher(id string, mutate ...func(*recovery.Account)) {
	h.TB.Helper()
	h.Account(id, mutate...)
	h.Passkey(id)
}

// VouchLink is the token of the newest invitation to vouch that was mailed.
func (h *House) VouchLink() string {
	h.TB.Helper()
	all := h.Mails()
	for i := len(all) - 1; i >= 0; i-- {
		if _, after, ok := strings.Cut(all[i].Text, "/vouch/"); ok {
			token, _, _ := strings.Cut(after, "\n")
			return token
		}
	}
	h.TB.Fatal("no invitation to vouch was mailed")
	return ""
}

// Pin gives a ticket another workflow, as if it had been opened by it.
func (h *House) Pin(ticket, workflow string) {
	h.TB.Helper()
	h.SQL(func(tx *sql.Tx) {
		_, err := tx.ExecContext(h.TB.Context(), `UPDATE tickets SET workflow_version = $2 WHERE id = $1`, ticket, workflow)
		must(h.TB, err)
	})
}
