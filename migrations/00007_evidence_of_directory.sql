-- +goose Up
-- What the directory says besides addresses, and since when (R27). A value that
-- was never changed has no row: it stands since the account was first seen.
CREATE TABLE account_values (
  account TEXT NOT NULL REFERENCES accounts (id), field TEXT NOT NULL, value TEXT NOT NULL, first_seen BIGINT NOT NULL, since BIGINT NOT NULL,
  baseline BIGINT NOT NULL, ended BIGINT NOT NULL, PRIMARY KEY (account, field, value));
ALTER TABLE accounts ADD COLUMN photo TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN grp TEXT NOT NULL DEFAULT '';
-- When an address was seen at all, if it left the record since; first_seen is then its return.
ALTER TABLE addresses ADD COLUMN earlier BIGINT NOT NULL DEFAULT 0;
-- Ids that differ only in case are found before they become two accounts.
CREATE INDEX accounts_lower ON accounts (lower(id));
CREATE INDEX persons_lower ON persons (lower(id));
-- Accounts files that wait for a second key; a proposal names the digest.
CREATE TABLE accounts_files (digest TEXT PRIMARY KEY, text TEXT NOT NULL, made BIGINT NOT NULL);

-- +goose Down
DROP TABLE accounts_files;
DROP INDEX persons_lower;
DROP INDEX accounts_lower;
ALTER TABLE addresses DROP COLUMN earlier;
ALTER TABLE accounts DROP COLUMN grp;
ALTER TABLE accounts DROP COLUMN photo;
DROP TABLE account_values;
