-- Files that people send. The bytes are in a folder, under the id. A row that is not stored yet is
-- a slot: somebody may send the bytes within a short time.
CREATE TABLE file (
    num       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    agentId   TEXT NOT NULL, -- who sends it; no reference: the file outlives its owner
    room      INTEGER REFERENCES room (num) ON DELETE CASCADE, -- NULL: of no chat (XEP-0363)
    name      TEXT NOT NULL,
    type      TEXT NOT NULL, -- as announced; when stored, what the bytes are
    size      INTEGER NOT NULL,
    createdAt INTEGER NOT NULL,
    stored    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX fileByAgent ON file (agentId, createdAt, size); -- how much somebody sent in a day
CREATE INDEX fileByRoom ON file (room) WHERE room IS NOT NULL;
CREATE INDEX fileOpen ON file (num) WHERE stored = 0;
