-- From where an agent's stream of all chats cannot go on: what it may read changed there. Such a
-- change takes a gid of its own, so that it lies between two entries. Likewise where a chat was
-- erased, which may leave no entry.
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'message', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'message');

ALTER TABLE agent ADD COLUMN rightsGid INTEGER NOT NULL DEFAULT 0;
UPDATE agent SET rightsGid = (SELECT seq FROM sqlite_sequence WHERE name = 'message');
ALTER TABLE chat ADD COLUMN erasedGid INTEGER;
CREATE INDEX chatErased ON chat (organization, erasedGid) WHERE erasedGid IS NOT NULL;

CREATE TRIGGER agentCame AFTER INSERT ON agent BEGIN
    UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'message';
    UPDATE agent SET rightsGid = (SELECT seq FROM sqlite_sequence WHERE name = 'message')
        WHERE num = new.num;
END;
CREATE TRIGGER agentMoved AFTER UPDATE OF organization, role ON agent
    WHEN new.organization <> old.organization OR new.role <> old.role BEGIN
    UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'message';
    UPDATE agent SET rightsGid = (SELECT seq FROM sqlite_sequence WHERE name = 'message')
        WHERE num = new.num;
END;

-- Who is shut out of a chat, or let in again.
CREATE TRIGGER accessCame AFTER INSERT ON access WHEN new.standing <> 'member' BEGIN
    UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'message';
    UPDATE agent SET rightsGid = (SELECT seq FROM sqlite_sequence WHERE name = 'message')
        WHERE id = new.agentId;
END;
CREATE TRIGGER accessChanged AFTER UPDATE OF standing ON access
    WHEN (new.standing = 'member') <> (old.standing = 'member') BEGIN
    UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'message';
    UPDATE agent SET rightsGid = (SELECT seq FROM sqlite_sequence WHERE name = 'message')
        WHERE id = new.agentId;
END;
CREATE TRIGGER accessWent AFTER DELETE ON access WHEN old.standing <> 'member' BEGIN
    UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'message';
    UPDATE agent SET rightsGid = (SELECT seq FROM sqlite_sequence WHERE name = 'message')
        WHERE id = old.agentId;
END;

CREATE TRIGGER chatErased AFTER UPDATE OF erasedAt ON chat
    WHEN old.erasedAt IS NULL AND new.erasedAt IS NOT NULL BEGIN
    UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'message';
    UPDATE chat SET erasedGid = (SELECT seq FROM sqlite_sequence WHERE name = 'message')
        WHERE num = new.num;
END;
