package desk_test

import (
	"strconv"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// ownerCalls is the form of the real owner, from her own number.
func ownerCalls(account string) desk.NewTicket {
	in := desktest.DeviceLoss(account)
	in.Source = "+44 1632 960001"
	return in
}

// mailsAbout lists the subjects of the queued mails to a part of an address.
func mailsAbout(h *desktest.House, to, subject string) (n int) {
	for _, m := range h.Mails() {
		if strings.Contains(m.To, to) && strings.Contains(m.Subject, subject) {
			n++
		}
	}
	return n
}

func TestR13_S1_ASocialEngineerCallsTwice(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent, second := h.Found(), h.Staff("second", recovery.Agent)
		first, _ := h.Claimed(agent, "ana")
		t.Run("a step that is not open cannot be failed, and words are needed", func(t *testing.T) {
			refused(t, h.Desk.FailProofing(t.Context(), agent, first.Reference, " "), "text-missing")
		})
		ok(t, h.Desk.FailProofing(t.Context(), agent, first.Reference, "Could not read any of her mailboxes"))
		t.Run("the case ends failed; the holder is told at every address, and security", func(t *testing.T) {
			if s := h.State(first.ID); s != recovery.Failed {
				t.Fatalf("the ticket is %s", s)
			}
			if n := mailsAbout(h, "ana@", "failed"); n != 2 {
				t.Errorf("%d failure notices to her, want both addresses", n)
			}
			if n := mailsAbout(h, "founder-", "Security alert"); n != 2 {
				t.Errorf("%d alerts", n)
			}
			refused(t, h.Desk.FailProofing(t.Context(), agent, first.Reference, "again"), "wrong-state")
		})
		h.Clock.Add(10 * recovery.Minute)
		t.Run("10 minutes later the same number opens with a link to the first and is refused", func(t *testing.T) {
			in := desktest.DeviceLoss("ana")
			in.Source = "020 7946 0999" // the same number without its country
			o, err := h.Desk.CheckTicket(t.Context(), second, in)
			if err != nil || o.Refusal == nil || o.Refusal.Code != "source-cooldown" {
				t.Fatalf("check says %+v, %v", o.Refusal, err)
			}
			if len(o.Linked) != 1 || o.Linked[0].Ticket.ID != first.ID || !o.Linked[0].Bad || o.Linked[0].Step != "A code" || len(o.Linked[0].Why) != 2 {
				t.Errorf("linked %+v", o.Linked)
			}
			_, err = h.Desk.OpenTicket(t.Context(), second, in)
			refused(t, err, "source-cooldown")
		})
		t.Run("the owner from another number gets through, sees the cooldown of nobody, and her ticket is as strict as ever", func(t *testing.T) {
			o, err := h.Desk.CheckTicket(t.Context(), second, ownerCalls("ana"))
			if err != nil || o.Refusal != nil || o.Ruling.Approvers != 1 || len(o.Linked) != 1 || !o.Linked[0].Bad {
				t.Fatalf("check says %+v, %v", o, err)
			}
			k, err := h.Desk.OpenTicket(t.Context(), second, ownerCalls("ana"))
			ok(t, err)
			p, err := h.Desk.TicketPage(t.Context(), second, k.Reference)
			if err != nil || len(p.Linked) != 1 || len(p.Risks) != 0 {
				t.Errorf("the page shows %+v %q, %v", p.Linked, p.Risks, err)
			}
			ok(t, h.Desk.WithdrawTicket(t.Context(), second, k.Reference, "Found it"))
		})
		t.Run("when the cooldown is over the same number proves one level more", func(t *testing.T) {
			h.Clock.Add(20 * recovery.Minute)
			third := h.Staff("third", recovery.Agent)
			k, err := h.Desk.OpenTicket(t.Context(), third, desktest.DeviceLoss("ana"))
			if err != nil || k.Level != recovery.P3 || k.WorkflowVersion != "desk-p3-1" {
				t.Errorf("%s by %s, %v; want P3", k.Level, k.WorkflowVersion, err)
			}
		})
		h.Verify()
	})
}

