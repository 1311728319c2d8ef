-- +goose Up
-- The ledger: entries, hashes of the Merkle tree, the head that serialises writers.
CREATE TABLE ledger_head (id BIGINT PRIMARY KEY, size BIGINT NOT NULL, root TEXT NOT NULL, at BIGINT NOT NULL);
INSERT INTO ledger_head (id, size, root, at) VALUES (1, 0, '', 0);
CREATE TABLE ledger_entries (
  seq BIGINT PRIMARY KEY, at BIGINT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
  ticket TEXT NOT NULL, account TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX ledger_entries_ticket ON ledger_entries (ticket, seq);
CREATE INDEX ledger_entries_account ON ledger_entries (account, seq);
CREATE INDEX ledger_entries_actor ON ledger_entries (actor, seq);
CREATE INDEX ledger_entries_kind ON ledger_entries (kind, seq);
CREATE TABLE ledger_details (seq BIGINT PRIMARY KEY, salt TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE ledger_hashes (idx BIGINT PRIMARY KEY, hash TEXT NOT NULL);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, at BIGINT NOT NULL);
CREATE TABLE counters (name TEXT PRIMARY KEY, n BIGINT NOT NULL);

-- The directory: truth for builtin, mirror for others.
CREATE TABLE persons (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, manager TEXT NOT NULL,
  department TEXT NOT NULL, first_seen BIGINT NOT NULL);
CREATE TABLE accounts (
  id TEXT PRIMARY KEY, person TEXT NOT NULL, name TEXT NOT NULL, department TEXT NOT NULL, manager TEXT NOT NULL,
  population TEXT NOT NULL, created BIGINT NOT NULL, baseline BIGINT NOT NULL, mailed_link BIGINT NOT NULL,
  hold BIGINT NOT NULL, contact_block BIGINT NOT NULL, ended BIGINT NOT NULL);
CREATE INDEX accounts_person ON accounts (person);
CREATE INDEX accounts_name ON accounts (name, id);
CREATE TABLE addresses (
  id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id), kind TEXT NOT NULL, value TEXT NOT NULL,
  first_seen BIGINT NOT NULL, baseline BIGINT NOT NULL, ended BIGINT NOT NULL);
CREATE UNIQUE INDEX addresses_value ON addresses (account, kind, value);
CREATE INDEX addresses_mail ON addresses (value);
CREATE TABLE factors (
  id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id), kind TEXT NOT NULL, name TEXT NOT NULL,
  credential_id TEXT NOT NULL, public_key TEXT NOT NULL, aaguid TEXT NOT NULL, transports TEXT NOT NULL,
  sign_count BIGINT NOT NULL, backup_eligible BIGINT NOT NULL, secret TEXT NOT NULL, added BIGINT NOT NULL, used BIGINT NOT NULL,
  suspended BIGINT NOT NULL, suspended_by TEXT NOT NULL, erased BIGINT NOT NULL, ticket TEXT NOT NULL);
CREATE INDEX factors_account ON factors (account);
CREATE UNIQUE INDEX factors_credential ON factors (credential_id) WHERE credential_id <> '';
CREATE UNIQUE INDEX factors_one_password ON factors (account) WHERE kind = 'password' AND erased = 0;

-- Staff.
CREATE TABLE staff (
  person TEXT PRIMARY KEY REFERENCES persons (id), invited BIGINT NOT NULL, disabled BIGINT NOT NULL, disabled_by TEXT NOT NULL);
CREATE TABLE staff_roles (
  person TEXT NOT NULL REFERENCES staff (person), role TEXT NOT NULL, granted BIGINT NOT NULL, granted_by TEXT NOT NULL,
  counts BIGINT NOT NULL, ended BIGINT NOT NULL, PRIMARY KEY (person, role, granted));
CREATE TABLE staff_groups (person TEXT NOT NULL REFERENCES staff (person), name TEXT NOT NULL, PRIMARY KEY (person, name));
CREATE TABLE staff_keys (
  id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES staff (person), name TEXT NOT NULL, credential_id TEXT NOT NULL UNIQUE,
  public_key TEXT NOT NULL, aaguid TEXT NOT NULL, attestation TEXT NOT NULL, fingerprint TEXT NOT NULL, digest TEXT NOT NULL,
  transports TEXT NOT NULL, sign_count BIGINT NOT NULL, added BIGINT NOT NULL, counted BIGINT NOT NULL, decides BIGINT NOT NULL,
  confirmed_by TEXT NOT NULL, confirm_entry BIGINT NOT NULL, suspended BIGINT NOT NULL, suspended_why TEXT NOT NULL,
  used BIGINT NOT NULL, invite TEXT NOT NULL);
