package store

import "context"

// PolicyDraft is a policy ("policy") or workflow (its id) that somebody edits.
type PolicyDraft struct {
	ID, Body string
	At       int64
}

// PolicyDraft reads a person's draft.
func (v View) PolicyDraft(ctx context.Context, person, id string) (PolicyDraft, error) {
	return get(ctx, v, "read a draft", func(s scanner) (PolicyDraft, error) {
		var d PolicyDraft
		err := s.Scan(&d.ID, &d.Body, &d.At)
		return d, err
	}, `SELECT id, body, at FROM policy_drafts WHERE person = $1 AND id = $2`, person, id)
}

// SavePolicyDraft keeps what somebody edits.
func (s *Scratch) SavePolicyDraft(ctx context.Context, person, id, body string) error {
	_, err := s.exec(ctx, "save a draft", `
		INSERT INTO policy_drafts (person, id, body, at) VALUES ($1, $2, $3, $4) ON CONFLICT (person, id) DO UPDATE SET body = $3, at = $4`, person, id, body, s.now)
	return err
}

// DropPolicyDraft forgets a draft.
func (s *Scratch) DropPolicyDraft(ctx context.Context, person, id string) error {
	_, err := s.exec(ctx, "drop a draft", `DELETE FROM policy_drafts WHERE person = $1 AND id = $2`, person, id)
	return err
}
