-- +goose Up
-- Changes of the house that further keys put in force. The row is filed once;
-- only state, effective, decided and why change afterwards.
CREATE TABLE proposals (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, object TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, lines TEXT NOT NULL,
  filed_by TEXT NOT NULL, filed BIGINT NOT NULL, ends BIGINT NOT NULL, needed BIGINT NOT NULL, delay BIGINT NOT NULL,
  effective BIGINT NOT NULL, decided BIGINT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, entry BIGINT NOT NULL);
CREATE INDEX proposals_state ON proposals (state, ends, id);
CREATE INDEX proposals_decided ON proposals (decided, id);
CREATE INDEX proposals_object ON proposals (kind, object);
CREATE TABLE proposal_signatures (
  id TEXT PRIMARY KEY, proposal TEXT NOT NULL REFERENCES proposals (id), person TEXT NOT NULL, key_id TEXT NOT NULL,
  decision TEXT NOT NULL, statement TEXT NOT NULL, nonce TEXT NOT NULL, client_data TEXT NOT NULL, auth_data TEXT NOT NULL,
  signature TEXT NOT NULL, credential_id TEXT NOT NULL, at BIGINT NOT NULL, entry BIGINT NOT NULL);
CREATE UNIQUE INDEX proposal_signatures_once ON proposal_signatures (proposal, person);

-- Break-glass: one sheet of each custodian, and each time the glass was broken.
CREATE TABLE glass_sheets (
  id TEXT PRIMARY KEY, person TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, made BIGINT NOT NULL, spent BIGINT NOT NULL, void BIGINT NOT NULL);
CREATE TABLE glass_breaks (
  id TEXT PRIMARY KEY, at BIGINT NOT NULL, custodians TEXT NOT NULL, persons TEXT NOT NULL, lost TEXT NOT NULL, at_once BIGINT NOT NULL,
  seen BIGINT NOT NULL, seen_by TEXT NOT NULL);
ALTER TABLE invites ADD COLUMN glass TEXT NOT NULL DEFAULT '';

-- Who began a ceremony without a session: an address prefix, to bound strangers.
ALTER TABLE challenges ADD COLUMN origin TEXT NOT NULL DEFAULT '';
CREATE INDEX challenges_origin ON challenges (origin, ends);

-- +goose Down
DROP INDEX challenges_origin;
ALTER TABLE challenges DROP COLUMN origin;
ALTER TABLE invites DROP COLUMN glass;
DROP TABLE glass_breaks; DROP TABLE glass_sheets; DROP TABLE proposal_signatures; DROP TABLE proposals;
