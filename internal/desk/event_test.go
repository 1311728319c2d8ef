package desk_test

import (
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

func TestR6_S13_AnotherTierIsAnotherTicket(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		agent := h.Found()
		h.Account("ann")
		first := h.Proofed("ann", agent)
		in := desktest.DeviceLoss("ann")
		in.Way = "pass"
		t.Run("not beside the first", func(t *testing.T) {
			_, err := h.Desk.OpenTicket(ctx, agent, in)
			refused(t, err, "already-open")
		})
		t.Run("it starts without proofs, at the row's own approval, and shows the earlier one", func(t *testing.T) {
			ok(t, h.Desk.WithdrawTicket(ctx, agent, first.Reference, "Wants a Pass instead"))
			k, err := h.Desk.OpenTicket(ctx, agent, in)
			ok(t, err)
			if k.Tier != recovery.Pass || k.Artefact != recovery.PassSession || k.ApprovalsNeeded < 1 {
				t.Errorf("%+v", k)
			}
			if n := len(proofsOf(t, h, k.ID)); n != 0 {
				t.Errorf("%d proofs were carried over", n)
			}
			_, err = h.Desk.AskApproval(ctx, agent, k.Reference, "He proved it before")
			if err == nil {
				t.Error("it was asked for approval without proofs")
			}
			p, err := h.Desk.TicketPage(ctx, agent, k.Reference)
			ok(t, err)
			if len(p.Earlier) != 1 || p.Earlier[0].ID != first.ID {
				t.Errorf("earlier %+v", p.Earlier)
			}
		})
	})
}

func TestR8_FactsOfAnEvent(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx := t.Context()
	agent := h.Found()
	h.Account("ann")
	check := func(n desk.NewTicket) (desk.Opening, error) {
		n.Account, n.Intake, n.Source, n.Reason = "ann", recovery.ByPhone, "withheld", "As the caller said"
		return h.Desk.CheckTicket(ctx, agent, n)
	}
	t.Run("a takeover says what is taken and since when", func(t *testing.T) {
		_, err := check(desk.NewTicket{Event: recovery.SuspectedTakeover})
		refused(t, err, "taken-missing")
		_, err = check(desk.NewTicket{Event: recovery.SuspectedTakeover, Facts: recovery.Facts{Taken: recovery.Phished, Since: h.Clock.Now() + recovery.Hour}})
		refused(t, err, "since-ahead")
		o, err := check(desk.NewTicket{Event: recovery.SuspectedTakeover, Facts: recovery.Facts{Taken: recovery.Phished, Since: h.Clock.Now() - recovery.Day, Device: recovery.Lost}})
		ok(t, err)
		if o.In.Facts.Device != "" || o.In.Facts.Since == 0 {
			t.Errorf("facts %+v", o.In.Facts)
		}
	})
	t.Run("a broken sign-in method concerns no device, whatever the form sent", func(t *testing.T) {
		o, err := check(desk.NewTicket{Event: recovery.FactorReset, Facts: recovery.Facts{Device: recovery.Stolen, Lock: recovery.Unlocked}})
		ok(t, err)
		if o.In.Facts != (recovery.Facts{}) || o.Refusal != nil {
			t.Errorf("%+v %+v", o.In.Facts, o.Refusal)
		}
	})
	t.Run("a row with several ways lists them, one without names where to go", func(t *testing.T) {
		o, err := check(desk.NewTicket{Event: recovery.DeviceLoss, Facts: recovery.Facts{Device: recovery.Lost, Lock: recovery.Locked}})
		ok(t, err)
		if len(o.Ways) != 2 {
			t.Errorf("%d ways", len(o.Ways))
		}
		for _, e := range []recovery.EventID{recovery.DeviceReplacement, recovery.ServiceAccountFallback} {
			o, err := check(desk.NewTicket{Event: e})
			ok(t, err)
			if o.Refusal == nil || o.Refusal.Next == "" {
				t.Errorf("%s: %+v", e, o.Refusal)
			}
		}
	})
	t.Run("leases are not issued, and the refusal says who helps", func(t *testing.T) {
		h.Account("svc", func(a *recovery.Account) { a.Population = recovery.Service })
		o, err := h.Desk.CheckTicket(ctx, agent, desk.NewTicket{Account: "svc", Event: recovery.ServiceAccountFallback, Intake: recovery.ByPhone, Source: "withheld", Reason: "Key gone"})
		ok(t, err)
		if o.Refusal == nil || o.Refusal.Code != "lease-none" {
			t.Errorf("%+v", o.Refusal)
		}
	})
}
