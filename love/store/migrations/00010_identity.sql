-- +goose Up

-- Who a user is at the system that vouches for them; empty: bound to none.
ALTER TABLE users ADD COLUMN identity TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE users DROP COLUMN identity;
