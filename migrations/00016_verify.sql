-- +goose Up
-- The reverse check: how a call is found by the code that its agent reads out,
-- when its page was first shown, and when the page's words came back.
ALTER TABLE call_backs ADD COLUMN match_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE call_backs ADD COLUMN looked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call_backs ADD COLUMN matched BIGINT NOT NULL DEFAULT 0;
CREATE INDEX call_backs_match ON call_backs (match_hash, made);

-- +goose Down
DROP INDEX call_backs_match;
ALTER TABLE call_backs DROP COLUMN matched;
ALTER TABLE call_backs DROP COLUMN looked;
ALTER TABLE call_backs DROP COLUMN match_hash;
