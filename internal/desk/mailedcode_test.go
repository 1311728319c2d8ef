package desk_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// askMail asks for a code by mail on the public pages and lets the worker send it;
// digits are "" when nothing was sent.
func askMail(t *testing.T, h *desktest.House, account string, from desk.Actor) (secret, digits, to string) {
	t.Helper()
	h.Work()
	secret, err := h.Desk.AskMailCode(t.Context(), from, account, desktest.LostAndLocked)
	ok(t, err)
	j, err := h.Desk.ClaimJob(t.Context(), "worker")
	ok(t, err)
	ok(t, h.Desk.MailCode(t.Context(), j))
	for _, m := range h.Mails() {
		if strings.Contains(m.Subject, "Your code") {
			digits, to = regexp.MustCompile(`\d{4} ?\d{4}`).FindString(m.Text), m.To
		}
	}
	return secret, digits, to
}

// The other pair of P1: a mailed code and the password, walked on the public pages
// as the policy's row offers it (SP 800-63B-4 §4.2.2.2).
func TestR11_SelfServiceByMailedCode(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	from := func(net string) desk.Actor { return desk.Actor{Kind: desk.Stranger, IP: net} }
	give := func(who desk.Actor, secret, digits string) error {
		return h.Desk.PresentMailCode(ctx, who, secret, digits, "")
	}
	t.Run("code and password recover the account, the code's mailbox does not carry the notice", func(t *testing.T) {
		h.Account("ana")
		h.Codes("ana")
		secret, digits, _ := askMail(t, h, "ana", desktest.Guest)
		if n := len(ticketsOf(t, h, "ana")); n != 0 {
			t.Fatalf("%d tickets before anything was proved", n)
		}
		ok(t, give(desktest.Guest, secret, digits))
		ok(t, give(desktest.Guest, secret, digits)) // sent again: the same attempt
		k := ticketsOf(t, h, "ana")
		if len(k) != 1 || k[0].Way != "issued" || k[0].Artefact != recovery.SentCode || k[0].Level != recovery.P1 || !k[0].Self() {
			t.Fatalf("%+v", k)
		}
		ok(t, h.Desk.PresentPassword(ctx, desktest.Guest, secret, desktest.Password))
		p := proofsOf(t, h, k[0].ID)
		if len(p) != 2 || p[0].Method != recovery.ByMailCode || p[0].Group != recovery.GroupMailbox || p[1].Group != recovery.GroupMemory {
			t.Fatalf("%+v", p)
		}
		h.Work()
		token, err := h.Desk.StartRecovery(ctx, desktest.Guest, secret)
		ok(t, err)
		s, err := h.Desk.Session(ctx, desk.RecoverySession, token)
		ok(t, err)
		_, err = h.Desk.Enrol(ctx, s, desktest.Guest.IP, "New passkey", h.NewPasskey(s))
		ok(t, err)
		a, err := h.Store.View().Account(ctx, "ana")
		ok(t, err)
		if a.Hold <= h.Clock.Now() {
			t.Error("an unknown browser costs no hold (R41)")
		}
		if set, err := h.Store.View().CodeSets(ctx, "ana"); err != nil || set[0].Retired == 0 {
			t.Errorf("the code set lives: %+v, %v", set, err)
		}
	})
	t.Run("whatever is wrong is said in the same words, and an unknown name costs the same", func(t *testing.T) {
		h.Account("ben")
		h.Account("cora", func(a *recovery.Account) { a.Population = recovery.Contractor })
		secret, digits, _ := askMail(t, h, "ben", from("10.2.1.1"))
		other, _, _ := askMail(t, h, "ben", from("10.2.2.1"))
		unknown, none, _ := askMail(t, h, "nobody-at-all", from("10.2.3.1"))
		row, alsoNone, _ := askMail(t, h, "cora", from("10.2.4.1"))
		if digits == "" || none != "" || alsoNone != "" {
			t.Fatalf("sent %q, %q, %q", digits, none, alsoNone)
		}
		refused(t, give(from("10.2.2.1"), other, digits), "mailed-wrong") // another browser's
		refused(t, give(from("10.2.3.1"), unknown, digits), "mailed-wrong")
		refused(t, give(from("10.2.4.1"), row, digits), "mailed-wrong")
		refused(t, give(from("10.2.5.1"), "", digits), "mailed-wrong")
		refused(t, give(from("10.2.6.1"), secret, "123"), "code-typo")
		h.Clock.Add(desktest.IssuedCodeEmail)
		refused(t, give(from("10.2.7.1"), secret, digits), "mailed-wrong")
		for _, lane := range []recovery.LaneKind{recovery.LaneNarrow, recovery.LaneAccount, recovery.LaneRow} {
			if counted(t, h, lane) == 0 {
				t.Errorf("nothing was counted in lane %s", lane)
			}
		}
	})
	t.Run("five wrong entries kill the browser's code, and asking again does not bring the tries back", func(t *testing.T) {
		h.Account("dora")
		secret, digits, _ := askMail(t, h, "dora", from("10.3.0.1"))
		wrong := "00000000"
		if digits == wrong {
			wrong = "00000001"
		}
		for i := range recovery.IssuedCodeTries {
			refused(t, give(from("10.3."+string(rune('1'+i))+".1"), secret, wrong), "mailed-wrong")
		}
		refused(t, give(from("10.3.9.1"), secret, digits), "mailed-wrong")
		if n := len(ticketsOf(t, h, "dora")); n != 0 {
			t.Errorf("%d tickets", n)
		}
	})
	t.Run("three messages an hour and account, to its addresses in turn", func(t *testing.T) {
		h.Account("eva")
		var to []string
		for i := range 4 {
			_, digits, address := askMail(t, h, "eva", from("10.4."+string(rune('1'+i))+".1"))
			if i == 3 {
				if digits != "" {
					t.Error("a fourth message was sent")
				}
				break
			}
			to = append(to, address)
		}
		if to[0] == to[1] || to[0] != to[2] {
			t.Errorf("sent to %v", to)
		}
	})
	t.Run("where the account has no such path now nothing is sent", func(t *testing.T) {
		agent := h.Found()
		h.Opened(agent, "finn")
		k := ticketsOf(t, h, "finn")[0]
		h.Write(func(ctx context.Context, tx *store.Tx) error {
			next := k
			next.State = recovery.Frozen
			return tx.SaveTicket(ctx, k, next)
		})
		if _, digits, _ := askMail(t, h, "finn", from("10.5.0.1")); digits != "" {
			t.Error("a stopped account is mailed a code")
		}
		h.Account("gus")
		_, err := h.Raise(h.Security(h.Staff("guard", recovery.Reviewer)))
		ok(t, err)
		if _, digits, _ := askMail(t, h, "gus", from("10.5.1.1")); digits != "" {
			t.Error("a code is mailed in raised-threat mode")
		}
		if w, err := h.Desk.PublicWays(ctx); err != nil || !w.Closed || !w.Mailed || !w.Backup {
			t.Errorf("%+v, %v", w, err)
		}
	})
	h.Verify()
}

