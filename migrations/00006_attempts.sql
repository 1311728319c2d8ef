-- +goose Up
-- Where a request came from, and what links it to others: the caller's number or
-- address as it is compared, and the words of one agent. stopped is when somebody
-- said "this was not me".
ALTER TABLE tickets ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN source_key TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN pattern TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN stopped BIGINT NOT NULL DEFAULT 0;
CREATE INDEX tickets_source ON tickets (source_key, opened) WHERE source_key <> '';
CREATE INDEX tickets_pattern ON tickets (pattern, opened) WHERE pattern <> '';
-- The code that is typed where a stop link cannot be followed: a keyed hash.
ALTER TABLE stops ADD COLUMN code_hash TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX stops_code ON stops (code_hash) WHERE code_hash <> '';
-- Reports of loss: a warning, or a suspension once something was proved.
CREATE TABLE loss_reports (
  id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id), what TEXT NOT NULL, by_person TEXT NOT NULL, proof TEXT NOT NULL,
  made BIGINT NOT NULL, suspends BIGINT NOT NULL, ended BIGINT NOT NULL, ended_why TEXT NOT NULL);
CREATE INDEX loss_reports_account ON loss_reports (account, made);
-- Opening notices that are held back until a first proof, for the day's digest.
CREATE INDEX notices_held ON notices (queued) WHERE held > 0;

-- +goose Down
DROP INDEX notices_held;
DROP TABLE loss_reports;
DROP INDEX stops_code;
ALTER TABLE stops DROP COLUMN code_hash;
DROP INDEX tickets_pattern;
DROP INDEX tickets_source;
ALTER TABLE tickets DROP COLUMN stopped;
ALTER TABLE tickets DROP COLUMN pattern;
ALTER TABLE tickets DROP COLUMN source_key;
ALTER TABLE tickets DROP COLUMN source;
