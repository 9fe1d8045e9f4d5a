-- +goose Up

-- The ids of commands sort by time: an index of the times themselves made every
-- command a quarter slower to record.
DROP INDEX commands_at;

-- +goose Down
CREATE INDEX commands_at ON commands (at);
