-- +goose Up
-- The duty to enrol a sign-in method of the row's strength after a Pass, or after
-- an execution that left time for it (R12, R21).
CREATE TABLE reenrolments (
  ticket TEXT PRIMARY KEY REFERENCES tickets (id), account TEXT NOT NULL, strength TEXT NOT NULL, began BIGINT NOT NULL, due BIGINT NOT NULL,
  chased BIGINT NOT NULL, met BIGINT NOT NULL, factor TEXT NOT NULL, ended BIGINT NOT NULL, why TEXT NOT NULL);
CREATE INDEX reenrolments_open ON reenrolments (due) WHERE met = 0 AND ended = 0;
CREATE INDEX reenrolments_account ON reenrolments (account);
-- What vouches for a holder's key; '' where nobody asked.
ALTER TABLE factors ADD COLUMN attestation TEXT NOT NULL DEFAULT '';
-- A ticket whose Pass is over waits for a new sign-in method only, which may come
-- by another ticket.
DROP INDEX tickets_one_open;
CREATE UNIQUE INDEX tickets_one_open ON tickets (account)
  WHERE state NOT IN ('closed','denied','failed','expired','withdrawn','review','frozen','lapsed') AND due_what <> 're-enrol';
-- A new device bound beside a working one: the code that goes from one screen to
-- the other, and the number that comes back. Keyed hashes only.
CREATE TABLE bindings (
  ticket TEXT PRIMARY KEY REFERENCES tickets (id), account TEXT NOT NULL, old_factor TEXT NOT NULL, code_hash TEXT NOT NULL, made BIGINT NOT NULL,
  ends BIGINT NOT NULL, spent BIGINT NOT NULL, session TEXT NOT NULL, number_hash TEXT NOT NULL, tries BIGINT NOT NULL,
  confirmed BIGINT NOT NULL, retired BIGINT NOT NULL);
CREATE UNIQUE INDEX bindings_code ON bindings (code_hash) WHERE code_hash <> '';
CREATE INDEX bindings_account ON bindings (account);

-- +goose Down
DROP TABLE bindings;
DROP INDEX tickets_one_open;
CREATE UNIQUE INDEX tickets_one_open ON tickets (account)
  WHERE state NOT IN ('closed','denied','failed','expired','withdrawn','review','frozen','lapsed');
ALTER TABLE factors DROP COLUMN attestation;
DROP TABLE reenrolments;
