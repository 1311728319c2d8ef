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

// Outsource makes a group a supplier's, or with no department one of the house,
// with the keys of two administrators.
func (h *House) Outsource(first, second desk.Actor, group string, departments ...string) {
	h.TB.Helper()
	p, err := recovery.Proposal{}, error(nil)
	if len(departments) == 0 {
		p, err = h.Desk.TakeInHouse(h.TB.Context(), first, group)
	} else {
		p, err = h.Desk.OutsourceGroup(h.TB.Context(), first, group, departments)
	}
	must(h.TB, err)
	must(h.TB, h.SignProposal(second, p.ID, recovery.Approve))
	if p, err = h.Store.View().Proposal(h.TB.Context(), p.ID); err != nil || p.State != recovery.ProposalInForce {
		h.TB.Fatalf("the group %s: %+v, %v", group, p, err)
	}
}
