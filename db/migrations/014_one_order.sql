-- One index for both orders of a log: a room's pos grows with seq and is never above it, so that a
-- walk by seq meets the public entries in their order.
CREATE UNIQUE INDEX messageByPlace ON message (room, seq, pos);
DROP INDEX messageBySeq;
DROP INDEX messageByPos;
