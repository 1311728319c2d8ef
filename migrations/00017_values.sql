-- +goose Up
-- Half-way through the time of a code set its owner is asked again for the word on
-- custody: when that was mailed, and when the word came.
ALTER TABLE code_sets ADD COLUMN reminded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE code_sets ADD COLUMN kept BIGINT NOT NULL DEFAULT 0;
CREATE INDEX code_sets_unasked ON code_sets (made) WHERE retired = 0 AND reminded = 0 AND kept = 0;

-- +goose Down
DROP INDEX code_sets_unasked;
ALTER TABLE code_sets DROP COLUMN kept;
ALTER TABLE code_sets DROP COLUMN reminded;
