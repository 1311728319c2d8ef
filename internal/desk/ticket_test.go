package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

func refused(t *testing.T, err error, code string) {
	t.Helper()
	var r *recovery.Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Fatalf("got %v, want the refusal %s", err, code)
	}
	if r.Text == "" {
		t.Error("the refusal says nothing")
	}
}

func ticketNow(t *testing.T, h *desktest.House, id string) recovery.Ticket {
	t.Helper()
	k, err := h.Store.View().Ticket(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func proofsOf(t *testing.T, h *desktest.House, id string) []recovery.Evidence {
	t.Helper()
	all, err := h.Store.View().Evidence(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestOpenTicket(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		t.Run("fixes what it is about and tells the holder", func(t *testing.T) {
			k := h.Opened(agent, "ana")
			now := ticketNow(t, h, k.ID)
			if now.State != recovery.Proofing || now.Tier != recovery.Reset || now.Level != recovery.P2 || now.Run != 1 || now.Revision != 1 ||
				now.Due != now.Opened+desktest.ProofFresh || now.Requester != "ana" || now.Lease.Person != "agent" {
				t.Errorf("opened %+v", now)
			}
			notices, err := h.Store.View().NoticesOf(t.Context(), k.ID)
			if err != nil || len(notices) != 2 {
				t.Errorf("%d opening notices, %v; both addresses are told", len(notices), err)
			}
			letters, _ := h.Store.View().Letters(t.Context(), k.ID)
			if len(letters) != 1 || letters[0].Kind != recovery.LetterOpening {
				t.Errorf("letters %v, want one for the number", letters)
			}
		})
		n := 0
		for name, c := range map[string]struct {
			change func(*desk.NewTicket)
			code   string
		}{
			"R8: no event, no ticket":                       {func(n *desk.NewTicket) { n.Event = "" }, "event-missing"},
			"an event the desk does not offer":              {func(n *desk.NewTicket) { n.Event = recovery.DeviceReplacement }, "event-not-offered"},
			"a stolen device":                               {func(n *desk.NewTicket) { n.Facts.Device = recovery.Stolen }, "device-not-safe"},
			"an unlocked device":                            {func(n *desk.NewTicket) { n.Facts.Lock = recovery.Unlocked }, "device-not-safe"},
			"a device of which nobody asked":                {func(n *desk.NewTicket) { n.Facts = recovery.Facts{} }, "device-missing"},
			"no intake channel":                             {func(n *desk.NewTicket) { n.Intake = recovery.BySelf }, "intake-missing"},
			"no number that it came from":                   {func(n *desk.NewTicket) { n.Source = "" }, "source-missing"},
			"a number without digits":                       {func(n *desk.NewTicket) { n.Source = "the usual one" }, "source-missing"},
			"no reason":                                     {func(n *desk.NewTicket) { n.Reason = " " }, "reason-missing"},
			"an account nobody knows":                       {func(n *desk.NewTicket) { n.Account = "nobody" }, "account-unknown"},
			"a requester the directory does not know":       {func(n *desk.NewTicket) { n.Requester = "nobody" }, "person-unknown"},
			"the agent's own request for another's account": {func(n *desk.NewTicket) { n.Requester = "agent" }, "own-request"},
			"text beyond what a form takes":                 {func(n *desk.NewTicket) { n.Reason = strings.Repeat("a", 2001) }, "text-too-long"},
		} {
			t.Run("refuses "+name, func(t *testing.T) {
				n++
				id := fmt.Sprintf("acc-%d", n)
				h.Account(id)
				in := desktest.DeviceLoss(id)
				c.change(&in)
				_, err := h.Desk.OpenTicket(t.Context(), agent, in)
				refused(t, err, c.code)
			})
		}
		t.Run("check before you open says the same and changes nothing", func(t *testing.T) {
			h.Account("dora")
			before := h.LedgerSize()
			o, err := h.Desk.CheckTicket(t.Context(), agent, desktest.DeviceLoss("dora"))
			if err != nil || o.Refusal != nil || o.Ruling.Tier() != recovery.Reset || o.Ruling.Approvers != 1 || o.Usable != 2 {
				t.Errorf("check says %+v, %v", o, err)
			}
			in := desktest.DeviceLoss("dora")
			in.Facts.Device = recovery.Stolen
			if o, err = h.Desk.CheckTicket(t.Context(), agent, in); err != nil || o.Refusal == nil || !strings.Contains(o.Refusal.Next, "Room 12 (Mon–Fri 9–17)") {
				t.Errorf("a stolen device leads to %+v, %v; R60: place and hours are named", o.Refusal, err)
			}
			if h.LedgerSize() != before {
				t.Error("looking wrote to the ledger")
			}
		})
		t.Run("a second open ticket is refused and the first is named", func(t *testing.T) {
			k := h.Opened(agent, "eva")
			_, err := h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("eva"))
			refused(t, err, "already-open")
			o, err := h.Desk.CheckTicket(t.Context(), agent, desktest.DeviceLoss("eva"))
			if err != nil || o.Open == nil || o.Open.ID != k.ID {
				t.Errorf("the open ticket is not shown: %+v, %v", o.Open, err)
			}
		})
		t.Run("R16: an account with fewer than two usable addresses is sent to the desk", func(t *testing.T) {
			h.Account("finn")
			h.Write(func(ctx context.Context, tx *store.Tx) error { return tx.EndAddress(ctx, "finn-mail-2", h.Clock.Now()) })
			_, err := h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("finn"))
			refused(t, err, "two-addresses")
		})
		t.Run("without the role nothing is opened, and the refusal is recorded", func(t *testing.T) {
			h.Account("gero")
			reviewer := desk.Actor{Kind: desk.StaffAct, Person: "founder-4"}
			_, err := h.Desk.OpenTicket(t.Context(), reviewer, desktest.DeviceLoss("gero"))
			refused(t, err, "role-missing")
			if h.Ledger(1)[0] != string(recovery.TicketRefused) {
				t.Error("the refusal is not in the ledger")
			}
		})
		t.Run("two browsers of one agent open one ticket", func(t *testing.T) {
			h.Account("hana")
			won := race(8, func(int) error {
				_, err := h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("hana"))
				return err
			})
			if won != 1 {
				t.Errorf("%d tickets were opened", won)
			}
		})
		h.Verify()
	})
}

