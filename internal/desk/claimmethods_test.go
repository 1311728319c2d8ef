package desk_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func TestBackupCodeAtTheDesk(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		enter := func(secret, code string) error { return h.Desk.EnterBackupCode(ctx, anyone, secret, code) }
		t.Run("typed in the claimed browser it is one proof, and spent", func(t *testing.T) {
			k, secret := h.ClaimedBroken(agent, "ana")
			all := h.Codes("ana")
			code := all[0].String()
			if won := race(8, func(int) error { return enter(secret, code) }); won != 1 {
				t.Errorf("%d entries were taken", won)
			}
			p := proofsOf(t, h, k.ID)
			if len(p) != 1 || p[0].Method != recovery.ByBackupCode || p[0].Group != recovery.GroupPaper || p[0].Step != "code" {
				t.Errorf("%+v", p)
			}
			if n := spentCodes(t, h, "ana"); n != 1 {
				t.Errorf("%d codes are spent", n)
			}
			refused(t, enter(secret, all[1].String()), "method-spent")
		})
		t.Run("a mailed code is the second code, and the other way round", func(t *testing.T) {
			k, secret := h.ClaimedBroken(agent, "ben")
			ok(t, enter(secret, h.Codes("ben")[0].String()))
			h.Prove(agent, k, secret, "second", recovery.ByMailCode)
			k, secret = h.ClaimedBroken(agent, "bea")
			h.Prove(agent, k, secret, "code", recovery.ByMailCode)
			ok(t, enter(secret, h.Codes("bea")[0].String()))
			if n := len(proofsOf(t, h, k.ID)); n != 2 {
				t.Errorf("%d proofs", n)
			}
		})
		t.Run("typing mistakes cost no try, five wrong codes fail the run and count for the account", func(t *testing.T) {
			k, secret := h.ClaimedBroken(agent, "cleo")
			good := h.Codes("cleo")[0].String()
			refused(t, enter(secret, "K7QP2"), "code-malformed")
			refused(t, enter(secret, good[:len(good)-1]+other(good[len(good)-1:])), "code-typo")
			if n, _ := h.Store.View().Tries(ctx, k.ID, string(recovery.ByBackupCode)); n != 0 {
				t.Errorf("%d tries", n)
			}
			for range recovery.IssuedCodeTries {
				h.Clock.Add(recovery.Minute) // the lane of this browser opens again
				refused(t, enter(secret, stray(t).String()), "wrong-code")
			}
			if now := ticketNow(t, h, k.ID); now.State != recovery.Failed {
				t.Errorf("%s", now.State)
			}
			if row := rowOf(t, h, "c:code:cleo"); row.Fails != recovery.IssuedCodeTries {
				t.Errorf("%d failures in a row", row.Fails)
			}
		})
		t.Run("a code of another account, a spent and a retired one are wrong (B3, B5)", func(t *testing.T) {
			_, secret := h.ClaimedBroken(agent, "dora")
			h.Account("dana")
			old := h.Codes("dora")[0].String()
			refused(t, enter(secret, h.Codes("dana")[0].String()), "wrong-code")
			ok(t, h.Desk.RetireCodes(ctx, "dora", "test"))
			h.Codes("dora")
			refused(t, enter(secret, old), "wrong-code")
		})
		t.Run("no other browser types it, and no account without codes is offered it", func(t *testing.T) {
			refused(t, enter(stranger(t), stray(t).String()), "no-claim")
			_, secret := h.ClaimedBroken(agent, "eli")
			refused(t, enter(secret, stray(t).String()), "channel-struck")
		})
		t.Run("for a privileged account it is a further proof only", func(t *testing.T) {
			k, secret := h.ClaimedBroken(agent, "priv", func(a *recovery.Account) { a.Population = recovery.Privileged })
			code := h.Codes("priv")[0].String()
			refused(t, enter(secret, code), "codes-second-only")
			if n := len(proofsOf(t, h, k.ID)); n != 0 {
				t.Errorf("%d proofs", n)
			}
		})
		h.Verify()
	})
}