func TestR13_APrankDoesNotLockTheOwnerOut(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		h.Found()
		h.Account("ana")
		now := h.Clock.Now()
		pranks := 0
		for i := range 6 { // withheld numbers, an agent each time
			agent := h.Staff("agent-"+string(rune('a'+i)), recovery.Agent)
			in := desktest.DeviceLoss("ana")
			in.Source = recovery.Withheld
			k, err := h.Desk.OpenTicket(t.Context(), agent, in)
			if i >= 2 {
				refused(t, err, "source-cooldown")
				continue
			}
			ok(t, err)
			ok(t, h.Desk.FailProofing(t.Context(), agent, k.Reference, "Hung up"))
			pranks++
			h.Clock.Add(31 * recovery.Minute)
		}
		t.Run("withheld numbers are one source, and 24 hours follow two failures", func(t *testing.T) {
			if pranks != 2 || h.Clock.Now()-now > 2*recovery.Hour {
				t.Errorf("%d pranks", pranks)
			}
		})
		t.Run("the owner gets in at once, with one approver", func(t *testing.T) {
			k, err := h.Desk.OpenTicket(t.Context(), h.Staff("kind", recovery.Agent), ownerCalls("ana"))
			if err != nil || k.ApprovalsNeeded != 1 {
				t.Errorf("%d approvers, %v", k.ApprovalsNeeded, err)
			}
		})
		t.Run("her mailbox is not flooded: one opening and one failure notice a day to each address", func(t *testing.T) {
			ok(t, h.Desk.Sweep(t.Context()))
			if a, b := mailsSent(h, "ana@", "asked to recover"), mailsSent(h, "ana@", "failed"); a != 2 || b != 2 {
				t.Errorf("%d opening and %d failure notices", a, b)
			}
		})
		t.Run("security gets one digest a day about what was told to nobody", func(t *testing.T) {
			count := func() int { return kinds(t, h, recovery.UnprovedDigest) }
			if n := count(); n != 1 {
				t.Fatalf("%d digests", n)
			}
			if m := h.LastMail(); !strings.Contains(m.To, "founder-") || !strings.Contains(m.Text, "account ana: tickets without a proof: 1") {
				t.Errorf("to %s:\n%s", m.To, m.Text)
			}
			for day, want := range []int{1, 2, 2} { // the second day has her own unproved ticket
				ok(t, h.Desk.Sweep(t.Context()))
				if n := count(); n != want {
					t.Errorf("%d digests on day %d, want %d", n, day, want)
				}
				h.Clock.Add(recovery.Day)
			}
		})
		t.Run("her codes work all the time", func(t *testing.T) {
			h.Account("bo")
			agent := h.Staff("other", recovery.Agent)
			k, err := h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("bo"))
			ok(t, err)
			ok(t, h.Desk.FailProofing(t.Context(), agent, k.Reference, "Hung up"))
			h.Recovered("bo", h.Codes("bo")[0])
		})
		h.Verify()
	})
}

// mailsSent counts the mails that are not held back.
func mailsSent(h *desktest.House, to, subject string) (n int) {
	held := map[string]bool{}
	for _, m := range h.HeldMails() {
		held[m.ID] = true
	}
	for _, m := range h.Mails() {
		if !held[m.ID] && strings.Contains(m.To, to) && strings.Contains(m.Subject, subject) {
			n++
		}
	}
	return n
}

func TestR13_S13_AnotherTicketTakesNoProofAlong(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		k, secret := h.Claimed(agent, "ana")
		h.Step(agent, k, secret, "code")
		h.Step(agent, k, secret, "second")
		ok(t, h.Desk.FailProofing(t.Context(), agent, k.Reference, "No camera, and he got loud"))
		t.Run("the cooldown of the first is the account's", func(t *testing.T) {
			_, err := h.Desk.OpenTicket(t.Context(), agent, ownerCalls("ana"))
			refused(t, err, "cooldown")
		})
		h.Clock.Add(h.Desk.Policy.Stricter.CooldownFirst.Micros)
		again, err := h.Desk.OpenTicket(t.Context(), agent, ownerCalls("ana"))
		ok(t, err)
		t.Run("proofs begin anew, and approver and reviewer read why it is stricter", func(t *testing.T) {
			p, err := h.Desk.TicketPage(t.Context(), agent, again.Reference)
			if err != nil || len(p.Evidence) != 0 || p.N != 1 || again.ApprovalsNeeded != 2 || !strings.Contains(strings.Join(p.Risks, " "), "failed or was stopped") {
				t.Errorf("%d proofs, step %d, %d approvers, %q, %v", len(p.Evidence), p.N, again.ApprovalsNeeded, p.Risks, err)
			}
		})
	})
}

