-- What chats are found by: each word of the customer's name, address and reason once. Not FTS5: in
-- this SQLite its index keeps the words of what was deleted. db/search.c fills this for the chats
-- that are there already.
CREATE TABLE word (
    organization INTEGER NOT NULL, -- num
    word         TEXT NOT NULL,    -- skeleton
    chat         INTEGER NOT NULL REFERENCES chat (num) ON DELETE CASCADE,
    PRIMARY KEY (organization, word, chat)
) STRICT, WITHOUT ROWID;
CREATE INDEX wordByChat ON word (chat, word);
