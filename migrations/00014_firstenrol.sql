-- One live password an account: where a takeover took the old one away, another one
-- is chosen while the old one waits for its erasure.

-- +goose Up
DROP INDEX factors_one_password;
CREATE UNIQUE INDEX factors_one_password ON factors (account) WHERE kind = 'password' AND erased = 0 AND suspended = 0;

-- +goose Down
DROP INDEX factors_one_password;
CREATE UNIQUE INDEX factors_one_password ON factors (account) WHERE kind = 'password' AND erased = 0;
