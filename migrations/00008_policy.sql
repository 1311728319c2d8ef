-- +goose Up
-- Policies and workflows that were put in force by two people. The shipped ones are
-- in the binary; a row with a later effect replaces what stood before.
CREATE TABLE policies (
  version TEXT PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, proposal TEXT NOT NULL,
  published BIGINT NOT NULL, effective BIGINT NOT NULL);
CREATE INDEX policies_effective ON policies (kind, effective);
-- What the policy gave a ticket when it opened.
ALTER TABLE tickets ADD COLUMN way TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN artefact TEXT NOT NULL DEFAULT 'FR';
ALTER TABLE tickets ADD COLUMN groups_needed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN group_from TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE tickets DROP COLUMN group_from;
ALTER TABLE tickets DROP COLUMN groups_needed;
ALTER TABLE tickets DROP COLUMN artefact;
ALTER TABLE tickets DROP COLUMN way;
DROP TABLE policies;
