-- +goose Up
-- What the directory says about a contract and who answers for the person.
ALTER TABLE accounts ADD COLUMN starts_on BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN ends_on BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN sponsor TEXT NOT NULL DEFAULT '';

-- Raised-threat mode: at most one is on. proposal is what a second key extended it by.
CREATE TABLE threats (
  id TEXT PRIMARY KEY, by_person TEXT NOT NULL, reason TEXT NOT NULL, began BIGINT NOT NULL, ends BIGINT NOT NULL, extended BIGINT NOT NULL,
  proposal TEXT NOT NULL, warned BIGINT NOT NULL, ended BIGINT NOT NULL);
CREATE UNIQUE INDEX threats_one_on ON threats (ended) WHERE ended = 0;

-- Incidents: opened by two keys; departments and accounts are space-separated quoted JSON lists.
CREATE TABLE incidents (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, departments TEXT NOT NULL, accounts TEXT NOT NULL, openers TEXT NOT NULL, proposal TEXT NOT NULL,
  opened BIGINT NOT NULL, ends BIGINT NOT NULL, most BIGINT NOT NULL, used BIGINT NOT NULL, closed BIGINT NOT NULL, closed_by TEXT NOT NULL);
CREATE INDEX incidents_open ON incidents (closed, ends);
ALTER TABLE tickets ADD COLUMN incident TEXT NOT NULL DEFAULT '';
CREATE INDEX tickets_incident ON tickets (incident) WHERE incident <> '';

-- Travel windows that holders registered beforehand.
CREATE TABLE trips (
  id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id), begins BIGINT NOT NULL, ends BIGINT NOT NULL, channels TEXT NOT NULL,
  pool TEXT NOT NULL, registered BIGINT NOT NULL, cancelled BIGINT NOT NULL);
CREATE INDEX trips_account ON trips (account, ends);

-- +goose Down
DROP TABLE trips;
DROP INDEX tickets_incident;
ALTER TABLE tickets DROP COLUMN incident;
DROP TABLE incidents;
DROP TABLE threats;
ALTER TABLE accounts DROP COLUMN sponsor;
ALTER TABLE accounts DROP COLUMN ends_on;
ALTER TABLE accounts DROP COLUMN starts_on;
