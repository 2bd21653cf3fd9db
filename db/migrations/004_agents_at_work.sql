-- What agents set for themselves. NULL is "not set".
ALTER TABLE agent ADD COLUMN status TEXT;  -- available, away, xa, dnd: beats what presence says
ALTER TABLE agent ADD COLUMN maxChats INTEGER;
ALTER TABLE agent ADD COLUMN notify TEXT NOT NULL DEFAULT 'message';
-- Presence subscriptions with queue@: bit 1 the agent sees it, bit 2 it sees the agent.
ALTER TABLE agent ADD COLUMN contact INTEGER NOT NULL DEFAULT 0;

-- Since when the assigned agent is out of the room, and to whom the chat is offered: the times from
-- which timers run, also after a restart.
ALTER TABLE chat ADD COLUMN awayAt INTEGER;
ALTER TABLE chat ADD COLUMN offeredToId TEXT;
ALTER TABLE chat ADD COLUMN offeredById TEXT;
ALTER TABLE chat ADD COLUMN offeredAt INTEGER;

-- For counts of a day.
CREATE INDEX chatByCreation ON chat (organization, createdAt);
CREATE INDEX chatByClosing ON chat (organization, closedAt) WHERE closedAt IS NOT NULL;
