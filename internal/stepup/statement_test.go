package stepup

import (
	"testing"

	"countersign/internal/recovery"
)

// TestR52_StatementOfTheRules holds the two ends together: what the rules write
// and what a receipt is checked by.
func TestR52_StatementOfTheRules(t *testing.T) {
	text := recovery.Statement{
		RPID: "desk.example", Decision: "approve", Approver: recovery.Person{ID: "p-1", Name: "Ann\nApprover"},
		RequestReason: "lost\n\ndecision: deny", Reason: "seen\napprover-id: p-2",
	}.Text()
	s, err := ParseStatement(text)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	for name, want := range map[string]string{HeaderRPID: "desk.example", HeaderDecision: "approve", HeaderApproverID: "p-1"} {
		if got, ok := s.Value(name); got != want || !ok {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if KindProposalDecided != string(recovery.ProposalDecided) || ProposalLabel != recovery.ProposalDomain {
		t.Error("receipts of proposals look for other names than the rules write")
	}
	if KindKeyCounted != string(recovery.StaffKeyCounted) || KindDecided != string(recovery.ApprovalDecided) || StatementLabel != recovery.StatementDomain {
		t.Error("receipts look for other names than the rules write")
	}
}
