-- +goose Up
-- A parked ticket: when it was parked first, how often and when its holder went on with it in this
-- run, and the keyed hash of the continuation code that the claimed page showed.
ALTER TABLE tickets ADD COLUMN parked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN returns BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN returned BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN continuation TEXT NOT NULL DEFAULT '';
-- An approved reset with a long window: when its holder was back on the claimed page.
ALTER TABLE tickets ADD COLUMN came_back BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE tickets DROP COLUMN came_back;
ALTER TABLE tickets DROP COLUMN continuation;
ALTER TABLE tickets DROP COLUMN returned;
ALTER TABLE tickets DROP COLUMN returns;
ALTER TABLE tickets DROP COLUMN parked;
