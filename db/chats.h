/* Pages of chats. For the reader's connection. */
#ifndef PARLEY_DB_CHATS_H
#define PARLEY_DB_CHATS_H

#include "core/ports.h"
#include "db/sql.h"

NODISCARD enum err chats_read(struct sql *db, struct query *q); /* QUERY_CHATS */

/* The statement of a list, of one organization or of all: for who asks for its plan. */
const char *chats_text(bool of_one);

/* That an agent is not shut out of the chat; "" is nobody, who may see all. */
#define CHATS_SEEN_BY(agent)                                                                       \
    " (" agent " = '' OR NOT EXISTS (SELECT 1 FROM access WHERE access.room = chat.num"            \
    " AND agentId = " agent " AND standing <> 'member'))"

/* Where a chat stands in lists. */
struct chats_place {
    int64_t section, rank, num;
};

/* Where the query's page begins: behind p; and the last section of its filter.
 * Errors  ERR_INVALID a cursor that is not ours */
NODISCARD enum err chats_place(const struct query *q, struct chats_place *p, int64_t *last);
/* The page ends with this chat, and there may be more. */
void chats_end(struct query *q, const struct chats_place *p);
int64_t chats_limit(const struct query *q);

#endif
