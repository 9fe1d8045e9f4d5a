-- Who may do what. The same text runs on SQLite and PostgreSQL; times are
-- microseconds since 1970 (UTC).

-- +goose Up
CREATE TABLE users (
    username      TEXT    NOT NULL PRIMARY KEY,
    email         TEXT    NOT NULL,
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    superuser     BOOLEAN NOT NULL,
    disabled      BOOLEAN NOT NULL,
    password_hash TEXT    NOT NULL -- empty: no password matches
);

CREATE TABLE user_groups (
    name TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE memberships (
    username   TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    group_name TEXT NOT NULL REFERENCES user_groups ON DELETE CASCADE,
    PRIMARY KEY (username, group_name)
);

CREATE TABLE user_permissions (
    username   TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (username, permission)
);

CREATE TABLE group_permissions (
    group_name TEXT NOT NULL REFERENCES user_groups ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (group_name, permission)
);

CREATE TABLE tokens (
    id       TEXT   NOT NULL PRIMARY KEY,
    username TEXT   NOT NULL,
    issued   BIGINT NOT NULL,
    expires  BIGINT NOT NULL
);
CREATE INDEX tokens_by_user ON tokens (username);

-- A token need not be in tokens to be revoked.
CREATE TABLE revocations (
    token_id TEXT   NOT NULL PRIMARY KEY,
    expires  BIGINT NOT NULL,
    revision BIGINT NOT NULL -- of 'revocations' when it was written
);
CREATE INDEX revocations_by_revision ON revocations (revision);

CREATE TABLE signing_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    secret     TEXT   NOT NULL, -- base64
    created    BIGINT NOT NULL,
    superseded BIGINT           -- when it stopped signing
);

CREATE TABLE audit (
    id      TEXT   NOT NULL PRIMARY KEY, -- grows with time
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    address TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    outcome TEXT   NOT NULL,
    detail  TEXT   NOT NULL
);

-- For noticing changes: each change of a topic adds one.
CREATE TABLE revisions (
    topic TEXT   NOT NULL PRIMARY KEY,
    n     BIGINT NOT NULL
);

INSERT INTO revisions (topic, n) VALUES ('accounts', 1), ('revocations', 1), ('keys', 1);

INSERT INTO user_groups (name) VALUES ('cmd'), ('ui_framework');
INSERT INTO group_permissions (group_name, permission) VALUES
    ('cmd', 'api.command.execute_command'),
    ('ui_framework', 'ui_framework.add_view'),
    ('ui_framework', 'ui_framework.change_view'),
    ('ui_framework', 'ui_framework.delete_view'),
    ('ui_framework', 'ui_framework.view_view'),
    ('ui_framework', 'ui_framework.add_workspace'),
    ('ui_framework', 'ui_framework.change_workspace'),
    ('ui_framework', 'ui_framework.delete_workspace'),
    ('ui_framework', 'ui_framework.view_workspace'),
    ('ui_framework', 'ui_framework.add_workspaceview'),
    ('ui_framework', 'ui_framework.change_workspaceview'),
    ('ui_framework', 'ui_framework.delete_workspaceview'),
    ('ui_framework', 'ui_framework.view_workspaceview');

-- +goose Down
DROP TABLE revisions;
DROP TABLE audit;
DROP TABLE signing_keys;
DROP TABLE revocations;
DROP TABLE tokens;
DROP TABLE group_permissions;
DROP TABLE user_permissions;
DROP TABLE memberships;
DROP TABLE user_groups;
DROP TABLE users;