func TestR15_WhoSignedInVainDoesNotSignAgain(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		approver := h.Staff("approver", recovery.Approver)
		h.Group("founder-3", recovery.SecurityGroup)
		h.Account("ana")
		k, a := h.Asked("ana", agent)
		_, err := h.Sign(approver, a.ID, recovery.Approve)
		ok(t, err)
		h.SQLExec(`UPDATE tickets SET state = 'failed', state_since = ` + strconv.FormatInt(h.Clock.Now(), 10) + ` WHERE id = '` + k.ID + `'`)
		_, b := h.Asked("ana", agent)
		_, err = h.Sign(approver, b.ID, recovery.Approve)
		refused(t, err, "signed-in-vain")
		_, err = h.Sign(desk.Actor{Kind: desk.StaffAct, Person: "founder-3"}, b.ID, recovery.Approve)
		ok(t, err)
	})
}

func TestR13_NotPossibleIsCounted(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		for _, account := range []string{"ana", "bo"} {
			k, secret := h.Claimed(agent, account)
			h.Step(agent, k, secret, "code")
			h.Step(agent, k, secret, "second")
			ok(t, h.Desk.NotPossible(t.Context(), agent, k.Reference, "person", recovery.ByVideo, "no camera"))
		}
		p, err := h.Desk.PersonPage(t.Context(), desk.Actor{Kind: desk.StaffAct, Person: "founder-1"}, "agent")
		if err != nil || p.NotPossible != 2 {
			t.Errorf("%d counted, %v", p.NotPossible, err)
		}
	})
}

func TestLinkedAttempts(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		other := h.Staff("other", recovery.Agent)
		words := "He says he is the assistant and that the board is waiting"
		open := func(agent desk.Actor, account, source, reason string) recovery.Ticket {
			h.Account(account)
			in := desktest.DeviceLoss(account)
			in.Source, in.Reason = source, reason
			k, err := h.Desk.OpenTicket(t.Context(), agent, in)
			ok(t, err)
			return k
		}
		links := func(k recovery.Ticket) []desk.Linked {
			p, err := h.Desk.TicketPage(t.Context(), agent, k.Reference)
			ok(t, err)
			return p.Linked
		}
		first := open(agent, "ana", "+44 20 7946 0999", words)
		t.Run("the same number on another account", func(t *testing.T) {
			l := links(open(other, "bo", "020 7946 0999", "Something else altogether, quite long"))
			if len(l) != 1 || l[0].Ticket.ID != first.ID || l[0].Why[0] != desk.BySource || l[0].Bad {
				t.Errorf("linked %+v", l)
			}
		})
		t.Run("the same words of the same agent", func(t *testing.T) {
			l := links(open(agent, "cleo", "withheld", strings.ToUpper(words)))
			if len(l) != 1 || l[0].Why[0] != desk.ByText {
				t.Errorf("linked %+v", l)
			}
		})
		t.Run("withheld numbers of different accounts, and words of different agents, are nothing in common", func(t *testing.T) {
			if l := links(open(other, "dora", "withheld", words)); len(l) != 0 {
				t.Errorf("linked %+v", l)
			}
		})
		t.Run("after 30 days nothing is linked", func(t *testing.T) {
			h.Clock.Add(h.Desk.Policy.Stricter.Repeat.Micros + recovery.Second)
			if l := links(open(other, "eva", "+44 20 7946 0999", "Something else altogether, quite long")); len(l) != 0 {
				t.Errorf("linked %+v", l)
			}
		})
	})
}

func TestR6_NoAddressChangesWhileATicketIsOpen(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		must(importAs(t, h, founder1, header+"ana,Ana Ruiz,ana@one.example,ana@two.example,,standard,,\n"))
		h.Passkey("ana")
		h.Clock.Add(40 * recovery.Day)
		k, err := h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("ana"))
		ok(t, err)
		const moved = header + "ana,Ana Ruiz,ana@three.example,ana@two.example,,standard,,\n"
		r, err := importAs(t, h, founder1, moved)
		if err == nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Text, k.Reference) {
			t.Errorf("imported: %v, %+v", err, r.Problems)
		}
		ok(t, h.Desk.WithdrawTicket(t.Context(), agent, k.Reference, "Found it"))
		must(importAs(t, h, founder1, moved))
	})
}
