-- +goose Up

-- What the LOVE-frontend keeps here. Times are microseconds since 1970. The small columns
-- of a view come first, so that a list need not read the others.
CREATE TABLE frontend_views (
    id             BIGINT NOT NULL PRIMARY KEY,
    created        BIGINT NOT NULL,
    updated        BIGINT NOT NULL,
    name           TEXT   NOT NULL,
    screen         TEXT   NOT NULL, -- empty: none
    picture_number BIGINT NOT NULL,
    picture_type   TEXT   NOT NULL, -- empty: no picture
    data           TEXT   NOT NULL, -- JSON
    picture        BYTEA  NOT NULL DEFAULT ''
);

CREATE TABLE frontend_workspaces (
    id      BIGINT NOT NULL PRIMARY KEY,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    name    TEXT   NOT NULL
);

CREATE TABLE frontend_workspace_views (
    id         BIGINT NOT NULL PRIMARY KEY,
    created    BIGINT NOT NULL,
    updated    BIGINT NOT NULL,
    view_name  TEXT   NOT NULL,
    sort_value BIGINT NOT NULL,
    workspace  BIGINT NOT NULL REFERENCES frontend_workspaces ON DELETE CASCADE,
    view_id    BIGINT NOT NULL REFERENCES frontend_views ON DELETE CASCADE,
    UNIQUE (workspace, view_id)
);
CREATE INDEX frontend_workspace_views_by_view ON frontend_workspace_views (view_id);

CREATE TABLE frontend_config_files (
    id       BIGINT NOT NULL PRIMARY KEY,
    created  BIGINT NOT NULL,
    updated  BIGINT NOT NULL,
    username TEXT   NOT NULL,
    filename TEXT   NOT NULL,
    content  TEXT   NOT NULL -- JSON
);

-- A user need not be in users: another system may know them.
CREATE TABLE frontend_selections (
    username    TEXT   NOT NULL PRIMARY KEY,
    config_file BIGINT NOT NULL REFERENCES frontend_config_files ON DELETE CASCADE
);

CREATE TABLE frontend_emergency_contacts (
    id           BIGINT NOT NULL PRIMARY KEY,
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    subsystem    TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    contact_info TEXT   NOT NULL,
    email        TEXT   NOT NULL
);

CREATE TABLE frontend_image_tags (
    id      BIGINT NOT NULL PRIMARY KEY,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    label   TEXT   NOT NULL,
    tag_key TEXT   NOT NULL
);

CREATE TABLE frontend_control_locations (
    id           BIGINT  NOT NULL PRIMARY KEY,
    created      BIGINT  NOT NULL,
    updated      BIGINT  NOT NULL,
    name         TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    selected     BOOLEAN NOT NULL,
    ip_whitelist TEXT    NOT NULL
);

CREATE TABLE frontend_script_configurations (
    id            BIGINT NOT NULL PRIMARY KEY,
    created       BIGINT NOT NULL,
    updated       BIGINT NOT NULL,
    path          TEXT   NOT NULL,
    script_type   TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    configuration TEXT   NOT NULL -- YAML
);

-- The last ID that was given in each table.
CREATE TABLE frontend_ids (
    table_name TEXT   NOT NULL PRIMARY KEY,
    last       BIGINT NOT NULL
);
INSERT INTO frontend_ids (table_name, last) VALUES
    ('frontend_views', 0), ('frontend_workspaces', 0), ('frontend_workspace_views', 0), ('frontend_config_files', 0),
    ('frontend_emergency_contacts', 0), ('frontend_image_tags', 0), ('frontend_control_locations', 0),
    ('frontend_script_configurations', 0);

-- What was imported from elsewhere, and is not to be imported again.
CREATE TABLE frontend_origins (
    table_name TEXT   NOT NULL,
    origin     TEXT   NOT NULL,
    id         BIGINT NOT NULL,
    PRIMARY KEY (table_name, origin)
);

INSERT INTO revisions (topic, n) VALUES ('frontend', 1);

-- +goose Down
DELETE FROM revisions WHERE topic = 'frontend';
DROP TABLE frontend_origins;
DROP TABLE frontend_ids;
DROP TABLE frontend_script_configurations;
DROP TABLE frontend_control_locations;
DROP TABLE frontend_image_tags;
DROP TABLE frontend_emergency_contacts;
DROP TABLE frontend_selections;
DROP TABLE frontend_config_files;
DROP TABLE frontend_workspace_views;
DROP TABLE frontend_workspaces;
DROP TABLE frontend_views;