// Whoever knows a name asks for codes on the public pages as often as they are sent.
func TestR39_CodesThatStrangersAskForTakeNoneFromTheDesk(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		k, secret := h.Claimed(agent, "ana")
		for _, ip := range []string{"10.4.1.1", "10.4.2.1", "10.4.3.1"} {
			_, digits, _ := askMail(t, h, "ana", desk.Actor{Kind: desk.Stranger, IP: ip})
			if digits == "" {
				t.Fatal("nothing was sent")
			}
		}
		if k = ticketsOf(t, h, "ana")[0]; k.State != recovery.Proofing {
			t.Fatalf("the ticket is %s", k.State)
		}
		ok(t, h.Desk.SendCode(t.Context(), agent, k.Reference, "code", recovery.ByMailCode, "ana-mail-1"))
		ok(t, h.Desk.EnterCode(t.Context(), desktest.Guest, secret, h.Code(k.ID)))
		h.Verify()
	})
}

// offRecord ends an address of the account.
func offRecord(t *testing.T, h *desktest.House, account, value string) {
	t.Helper()
	all := must(h.Store.View().Addresses(t.Context(), account))
	i := slices.IndexFunc(all, func(a recovery.Address) bool { return a.Value == value })
	if i < 0 {
		t.Fatalf("%s has no address %s", account, value)
	}
	h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.EndAddress(ctx, all[i].ID, tx.Now()) })
}

// Whoever reads a mailbox that was taken off the record meanwhile proves nothing with
// the code that waits in it.
func TestR16_AMailedCodeDiesWithItsAddress(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		third := recovery.Address{ID: "ana-mail-3", Account: "ana", Kind: recovery.Mail, Value: "ana@three.example", FirstSeen: h.Clock.Now() - recovery.Day, Baseline: h.Clock.Now() - recovery.Day}
		h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.AddAddress(ctx, third) })
		secret, digits, to := askMail(t, h, "ana", desktest.Guest)
		offRecord(t, h, "ana", to)
		refused(t, h.Desk.PresentMailCode(t.Context(), desktest.Guest, secret, digits, ""), "mailed-wrong")
		if n := len(ticketsOf(t, h, "ana")); n != 0 {
			t.Errorf("%d tickets", n)
		}
		h.Verify()
	})
}

func TestR16_ThePairFallsWithItsMailbox(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Account("ana")
		secret, digits, to := askMail(t, h, "ana", desktest.Guest)
		ok(t, h.Desk.PresentMailCode(t.Context(), desktest.Guest, secret, digits, ""))
		ok(t, h.Desk.PresentPassword(t.Context(), desktest.Guest, secret, desktest.Password))
		h.Work()
		offRecord(t, h, "ana", to)
		_, err := h.Desk.StartRecovery(t.Context(), desktest.Guest, secret)
		refused(t, err, "code-over")
		h.Verify()
	})
}
