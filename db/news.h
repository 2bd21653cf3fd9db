/* What happened in the chats of an organization. For the reader's connection. */
#ifndef PARLEY_DB_NEWS_H
#define PARLEY_DB_NEWS_H

#include "core/ports.h"
#include "db/sql.h"

NODISCARD enum err news_read(struct sql *db, struct query *q); /* QUERY_NEWS */

/* q->last_gid */
NODISCARD enum err news_read_last(struct sql *db, struct query *q);

#endif
