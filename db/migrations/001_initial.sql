-- Chat and Message hold what the HTTP API shows, under its names. NULL is "none". Times are
-- milliseconds since 1970 in UTC. A room's `num` stands in every index instead of its 26-character
-- id: rooms in use lie next to each other, which keeps 10 million entries fast. Checks say "= … OR
-- = …": for "IN (…)" SQLite builds a table anew with every row that is written.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,  -- epoch, secret, xmppConfirmed
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('xmppConfirmed', 0);

CREATE TABLE organization (
    num        INTEGER PRIMARY KEY,  -- order of creation
    name       TEXT NOT NULL UNIQUE,
    title      TEXT NOT NULL,
    origins    TEXT NOT NULL DEFAULT '',
    configured INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO organization (name, title) VALUES ('default', 'Customer Support');

CREATE TABLE agent (
    num          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    jid          TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    skeleton     TEXT NOT NULL UNIQUE,  -- of the name: names that look alike are one
    organization TEXT NOT NULL REFERENCES organization (name),
    role         TEXT NOT NULL CHECK (role IN ('agent', 'supervisor')),
    skills       TEXT NOT NULL DEFAULT '',
    createdAt    INTEGER NOT NULL
) STRICT;

-- Any room that has a log, and its counters, which every entry moves: hence the small row.
CREATE TABLE room (
    num     INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,  -- the localpart
    kind    TEXT NOT NULL CHECK (kind = 'chat' OR kind = 'staff' OR kind = 'lobby'),
    lastSeq INTEGER NOT NULL DEFAULT 0,
    lastPos INTEGER NOT NULL DEFAULT 0,
    lastGid INTEGER NOT NULL DEFAULT 0,
    lastAt  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE chat (
    num                   INTEGER PRIMARY KEY REFERENCES room (num) ON DELETE CASCADE,
    organization          TEXT NOT NULL REFERENCES organization (name),
    name                  TEXT,
    email                 TEXT,
    locale                TEXT,
    page                  TEXT,
    state                 TEXT NOT NULL CHECK (state = 'assistant' OR state = 'waiting'
                                               OR state = 'live' OR state = 'closed'),
    escalationRequested   INTEGER NOT NULL,
    escalationReason      TEXT,
    escalationRequestedAt INTEGER,
    assignedToId          TEXT,  -- no reference: the agent may be gone, the fact stays
    assignedAt            INTEGER,
    queuedAt              INTEGER,
    createdAt             INTEGER NOT NULL,
    closedAt              INTEGER,
    assistantPending      INTEGER NOT NULL,
    version               INTEGER NOT NULL,
    -- the order of lists: the waiting by longest wait, the assigned, the others, newest first
    section INTEGER NOT NULL
        AS (CASE state WHEN 'waiting' THEN 0 WHEN 'live' THEN 1 ELSE 2 END) VIRTUAL,
    rank INTEGER NOT NULL
        AS (CASE state WHEN 'waiting' THEN coalesce(queuedAt, escalationRequestedAt, createdAt)
                       WHEN 'live' THEN -coalesce(assignedAt, createdAt)
                       ELSE -createdAt END) VIRTUAL
) STRICT;
CREATE INDEX chatBySection ON chat (section, rank);
CREATE INDEX chatByOrganization ON chat (organization, section, rank);
CREATE INDEX chatEscalated ON chat (organization, section, rank) WHERE escalationRequested = 1;
CREATE INDEX chatAssigned ON chat (organization, assignedAt) WHERE assignedAt IS NOT NULL;
CREATE INDEX chatPending ON chat (num) WHERE assistantPending = 1;

-- How many chats of an organization are in a section, so that lists need not count them.
CREATE TABLE tally (
    organization TEXT NOT NULL,
    section      INTEGER NOT NULL,
    chats        INTEGER NOT NULL,
    PRIMARY KEY (organization, section)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER chatCame AFTER INSERT ON chat BEGIN
    INSERT INTO tally VALUES (new.organization, new.section, 1)
        ON CONFLICT DO UPDATE SET chats = chats + 1;
END;
CREATE TRIGGER chatWent AFTER DELETE ON chat BEGIN
    UPDATE tally SET chats = chats - 1
        WHERE organization = old.organization AND section = old.section;
END;
CREATE TRIGGER chatMoved AFTER UPDATE ON chat
    WHEN new.section <> old.section OR new.organization <> old.organization BEGIN
    UPDATE tally SET chats = chats - 1
        WHERE organization = old.organization AND section = old.section;
    INSERT INTO tally VALUES (new.organization, new.section, 1)
        ON CONFLICT DO UPDATE SET chats = chats + 1;
END;

-- The logs. Public entries, and only those, have a pos. AUTOINCREMENT: a gid never comes back, even
-- after the newest entries were removed.
CREATE TABLE message (
    gid        INTEGER PRIMARY KEY AUTOINCREMENT,
    room       INTEGER NOT NULL REFERENCES room (num) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    pos        INTEGER,
    id         TEXT NOT NULL,
    createdAt  INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role = 'USER' OR role = 'ASSISTANT' OR role = 'AGENT'
                                    OR role = 'SYSTEM'),
    userId     TEXT,  -- agent id, chat id for the customer, 'assistant', NULL for the system
    senderName TEXT,
    content    TEXT,
    data       TEXT,
    clientId   TEXT,
    stanzaId   TEXT,
    payload    TEXT
) STRICT;
CREATE UNIQUE INDEX messageBySeq ON message (room, seq);
CREATE UNIQUE INDEX messageByPos ON message (room, pos) WHERE pos IS NOT NULL;

-- The entries one keyed call made: their gids follow one another. Author, key and body stand as
-- 16 bytes of their hashes: there is a row for nearly every message, and each lands on another page.
CREATE TABLE idempotency (
    room     INTEGER NOT NULL REFERENCES room (num) ON DELETE CASCADE,
    call     BLOB NOT NULL,  -- of author and key
    body     BLOB NOT NULL,
    firstGid INTEGER,
    entries  INTEGER NOT NULL,
    PRIMARY KEY (room, call)
) STRICT, WITHOUT ROWID;

CREATE TABLE participant (
    num     INTEGER PRIMARY KEY,
    room    INTEGER NOT NULL REFERENCES room (num) ON DELETE CASCADE,
    agentId TEXT NOT NULL,
    speaker INTEGER NOT NULL,
    UNIQUE (room, agentId)
) STRICT;

-- XMPP sessions only: a web stream does not outlive the daemon.
CREATE TABLE session (
    num      INTEGER PRIMARY KEY,
    room     INTEGER NOT NULL REFERENCES room (num) ON DELETE CASCADE,
    address  TEXT NOT NULL,
    agentId  TEXT REFERENCES agent (id) ON DELETE CASCADE,
    jid      TEXT NOT NULL,
    nick     TEXT NOT NULL,
    presence TEXT,
    sinceGid INTEGER NOT NULL,
    joinedAt INTEGER NOT NULL,
    UNIQUE (room, address)
) STRICT;
CREATE INDEX sessionByAgent ON session (agentId);

CREATE TABLE token (
    hash      BLOB PRIMARY KEY,
    chat      INTEGER REFERENCES chat (num) ON DELETE CASCADE,
    agentId   TEXT REFERENCES agent (id) ON DELETE CASCADE,
    label     TEXT,
    createdAt INTEGER NOT NULL,
    CHECK ((chat IS NULL) <> (agentId IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX tokenByChat ON token (chat) WHERE chat IS NOT NULL;
CREATE INDEX tokenByAgent ON token (agentId) WHERE agentId IS NOT NULL;
