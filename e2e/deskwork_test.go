package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// A day at the desk: hold, go on, hand over, take over while somebody types, a
// saved view, and all of it by the keyboard.
func TestR14_DeskWork(t *testing.T) {
	p := startProduct(t, furnished(t))
	caller, account := holder(t, p)
	agent := joins(t, p, "agent")
	colleague := p.seeded(t, "agent.south.1")
	ref := agent.opensTicket(account)
	caller.claims(ref)

	t.Run("a ticket is held with a key, and gone on with", func(t *testing.T) {
		agent.open("/tickets/" + ref)
		agent.keys("h")
		agent.WaitURL("/hold")
		agent.shots("hold")
		agent.Click("radio", agent.radio("Four hours"))
		agent.Fill("Reason", "Fetches the badge.")
		agent.Submit("Put this ticket on hold")
		agent.WaitText("On hold until")
		agent.shots("held")
		caller.open("/recover/ticket")
		caller.WaitText("put this recovery on hold until")
		agent.Submit("Go on with this ticket")
		agent.WaitText("Yours until")
	})
	colleague.open("/queue")
	t.Run("it is handed over, and the colleague has it with the note", func(t *testing.T) {
		agent.Follow("Hand over")
		agent.shots("handover")
		agent.Select("Who goes on with it?", colleague.Text(".who bdi"))
		agent.Fill("Where it stands", "Code is next.")
		agent.Submit("Hand this ticket over")
		colleague.open("/queue?view=mine")
		colleague.WaitText(ref)
		colleague.open("/tickets/" + ref)
		colleague.WaitText("Code is next.")
		colleague.WaitText("Yours until")
	})
	t.Run("taken over while it is typed, a note is kept and the form says so", func(t *testing.T) {
		colleague.keys("n")
		colleague.types("half a sen")
		colleague.WaitText("Saved at")
		agent.open("/tickets/" + ref)
		agent.WaitText("is writing a note")
		agent.keys("c")
		agent.WaitURL("/lease")
		agent.Fill("Reason", "Agreed by chat.")
		agent.Submit("Take this ticket over")
		agent.WaitText("Yours until")
		colleague.types("tence")
		colleague.WaitText("Your note is kept below.")
		if got := eval[string](colleague.tab, `document.querySelector("#f-new-note").value`); got != "half a sentence" {
			t.Errorf("the field holds %q", got)
		}
		colleague.shots("taken-over")
		colleague.until("the whole note after a reload", func(context.Context) (bool, error) { // the last save may still be on its way
			colleague.open("/tickets/" + ref)
			return eval[string](colleague.tab, `document.querySelector("#f-new-note").value`) == "half a sentence", nil
		})
	})
	t.Run("a view is saved and stands beside the others", func(t *testing.T) {
		agent.open("/queue?q=tier:reset+assignee:me")
		agent.shots("queue")
		agent.Follow("Save this view")
		agent.Fill("Name of the view", "My resets")
		agent.shots("view")
		agent.Submit("Save the view")
		agent.open("/queue")
		agent.Follow("My resets")
		agent.WaitText(ref)
		agent.CheckPage()
	})
	t.Run("the list is walked by keys, which stay off in fields and when switched off", func(t *testing.T) {
		agent.open("/queue?view=open")
		agent.keys("j")
		agent.keys("j")
		agent.keys("k")
		if got := eval[string](agent.tab, `document.activeElement.getAttribute("href") || ""`); !strings.HasPrefix(got, "/tickets/") {
			t.Errorf("the focus is on %q", got)
		}
		agent.keys("?")
		agent.WaitText("Single keys work")
		agent.shots("keys")
		agent.Click("button", "Close")
		agent.keys("/")
		agent.types("?g")
		if got := eval[string](agent.tab, `document.activeElement.value`); got != "?g" {
			t.Errorf("the search holds %q", got)
		}
		agent.open("/queue")
		agent.keys("?")
		agent.Click("checkbox", "Single keys work")
		agent.Click("button", "Close")
		agent.keys("g")
		agent.keys("t")
		agent.keys("j")
		if at := agent.URL(); !strings.HasSuffix(at, "/queue") || eval[string](agent.tab, `document.activeElement.tagName`) == "A" {
			t.Errorf("keys that are switched off led to %s", at)
		}
	})
}

// keys presses one key where the focus is: one event with its text, so that a
// page that takes the key keeps it from being typed.
func (b *tab) keys(key string) {
	b.t.Helper()
	b.do("press "+key, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Text: key}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key})
		return err
	}))
}

// types puts words where the focus is.
func (b *tab) types(words string) {
	b.t.Helper()
	b.do("type "+words, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: words})
		return err
	}))
}

// radio is the whole accessible name of the choice that begins with words.
func (b *tab) radio(words string) string {
	b.t.Helper()
	return eval[string](b, `[...document.querySelectorAll("label.card")].map((l) => l.innerText.replace(/\s+/g, " ").trim()).find((l) => l.startsWith(`+quoted(words)+`)) || ""`)
}
