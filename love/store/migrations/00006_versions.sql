-- +goose Up

-- A version numbers the states of an account's credentials: it is the revision of
-- 'accounts' with which it was written. A token carries the version that its log-in
-- was checked against, and is valid from tokens_from on. Tokens issued before this
-- migration carry none, which counts as 1: they stay valid.
ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN tokens_from BIGINT NOT NULL DEFAULT 1;
ALTER TABLE tokens ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE tokens DROP COLUMN version;
ALTER TABLE users DROP COLUMN tokens_from;
ALTER TABLE users DROP COLUMN version;
