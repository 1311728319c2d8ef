package desktest

import (
	"context"
	"crypto/rand"

	"countersign/internal/codes"
	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/softkey"
	"countersign/internal/store"
)

// Guest is a stranger on the public pages, from a documentation address.
var Guest = desk.Actor{Kind: desk.Stranger, IP: "192.0.2.7"}

// LostAndLocked are the facts that self-service takes.
var LostAndLocked = recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}

// Codes gives an account a live set of five codes; mutate may change the set.
func (h *House) Codes(account string, mutate ...func(*recovery.CodeSet)) []codes.Code {
	h.TB.Helper()
	now := h.Clock.Now()
	set := recovery.CodeSet{ID: "set-" + rand.Text(), Account: account, Made: now, Ends: now + CodeSetLife}
	for _, m := range mutate {
		m(&set)
	}
	var all []codes.Code
	var hashes, ids []string
	for range CodesPerSet {
		c, err := codes.New(rand.Reader)
		must(h.TB, err)
		all, hashes, ids = append(all, c), append(hashes, codes.Hash(h.Desk.Keys.Pepper, account, c)), append(ids, "code-"+rand.Text())
	}
	h.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddCodeSet(ctx, set, hashes, ids); err != nil {
			return err
		}
		return tx.ConfirmCodeSet(ctx, set.ID, recovery.OnPaper)
	})
	return all
}

// Present gives a code on the public pages.
func (h *House) Present(account string, code codes.Code) (secret string, err error) {
	return h.Desk.PresentCode(h.TB.Context(), Guest, desk.PresentCode{Account: account, Code: code.String(), Facts: LostAndLocked})
}

// Pair gives code and password and lets the notices be taken; it answers the
// browser's secret.
func (h *House) Pair(account string, code codes.Code) (secret string) {
	h.TB.Helper()
	secret, err := h.Present(account, code)
	must(h.TB, err)
	must(h.TB, h.Desk.PresentPassword(h.TB.Context(), Guest, secret, Password))
	h.Work()
	return secret
}

// Recovering is an account whose recovery session runs.
func (h *House) Recovering(account string, code codes.Code) store.Session {
	h.TB.Helper()
	token, err := h.Desk.StartRecovery(h.TB.Context(), Guest, h.Pair(account, code))
	must(h.TB, err)
	s, err := h.Desk.Session(h.TB.Context(), desk.RecoverySession, token)
	must(h.TB, err)
	return s
}

// NewPasskey answers a recovery session's ceremony with a new software key, which
// the house keeps under the account's id.
func (h *House) NewPasskey(s store.Session) desk.Answer {
	h.TB.Helper()
	touch, err := h.Desk.BeginEnrol(h.TB.Context(), s, NewPassword)
	must(h.TB, err)
	key, err := softkey.New(rand.Reader, softkey.Defaults())
	must(h.TB, err)
	response, err := key.Create(touch.Options, Origin)
	must(h.TB, err)
	h.keys[s.Account] = key
	return desk.Answer{Challenge: touch.ID, Response: response}
}

// Recovered takes an account through the whole of self-service.
func (h *House) Recovered(account string, code codes.Code) recovery.Ticket {
	h.TB.Helper()
	s := h.Recovering(account, code)
	_, err := h.Desk.Enrol(h.TB.Context(), s, Guest.IP, "New passkey", h.NewPasskey(s))
	must(h.TB, err)
	t, err := h.Store.View().Ticket(h.TB.Context(), s.Ticket)
	must(h.TB, err)
	return t
}

// StopLink makes a stop link of a ticket, as each message to its holder has one,
// and answers its token.
func (h *House) StopLink(ticket string) (token string) {
	h.TB.Helper()
	t, err := h.Store.View().Ticket(h.TB.Context(), ticket)
	must(h.TB, err)
	token, err = codes.NewToken(rand.Reader)
	must(h.TB, err)
	h.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddStop(ctx, store.Stop{TokenHash: codes.HashToken("stop", token), Ticket: ticket, Account: t.Account,
			Address: t.Account + "-mail-1", Made: tx.Now(), Ends: tx.Now() + StopLife + recovery.Day})
	})
	return token
}
