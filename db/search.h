/* Words of chats: written with the chat, in its transaction, and searched. */
#ifndef PARLEY_DB_SEARCH_H
#define PARLEY_DB_SEARCH_H

#include "db/chats.h"

/* Is the chat stored with other words than these? */
NODISCARD enum err search_differs(struct sql *db, const struct chat *c, int64_t num, bool *out);
/* In place of those that it had. */
NODISCARD enum err search_put(struct sql *db, struct arena *a, const struct chat *c, int64_t num);
/* The words of all chats, when the table is new. */
NODISCARD enum err search_fill(struct sql *db);

/* QUERY_CHATS with a search, when q->counts are there: the chats of the list that have all words.
 * Each call reads a bounded part of the list, so that a page may be short and yet not the last. */
NODISCARD enum err search_chats(struct sql *db, struct query *q, struct chats_place p,
                                int64_t last);

/* Its statement, from the chats of the rarest word or (of one organization, of all) along the list:
 * for who asks for its plan. */
const char *search_text(bool few, bool of_one);

#endif
