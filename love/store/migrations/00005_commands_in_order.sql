-- +goose Up

-- For SQLite only: the rows themselves in the order of their ids, in place of a
-- table and an index, so that a command changes one page of the file.
ALTER TABLE commands RENAME TO commands_before;
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
) WITHOUT ROWID;
INSERT INTO commands SELECT * FROM commands_before;
DROP TABLE commands_before;

-- +goose Down
-- Older programs read and write this table just as well.
SELECT 1;
