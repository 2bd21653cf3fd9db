-- Escalations of a day are counted by their time; nothing lists escalated chats alone.
DROP INDEX chatEscalated;
CREATE INDEX chatByEscalation ON chat (organization, escalationRequestedAt)
    WHERE escalationRequestedAt IS NOT NULL;
