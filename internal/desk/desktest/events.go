package desktest

import (
	"context"

	"countersign/internal/desk"
	"countersign/internal/recovery"
	"countersign/internal/store"
)

// Security puts a member of staff into the group security.
func (h *House) Security(who desk.Actor) desk.Actor {
	h.TB.Helper()
	h.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.JoinGroup(ctx, who.Person, recovery.SecurityGroup)
	})
	return who
}

// Raise switches raised-threat mode on with the key of somebody of security.
func (h *House) Raise(who desk.Actor) (recovery.Threat, error) {
	h.TB.Helper()
	touch, err := h.Desk.BeginThreat(h.TB.Context(), who, "Calls all morning")
	if err != nil {
		return recovery.Threat{}, err
	}
	return h.Desk.RaiseThreat(h.TB.Context(), who, desk.Answer{Challenge: touch.ID, Response: h.Touch(who.Person, touch.Options)})
}

// Incident opens an incident with the keys of two administrators.
func (h *House) Incident(first, second desk.Actor, n recovery.NewIncident) recovery.Incident {
	h.TB.Helper()
	p, err := h.Desk.ProposeIncident(h.TB.Context(), first, n)
	must(h.TB, err)
	must(h.TB, h.SignProposal(second, p.ID, recovery.Approve))
	all, err := h.Store.View().OpenIncidents(h.TB.Context(), h.Clock.Now())
	must(h.TB, err)
	for _, i := range all {
		if i.Proposal == p.ID {
			return i
		}
	}
	h.TB.Fatal("the incident did not open")
	return recovery.Incident{}
}

// InEmergency makes a ticket of Proofed or Asked an emergency of an incident.
func InEmergency(i recovery.Incident) func(*recovery.Ticket) {
	return func(t *recovery.Ticket) {
		t.Event, t.Tier, t.Artefact, t.Way, t.Incident = recovery.Emergency, recovery.Pass, recovery.PassSession, "pass", i.ID
	}
}
