/* Who was let into a chat, or shut out of it. */
#ifndef PARLEY_DB_ACCESS_H
#define PARLEY_DB_ACCESS_H

#include "core/ports.h"
#include "db/sql.h"

/* The change's part of it. num: of its room. */
NODISCARD enum err access_put(struct sql *db, const struct change *c, int64_t num);

/* Of the room that was read into q->chats[0], with whether its customer is banned. */
NODISCARD enum err access_read(struct sql *db, struct query *q);
/* Of all open escalated chats. */
NODISCARD enum err access_read_open(struct sql *db, struct query *q);

#endif
