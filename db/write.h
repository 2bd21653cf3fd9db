/* Changes, on the writing connection. */
#ifndef PARLEY_WRITE_H
#define PARLEY_WRITE_H

#include "core/ports.h"
#include "db/sql.h"

/* Write the changes c, c->next … as one transaction; each gets its result. Each stands under a
 * savepoint, so that one that fails is undone alone and its neighbours still commit.
 *
 * before_commit  called when the changes are about to become visible to readers
 * Returns  false when the connection is of no more use: every result is ERR_UNKNOWN (the commit
 *          failed) or ERR_IO (nothing of the batch was written) */
bool write_batch(struct sql *db, struct change *c, void (*before_commit)(void *ctx), void *ctx);

#endif
