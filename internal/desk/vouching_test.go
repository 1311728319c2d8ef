package desk_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// managed makes a manager of an account.
func managed(by string) func(*recovery.Account) {
	return func(a *recovery.Account) { a.Manager = by }
}

// asks invites a person to vouch and answers the token of the link.
func asks(t *testing.T, h *desktest.House, agent desk.Actor, k recovery.Ticket, person string) string {
	t.Helper()
	ok(t, h.Desk.AskVoucher(t.Context(), agent, k.Reference, "person", person))
	return h.VouchLink()
}

// says answers an invitation with the voucher's own passkey.
func says(t *testing.T, h *desktest.House, who desk.Actor, token string, w desk.Word) error {
	t.Helper()
	touch, err := h.Desk.BeginVouch(t.Context(), who, token, w)
	if err != nil {
		return err
	}
	return h.Desk.Vouch(t.Context(), who, token, desk.Answer{Challenge: touch.ID, Response: h.Touch(who.Account, touch.Options)})
}

var sure = desk.Word{Word: recovery.WordVouch, How: recovery.InTheRoom, Note: "She sits beside me"}

func TestR23_AVoucherGivesTheirWord(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		h.Voucher("mia")
		mia, _ := holderIn(t, h, "mia")
		t.Run("the invitation goes to the directory's address, the word is signed and passes the step", func(t *testing.T) {
			k, _ := h.AtPerson(agent, "ana", managed("mia"))
			token := asks(t, h, agent, k, "mia")
			if m := h.LastMail(); m.To != "mia@one.example" || strings.Contains(m.Text, "ana") || strings.Contains(m.Subject, "ana") {
				t.Errorf("to %s: %s", m.To, m.Text)
			}
			ok(t, says(t, h, mia, token, sure))
			p := proofsOf(t, h, k.ID)
			last := p[len(p)-1]
			if last.Method != recovery.ByVoucher || last.Group != recovery.GroupPerson || last.Channel != "person:mia" || !strings.Contains(last.Note, "in the room") {
				t.Errorf("%+v", last)
			}
			all, err := h.Store.View().Vouchings(t.Context(), k.ID)
			if err != nil || len(all) != 1 || all[0].Word != recovery.WordVouch || all[0].Signature.Signature == "" || !strings.Contains(all[0].Signature.Statement, "how: in-the-room") {
				t.Errorf("%+v, %v", all, err)
			}
			if kinds(t, h, recovery.VouchSaid) != 1 {
				t.Error("the word is not on record")
			}
			refused(t, says(t, h, mia, token, sure), "link-used")
		})
		t.Run("one answer sent eight times is one word", func(t *testing.T) {
			k, _ := h.AtPerson(agent, "ben", managed("mia"))
			token := asks(t, h, agent, k, "mia")
			touch, err := h.Desk.BeginVouch(t.Context(), mia, token, sure)
			ok(t, err)
			answer := desk.Answer{Challenge: touch.ID, Response: h.Touch("mia", touch.Options)}
			if won := race(8, func(int) error { return h.Desk.Vouch(t.Context(), mia, token, answer) }); won != 1 {
				t.Errorf("%d answers were taken", won)
			}
			if n := len(proofsOf(t, h, k.ID)); n != 3 {
				t.Errorf("%d proofs", n)
			}
		})
		t.Run("\"I do not know\" leaves the step open, and somebody else may be asked", func(t *testing.T) {
			k, _ := h.AtPerson(agent, "cleo", managed("mia"))
			ok(t, says(t, h, mia, asks(t, h, agent, k, "mia"), desk.Word{Word: recovery.WordUnknown}))
			if now := ticketNow(t, h, k.ID); now.State != recovery.Proofing || len(proofsOf(t, h, k.ID)) != 2 {
				t.Errorf("%s with %d proofs", now.State, len(proofsOf(t, h, k.ID)))
			}
		})
		t.Run("\"this is wrong\" fails the run and alerts security", func(t *testing.T) {
			k, _ := h.AtPerson(agent, "dora", managed("mia"))
			before := len(h.Mails())
			ok(t, says(t, h, mia, asks(t, h, agent, k, "mia"), desk.Word{Word: recovery.WordWrong, Note: "She is on a plane"}))
			if now := ticketNow(t, h, k.ID); now.State != recovery.Failed || !strings.HasSuffix(now.Outcome, "voucher-denied") {
				t.Errorf("%s, %q", now.State, now.Outcome)
			}
			alerts := 0
			for _, m := range h.Mails()[before:] {
				if strings.HasPrefix(m.Subject, "Security alert") {
					alerts++
				}
			}
			if alerts != 2 { // the two administrators of this house
				t.Errorf("%d alerts", alerts)
			}
		})
		h.Verify()
	})
}

