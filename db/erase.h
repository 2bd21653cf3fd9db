/* Erasing: everything said in a chat, or the whole of a chat in which nothing was. For the writer's
 * transaction. */
#ifndef PARLEY_DB_ERASE_H
#define PARLEY_DB_ERASE_H

#include "core/ports.h"
#include "db/sql.h"

/* num: the room's. What the rows keep is what order and audit need: ids, numbers, kind, role, times
 * and who it was by id. */
NODISCARD enum err erase_put(struct sql *db, struct change *c, int64_t num);

/* QUERY_SWEEP. */
NODISCARD enum err erase_read_due(struct sql *db, struct query *q);

#endif
