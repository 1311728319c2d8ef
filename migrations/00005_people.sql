-- +goose Up
-- Shifts: weekly (days, ISO numbers, 1 = Monday) or on one date; begins and ends are minutes of the day in the zone.
CREATE TABLE shifts (
  id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES staff (person), site TEXT NOT NULL, zone TEXT NOT NULL, days TEXT NOT NULL, date TEXT NOT NULL,
  begins BIGINT NOT NULL, ends BIGINT NOT NULL, made BIGINT NOT NULL, made_by TEXT NOT NULL, ended BIGINT NOT NULL, ended_by TEXT NOT NULL);
CREATE INDEX shifts_live ON shifts (person) WHERE ended = 0;
-- "I am on shift", said by the person.
CREATE TABLE on_shift (person TEXT PRIMARY KEY REFERENCES staff (person), began BIGINT NOT NULL, until BIGINT NOT NULL);
CREATE TABLE coverage_alarms (grp TEXT NOT NULL, begins BIGINT NOT NULL, ends BIGINT NOT NULL, told BIGINT NOT NULL, PRIMARY KEY (grp, begins));
-- Suppliers' groups and the departments whose accounts they see.
CREATE TABLE outsourced_groups (name TEXT PRIMARY KEY, since BIGINT NOT NULL, by_person TEXT NOT NULL);
CREATE TABLE group_scopes (name TEXT NOT NULL REFERENCES outsourced_groups (name), department TEXT NOT NULL, PRIMARY KEY (name, department));
-- Who was drawn to decide, the quorum of groups, and how fast approvers decide.
ALTER TABLE approvals ADD COLUMN groups_needed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN drawn TEXT NOT NULL DEFAULT '';
ALTER TABLE approvals ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE signatures ADD COLUMN hasty TEXT NOT NULL DEFAULT '';
CREATE TABLE approver_pace (
  approval TEXT NOT NULL REFERENCES approvals (id), person TEXT NOT NULL, at BIGINT NOT NULL, reading BIGINT NOT NULL, PRIMARY KEY (approval, person));
CREATE INDEX approver_pace_person ON approver_pace (person, at);
-- Lost keys and the executed tickets that are looked at again because of one.
CREATE TABLE lost_keys (key_id TEXT PRIMARY KEY REFERENCES staff_keys (id), since BIGINT NOT NULL, reported BIGINT NOT NULL, by_person TEXT NOT NULL);
CREATE TABLE second_looks (ticket TEXT NOT NULL REFERENCES tickets (id), key_id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (ticket, key_id));
CREATE INDEX signatures_key ON signatures (key_id, at);
CREATE INDEX ticket_people_person ON ticket_people (person, part);

-- +goose Down
DROP INDEX ticket_people_person; DROP INDEX signatures_key; DROP TABLE second_looks; DROP TABLE lost_keys; DROP TABLE approver_pace;
ALTER TABLE signatures DROP COLUMN hasty; ALTER TABLE approvals DROP COLUMN reserved; ALTER TABLE approvals DROP COLUMN drawn;
ALTER TABLE approvals DROP COLUMN groups_needed; DROP TABLE group_scopes; DROP TABLE outsourced_groups; DROP TABLE coverage_alarms;
DROP TABLE on_shift; DROP TABLE shifts;