CREATE INDEX staff_keys_person ON staff_keys (person);
-- Invitations: kind 'staff' (person) or 'holder' (account). Only the hash of the link token is kept.
CREATE TABLE invites (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, person TEXT NOT NULL, account TEXT NOT NULL, roles TEXT NOT NULL, groups TEXT NOT NULL,
  made_by TEXT NOT NULL, made BIGINT NOT NULL, ends BIGINT NOT NULL, token_hash TEXT NOT NULL UNIQUE, printed BIGINT NOT NULL,
  used BIGINT NOT NULL, void BIGINT NOT NULL);
CREATE INDEX invites_account ON invites (account) WHERE used = 0 AND void = 0;
-- Sessions: kind 'staff' (person) or 'holder' (account) or 'recovery' (account, ticket). Only hashes of ids.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, person TEXT NOT NULL, account TEXT NOT NULL,
  ticket TEXT NOT NULL, factor TEXT NOT NULL, began BIGINT NOT NULL, proved BIGINT NOT NULL, ends BIGINT NOT NULL,
  ended BIGINT NOT NULL, ended_why TEXT NOT NULL);
CREATE INDEX sessions_person ON sessions (person, ended);
CREATE INDEX sessions_account ON sessions (account, ended);
CREATE TABLE browsers (token_hash TEXT NOT NULL, account TEXT NOT NULL, seen BIGINT NOT NULL, PRIMARY KEY (token_hash, account));

-- Tickets and proofing.
CREATE TABLE tickets (
  id TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, account TEXT NOT NULL REFERENCES accounts (id), holder TEXT NOT NULL,
  revision BIGINT NOT NULL, event TEXT NOT NULL, population TEXT NOT NULL, tier TEXT NOT NULL, device TEXT NOT NULL, lock_state TEXT NOT NULL,
  intake TEXT NOT NULL, requester TEXT NOT NULL, opened_by TEXT NOT NULL, reason TEXT NOT NULL,
  policy_version TEXT NOT NULL, workflow_version TEXT NOT NULL, level TEXT NOT NULL,
  state TEXT NOT NULL, state_since BIGINT NOT NULL, opened BIGINT NOT NULL, due BIGINT NOT NULL, due_what TEXT NOT NULL,
  run BIGINT NOT NULL, claim_hash TEXT NOT NULL, claimed BIGINT NOT NULL,
  notice_accepted BIGINT NOT NULL, window_ends BIGINT NOT NULL, approvals_needed BIGINT NOT NULL, pressured BIGINT NOT NULL,
  executed BIGINT NOT NULL, completed BIGINT NOT NULL, review_due BIGINT NOT NULL, reviewed BIGINT NOT NULL, reviewed_by TEXT NOT NULL,
  frozen_by TEXT NOT NULL, outcome TEXT NOT NULL, lease_person TEXT NOT NULL, lease_until BIGINT NOT NULL);
CREATE INDEX tickets_queue ON tickets (state, due, id);
CREATE INDEX tickets_opened ON tickets (opened, id);
CREATE INDEX tickets_account ON tickets (account, opened);
CREATE INDEX tickets_agent ON tickets (opened_by, state, due, id);
-- One live recovery per account, whatever races.
CREATE UNIQUE INDEX tickets_one_open ON tickets (account)
  WHERE state NOT IN ('closed','denied','failed','expired','withdrawn','review','frozen','lapsed');
CREATE TABLE references_used (reference TEXT PRIMARY KEY, ticket TEXT NOT NULL, at BIGINT NOT NULL);
CREATE TABLE ticket_people (
  ticket TEXT NOT NULL REFERENCES tickets (id), person TEXT NOT NULL, part TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (ticket, person, part));