// race runs fn n times at once and answers how many succeeded.
func race(n int, fn func(int) error) int {
	start, results := make(chan struct{}), make(chan error, n)
	for i := range n {
		go func() { <-start; results <- fn(i) }()
	}
	close(start)
	won := 0
	for range n {
		if <-results == nil {
			won++
		}
	}
	return won
}

func TestOpenTicketNeedsAHouseThatCanFinish(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	agent := h.Staff("agent", recovery.Agent)
	h.Account("ana")
	_, err := h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("ana"))
	refused(t, err, "not-founded")
	h.Desk.Settings.Demo = true
	if _, err := h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("ana")); err != nil {
		t.Errorf("the demo's seeded staff count: %v", err)
	}
}

func TestR6_ATicketKeepsWhatItWasOpenedWith(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		k, secret := h.Claimed(agent, "ana")
		for _, s := range desktest.DeskSteps() {
			h.Step(agent, k, secret, s)
		}
		now := ticketNow(t, h, k.ID)
		if now.Event != k.Event || now.Facts != k.Facts || now.Intake != k.Intake || now.Tier != k.Tier || now.PolicyVersion != k.PolicyVersion || now.Population != k.Population {
			t.Errorf("the ticket changed from %+v to %+v", k, now)
		}
	})
}

func TestR23_NobodyWorksTheirOwnRecovery(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		other := h.Staff("other", recovery.Agent)
		t.Run("staff are privileged for their own recovery: P3 and two approvers of two groups", func(t *testing.T) {
			h.Account("other")
			in := desktest.DeviceLoss("other")
			in.Facts.Mail = recovery.Elsewhere
			o, err := h.Desk.CheckTicket(t.Context(), agent, in)
			if err != nil || o.Refusal != nil || o.Ruling.Way.Proof != recovery.P3 || o.Ruling.Approvers != 2 || o.Ruling.Groups != 2 {
				t.Errorf("%+v, %v", o.Ruling, err)
			}
			_, err = h.Desk.OpenTicket(t.Context(), other, desktest.DeviceLoss("other"))
			refused(t, err, "own-account")
		})
		t.Run("who signed on a ticket cannot work it", func(t *testing.T) {
			k := h.Opened(agent, "ben")
			h.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.TakePart(ctx, k.ID, "other", desk.PartApprover)
			})
			refused(t, h.Desk.TakeLease(t.Context(), other, k.Reference, "shift change"), "own-approval")
		})
		t.Run("an agent who acts becomes part of the ticket", func(t *testing.T) {
			k, _ := h.Claimed(agent, "cleo")
			if err := h.Desk.TakeLease(t.Context(), other, k.Reference, "shift change"); err != nil {
				t.Fatal(err)
			}
			if err := h.Desk.SendCode(t.Context(), other, k.Reference, "code", recovery.ByMailCode, "cleo-mail-1"); err != nil {
				t.Fatal(err)
			}
			parts, err := h.Store.View().PartsOf(t.Context(), k.ID)
			if err != nil || len(parts) != 2 {
				t.Errorf("parts %v, %v; want both agents", parts, err)
			}
			refused(t, h.Desk.SendCode(t.Context(), agent, k.Reference, "code", recovery.ByMailCode, "cleo-mail-1"), "leased")
		})
	})
}