func TestR23_WhoIsAsked(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		h.Voucher("mia")
		h.Voucher("col", managed("mia"))
		h.Account("nokey")
		ask := func(k recovery.Ticket, person string) error {
			return h.Desk.AskVoucher(ctx, agent, k.Reference, "person", person)
		}
		t.Run("manager and colleagues of the directory are offered, nobody else can be named", func(t *testing.T) {
			k, _ := h.AtPerson(agent, "ana", managed("mia"))
			p, err := h.Desk.TicketPage(ctx, agent, k.Reference)
			ok(t, err)
			var names []string
			for _, c := range p.Methods.Candidates {
				if c.Refusal == nil {
					names = append(names, c.Person.ID+" "+string(c.Relation))
				}
			}
			if strings.Join(names, ", ") != "mia manager, col colleague" {
				t.Errorf("%v", names)
			}
			for _, who := range []string{"stranger", "agent", "ana", "nokey", "mia@one.example", ""} {
				refused(t, ask(k, who), "voucher-unknown")
			}
			ok(t, ask(k, "col"))
		})
		t.Run("a contractor's sponsor vouches and no colleague", func(t *testing.T) {
			k, secret := h.ClaimedBroken(agent, "con", func(a *recovery.Account) { a.Population, a.Manager = recovery.Contractor, "mia" })
			h.Step(agent, k, secret, "code")
			h.Step(agent, k, secret, "second")
			refused(t, h.Desk.AskVoucher(ctx, agent, k.Reference, "voucher", "col"), "voucher-unknown")
			ok(t, h.Desk.AskVoucher(ctx, agent, k.Reference, "voucher", "mia"))
		})
		t.Run("a manager without a passkey, and one who reports to the holder, are refused", func(t *testing.T) {
			k, _ := h.AtPerson(agent, "ben", managed("nokey"))
			refused(t, ask(k, "nokey"), "voucher-level")
			h.Voucher("under")
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				for person, boss := range map[string]string{"under": "between", "between": "cleo"} {
					if err := tx.SavePerson(ctx, recovery.Person{ID: person, Name: person, Manager: boss, FirstSeen: tx.Now() - desktest.OldAddressLife}); err != nil {
						return err
					}
				}
				return nil
			})
			k, _ = h.AtPerson(agent, "cleo", managed("under"))
			refused(t, ask(k, "under"), "voucher-reports")
		})
		t.Run("an agent of the ticket, and one whose account was recovered lately, are refused", func(t *testing.T) {
			h.Voucher("agent")
			k, _ := h.AtPerson(agent, "dora", managed("agent"))
			refused(t, ask(k, "agent"), "voucher-part")
			h.Account("late")
			h.Recovered("late", h.Codes("late")[0])
			h.Clock.Add(desktest.UnknownBrowserHold) // its assurance is back, the recovery is still fresh
			k, _ = h.AtPerson(agent, "eva", managed("late"))
			refused(t, ask(k, "late"), "voucher-recovered")
		})
		t.Run("three words within 30 days are enough", func(t *testing.T) {
			h.Voucher("busy")
			busy, _ := holderIn(t, h, "busy")
			for _, id := range []string{"f1", "f2", "f3"} {
				k, _ := h.AtPerson(agent, id, managed("busy"))
				ok(t, says(t, h, busy, asks(t, h, agent, k, "busy"), sure))
			}
			k, _ := h.AtPerson(agent, "f4", managed("busy"))
			refused(t, ask(k, "busy"), "voucher-often")
			h.Clock.Add(30*recovery.Day + recovery.Second)
			k, _ = h.AtPerson(agent, "f5", managed("busy"))
			ok(t, ask(k, "busy"))
		})
	})
}

