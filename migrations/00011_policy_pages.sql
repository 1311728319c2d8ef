-- +goose Up
-- What somebody is editing: scratch, one a person and file. Only a filed proposal
-- ever changes a rule.
CREATE TABLE policy_drafts (person TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (person, id));

-- +goose Down
DROP TABLE policy_drafts;