func TestKeyInTheClaimedBrowser(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		// open is a claimed ticket whose open step asks for a key of the account.
		open := func(t *testing.T, account string) (recovery.Ticket, string) {
			t.Helper()
			h.Desk.Flows["key"] = keyFirst
			k, secret := h.ClaimedBroken(agent, account)
			h.Passkey(account)
			h.Pin(k.ID, "key-1")
			return k, secret
		}
		begin := func(t *testing.T, secret string) desk.Touch {
			t.Helper()
			touch, err := h.Desk.BeginClaimKey(ctx, secret)
			ok(t, err)
			return touch
		}
		answer := func(touch desk.Touch, key string) desk.Answer {
			return desk.Answer{Challenge: touch.ID, Response: h.Touch(key, unlisted(t, touch.Options))}
		}
		t.Run("one answer sent eight times is one proof", func(t *testing.T) {
			k, secret := open(t, "ana")
			given := answer(begin(t, secret), "ana")
			if won := race(8, func(int) error { return h.Desk.ProveKey(ctx, anyone, secret, given) }); won != 1 {
				t.Errorf("%d answers were taken", won)
			}
			p := proofsOf(t, h, k.ID)
			if len(p) != 1 || p[0].Method != recovery.ByAuthenticator || p[0].Group != recovery.GroupDevice || p[0].Channel != "ana-passkey" {
				t.Errorf("%+v", p)
			}
		})
		t.Run("a challenge of another ticket or browser is none", func(t *testing.T) {
			_, one := open(t, "ben")
			_, two := open(t, "bea")
			touch := begin(t, one)
			refused(t, h.Desk.ProveKey(ctx, anyone, two, answer(touch, "bea")), "touch-spent")
			refused(t, h.Desk.ProveKey(ctx, anyone, stranger(t), answer(touch, "ben")), "no-claim")
			ok(t, h.Desk.ProveKey(ctx, anyone, one, answer(touch, "ben")))
		})
		t.Run("somebody else's key, one without user verification, and one whose counter went back are refused", func(t *testing.T) {
			_, secret := open(t, "cleo")
			h.Account("eve")
			h.Passkey("eve")
			refused(t, h.Desk.ProveKey(ctx, anyone, secret, answer(begin(t, secret), "eve")), "key-unknown-key")
			h.Key("cleo").UserVerified = false
			refused(t, h.Desk.ProveKey(ctx, anyone, secret, answer(begin(t, secret), "cleo")), "key-user-not-verified")
			h.Key("cleo").UserVerified = true
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.UsedFactor(ctx, "cleo-passkey", 1000, tx.Now())
			})
			refused(t, h.Desk.ProveKey(ctx, anyone, secret, answer(begin(t, secret), "cleo")), "key-counter-regression")
		})
		t.Run("a challenge is spent although its answer was refused, and is dead on the microsecond it ends", func(t *testing.T) {
			_, secret := open(t, "dora")
			touch := begin(t, secret)
			refused(t, h.Desk.ProveKey(ctx, anyone, secret, answer(touch, "eve")), "key-unknown-key")
			refused(t, h.Desk.ProveKey(ctx, anyone, secret, answer(touch, "dora")), "touch-spent")
			late := begin(t, secret)
			h.Clock.Add(recovery.ChallengeLife)
			refused(t, h.Desk.ProveKey(ctx, anyone, secret, answer(late, "dora")), "key-expired")
		})
		t.Run("a passkey that may be copied is no key of its own", func(t *testing.T) {
			k, secret := h.ClaimedBroken(agent, "syn")
			h.Passkey("syn")
			synced(t, h, "syn")
			h.Pin(k.ID, "key-1")
			_, err := h.Desk.BeginClaimKey(ctx, secret)
			refused(t, err, "key-none")
		})
		t.Run("a key before its step is refused", func(t *testing.T) {
			_, secret := h.ClaimedBroken(agent, "gus")
			h.Passkey("gus")
			refused(t, h.Desk.ProveKey(ctx, anyone, secret, answer(begin(t, secret), "gus")), "step-order")
		})
		h.Verify()
	})
}

