package store

import (
	"context"
	"encoding/json"
	"fmt"

	"countersign/internal/recovery"
)

const proposalColumns = `id, kind, object, title, body, lines, filed_by, filed, ends, needed, delay, effective, decided, state, why, entry FROM proposals`

func scanProposal(s scanner) (recovery.Proposal, error) {
	var p recovery.Proposal
	var lines string
	err := s.Scan(&p.ID, &p.Kind, &p.Object, &p.Title, &p.Body, &lines, &p.FiledBy, &p.Filed, &p.Ends, &p.Needed, &p.Delay, &p.Effective, &p.Decided,
		&p.State, &p.Why, &p.Entry)
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(lines), &p.Lines)
}

// Proposal reads a proposal.
func (v View) Proposal(ctx context.Context, id string) (recovery.Proposal, error) {
	return get(ctx, v, "read a proposal", scanProposal, `SELECT `+proposalColumns+` WHERE id = $1`, id)
}

// OpenProposals lists what waits for signatures or for its effect, first to end first.
func (v View) OpenProposals(ctx context.Context, limit int64) ([]recovery.Proposal, error) {
	return list(ctx, v, "list open proposals", scanProposal, `SELECT `+proposalColumns+` WHERE state IN ('waiting', 'signed') ORDER BY ends, id LIMIT $1`, limit)
}

// DueProposals lists what waited too long, and what is signed and whose delay is over.
func (v View) DueProposals(ctx context.Context, now, limit int64) ([]recovery.Proposal, error) {
	return list(ctx, v, "list due proposals", scanProposal, `
		SELECT `+proposalColumns+` WHERE state = 'waiting' AND ends <= $1 OR state = 'signed' AND effective <= $1 ORDER BY ends, id LIMIT $2`, now, limit)
}

// ClosedProposals lists what no longer waits, newest first. The cursor (before,
// beforeID) is the last row of the page before; 0 and "" begin.
func (v View) ClosedProposals(ctx context.Context, before int64, beforeID string, limit int64) ([]recovery.Proposal, error) {
	if before == 0 {
		before = 1 << 62
	}
	return list(ctx, v, "list closed proposals", scanProposal, `
		SELECT `+proposalColumns+` WHERE decided > 0 AND (decided, id) < ($1, $2) ORDER BY decided DESC, id DESC LIMIT $3`, before, beforeID, limit)
}

// ProposalsAbout lists the open proposals of a kind about an object, oldest first.
func (v View) ProposalsAbout(ctx context.Context, kind recovery.ProposalKind, object string) ([]recovery.Proposal, error) {
	return list(ctx, v, "list proposals about an object", scanProposal, `
		SELECT `+proposalColumns+` WHERE kind = $1 AND object = $2 AND state IN ('waiting', 'signed') ORDER BY filed, id`, kind, object)
}

// VetoedBefore says whether an earlier proposal of just this change was vetoed.
func (v View) VetoedBefore(ctx context.Context, p recovery.Proposal) (bool, error) {
	n, err := get(ctx, v, "read vetoes", one[int64], `
		SELECT count(*) FROM proposals WHERE kind = $1 AND object = $2 AND body = $3 AND state = 'vetoed' AND id <> $4`, p.Kind, p.Object, p.Body, p.ID)
	return n > 0, err
}

// AddProposal writes a filed proposal.
func (t *Tx) AddProposal(ctx context.Context, p recovery.Proposal) error {
	lines, err := json.Marshal(p.Lines)
	if err != nil {
		return fmt.Errorf("add a proposal: %w", err)
	}
	return t.insert(ctx, "add a proposal", `
		INSERT INTO proposals (id, kind, object, title, body, lines, filed_by, filed, ends, needed, delay, effective, decided, state, why, entry)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 'waiting', '', $12)`,
		p.ID, p.Kind, p.Object, p.Title, p.Body, string(lines), p.FiledBy, p.Filed, p.Ends, p.Needed, p.Delay, p.Entry)
}

// SaveProposal moves a proposal on from the state it was read in.
func (t *Tx) SaveProposal(ctx context.Context, from recovery.ProposalState, p recovery.Proposal) error {
	return t.guarded(ctx, "save a proposal", `UPDATE proposals SET state = $3, effective = $4, decided = $5, why = $6 WHERE id = $1 AND state = $2`,
		p.ID, from, p.State, p.Effective, p.Decided, p.Why)
}

const proposalSignatureColumns = `id, proposal, person, key_id, decision, statement, nonce, client_data, auth_data, signature, credential_id, at, entry FROM proposal_signatures`

// scanProposalSignature reads a decision; its Approval is the proposal's id.
func scanProposalSignature(s scanner) (recovery.Signature, error) {
	var g recovery.Signature
	err := s.Scan(&g.ID, &g.Approval, &g.Person, &g.Key, &g.Decision, &g.Statement, &g.Nonce, &g.ClientData, &g.AuthData, &g.Signature, &g.CredentialID, &g.At, &g.Entry)
	return g, err
}

// ProposalSignatures lists the signed decisions on a proposal, oldest first.
func (v View) ProposalSignatures(ctx context.Context, proposal string) ([]recovery.Signature, error) {
	return list(ctx, v, "list signatures of a proposal", scanProposalSignature, `SELECT `+proposalSignatureColumns+` WHERE proposal = $1 ORDER BY at, id`, proposal)
}

// ProposalSigners are the persons who decided on each open proposal, by its id,
// in one read for the whole page.
func (v View) ProposalSigners(ctx context.Context) (map[string][]string, error) {
	type pair struct{ proposal, person string }
	all, err := list(ctx, v, "list signers of open proposals", func(s scanner) (pair, error) {
		var p pair
		err := s.Scan(&p.proposal, &p.person)
		return p, err
	}, `SELECT g.proposal, g.person FROM proposals p JOIN proposal_signatures g ON g.proposal = p.id WHERE p.state IN ('waiting', 'signed') ORDER BY g.at, g.id`)
	out := map[string][]string{}
	for _, p := range all {
		out[p.proposal] = append(out[p.proposal], p.person)
	}
	return out, err
}

// AddProposalSignature writes a signed decision; a person decides on a proposal once.
func (t *Tx) AddProposalSignature(ctx context.Context, g recovery.Signature) error {
	return t.insert(ctx, "add a signature of a proposal", `
		INSERT INTO proposal_signatures (id, proposal, person, key_id, decision, statement, nonce, client_data, auth_data, signature, credential_id, at, entry)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		g.ID, g.Approval, g.Person, g.Key, g.Decision, g.Statement, g.Nonce, g.ClientData, g.AuthData, g.Signature, g.CredentialID, g.At, g.Entry)
}
