package e2e

import (
	"strings"
	"testing"
)

// An administrator edits the policy in forms, sees what the last 90 days would
// have been, and another person's key puts it in force.
func TestR4_R3_APolicyIsChangedInTheBrowser(t *testing.T) {
	p := startProduct(t, furnished(t))
	ada := joins(t, p, "administrator")
	approver := joins(t, p, "approver")

	t.Run("everybody may read it, the public without a threshold", func(t *testing.T) {
		approver.open("/policy")
		approver.WaitText("standard-2")
		approver.shots("policy")
		approver.open("/policy/rows/device-loss/standard")
		approver.WaitText("proofing P2 at the desk")
		approver.shots("policy-row")
		visitor := &person{tab: newTab(t), p: p}
		visitor.open("/recover/policy")
		visitor.WaitText("What recovery takes")
		visitor.shots("policy-public")
		if text := visitor.Text("main"); strings.Contains(text, "cooldown") || strings.Contains(text, "25 %") {
			t.Error("the public page tells thresholds")
		}
		eval[any](visitor.tab, `for (const d of document.querySelectorAll("details")) d.open = true; 0`)
		if text := visitor.Text("main"); strings.Contains(text, "a key on loan") || !strings.Contains(text, "This house does not lend security keys.") {
			t.Error("the public page promises what the desk does not give")
		}
	})
	t.Run("a value over its ceiling is refused at its field, with what was typed", func(t *testing.T) {
		ada.open("/policy/draft?section=issued-codes")
		ada.Fill("Codes that are sent: a code by SMS is good for", "20m")
		ada.Submit("Save in my draft")
		ada.WaitText("nobody can set more than 10m")
		ada.shots("policy-draft-fault")
	})
	t.Run("a row is tightened in a form", func(t *testing.T) {
		ada.open("/policy/draft?section=rows.device-loss.standard.desk")
		ada.shots("policy-draft")
		ada.Select(ada.labelled("f-rows-device-loss-standard-desk-approvals"), "A2")
		ada.Submit("Save in my draft")
		ada.WaitText("has 1 change")
		ada.open("/policy")
		ada.WaitText("standard-2")
	})
	t.Run("the diff says which way it goes, and the simulation which tickets it would have met", func(t *testing.T) {
		ada.open("/policy/draft/changes")
		ada.WaitText("Tightens")
		ada.WaitText("would have needed a second approver")
		ada.shots("policy-changes")
	})
	t.Run("filed, it waits for another person's key", func(t *testing.T) {
		ada.Submit("File for a second person's key")
		ada.WaitURL("/proposals/")
		ada.WaitText("You filed this proposal")
		ada.shots("policy-proposal")
		request := ada.URL()
		approver.Goto(request)
		approver.shots("policy-proposal-signer")
		approver.Click("button", "Sign with security key")
		approver.WaitText("This is what you sign")
		if statement := approver.Text("[data-statement]"); !strings.Contains(statement, "A1 -> A2 (tightens)") {
			t.Errorf("the statement does not hold the diff:\n%s", statement)
		}
		approver.Click("button", "Sign this with your security key")
		approver.WaitText("Download the receipt")
		approver.open("/policy")
		approver.WaitText("standard-3")
	})
	t.Run("a step of a workflow is moved and named without a pointer", func(t *testing.T) {
		ada.open("/workflows/desk-p2/draft")
		ada.Submit("Add a step")
		ada.WaitText("Step 4")
		ada.Submit("Move step 4 up")
		ada.WaitText("Step 4")
		ada.shots("workflow-draft")
		ada.open("/workflows/desk-p2/draft/changes")
		ada.WaitText("+ step step-4")
	})
}

// labelled is the words of the label of a control.
func (b *tab) labelled(id string) string {
	b.t.Helper()
	return b.Text(`label[for="` + id + `"]`)
}