func TestWhatMakesATicketStricter(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		agent := h.Found()
		t.Run("the same agent within seven days: one more approver", func(t *testing.T) {
			k := h.Opened(agent, "ana")
			if err := h.Desk.WithdrawTicket(t.Context(), agent, k.Reference, "called back later"); err != nil {
				t.Fatal(err)
			}
			k, err := h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("ana"))
			if err != nil || k.ApprovalsNeeded != 2 {
				t.Errorf("%d approvers, %v; want 2", k.ApprovalsNeeded, err)
			}
		})
		t.Run("R13: an earlier run is shown, and a failure after a proof starts a cooldown", func(t *testing.T) {
			k, secret := h.Claimed(agent, "ben")
			h.Step(agent, k, secret, "code")
			for range recovery.PasswordTries {
				_ = h.Desk.EnterPassword(t.Context(), desk.Actor{Kind: desk.Stranger}, secret, "wrong horse")
			}
			if s := ticketNow(t, h, k.ID).State; s != recovery.Failed {
				t.Fatalf("the ticket is %s", s)
			}
			o, err := h.Desk.CheckTicket(t.Context(), agent, desktest.DeviceLoss("ben"))
			if err != nil || len(o.Earlier) != 1 || o.Refusal == nil || o.Refusal.Code != "cooldown" {
				t.Fatalf("check says %+v, %v", o, err)
			}
			h.Clock.Add(h.Desk.Policy.Stricter.CooldownFirst.Micros)
			again, err := h.Desk.OpenTicket(t.Context(), agent, desktest.DeviceLoss("ben"))
			if err != nil || again.ApprovalsNeeded != 2 {
				t.Errorf("after the cooldown: %d approvers, %v; want 2", again.ApprovalsNeeded, err)
			}
		})
		t.Run("a failure before any proof starts none for other callers", func(t *testing.T) {
			k, secret := h.Claimed(agent, "cleo")
			if err := h.Desk.SendCode(t.Context(), agent, k.Reference, "code", recovery.ByMailCode, "cleo-mail-1"); err != nil {
				t.Fatal(err)
			}
			for range recovery.IssuedCodeTries {
				_ = h.Desk.EnterCode(t.Context(), desk.Actor{Kind: desk.Stranger}, secret, wrong(h.Code(k.ID)))
			}
			in := desktest.DeviceLoss("cleo")
			in.Source = "020 7946 0111" // the owner's own number
			o, err := h.Desk.CheckTicket(t.Context(), agent, in)
			if err != nil || o.Refusal != nil || len(o.Earlier) != 1 {
				t.Errorf("check says %+v, %v", o.Refusal, err)
			}
		})
		t.Run("pressure asks for a second approver and tells security", func(t *testing.T) {
			k := h.Opened(agent, "dora")
			for range 2 {
				if err := h.Desk.Pressured(t.Context(), agent, k.Reference); err != nil {
					t.Fatal(err)
				}
			}
			now := ticketNow(t, h, k.ID)
			if now.ApprovalsNeeded != 2 || now.Revision != 2 {
				t.Errorf("%d approvers at revision %d, want 2 at 2: pressing twice is once", now.ApprovalsNeeded, now.Revision)
			}
		})
	})
}

// wrong is a code of 8 digits that is not this one.
func wrong(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return "9" + code[1:]
}
