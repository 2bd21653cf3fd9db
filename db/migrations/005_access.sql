-- What an agent is in one chat, where that differs from what its organization makes it: invited,
-- removed, or banned.
CREATE TABLE access (
    room     INTEGER NOT NULL REFERENCES room (num) ON DELETE CASCADE,
    agentId  TEXT NOT NULL REFERENCES agent (id) ON DELETE CASCADE,
    standing TEXT NOT NULL CHECK (standing IN ('member', 'none', 'outcast')),
    PRIMARY KEY (room, agentId)
) STRICT, WITHOUT ROWID;
CREATE INDEX accessByAgent ON access (agentId);

-- The customer was banned: its token opens nothing any more.
ALTER TABLE chat ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
