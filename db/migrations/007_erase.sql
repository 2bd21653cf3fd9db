-- When everything said in the chat was erased; what is left of it are stubs.
ALTER TABLE chat ADD COLUMN erasedAt INTEGER;

-- What a lobby heard of a chat goes with it: `ref` says of which chat it is.
UPDATE message SET ref = substr(content, instr(content, ' - xmpp:') + 8, 26)
    WHERE room IN (SELECT num FROM room WHERE kind = 'lobby') AND ref IS NULL
        AND instr(content, ' - xmpp:') > 0;
