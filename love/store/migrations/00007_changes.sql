-- +goose Up

-- The revisions of 'accounts' with which an account was added, was last enabled or
-- disabled, and was last given its rights, and a group was last set: a revocation that is recorded late must not
-- overwrite a later change. Zero: before this migration.
ALTER TABLE users ADD COLUMN added_in BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN enabled_in BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN rights_in BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_groups ADD COLUMN changed_in BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE user_groups DROP COLUMN changed_in;
ALTER TABLE users DROP COLUMN rights_in;
ALTER TABLE users DROP COLUMN enabled_in;
ALTER TABLE users DROP COLUMN added_in;