CREATE TABLE evidence (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL REFERENCES tickets (id), run BIGINT NOT NULL, step TEXT NOT NULL, result TEXT NOT NULL,
  grp TEXT NOT NULL, channel TEXT NOT NULL, by_person TEXT NOT NULL, at BIGINT NOT NULL, void BIGINT NOT NULL,
  record TEXT NOT NULL, cue TEXT NOT NULL, note TEXT NOT NULL);
CREATE INDEX evidence_ticket ON evidence (ticket, at);
CREATE TABLE cues (ticket TEXT NOT NULL, run BIGINT NOT NULL, cue TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (ticket, run));
CREATE TABLE notes (id TEXT PRIMARY KEY, ticket TEXT NOT NULL REFERENCES tickets (id), person TEXT NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL);
CREATE INDEX notes_ticket ON notes (ticket, at);
CREATE TABLE issued_codes (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL, account TEXT NOT NULL, method TEXT NOT NULL, run BIGINT NOT NULL, address TEXT NOT NULL,
  hash TEXT NOT NULL, made BIGINT NOT NULL, ends BIGINT NOT NULL, spent BIGINT NOT NULL, void BIGINT NOT NULL);
CREATE INDEX issued_codes_ticket ON issued_codes (ticket, method, made);
CREATE INDEX issued_codes_account ON issued_codes (account, made);
-- Wrong tries: subject is 'ticket:METHOD:RUN' or 'attempt'; never reset by a new code.
CREATE TABLE tries (ticket TEXT NOT NULL, subject TEXT NOT NULL, n BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (ticket, subject));
-- A recovery attempt on the public pages (self-service): bound to one browser.
CREATE TABLE attempts (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL UNIQUE, account TEXT NOT NULL, secret_hash TEXT NOT NULL UNIQUE, began BIGINT NOT NULL,
  ends BIGINT NOT NULL, known_browser BIGINT NOT NULL, proved BIGINT NOT NULL, ended BIGINT NOT NULL);

-- Approvals.
CREATE TABLE approvals (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL REFERENCES tickets (id), revision BIGINT NOT NULL, asked_by TEXT NOT NULL, reason TEXT NOT NULL,
  asked BIGINT NOT NULL, ends BIGINT NOT NULL, needed BIGINT NOT NULL, state TEXT NOT NULL, decided BIGINT NOT NULL);
CREATE INDEX approvals_state ON approvals (state, ends, id);
CREATE INDEX approvals_decided ON approvals (decided, id);
CREATE UNIQUE INDEX approvals_one_waiting ON approvals (ticket) WHERE state = 'waiting';
CREATE TABLE signatures (
  id TEXT PRIMARY KEY, approval TEXT NOT NULL REFERENCES approvals (id), ticket TEXT NOT NULL, person TEXT NOT NULL, key_id TEXT NOT NULL,
  decision TEXT NOT NULL, statement TEXT NOT NULL, nonce TEXT NOT NULL, client_data TEXT NOT NULL, auth_data TEXT NOT NULL,
  signature TEXT NOT NULL, credential_id TEXT NOT NULL, at BIGINT NOT NULL, entry BIGINT NOT NULL);
CREATE UNIQUE INDEX signatures_once ON signatures (approval, person);
CREATE INDEX signatures_ticket ON signatures (ticket);

-- Code sets.
CREATE TABLE code_sets (
  id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id), ticket TEXT NOT NULL, made BIGINT NOT NULL, confirmed BIGINT NOT NULL,
  custody TEXT NOT NULL, ends BIGINT NOT NULL, asleep BIGINT NOT NULL, suspended BIGINT NOT NULL, retired BIGINT NOT NULL, why TEXT NOT NULL,
  codes_left BIGINT NOT NULL, codes_total BIGINT NOT NULL);
CREATE INDEX code_sets_account ON code_sets (account, retired);
CREATE INDEX code_sets_open ON code_sets (ends) WHERE retired = 0;
CREATE UNIQUE INDEX code_sets_one_live ON code_sets (account) WHERE retired = 0 AND confirmed > 0;
CREATE TABLE codes (
  id TEXT PRIMARY KEY, set_id TEXT NOT NULL REFERENCES code_sets (id), account TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
  spent BIGINT NOT NULL, spent_ticket TEXT NOT NULL);
CREATE INDEX codes_set ON codes (set_id);

