/* Staff rooms and lobbies: their rows, and who has what standing in them. */
#ifndef PARLEY_ROOMS_H
#define PARLEY_ROOMS_H

#include "core/ports.h"
#include "db/sql.h"

/* A new row of `room`, of any kind; *num is its number.
 * Errors  ERR_CONFLICT there is such a room */
NODISCARD enum err rooms_add(struct sql *db, const char *id, const char *kind, int64_t *num);

/* The change's staff row; *num is the room's, and is set when it is a new one.
 * Errors  ERR_CONFLICT there is such a room */
NODISCARD enum err rooms_put(struct sql *db, const struct change *c, int64_t *num);
/* Affiliations, and the room's end: after everything else of the change. */
NODISCARD enum err rooms_put_rest(struct sql *db, const struct change *c, int64_t num);

/* The room q->room with its affiliations. Errors ERR_NOT_FOUND */
NODISCARD enum err rooms_read(struct sql *db, struct query *q);
NODISCARD enum err rooms_read_all(struct sql *db, struct query *q); /* without affiliations */

#endif
