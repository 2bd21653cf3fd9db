/* What a change does to entries that were there before it. For the writer's transaction. */
#ifndef PARLEY_DB_AMEND_H
#define PARLEY_DB_AMEND_H

#include "core/ports.h"
#include "db/sql.h"

/* room: its number. */
NODISCARD enum err amend_put(struct sql *db, const struct change *c, int64_t room);

#endif