-- Notices, stop links, letters, duties.
CREATE TABLE notices (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, address TEXT NOT NULL, sent_to TEXT NOT NULL,
  queued BIGINT NOT NULL, held BIGINT NOT NULL, accepted BIGINT NOT NULL, failed BIGINT NOT NULL, tries BIGINT NOT NULL, problem TEXT NOT NULL);
CREATE INDEX notices_ticket ON notices (ticket, queued);
CREATE INDEX notices_account ON notices (account, kind, queued);
CREATE TABLE stops (
  token_hash TEXT PRIMARY KEY, ticket TEXT NOT NULL, account TEXT NOT NULL, address TEXT NOT NULL, made BIGINT NOT NULL,
  ends BIGINT NOT NULL, used BIGINT NOT NULL);
CREATE TABLE letters (
  id TEXT PRIMARY KEY, ticket TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, made BIGINT NOT NULL, done BIGINT NOT NULL, done_by TEXT NOT NULL);
CREATE UNIQUE INDEX letters_once ON letters (ticket, kind);

-- Jobs: inserted in the business transaction, leased, repeated with back-off.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, object TEXT NOT NULL, ticket TEXT NOT NULL, account TEXT NOT NULL, payload TEXT NOT NULL,
  sealed TEXT NOT NULL, unique_key TEXT, made BIGINT NOT NULL, run_at BIGINT NOT NULL, ends BIGINT NOT NULL, tries BIGINT NOT NULL,
  lease_until BIGINT NOT NULL, lease_by TEXT NOT NULL, done BIGINT NOT NULL, failed BIGINT NOT NULL, problem TEXT NOT NULL);
CREATE UNIQUE INDEX jobs_unique ON jobs (unique_key) WHERE unique_key IS NOT NULL AND done = 0 AND failed = 0;
CREATE INDEX jobs_due ON jobs (done, failed, run_at);

-- Scratch: written without the ledger; no rule grants anything from these rows alone.
CREATE TABLE challenges (
  id TEXT PRIMARY KEY, purpose TEXT NOT NULL, subject TEXT NOT NULL, owner TEXT NOT NULL, session_data TEXT NOT NULL, nonce TEXT NOT NULL,
  statement TEXT NOT NULL, data TEXT NOT NULL, made BIGINT NOT NULL, ends BIGINT NOT NULL);
CREATE INDEX challenges_ends ON challenges (ends);
CREATE TABLE session_seen (session TEXT PRIMARY KEY, seen BIGINT NOT NULL);
CREATE TABLE claim_seen (ticket TEXT PRIMARY KEY, seen BIGINT NOT NULL);
CREATE TABLE throttles (
  lane TEXT PRIMARY KEY, fails BIGINT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, until_at BIGINT NOT NULL, told BIGINT NOT NULL);
CREATE INDEX throttles_last ON throttles (last);
CREATE TABLE drafts (person TEXT NOT NULL, ticket TEXT NOT NULL, text TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (person, ticket));
CREATE TABLE form_results (actor TEXT NOT NULL, request TEXT NOT NULL, location TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (actor, request));
CREATE INDEX form_results_at ON form_results (at);

-- +goose Down
DROP TABLE form_results; DROP TABLE drafts; DROP TABLE throttles; DROP TABLE claim_seen; DROP TABLE session_seen; DROP TABLE challenges;
DROP TABLE jobs; DROP TABLE letters; DROP TABLE stops; DROP TABLE notices; DROP TABLE codes; DROP TABLE code_sets; DROP TABLE signatures;
DROP TABLE approvals; DROP TABLE attempts; DROP TABLE tries; DROP TABLE issued_codes; DROP TABLE notes; DROP TABLE cues; DROP TABLE evidence;
DROP TABLE ticket_people; DROP TABLE references_used; DROP TABLE tickets; DROP TABLE browsers; DROP TABLE sessions; DROP TABLE invites;
DROP TABLE staff_keys; DROP TABLE staff_groups; DROP TABLE staff_roles; DROP TABLE staff; DROP TABLE factors; DROP TABLE addresses;
DROP TABLE accounts; DROP TABLE persons; DROP TABLE counters; DROP TABLE meta; DROP TABLE ledger_hashes; DROP TABLE ledger_details;
DROP TABLE ledger_entries; DROP TABLE ledger_head;
