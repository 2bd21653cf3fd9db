-- Rooms of the staff's own, and each organization's lobby. What the columns mean is said at struct
-- staff and struct room_config of core/staff.h.

CREATE TABLE staff (
    num           INTEGER PRIMARY KEY REFERENCES room (num) ON DELETE CASCADE,
    organization  TEXT REFERENCES organization (name),  -- NULL: everybody's
    title         TEXT NOT NULL,
    description   TEXT,
    lang          TEXT,
    password      TEXT,
    listed        INTEGER NOT NULL,
    persistent    INTEGER NOT NULL,
    moderated     INTEGER NOT NULL,
    membersOnly   INTEGER NOT NULL,
    whoisAnyone   INTEGER NOT NULL,
    changeSubject INTEGER NOT NULL,
    allowInvites  INTEGER NOT NULL,
    logging       INTEGER NOT NULL,
    allowPm       TEXT NOT NULL CHECK (allowPm IN ('anyone', 'participants', 'moderators', 'none')),
    broadcast     INTEGER NOT NULL,
    maxUsers      INTEGER NOT NULL,
    historyLength INTEGER NOT NULL,
    locked        INTEGER NOT NULL,
    subject       TEXT,
    subjectBy     TEXT,
    subjectAt     INTEGER,
    createdBy     TEXT,
    createdAt     INTEGER NOT NULL
) STRICT;

CREATE TABLE affiliation (
    num         INTEGER PRIMARY KEY,
    room        INTEGER NOT NULL REFERENCES room (num) ON DELETE CASCADE,
    jid         TEXT NOT NULL,
    affiliation TEXT NOT NULL
        CHECK (affiliation IN ('outcast', 'none', 'member', 'admin', 'owner')),
    nick        TEXT,
    reason      TEXT,
    UNIQUE (room, jid)
) STRICT;

-- In staff rooms a role is given by people; in chats it follows from who speaks.
ALTER TABLE session ADD COLUMN role TEXT;

-- A lobby comes with its organization.
CREATE TRIGGER organizationCame AFTER INSERT ON organization BEGIN
    INSERT INTO room (id, kind)
        VALUES (iif(new.name = 'default', 'lobby', 'lobby-' || new.name), 'lobby');
    INSERT INTO staff (num, organization, title, listed, persistent, moderated, membersOnly,
                       whoisAnyone, changeSubject, allowInvites, logging, allowPm, broadcast,
                       maxUsers, historyLength, locked, createdAt)
        SELECT num, new.name, 'Lobby', 1, 1, 0, 1, 1, 0, 0, 0, 'anyone', 14, 0, 100, 0, 0
            FROM room WHERE id = iif(new.name = 'default', 'lobby', 'lobby-' || new.name);
END;
INSERT INTO room (id, kind)
    SELECT iif(name = 'default', 'lobby', 'lobby-' || name), 'lobby' FROM organization;
INSERT INTO staff (num, organization, title, listed, persistent, moderated, membersOnly,
                   whoisAnyone, changeSubject, allowInvites, logging, allowPm, broadcast,
                   maxUsers, historyLength, locked, createdAt)
    SELECT room.num, organization.name, 'Lobby', 1, 1, 0, 1, 1, 0, 0, 0, 'anyone', 14, 0, 100, 0, 0
        FROM organization
        JOIN room ON room.id = iif(name = 'default', 'lobby', 'lobby-' || name);
