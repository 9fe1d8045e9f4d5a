-- +goose Up

-- The commands that wait for a second person's approval, as they were given. Times are
-- microseconds since 1970.
CREATE TABLE waiting (
    id           TEXT   NOT NULL PRIMARY KEY,
    since        BIGINT NOT NULL,
    until        BIGINT NOT NULL,
    username     TEXT   NOT NULL,
    user_version BIGINT NOT NULL,
    address      TEXT   NOT NULL,
    identity     TEXT   NOT NULL,
    csc          TEXT   NOT NULL,
    salindex     BIGINT NOT NULL,
    command      TEXT   NOT NULL,
    params       BYTEA  NOT NULL, -- JSON, but with NaN
    posted       BYTEA  NOT NULL  -- the same; empty: none
);

-- +goose Down
DROP TABLE waiting;
