package e2e

import (
	"strings"
	"testing"
)

// Her phone is stolen and was unlocked: her mail is open on it, her number rings on
// it. From afar she is sent to the service point; there nobody turns her away. The
// notice is put into her hands, and a second agent looks at her before it opens.
func TestR60_R40_AStolenPhoneAtTheDesk(t *testing.T) {
	p := startProduct(t, furnished(t))
	agent, colleague, approver := joins(t, p, "agent"), p.seeded(t, "agent.south.1"), joins(t, p, "approver")
	holder, account := seededHolder(t, p)

	t.Run("on the telephone she is sent to the desk", func(t *testing.T) {
		agent.asks(account, "They called")
		agent.WaitText("This ticket cannot be opened")
		if text := agent.Text("main"); !strings.Contains(text, "Service point, ground floor") {
			t.Errorf("the agent reads\n%s", text)
		}
		agent.shots("onsite-from-afar")
	})
	agent.asks(account, "They are here")
	agent.WaitText("In person with badge and document")
	agent.shots("onsite-check")
	agent.Submit("Open this ticket")
	agent.WaitText("Read the reference out")
	ref := agent.fact("Reference")
	holder.claims(ref)
	agent.seesHolder(ref, "A proof that the server sees")
	agent.shots("onsite-notice")
	agent.Submit("Tick off: opening notice in hand")
	agent.WaitText("Handed over")
	holder.open("/recover/ticket")
	holder.Fill("Password of your account", holder.password)
	holder.Submit("Continue")
	holder.WaitText("Your checks are done")
	agent.open("/tickets/" + ref)
	agent.asksApproval(ref)
	approver.approves(t, ref)
	approver.movesClock("10 minutes")

	holder.reload("/recover/ticket", "One last proof")
	holder.shots("onsite-last-proof")
	if text := holder.Text("main"); strings.Contains(text, "Send the code") {
		t.Errorf("a code to a struck address is offered\n%s", text)
	}
	t.Run("who saw her before is told to fetch a colleague", func(t *testing.T) {
		agent.open("/tickets/" + ref)
		agent.WaitText("A colleague takes the ticket over")
		agent.shots("onsite-same-eyes")
	})
	colleague.seesHolder(ref, "Last proof: ")
	colleague.shots("onsite-second-look")
	holder.reload("/recover/ticket", "The last proof was right")
	holder.shots("onsite-proved")
	holder.Submit("Set up your new passkey")
	holder.WaitURL("/recover/enrol")
	holder.registersAgain()
	holder.signInAtMe()
	p.holdsNone(t, holder.password)
}

// asks fills in the form for a stolen, unlocked phone.
func (who *person) asks(account, intake string) {
	who.t.Helper()
	who.open("/tickets/new?account=" + account)
	who.Click("radio", "Device with the passkey is gone Lost or stolen phone, laptop or key.")
	who.Click("radio", "Stolen")
	who.Click("radio", "Unlocked, or nobody knows")
	who.Click("radio", intake)
	if intake == "They called" {
		who.Fill("Where did it come from?", callersNumber)
	}
	who.Fill("What the caller said", "It was taken out of her hand.")
	who.Submit("Check before you open")
}

// seesHolder compares the holder at the desk with badge and document.
func (who *person) seesHolder(ref, then string) {
	who.t.Helper()
	who.open("/tickets/" + ref + "?method=in-person")
	who.Fill("HR record you compared", "HR-20931")
	who.Select("Document", "passport")
	who.Fill("Issued by", "Exampleland")
	who.Fill("Last four of its number", "12AB")
	who.Click("checkbox", "I checked the badge")
	who.Fill("Where you met", "Service point")
	who.Click("radio", "Match The step is passed.")
	who.Submit("Record the outcome")
	who.WaitText(then)
}
