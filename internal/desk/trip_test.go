package desk_test

import (
	"strings"
	"testing"

	"countersign/internal/desk"
	"countersign/internal/desk/desktest"
	"countersign/internal/recovery"
)

// tripOf is a window that may be registered now.
func tripOf(h *desktest.House, account string) desk.NewTrip {
	begins := h.Clock.Now() + 25*recovery.Hour
	return desk.NewTrip{Begins: begins, Ends: begins + 10*recovery.Day, Channels: []string{account + "-mail-1", account + "-mail-2"}}
}

func TestR18_TravelWindow(t *testing.T) {
	desktest.Each(t, func(t *testing.T, h *desktest.House) {
		ctx := t.Context()
		agent := h.Found()
		holder := withCodes(t, h, "ann")
		travel := desk.NewTicket{Account: "ann", Event: recovery.Travel, Intake: recovery.ByPhone, Source: "withheld", Reason: "Abroad, phone gone"}
		t.Run("what the policy does not allow is refused", func(t *testing.T) {
			for code, change := range map[string]func(*desk.NewTrip){
				"travel-soon":         func(n *desk.NewTrip) { n.Begins = h.Clock.Now() + 24*recovery.Hour - recovery.Second },
				"travel-long":         func(n *desk.NewTrip) { n.Ends = n.Begins + 14*recovery.Day + recovery.Second },
				"travel-end":          func(n *desk.NewTrip) { n.Ends = n.Begins },
				"travel-channels":     func(n *desk.NewTrip) { n.Channels = []string{"bob-mail-1"} },
				"travel-channels-few": func(n *desk.NewTrip) { n.Channels = []string{"ann-mail-1", "ann-phone"} },
				"travel-pool":         func(n *desk.NewTrip) { n.Pool = "nobody" },
			} {
				in := tripOf(h, "ann")
				change(&in)
				_, err := h.Desk.RegisterTrip(ctx, holder, in, desk.Answer{})
				refused(t, err, code)
			}
		})
		t.Run("an old sign-in is not enough; a fresh touch of the passkey is", func(t *testing.T) {
			h.Clock.Add(10 * recovery.Minute)
			_, err := h.Desk.RegisterTrip(ctx, holder, tripOf(h, "ann"), desk.Answer{})
			refused(t, err, "touch-first")
			touch := must(h.Desk.BeginHolderTouch(ctx, holder))
			_, err = h.Desk.RegisterTrip(ctx, holder, tripOf(h, "ann"), desk.Answer{Challenge: touch.ID, Response: h.Touch("ann", touch.Options)})
			ok(t, err)
			if n := len(noticesTo(t, h, "ann", string(recovery.NoticeTravel))); n != 2 {
				t.Errorf("%d addresses were told", n)
			}
		})
		t.Run("before the window opens there is no travel ticket", func(t *testing.T) {
			o, err := h.Desk.CheckTicket(ctx, agent, travel)
			ok(t, err)
			if o.Refusal == nil || o.Refusal.Code != "travel-not-registered" {
				t.Errorf("%+v", o.Refusal)
			}
		})
		t.Run("while it is open there is, with an approver and no less proofing", func(t *testing.T) {
			h.Clock.Add(26 * recovery.Hour)
			o, err := h.Desk.CheckTicket(ctx, agent, travel)
			ok(t, err)
			if o.Refusal != nil || o.Ruling.Way.Artefact != recovery.PassSession || o.Ruling.Way.Proof != recovery.P2 || o.Ruling.Approvers != 1 {
				t.Errorf("%+v %+v", o.Refusal, o.Ruling.Way)
			}
		})
		t.Run("the holder cancels it, another account's holder does not", func(t *testing.T) {
			page, err := h.Desk.TripsPage(ctx, holder)
			if err != nil || len(page.Ahead) != 1 {
				t.Fatalf("%v %+v", err, page)
			}
			other := withCodes(t, h, "bob")
			if err := h.Desk.CancelTrip(ctx, other, page.Ahead[0].ID); err == nil || !strings.Contains(err.Error(), "not found") {
				t.Errorf("another's: %v", err)
			}
			again, _ := holderIn(t, h, "ann")
			ok(t, h.Desk.CancelTrip(ctx, again, page.Ahead[0].ID))
			o, err := h.Desk.CheckTicket(ctx, agent, travel)
			ok(t, err)
			if o.Refusal == nil {
				t.Error("a cancelled window is open")
			}
		})
	})
}

// What the holder named for a journey is what the desk goes by.
func TestR18_AJourneyNamesItsChannelsAndApprovers(t *testing.T) {
	t.Parallel()
	h := desktest.SQLite(t)
	ctx, agent := t.Context(), h.Found()
	for _, id := range []string{"near-1", "near-2", "near-3", "far"} {
		h.Staff(id, recovery.Approver)
	}
	h.Group("far", "night")
	holder := withCodes(t, h, "ann")
	in := tripOf(h, "ann")
	in.Pool = "night"
	must(h.Desk.RegisterTrip(ctx, holder, in, desk.Answer{}))
	h.Clock.Add(26 * recovery.Hour)
	travel := desk.NewTicket{Account: "ann", Event: recovery.Travel, Intake: recovery.ByPhone, Source: "withheld", Reason: "Abroad, phone gone"}
	k := must(h.Desk.OpenTicket(ctx, agent, travel))
	page := must(h.Desk.TicketPage(ctx, agent, k.Reference))
	for _, ch := range page.Channels {
		if phone := ch.ID == "ann-phone"; phone != (ch.Struck == "the holder did not name it for this journey") {
			t.Errorf("%s is struck %q", ch.ID, ch.Struck)
		}
	}
	secret := must(h.Desk.ClaimTicket(ctx, desktest.Guest, k.Reference))
	for _, step := range desktest.DeskSteps() {
		h.Step(agent, k, secret, step)
	}
	a := must(h.Desk.AskApproval(ctx, agent, k.Reference, "Every step passed on the call"))
	drawn := must(h.Store.View().Approval(ctx, a.ID)).Drawn
	if drawn != "far" {
		t.Errorf("%s was drawn, and far is of the named group", drawn)
	}
	if r := must(h.Desk.Ruling(ctx, agent, k.Reference)); !strings.Contains(strings.Join(r.Sentences(), " "), "named the group night") {
		t.Errorf("nobody is told why: %v", r.Sentences())
	}
}
