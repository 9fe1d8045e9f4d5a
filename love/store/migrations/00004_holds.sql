-- +goose Up

-- Who holds the authority over which commands. Times are microseconds since 1970.
CREATE TABLE holds (
    id       TEXT   NOT NULL PRIMARY KEY,
    pattern  TEXT   NOT NULL,
    username TEXT   NOT NULL,
    since    BIGINT NOT NULL,
    until    BIGINT NOT NULL
);
INSERT INTO revisions (topic, n) VALUES ('authority', 1);

-- +goose Down
DELETE FROM revisions WHERE topic = 'authority';
DROP TABLE holds;
