package desktest

import (
	"countersign/internal/desk"
	"countersign/internal/recovery"
)

// SignProposal begins a decision on a proposal, touches the person's key and
// files the answer.
func (h *House) SignProposal(who desk.Actor, proposal string, decision recovery.Decision) error {
	h.TB.Helper()
	touch, err := h.Desk.BeginProposal(h.TB.Context(), who, proposal, string(decision), "Spoke to the others")
	if err != nil {
		return err
	}
	_, err = h.Desk.DecideProposal(h.TB.Context(), who, desk.ProposalDecision{Proposal: proposal, Decision: decision,
		Answer: desk.Answer{Challenge: touch.ID, Response: h.Touch(who.Person, touch.Options)}})
	return err
}
