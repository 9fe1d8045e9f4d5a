-- +goose Up

-- Who commanded what, and the outcome: one row before a command is sent,
-- its outcome afterwards. at is microseconds since 1970, duration microseconds.
CREATE TABLE commands (
    id          TEXT   NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    username    TEXT   NOT NULL,
    identity    TEXT   NOT NULL,
    address     TEXT   NOT NULL,
    manager     TEXT   NOT NULL,
    approved_by TEXT   NOT NULL,
    csc         TEXT   NOT NULL,
    salindex    BIGINT NOT NULL,
    command     TEXT   NOT NULL,
    params      TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    status      BIGINT NOT NULL,
    code        BIGINT NOT NULL,
    result      TEXT   NOT NULL,
    duration    BIGINT NOT NULL
);

CREATE INDEX commands_at ON commands (at);

-- +goose Down
DROP TABLE commands;
