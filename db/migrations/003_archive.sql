-- Entries are found by their ids (XEP-0313, and what speaks of an entry), and may be corrected,
-- erased and read.
CREATE UNIQUE INDEX messageById ON message (room, id);

ALTER TABLE message ADD COLUMN shown TEXT;        -- what pages show instead of content
ALTER TABLE message ADD COLUMN ref TEXT;          -- id of the entry it speaks of
ALTER TABLE message ADD COLUMN editedAt INTEGER;  -- when `shown` was last corrected
ALTER TABLE message ADD COLUMN deletedAt INTEGER; -- when content was erased
CREATE INDEX messageByRef ON message (room, ref) WHERE ref IS NOT NULL;

-- How far somebody has read a room: agent id, or chat id for the customer.
CREATE TABLE reader (
    room   INTEGER NOT NULL REFERENCES room (num) ON DELETE CASCADE,
    userId TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (room, userId)
) STRICT, WITHOUT ROWID;
