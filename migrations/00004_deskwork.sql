-- +goose Up
-- Names without case and marks, for namesakes and search; filled in for the rows
-- that exist by the program that migrates. Searches compare the first two
-- characters by index: equality means the same under every collation.
ALTER TABLE accounts ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN head TEXT NOT NULL DEFAULT '';
UPDATE accounts SET head = lower(substr(id, 1, 2));
CREATE INDEX accounts_folded ON accounts (folded);
CREATE INDEX accounts_head ON accounts (head);
ALTER TABLE addresses ADD COLUMN head TEXT NOT NULL DEFAULT '';
UPDATE addresses SET head = lower(substr(value, 1, 2));
CREATE INDEX addresses_head ON addresses (head);
CREATE TABLE account_words (account TEXT NOT NULL, word TEXT NOT NULL, head TEXT NOT NULL, PRIMARY KEY (account, word));
CREATE INDEX account_words_head ON account_words (head);

-- The next deadline of any kind, which the queue is sorted by.
ALTER TABLE tickets ADD COLUMN next_due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN next_what TEXT NOT NULL DEFAULT '';
UPDATE tickets SET next_due = due, next_what = due_what;
CREATE INDEX tickets_next ON tickets (state, next_due, id);
DROP INDEX tickets_agent;
CREATE INDEX tickets_worker ON tickets (lease_person, state, next_due, id);
CREATE INDEX drafts_ticket ON drafts (ticket);

-- Saved views of the queue: a name and a query string. team = 1 is for everybody.
CREATE TABLE saved_views (
  id TEXT PRIMARY KEY, person TEXT NOT NULL, team BIGINT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, made BIGINT NOT NULL);
CREATE INDEX saved_views_person ON saved_views (person);
CREATE INDEX saved_views_team ON saved_views (team);

-- +goose Down
DROP TABLE saved_views;
DROP INDEX drafts_ticket;
DROP INDEX tickets_worker;
CREATE INDEX tickets_agent ON tickets (opened_by, state, due, id);
DROP INDEX tickets_next;
ALTER TABLE tickets DROP COLUMN next_what;
ALTER TABLE tickets DROP COLUMN next_due;
DROP TABLE account_words;
DROP INDEX addresses_head;
ALTER TABLE addresses DROP COLUMN head;
DROP INDEX accounts_head;
DROP INDEX accounts_folded;
ALTER TABLE accounts DROP COLUMN head;
ALTER TABLE accounts DROP COLUMN folded;