func TestSMSCode(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		send := func(k recovery.Ticket) error {
			return h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.BySMSCode, k.Account+"-phone")
		}
		t.Run("off by default: policy offers none", func(t *testing.T) {
			k, _ := h.ClaimedBroken(agent, "ana")
			refused(t, send(k), "channel-struck")
		})
		h.Desk.Policy.Issued.Gateway = true
		t.Run("policy alone sends nothing without a gateway", func(t *testing.T) {
			k, _ := h.ClaimedBroken(agent, "ben")
			refused(t, send(k), "sms-off")
		})
		h.Desk.Settings.Texts = true
		t.Run("the message binds the code to our host, lives ten minutes, and the code is a proof", func(t *testing.T) {
			k, secret := h.ClaimedBroken(agent, "cleo")
			ok(t, send(k))
			m := h.LastMail()
			code := m.Text[:8]
			if m.To != "+441632960001" || !strings.HasSuffix(m.Text, "\n\n@localhost #"+code) || len(m.Text) > 160 {
				t.Errorf("to %s: %q", m.To, m.Text)
			}
			row, err := h.Store.View().IssuedCode(ctx, k.ID, recovery.BySMSCode.Slot())
			if err != nil || row.Ends-row.Made != 10*recovery.Minute {
				t.Errorf("%d, %v", row.Ends-row.Made, err)
			}
			ok(t, h.Desk.EnterCode(ctx, anyone, secret, code))
			if p := proofsOf(t, h, k.ID); len(p) != 1 || p[0].Method != recovery.BySMSCode || p[0].Group != recovery.GroupNumber {
				t.Errorf("%+v", p)
			}
		})
		t.Run("dead on the microsecond it ends", func(t *testing.T) {
			k, secret := h.ClaimedBroken(agent, "dora")
			ok(t, send(k))
			code := h.LastMail().Text[:8]
			h.Clock.Add(10 * recovery.Minute)
			refused(t, h.Desk.EnterCode(ctx, anyone, secret, code), "code-over")
		})
		t.Run("no code goes to a number that changed lately, or by text to a mailbox", func(t *testing.T) {
			k, _ := h.ClaimedBroken(agent, "eva")
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.AddAddress(ctx, recovery.Address{ID: "eva-new", Account: "eva", Kind: recovery.Phone, Value: "+441632960077", FirstSeen: tx.Now() - recovery.Day})
			})
			for _, address := range []string{"eva-new", "eva-mail-1", "dora-phone"} {
				refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.BySMSCode, address), "address-not-usable")
			}
			refused(t, h.Desk.SendCode(ctx, agent, k.Reference, "code", recovery.ByMailCode, "eva-phone"), "address-not-usable")
		})
		h.Verify()
	})
}

func TestR61_AnAssistantIsNotedAndDecidesNothing(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		ctx := t.Context()
		k, _ := h.ClaimedBroken(agent, "ana")
		note := func(name string, role recovery.AssistantRole) error {
			return h.Desk.NoteAssistant(ctx, agent, k.Reference, name, role)
		}
		refused(t, note(" ", "interpreter"), "assistant-name")
		refused(t, note("Iris Interpreter", "manager"), "assistant-role")
		ok(t, note("Iris Interpreter", "sign-language"))
		p, err := h.Desk.TicketPage(ctx, agent, k.Reference)
		if err != nil || len(p.Methods.Assistants) != 1 || p.Methods.Assistants[0].Name != "Iris Interpreter" {
			t.Errorf("%+v, %v", p.Methods.Assistants, err)
		}
		if len(proofsOf(t, h, k.ID)) != 0 {
			t.Error("an assistant proved something")
		}
		row := newestRow(t, h)
		if row.Entry.Kind != string(recovery.AssistantNoted) || strings.Contains(row.Entry.Data["role"]+row.Entry.Object, "Iris") {
			t.Errorf("%+v", row.Entry)
		}
		for _, n := range []string{"two", "three", "four", "five"} {
			ok(t, note(n, "assistant"))
		}
		refused(t, note("six", "assistant"), "assistants-enough")
		ok(t, h.Desk.WithdrawTicket(ctx, agent, k.Reference, "done"))
		if err := note("seven", "assistant"); err == nil {
			t.Error("a ticket at rest took a note")
		}
	})
}

// unlisted are options that name no key, so that any key of the site answers.
func unlisted(t *testing.T, options json.RawMessage) json.RawMessage {
	t.Helper()
	var o map[string]map[string]any
	ok(t, json.Unmarshal(options, &o))
	delete(o["publicKey"], "allowCredentials")
	return must(json.Marshal(o))
}

// synced makes the passkeys of an account such as may be copied.
func synced(t *testing.T, h *desktest.House, account string) {
	t.Helper()
	h.SQL(func(tx *sql.Tx) {
		_, err := tx.ExecContext(t.Context(), `UPDATE factors SET backup_eligible = 1 WHERE account = $1`, account)
		ok(t, err)
	})
}

// keyFirst is a workflow that begins with a key that is still bound.
var keyFirst = recovery.Workflow{ID: "key", Version: "key-1", Number: 1, Name: "Key first", Level: recovery.P2, Steps: []recovery.Step{
	{ID: "key", Title: "Key", Methods: []recovery.Method{recovery.ByAuthenticator}}, {ID: "code", Title: "Code", Methods: []recovery.Method{recovery.ByMailCode}}}}
