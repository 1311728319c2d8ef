-- +goose Up
-- A proof names the method by which its step was passed. Steps used to be named
-- after their one method.
ALTER TABLE evidence ADD COLUMN method TEXT NOT NULL DEFAULT '';
ALTER TABLE evidence ADD COLUMN document TEXT NOT NULL DEFAULT '';
UPDATE evidence SET method = step;
UPDATE evidence SET method = 'mail-code' WHERE step = 'fresh-code';
UPDATE evidence SET grp = 'face' WHERE step = 'video';
UPDATE evidence SET step = 'code' WHERE step = 'mail-code';
UPDATE evidence SET step = 'person' WHERE step = 'video';
UPDATE evidence SET step = 'second' WHERE step = 'password' AND ticket IN (SELECT id FROM tickets WHERE workflow_version = 'device-loss-desk-1');
UPDATE tickets SET workflow_version = 'desk-p2-1' WHERE workflow_version = 'device-loss-desk-1';
UPDATE tickets SET workflow_version = 'self-codes-1' WHERE workflow_version = 'device-loss-self-1';
-- What a suspected takeover is about, and whether a mailbox is open on the device.
ALTER TABLE tickets ADD COLUMN mail_at TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN taken TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN doubt_since BIGINT NOT NULL DEFAULT 0;
-- What a caller knew: shown, never a proof.
CREATE TABLE signals (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL REFERENCES tickets (id), run BIGINT NOT NULL, person TEXT NOT NULL, at BIGINT NOT NULL,
  topic TEXT NOT NULL, knew TEXT NOT NULL, note TEXT NOT NULL);
CREATE INDEX signals_ticket ON signals (ticket, at);
-- When a person was last trained to compare documents.
CREATE TABLE trainings (person TEXT PRIMARY KEY, at BIGINT NOT NULL, by_person TEXT NOT NULL, recorded BIGINT NOT NULL);

-- +goose Down
DROP TABLE trainings;
DROP TABLE signals;
ALTER TABLE tickets DROP COLUMN doubt_since;
ALTER TABLE tickets DROP COLUMN taken;
ALTER TABLE tickets DROP COLUMN mail_at;
UPDATE tickets SET workflow_version = 'device-loss-desk-1' WHERE workflow_version = 'desk-p2-1';
UPDATE tickets SET workflow_version = 'device-loss-self-1' WHERE workflow_version = 'self-codes-1';
UPDATE evidence SET step = method WHERE step IN ('code', 'second', 'person');
UPDATE evidence SET grp = 'person' WHERE step = 'video';
ALTER TABLE evidence DROP COLUMN document;
ALTER TABLE evidence DROP COLUMN method;
