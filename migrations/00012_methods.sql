-- +goose Up
-- Call-backs that agents placed: the words are kept as a keyed hash.
CREATE TABLE call_backs (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL REFERENCES tickets (id), run BIGINT NOT NULL, step TEXT NOT NULL, address TEXT NOT NULL,
  agent TEXT NOT NULL, made BIGINT NOT NULL, ends BIGINT NOT NULL, hash TEXT NOT NULL, closed BIGINT NOT NULL, outcome TEXT NOT NULL);
CREATE INDEX call_backs_ticket ON call_backs (ticket, made);
CREATE UNIQUE INDEX call_backs_one_open ON call_backs (ticket) WHERE closed = 0;
-- Invitations to vouch, and the signed word that came of them.
CREATE TABLE vouchings (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL REFERENCES tickets (id), run BIGINT NOT NULL, step TEXT NOT NULL, person TEXT NOT NULL,
  account TEXT NOT NULL, relation TEXT NOT NULL, agent TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE, made BIGINT NOT NULL, ends BIGINT NOT NULL,
  decided BIGINT NOT NULL, word TEXT NOT NULL, how TEXT NOT NULL, note TEXT NOT NULL, factor TEXT NOT NULL, statement TEXT NOT NULL,
  nonce TEXT NOT NULL, client_data TEXT NOT NULL, auth_data TEXT NOT NULL, signature TEXT NOT NULL, credential_id TEXT NOT NULL);
CREATE INDEX vouchings_ticket ON vouchings (ticket, made);
CREATE INDEX vouchings_person ON vouchings (person, decided);
CREATE UNIQUE INDEX vouchings_one_open ON vouchings (ticket) WHERE decided = 0;
-- Whom the directory names beside the manager.
CREATE INDEX accounts_manager ON accounts (manager, name);
-- Requests to an external identity check, and their results.
CREATE TABLE identity_checks (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL REFERENCES tickets (id), run BIGINT NOT NULL, step TEXT NOT NULL, method TEXT NOT NULL,
  account TEXT NOT NULL, agent TEXT NOT NULL, made BIGINT NOT NULL, ends BIGINT NOT NULL, result TEXT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX identity_checks_ticket ON identity_checks (ticket, made);
-- Interpreters and assistants of the holder: noted, they decide nothing.
CREATE TABLE assistants (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL REFERENCES tickets (id), name TEXT NOT NULL, role TEXT NOT NULL, by_person TEXT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX assistants_ticket ON assistants (ticket, at);

-- +goose Down
DROP INDEX accounts_manager;
DROP TABLE assistants; DROP TABLE identity_checks; DROP TABLE vouchings; DROP TABLE call_backs;