func TestVouchRefusals(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		h.Voucher("mia")
		h.Voucher("eve")
		mia, _ := holderIn(t, h, "mia")
		eve, _ := holderIn(t, h, "eve")
		begun := func(t *testing.T, account string) (recovery.Ticket, string, desk.Touch) {
			t.Helper()
			k, _ := h.AtPerson(agent, account, managed("mia"))
			token := asks(t, h, agent, k, "mia")
			touch, err := h.Desk.BeginVouch(ctx, mia, token, sure)
			ok(t, err)
			return k, token, touch
		}
		answer := func(touch desk.Touch, key string) desk.Answer {
			return desk.Answer{Challenge: touch.ID, Response: h.Touch(key, unlisted(t, touch.Options))}
		}
		t.Run("a stranger with the link reads that there is a question and no more", func(t *testing.T) {
			_, token, _ := begun(t, "ana")
			p, err := h.Desk.VouchPage(ctx, anyone, token)
			if err != nil || !p.SignIn || p.Account.ID != "" || p.Ticket.ID != "" {
				t.Errorf("%+v, %v", p, err)
			}
			_, err = h.Desk.VouchPage(ctx, eve, token)
			refused(t, err, "vouch-other")
			_, err = h.Desk.BeginVouch(ctx, eve, token, sure)
			refused(t, err, "vouch-other")
			_, err = h.Desk.BeginVouch(ctx, anyone, token, sure)
			refused(t, err, "vouch-other")
		})
		t.Run("reading spends nothing (B18)", func(t *testing.T) {
			_, token, touch := begun(t, "bea")
			for range 3 {
				_, err := h.Desk.VouchPage(ctx, mia, token)
				ok(t, err)
			}
			ok(t, h.Desk.Vouch(ctx, mia, token, answer(touch, "mia")))
		})
		t.Run("somebody else's passkey signs nothing", func(t *testing.T) {
			_, token, touch := begun(t, "ben")
			refused(t, h.Desk.Vouch(ctx, mia, token, answer(touch, "eve")), "key-unknown-key")
		})
		t.Run("a challenge of another question, or of another session, is none", func(t *testing.T) {
			_, _, other := begun(t, "cleo")
			_, token, touch := begun(t, "cloe")
			refused(t, h.Desk.Vouch(ctx, mia, token, answer(other, "mia")), "touch-spent")
			again, _ := holderIn(t, h, "mia")
			refused(t, h.Desk.Vouch(ctx, again, token, answer(touch, "mia")), "touch-spent")
		})
		t.Run("a key without user verification signs nothing", func(t *testing.T) {
			_, token, touch := begun(t, "dora")
			key := h.Key("mia")
			key.UserVerified = false
			defer func() { key.UserVerified = true }()
			refused(t, h.Desk.Vouch(ctx, mia, token, answer(touch, "mia")), "key-user-not-verified")
		})
		t.Run("a word without saying how is none", func(t *testing.T) {
			_, token, _ := begun(t, "eli")
			_, err := h.Desk.BeginVouch(ctx, mia, token, desk.Word{Word: recovery.WordVouch})
			refused(t, err, "how-missing")
			_, err = h.Desk.BeginVouch(ctx, mia, token, desk.Word{})
			refused(t, err, "word-missing")
		})
		t.Run("an invitation is dead on the microsecond it ends, and when another was sent", func(t *testing.T) {
			k, token, touch := begun(t, "fay")
			given := answer(touch, "mia")
			all, err := h.Store.View().Vouchings(ctx, k.ID)
			ok(t, err)
			h.Clock.Add(recovery.ChallengeLife / 2)
			second := asks(t, h, agent, k, "mia")
			refused(t, h.Desk.Vouch(ctx, mia, token, given), "link-used")
			h.Clock.Add(all[0].Ends - all[0].Made)
			_, err = h.Desk.VouchPage(ctx, mia, second)
			refused(t, err, "link-ended")
		})
		t.Run("a word for a run that started over is none (B5)", func(t *testing.T) {
			k, token, touch := begun(t, "gus")
			given := answer(touch, "mia")
			_, err := h.Desk.ReleaseClaim(ctx, agent, k.Reference, "another browser")
			ok(t, err)
			refused(t, h.Desk.Vouch(ctx, mia, token, given), "link-ended")
		})
		t.Run("the statement that was frozen is the one that counts", func(t *testing.T) {
			_, token, touch := begun(t, "hal")
			h.SQL(func(tx *sql.Tx) {
				if _, err := tx.ExecContext(ctx, `UPDATE accounts SET name = 'Hal the Second' WHERE id = 'hal'`); err != nil {
					t.Error(err)
				}
			})
			refused(t, h.Desk.Vouch(ctx, mia, token, answer(touch, "mia")), "request-changed")
		})
		t.Run("for a privileged account the key must be one that cannot be copied", func(t *testing.T) {
			h.Voucher("syn")
			synced(t, h, "syn")
			if n := bound(t, h, "syn", recovery.Privileged); n != 0 {
				t.Errorf("%d passkeys may vouch for a privileged account", n)
			}
			if n := bound(t, h, "mia", recovery.Privileged); n != 1 {
				t.Errorf("%d device-bound passkeys", n)
			}
		})
		h.Verify()
	})
}

// bound is how many passkeys of an account may vouch for a population.
func bound(t *testing.T, h *desktest.House, account string, p recovery.Population) int {
	t.Helper()
	all, err := h.Store.View().Factors(t.Context(), account)
	ok(t, err)
	return desk.VouchingKeys(all, p)
}
