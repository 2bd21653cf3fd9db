-- What agents of an organization say again and again, by a short name.
CREATE TABLE canned (
    num          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    organization TEXT NOT NULL REFERENCES organization (name) ON DELETE CASCADE,
    shortcut     TEXT NOT NULL,
    content      TEXT NOT NULL,
    updatedAt    INTEGER NOT NULL,
    UNIQUE (organization, shortcut)
) STRICT;
